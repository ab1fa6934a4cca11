package cors

import (
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Config says which other sites may read answers with a browser. The zero Config says:
// none.
type Config struct {
	// Origins are the other sites whose scripts may read answers here, each exactly as a
	// browser names it: "https://shop.example" or "https://shop.example:8443". There are
	// no wildcards.
	Origins []string `toml:"origins"`

	// Methods are the methods that they may use besides GET, HEAD and POST, such as
	// "PUT" or "DELETE".
	Methods []string `toml:"methods"`

	// RequestHeaders are the header fields that their scripts may set, such as
	// "Content-Type" (for JSON) or "Authorization".
	RequestHeaders []string `toml:"request_headers"`

	// ExposeHeaders are the header fields of an answer that their scripts may read, besides
	// the few that every script may.
	ExposeHeaders []string `toml:"expose_headers"`

	// Credentials lets them send cookies along: their scripts can then do and read all that
	// the visitor can.
	Credentials bool `toml:"credentials"`

	// MaxAge is how long a browser may remember what is allowed before it asks again, in
	// whole seconds; Chromium takes at most two hours. 0 means that it asks each time.
	MaxAge time.Duration `toml:"max_age" default:"10m" min:"0s" max:"24h"`

	// Mode says what happens to preflights that are not allowed and to what the app itself
	// allows: enforce, report (both go through and are logged) or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// DangerouslyAllowAnyOrigin lets scripts of every site read answers, for a public API
	// that looks at no cookie and no network address. It excludes origins and credentials.
	DangerouslyAllowAnyOrigin bool `toml:"dangerously_allow_any_origin"`

	// DangerouslyAllowPrivateNetwork lets the origins reach this server where it has a
	// private address and they have a public one.
	DangerouslyAllowPrivateNetwork bool `toml:"dangerously_allow_private_network"`

	// DangerouslyTrustApp leaves the decision to the app: what it allows (Flask-CORS: every
	// site, unless it is told otherwise) is not taken away. It excludes all other settings.
	DangerouslyTrustApp bool `toml:"dangerously_trust_app"`
}
