//go:build !crs

package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/server"
)

// TestRuleSetIsNotThere: who asks for it is told how to get it; nothing runs without.
func TestRuleSetIsNotThere(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Injection.Engine = "crs"
	_, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, http.NotFoundHandler())
	if err == nil || !strings.Contains(hint.Of(err), "-tags crs") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}
