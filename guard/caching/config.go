package caching

import fumehood "github.com/fumehood/fumehood"

// Config says what becomes of answers that belong to one visitor.
type Config struct {
	// Mode says what happens: enforce, report (answers stay as they are; those that a
	// cache could give to somebody else are logged) or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`
}
