package login_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fumehood/fumehood/guard/login"
)

// lax is an app that reads fields wherever they are, whatever the method and the type, at
// any path that ends in /login, and answers with a redirect back: as Flask apps do that look
// for the field, not at the method, and that have the language in the path.
type lax struct {
	mu      sync.Mutex
	form    string
	session func(r *http.Request) string // of the answer to a failed login
	answer  func(w http.ResponseWriter)
	guesses int
}

func (a *lax) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	body := make([]byte, 4096)
	n, _ := r.Body.Read(body)
	if n == 0 && r.URL.RawQuery == "" {
		fmt.Fprint(w, a.form)
		return
	}
	a.mu.Lock()
	a.guesses++
	a.mu.Unlock()
	if a.session != nil {
		w.Header().Set("Set-Cookie", "session="+a.session(r)+"; Path=/")
	}
	if a.answer != nil {
		a.answer(w)
		return
	}
	w.Header().Set("Location", r.URL.Path)
	w.WriteHeader(http.StatusFound)
}

const plainForm = `<form method=post action="/en/login"><input name=username><input type=password name=password></form>`

func flaskSession(json string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(json)) + ".aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"
}

// Every row reached the app eight times out of eight before it was looked for.
func TestAttackAround(t *testing.T) {
	t.Parallel()
	const fields, object = "username=ada&password=x", `{"username":"ada","password":"x"}`
	for name, c := range map[string]struct {
		form, method, target, kind, body string
	}{
		"GET with a body":         {plainForm, "GET", "/en/login", formType, fields},
		"HEAD with a body":        {plainForm, "HEAD", "/en/login", formType, fields},
		"OPTIONS with JSON":       {plainForm, "OPTIONS", "/en/login", "application/json", object},
		"JSON as a picture":       {plainForm, "POST", "/en/login", "image/png", object},
		"JSON as a page":          {plainForm, "POST", "/en/login", "text/html", object},
		"another language":        {plainForm, "POST", "/x%d/login", formType, fields},
		"deeper":                  {plainForm, "POST", "/x%d/y/login", formType, fields},
		"another customer":        {strings.Replace(plainForm, "/en/login", "/login/acme", 1), "POST", "/login/x%d", formType, fields},
		"a type in mixed case":    {`<FORM METHOD=POST><INPUT NAME=username><INPUT TYPE=Password NAME=pw></FORM>`, "POST", "/en/login", formType, "username=ada&pw=x"},
		"htmx":                    {`<form hx-post="/en/login"><input name=username><input type=password name=password></form>`, "POST", "/en/login", formType, fields},
		"htmx button":             {`<form><input name=username><input type=password name=password><button hx-post="/en/login"></form>`, "POST", "/en/login", formType, fields},
		"a code between them":     {`<form action=/en/login><input name=username><input name=code><input type=password name=password></form>`, "POST", "/en/login", formType, fields + "&code=%d"},
		"account in a hidden one": {`<form action=/en/login><input type=hidden name=email><input name=code><input type=password name=password></form>`, "POST", "/en/login", formType, "email=ada&password=x&code=%d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &lax{form: c.form}
			s := newSite(t, login.Config{}, app)
			page := "/en/login"
			if strings.Contains(c.form, "hx-post") {
				page = "/"
			}
			browser("192.0.2.1").do(t, s.guard, "GET", page, "", "")
			for i := range 8 {
				target, body := c.target, c.body
				if strings.Contains(target, "%d") {
					target = fmt.Sprintf(target, i)
				}
				if strings.Contains(body, "%d") {
					body = fmt.Sprintf(body, i)
				}
				program("203.0.113.9").do(t, s.guard, c.method, target, c.kind, body)
			}
			if app.guesses != 5 {
				t.Errorf("%d guesses reached the app", app.guesses)
			}
		})
	}
}

// Somebody with an account sends the session along in another way of writing. The app reads
// it, and answers a failed login with it and a message: this is no login.
func TestAttackOwnSession(t *testing.T) {
	t.Parallel()
	own := flaskSession(`{"user_id":"mallory"}`)
	escaped := `"`
	for _, c := range []byte(own) {
		escaped += fmt.Sprintf(`\%03o`, c)
	}
	for name, cookie := range map[string]string{
		"plain": own, "quoted": `"` + own + `"`, "escaped": escaped + `"`, "escaped letters": `"\` + own + `"`,
		"a semicolon within": `";` + own + `"`, "spaces": " \t" + own + " ",
	} {
		app := &lax{form: plainForm, session: func(*http.Request) string {
			return flaskSession(`{"_flashes":[["message","no"]],"user_id":"mallory"}`)
		}}
		s := newSite(t, login.Config{}, app)
		browser("192.0.2.1").do(t, s.guard, "GET", "/en/login", "", "")
		for range 8 {
			mallory := program("203.0.113.9")
			mallory.cookies = map[string]string{"session": cookie}
			w := mallory.login(t, s.guard, "/en/login", "ada", "x")
			if said := w.Header()["Set-Cookie"]; slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, "known") }) {
				t.Fatalf("%s: a failed login makes the device known: %q", name, said)
			}
		}
		if app.guesses != 5 {
			t.Errorf("%s: %d guesses reached the app", name, app.guesses)
		}
	}
}

// An app that numbers its visitors puts a new number into each new session: also into that
// of somebody who has guessed wrong and brings no cookies.
func TestAttackNumberedVisitor(t *testing.T) {
	t.Parallel()
	n := 0
	number := func(*http.Request) string {
		n++
		return flaskSession(fmt.Sprintf(`{"guest":%d}`, n))
	}
	app := &lax{form: plainForm, session: number}
	s := newSite(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session="+number(r)+"; Path=/")
		app.ServeHTTP(w, r)
	}))
	browser("192.0.2.1").do(t, s.guard, "GET", "/en/login", "", "")
	for range 8 {
		program("203.0.113.9").login(t, s.guard, "/en/login", "ada", "x")
	}
	if app.guesses != 5 {
		t.Errorf("%d guesses reached the app", app.guesses)
	}
}

// JSON that says in words that it failed, with a new session on the server.
func TestAttackJSONThatSaysNo(t *testing.T) {
	t.Parallel()
	app := &lax{form: plainForm, session: func(*http.Request) string { return "0123456789abcdef0123456789abcdef" },
		answer: func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"message":"Invalid user name or password","csrf_token":"0123456789abcdef0123"}`)
		}}
	s := newSite(t, login.Config{}, app)
	browser("192.0.2.1").do(t, s.guard, "GET", "/en/login", "", "")
	for range 8 {
		program("203.0.113.9").do(t, s.guard, "POST", "/en/login", "application/json", `{"username":"ada","password":"x"}`)
	}
	if app.guesses != 5 {
		t.Errorf("%d guesses reached the app", app.guesses)
	}
}

// A token under a name of its own, as Flask-Security has it, is a login.
func TestTokenNames(t *testing.T) {
	t.Parallel()
	for _, says := range []string{
		`{"meta":{"code":200},"response":{"user":{"authentication_token":"0123456789abcdef0123"}}}`,
		`{"access":"0123456789abcdef0123","refresh":"0123456789abcdef0123"}`,
	} {
		app := &lax{form: plainForm, answer: func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, says)
		}}
		s := newSite(t, login.Config{}, app)
		browser("192.0.2.1").do(t, s.guard, "GET", "/en/login", "", "")
		for range 8 {
			program("203.0.113.9").login(t, s.guard, "/en/login", "ada", "right")
		}
		if app.guesses != 8 {
			t.Errorf("%s: %d logins passed", says, app.guesses)
		}
	}
}

// A page that shows what it was asked for is no login form of the app's: otherwise anybody
// could make the comments of a site a login, and have those of all others slowed.
func TestAttackPoison(t *testing.T) {
	t.Parallel()
	const form = `<form action=/comments><input type=password name=text></form>`
	comments := 0
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/search", "/preview":
			fmt.Fprint(w, r.FormValue("q"))
		default:
			comments++
			http.Redirect(w, r, "/", http.StatusFound)
		}
	})
	s := newSite(t, login.Config{}, app)
	query := url.Values{"q": {form}}.Encode()
	mallory := browser("203.0.113.9")
	mallory.do(t, s.guard, "GET", "/search?"+query, "", "")
	mallory.do(t, s.guard, "POST", "/preview", formType, query)
	for range 40 {
		program("192.0.2.7").do(t, s.guard, "POST", "/comments", formType, "text=hello")
	}
	if comments != 40 {
		t.Errorf("%d of 40 comments reached the app; %s", comments, s.log)
	}
}

// Pages that ask a user for the password once more are used by many, and what the app
// answers does not show that it has passed: nobody is held up by the others, and what was
// tried at one page does not matter at another.
func TestPasswordOnceMore(t *testing.T) {
	t.Parallel()
	app := &lax{form: `<form method=post><input type=password name=password></form>`, answer: func(w http.ResponseWriter) {
		w.Header().Set("Location", "/settings")
		w.WriteHeader(http.StatusFound)
	}}
	s := newSite(t, login.Config{}, app)
	ada := browser("192.0.2.1")
	for _, page := range []string{"/confirm", "/share/1", "/vault"} {
		ada.do(t, s.guard, "GET", page, "", "")
	}
	for i := range 200 {
		from := fmt.Sprintf("198.51.%d.7", i)
		if w := program(from).do(t, s.guard, "POST", "/confirm", formType, "password=x"); w.Code != http.StatusFound {
			t.Fatalf("visitor %d: %d", i, w.Code)
		}
	}
	for range 8 {
		program("203.0.113.9").do(t, s.guard, "POST", "/share/1", formType, "password=x")
	}
	if w := program("203.0.113.9").do(t, s.guard, "POST", "/vault", formType, "password=x"); w.Code != http.StatusFound {
		t.Errorf("another page: %d", w.Code)
	}
	if w := program("203.0.113.9").do(t, s.guard, "POST", "/share/1", formType, "password=x"); w.Code != http.StatusTooManyRequests {
		t.Errorf("the ninth guess: %d", w.Code)
	}
	if done := s.state.Unlock("/share/1"); !done.Waiting || done.Failures != 5 {
		t.Errorf("unlock: %+v", done)
	}
	if w := program("203.0.113.9").do(t, s.guard, "POST", "/share/1", formType, "password=x"); w.Code != http.StatusFound {
		t.Errorf("after unlock: %d", w.Code)
	}
}

// A login that has only one password for everybody has the cap of an account.
func TestAttackSharedPassword(t *testing.T) {
	t.Parallel()
	app := &lax{form: `<form method=post><input type=password name=password></form>`}
	s := newSite(t, login.Config{}, app)
	browser("192.0.2.1").do(t, s.guard, "GET", "/login", "", "")
	for i := range 200 {
		program(fmt.Sprintf("198.51.%d.7", i)).do(t, s.guard, "POST", "/login", formType, "password=x")
	}
	if app.guesses > 15 {
		t.Errorf("%d guesses reached the app", app.guesses)
	}
}

// A login box on the front page, with a session on the server: right or wrong, the answer is
// a redirect to the front page and a session. Guesses of one account have to wait; an office
// that logs in is not taken for somebody who tries many accounts.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	n := 0
	app := &lax{form: `<form method=post action="/enter"><input name=username><input type=password name=password></form>`,
		session: func(*http.Request) string { n++; return fmt.Sprintf("session-on-the-server-%d", n) },
		answer: func(w http.ResponseWriter) {
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusFound)
		}}
	s := newSite(t, login.Config{}, app)
	browser("192.0.2.1").do(t, s.guard, "GET", "/", "", "")
	for range 8 {
		program("203.0.113.9").login(t, s.guard, "/enter", "ada", "x")
	}
	if app.guesses != 5 {
		t.Errorf("%d guesses reached the app", app.guesses)
	}
	for i := range 60 {
		if w := browser("198.51.100.7").login(t, s.guard, "/enter", fmt.Sprint("clerk ", i), "right"); w.Code != http.StatusFound {
			t.Fatalf("clerk %d: %d", i, w.Code)
		}
	}
}

// Somebody who keeps the users of a site writes a password for each; that is no login.
func TestKeepingUsers(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/admin/user/new/", "/admin/user/edit/", "/users", "/users/add", "/profile", "/settings"} {
		app := &lax{form: `<form method=post action="` + path + `"><input name=username><input type=password name=password></form>`}
		s := newSite(t, login.Config{}, app)
		admin := browser("192.0.2.1")
		admin.do(t, s.guard, "GET", path, "", "")
		for i := range 60 {
			admin.login(t, s.guard, path, fmt.Sprint("clerk ", i), "x")
		}
		if app.guesses != 60 {
			t.Errorf("%s: %d of 60 reached the app", path, app.guesses)
		}
	}
}

// A login is one wherever the site and its folders have a word in them that other forms have.
func TestAttackWordsBefore(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/exchange/login", "/join/signin", "/sessions/new", "/news/login?next=/users/new", "https://shop.example/exchange/login#reset"} {
		app := &lax{form: `<form method=post action="` + path + `"><input name=username><input type=password name=password></form>`}
		s := newSite(t, login.Config{}, app)
		browser("192.0.2.1").do(t, s.guard, "GET", "/", "", "")
		at, _ := strings.CutPrefix(path, "https://shop.example")
		at, _, _ = strings.Cut(at, "#")
		for range 8 {
			program("203.0.113.9").login(t, s.guard, at, "ada", "x")
		}
		if app.guesses != 5 {
			t.Errorf("%s: %d guesses reached the app", path, app.guesses)
		}
	}
}
