package injection_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/injection"
)

// TestBodiesOnTheirWay: in front of an upstream, bodies arrive here as they come. What they are
// called does not count, what they are does.
func TestBodiesOnTheirWay(t *testing.T) {
	t.Parallel()
	attack := `{"q":"' OR 1=1 --"}`
	picture := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\xff<script>alert(1)</script>", 400_000)
	for _, tt := range []struct{ name, kind, body, code string }{
		{"YAML", "application/yaml", "openapi: 3.0.0\ninfo:\n  title: it's ok\n", ""},
		{"a report", "application/csp-report", `{"csp-report":{"blocked-uri":"inline"}}`, ""},
		{"GraphQL", "application/graphql", `{ user(id: 1) { name } }`, ""},
		{"of a kind of its own", "application/vnd.shop.v1", "a\x00\x01\x02", ""},
		{"a kind of its own, with an attack", "application/vnd.shop.v1", "' OR 1=1 --", "injection.sql"},
		{"YAML with an attack", "application/yaml", "a: <script>alert(1)</script>", "injection.html"},
		{"a picture", "image/png", picture, ""},
		{"a short picture", "image/png", "\x89PNG", ""},
		{"a file of text", "application/octet-stream", "it's 5 o'clock", ""},
		{"a file of JSON", "application/octet-stream", `{"a":"it's"}`, ""},
		{"JSON as a picture", "image/png", attack, "injection.sql"},
		{"JSON as a file", "application/octet-stream", attack, "injection.sql"},
		{"JSON as a file, far behind", "application/octet-stream", `{"a":"` + strings.Repeat("a", 3000) + `","q":"' OR 1=1 --"}`, "injection.sql"},
		{"JSON as a file, behind blanks", "application/octet-stream", strings.Repeat(" ", 2000) + attack, "injection.sql"},
		{"JSON as a file, too long", "application/octet-stream", `{"a":"` + strings.Repeat("a", 3<<20) + `","q":"' OR 1=1 --"}`, "injection.unseen"},
		{"a pickle as a file", "application/octet-stream", "\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.", "injection.code"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			h := newGuard(t, injection.Config{}, injection.Site{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got = string(b)
			}))
			r := posted("/s", tt.kind, tt.body)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(tt.body)), -1
			_, x := send(h, r)
			if code(x) != tt.code {
				t.Errorf("%q, want %q", code(x), tt.code)
			}
			if tt.code == "" && got != tt.body {
				t.Errorf("the app gets %d bytes of %d", len(got), len(tt.body))
			}
		})
	}
}
