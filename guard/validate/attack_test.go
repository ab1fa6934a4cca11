package validate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/internal/urlmap"
	"github.com/fumehood/fumehood/wsgi"
)

// signupRules are those of the guide.
func signupRules() validate.Config {
	return validate.Config{Unknown: "refuse", Fields: map[string]validate.Field{
		"email": {Type: "email", Required: true, Max: num(200)},
		"age":   {Type: "integer", Min: num(0), Max: num(150)},
		"plan":  {Enum: []string{"free", "pro"}},
		"nick":  {Pattern: "^[a-z0-9_]+$", Max: num(30)},
	}}
}

// around puts the guard around an app, after guard/body with bodies in memory, in a file, or
// without guard/body.
func around(t *testing.T, how string, guard *validate.Guard, app http.Handler) http.Handler {
	t.Helper()
	h := guard.Handler(app)
	if how == "streamed" {
		return h
	}
	cfg := body.Config{TempDir: t.TempDir()}
	if how == "in memory" {
		cfg.Memory = 8 << 20
	}
	whole, err := body.New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return whole.Handler(h)
}

// TestFlask starts one app for all of them: that takes longer than the tests.
func TestFlask(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/app", wsgi.Config{Target: "shop:app"})
	urls, err := urlmap.New(app.Pool().About().URLs)
	if err != nil || urls.Why() != "" || urls.Len() < 12 {
		t.Fatal(err, urls.Why(), urls.Len())
	}
	site := validate.Site{URLs: urls}
	for _, how := range []string{"in memory", "in a file", "streamed"} {
		caps := around(t, how, newGuard(t, validate.Config{}, site), app)
		rules := around(t, how, newGuard(t, signupRules(), site), app)
		t.Run("attacks "+how, func(t *testing.T) { attacks(t, app, caps, rules) })
		t.Run("what is right "+how, func(t *testing.T) { rightUse(t, app, caps, rules) })
	}
	pages := newGuard(t, validate.Config{}, site).Handler(app)
	t.Run("attacks on before_request", func(t *testing.T) { noView(t, app, pages) })
	t.Run("the app's own pages", func(t *testing.T) { ownPages(t, pages) })
}

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// attacks: what each does to the bare app is in works.
func attacks(t *testing.T, app, caps, rules http.Handler) {
	form := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "&k%d=", i)
		}
		return b.String()[1:]
	}
	for _, tt := range []struct {
		name         string
		guarded      http.Handler
		target, kind string
		body         string
		works        string // in the bare app's answer
		code         string
	}{
		{"a bomb of 100,000 arrays", caps, "/echo", jsonType, strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "500 ", "validate.json-depth"},
		{"the same as another JSON", caps, "/echo", "Application/Problem+JSON ; charset=utf-8", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "500 ", "validate.json-depth"},
		{"a price that is not a number", caps, "/price", jsonType, `{"price": NaN}`, `"total":"nan"`, "validate.json-malformed"},
		{"a price below everything", caps, "/price", jsonType, `{"price": -Infinity}`, `"cheap":true`, "validate.json-malformed"},
		{"an infinite price in digits", caps, "/price", jsonType, `{"price": -1e999}`, `"total":"-inf"`, "validate.json-infinite"},
		{"two amounts", caps, "/pay", jsonType, `{"amount": 1, "amount": 5000}`, `"paid":5000`, "validate.json-duplicate"},
		{"two amounts, one in disguise", caps, "/pay", jsonType, `{"amount": 1, "\u0061mount": 5000}`, `"paid":5000`, "validate.json-duplicate"},
		{"half a character", caps, "/keep", jsonType, `{"name": "\ud800"}`, "500 ", "validate.json-surrogate"},
		{"JSON in UTF-16", caps, "/pay", jsonType, utf16(`{"amount": 5}`), `"paid":5`, "validate.json-malformed"},
		{"JSON in UTF-16 with a mark", caps, "/pay", jsonType, "\xff\xfe" + utf16(`{"amount": 5}`), `"paid":5`, "validate.json-malformed"},
		{"a million values", caps, "/echo", jsonType, "[" + strings.Repeat("[],", 900_000) + "1]", "200 ", "validate.json-values"},
		{"a flood of keys", caps, "/echo", jsonType, manyKeys(20_000), "200 ", "validate.json-keys"},
		{"a long number", caps, "/echo", jsonType, `[` + strings.Repeat("7", 4000) + `]`, "200 ", "validate.json-number"},
		{"a flood of fields", caps, "/count", formType, form(20_000), `"fields":20000`, "validate.form-fields"},
		{"a flood of empty fields", caps, "/count", formType, strings.Repeat("&", 100_000), `"fields":0`, "validate.form-fields"},
		{"a flood of parameters", caps, "/count?" + strings.Repeat("a&", 1200), formType, "a=1", `"args":1`, "validate.query-fields"},
		{"a long name", caps, "/count", formType, strings.Repeat("n", 50_000) + "=1", `"fields":1`, "validate.form-name"},
		{"a form in another encoding", caps, "/count", formType + "; charset=utf-7", "a=1", "200 ", "validate.charset"},
		{"two types", caps, "/count", "application/json, " + formType, "a=1", "200 ", "validate.content-type"},

		{"is_admin=1", rules, "/signup", formType, "email=a@shop.example&is_admin=1", `"is_admin":"1"`, "validate.fields"},
		{"is_admin in JSON", rules, "/signup", jsonType, `{"email":"a@shop.example","is_admin":1}`, `"is_admin":1`, "validate.fields"},
		{"a missing field", rules, "/signup", formType, "age=3", `"age":3`, "validate.fields"},
		{"nothing at all", rules, "/signup", formType, "", `"age":null`, "validate.fields"},
		{"an empty field", rules, "/signup", formType, "email=", `"email":""`, "validate.fields"},
		{"a wrong type", rules, "/signup", formType, "email=a@shop.example&age=three", "500 ", "validate.fields"},
		{"a negative age", rules, "/signup", formType, "email=a@shop.example&age=-5", `"age":-5`, "validate.fields"},
		{"an object for a text", rules, "/signup", jsonType, `{"email":"a@shop.example","nick":{"$gt":""}}`, `"$gt"`, "validate.fields"},
		{"an over-long nick", rules, "/signup", formType, "email=a@shop.example&nick=" + strings.Repeat("n", 5000), "nnnnnnnn", "validate.fields"},
		{"a nick with a line end", rules, "/signup", formType, "email=a@shop.example&nick=abc%0a", `abc\n`, "validate.fields"},
		{"a header in an address", rules, "/signup", formType, "email=a@shop.example%0aBcc:x@y.example", "Bcc:", "validate.fields"},
		{"a plan that nobody sells", rules, "/signup", formType, "email=a@shop.example&plan=root", "root", "validate.fields"},
		{"two plans", rules, "/signup", formType, "email=a@shop.example&plan=free&plan=pro", `"plan":"`, "validate.fields"},
		{"JSON under another name", rules, "/signup", "text/plain", `{"email":"a@shop.example"}`, "200 ", "validate.unchecked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bare := ask(t, app, posted(tt.target, tt.kind, tt.body))
			if got := fmt.Sprint(bare.status, " ", bare.body); !strings.Contains(got, tt.works) {
				t.Errorf("without the guard the attack must succeed: %.300s", got)
			}
			got := ask(t, tt.guarded, posted(tt.target, tt.kind, tt.body))
			if got.code != tt.code || got.status < 400 || got.status > 499 {
				t.Errorf("got %d %s %.200s, want %s", got.status, got.code, got.body, tt.code)
			}
		})
	}
}

func utf16(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

// rightUse: ordinary requests get the answer of the bare app.
func rightUse(t *testing.T, app, caps, rules http.Handler) {
	numbers := strings.TrimSuffix(strings.Repeat("3.25,", 200_000), ",")
	for _, tt := range []struct {
		name         string
		guarded      http.Handler
		target, kind string
		body         string
	}{
		{"an order", caps, "/echo", jsonType, `{"items":[{"id":1,"n":2},{"id":2,"n":1}],"note":null,"gift":false,"at":"2026-11-22T10:00:00Z"}`},
		{"JSON with a charset", caps, "/echo", "application/json; charset=UTF-8", `{"a":1}`},
		{"another JSON", caps, "/echo", "application/merge-patch+json", `{"a":null}`},
		{"rich text", caps, "/echo", jsonType, `{"html":"<p style=\"text-align: left;\"><a href=\"https://a.example/?b=1&amp;c\">x<\/a> 👩‍👩‍👧 \ud83d\ude00</p>"}`},
		{"names in all scripts", caps, "/count", formType, "Zo%C3%AB=1&%E5%B1%B1%E7%94%B0=2&%D8%B9%D9%84%D9%8A=3&O%27Brien=4&Na%C3%AFve+n=5"},
		{"names in JSON", caps, "/echo", jsonType, `{"山田":"太郎","علي":1,"Ünïcödé":[true],"नमस्ते":{}}`},
		{"many numbers", caps, "/echo", jsonType, "[" + numbers + "]"},
		{"long text", caps, "/keep", jsonType, `{"name":"` + strings.Repeat("long text ", 100_000) + `"}`},
		{"a long text field", caps, "/count", formType, "text=" + strings.Repeat("long+text+", 40_000)},
		{"a form of 900 fields", caps, "/count", formType, strings.TrimSuffix(strings.Repeat("a=1&", 900), "&")},
		{"JSON that is empty", caps, "/signup", jsonType, ""},
		{"a body of no type", caps, "/signup", "", "x"},
		{"binary", caps, "/signup", "application/octet-stream", "\x00\xff\xfe"},
		{"an empty object", caps, "/echo", jsonType, "{}"},
		{"a multipart form", caps, "/count", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"},

		{"a sign-up", rules, "/signup", formType, "email=zo%C3%AB@shop.example&age=33&plan=pro&nick=zoe_1&csrf_token=x"},
		{"what was left empty", rules, "/signup", formType, "email=a@shop.example&nick=&plan="},
		{"in JSON", rules, "/signup", jsonType, `{"email":"用户@例え.example","age":33,"nick":null}`},
		{"as multipart", rules, "/signup", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@shop.example\r\n--b--\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bare := ask(t, app, posted(tt.target, tt.kind, tt.body))
			got := ask(t, tt.guarded, posted(tt.target, tt.kind, tt.body))
			if got.status != bare.status || got.body != bare.body {
				t.Errorf("got %d %.200s\nwant %d %.200s", got.status, got.body, bare.status, bare.body)
			}
		})
	}
}

// noView: a before_request function acts on what is posted anywhere.
func noView(t *testing.T, app, guarded http.Handler) {
	send := func(h http.Handler, method, target, body string) reply {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		if body == "" {
			r.Body, r.ContentLength = http.NoBody, 0
		}
		r.Header.Set("Content-Type", formType)
		return ask(t, h, r)
	}
	for n, tt := range []struct {
		name, method, target, body string
		status                     int
	}{
		{"a path that nobody has", "POST", "/nothing", "feedback=", 404},
		{"a mistyped argument", "POST", "/item/abc", "feedback=", 404},
		{"too long an argument", "POST", "/article/abcde", "feedback=", 404},
		{"a wrong method", "POST", "/item/5", "feedback=", 405},
		{"a method that nobody has", "FROB", "/signup", "feedback=", 405},
		{"a method on no path", "DELETE", "/nothing", "", 404},
		{"a body with GET", "GET", "/nothing", "feedback=", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for where, h := range map[string]http.Handler{"bare": app, "guarded": guarded} {
				mark := fmt.Sprintf("%s-%d", where, n)
				body := tt.body
				if body != "" {
					body += mark
				}
				got := send(h, tt.method, tt.target+"?mark="+mark, body)
				if got.status != tt.status || !strings.Contains(got.body, "the shop's own") {
					t.Errorf("%s: %d %s", where, got.status, got.body)
				}
				if body == "" {
					mark = "DELETE " + tt.target
				}
				journal := ask(t, app, httptest.NewRequest("GET", "/journal", nil)).body
				if where == "bare" && !strings.Contains(journal, mark) {
					t.Errorf("without the guard the attack must succeed: %s", journal)
				}
				if where == "guarded" && body != "" && strings.Contains(journal, mark) || strings.Count(journal, "DELETE /nothing") > 1 {
					t.Errorf("it got to before_request: %s", journal)
				}
			}
		})
	}
}

// ownPages: who gets an error page gets the app's, made for them.
func ownPages(t *testing.T, guarded http.Handler) {
	r := posted("/gone/?old=7", formType, "secret=1")
	r.Header.Set("Cookie", "who=zoe")
	if got := ask(t, guarded, r); got.status != 404 || got.body != "the shop's own 404 for /gone/, zoe with 0 bytes, old=7" {
		t.Errorf("%+v", got)
	}
	got := ask(t, guarded, posted("/", formType, "a=1"))
	if got.status != 405 || got.body != "the shop's own 405 for POST" {
		t.Errorf("%+v", got)
	}
	for path, want := range map[string]int{"/article/abcd": 200, "/article/abcd/": 404} {
		if got := ask(t, guarded, posted(path, formType, "text=hello")); got.status != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
}
