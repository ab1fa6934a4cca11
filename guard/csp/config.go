package csp

import fumehood "github.com/fumehood/fumehood"

// Config is the policy beyond what the templates say by themselves.
type Config struct {
	// Mode says what happens to what the policy does not name: enforce has browsers refuse
	// it, report has them report it only, off sends no policy.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// InlineData says what happens to inline scripts with template data in them. "match"
	// compares each with its template when the page leaves and allows it where the data is
	// only data; "report" leaves the scripts of such a page in report-only.
	InlineData string `toml:"inline_data" default:"match" enum:"match,report"`

	// TrustedTypes has browsers report ("report") or refuse ("enforce") scripts that write
	// text into the page as markup, as innerHTML does; "off" does neither.
	TrustedTypes string `toml:"trusted_types" default:"report" enum:"report,enforce,off"`

	// ReplaceApp puts the policy in the place of one that the app sends itself. Otherwise
	// the app's own is kept, and only what it says nothing about is added.
	ReplaceApp bool `toml:"replace_app"`

	// FrameAncestors are the sites that may show the pages in a frame, such as
	// "https://intranet.example", "'self'" or "'none'". Empty means 'self'.
	FrameAncestors []string `toml:"frame_ancestors"`

	// DangerouslyFrameAnywhere lets every site show the pages in a frame.
	DangerouslyFrameAnywhere bool `toml:"-"` // `fumehood run` takes it from headers.frame

	// ScriptSources are more places that scripts come from: URLs such as
	// "https://cdn.example/lib/chart.js", or hashes. A folder ends with "/".
	ScriptSources []string `toml:"script_sources"`

	// StyleSources are more places that style sheets come from.
	StyleSources []string `toml:"style_sources"`

	// ImgSources are more places that images come from. This site, data: and https: are
	// allowed anyway.
	ImgSources []string `toml:"img_sources"`

	// ConnectSources are more sites that scripts may talk to, such as "https://api.example"
	// or "wss://live.example".
	ConnectSources []string `toml:"connect_sources"`

	// FrameSources are more sites that pages may show in frames.
	FrameSources []string `toml:"frame_sources"`

	// FontSources are more places that fonts come from. This site, data: and https: are
	// allowed anyway.
	FontSources []string `toml:"font_sources"`

	// FormActions are more sites that forms may send to. Where an answer to a form leads on
	// to another site, as a login at an identity provider does, that site counts too.
	FormActions []string `toml:"form_actions"`

	// DangerouslyAllowInline names templates, such as "chart.html", whose pages may run any
	// inline script, because theirs hold template data in a way that cannot be compared. An
	// injected script runs there too.
	DangerouslyAllowInline []string `toml:"dangerously_allow_inline"`

	// DangerouslyAllowUnsafeInline lets every inline script and style run on every page:
	// the policy stops no injected script any more.
	DangerouslyAllowUnsafeInline bool `toml:"dangerously_allow_unsafe_inline"`

	// DangerouslyAllowUnsafeEval lets scripts run text as code (eval), which some template
	// libraries for browsers need.
	DangerouslyAllowUnsafeEval bool `toml:"dangerously_allow_unsafe_eval"`
}
