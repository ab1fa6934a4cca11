package validate_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/validate"
)

func zipped(t *testing.T, encoding, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := interface {
		Write([]byte) (int, error)
		Close() error
	}(gzip.NewWriter(&b))
	if encoding == "deflate" {
		w = zlib.NewWriter(&b)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPackedJSON: programs that report events compress JSON, and what is in it counts. What
// only says that it is compressed is read as the app reads it.
func TestPackedJSON(t *testing.T) {
	t.Parallel()
	caps := newGuard(t, validate.Config{}, validate.Site{}).Handler(echo)
	rules := newGuard(t, validate.Config{Unknown: "refuse", Fields: map[string]validate.Field{"age": {Type: "integer"}}}, validate.Site{}).Handler(echo)
	deep, bomb := strings.Repeat("[", 1000), "["+strings.Repeat(" ", 6<<20)+"]"
	for _, tt := range []struct{ encoding, body, caps, rules string }{
		{"gzip", zipped(t, "gzip", `{"age":5}`), "", ""},
		{"GZIP", zipped(t, "gzip", `{"age":5}`), "", ""},
		{"x-gzip", zipped(t, "gzip", `{"age":5,"is_admin":1}`), "", "validate.fields"},
		{"deflate", zipped(t, "deflate", `{"age":"x"}`), "", "validate.fields"},
		{"gzip", zipped(t, "gzip", deep), "validate.json-depth", "validate.json-depth"},
		{"gzip", zipped(t, "gzip", bomb), "validate.too-large", "validate.too-large"},
		{"gzip", zipped(t, "gzip", `{"age":5}`)[:12], "validate.encoding", "validate.encoding"},
		{"gzip", deep, "validate.json-depth", "validate.json-depth"},
		{"br", deep, "validate.json-depth", "validate.json-depth"},
		{"gzip", `{"is_admin":1}`, "", "validate.fields"},
		{"br, gzip", `{"is_admin":1}`, "", "validate.fields"},
		{"br", "\x0b\x04\x80{\"age\":5}\x03", "", "validate.encoding"},
		{"identity", "{", "validate.json-malformed", "validate.json-malformed"},
		{"", zipped(t, "gzip", `{"age":5}`), "validate.json-malformed", "validate.json-malformed"},
	} {
		for name, want := range map[string]string{"caps": tt.caps, "rules": tt.rules} {
			h := caps
			if name == "rules" {
				h = rules
			}
			r := posted("/", jsonType, tt.body)
			if tt.encoding != "" {
				r.Header.Set("Content-Encoding", tt.encoding)
			}
			if got := ask(t, h, r); got.code != want || want == "" && !strings.Contains(got.body, fmt.Sprintf("%q", tt.body)) {
				t.Errorf("%s %s %.40q: %d %q, want %q", name, tt.encoding, tt.body, got.status, got.code, want)
			}
		}
	}
}

// TestTextAsForm: what curl, jQuery and axios send as a form when nobody says what it is.
func TestTextAsForm(t *testing.T) {
	t.Parallel()
	h := newGuard(t, validate.Config{}, validate.Site{}).Handler(echo)
	long := strings.Repeat("long text ", 500)
	for _, tt := range []struct{ body, code string }{
		{"data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(long+"1")), ""},
		{base64.StdEncoding.EncodeToString([]byte(long)) + "\n", ""},
		{`{"html":"` + long + `&amp;` + long + `","url":"/?a=b"}`, ""},
		{`[{"text":"` + long + `"}]`, ""},
		{"<order>" + long + "<a b='1'/></order>", ""},
		{"{" + strings.Repeat("&a", 2000), "validate.form-fields"},
		{strings.ReplaceAll(long, " ", "+") + "=1", "validate.form-name"},
		{strings.ReplaceAll(long, " ", "+") + "&a=1", "validate.form-name"},
	} {
		if got := ask(t, h, posted("/", formType, tt.body)); got.code != tt.code {
			t.Errorf("%.40q: %d %q, want %q", tt.body, got.status, got.code, tt.code)
		}
	}
	for _, charset := range []string{"ISO-8859-1", "windows-1251", "\"iso-8859-15\""} {
		if got := ask(t, h, posted("/", formType+"; charset="+charset, "sum=10&caf%E9=1")); got.code != "" {
			t.Errorf("%s: %q", charset, got.code)
		}
	}
}

// TestFormsAsPeopleFillThem: what a browser sends for numbers, and which of two fields counts.
func TestFormsAsPeopleFillThem(t *testing.T) {
	t.Parallel()
	most := 99.0
	h := newGuard(t, validate.Config{Fields: map[string]validate.Field{
		"age": {Type: "integer", Required: true, Max: &most}, "items[].n": {Type: "integer", Required: true}, "plan": {Enum: []string{"a"}},
	}}, validate.Site{}).Handler(echo)
	for body, code := range map[string]string{
		"age=05": "", "age=-007": "", "age=0": "", "age=00": "", "age=0100": "validate.fields", "age=0x5": "validate.fields", "age=--5": "validate.fields",
		"age=-": "validate.fields", "age=5&plan=&plan=a": "", "plan=a": "validate.fields", "age=&age=5": "validate.fields", "age=5&age=": "",
	} {
		if got := ask(t, h, posted("/", formType, body)); got.code != code {
			t.Errorf("%s: %d %q, want %q", body, got.status, got.code, code)
		}
	}
}
