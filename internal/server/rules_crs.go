//go:build crs

package server

import (
	"net/http"

	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/guard/injection/crs"
)

// newRules compiles the Core Rule Set.
func newRules(cfg injection.RuleSet) (func(*http.Request) error, error) {
	engine, err := crs.New(cfg)
	if err != nil {
		return nil, err
	}
	return engine.Check, nil
}
