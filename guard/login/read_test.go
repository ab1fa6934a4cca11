package login_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/testapp"
)

// request is what both sides of the comparison read.
type request struct {
	Query, Kind, Body string
	Body64            string
}

// werkzeug prints what a Flask app would find in each request: the accounts that it could
// take from form, query or JSON, and whether there is a password.
const werkzeug = `
import base64, json, sys, warnings
from flask import Flask, request
app = Flask(__name__)
found = []
for r in json.load(sys.stdin):
    names, attempt = set(), False
    body = base64.b64decode(r["Body64"])
    with app.test_request_context("/login?" + r["Query"], method="POST", data=body, headers={"Content-Type": r["Kind"]}):
        try:
            request.get_data(cache=True, parse_form_data=False)
            for source in (request.args, request.form):
                names.update(source.getlist("username"))
                attempt |= "password" in source
            data = request.get_json(force=True, silent=True)
            if isinstance(data, dict):
                if isinstance(data.get("username"), str): names.add(data["username"])
                attempt |= "password" in data
        except Exception:
            pass
    found.append([sorted(n.encode("utf-8", "replace").decode() for n in names), attempt])
json.dump(found, sys.stdout)
`

// Whatever account a Flask app could find in a request, the guard finds, too, or it refuses
// the request.
func TestReadsWhatFlaskReads(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 9))
	var all []request
	for range 3000 {
		all = append(all, randomRequest(random))
	}
	for i := range all {
		all[i].Body64 = base64.StdEncoding.EncodeToString([]byte(all[i].Body))
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	python := exec.CommandContext(t.Context(), testapp.Python(t), "-c", werkzeug)
	python.Stdin = bytes.NewReader(in)
	out, err := python.Output()
	if err != nil {
		t.Fatalf("%v %s", err, err.(*exec.ExitError).Stderr)
	}
	var theirs [][2]any
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	attempts, refused := 0, 0
	for i, r := range all {
		if theirs[i][1] != true {
			continue
		}
		attempts++
		q := httptest.NewRequest("POST", "/login", strings.NewReader(r.Body))
		q.URL.RawQuery = r.Query
		q.Header.Set("Content-Type", r.Kind)
		_, accounts, attempt, err := login.Read(q)
		if err != nil {
			refused++
			continue
		}
		var folded []string
		for _, name := range accounts {
			folded = append(folded, login.Fold(name))
		}
		for _, name := range theirs[i][0].([]any) {
			if !attempt || !slices.Contains(folded, login.Fold(name.(string))) {
				t.Errorf("Flask reads %q, the guard %q %v in %+q", theirs[i][0], accounts, attempt, r)
			}
		}
	}
	t.Logf("%d logins, %d of them refused", attempts, refused)
	if attempts < 500 || refused > attempts/2 {
		t.Error("the test shows nothing")
	}
}

func randomRequest(random *rand.Rand) (r request) {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	account := func() string {
		return pick("ada", "Ada", "ada ", "a+d%61", "%61da", "é", "a&b", "%zz", "", "\\u0061da", "a\"b", "a;b", "%FF", "ada\t")
	}
	name := func() string {
		return pick("username", "username", "username", "password", "password", "user%6eame", "x", "Username", "username ", "pass%77ord")
	}
	if random.IntN(4) == 0 {
		r.Query = name() + "=" + account()
	}
	space := pick("", "", "", " ", "\t", "; charset=utf-8", ";charset=utf-16", " ;x")
	switch random.IntN(5) {
	case 0, 1:
		r.Kind = pick("application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded", "application/x-www-form-urlencoded", "text/plain") + space
		for range 1 + random.IntN(4) {
			r.Body += name() + pick("=", "=", "=", "", "==") + account() + pick("&", "&", "&", ";", "&&")
		}
	case 2, 3:
		r.Kind = "multipart/form-data" + pick(";", "; ", " ;") + "boundary=" + pick("b", `"b"`, "b; x=y")
		end := pick("\r\n", "\r\n", "\r\n", "\n", "\r")
		for range 1 + random.IntN(4) {
			r.Body += "--b" + pick("", "", "", " ", "\t") + end + pick("", "", "X: y"+end, "content-transfer-encoding: base64"+end) +
				pick("Content-Disposition", "content-disposition", "Content-disposition ") + ":" + pick("", " ") +
				pick("form-data", "form-data", "attachment", "FORM-DATA") + pick("; ", ";", " ;") +
				pick(`name="%s"`, `name="%s"`, "name=%s", `NAME="%s"`, `name*=utf-8''%s`, `x=y; name="%s"`, `name="%s"; filename=""`, `name="x"; name="%s"`)
			r.Body = strings.Replace(r.Body, "%s", strings.ReplaceAll(name(), "%", ""), 1)
			r.Body += end + end + account() + pick("", "", "", "\r--b\rContent-Disposition: form-data; name=\"username\"\r\rhidden", "\n--b\nContent-Disposition: form-data; name=username\n\nhidden") + end
		}
		r.Body += pick("--b--", "--b--", "--b--\r\n", "--b--", "--b") + end
		if random.IntN(8) == 0 {
			r.Body = pick("junk", "\r\n", "junk\r\n") + r.Body
		}
	case 4:
		r.Kind = pick("application/json", "application/json", "APPLICATION/JSON", "text/plain", "application/x+json", "application/octet-stream", "") + space
		if strings.HasPrefix(r.Kind, " ") || r.Kind == "" {
			r.Kind = "application/json"
		}
		quote := func(s string) string { return `"` + strings.NewReplacer(`"`, `\"`, "\t", `\t`).Replace(s) + `"` }
		var fields []string
		for range 1 + random.IntN(4) {
			fields = append(fields, quote(pick("username", "password", "\\u0075sername", "x"))+pick(":", " : ")+pick(quote(account()), quote(account()), "3", "null", "[1]", `{"username":"in"}`, "NaN"))
		}
		r.Body = pick("", " ", "\n", "\xef\xbb\xbf") + "{" + strings.Join(fields, ",") + "}" + pick("", "", "\n", " x")
		if random.IntN(6) == 0 {
			wide := ""
			for _, c := range utf16.Encode([]rune(r.Body)) {
				wide += string([]byte{byte(c), byte(c >> 8)})
			}
			r.Body = wide
		}
	}
	return r
}

// What the guard has read is there for the app, from the start, wherever guard/body has put it.
func TestBodyIsLeftForTheApp(t *testing.T) {
	t.Parallel()
	kind, long := multipartForm(t, [2]string{"username", "ada"}, [2]string{"note", strings.Repeat("long ", 100_000)}, [2]string{"password", "x"})
	for name, sent := range map[string]struct{ kind, body string }{
		"in memory": {formType, "username=ada&password=x"},
		"in a file": {kind, long},
	} {
		for _, behind := range []string{"guard/body", "nothing"} {
			t.Run(name+", behind "+behind, func(t *testing.T) {
				t.Parallel()
				var got []byte
				s := newSite(t, login.Config{Account: "username", Password: "password"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					got, _ = io.ReadAll(r.Body)
					w.WriteHeader(http.StatusUnauthorized)
				}))
				h := s.guard
				if behind == "guard/body" {
					whole, err := body.New(body.Config{Memory: 4 << 10, Idle: 1e9, MinRate: 1, Grace: 1e9}, nil)
					if err != nil {
						t.Fatal(err)
					}
					h = whole.Handler(h)
				}
				for range 5 {
					got = nil
					if w := program("203.0.113.9").do(t, h, "POST", "/", sent.kind, sent.body); w.Code != 401 || string(got) != sent.body {
						t.Fatalf("%d, %d of %d bytes", w.Code, len(got), len(sent.body))
					}
				}
				if w := program("203.0.113.9").do(t, h, "POST", "/", sent.kind, sent.body); w.Code != 429 {
					t.Errorf("it was not counted: %d", w.Code)
				}
			})
		}
	}
}

// A login that cannot be read is refused; what is no login passes.
func TestMalformedLogins(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 5000)
	for name, tt := range map[string]struct {
		kind, body string
		want       int
	}{
		"JSON that ends early":       {"application/json", `{"username":"ada","passw`, 400},
		"JSON that goes on":          {"application/json", `{"password":"x"} {"username":"ada"}`, 400},
		"deep JSON":                  {"application/json", deep, 400},
		"no JSON":                    {"application/json", "username=ada", 400},
		"long JSON":                  {"application/json", `{"a":"` + strings.Repeat("a", 2<<20) + `"}`, 413},
		"a long form":                {formType, strings.Repeat("a", 2<<20), 413},
		"multipart without boundary": {"multipart/form-data", "--b--", 400},
		"multipart without an end":   {"multipart/form-data; boundary=b", "--b\r\n\r\nx", 400},
		"multipart of nothing":       {"multipart/form-data; boundary=b", "x", 400},
		"many parts":                 {"multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", 1001) + "--b--\r\n", 400},
		"many accounts":              {formType, "username=a&username=b&username=c&username=d&username=e&username=f&username=g&username=h&username=i&password=x", 400},
		"no password":                {formType, "username=ada", 200},
		"another body":               {"image/png", "\x89PNG", 200},
		"text":                       {"text/plain", "hello", 200},
		"nothing":                    {"", "", 200},
	} {
		s := newSite(t, login.Config{Account: "username", Password: "password"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
		}))
		if w := program("203.0.113.9").do(t, s.guard, "POST", "/login", tt.kind, tt.body); w.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ada": "ada", " ada\t": "ada", "ＡＤＡ": "ada", "ádà": "ada", "a\u0301da": "ada", "a\x00d\u200ba": "ada", "": "", "straße": "straße",
		"Иван": "иван", "山田 太郎": "山田太郎", "José@Example.ORG": "jose@example.org", "\xff": "\ufffd", strings.Repeat("a", 5000): strings.Repeat("a", 1024),
	} {
		if got := login.Fold(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for ip, want := range map[string]string{
		"203.0.113.9": "203.0.113.0/24", "::ffff:203.0.113.9": "203.0.113.0/24", "2001:db8:1:2::3": "2001:db8:1::/48",
	} {
		if got := login.Network(ip); got != want {
			t.Errorf("%s: %s, want %s", ip, got, want)
		}
	}
}

// FuzzRead: whatever comes, it ends, and the app is given the same bytes.
func FuzzRead(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		r := randomRequest(random)
		f.Add(r.Kind, r.Body)
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest("POST", "/login", strings.NewReader(body))
		r.Header["Content-Type"] = []string{kind}
		again, accounts, _, err := login.Read(r)
		if len(accounts) > 8 {
			t.Errorf("%d accounts", len(accounts))
		}
		got, readErr := io.ReadAll(again.Body)
		if readErr != nil || string(got) != body {
			t.Errorf("%q of %q is left: %v, %v", got, body, readErr, err)
		}
		if fmt.Sprint(login.Fold(body)) != login.Fold(login.Fold(body)) && len(body) < 200 {
			t.Errorf("folding %q twice is folding it otherwise: %q, %q", body, login.Fold(body), login.Fold(login.Fold(body)))
		}
	})
}
