package cookies_test

import (
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cookies"
)

const https, plain = "https://shop.example/a/b", "http://shop.example/a/b"

// In each row somebody who is not this host has put something into the browser's jar.
// bare is what an app without the guard is sent and takes for its session; behind is what
// the same browser sends to an app with it.
func TestAttackTossedCookies(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name           string
		bare, bareSees string
		behind, want   string
	}{
		{"planted before login", "session=evil", "evil", "session=evil", ""},
		{"planted with a longer path", "session=evil; session=good", "evil", "session=evil; __Host-session=good", "good"},
		{"planted with a shorter path", "session=good; session=evil", "good", "__Host-session=good; session=evil", "good"},
		{"white space after the name", "session =evil", "evil", "session =evil", ""},
		{"a tab before the name", "\tsession=evil; session=good", "evil", "\tsession=evil; __Host-session=good", "good"},
		{"in quotes", `session="evil"`, "evil", `session="evil"`, ""},
		{"the cookie sandwich", `a="x; session=good; b=y"`, "", `a="x; __Host-session=good; b=y"`, "good"},
		{"a sandwich with an escaped quote", `a="x\"; session=good; b="`, "", `a="x\"; __Host-session=good; b="`, "good"},
		{"a lone quote", `a="; session=good; b="`, "", `a="; __Host-session=good; b="`, "good"},
		{"a cookie without a name", "session; session=good", "", "session; __Host-session=good", "good"},
		{"a protected name without a value", "session; session=good", "", "__Host-session; __Host-session=good", "good"},
		{"bytes that are not UTF-8", "theme=caf\xe9; session=good", "good", "theme=caf\xe9; __Host-session=good", "good"},
		{"half a character", "theme=\xc3; session=good", "good", "theme=\xc3; __Host-session=good", "good"},
		{"a name that is not UTF-8", "caf\xe9=1; session=good", "good", "caf\xe9=1; __Host-session=good", "good"},
		{"the protected name in small letters", "session=evil", "evil", "__host-session=evil", ""},
		{"the protected name in capitals", "session=evil", "evil", "__HOST-session=evil; __Host-session=good", "good"},
		{"the other protected name", "session=evil", "evil", "__Secure-session=evil", ""},
		{"a name inside a nameless cookie", "session=evil", "evil", "=__Host-session=evil", ""},
		{"white space that is not ASCII before it", "session=evil", "evil", "\xe2\x80\x80__Host-session=evil", ""},
		{"a no-break space before it", "session=evil", "evil", "\xc2\xa0__Host-session=evil", ""},
		{"attributes of RFC 2965", "session=evil", "evil", `$Version=1; $session=evil; session=evil; $Path="/"`, ""},
		{"a comma instead of a semicolon", "session=evil", "evil", "a=1,session=evil", ""},
		{"a comma in the name", "session=evil", "evil", "a,session=evil", ""},
		{"a session that nobody planted", "session=good; a=1", "good", "__Host-session=good; a=1", "good"},
		{"equals signs in the value", "session=e30=.x=; b", "e30=.x=", "__Host-session=e30=.x=", "e30=.x="},
		{"a quoted session", `session="a\054b\"c"`, `a,b"c`, `__Host-session="a\054b\"c"`, `a,b"c`},
	}
	g := newGuard(t, cookies.Config{}, cookies.App{})
	var bare, behind []string
	for _, row := range rows {
		bare = append(bare, row.bare)
		got := ask(g, https, []string{row.behind})
		if got.Code != 200 {
			t.Errorf("%s: answered with %d: a stray cookie locks the visitor out", row.name, got.Code)
		}
		behind = append(behind, strings.Join(got.app, "; "))
	}
	for version, python := range pythons(t) {
		bareSeen, seen := werkzeug(t, python, bare), werkzeug(t, python, behind)
		for i, row := range rows {
			if got := valueOf(seen[i], "session"); got != row.want {
				t.Errorf("%s: with %s Flask the app, given %q, sees the session %q, want %q", row.name, version, behind[i], got, row.want)
			}
			if got := valueOf(bareSeen[i], "session"); version == "new" && got != row.bareSees {
				t.Errorf("%s: without the guard the app sees %q, want %q", row.name, got, row.bareSees)
			}
		}
	}
}

// What is nobody's session passes as the browser sent it, and Werkzeug reads the same.
func TestOtherCookiesPassUntouched(t *testing.T) {
	t.Parallel()
	fields := []string{
		"a=1", "a=1; b=2", "a=1;b=2 ;  c=3", `a="q\"x"; b=""`, `a={"x":1}`, "a=", "a==", "a[b]=c", "a/b@c:d=e",
		"a=ü", "a=b c", `a=b"c`, "__Host-other=1; __Secure-other=2", "__Host-fumehood-csrf=x.y; fumehood=z",
		"Session=1", "sessions=1; session2=2; xsession=3", "_ga=GA1.1.1; _pk_id.1.1fff=a.b", ";a=1;;b=2;", "a=1; a=2",
		strings.Repeat("n", 96) + "=" + strings.Repeat("v", 4000),
	}
	g := newGuard(t, cookies.Config{}, cookies.App{})
	var given []string
	for _, field := range fields {
		got := ask(g, https, []string{field})
		if got.Code != 200 || len(got.notes) > 0 || !slices.Equal(got.app, []string{field}) {
			t.Errorf("%q: %d, the app is given %q, noted %q", field, got.Code, got.app, got.notes)
		}
		given = append(given, "__Host-session=s; "+strings.Join(ask(g, https, []string{"__Host-session=s;" + field}).app, ";"))
	}
	for version, python := range pythons(t) {
		was, is := werkzeug(t, python, fields), werkzeug(t, python, given)
		for i, field := range fields {
			if want := append([][2]string{{"__Host-session", "s"}, {"session", "s"}}, was[i]...); !slices.Equal(is[i], want) {
				t.Errorf("%s Flask sees of %q: %q, want %q", version, field, is[i], want)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("a=1; ", 181), "; ")
	for _, tt := range []struct {
		name, target string
		fields       []string
		status       int
		code         string
		erased       []string // beginnings of Set-Cookie fields, in their order
	}{
		{"two sessions", https, []string{"__Host-session=a; __Host-session=b"}, 400, "cookies.duplicate",
			[]string{"__Host-session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Partitioned; Secure; HttpOnly", "__Host-session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly"}},
		{"two sessions in two fields", https, []string{"__Host-session=a", "__Host-session=b"}, 400, "cookies.duplicate", []string{"__Host-session=;", "__Host-session=;"}},
		{"two sessions, one quoted", https, []string{`__Host-session=a; __Host-session="a"`}, 400, "cookies.duplicate", []string{"__Host-session=;", "__Host-session=;"}},
		{"the same twice", https, []string{"__Host-session=a; b=1; __Host-session=a"}, 200, "", nil},
		{"NUL", https, []string{"a=\x00"}, 400, "cookies.malformed", nil},
		{"a line end", https, []string{"a=1\r\nX: 1"}, 400, "cookies.malformed", nil},
		{"DEL", https, []string{"a=\x7f"}, 400, "cookies.malformed", nil},
		{"a vertical tab before a name", https, []string{"\x0b__Host-session=1"}, 400, "cookies.malformed", nil},
		{"a long cookie", https, []string{"__Host-session=s; bomb=" + strings.Repeat("x", 4093)}, 431, "cookies.oversize",
			[]string{"bomb=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure", "bomb=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Domain=shop.example; Secure"}},
		{"the longest cookie", https, []string{"bomb=" + strings.Repeat("x", 4092)}, 200, "", nil},
		{"a full jar", https, []string{strings.Repeat("bomb="+strings.Repeat("x", 4000)+"; ", 5)}, 431, "cookies.oversize", []string{"bomb=;", "bomb=;"}},
		{"many cookies", https, []string{many}, 431, "cookies.oversize", []string{"a=;", "a=;"}},
		{"many empty cookies", https, []string{strings.Repeat(";", 200)}, 431, "cookies.oversize", nil},
		{"over http", plain, []string{"bomb=" + strings.Repeat("x", 5000)}, 431, "cookies.oversize",
			[]string{"bomb=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; HttpOnly"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGuard(t, cookies.Config{}, cookies.App{})
			got := ask(g, tt.target, tt.fields)
			if got.Code != tt.status || got.asked != (tt.status == 200) {
				t.Errorf("answered with %d, want %d", got.Code, tt.status)
			}
			r := httptest.NewRequest("GET", tt.target, nil)
			r.Header["Cookie"] = tt.fields
			code := ""
			if err := g.Check(r); err != nil {
				code = fumehood.AsRefusal(err).Code
			}
			if code != tt.code {
				t.Errorf("Check says %q, want %q", code, tt.code)
			}
			for i, want := range tt.erased {
				if i >= len(got.set()) || !strings.HasPrefix(got.set()[i], want) {
					t.Fatalf("the browser is told %q, want %q", got.set(), want)
				}
			}
			if tt.erased == nil && got.set() != nil {
				t.Errorf("the browser is told %q", got.set())
			}
		})
	}
}

// A browser that was refused has to come through the next time, whatever Path and Domain
// the cookies have that somebody filled its jar with.
func TestAttackLockedOut(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{}, cookies.App{})
	for _, attributes := range []string{
		"", "; Path=/", "; Path=/a", "; Path=/a/", "; Domain=shop.example; Path=/", "; Domain=www.shop.example; Path=/a",
	} {
		jar := newJar()
		url := "https://www.shop.example/a/b"
		for i := range 6 {
			jar.set(t, url, "bomb"+strconv.Itoa(i)+"="+strings.Repeat("x", 3500)+attributes)
		}
		if got := ask(g, url, jar.send(t, url)); got.Code != 431 {
			t.Fatalf("%q: answered with %d, want 431", attributes, got.Code)
		} else {
			jar.set(t, url, got.set()...)
		}
		if got := ask(g, url, jar.send(t, url)); got.Code != 200 {
			t.Errorf("%q: still answered with %d", attributes, got.Code)
		}
	}
}

func TestErasingIsBounded(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 170 {
		all = append(all, "c"+strconv.Itoa(i)+strings.Repeat("n", 300)+"=1")
	}
	target := "https://a.b.c.d.e.shop.example" + strings.Repeat("/x", 200)
	got := ask(newGuard(t, cookies.Config{}, cookies.App{}), target, []string{strings.Join(all, ";")})
	size := 0
	for _, line := range got.set() {
		size += len(line)
	}
	if got.Code != 431 || len(got.set()) > 64 || size > 20<<10 {
		t.Errorf("%d, %d fields of %d bytes", got.Code, len(got.set()), size)
	}
}

func TestOverPlainHTTP(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{}, cookies.App{})
	for field, want := range map[string]string{
		"session=a": "session=a", "session=a; session=b; c=1": "session=a; c=1", "a=1; __Host-session=x": "a=1",
		"session=a; __Host-session=x": "session=a", "session=a; session=a": "session=a; session=a",
	} {
		if got := ask(g, plain, []string{field}); got.Code != 200 || strings.Join(got.app, "|") != want {
			t.Errorf("%q: %d, the app is given %q, want %q", field, got.Code, got.app, want)
		}
	}
}

func TestSeveralSessionsAndNames(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{Session: []string{"remember_token", "__Host-sid"}, Wide: []string{"sso"}},
		cookies.App{Sessions: []string{"s"}})
	if got := strings.Join(g.Sessions(), " "); got != "s remember_token sso __Host-sid" && got != "s remember_token __Host-sid sso" {
		t.Errorf("the sessions are %q", got)
	}
	for field, want := range map[string]string{
		"__Host-s=1; __Host-remember_token=2; __Secure-sso=3; __Host-sid=4": "s=1; remember_token=2; sso=3; __Host-sid=4",
		"s=1; remember_token=2; sso=3; sid=4":                               "sid=4",
		"__Secure-s=1; __Host-sso=2":                                        "__Secure-s=1; __Host-sso=2",
		"session=1":                                                         "session=1",
	} {
		if got := ask(g, https, []string{field}); got.Code != 200 || strings.Join(got.app, "|") != want {
			t.Errorf("%q: %d, the app is given %q, want %q", field, got.Code, got.app, want)
		}
	}
	if got := ask(g, https, []string{"__Host-sid=1; __Host-sid=2"}); got.Code != 400 {
		t.Errorf("a name that the app itself protects, twice: %d", got.Code)
	}
}

// The first week: what was set before the guard came is accepted, and replaced.
func TestGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		cfg := cookies.Config{Grace: 168 * time.Hour}
		g := newGuard(t, cfg, cookies.App{Since: start})
		upgraded := []string{
			"__Host-session=old; Path=/; Secure; HttpOnly; SameSite=Lax",
			"session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
		}
		during := func(when string) {
			t.Helper()
			for _, tt := range []struct {
				name, field, want string
				set               []string
			}{
				{"the old name alone", "a=1; session=old", "a=1; session=old", upgraded},
				{"the old name twice", "session=old; session=evil", "", nil},
				{"beside the new one", "session=evil; __Host-session=good", "session=good", nil},
				{"the new one", "__Host-session=good", "session=good", nil},
			} {
				got := ask(g, https, []string{tt.field})
				if strings.Join(got.app, "|") != tt.want || !slices.Equal(got.set(), tt.set) {
					t.Errorf("%s, %s: the app is given %q, want %q; the browser %q, want %q", when, tt.name, got.app, tt.want, got.set(), tt.set)
				}
			}
		}
		during("at the start")
		time.Sleep(168*time.Hour - time.Second)
		during("at the end")

		got := ask(g, https, []string{"session=old"}, "session=new; Path=/; HttpOnly; Max-Age=60")
		if want := []string{
			"__Host-session=new; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax",
			"session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
		}; !slices.Equal(got.set(), want) {
			t.Errorf("the app sets the session itself: %q, want %q", got.set(), want)
		}
		time.Sleep(time.Second)
		for name, late := range map[string]*cookies.Guard{
			"after it":        g,
			"without it":      newGuard(t, cookies.Config{}, cookies.App{Since: time.Now()}),
			"unknown since":   newGuard(t, cfg, cookies.App{}),
			"a wrong clock":   newGuard(t, cfg, cookies.App{Since: time.Now().Add(time.Hour)}),
			"a week too late": newGuard(t, cfg, cookies.App{Since: start}),
		} {
			if got := ask(late, https, []string{"session=old"}); got.app != nil || got.set() != nil {
				t.Errorf("%s: the app is given %q, the browser %q", name, got.app, got.set())
			}
		}
	})
}

// Of a wide cookie only the app knows where it belongs, so the app replaces it.
func TestGraceForAWideSession(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{Grace: time.Hour}, cookies.App{Wide: []string{"session"}, Since: time.Now()})
	got := ask(g, https, []string{"session=old"})
	if strings.Join(got.app, "|") != "session=old" || got.set() != nil {
		t.Errorf("the app is given %q, the browser %q", got.app, got.set())
	}
}

// A refusal from further in is no place for a session.
func TestModes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode          fumehood.Mode
		keep          bool
		field, answer string
		app           string
		set           []string
		notes         []string
	}{
		{fumehood.Off, false, "session=a; x", "session=b; Path=/", "session=a; x", []string{"session=b; Path=/"}, nil},
		{fumehood.Report, false, "session=a; x", "session=b; Path=/", "session=a; x", []string{"session=b; Path=/"}, []string{"cookies.unfit", "cookies.unprotected"}},
		{fumehood.Report, false, "session=a; session=b", "", "session=a; session=b", nil, []string{"cookies.tossed"}},
		{fumehood.Report, false, "a=\x01", "", "a=\x01", nil, []string{"cookies.malformed"}},
		{fumehood.Report, false, "a=1", "a=\x01", "a=1", []string{"a=\x01"}, []string{"cookies.unprotected"}},
		{fumehood.Off, false, "a=\x01", "a=\x01", "a=\x01", []string{"a=\x01"}, nil},
		{fumehood.Report, false, "a=1", "a=1; Secure; HttpOnly; SameSite=Strict", "a=1", []string{"a=1; Secure; HttpOnly; SameSite=Strict"}, nil},

		// Who was given a protected name before keeps it.
		{fumehood.Off, false, "__Host-session=a; session=evil", "session=b; Path=/", "session=a",
			[]string{"__Host-session=b; Path=/; Secure; HttpOnly; SameSite=Lax", "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"}, nil},
		{fumehood.Off, false, "__Host-session=a", "session=; Path=/; Max-Age=0", "session=a",
			[]string{"__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax", "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"}, nil},
		{fumehood.Enforce, true, "__Host-session=a", "session=b; Path=/", "session=a", []string{"__Host-session=b; Path=/; Secure; HttpOnly; SameSite=Lax"}, nil},

		{fumehood.Enforce, true, "session=a", "session=b; Path=/", "session=a", []string{"session=b; Path=/; Secure; HttpOnly; SameSite=Lax"}, nil},
		{fumehood.Enforce, true, "session=a; session=b", "", "session=a", nil, []string{"cookies.tossed"}},
	} {
		g := newGuard(t, cookies.Config{Mode: tt.mode, DangerouslyKeepNames: tt.keep}, cookies.App{})
		var answers []string
		if tt.answer != "" {
			answers = []string{tt.answer}
		}
		got := ask(g, https, []string{tt.field}, answers...)
		if strings.Join(got.app, "|") != tt.app || !slices.Equal(got.set(), tt.set) || !slices.Equal(got.notes, tt.notes) {
			t.Errorf("%s (keep %v) %q: the app is given %q, want %q;\nthe browser %q, want %q;\nnoted %q, want %q",
				tt.mode, tt.keep, tt.field, got.app, tt.app, got.set(), tt.set, got.notes, tt.notes)
		}
	}
}
