package headers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/internal/testapp"
)

// contentType returns what an answer says it is, behind the guard.
func contentType(t testing.TB, method, body string, given ...string) []string {
	t.Helper()
	var fields []string
	for _, value := range given {
		fields = append(fields, "Content-Type", value)
	}
	w := httptest.NewRecorder()
	newGuard(t, headers.Config{}).Handler(app(200, body, fields...)).ServeHTTP(w, httptest.NewRequest(method, "/", nil))
	return w.Result().Header["Content-Type"]
}

// Werkzeug completes the types that an app gives to a Response; what reaches us without an
// encoding came another way and gets the same, but for XML, which says its own.
func TestCharsetIsWerkzeugs(t *testing.T) {
	t.Parallel()
	types := []string{
		"text/html", "text/plain", "text/css", "text/javascript", "text/csv", "text/markdown", "text/calendar", "text/event-stream",
		"application/javascript", "application/ecmascript", "application/json", "application/problem+json", "application/ld+json",
		"application/octet-stream", "application/pdf", "image/png", "video/mp4", "font/woff2", "multipart/mixed",
		"application/xml", "application/xhtml+xml", "image/svg+xml", "text/xml",
	}
	in, err := json.Marshal(types)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testapp.Python(t), "-c", `import json, sys
from werkzeug.utils import get_content_type
print(json.dumps([get_content_type(t, "utf-8") for t in json.load(sys.stdin)]))`)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, kind := range types {
		if kind == "application/xml" || strings.HasSuffix(kind, "xml") {
			want[i] = kind
		}
		if got := contentType(t, "GET", "body", kind); len(got) != 1 || got[0] != want[i] {
			t.Errorf("%s became %q, want %q", kind, got, want[i])
		}
	}
}

func TestAttackAnswerThatDoesNotSayWhatItIs(t *testing.T) {
	t.Parallel()
	const png = "\x89PNG\r\n\x1a\n"
	for _, tt := range []struct {
		name   string
		method string
		body   string
		given  []string
		want   string
	}{
		{"HTML without a type is text", "GET", "<!doctype html><script>alert(1)</script>", nil, "text/plain; charset=utf-8"},
		{"HTML after white space", "GET", "\n\n <html>", nil, "text/plain; charset=utf-8"},
		{"XML, SVG", "GET", `<?xml version="1.0"?><svg onload="alert(1)"/>`, nil, "text/plain; charset=utf-8"},
		{"text", "GET", "ok", nil, "text/plain; charset=utf-8"},
		{"UTF-16", "GET", "\xff\xfe<\x00s\x00", nil, "text/plain; charset=utf-16le"},
		{"an image", "GET", png, nil, "image/png"},
		{"a PDF", "GET", "%PDF-1.7", nil, "application/pdf"},
		{"anything else", "GET", "\x00\x01\x02", nil, "application/octet-stream"},
		{"gzip", "GET", "\x1f\x8b\x08", nil, "application/octet-stream"},
		{"no body", "GET", "", nil, ""},
		{"HEAD", "HEAD", "", nil, ""},
		{"empty", "GET", "<html>", []string{""}, "text/plain; charset=utf-8"},
		{"no type at all", "GET", "<html>", []string{"html"}, "text/plain; charset=utf-8"},
		{"only an encoding", "GET", "<html>", []string{"; charset=utf-8"}, "text/plain; charset=utf-8"},
		{"half a type", "GET", "<html>", []string{"text/; charset=utf-8"}, "text/plain; charset=utf-8"},
		{"two in one", "GET", "<html>", []string{"text/plain, text/html"}, "text/plain; charset=utf-8"},
		{"two fields: browsers take the last", "GET", "<p>", []string{"text/html", "text/plain"}, "text/plain; charset=utf-8"},

		{"HTML", "GET", "<p>", []string{"text/html"}, "text/html; charset=utf-8"},
		{"capitals", "GET", "<p>", []string{"Text/HTML"}, "Text/HTML; charset=utf-8"},
		{"another parameter", "GET", "<p>", []string{"text/html; x=y"}, "text/html; x=y; charset=utf-8"},
		{"an empty charset", "GET", "<p>", []string{"text/html; charset="}, "text/html; charset=; charset=utf-8"},
		{"its own charset", "GET", "<p>", []string{"text/html; charset=ISO-8859-1"}, "text/html; charset=ISO-8859-1"},
		{"in capitals", "GET", "<p>", []string{"text/html; CHARSET=big5"}, "text/html; CHARSET=big5"},
		{"in quotes", "GET", "<p>", []string{`text/html;charset="big5"`}, `text/html;charset="big5"`},
		{"the page says it", "GET", `<meta charset=iso-8859-1>` + "\xe9", []string{"text/html"}, "text/html"},
		{"the page says it the old way", "GET", `<META HTTP-EQUIV=Content-Type CONTENT="text/html; CharSet=big5">`, []string{"text/html"}, "text/html"},
		{"too late for browsers", "GET", strings.Repeat(" ", 1024) + `<meta charset=iso-8859-1>`, []string{"text/html"}, "text/html; charset=utf-8"},
		{"HEAD of HTML", "HEAD", "", []string{"text/html"}, "text/html; charset=utf-8"},
		{"plain text with the word", "GET", "charset", []string{"text/plain"}, "text/plain; charset=utf-8"},
	} {
		got := contentType(t, tt.method, tt.body, tt.given...)
		if strings.Join(got, " AND ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// net/http guesses where the guard does not run: the attack works.
func TestNetHTTPWouldServeMarkup(t *testing.T) {
	t.Parallel()
	const body = "<!doctype html><script>alert(1)</script>"
	for _, guarded := range []bool{false, true} {
		h := app(200, body)
		if guarded {
			h = newGuard(t, headers.Config{}).Handler(h)
		}
		srv := httptest.NewServer(h)
		resp, err := http.Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		srv.Close()
		if got := resp.Header.Get("Content-Type"); strings.HasPrefix(got, "text/html") == guarded {
			t.Errorf("with the guard: %v: Content-Type %q", guarded, got)
		}
	}
}

// A body that arrives in pieces, or is flushed early, stays whole.
func TestBodyStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "text/html", "text/html; charset=utf-8", "image/png"} {
		h := newGuard(t, headers.Config{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{kind}
			for i := range 40 {
				w.Write([]byte(strings.Repeat("x", 100)))
				if r.URL.Path == "/flush" && i == 0 {
					http.NewResponseController(w).Flush()
				}
			}
		}))
		for _, path := range []string{"/", "/flush"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Body.String() != strings.Repeat("x", 4000) {
				t.Errorf("%q%s: %d bytes", kind, path, w.Body.Len())
			}
		}
	}
}
