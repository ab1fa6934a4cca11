package login_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/login"
)

func TestFormsIn(t *testing.T) {
	t.Parallel()
	for page, want := range map[string][]string{
		`<form action=/in><input name=user><input name=pw type=password></form>`:                               {"[/in] account [user] password [pw] new []"},
		`<FORM ACTION="/in"><INPUT NAME=User><INPUT NAME=pw TYPE="PASSWORD"></FORM>`:                           {"[/in] account [User] password [pw] new []"},
		`<form><input name=a><input type=email name=mail><input name=pw type=password>`:                        {"[] account [mail] password [pw] new []"},
		`<form><input name=a autocomplete=username><input name=b><input name=pw type=password>`:                {"[] account [a] password [pw] new []"},
		`<form><input name=pw type=password><input name=u autocomplete="section-a username">`:                  {"[] account [u] password [pw] new []"},
		`<form><input name=csrf type=hidden><input name=pw type=password>`:                                     {"[] account [] password [pw] new []"},
		`<form><input name=u><input name=pw type=password autocomplete=new-password>`:                          {"[] account [u] password [] new [pw]"},
		`<form><input name=u><input name=pw type=password><input name=pw2 type=password>`:                      {"[] account [u] password [] new [pw pw2]"},
		`<form><input name=old_pw type=password><input name=pw type=password>`:                                 {"[] account [] password [] new [pw]"},
		`<form><input name=a type=password><input name=b type=password><input name=c type=password>`:           {"[] account [] password [] new [b c]"},
		`<form action="/register"><input name=u><input name=pw type=password>`:                                 {"[/register] account [u] password [] new [pw]"},
		`<form><input name=u><input name=pw type=password><button formaction=/b>`:                              {"[ /b] account [u] password [pw] new []"},
		`<form action=/a><form action=/b><input name=u><input name=pw type=password></form>`:                   {"[/a] account [u] password [pw] new []"},
		`<base href="/app/"><form action=in><input name=u><input name=pw type=password></form>`:                {"[in] account [u] password [pw] new []", "base /app/"},
		`<script>"<form action=/x><input name=pw type=password>"</script>`:                                     nil,
		`<!--<form action=/x><input name=pw type=password></form>-->`:                                          nil,
		`<textarea><form action=/x><input name=pw type=password></form></textarea>`:                            nil,
		`<form action=/q><input name=q type=search></form><input name=pw type=password>`:                       nil,
		`<form action="&#47;in"><input name=u name=v><input name=pw type=password></form>`:                     {"[/in] account [u] password [pw] new []"},
		`<form><input id=u><input type=password></form>`:                                                       nil,
		`<form action=/a><input name=x></form><form action=/in><input name=u><input name=pw type=password></f`: {"[/in] account [u] password [pw] new []"},
	} {
		if got := login.FormsIn(page); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", page, got, want)
		}
	}
}

// The forms of the notes app, as it serves them, and of the example with a base.
func TestLeads(t *testing.T) {
	t.Parallel()
	for _, tt := range [][4]string{
		{"/a/login", "", "", "/a/login"}, {"/a/login", "", "?next=/x", "/a/login"}, {"/a/login", "", "in", "/a/in"},
		{"/a/login", "", "/in#x", "/in"}, {"/a/", "/b/", "in", "/b/in"}, {"/", "", "https://shop.example/in", "/in"},
		{"/", "", "https://shop.example:8443/in", "/in"}, {"/", "", "//SHOP.example/in", "/in"}, {"/", "", " /in\n", "/in"}, {"/", "", "\\in", "/in"},
		{"/", "", "https://evil.example/in", "elsewhere"}, {"/", "", "//evil.example/in", "elsewhere"}, {"/", "https://evil.example/", "in", "elsewhere"},
		{"/", "", "javascript:void(0)", "elsewhere"}, {"/", "", "mailto:a@shop.example", "elsewhere"}, {"/", "", "https://[::", "elsewhere"}, {"/", "", "/%6cogin", "/login"},
	} {
		if got := login.Leads(tt[0], tt[1], tt[2]); got != tt[3] {
			t.Errorf("%q on %s, base %q: %s, want %s", tt[2], tt[0], tt[1], got, tt[3])
		}
	}
}

// Only pages that somebody can really get teach where logins are.
func TestWhatIsNotLearned(t *testing.T) {
	t.Parallel()
	const page = `<form method=post action=/in><input name=username><input name=password type=password></form>`
	for name, tt := range map[string]struct {
		status  int
		kind    string
		body    string
		learned bool
	}{
		"a page":           {200, "text/html", page, true},
		"401":              {401, "text/html; charset=utf-8", page, true},
		"404":              {404, "text/html", page, false},
		"500":              {500, "text/html", page, false},
		"text":             {200, "text/plain", page, false},
		"a form far below": {200, "text/html", strings.Repeat(" ", 70<<10) + page, false},
		"to another site":  {200, "text/html", strings.ReplaceAll(page, "/in", "https://evil.example/in"), false},
	} {
		s := newSite(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", tt.kind)
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		}))
		browser("192.0.2.1").do(t, s.guard, "GET", "/", "", "")
		var last int
		for range 6 {
			last = program("203.0.113.9").login(t, s.guard, "/in", "ada", "x").Code
		}
		if (last == 429) != tt.learned {
			t.Errorf("%s: the sixth login was answered with %d", name, last)
		}
	}
	off := newSite(t, login.Config{DangerouslyFindNone: true}, newShop())
	browser("192.0.2.1").do(t, off.guard, "GET", "/login", "", "")
	for range 6 {
		if w := program("203.0.113.9").login(t, off.guard, "/login", "ada", "x"); w.Code != 200 {
			t.Errorf("with dangerously_find_none: %d", w.Code)
		}
	}
}

// The form of an app that compresses its pages itself is found, too.
func TestCompressedForm(t *testing.T) {
	t.Parallel()
	app := newShop("ada")
	s := newSite(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "" {
			app.ServeHTTP(w, r)
			return
		}
		plain := httptest.NewRecorder()
		app.ServeHTTP(plain, r)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(plain.Code)
		packed := gzip.NewWriter(w)
		packed.Write(plain.Body.Bytes())
		packed.Close()
	}))
	for range 20 {
		for _, method := range []string{"GET", "POST"} {
			body := io.Reader(http.NoBody)
			if method == "POST" {
				body = strings.NewReader("username=ada&password=x")
			}
			r := httptest.NewRequest(method, "https://shop.example/login", body)
			r.Header.Set("Accept-Encoding", "gzip")
			r.Header.Set("Content-Type", formType)
			s.guard.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	if n := app.tried(); n != 5 {
		t.Errorf("%d logins reached the app", n)
	}
}

// Whoever asks for many paths that all answer with a form cannot have the real one forgotten.
func TestAttackManyForms(t *testing.T) {
	t.Parallel()
	app := newShop("ada")
	s := newSite(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			app.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<form method=post><input name=username><input name=password type=password></form>`)
	}))
	browser("192.0.2.1").do(t, s.guard, "GET", "/login", "", "")
	browser("192.0.2.1").login(t, s.guard, "/login", "ada", "correct horse of ada")
	s.clock.turn(time.Hour)
	for i := range 1000 {
		program("203.0.113.9").do(t, s.guard, "GET", fmt.Sprint("/made-up/", i), "", "")
	}
	for range 20 {
		program("203.0.113.9").login(t, s.guard, "/login", "ada", "x")
	}
	if n := app.tried(); n != 6 {
		t.Errorf("%d logins reached the app, want 1 and 5", n)
	}
}

// flushing notes whether anything has left before the app went on.
type flushing struct {
	*httptest.ResponseRecorder
	left func(string)
}

func (w flushing) FlushError() error {
	w.left(w.Body.String())
	return nil
}

// A page that is streamed leaves when the app says so.
func TestStreamIsNotDelayed(t *testing.T) {
	t.Parallel()
	var seen []string
	s := newSite(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := range 3 {
			fmt.Fprintf(w, "<p>%d", i)
			http.NewResponseController(w).Flush()
		}
	}))
	w := flushing{httptest.NewRecorder(), func(body string) { seen = append(seen, body) }}
	s.guard.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if want := []string{"<p>0", "<p>0<p>1", "<p>0<p>1<p>2"}; !slices.Equal(seen, want) {
		t.Errorf("%q", seen)
	}
}

// FuzzForms: whatever a page holds, it ends, and what it says of forms is bounded.
func FuzzForms(f *testing.F) {
	f.Add(`<base href=/a/><form action=b><input name=u><input type=password name=p autocomplete=username><button formaction=c></form>`)
	f.Fuzz(func(t *testing.T, page string) {
		if forms := login.FormsIn(page); len(forms) > 21 {
			t.Errorf("%d forms", len(forms))
		}
		login.Leads("/", page, page)
	})
}
