package headers

import (
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Config says which header fields answers carry. What the app sets itself stays where it
// is stronger, and goes where it is weaker.
type Config struct {
	// Mode says what happens to answers: enforce (they get the fields), report (nothing
	// changes, fields of the app that would have been replaced are logged) or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// HSTS is how much browsers are told to reach by https only: "subdomains" (this host
	// and all below it), "host" (this host alone), "preload" (as subdomains, and the name
	// may go on the list that browsers ship with, which takes months to get off again) or
	// "dangerously-off" (the app decides). Hosts without a dot, addresses and localhost
	// never get it.
	HSTS string `toml:"hsts" default:"subdomains" enum:"subdomains,host,preload,dangerously-off"`

	// HSTSMaxAge is how long browsers remember it.
	HSTSMaxAge time.Duration `toml:"hsts_max_age" default:"17520h" min:"5m" max:"175200h"`

	// Frame says who may show these pages in a frame: "same-origin", "deny" (nobody) or
	// "dangerously-any" (the app decides; what it leaves open, any site may frame).
	Frame string `toml:"frame" default:"same-origin" enum:"same-origin,deny,dangerously-any"`

	// Referrer is what other sites learn of the page that a visitor comes from: its
	// origin ("strict-origin-when-cross-origin", "strict-origin") or nothing
	// ("same-origin", "no-referrer"). This site itself sees the whole address, with
	// "strict-origin" only its own origin and with "no-referrer" nothing, which breaks
	// Flask-WTF's check over https. "dangerously-off" lets the app decide.
	Referrer string `toml:"referrer" default:"strict-origin-when-cross-origin" enum:"strict-origin-when-cross-origin,strict-origin,same-origin,no-referrer,dangerously-off"`

	// Opener says which windows keep a handle on these pages: "same-origin",
	// "same-origin-allow-popups" (these pages keep one on windows of other sites that they
	// open, as a login or a payment in a popup needs) or "unsafe-none" (the app decides).
	Opener string `toml:"opener" default:"same-origin" enum:"same-origin,same-origin-allow-popups,unsafe-none"`

	// Resource says whose pages may embed what is served here: "same-origin", "same-site"
	// (sibling hosts too) or "dangerously-cross-origin" (everybody's; the app decides).
	Resource string `toml:"resource" default:"same-origin" enum:"same-origin,same-site,dangerously-cross-origin"`

	// Embedder says what these pages may embed from elsewhere: "unsafe-none" (everything
	// that the CSP allows), "credentialless" (without cookies) or "require-corp" (only what
	// agrees to it).
	Embedder string `toml:"embedder" default:"unsafe-none" enum:"unsafe-none,credentialless,require-corp"`

	// AllowFeatures are browser features that these pages may use though Permissions-Policy
	// denies them by default, such as "geolocation"; or with other origins whose frames may
	// use them too: "payment https://pay.example".
	AllowFeatures []string `toml:"allow_features"`

	// DenyFeatures are denied in addition to the default ones, such as "fullscreen" or
	// "bluetooth"; browsers that do not know one of them say so on their console.
	DenyFeatures []string `toml:"deny_features"`

	// KeepServer leaves Server, X-Powered-By and other fields that name software and
	// versions in the answers.
	KeepServer bool `toml:"keep_server"`
}
