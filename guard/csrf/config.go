package csrf

import fumehood "github.com/fumehood/fumehood"

// Config says which requests may change something.
type Config struct {
	// Mode says what happens to a request that another site may have caused: enforce,
	// report or off. In report mode pages still get their tokens, so that the report is true.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// TrustedOrigins are other sites whose pages may send requests that change something,
	// such as "https://pay.example": exactly as browsers write an origin, with the port
	// where it is not the scheme's own.
	TrustedOrigins []string `toml:"trusted_origins"`

	// Token says who needs a token: auto (browsers too old to say where a request comes
	// from), always (every form, in addition to what the browser says) or off (such
	// browsers are refused).
	Token string `toml:"token" default:"auto" enum:"auto,always,off"`

	// PostOnly is for a route whose GET changes something, such as a logout link: a GET
	// shows a page that asks, and only its answer reaches the app, as the GET that it expects.
	PostOnly bool `toml:"post_only"`

	// DangerouslyAllowMethodOverride lets requests name another method than their own in
	// _method or X-HTTP-Method-Override, which rules for methods then do not see.
	DangerouslyAllowMethodOverride bool `toml:"dangerously_allow_method_override"`
}
