//go:build !crs

package server

import (
	"errors"
	"net/http"

	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/internal/hint"
)

// newRules says how to get the Core Rule Set: it would cost everybody 24 MB of program and 7
// MB of memory (docs/decisions/0010).
func newRules(injection.RuleSet) (func(*http.Request) error, error) {
	return nil, hint.With(errors.New("injection.engine: this fumehood was built without the Core Rule Set"),
		"build it with: go install -tags crs github.com/fumehood/fumehood/cmd/fumehood@latest")
}
