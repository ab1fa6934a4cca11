package ratelimit_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/guard/ratelimit"
)

const password = "word0800"

// loginForm is an app whose one account has a password out of a list of 1,000.
func loginForm(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") != password {
		http.Error(w, "wrong", http.StatusUnauthorized)
		return
	}
	io.WriteString(w, "welcome")
}

// tryWords tries the words of the list one by one, disguised by change, and says whether
// one of them led in.
func tryWords(h http.Handler, change func(i int, r *http.Request)) (in bool) {
	for i := range 1000 {
		form := url.Values{"password": {fmt.Sprintf("word%04d", i)}}
		r := httptest.NewRequest("POST", "/login", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "203.0.113.9:1024"
		change(i, r)
		if w := send(h, r); w.Code == 200 && w.Body.String() == "welcome" {
			return true
		}
	}
	return false
}

func TestAttackWordList(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(i int, r *http.Request){
		"plainly": func(int, *http.Request) {},
		"another X-Forwarded-For each time": func(i int, r *http.Request) {
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i%250))
		},
		"every header that names a client": func(i int, r *http.Request) {
			for _, name := range []string{"Forwarded", "X-Real-Ip", "X-Client-Ip", "Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Forwarded", "X-Cluster-Client-Ip", "X-Originating-Ip", "Via"} {
				r.Header.Set(name, fmt.Sprintf("for=198.51.100.%d", i%250))
			}
		},
		"another port each time": func(i int, r *http.Request) { r.RemoteAddr = fmt.Sprintf("203.0.113.9:%d", 1024+i) },
		"IPv4 as IPv6 in between": func(i int, r *http.Request) {
			if i%2 == 0 {
				r.RemoteAddr = "[::ffff:203.0.113.9]:1024"
			}
		},
		"another address of the same /64": func(i int, r *http.Request) { r.RemoteAddr = fmt.Sprintf("[2001:db8:0:1:%x::%x]:1024", i, i) },
		"another /64 of a 6to4 network":   func(i int, r *http.Request) { r.RemoteAddr = fmt.Sprintf("[2002:cb00:7109:%x::1]:1024", i) },
		"another zone each time":          func(i int, r *http.Request) { r.RemoteAddr = fmt.Sprintf("[fe80::1%%eth%d]:1024", i) },
		"a new session each time":         func(i int, r *http.Request) { r.Header.Set("Cookie", fmt.Sprintf("session=s%d", i)) },
		"a new user agent each time":      func(i int, r *http.Request) { r.Header.Set("User-Agent", fmt.Sprint("browser ", i)) },
		"another path and query each time": func(i int, r *http.Request) {
			r.URL.Path, r.URL.RawQuery = fmt.Sprintf("/login/%d", i), fmt.Sprint("x=", i)
		},
		"another method": func(i int, r *http.Request) { r.Method = []string{"POST", "PUT", "PATCH"}[i%3] },
		"no address":     func(i int, r *http.Request) { r.RemoteAddr = "@" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := http.HandlerFunc(loginForm)
			if !tryWords(app, change) {
				t.Error("without the guard the attack must succeed")
			}
			if tryWords(loginGuard(t).Handler(app), change) {
				t.Error("the list led in")
			}
			ip, err := clientip.New(clientip.Config{})
			if err != nil {
				t.Fatal(err)
			}
			behind := ip.Handler(loginGuard(t).Handler(app))
			if tryWords(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				behind.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{})))
			}), change) {
				t.Error("behind guard/clientip the list led in")
			}
		})
	}
}

func loginGuard(t *testing.T) *ratelimit.Guard {
	t.Helper()
	return newGuard(t, ratelimit.Config{Rate: "5/minute", By: []string{"client", "session"}}, ratelimit.Site{Session: []string{"session"}})
}

// TestAttackOverASocket: many connections of one client count as one.
func TestAttackOverASocket(t *testing.T) {
	t.Parallel()
	passed := func(h http.Handler) (n int) {
		srv := httptest.NewServer(h)
		defer srv.Close()
		for range 30 {
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Jar: jar}
			resp, err := client.Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode == 200 {
				n++
			}
		}
		return n
	}
	if n := passed(ok); n != 30 {
		t.Errorf("%d of 30 got through without the guard", n)
	}
	if n := passed(loginGuard(t).Handler(ok)); n != 5 {
		t.Errorf("%d of 30 got through, want 5", n)
	}
}

// TestAttackOneSessionManyAddresses: a session that was stolen or shared is counted as one.
func TestAttackOneSessionManyAddresses(t *testing.T) {
	t.Parallel()
	for name, cookie := range map[string]string{
		"plainly":              "session=abc",
		"under its protection": "__Host-session=abc",
		"another name of it":   "__Secure-session=abc",
		"after another cookie": "theme=dark;session=abc",
		"with spaces":          " 	session=abc 	; theme=dark",
		"a plain one before":   "session=%d; __Host-session=abc",
		"one of two after it":  "session=abc; session=%d",
		"the second name":      "remember=abc",
		"an empty one before":  "session=; session=abc",
		"in quotes":            `session="abc"; a=%d`,
		"escaped":              `session="\141bc\10%d"; session=abc`,
		"spaces around":        "session = abc ; a=%d",
		"one that is skipped":  "session=a b %d; session=abc",
		"other prefixes":       "__Secure-session=%d; __Http-session=%d1; __Host-session=abc",
		"very many of them":    "session=%da; session=b; session=c; session=d; session=e; session=f; session=g; session=h; session=i; session=abc",
	} {
		request := func(i int) *http.Request {
			return get(fmt.Sprintf("198.51.100.%d", i), "Cookie: "+strings.ReplaceAll(cookie, "%d", fmt.Sprint(i)))
		}
		site := ratelimit.Site{Session: []string{"session", "remember"}}
		alone := newGuard(t, ratelimit.Config{Rate: "5/minute"}, site).Handler(ok)
		if n := through(alone, 50, request); n != 50 {
			t.Errorf("%s: %d of 50 got through by client, want all", name, n)
		}
		if n := through(newGuard(t, ratelimit.Config{Rate: "5/minute", By: []string{"client", "session"}}, site).Handler(ok), 50, request); n != 5 {
			t.Errorf("%s: %d of 50 got through by session, want 5", name, n)
		}
	}
}

// TestAttackUseUpSomebodysLimit: nobody is refused for what a stranger sent.
func TestAttackUseUpSomebodysLimit(t *testing.T) {
	t.Parallel()
	victim := get("192.0.2.1", "Cookie: session=eyJ1c2VyIjoxfQ.aSGp1w.secret")
	for name, fields := range map[string][]string{
		"with the victim's address in a header":               {"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "X-Real-Ip: 192.0.2.1"},
		"with what of the session can be guessed":             {"Cookie: session=eyJ1c2VyIjoxfQ.aSGp1w.guess"},
		"with a session that looks like the victim's address": {"Cookie: session=\xc0\x00\x02\x01"},
		"with an empty session":                               {"Cookie: session="},
		"with no session":                                     nil,
	} {
		for _, key := range [][]byte{nil, []byte(strings.Repeat("k", 32))} {
			g := newGuard(t, ratelimit.Config{Rate: "5/minute", By: []string{"client", "session"}}, ratelimit.Site{Session: []string{"session"}, Key: key})
			h := g.Handler(ok)
			through(h, 100, func(i int) *http.Request { return get(fmt.Sprintf("203.0.113.%d", i), fields...) })
			if n := through(h, 5, func(int) *http.Request { return victim }); n != 5 {
				t.Errorf("%s: %d of the victim's 5 requests got through", name, n)
			}
		}
	}
	// Who is over the limit does not use up what all share.
	h := newGuard(t, ratelimit.Config{Rate: "5/minute", By: []string{"route", "client"}}, ratelimit.Site{}).Handler(ok)
	shared := newGuard(t, ratelimit.Config{Rate: "5/minute", By: []string{"route"}}, ratelimit.Site{}).Handler(ok)
	for i, h := range []http.Handler{h, shared} {
		through(h, 4, func(int) *http.Request { return get("203.0.113.9") })
		if n := through(h, 5, func(int) *http.Request { return get("192.0.2.1") }); n != 1 {
			t.Errorf("%d: %d got through, want 1", i, n)
		}
	}
}

// TestClientsAreApart: which addresses are one client.
func TestClientsAreApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		one  bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"::1", "127.0.0.1", false},
		{"64:ff9b::c000:201", "64:ff9b::c000:202", false}, // RFC 6052: the IPv4 internet in one /64
		{"64:ff9b::c000:201", "192.0.2.1", true},
		{"64:ff9b:1::1", "64:ff9b:1::2", true}, // RFC 8215: a network's own
		{"2002:c000:201:1::1", "2002:c000:201:2::1", true},
		{"2002:c000:201::1", "2002:c000:202::1", false},
		{"0.0.0.1", "::100:0:0:0", false},
		{"32.1.13.184", "2001:db8::", false}, // the same first bytes
	} {
		for _, key := range [][]byte{nil, []byte(strings.Repeat("k", 32))} {
			h := newGuard(t, ratelimit.Config{Rate: "1/minute"}, ratelimit.Site{Key: key}).Handler(ok)
			send(h, get(c.a))
			if refused := send(h, get(c.b)).Code == 429; refused != c.one {
				t.Errorf("%s and %s are one: %v, want %v", c.a, c.b, refused, c.one)
			}
		}
	}
}

// FuzzSession: a session that net/http sees in the cookies is counted, whatever is around it.
func FuzzSession(f *testing.F) {
	for _, cookies := range []string{"session=a", "a=b; session=c", " session=x ;;", "__Host-session=a; session=b", "session", "=;session=\"q\"", "Session=a"} {
		f.Add(cookies)
	}
	f.Fuzz(func(t *testing.T, cookies string) {
		r := get("192.0.2.1")
		r.Header["Cookie"] = []string{cookies}
		var values []string
		for _, c := range r.Cookies() {
			if strings.HasSuffix(strings.ToLower(c.Name), "session") {
				values = append(values, c.Name+"="+c.Value)
			}
		}
		h := newGuard(t, ratelimit.Config{Rate: "1/hour", By: []string{"client", "session"}},
			ratelimit.Site{Session: []string{"session"}, Memory: ratelimit.NewMemory(64, nil)}).Handler(ok)
		send(h, r)
		if len(values) != 1 || strings.Count(cookies, "session") != 1 || strings.Contains(cookies, `"`) || !strings.HasPrefix(values[0], "session=") || values[0] == "session=" {
			return
		}
		if w := send(h, get("192.0.2.2", "Cookie: "+values[0])); w.Code != 429 {
			t.Fatalf("%q has %q, which was not counted", cookies, values[0])
		}
	})
}
