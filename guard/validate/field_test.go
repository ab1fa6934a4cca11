package validate_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/internal/testapp"
)

// TestTypes: each value as a form, as a query and, where it is text there too, as JSON.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field validate.Field
		right []string
		wrong []string // the rule, a space, the value
	}{
		{validate.Field{Max: num(3)}, []string{"abc", "äöü", "日本語", "a b"}, []string{"max abcd", "max äöüß", "type \xff\xfe"}},
		{validate.Field{Min: num(2)}, []string{"ab", "", "日本"}, []string{"min a", "min 日"}},
		{validate.Field{Pattern: "[a-z]+|x1"}, []string{"abc", "x1"}, []string{"pattern abc1", "pattern x12", "pattern ABC", "pattern abc\n", "pattern \nabc"}},
		{validate.Field{Pattern: "^a.c$"}, []string{"abc", "aéc"}, []string{"pattern a\nc", "pattern xabc"}},
		{validate.Field{Enum: []string{"free", "pro plus"}}, []string{"free", "pro plus"}, []string{"enum Free", "enum pro", "enum free "}},
		{validate.Field{Type: "email"},
			[]string{"a@b", "zoe.o'neil+tag@mail.shop.example", "zoë@bücher.example", "用户@例え.テスト", "a@xn--bcher-kva.example", "A_1@1.example", "अजय@डाटा.भारत"},
			[]string{"type a", "type @b", "type a@", "type a b@c", "type a@b c", "type a@b\r\nBcc: x@y", "type a@b..c", "type a@-b", "type a@b-", "type <a@b>", "type a@b,c@d", "type \"a b\"@c", "type a@[::1]", "type a@b\x00", "type a;b@c", "type " + strings.Repeat("a", 300) + "@b"}},
		{validate.Field{Type: "url"},
			[]string{"https://a.example/x?y=1#z", "HTTP://a.example", "https://bücher.example/ü", "http://[::1]:80/", "https://a.example:8443/"},
			[]string{"type a.example", "type //a.example", "type javascript:alert(1)", "type ftp://a.example", "type https://", "type https://u:p@a.example", "type https://a.example/\nx", "type https://a b", `type https://a.example\@evil.example`, "type data:text/html,x", "type http://a_b%/"}},
		{validate.Field{Type: "date"}, []string{"2026-11-22", "2024-02-29"}, []string{"type 2026-02-30", "type 2025-02-29", "type 22.11.2026", "type 2026-1-2", "type 2026-11-22T00:00"}},
		{validate.Field{Type: "uuid"}, []string{"6f1c1a30-9d4e-4f6b-8a52-0a1b2c3d4e5f", "6F1C1A30-9D4E-4F6B-8A52-0A1B2C3D4E5F"},
			[]string{"type 6f1c1a309d4e4f6b8a520a1b2c3d4e5f", "type 6f1c1a30-9d4e-4f6b-8a52-0a1b2c3d4e5g", "type {6f1c1a30-9d4e-4f6b-8a52-0a1b2c3d4e5f}"}},
	} {
		cfg := map[string]validate.Field{"v": tt.field}
		body := newGuard(t, validate.Config{Fields: cfg}, validate.Site{})
		query := newGuard(t, validate.Config{Query: cfg}, validate.Site{})
		try := func(value, rule string) {
			text, _ := json.Marshal(map[string]string{"v": value})
			for where, err := range map[string]error{
				"form":  body.Check(posted("/", formType, url.Values{"v": {value}}.Encode())),
				"query": query.Check(posted("/?"+url.Values{"v": {value}}.Encode(), "", "")),
				"parts": body.Check(posted("/", "multipart/form-data; boundary=b", part("v", value))),
				"json":  body.Check(posted("/", jsonType, string(text))),
			} {
				if strings.ContainsRune(value, 0xFFFD) || where == "json" && rule == "type" && strings.Contains(value, "\xff") {
					continue
				}
				if got := ruleOf(err); got != rule {
					t.Errorf("%+v %q in a %s: %q, want %q", tt.field, value, where, got, rule)
				}
			}
		}
		for _, value := range tt.right {
			try(value, "")
		}
		for _, value := range tt.wrong {
			rule, value, _ := strings.Cut(value, " ")
			try(value, rule)
		}
	}
}

func part(name, value string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n--b--\r\n"
}

// ruleOf is the rule of the only fault, or the code of another refusal.
func ruleOf(err error) string {
	if err == nil {
		return ""
	}
	if code := codeOf(err); code != "validate.fields" {
		return code
	}
	var rules []string
	for part := range strings.SplitSeq(err.Error(), "; ") {
		_, rule, _ := strings.Cut(part, `": `)
		rules = append(rules, rule)
	}
	return strings.Join(rules, ",")
}

// TestNumbersAndSwitches: forms are text, JSON has types.
func TestNumbersAndSwitches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field       validate.Field
		value       string // JSON
		inJSON, inT string // the rule broken in JSON, and as text in a form
	}{
		{validate.Field{Type: "integer", Min: num(0), Max: num(150)}, "0", "", ""},
		{validate.Field{Type: "integer", Min: num(0), Max: num(150)}, "150", "", ""},
		{validate.Field{Type: "integer", Min: num(0), Max: num(150)}, "151", "max", "max"},
		{validate.Field{Type: "integer", Min: num(0)}, "-1", "min", "min"},
		{validate.Field{Type: "integer", Min: num(-5)}, "-5", "", ""},
		{validate.Field{Type: "integer", Max: num(5)}, strings.Repeat("9", 99), "max", "max"},
		{validate.Field{Type: "integer"}, "1.0", "type", "type"},
		{validate.Field{Type: "integer"}, "1e2", "type", "type"},
		{validate.Field{Type: "integer"}, "true", "type", "type"},
		{validate.Field{Type: "integer"}, `"5"`, "type", ""},
		{validate.Field{Type: "integer"}, `" 5"`, "type", "type"},
		{validate.Field{Type: "integer"}, `"0x5"`, "type", "type"},
		{validate.Field{Type: "integer"}, `"5_0"`, "type", "type"},
		{validate.Field{Type: "integer"}, `"٣"`, "type", "type"},
		{validate.Field{Type: "integer"}, `"nan"`, "type", "type"},
		{validate.Field{Type: "integer"}, `""`, "type", ""},
		{validate.Field{Type: "integer"}, `[1]`, "type", "type"},
		{validate.Field{Type: "integer", Enum: []string{"1", "2"}}, "2", "", ""},
		{validate.Field{Type: "integer", Enum: []string{"1", "2"}}, "3", "enum", "enum"},
		{validate.Field{Type: "number", Min: num(0.01)}, "0.01", "", ""},
		{validate.Field{Type: "number", Min: num(0.01)}, "0.009", "min", "min"},
		{validate.Field{Type: "number"}, "-1.5e3", "", ""},
		{validate.Field{Type: "number"}, `"inf"`, "type", "type"},
		{validate.Field{Type: "number"}, `"1e999"`, "type", "type"},
		{validate.Field{Type: "boolean"}, "true", "", ""},
		{validate.Field{Type: "boolean"}, `"on"`, "type", ""},
		{validate.Field{Type: "boolean"}, `"maybe"`, "type", "type"},
		{validate.Field{Type: "boolean"}, "1", "type", ""},
		{validate.Field{}, "5", "type", ""},
		{validate.Field{}, "false", "type", ""},
		{validate.Field{}, "{}", "type", ""},
		{validate.Field{}, "[]", "type", ""},
		{validate.Field{}, "null", "", ""},
		{validate.Field{Required: true}, "null", "required", ""},
		{validate.Field{Required: true}, `""`, "required", "required"},
		{validate.Field{Type: "integer", Required: true}, "0", "", ""},
		{validate.Field{Type: "boolean", Required: true}, "false", "", ""},
		{validate.Field{Type: "array", Required: true}, "[]", "", "type"},
		{validate.Field{Type: "array", Max: num(2)}, "[1,2,3]", "max", ""},
		{validate.Field{Type: "array", Min: num(2)}, "[1]", "min", ""},
		{validate.Field{Type: "array"}, "{}", "type", ""},
		{validate.Field{Type: "object"}, "{}", "", ""},
		{validate.Field{Type: "object", Max: num(1)}, `{"a":1,"b":2}`, "max", ""},
		{validate.Field{Type: "object"}, "[]", "type", ""},
	} {
		g := newGuard(t, validate.Config{Fields: map[string]validate.Field{"v": tt.field}}, validate.Site{})
		if got := ruleOf(g.Check(posted("/", jsonType, `{"v":`+tt.value+`}`))); got != tt.inJSON {
			t.Errorf("%+v: %s in JSON: %q, want %q", tt.field, tt.value, got, tt.inJSON)
		}
		if tt.field.Type == "array" || tt.field.Type == "object" || tt.field.Type == "" {
			continue
		}
		value := tt.value
		if strings.HasPrefix(value, `"`) {
			json.Unmarshal([]byte(value), &value)
		}
		if got := ruleOf(g.Check(posted("/", formType, "v="+url.QueryEscape(value)))); got != tt.inT {
			t.Errorf("%+v: %q in a form: %q, want %q", tt.field, value, got, tt.inT)
		}
	}
}

func TestPathsInJSON(t *testing.T) {
	t.Parallel()
	g := newGuard(t, validate.Config{Unknown: "refuse", Fields: map[string]validate.Field{
		"name":             {Required: true},
		"address.zip":      {Pattern: "[0-9]{5}", Required: true},
		"address.city":     {},
		"tags":             {Type: "array", Max: num(3)},
		"tags[]":           {Max: num(5)},
		"items[].id":       {Type: "integer", Required: true},
		"items[].sizes[]":  {Type: "integer"},
		"matrix[][]":       {Type: "number"},
		"note":             {Type: "object"},
		"options.a.b.deep": {Type: "boolean"},
	}}, validate.Site{})
	const base = `"name":"n","address":{"zip":"12345"}`
	for text, want := range map[string]string{
		`{` + base + `}`: "",
		`{` + base + `,"tags":["a","b"],"items":[{"id":1,"sizes":[1,2]},{"id":2}],"matrix":[[1,2],[3]],"note":{"any":[1,{"x":2}]},"options":{"a":{"b":{"deep":true}}}}`: "",
		`{"name":"n"}`:                                              `"address": required`,
		`{"name":"n","address":{}}`:                                 `"address.zip": required`,
		`{"name":"n","address":"x"}`:                                `"address": type`,
		`{"name":"n","address":[]}`:                                 `"address": type`,
		`{"name":"n","address":null}`:                               `"address": required`,
		`{"name":"n","address":{"zip":12345}}`:                      `"address.zip": type`,
		`{"name":"n","address":{"zip":"123"}}`:                      `"address.zip": pattern`,
		`{"name":"n","address":{"zip":"12345","is_admin":1}}`:       `"address.is_admin": unknown`,
		`{"name":"n","address":{"zip":"12345"},"address.zip":"x"}`:  `"address.zip": unknown`,
		`{` + base + `,"tags":["toolong"]}`:                         `"tags[]": max`,
		`{` + base + `,"tags":["a","b","c","d"]}`:                   `"tags": max`,
		`{` + base + `,"tags":[1]}`:                                 `"tags[]": type`,
		`{` + base + `,"tags":"a"}`:                                 `"tags": type`,
		`{` + base + `,"items":[{"id":1},{"name":"x"},{"id":"3"}]}`: `"items[].name": unknown; "items[].id": required; "items[].id": type`,
		`{` + base + `,"items":{"id":1}}`:                           `"items": type`,
		`{` + base + `,"items":[1]}`:                                `"items[]": type`,
		`{` + base + `,"matrix":[1]}`:                               `"matrix[]": type`,
		`{` + base + `,"matrix":[["x"]]}`:                           `"matrix[][]": type`,
		`{` + base + `,"options":{"a":{"b":{"deep":1}}}}`:           `"options.a.b.deep": type`,
		`{` + base + `,"\u0069s_admin":true}`:                       `"is_admin": unknown`,
		`[]`:                                                        `"": type`,
		`"x"`:                                                       `"": type`,
		`null`:                                                      `"address": required; "name": required`,
		`{}`:                                                        `"address": required; "name": required`,
		`{"a":1,"a":2}`:                                             "validate.json-duplicate: readers differ in which one counts: at byte 13",
	} {
		got := ""
		if err := g.Check(posted("/", jsonType, text)); err != nil {
			got = strings.TrimPrefix(err.Error(), "validate.fields: ")
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	g := newGuard(t, validate.Config{Unknown: "refuse", Fields: map[string]validate.Field{
		"a": {Required: true, Max: num(5)}, "list": {Type: "array", Max: num(2)}, "list[]": {Type: "integer"}, "php[]": {Max: num(1)}, "file": {},
	}}, validate.Site{})
	multi := "multipart/form-data; boundary=b"
	disposition := func(rest, value string) string {
		return "--b\r\nContent-Disposition: form-data; " + rest + "\r\n\r\n" + value + "\r\n--b--\r\n"
	}
	for _, tt := range []struct{ kind, form, want string }{
		{formType, "a=1", ""},
		{formType, "%61=1", ""},
		{formType, "a=+%2B%20+", ""},
		{formType, "&&a=1&", ""},
		{formType, "a=1&a=2", "once"},
		{formType, "a=1&%61=2", "once"},
		{formType, "a=123456", "max"},
		{formType, "a=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", ""},
		{formType, "a=%ff", "type"},
		{formType, "a=1&list=1&list=2", ""},
		{formType, "a=1&list=1&list=2&list=3", "max"},
		{formType, "a=1&list=x", "type"},
		{formType, "a=1&php[]=1&php%5B%5D=2", ""},
		{formType, "a=1&php[]=12", "max"},
		{formType, "a=1;b=2", ""}, // one field: "1;b=2"
		{formType, "a=1&fumehood_token=x&csrf_token=y", ""},
		{formType, "a=1&A=1", "unknown"},
		{formType, "a=1&a%00=1", "unknown"},
		{formType, "a", "required"},
		{formType, "a=%", ""},
		{multi, part("a", "1"), ""},
		{multi, part("a", "123456"), "max"},
		{multi, part("b", "1"), "unknown,required"},
		{multi, disposition(`name="a"; filename="x.txt"`, "long file content"), ""},
		{multi, disposition(`name="b"; filename="x.txt"`, "x"), "unknown,required"},
		{multi, disposition(`name=a`, "1"), ""},
		{multi, "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--\r\n", "validate.form-malformed"},
		{multi, "--b\r\n\r\n1\r\n--b--\r\n", "validate.form-malformed"},
		{multi, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", "validate.form-malformed"},
		{multi, "", "required"},
		{"multipart/form-data", part("a", "1"), "validate.form-malformed"},
		{multi, part("a", strings.Repeat("x", 2<<20)), "validate.too-large"},
		{multi, strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\n1\r\n", 1001) + "--b--\r\n", "validate.form-fields"},
		{multi, part(strings.Repeat("n", 2000), "1"), "validate.form-name"},
	} {
		if got := ruleOf(g.Check(posted("/", tt.kind, tt.form))); got != tt.want {
			t.Errorf("%s %.80q: %q, want %q", tt.kind, tt.form, got, tt.want)
		}
	}
	for method, want := range map[string]string{"GET": "", "HEAD": "", "OPTIONS": "", "DELETE": "", "POST": "required", "PUT": "required", "PATCH": "required"} {
		r := posted("/", "", "")
		r.Method = method
		if got := ruleOf(g.Check(r)); got != want {
			t.Errorf("%s without a body: %q, want %q", method, got, want)
		}
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	g := newGuard(t, validate.Config{Unknown: "refuse", Query: map[string]validate.Field{"page": {Type: "integer", Min: num(1)}, "q": {Required: true, Max: num(5)}}}, validate.Site{})
	for query, want := range map[string]string{
		"q=x": "", "q=x&page=2": "", "page=2": "required", "": "required", "q=x&page=0": "min", "q=x&page=two": "type", "q=x&page=": "", "q=toolong": "max",
		"q=x&debug=1": "unknown", "q=x&q=y": "once", "q=%ff": "type",
	} {
		r := posted("/?"+query, "", "")
		r.Method = "GET"
		if got := ruleOf(g.Check(r)); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
		if got := ask(t, g.Handler(echo), r); (got.status == 200) != (want == "") {
			t.Errorf("%q: %d", query, got.status)
		}
	}
}

// TestDecodeAsPython compares with urllib.parse.unquote_plus, which Werkzeug uses too.
func TestDecodeAsPython(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	texts := []string{"%", "%4", "%41", "%zz", "+", "%2B", "%%41", "a%C3%A9", "%e4"}
	for range 500 {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteString([]string{"%", "4", "1", "C3", "A9", "+", "a", "%41", "%2b", "g", "%C3%A9", "%00"}[r.IntN(12)])
		}
		texts = append(texts, b.String())
	}
	in, _ := json.Marshal(texts)
	cmd := exec.Command(testapp.Python(t), "-c", "import json,sys,urllib.parse as u\nprint(json.dumps([list(u.unquote_to_bytes(t.replace('+',' '))) for t in json.load(sys.stdin)]))")
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	var want [][]int
	if err == nil {
		err = json.Unmarshal(out, &want)
	}
	if err != nil || len(want) != len(texts) {
		t.Fatal(err)
	}
	for i, text := range texts {
		got := []int{}
		for _, c := range []byte(validate.Decode(text)) {
			got = append(got, int(c))
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%q: %v, Python says %v", text, got, want[i])
		}
	}
}

// FuzzForm: no form breaks anything, and what an independent reader finds in a form that is
// taken keeps to the rules.
func FuzzForm(f *testing.F) {
	for _, form := range []string{"a=1", "a=1&a=2", "%61=12345", "a=%ff", "b=1&a=+", "a", "&=&", "a=1&b%00=1"} {
		f.Add(form)
	}
	g := newGuard(f, validate.Config{Unknown: "refuse", Fields: map[string]validate.Field{"a": {Type: "integer", Required: true, Max: num(99)}}}, validate.Site{})
	f.Fuzz(func(t *testing.T, form string) {
		if g.Check(posted("/", formType, form)) != nil {
			return
		}
		values, err := url.ParseQuery(form)
		if err != nil {
			return // net/url takes no ";" and no lone "%", which mean nothing to Python
		}
		given := 0
		for _, v := range values["a"] {
			var n int
			if v == "" {
				continue
			}
			if _, err := fmt.Sscanf(v, "%d", &n); err != nil || n > 99 {
				t.Fatalf("%q: a is %q", form, v)
			}
			given++
		}
		delete(values, "a")
		delete(values, "csrf_token")
		delete(values, "_csrf_token")
		delete(values, "fumehood_token")
		if given != 1 || len(values) != 0 {
			t.Fatalf("%q was taken: %v", form, values)
		}
	})
}
