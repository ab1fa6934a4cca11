package validate_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/guard/validate/openapi"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/api.yaml", "testdata/api30.yaml"} {
		open := newGuard(t, validate.Config{OpenAPI: file}, validate.Site{}).Handler(echo)
		strict := newGuard(t, validate.Config{OpenAPI: file, Unknown: "refuse"}, validate.Site{}).Handler(echo)
		for _, tt := range []struct {
			method, target, kind, body string
			field, rule                string // of the first fault in the strict guard, or "" and the code
			open                       bool   // the other one lets it through
		}{
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":2}`, "", "", true},
			{"POST", "/v1/orders?dry=true", jsonType, `{"item":1,"count":2,"note":null,"kind":"order","parts":[{"name":"a","parts":[{"name":"b"}]}]}`, "", "", true},
			{"POST", "/v1/orders?dry=maybe", jsonType, `{"item":1,"count":2}`, "dry", "type", false},
			{"POST", "/v1/orders", jsonType, `{"item":1}`, "count", "required", false},
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":2,"kind":"other"}`, "kind", "const", false},
			{"POST", "/v1/orders", jsonType, `{"item":"secret","count":2}`, "item", "type", false},
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":200}`, "count", "maximum", false},
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":2,"is_admin":true}`, "is_admin", "additionalProperties", false},
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":2,"note":"` + strings.Repeat("n", 21) + `"}`, "note", "maxLength", false},
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":2,"parts":[{"parts":[{"name":"SECRET"}]}]}`, "parts.0.parts.0.name", "pattern", false},
			{"POST", "/v1/orders", jsonType, `{"item":1,"count":2,"count":3}`, "", "validate.json-duplicate", false},
			{"POST", "/v1/orders", jsonType, `[]`, "", "type", false},
			{"POST", "/v1/orders", jsonType, ``, "", "required", false},
			{"POST", "/v1/orders", formType, `item=3`, "", "", true},
			{"POST", "/v1/orders", formType, `item=0`, "item", "minimum", false},
			{"POST", "/v1/orders", "application/xml", `<a/>`, "Content-Type", "enum", false},
			{"POST", "/v1/orders?debug=1", jsonType, `{"item":1,"count":2}`, "debug", "unknown", true},
			{"GET", "/v1/orders?page=2", "", "", "", "", true},
			{"GET", "/v1/orders?page=0", "", "", "page", "minimum", false},
			{"GET", "/v1/orders?page=0;", "", "", "page", "type", false},
			{"GET", "/v1/orders?page=0%zz", "", "", "page", "type", false},
			{"GET", "/v1/orders?page=1&page=0", "", "", "page", "once", false},
			{"GET", "/v1/orders?debug=1;", "", "", "debug", "unknown", true},
			{"GET", "/v1/orders?debug=%zz", "", "", "debug", "unknown", true},
			{"POST", "/v1/orders", formType, `item=3&note=a;b`, "", "", true},
			{"POST", "/v1/orders", formType, `item=0&note=;`, "item", "minimum", false},
			{"GET", "/v1/orders?filter[state]=new", "", "", "", "", true},
			{"HEAD", "/v1/orders/5", "", "", "", "", true},
			{"GET", "/v1/orders/five", "", "", "id", "type", false},
			{"PUT", "/v1/orders/5", "multipart/form-data; boundary=b", part("a", "1"), "", "", true},
			{"PUT", "/v1/orders/5", "application/octet-stream", "\x00\x01", "", "", true},
			{"OPTIONS", "/v1/orders", "", "", "", "", true},
			{"DELETE", "/v1/orders/5", "", "", "", "validate.not-described", true},
			{"GET", "/orders", "", "", "", "validate.not-described", true},
			{"GET", "/v1/nothing", "", "", "", "validate.not-described", true},
		} {
			r := func() reply {
				r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
				r.Header.Set("X-Client", "test")
				if tt.kind != "" {
					r.Header.Set("Content-Type", tt.kind)
				}
				return ask(t, strict, r)
			}()
			name := file + " " + tt.method + " " + tt.target + " " + tt.body
			switch {
			case tt.rule == "":
				if r.status != 200 {
					t.Errorf("%s: %d %s", name, r.status, r.body)
				}
			case strings.HasPrefix(tt.rule, "validate."):
				if r.code != tt.rule {
					t.Errorf("%s: %+v", name, r)
				}
			case r.code != "validate.fields" || !broke(r.faults, tt.field, tt.rule) || strings.Contains(strings.ToLower(r.body), "secret"):
				t.Errorf("%s: %+v", name, r)
			}
			again := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			again.Header.Set("X-Client", "test")
			again.Header.Set("Content-Type", tt.kind)
			if tt.kind == "" {
				again.Header.Del("Content-Type")
			}
			if got := ask(t, open, again); (got.status == 200) != tt.open {
				t.Errorf("%s, unknown allowed: %+v", name, got)
			}
		}
		r := posted("/v1/orders", jsonType, `{"item":1,"count":2}`)
		if got := ask(t, open, r); got.faults["X-Client"] != "required" {
			t.Errorf("%s without a field in the head: %+v", file, got)
		}
	}
}

// broke says whether there is the fault. Some keywords are told with the object, by 3.1, and
// some with the key, by 3.0.
func broke(faults map[string]string, field, rule string) bool {
	for f, r := range faults {
		same := r == rule || rule == "additionalProperties" && r == "properties" || rule == "const" && r == "enum"
		if same && (f == field || field == "is_admin" && f == "") {
			return true
		}
	}
	return false
}

func TestBrokenOpenAPI(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) string { return strings.Replace(string(whole), old, new, 1) }
	for name, tt := range map[string]struct{ text, want string }{
		"no YAML":       {"openapi: [", "line 1"},
		"empty":         {"", "openapi is"},
		"something":     {"a: 1\nb: 2\n", "openapi is"},
		"Swagger 2":     {"swagger: \"2.0\"\ninfo: {title: x, version: \"1\"}\npaths: {}\n", "openapi is"},
		"no such ref":   {edit("#/components/schemas/Order", "#/components/schemas/Oder"), "Oder"},
		"the network":   {edit("#/components/schemas/Order", "http://127.0.0.1:1/x.yaml#/a"), "not a file here"},
		"a wrong type":  {edit("count: {type: integer", "count: {type: integr"), "integr"},
		"no responses":  {edit(`      responses: {"201": {description: made}}`, `      responses: {"201": {}}`), "POST"},
		"a wrong regex": {edit("^[a-z]+$", "^[a-z"), "[a-z"},
		"a bad path":    {edit("/orders/{id}:", "orders:"), "orders"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "broken.yaml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := validate.New(validate.Config{OpenAPI: file}, validate.Site{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "broken.yaml") || hint.Of(err) == "" {
				t.Errorf("%v (hint %q), want %q", err, hint.Of(err), tt.want)
			}
		})
	}
}

// TestFilesAreReadOnce: a second guard does not read the file, which is gone by then.
func TestFilesAreReadOnce(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	site := validate.Site{Files: &openapi.Files{}}
	newGuard(t, validate.Config{OpenAPI: file}, site)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	newGuard(t, validate.Config{OpenAPI: file}, site)
	if _, err := validate.New(validate.Config{OpenAPI: file}, validate.Site{}); err == nil {
		t.Error("a file that is gone was read")
	}
}

func BenchmarkOpenAPI(b *testing.B) {
	for _, file := range []string{"testdata/api.yaml", "testdata/api30.yaml"} {
		b.Run(file, func(b *testing.B) {
			h := newGuard(b, validate.Config{OpenAPI: file}, validate.Site{}).Handler(nothing)
			r := posted("/v1/orders", jsonType, "")
			r.Header.Set("X-Client", "test")
			body := whole{[]byte(`{"item":1,"count":2,"note":"hello","parts":[{"name":"a"}]}`)}
			r.ContentLength = body.Size()
			b.ReportAllocs()
			for b.Loop() {
				r.Body = body
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
