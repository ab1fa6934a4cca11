package login_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/login"
)

// clock is a clock that tests turn.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// site is an app behind the guard.
type site struct {
	t     testing.TB
	app   http.Handler // bare
	guard http.Handler // the app behind the guard
	state *login.State
	clock *clock
	log   *strings.Builder
}

func siteKey() []byte { return []byte("0123456789abcdef0123456789abcdef") }

func newSite(t testing.TB, cfg login.Config, app http.Handler) *site {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	s := &site{t: t, app: app, clock: c, state: login.NewState(siteKey(), c.Now), log: &strings.Builder{}}
	s.guard = s.with(cfg)
	return s
}

// with is the app behind another guard with the same state.
func (s *site) with(cfg login.Config) http.Handler {
	s.t.Helper()
	g, err := login.New(cfg, login.Site{State: s.state, Logger: slog.New(slog.NewTextHandler(s.log, nil))})
	if err != nil {
		s.t.Fatal(err)
	}
	return g.Handler(s.app)
}

// visitor is a browser with cookies, or a program that ignores them.
type visitor struct {
	from    string // its address
	cookies map[string]string
	agent   bool // ignores cookies
}

func browser(from string) *visitor { return &visitor{from: from, cookies: map[string]string{}} }
func program(from string) *visitor { return &visitor{from: from, agent: true} }

// do sends one request to h.
func (v *visitor) do(t testing.TB, h http.Handler, method, target, kind, body string) *httptest.ResponseRecorder {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "https://shop.example"+target, in)
	r.RemoteAddr = v.from + ":1234"
	if strings.Contains(v.from, ":") {
		r.RemoteAddr = "[" + v.from + "]:1234"
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	var pairs []string
	for name, value := range v.cookies {
		pairs = append(pairs, name+"="+value)
	}
	if pairs != nil {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if v.agent {
			continue
		}
		if c.MaxAge < 0 || c.Value == "" || !c.Expires.IsZero() && c.Expires.Before(time.Now()) && c.MaxAge == 0 {
			delete(v.cookies, c.Name)
			continue
		}
		v.cookies[c.Name] = c.Value
	}
	return w
}

const formType = "application/x-www-form-urlencoded"

// login posts a form with two fields to a path.
func (v *visitor) login(t testing.TB, h http.Handler, path, account, password string) *httptest.ResponseRecorder {
	t.Helper()
	return v.do(t, h, "POST", path, formType, url.Values{"username": {account}, "password": {password}}.Encode())
}

// shop is an app that logs in with a form, as people write them. It counts the guesses that
// reach it.
type shop struct {
	mu        sync.Mutex
	passwords map[string]string // by the name of the account
	guesses   int
	sessions  int
}

func newShop(accounts ...string) *shop {
	s := &shop{passwords: map[string]string{}}
	for _, account := range accounts {
		s.passwords[account] = "correct horse of " + account
	}
	return s
}

const loginPage = `<!doctype html><title>Log in</title><h1>%s</h1>
<form method=post action="/login"><input name=username><input name=password type=password><button>Log in</button></form>`

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch {
	case r.URL.Path == "/login" && r.Method == "GET":
		fmt.Fprintf(w, loginPage, "Please log in")
	case r.URL.Path == "/login":
		s.mu.Lock()
		s.guesses++
		name := strings.ToLower(strings.TrimSpace(r.FormValue("username")))
		right := s.passwords[name] != "" && s.passwords[name] == r.FormValue("password")
		s.sessions++
		session := fmt.Sprintf("session-%032d", s.sessions)
		s.mu.Unlock()
		if !right {
			fmt.Fprintf(w, loginPage, "That was wrong")
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: session, Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		fmt.Fprint(w, "<p>hello")
	}
}

func (s *shop) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guesses
}

// learned is a site whose login form somebody has looked at.
func learned(t testing.TB, cfg login.Config, app http.Handler) *site {
	t.Helper()
	s := newSite(t, cfg, app)
	if w := browser("192.0.2.1").do(t, s.guard, "GET", "/login", "", ""); w.Code != 200 {
		t.Fatalf("the form: %d", w.Code)
	}
	return s
}

// retryAfter is how long an answer says to wait.
func retryAfter(t testing.TB, w *httptest.ResponseRecorder) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(w.Header().Get("Retry-After") + "s")
	if err != nil {
		t.Fatalf("Retry-After is %q", w.Header().Get("Retry-After"))
	}
	return d
}
