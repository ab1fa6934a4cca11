package validate_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/urlmap"
)

// echo is an app that gives back what it gets.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %d %q %v", r.Method, r.URL, r.ContentLength, body, err)
})

func TestModes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fumehood.Mode]int{"": 400, fumehood.Enforce: 400, fumehood.Report: 200, fumehood.Off: 200} {
		for _, body := range []string{`{"a":1,"a":2}`, "[NaN]", strings.Repeat("[", 100)} {
			x := &fumehood.Exchange{}
			r := posted("/x", jsonType, body)
			r = r.WithContext(fumehood.WithExchange(r.Context(), x))
			got := ask(t, newGuard(t, validate.Config{Mode: mode}, validate.Site{}).Handler(echo), r)
			if got.status != want {
				t.Errorf("%q: %d, want %d", mode, got.status, want)
			}
			if want == 200 && got.body != fmt.Sprintf("POST /x %d %q <nil>", len(body), body) {
				t.Errorf("%q: the app got %s", mode, got.body)
			}
			if reported := len(x.Reported) == 1 && strings.HasPrefix(x.Reported[0].Code, "validate.json"); reported != (mode == fumehood.Report) {
				t.Errorf("%q: reported %v", mode, x.Reported)
			}
		}
	}
}

// TestReportLeavesEverythingAsItIs: also what is longer than a cap, and what breaks off.
func TestReportLeavesEverythingAsItIs(t *testing.T) {
	t.Parallel()
	cfg := validate.Config{Mode: fumehood.Report, MaxJSON: 10, Fields: map[string]validate.Field{"a": {Required: true}}}
	for name, body := range map[string]io.Reader{
		"long": strings.NewReader(`"0123456789"`), "broken": io.MultiReader(strings.NewReader("[1,"), iotest.ErrReader(io.ErrUnexpectedEOF)),
	} {
		r := httptest.NewRequest("POST", "/x", body)
		r.Header.Set("Content-Type", jsonType)
		got := ask(t, newGuard(t, cfg, validate.Site{}).Handler(echo), r)
		want := map[string]string{"long": `POST /x 12 "\"0123456789\"" <nil>`, "broken": `POST /x -1 "[1," unexpected EOF`}[name]
		if got.status != 200 || got.body != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBodiesThatBreakOff(t *testing.T) {
	t.Parallel()
	own := &fumehood.Refusal{Status: 408, Code: "body.idle", Public: "x"}
	for _, tt := range []struct {
		err  error
		code string
	}{{io.ErrUnexpectedEOF, "validate.broken"}, {fmt.Errorf("read: %w", own), "body.idle"}} {
		for _, kind := range []string{jsonType, formType} {
			r := httptest.NewRequest("POST", "/x", io.MultiReader(strings.NewReader("a=1"), iotest.ErrReader(tt.err)))
			r.Header.Set("Content-Type", kind)
			if got := ask(t, newGuard(t, validate.Config{}, validate.Site{}).Handler(echo), r); got.code != tt.code {
				t.Errorf("%s %v: %+v", kind, tt.err, got)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	h := newGuard(t, validate.Config{MaxJSON: 10, MaxQuery: 10, MaxFields: 2, MaxName: 3}, validate.Site{}).Handler(echo)
	for _, tt := range []struct{ target, kind, body, code string }{
		{"/", jsonType, `"12345678"`, ""},
		{"/", jsonType, `"123456789"`, "validate.too-large"},
		{"/", "text/plain", strings.Repeat("x", 100), ""},
		{"/?a=456789012", "", "", "validate.query-size"},
		{"/?a=4567890", "", "", ""},
		{"/?a&b&", "", "", "validate.query-fields"},
		{"/?a&b", "", "", ""},
		{"/?abcd", "", "", "validate.query-name"},
		{"/?a=bcdef", "", "", ""},
		{"/", formType, "a=1&b=2&c=3", "validate.form-fields"},
		{"/", formType, "%C3%A9a=1&b=2", ""},
		{"/", formType, "%C3%A9ab=1", "validate.form-name"},
		{"/", formType, "abcd&b=1", "validate.form-name"},
		{"/", formType, "a=1234567890123&b==&", "validate.form-fields"},
		{"/", formType, "a=1234567890123&b==%", ""},
	} {
		if got := ask(t, h, posted(tt.target, tt.kind, tt.body)); got.code != tt.code {
			t.Errorf("%s %q: %d %q, want %q", tt.target, tt.body, got.status, got.code, tt.code)
		}
	}
}

// TestContentTypes: what Werkzeug takes for JSON is JSON here, and what may be two things is neither.
func TestContentTypes(t *testing.T) {
	t.Parallel()
	h := newGuard(t, validate.Config{}, validate.Site{}).Handler(echo)
	for kind, code := range map[string]string{
		"application/json": "validate.json-malformed", "APPLICATION/JSON": "validate.json-malformed", " application/json ; x=y": "validate.json-malformed",
		"application/vnd.api+json": "validate.json-malformed", "application/x+JSON;charset=utf-8": "validate.json-malformed",
		"application/json;charset=\"UTF-8\"": "validate.json-malformed", "application/json; charset=us-ascii": "validate.json-malformed",
		"text/json": "", "application/jsonx": "", "text/html": "", "image/svg+xml": "", "": "",
		"application/json; charset=utf-16": "validate.charset", "application/json; charset*=utf-8''utf-7": "validate.charset",
		"application/x-www-form-urlencoded; charset=utf-7": "validate.charset", "text/plain; charset=iso-8859-1": "",
		"application/json x": "validate.content-type", "application/json,text/plain": "validate.content-type", "json": "validate.content-type",
		"/json": "validate.content-type", "application/": "validate.content-type", "application/js\x00on": "validate.content-type", ";": "validate.content-type",
	} {
		r := posted("/", "", "{")
		r.Header["Content-Type"] = []string{kind}
		if got := ask(t, h, r); got.code != code {
			t.Errorf("%q: %d %q, want %q", kind, got.status, got.code, code)
		}
	}
	r := posted("/", "text/plain", "{")
	r.Header["Content-Type"] = []string{"text/plain", "application/json"}
	if got := ask(t, h, r); got.code != "validate.content-type" {
		t.Errorf("two fields: %+v", got)
	}
}

func TestCheckLeavesTheBody(t *testing.T) {
	t.Parallel()
	g := newGuard(t, signupRules(), validate.Site{})
	r := posted("/x", jsonType, `{"email":"a@shop.example"}`)
	for range 2 {
		if err := g.Check(r); err != nil {
			t.Fatal(err)
		}
	}
	if body, err := io.ReadAll(r.Body); err != nil || string(body) != `{"email":"a@shop.example"}` {
		t.Errorf("%q %v", body, err)
	}
	err := g.Check(posted("/x", jsonType, `{"email":"secret-value"}`))
	var faults *validate.FaultsError
	if !errors.As(err, &faults) || len(faults.Faults) != 1 || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

// TestFaultsPage: the visitor gets a page, a program problem+json; neither has a value, and
// names that the client has chosen are text.
func TestFaultsPage(t *testing.T) {
	t.Parallel()
	h := newGuard(t, signupRules(), validate.Site{}).Handler(echo)
	body := "age=7777&email=secret&nick=" + strings.Repeat("n", 31) + "&%3Cscript%3Ealert(1)%3C/script%3E=1&plan=x&" + strings.Repeat("u", 900) + "=1"
	r := posted("/signup", formType, body)
	got := ask(t, h, r)
	want := map[string]string{"age": "max", "email": "type", "nick": "max", "plan": "enum", "<script>alert(1)</script>": "unknown"}
	for field, rule := range want {
		if got.faults[field] != rule {
			t.Errorf("%s: %q, want %q", field, got.faults[field], rule)
		}
	}
	if len(got.faults) != 6 || got.status != 422 || strings.Contains(got.body, "secret") || strings.Contains(got.body, "7777") || strings.Contains(got.body, strings.Repeat("u", 65)) {
		t.Errorf("%d %s", got.status, got.body)
	}
	r = posted("/signup", formType, body)
	r.Header.Set("Accept", "text/html,*/*")
	got = ask(t, h, r)
	for _, part := range []string{"<strong>age</strong> must be at most 150", "must have at most 30 characters", "must be an email address", "&lt;script&gt;", "must be one of: free, pro"} {
		if !strings.Contains(got.body, part) {
			t.Errorf("%q is not on the page:\n%s", part, got.body)
		}
	}
	if got.status != 422 || strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "secret") || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") ||
		got.header.Get("Content-Security-Policy") == "" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v\n%s", got.status, got.header, got.body)
	}
	many := validate.Config{Unknown: "refuse", Fields: map[string]validate.Field{"a": {}}}
	if got := ask(t, newGuard(t, many, validate.Site{}).Handler(echo), posted("/", jsonType, manyKeys(500))); len(got.faults) != 20 {
		t.Errorf("%d faults", len(got.faults))
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	one := func(f validate.Field) validate.Config {
		return validate.Config{Fields: map[string]validate.Field{"x": f}}
	}
	for want, cfg := range map[string]validate.Config{
		`validate.mode: "of"`:                             {Mode: "of"},
		"validate.max_depth: 501":                         {MaxDepth: 501},
		"validate.max_depth: -1":                          {MaxDepth: -1},
		"validate.max_number: 5000":                       {MaxNumber: 5000},
		"validate.max_json: -5":                           {MaxJSON: -5},
		`validate.unknown: "deny"`:                        {Unknown: "deny"},
		`validate.url_map: "on"`:                          {URLMap: "on"},
		`fields.x.type: "int"`:                            one(validate.Field{Type: "int"}),
		"fields.x.pattern: missing closing ): `a(`":       one(validate.Field{Pattern: "a("}),
		"fields.x.pattern: invalid or unsupported Perl":   one(validate.Field{Pattern: "(?=a)"}),
		"fields.x.pattern: a pattern is for text":         one(validate.Field{Type: "integer", Pattern: "1"}),
		"fields.x.enum: an enum is for single":            one(validate.Field{Type: "array", Enum: []string{"a"}}),
		`fields.x.enum[1]: "a" is no number`:              one(validate.Field{Type: "number", Enum: []string{"1.5", "a"}}),
		"fields.x.min: 3 is more than max, 2":             one(validate.Field{Min: num(3), Max: num(2)}),
		"fields.x.min: -1 is no length":                   one(validate.Field{Min: num(-1)}),
		"fields.x.max: 1.5 is no length":                  one(validate.Field{Type: "array", Max: num(1.5)}),
		"fields.x.min: true and false have no size":       one(validate.Field{Type: "boolean", Min: num(0)}),
		`validate.fields."a..b": is not a name`:           {Fields: map[string]validate.Field{"a..b": {}}},
		`validate.fields."a[x]": is not a name`:           {Fields: map[string]validate.Field{"a[x]": {}}},
		`validate.fields."[]": is not a name`:             {Fields: map[string]validate.Field{"[]": {}}},
		"validate.query.x.type":                           {Query: map[string]validate.Field{"x": {Type: "float"}}},
		"validate.openapi: cannot read /no/such/file.yml": {OpenAPI: "/no/such/file.yml"},
	} {
		_, err := validate.New(cfg, validate.Site{})
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("want %s\ngot %v (hint %q)", want, err, hint.Of(err))
		}
	}
	_, err := validate.New(validate.Config{Mode: "x", MaxDepth: 1000, Fields: map[string]validate.Field{"a": {Type: "b"}}, Query: map[string]validate.Field{"c": {Pattern: "["}}}, validate.Site{})
	for _, want := range []string{"validate.mode", "max_depth", "fields.a.type", "query.c.pattern"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*validate.Guard{nil, new(validate.Guard)} {
		if got := ask(t, g.Handler(echo), httptest.NewRequest("GET", "/", nil)); got.status != 500 || got.code != "validate.not-ready" {
			t.Errorf("%+v", got)
		}
		if codeOf(g.Check(httptest.NewRequest("GET", "/", nil))) != "validate.not-ready" {
			t.Error("Check says yes")
		}
	}
}

// TestBodiesThatStreamArrive: without guard/body, short and long ones get to the app whole,
// as long as they are no longer than the cap, and no file is left behind.
func TestBodiesThatStreamArrive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, size := range []int{2, 1000, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3 << 20} {
		body := `"` + strings.Repeat("x", size-2) + `"`
		for _, mode := range []fumehood.Mode{fumehood.Enforce, fumehood.Report} {
			var got []byte
			var err error
			h := newGuard(t, validate.Config{Mode: mode, MaxJSON: 1 << 20}, validate.Site{TempDir: dir}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got, err = io.ReadAll(r.Body)
			}))
			want := body
			if size > 1<<20 && mode == fumehood.Enforce {
				want = ""
			}
			r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader(body))) // of unknown length
			r.Header.Set("Content-Type", jsonType)
			if ask(t, h, r); string(got) != want || err != nil {
				t.Errorf("%d bytes, %s: %d came, %v", size, mode, len(got), err)
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	r := httptest.NewRequest("POST", "/", io.MultiReader())
	r.Header.Set("Content-Type", jsonType)
	if got := ask(t, newGuard(t, validate.Config{}, validate.Site{}).Handler(echo), r); got.status != 200 {
		t.Errorf("a body of unknown length that is empty: %+v", got)
	}
}

func TestFilesStayAtTheirStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "body"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text := `{"email":"a@shop.example","nick":"` + strings.Repeat("a", 20) + `"}` + strings.Repeat(" ", 200_000)
	io.WriteString(file, text)
	file.Seek(0, io.SeekStart)
	r := posted("/x", jsonType, "")
	r.Body, r.ContentLength = inFile{whole{}, file, int64(len(text))}, int64(len(text))
	if err := newGuard(t, signupRules(), validate.Site{}).Check(r); err != nil {
		t.Error(err)
	}
	if at, _ := file.Seek(0, io.SeekCurrent); at != 0 {
		t.Errorf("the file is at %d", at)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v", left)
	}
}

type inFile struct {
	whole
	file *os.File
	size int64
}

func (f inFile) File() *os.File { return f.file }
func (f inFile) Size() int64    { return f.size }

// TestMapIsNotBelievedForEver: rules that the app adds later get their requests whole, from
// the first answer on that shows them.
func TestMapIsNotBelievedForEver(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"a view for POST": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[bool]int{true: 200, false: 405}[r.Method == "POST"])
		},
		"error pages that work": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) },
	} {
		urls, err := urlmap.New([]byte(`{"merge":true,"rules":[{"p":["/","a"],"m":["GET","HEAD"],"s":true,"d":false}]}`))
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int64
		h := newGuard(t, validate.Config{}, validate.Site{URLs: urls}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sizes = append(sizes, r.ContentLength)
			answer(w, r)
		}))
		for range 3 {
			ask(t, h, posted("/late", formType, "a=1"))
		}
		if fmt.Sprint(sizes) != "[0 3 3]" || urls.Why() == "" {
			t.Errorf("%s: bodies of %v bytes", name, sizes)
		}
	}
}

func TestReportDoesNotTakeBodies(t *testing.T) {
	t.Parallel()
	urls, err := urlmap.New([]byte(`{"merge":true,"rules":[{"p":["/","a"],"m":["GET","HEAD"],"s":true,"d":false}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		cfg          validate.Config
		target, want string
		code         string
	}{
		{validate.Config{}, "/b", `GET /b 0 "" <nil>`, "validate.no-route"},
		{validate.Config{}, "/a", `POST /a 0 "" <nil>`, "validate.method"},
		{validate.Config{}, "/a?q=1", `POST /a?q=1 0 "" <nil>`, "validate.method"},
		{validate.Config{Mode: fumehood.Report}, "/b", `POST /b 3 "a=1" <nil>`, "validate.no-route"},
		{validate.Config{URLMap: "off"}, "/b", `POST /b 3 "a=1" <nil>`, ""},
		{validate.Config{Mode: fumehood.Off}, "/b", `POST /b 3 "a=1" <nil>`, ""},
	} {
		x := &fumehood.Exchange{}
		r := posted(tt.target, formType, "a=1")
		r = r.WithContext(fumehood.WithExchange(r.Context(), x))
		got := ask(t, newGuard(t, tt.cfg, validate.Site{URLs: urls}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			echo(w, r)
		})), r)
		if got.body != tt.want || tt.code == "" && len(x.Reported) != 0 || tt.code != "" && (len(x.Reported) != 1 || x.Reported[0].Code != tt.code) {
			t.Errorf("%+v %s: %s, reported %v", tt.cfg, tt.target, got.body, x.Reported)
		}
	}
}

func BenchmarkHandler(b *testing.B) {
	urls, err := urlmap.New([]byte(`{"merge":true,"rules":[{"p":["/","a"],"m":["POST"],"s":true,"d":false}]}`))
	if err != nil {
		b.Fatal(err)
	}
	h := newGuard(b, validate.Config{}, validate.Site{URLs: urls}).Handler(nothing)
	form := posted("/a", formType, "")
	form.Body, form.ContentLength = whole{[]byte("name=Zo%C3%AB&text=" + strings.Repeat("long+text+", 20))}, 200
	for name, r := range map[string]*http.Request{
		"get": httptest.NewRequest("GET", "/", nil), "query": httptest.NewRequest("GET", "/?page=3&sort=name&q=some+words", nil), "form": form,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(nil, r)
			}
		})
	}
}
