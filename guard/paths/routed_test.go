package paths_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/paths"
)

// TestRouted: a route of exactly that path is no probe; what it answers is still looked at.
func TestRouted(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("file") {
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Type", "text/plain")
		}
		io.WriteString(w, "<p>passes")
	})
	routed := func(r *http.Request) bool { return r.URL.Path != "/other.php" }
	h := newGuard(t, paths.Config{}, paths.Site{Routed: routed}).Handler(app)
	for target, code := range map[string]string{
		"/index.php": "", "/telescope/requests": "", "/.env": "", "/other.php": "paths.private", "/.env?file": "paths.file",
		"/a/../index.php": "paths.traversal", "/requirements.txt?file": "paths.file", "/requirements.txt": "",
	} {
		if got := ask(h, httptest.NewRequest("GET", target, nil)); got.code != code {
			t.Errorf("%s: %d %q, want %q", target, got.status, got.code, code)
		}
	}
}

// TestReadable: an app that compresses its static files is asked for them as they are, where
// what is in them decides; a browser would get 404 and curl the file.
func TestReadable(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		if r.Header.Get("Accept-Encoding") != "" {
			w.Header().Set("Content-Encoding", "br")
		}
		if r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusPartialContent)
		}
		io.WriteString(w, `{"theme": "passes"}`)
	})
	h := newGuard(t, paths.Config{}, paths.Site{}).Handler(app)
	for target, encoded := range map[string]string{"/config.json": "", "/openapi.yaml": "", "/other.json": "br"} {
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		r.Header.Set("Range", "bytes=0-")
		if got := ask(h, r); got.code != "" || got.header.Get("Content-Encoding") != encoded || r.Header.Get("Range") == "" {
			t.Errorf("%s: %d %s %v", target, got.status, got.code, got.header)
		}
	}
}
