package cookies_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cookies"
)

const gone = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"

// The left side is what Werkzeug 3.1 and 2.2, Flask-Login, Flask-JWT-Extended and
// Flask-SeaSurf write, or what RFC 6265bis section 5.6 says a browser accepts.
func TestWhatIsSet(t *testing.T) {
	t.Parallel()
	cfg := cookies.Config{Readable: []string{"theme"}, CrossSite: []string{"embed", "session"}, Wide: []string{"sso"}, Session: []string{"session"}}
	const all = "; Secure; HttpOnly; SameSite=Lax"
	for _, tt := range []struct {
		name, target, line string
		want               []string
		note               string
	}{
		{"Flask's session", https, "session=e30.x.y; HttpOnly; Path=/", []string{"__Host-session=e30.x.y; Path=/" + all}, ""},
		{"a permanent session", https, "session=x; Expires=Fri, 31 Dec 2999 23:59:59 GMT; HttpOnly; Path=/; SameSite=Strict",
			[]string{"__Host-session=x; Expires=Fri, 31 Dec 2999 23:59:59 GMT; Path=/; Secure; HttpOnly; SameSite=Strict"}, ""},
		{"logout", https, "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Path=/",
			[]string{"__Host-session=; " + gone + "; Path=/" + all, "session=; " + gone + "; Path=/" + all}, ""},
		{"logout by Expires alone", https, "session=x; Expires=Thu, 01-Jan-1970 00:00:00 GMT; Path=/",
			[]string{"__Host-session=x; Expires=Thu, 01-Jan-1970 00:00:00 GMT; Path=/" + all, "session=; " + gone + "; Path=/" + all}, ""},
		{"logout by a negative age", https, "session=x; Max-Age=-1; Expires=Fri, 31 Dec 2999 23:59:59 GMT; Path=/",
			[]string{"__Host-session=x; Expires=Fri, 31 Dec 2999 23:59:59 GMT; Max-Age=-1; Path=/" + all, "session=; " + gone + "; Path=/" + all}, ""},
		{"an age that is none", https, "session=x; Max-Age=soon; Path=/", []string{"__Host-session=x; Path=/" + all}, ""},
		{"over http", plain, "session=x; HttpOnly; Path=/", []string{"session=x; Path=/; HttpOnly; SameSite=Lax"}, ""},
		{"Secure over http", plain, "session=x; Secure; Path=/", []string{"session=x; Path=/" + all}, ""},
		{"a session with a Domain", https, "session=x; Domain=shop.example; Path=/", []string{"__Host-session=x; Path=/" + all}, "cookies.narrowed"},
		{"a session with a Path", https, "session=x; Path=/app", []string{"__Host-session=x; Path=/" + all}, "cookies.narrowed"},
		{"a session without a Path", https, "session=x", []string{"__Host-session=x; Path=/" + all}, ""},
		{"a wide session", https, "sso=x; Domain=shop.example; Path=/app", []string{"__Secure-sso=x; Domain=shop.example; Path=/app" + all}, ""},
		{"logout of a wide session", https, "sso=; Max-Age=0; Domain=shop.example; Path=/app",
			[]string{"__Secure-sso=; Max-Age=0; Domain=shop.example; Path=/app" + all, "sso=; " + gone + "; Domain=shop.example; Path=/app" + all}, ""},

		{"any other", https, "a=1", []string{"a=1" + all}, ""},
		{"Flask-Login's", https, "remember_token=1|abc; Domain=shop.example; Expires=Fri, 31 Dec 2999 23:59:59 GMT; HttpOnly; Path=/",
			[]string{"remember_token=1|abc; Expires=Fri, 31 Dec 2999 23:59:59 GMT; Domain=shop.example; Path=/" + all}, ""},
		{"a token for scripts", https, "csrf_access_token=x; Path=/", []string{"csrf_access_token=x; Path=/; Secure; SameSite=Lax"}, ""},
		{"a protected token for scripts", https, "__Host-csrftoken=x; Path=/", []string{"__Host-csrftoken=x; Path=/; Secure; SameSite=Lax"}, ""},
		{"a token that is not", https, "XSRF-TOKEN=x; Path=/; HttpOnly", []string{"XSRF-TOKEN=x; Path=/" + all}, ""},
		{"a readable one", https, "theme=dark; Path=/", []string{"theme=dark; Path=/; Secure; SameSite=Lax"}, ""},
		{"not in this spelling", https, "Theme=dark; Path=/", []string{"Theme=dark; Path=/" + all}, ""},

		{"SameSite=None", https, "a=1; Secure; SameSite=None", []string{"a=1" + all}, "cookies.cross-site"},
		{"SameSite=None by policy", https, "embed=1; SameSite=None; Path=/", []string{"embed=1; Path=/; Secure; HttpOnly; SameSite=None"}, ""},
		{"None over http", plain, "embed=1; SameSite=None", []string{"embed=1; HttpOnly; SameSite=Lax"}, "cookies.cross-site"},
		{"a session by policy", https, "session=1; SameSite=none; Path=/", []string{"__Host-session=1; Path=/; Secure; HttpOnly; SameSite=None"}, ""},
		{"SameSite=Strict", https, "a=1; samesite=STRICT", []string{"a=1; Secure; HttpOnly; SameSite=Strict"}, ""},
		{"SameSite unknown", https, "a=1; SameSite=Whatever", []string{"a=1" + all}, ""},
		{"SameSite twice", https, "a=1; SameSite=Strict; SameSite=None", []string{"a=1" + all}, "cookies.cross-site"},

		{"everything", https, "a=1; Priority=high; Partitioned; domain=.SHOP.example; PATH=/x; max-age=60; expires=Fri, 31 Dec 2999 23:59:59 GMT",
			[]string{"a=1; Expires=Fri, 31 Dec 2999 23:59:59 GMT; Max-Age=60; Domain=.SHOP.example; Path=/x; Secure; HttpOnly; SameSite=Lax; Partitioned; Priority=High"}, ""},
		{"what nobody knows", https, "a=1; Version=1; Comment=x; SameParty; Path=/; ;=;", []string{"a=1; Path=/" + all}, ""},
		{"the last one counts", https, "a=1; Path=/x; Domain=evil.example; Path=/y; Domain=", []string{"a=1; Path=/y" + all}, ""},
		{"a relative path", https, "a=1; Path=/x; Path=y", []string{"a=1" + all}, ""},
		{"a long attribute", https, "a=1; Path=/" + strings.Repeat("x", 1024), []string{"a=1" + all}, ""},
		{"white space", https, " a \t= 1\t; secure ;path = /x", []string{"a=1; Path=/x" + all}, ""},

		{"a quoted value", https, `a="x\054\"y\073"; Path=/`, []string{`a="x\054\"y\073"; Path=/` + all}, ""},
		{"equals signs and base64", https, "a=e30=.a+/b==; Path=/", []string{"a=e30=.a+/b==; Path=/" + all}, ""},
		{"UTF-8", https, "a=ü", []string{"a=ü" + all}, ""},
		{"an empty value", https, "a=; Path=/", []string{"a=; Path=/" + all}, ""},

		{"half a quote", https, `a="x; Path=/`, nil, "cookies.unusable"},
		{"not UTF-8", https, "a=\xe9", nil, "cookies.unusable"},
		{"no name", https, "=x; Path=/", nil, "cookies.unusable"},
		{"no equals sign", https, "x; Path=/", nil, "cookies.unusable"},
		{"nothing", https, "", nil, "cookies.unusable"},
		{"a space in the name", https, "a b=1", nil, "cookies.unusable"},
		{"a name that is not ASCII", https, "ü=1", nil, "cookies.unusable"},
		{"a line end", https, "a=1\r\nSet-Cookie: session=evil", nil, "cookies.unusable"},
		{"NUL", https, "a=1\x00", nil, "cookies.unusable"},
		{"a control character in an attribute", https, "a=1; Path=/\x07", nil, "cookies.unusable"},
		{"too long", https, "a=" + strings.Repeat("x", 4096), nil, "cookies.too-long"},
		{"just fits", https, "a=" + strings.Repeat("x", 4095), []string{"a=" + strings.Repeat("x", 4095) + all}, ""},
		{"a session that just does not fit any more", https, "session=" + strings.Repeat("x", 4083), nil, "cookies.too-long"},

		{"__Host- without what it takes", https, "__Host-a=1; Path=/x; Domain=shop.example", []string{"__Host-a=1; Path=/" + all}, "cookies.narrowed"},
		{"__Secure-", https, "__Secure-a=1; Domain=shop.example", []string{"__Secure-a=1; Domain=shop.example" + all}, ""},
		{"__Host-Http- read by scripts", https, "__Host-Http-csrftoken=1; Path=/", []string{"__Host-Http-csrftoken=1; Path=/" + all}, ""},
		{"a protected name misspelt", https, "__host-a=1; Path=/", nil, "cookies.unusable"},
		{"the name that browsers have for the session", https, "__Host-session=1; Path=/", nil, "cookies.unusable"},

		{"a public suffix", https, "a=1; Domain=example", []string{"a=1; Domain=example" + all}, "cookies.foreign-domain"},
		{"another host's domain", https, "a=1; Domain=evil.example", []string{"a=1; Domain=evil.example" + all}, "cookies.foreign-domain"},
		{"the end of a label", https, "a=1; Domain=hop.example", []string{"a=1; Domain=hop.example" + all}, "cookies.foreign-domain"},
		{"a domain below", "https://shop.example/", "a=1; Domain=www.shop.example", []string{"a=1; Domain=www.shop.example" + all}, "cookies.foreign-domain"},
		{"a domain above", "https://www.shop.example:8443/", "a=1; Domain=shop.example", []string{"a=1; Domain=shop.example" + all}, ""},
		{"a public suffix of two labels", "https://a.co.uk/", "a=1; Domain=co.uk", []string{"a=1; Domain=co.uk" + all}, "cookies.foreign-domain"},
		{"the host itself, which is one", "https://localhost:8443/", "a=1; Domain=localhost", []string{"a=1; Domain=localhost" + all}, ""},
		{"an address", "https://[::1]:8443/", "a=1; Domain=::1", []string{"a=1; Domain=::1" + all}, ""},

		{"Fumehood's own", https, "__Host-fumehood=x; Path=/; Secure; SameSite=Strict", []string{"__Host-fumehood=x; Path=/; Secure; SameSite=Strict"}, ""},
		{"Fumehood's own over http", plain, "fumehood-csrf=x; Path=/", []string{"fumehood-csrf=x; Path=/"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ask(newGuard(t, cfg, cookies.App{}), tt.target, nil, tt.line)
			if !slices.Equal(got.set(), tt.want) {
				t.Errorf("%q became\n%q, want\n%q", tt.line, got.set(), tt.want)
			}
			if note := strings.Join(got.notes, " "); note != tt.note {
				t.Errorf("noted %q, want %q", note, tt.note)
			}
			if len(got.set()) > 0 && tt.line[0] != ' ' { // net/http reads the value as it was
				was, err1 := http.ParseSetCookie(tt.line)
				is, err2 := http.ParseSetCookie(got.set()[0])
				if err1 == nil && (err2 != nil || was.Value != is.Value || was.Quoted != is.Quoted || is.Unparsed != nil && is.Unparsed[0] != "Priority=High") {
					t.Errorf("net/http reads %+v (%v), before %+v", is, err2, was)
				}
			}
		})
	}
}

func TestSeveralAreKeptInOrder(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{}, cookies.App{})
	got := ask(g, https, nil, "a=1", "session=x; Path=/", "a=1", "a=2", "bad", "a=1; Secure", "session=; Max-Age=0; Path=/")
	const all = "; Secure; HttpOnly; SameSite=Lax"
	want := []string{"a=1" + all, "__Host-session=x; Path=/" + all, "a=2" + all, "__Host-session=; Max-Age=0; Path=/" + all, "session=; " + gone + "; Path=/" + all}
	if !slices.Equal(got.set(), want) {
		t.Errorf("%q, want %q", got.set(), want)
	}
}

// The slice that an app gives may be shared between its answers.
func TestTheAppsOwnSliceStays(t *testing.T) {
	t.Parallel()
	shared := []string{"a=1", "session=x"}
	h := newGuard(t, cookies.Config{}, cookies.App{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = shared
		w.WriteHeader(204)
	}))
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", https, nil))
		if got := w.Header()["Set-Cookie"]; len(got) != 2 || shared[0] != "a=1" || shared[1] != "session=x" {
			t.Fatalf("%q, and the app's slice is %q", got, shared)
		}
	}
}

// What Fumehood answers itself carries no cookie of the app, and no upgrade.
func TestRefusalsInsideAreLeftAlone(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{}, cookies.App{})
	own := "__Host-session=; Path=/x"
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=x")
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 403, Code: "test.no", Public: "No.", Header: http.Header{"Set-Cookie": {own}}})
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", https, nil))
	if got := w.Header()["Set-Cookie"]; w.Code != 403 || !slices.Equal(got, []string{own}) {
		t.Errorf("%d %q", w.Code, got)
	}
}
