package crs

import "github.com/fumehood/fumehood/guard/injection"

// Config says which rules there are and how strict they are.
type Config = injection.RuleSet
