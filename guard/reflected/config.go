package reflected

import fumehood "github.com/fumehood/fumehood"

// Config says what happens to a page that shows an attack of its own request.
type Config struct {
	// Mode says what happens when a value of the request stands in the page where it would
	// run as script: enforce makes it harmless or refuses the page, report logs it, off does
	// not look.
	Mode fumehood.Mode `toml:"mode" default:"report"`

	// Action is what enforce does. "neutralise" shows the value as text where that can be
	// done, and refuses the page where it cannot, as in a script; "refuse" always refuses.
	Action string `toml:"action" default:"neutralise" enum:"neutralise,refuse"`
}
