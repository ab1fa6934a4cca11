package server_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
	"github.com/fumehood/fumehood/internal/static"
)

// TestUploadsInTheStaticFolder: many tutorials save them there. An uploaded page must not run
// on the site's origin, while the site's own files stay as they are.
func TestUploadsInTheStaticFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"uploads/cat.html": "<script>alert(1)</script>", "site.js": "start()"} {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := static.New([]static.Mount{{Prefix: "/static", Folder: folder}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	cfg := config.Default()
	site := server.Site{Hosts: server.ServedBy(cfg), Static: files.Handler, Prefixes: files.Prefixes()}
	handler, err := server.Handler(cfg, site, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	for path, inert := range map[string]bool{"/static/uploads/cat.html": true, "/static/site.js": false} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "https://localhost"+path, nil)
		r.RemoteAddr = "127.0.0.1:4000"
		handler.ServeHTTP(w, r)
		saved := strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment")
		boxed := strings.Contains(strings.Join(w.Header()["Content-Security-Policy"], ","), "sandbox")
		if w.Code != 200 || saved != inert || boxed != inert {
			t.Errorf("%s: %d, %q, %q", path, w.Code, w.Header()["Content-Disposition"], w.Header()["Content-Security-Policy"])
		}
	}
}

// TestStaticFilesAreNotCounted: a page with many pictures is one visit. What is not there
// goes to the app, and counts.
func TestStaticFilesAreNotCounted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "site.js"), []byte("start()"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := static.New([]static.Mount{{Prefix: "/static", Folder: folder}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	cfg := config.Default()
	cfg.RateLimit.Rate = "10/hour"
	site := server.Site{Hosts: server.ServedBy(cfg), Static: files.Handler, Prefixes: files.Prefixes()}
	handler, err := server.Handler(cfg, site, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		want int // after many
	}{{"/static/site.js", 200}, {"/static/missing.js", 429}} {
		status := 0
		for range 30 {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "https://localhost"+tt.path, nil)
			r.RemoteAddr = "127.0.0.1:4000"
			handler.ServeHTTP(w, r)
			status = w.Code
		}
		if status != tt.want {
			t.Errorf("%s: %d, want %d", tt.path, status, tt.want)
		}
	}
}
