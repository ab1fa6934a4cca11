package login_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/hint"
)

// signed is a session of Flask's, with a signature that nobody checks here.
func signed(payload string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".aSGeYQ.c2lnbmF0dXJl"
}

// TestVerdict is the table of what counts as a login that has passed.
func TestVerdict(t *testing.T) {
	t.Parallel()
	const again = `<form method=post><input name=username><input name=password type=password></form>`
	const opaque = "session=0123456789abcdef0123"
	ada := "session=" + signed(`{"user_id":7}`)
	for name, tt := range map[string]struct {
		sent     string // cookie
		status   int
		set      string // cookie
		location string
		kind     string
		body     string
		passed   bool
	}{
		"401":                                 {status: 401},
		"403 with a session":                  {status: 403, set: ada},
		"429":                                 {status: 429},
		"400":                                 {status: 400, kind: "text/html", body: again},
		"500 with a session":                  {status: 500, set: ada},
		"304":                                 {status: 304, set: ada, location: "/"},
		"elsewhere, Flask session":            {status: 302, set: ada, location: "/", passed: true},
		"elsewhere, other session":            {status: 302, set: opaque, location: "/", passed: true},
		"elsewhere, same other session":       {sent: opaque, status: 302, set: opaque, location: "/", passed: true},
		"elsewhere, flash only":               {status: 302, set: "session=" + signed(`{"_flashes":[{" t":["message","no"]}]}`), location: "/"},
		"elsewhere, no cookie":                {status: 302, location: "/"},
		"elsewhere, cookie deleted":           {status: 302, set: "session=; Max-Age=0", location: "/"},
		"elsewhere, cookie expired":           {status: 302, set: opaque + "; Expires=Thu, 01 Jan 1970 00:00:00 GMT", location: "/"},
		"elsewhere, a language":               {status: 302, set: "lang=0123456789abcdef0123", location: "/"},
		"elsewhere, a csrf token":             {status: 302, set: "csrf_token=0123456789abcdef0123", location: "/"},
		"elsewhere, still the same user":      {sent: ada, status: 302, set: "session=" + signed(`{"user_id":7,"_flashes":[]}`), location: "/"},
		"elsewhere, another user":             {sent: ada, status: 302, set: "session=" + signed(`{"user_id":8}`), location: "/", passed: true},
		"elsewhere, a counter":                {status: 302, set: "session=" + signed(`{"login_attempts":3}`), location: "/"},
		"elsewhere, logged out":               {sent: ada, status: 302, set: "session=" + signed(`{"user_id":null}`), location: "/"},
		"back, other session":                 {status: 302, set: opaque, location: "/login?error=1"},
		"back, absolute":                      {status: 302, set: opaque, location: "https://shop.example/login"},
		"back, with a slash":                  {status: 302, set: opaque, location: "/login/"},
		"back, but a user":                    {status: 302, set: ada, location: "/login", passed: true},
		"to another login page":               {status: 302, set: opaque, location: "/auth/signin"},
		"to another site":                     {status: 302, set: opaque, location: "https://app.example/login", passed: true},
		"redirect to nowhere":                 {status: 302, set: ada},
		"form again":                          {status: 200, kind: "text/html", body: again},
		"form again, new session":             {status: 200, set: opaque, kind: "text/html", body: again},
		"form again, flash":                   {status: 200, set: "session=" + signed(`{"_flashes":[]}`), kind: "text/html", body: again},
		"page with a session":                 {status: 200, set: ada, kind: "text/html", body: "<p>Welcome", passed: true},
		"page with other session":             {status: 200, set: opaque, kind: "text/html", body: "<p>Welcome", passed: true},
		"page to change the password":         {status: 200, set: ada, kind: "text/html", body: `<form action=/change><input type=password name=a><input type=password name=b>`, passed: true},
		"page without a session":              {status: 200, kind: "text/html", body: "<p>Welcome"},
		"page with the same other session":    {sent: opaque, status: 200, set: opaque, kind: "text/html", body: "<p>Welcome"},
		"page that says no, other session":    {status: 200, set: opaque, kind: "text/html", body: "Invalid user name"},
		"text that says no":                   {status: 200, kind: "text/plain", body: "Wrong password"},
		"text with a session":                 {status: 200, set: ada, kind: "text/plain", body: "ok", passed: true},
		"JSON error":                          {status: 200, kind: "application/json", body: `{"error":"wrong"}`},
		"JSON error and token":                {status: 200, set: ada, kind: "application/json", body: `{"error":"wrong","token":"0123456789abcdef"}`},
		"JSON token":                          {status: 200, kind: "application/json", body: `{"token":"0123456789abcdef"}`, passed: true},
		"JSON token inside":                   {status: 201, kind: "application/json; charset=utf-8", body: `{"data":{"access_token":"0123456789abcdef"},"error":null}`, passed: true},
		"JSON success false, token":           {status: 200, kind: "application/json", body: `{"success":false,"token":"0123456789abcdef"}`},
		"JSON success, session":               {status: 200, set: ada, kind: "application/json", body: `{"success":true}`, passed: true},
		"JSON success, other session":         {status: 200, set: opaque, kind: "application/json", body: `{"ok":true}`, passed: true},
		"JSON success and nothing":            {status: 200, kind: "application/json", body: `{"success":true}`},
		"JSON status":                         {status: 200, set: opaque, kind: "application/json", body: `{"status":"failed"}`},
		"JSON number":                         {status: 200, set: opaque, kind: "application/json", body: `{"code":401}`},
		"JSON that is none":                   {status: 200, set: ada, kind: "application/json", body: `{`},
		"204 with a session":                  {status: 204, set: ada, passed: true},
		"204":                                 {status: 204},
		"a picture with other session":        {status: 200, set: opaque, kind: "image/png", body: "x", passed: true},
		"a JSON Web Token":                    {status: 302, set: "token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl", location: "/", passed: true},
		"a compressed session":                {status: 302, set: "session=.eJyrVopPy0kszkgtVrKKrlZSKAFSSrmpxcWJ6alKOkp5-QqlxalFComjYMQBpdja2FoAe9LMHw.aSGeYQ.c2lnbmF0dXJl", location: "/"},
		"a compressed session of a long name": {status: 302, set: "session=.eNrtxbkNg0AQAMBWThtTgVtBCF1whoBHYnGE6N20QD6TzBXjd6k5t4xPf0U5n2JtmXVq0cW2l1-2o1QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4LUY7uH-A8xLJUM.aSGeYQ.c2lnbmF0dXJl", location: "/"},
		"a refusal of a guard further inside": {status: 418},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, login.Config{Account: "username", Password: "password"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.status == 418 {
					w.Header().Set("Set-Cookie", ada)
					fumehood.Refuse(w, r, &fumehood.Refusal{Status: 403, Code: "x.y", Public: "No."})
					return
				}
				for field, value := range map[string]string{"Set-Cookie": tt.set, "Location": tt.location, "Content-Type": tt.kind} {
					if value != "" {
						w.Header().Set(field, value)
					}
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			v := browser("203.0.113.9")
			name, value, _ := strings.Cut(tt.sent, "=")
			for range 4 {
				v.cookies = map[string]string{}
				if tt.sent != "" {
					v.cookies[name] = value
				}
				w := v.login(t, s.guard, "/login", "ada", "x")
				if got := v.cookies["__Host-fumehood-known"] != ""; got != tt.passed {
					t.Fatalf("passed: %v, want %v", got, tt.passed)
				}
				if tt.status != 418 && (w.Code != tt.status || tt.status != 204 && tt.status != 304 && w.Body.String() != tt.body) {
					t.Errorf("the answer became %d %q", w.Code, w.Body)
				}
			}
		})
	}
}

// TestVisitorsLogIn: typing errors, several people in one house, several accounts on one
// device, a login after a rest.
func TestVisitorsLogIn(t *testing.T) {
	t.Parallel()
	app := newShop("ada", "bob", "eve", "kim", "joe")
	s := learned(t, login.Config{}, app)
	home := browser("198.51.100.7")
	for day := range 5 {
		for _, account := range []string{"ada", "bob", "eve", "kim", "joe"} {
			for range 4 {
				if w := home.login(t, s.guard, "/login", account, "typo"); w.Code != 200 {
					t.Fatalf("day %d, %s: %d after a typing error", day, account, w.Code)
				}
			}
			if w := home.login(t, s.guard, "/login", account, "correct horse of "+account); w.Code != 303 {
				t.Fatalf("day %d, %s: %d", day, account, w.Code)
			}
		}
		s.clock.turn(24 * time.Hour)
	}
	if n := len(home.cookies["__Host-fumehood-known"]); n > 100 {
		t.Errorf("the cookie has %d bytes", n)
	}
	// An office of sixty that arrives at once, a third of them with a typing error.
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprint("clerk", i))
		app.passwords[names[i]] = "correct horse of " + names[i]
	}
	for i, name := range names {
		clerk := browser("192.0.2.50")
		if i%3 == 0 {
			clerk.login(t, s.guard, "/login", name, "typo")
		}
		if w := clerk.login(t, s.guard, "/login", name, "correct horse of "+name); w.Code != 303 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	// After an hour of rest, nothing is held against anybody.
	forgetful := browser("203.0.113.77")
	for range 8 {
		forgetful.login(t, s.guard, "/login", "ada", "x")
	}
	s.clock.turn(61 * time.Minute)
	for i := range 4 {
		if w := forgetful.login(t, s.guard, "/login", "ada", "x"); w.Code != 200 {
			t.Errorf("attempt %d after an hour: %d", i, w.Code)
		}
	}
}

// The clock that the guard takes by itself.
func TestClockOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, err := login.New(login.Config{Account: "u", Password: "p", Attempts: 1, Per: 10 * time.Second}, login.Site{})
		if err != nil {
			t.Fatal(err)
		}
		h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }))
		for i, want := range []int{401, 429, 401, 429} {
			w := program("203.0.113.9").do(t, h, "POST", "/?u=ada&p=x", "", "")
			if w.Code != want {
				t.Errorf("request %d: %d, want %d", i, w.Code, want)
			}
			if i == 1 {
				time.Sleep(10 * time.Second)
			}
		}
	})
}

func TestDeviceCookie(t *testing.T) {
	t.Parallel()
	s := learned(t, login.Config{}, newShop("ada", "bob"))
	v := browser("198.51.100.7")
	w := v.login(t, s.guard, "/login", "ada", "correct horse of ada")
	field := ""
	for _, line := range w.Header()["Set-Cookie"] {
		if strings.HasPrefix(line, "__Host-fumehood-known=") {
			field = line
		}
	}
	for _, want := range []string{"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=15552000"} {
		if !strings.Contains(field, want) {
			t.Errorf("%q has no %q", field, want)
		}
	}
	if w := browser("198.51.100.8").login(t, s.guard, "/login", "bob", "correct horse of bob"); w.Code != 303 {
		t.Fatalf("bob: %d", w.Code)
	}
	locked := func(from string, cookie string) bool {
		other := browser(from)
		if cookie != "" {
			other.cookies["__Host-fumehood-known"] = cookie
		}
		for _, account := range []string{"ada", "bob"} {
			for range 40 {
				program(from).login(t, s.guard, "/login", account, "x")
			}
		}
		return other.login(t, s.guard, "/login", "ada", "correct horse of ada").Code == 429
	}
	if !locked("203.0.113.1", "") || !locked("203.0.114.1", "AAAA") || !locked("203.0.115.1", strings.Repeat("A", 38)) {
		t.Error("a device that is not known is not held up")
	}
	if locked("203.0.116.1", v.cookies["__Host-fumehood-known"]) {
		t.Error("a device that is known is held up")
	}
	bob := browser("203.0.117.1") // the cookie of one account is none for another
	bob.cookies["__Host-fumehood-known"] = v.cookies["__Host-fumehood-known"]
	for range 5 {
		program("203.0.117.1").login(t, s.guard, "/login", "bob", "x")
	}
	if w := bob.login(t, s.guard, "/login", "bob", "x"); w.Code != 429 {
		t.Errorf("with another account's cookie: %d", w.Code)
	}
	// Another process with the same key knows it too; half a year later nobody does.
	again := learned(t, login.Config{}, newShop("ada"))
	for range 5 {
		program("198.51.100.7").login(t, again.guard, "/login", "ada", "x")
	}
	if w := v.login(t, again.guard, "/login", "ada", "x"); w.Code != 200 {
		t.Errorf("after a restart: %d", w.Code)
	}
	again.clock.turn(181 * 24 * time.Hour)
	for range 5 {
		program("198.51.100.7").login(t, again.guard, "/login", "ada", "x")
	}
	if w := v.login(t, again.guard, "/login", "ada", "x"); w.Code != 429 {
		t.Errorf("after half a year: %d", w.Code)
	}
	plain := httptest.NewRequest("POST", "http://localhost/login", strings.NewReader("username=ada&password=correct+horse+of+ada"))
	plain.Header.Set("Content-Type", formType)
	rec := httptest.NewRecorder()
	learned(t, login.Config{}, newShop("ada")).guard.ServeHTTP(rec, plain)
	if got := fmt.Sprint(rec.Header()["Set-Cookie"]); !strings.Contains(got, " fumehood-known=") || strings.Contains(got, "Secure") {
		t.Errorf("over http: %s", got)
	}
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	s := learned(t, login.Config{}, newShop("ada"))
	for i := range 3 {
		for range 6 {
			program(fmt.Sprintf("203.0.%d.9", i)).login(t, s.guard, "/login", "ada", "x")
		}
	}
	program("203.0.0.9").login(t, s.guard, "/login", "bob", "x")
	if got, want := s.state.Unlock("ADA "), (login.Forgotten{Failures: 15, Places: 3, Waiting: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for i := range 3 {
		if w := program(fmt.Sprintf("203.0.%d.9", i)).login(t, s.guard, "/login", "ada", "x"); w.Code != 200 {
			t.Errorf("network %d still waits: %d", i, w.Code)
		}
	}
	if got := s.state.Unlock("bob"); got != (login.Forgotten{Failures: 1, Places: 1}) {
		t.Errorf("bob: %+v", got)
	}
	if got := s.state.Unlock("nobody"); got != (login.Forgotten{}) {
		t.Errorf("nobody: %+v", got)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fumehood.Mode]int{fumehood.Enforce: 5, fumehood.Report: 20, fumehood.Off: 20} {
		app := newShop("ada")
		s := learned(t, login.Config{Mode: mode}, app)
		x := &fumehood.Exchange{ID: "7F3K-9QXD"}
		reporting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.guard.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
		})
		for range 20 {
			program("203.0.113.9").login(t, reporting, "/login", "ada", "x")
		}
		if app.tried() != want || (len(x.Reported) == 15) != (mode == fumehood.Report) {
			t.Errorf("%s: %d of 20 reached the app, %d were reported", mode, app.tried(), len(x.Reported))
		}
	}
}

// Neither passwords nor names are in a refusal, a log or an error.
func TestNothingIsGivenAway(t *testing.T) {
	t.Parallel()
	s := learned(t, login.Config{}, newShop())
	var said bytes.Buffer
	x := &fumehood.Exchange{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.guard.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	})
	for i := range 60 {
		w := program("203.0.113.9").login(t, h, "/login", fmt.Sprint("secretname", i/2), "secretword")
		if w.Code == 429 {
			fmt.Fprint(&said, w.Body, x.Refused.Error())
		}
		w = program("203.0.113.9").do(t, h, "POST", "/login", "application/json", `{"username":"secretname","password":"secretword"`)
		if w.Code != 400 {
			t.Fatalf("broken JSON: %d", w.Code)
		}
		fmt.Fprint(&said, w.Body, x.Refused.Error())
	}
	said.WriteString(s.log.String())
	for _, secret := range []string{"secretname", "secretword"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q is in %s", secret, &said)
		}
	}
}

func TestCommonList(t *testing.T) {
	t.Parallel()
	list := login.Common()
	if len(list) < 9500 {
		t.Errorf("%d passwords", len(list))
	}
	for i, word := range list {
		if i > 0 && list[i-1] >= word || word != strings.ToLower(word) || word == "" {
			t.Fatalf("%q is out of order", word)
		}
	}
}

func TestNewPasswordByPolicy(t *testing.T) {
	t.Parallel()
	s := newSite(t, login.Config{NewPassword: "secret", CommonPasswords: "refuse"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for body, want := range map[string]int{`{"user":"ada","secret":"Password1"}`: 422, `{"user":"ada","secret":"tYpewriter under the bed"}`: 200, `{"user":"password"}`: 200} {
		if w := browser("198.51.100.7").do(t, s.guard, "POST", "/users", "application/json", body); w.Code != want {
			t.Errorf("%s: %d, want %d", body, w.Code, want)
		}
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := login.New(login.Config{
		Mode: "enfroce", Attempts: -1, Per: time.Millisecond, MaxDelay: 100 * time.Hour, AccountCap: 1, SprayAccounts: 1000,
		Account: "username", CommonPasswords: "no",
	}, login.Site{})
	for _, want := range []string{"login.mode", "login.attempts", "login.per", "login.max_delay", "login.account_cap", "login.spray_accounts",
		"login.account is given", "login.common_passwords"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	for _, cfg := range []login.Config{
		{Account: "a", Password: "a"}, {Per: time.Hour, MaxDelay: time.Minute}, {Attempts: 101}, {Account: "u"}, {CommonPasswords: "forbid"},
	} {
		if _, err := login.New(cfg, login.Site{}); err == nil || hint.Of(err) == "" {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	if _, err := login.New(login.Config{Per: time.Hour}, login.Site{}); err != nil {
		t.Errorf("a long first wait: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	g, err := login.New(login.Config{Account: "u", Password: "p"}, login.Site{})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }))
	r := httptest.NewRequest("POST", "/?u=ada&p=x", nil)
	for i := range 6 {
		if err := g.Check(r); (err != nil) != (i == 5) {
			t.Errorf("attempt %d: %v", i, err)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if err := g.Check(httptest.NewRequest("GET", "/", nil)); err != nil {
		t.Error(err)
	}
	for _, g := range []*login.Guard{nil, new(login.Guard)} {
		w := httptest.NewRecorder()
		g.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 500 || g.Check(r) == nil {
			t.Errorf("a guard that is not ready answers %d", w.Code)
		}
	}
}
