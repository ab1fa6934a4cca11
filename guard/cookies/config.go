package cookies

import (
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Config says how cookies are protected.
type Config struct {
	// Mode says what happens: enforce, report (cookies stay as they are; what would be
	// refused or changed is logged) or off. A session cookie that enforce has renamed is
	// understood in the other modes too, so that nobody is logged out by a change of mode.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Session are the names of session cookies besides those that the app itself tells,
	// such as "remember_token". Where nobody names any, it is "session".
	Session []string `toml:"session"`

	// Wide are the session cookies that the app sets with a Domain, or with a Path other
	// than "/", and that must stay so: browsers know them as "__Secure-session", which a
	// sibling host can plant, and not as "__Host-session", which nobody can.
	Wide []string `toml:"wide"`

	// Readable are the cookies that the site's own scripts read: they do not get HttpOnly.
	// The usual names of CSRF tokens that scripts send back (csrftoken, csrf_token,
	// _csrf_token, _xsrf, XSRF-TOKEN, csrf_access_token, csrf_refresh_token) are always
	// readable, unless the app sets HttpOnly itself.
	Readable []string `toml:"readable"`

	// CrossSite are the cookies that other sites may make a browser send: where the app
	// says SameSite=None, it stays. Every other None becomes Lax.
	CrossSite []string `toml:"cross_site"`

	// Grace is how long after the first start a session cookie is still accepted under
	// its old name, so that nobody is logged out by the first deploy. It is replaced by
	// the protected one with the first answer. In this time it can be planted as before.
	Grace time.Duration `toml:"grace" default:"168h" min:"0s" max:"8760h"`

	// MaxHeader is the most that all cookies of a request may have in bytes.
	MaxHeader fumehood.Size `toml:"max_header" default:"16KB" min:"1KB" max:"256KB"`

	// DangerouslyKeepNames leaves session cookies their names. A sibling host, or anybody
	// on the way of a plain http request, can then plant a session in a browser.
	DangerouslyKeepNames bool `toml:"dangerously_keep_names"`
}
