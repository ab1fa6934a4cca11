//go:build crs

package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// TestRuleSet: the Core Rule Set judges in place of our own.
func TestRuleSet(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Injection.Engine = "crs"
	h, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("app")) }))
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]int{"/?q=lamp": 200, "/?q=%27+OR+1%3D1--+-": 403} {
		r := httptest.NewRequest("GET", "https://localhost"+target, nil)
		r.RemoteAddr = "127.0.0.1:4000"
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}
