package upload_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/upload"
)

// answering is an app that gives back one file.
func answering(status int, fields ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
	})
}

func TestAttackUploadsThatRunInTheBrowser(t *testing.T) {
	t.Parallel()
	const inline = "inline; filename=x.html"
	for _, tt := range []struct {
		name, path string
		app        http.Handler
		want       string // Content-Disposition
	}{
		{"a page", "/uploads/x.html", answering(200, "Content-Type", "text/html; charset=utf-8", "Content-Disposition", inline), "attachment; filename=x.html"},
		{"a page without a name", "/uploads/x.html", answering(200, "Content-Type", "text/html"), "attachment"},
		{"an SVG", "/media/7/x.svg", answering(200, "Content-Type", "image/svg+xml"), "attachment"},
		{"XML", "/files/x.xml", answering(200, "Content-Type", "Application/XML"), "attachment"},
		{"a script", "/upload/x.js", answering(200, "Content-Type", "text/javascript"), "attachment"},
		{"no type", "/files/x.png", answering(200, "Content-Type", ""), "attachment"},
		{"a part of it", "/files/x.html", answering(206, "Content-Type", "text/html"), "attachment"},
		{"in XHTML", "/uploads/x.xht", answering(200, "Content-Type", "application/xhtml+xml"), "attachment"},
		{"a page by another name that send_file gives", "/uploads/x.jpg", answering(200, "Content-Type", "text/html", "Content-Disposition", "inline; filename=x.jpg"), "attachment; filename=x.jpg"},
		{"an SVG by another name", "/uploads/x.jpg", answering(200, "Content-Type", "image/svg+xml"), "attachment"},
		{"by its number, with a name", "/files/17", answering(200, "Content-Type", "text/html", "Content-Disposition", inline), "attachment; filename=x.html"},
		{"in capitals", "/Uploads/x.html", answering(200, "Content-Type", "TEXT/HTML"), "attachment"},
		{"given to save, from anywhere", "/download", answering(200, "Content-Type", "text/html", "Content-Disposition", "Attachment; filename=x.html"), "Attachment; filename=x.html"},
		{"by policy, whatever it is", "/attic/x.png", answering(200, "Content-Type", "image/png"), "attachment"},
		{"by policy, not modified", "/attic/x", answering(304), "attachment"},
		{"by policy, two fields", "/attic/x", answering(200, "Content-Disposition", "inline", "Content-Disposition", "inline; filename=a"), "attachment"},
	} {
		bare := get(tt.app, tt.path)
		if strings.Contains(bare.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Fatal("the app is safe without the guard")
		}
		w := get(newGuard(t, upload.Config{Served: []string{"/attic/"}}).Handler(tt.app), tt.path)
		h := w.Header()
		if got := h["Content-Disposition"]; len(got) != 1 || got[0] != tt.want || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") {
			t.Errorf("%s: %v", tt.name, h)
		}
	}
}

// The app's own pages, and what cannot run, stay as they are.
func TestPagesStay(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, upload.Config{Served: []string{"/attic/"}})
	html := answering(200, "Content-Type", "text/html")
	for _, tt := range []struct {
		path string
		app  http.Handler
	}{
		{"/", html}, {"/upload", html}, {"/files/", html}, {"/files/17/edit", html}, {"/uploads", html}, {"/attic/", html},
		// what shows a file, and single-page apps that have its name in the address
		{"/files/docs/readme.md", html}, {"/media/IMG_1.jpg", html}, {"/files/john.doe", html}, {"/api/files/v2.1", html}, {"/files/view.php", html},
		{"/index.html", answering(200, "Content-Type", "text/html", "Content-Disposition", "inline; filename=index.html")},
		{"/static/app.js", answering(200, "Content-Type", "text/javascript", "Content-Disposition", "inline; filename=app.js")},
		{"/uploads/x.png", answering(200, "Content-Type", "image/png", "Content-Disposition", "inline; filename=x.png")},
		{"/uploads/x.pdf", answering(200, "Content-Type", "application/pdf")}, {"/uploads/x.html", answering(404, "Content-Type", "text/html")},
		{"/attic/x", answering(302, "Location", "/login")}, {"/report", answering(200, "Content-Type", "text/csv", "Content-Disposition", "attachment; filename=x.csv")},
	} {
		w := get(guard.Handler(tt.app), tt.path)
		if got, want := w.Header(), get(tt.app, tt.path).Header(); got.Get("Content-Disposition") != want.Get("Content-Disposition") || got["Content-Security-Policy"] != nil {
			t.Errorf("%s: %v", tt.path, got)
		}
	}
	refusing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 403, Code: "a.b", Public: "No."})
	})
	if w := get(guard.Handler(refusing), "/attic/x"); w.Header().Get("Content-Disposition") != "" {
		t.Errorf("a refusal is given to save: %v", w.Header())
	}
	own := get(guard.Handler(answering(200, "Content-Type", "text/html", "Content-Security-Policy", "script-src 'none'")), "/attic/x").Header()["Content-Security-Policy"]
	if len(own) != 2 || own[0] != "script-src 'none'" {
		t.Errorf("the app's own policy: %q", own)
	}
	x := &fumehood.Exchange{}
	r := httptest.NewRequest("GET", "/uploads/x.html", nil)
	w := httptest.NewRecorder()
	newGuard(t, upload.Config{Mode: fumehood.Report}).Handler(html).ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	if len(x.Reported) != 1 || x.Reported[0].Code != "upload.served" || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("report: %v %v", x.Reported, w.Header())
	}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}
