package injection

import fumehood "github.com/fumehood/fumehood"

// RuleSet are the settings of the OWASP Core Rule Set, the engine of package crs. They stand
// here because that package brings 24 MB of program with it.
type RuleSet struct {
	// Paranoia is the level of the rules, 1 to 4: each level has more rules, finds more and
	// refuses more honest requests. 1 is the rule set's own default.
	Paranoia int `toml:"paranoia" default:"1" min:"1" max:"4"`
	// Threshold is the score from which a request is refused. A critical rule gives 5, an
	// error 4, a warning 3 and a notice 2.
	Threshold int `toml:"threshold" default:"5" min:"1" max:"1000"`
	// Body is how much of a body is looked at. A longer form, JSON or XML body is refused:
	// nobody could say what the rest of it does. Each KB takes the rules 5 to 10 ms.
	Body fumehood.Size `toml:"body" default:"128KB" min:"1KB" max:"16MB"`
	// Rules is a file with further directives, read after the rule set, such as
	// "SecRuleRemoveById 942100".
	Rules string `toml:"rules" path:"file"`
}
