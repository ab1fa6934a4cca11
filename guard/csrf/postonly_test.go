package csrf_test

import (
	"fmt"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csrf"
	"github.com/fumehood/fumehood/internal/hint"
)

// An app whose logout is a link, as many are: an image on any page logs the visitor out.
func TestAttackLogoutByImage(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"an image":           {"GET /logout", cookie, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: image", "Accept: image/avif,image/webp,*/*"},
		"a link":             {"GET /logout", cookie, "Sec-Fetch-Site: cross-site", "Accept: text/html"},
		"an older browser":   {"GET /logout", cookie, "Accept: text/html"},
		"a link on the site": {"GET /logout", cookie, "Sec-Fetch-Site: same-origin", "Accept: text/html"},
		"HEAD":               {"HEAD /logout", cookie, "Accept: text/html"},
		"a program":          {"GET /logout", "Accept: application/json"},
		"a form elsewhere":   {"POST /logout", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
	} {
		bare := &bank{}
		if send(bare, request(lines...)); bare.changed != 1 {
			t.Errorf("%s: without the guard the attack must succeed", name)
		}
		app := &bank{}
		w := send(newGuard(t, csrf.Config{PostOnly: true}).Handler(app), request(lines...))
		if app.last != nil {
			t.Errorf("%s reached the app", name)
		}
		switch asked := strings.Contains(w.Body.String(), `<form method="post"><input type=hidden name=fumehood_token value=`); {
		case strings.Contains(strings.Join(lines, " "), "GET /logout Cookie") && strings.Contains(strings.Join(lines, " "), "text/html"):
			if w.Code != 200 || !asked || w.Header().Get("Cache-Control") != "private, no-store" || w.Header().Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: %d %v %s", name, w.Code, w.Header(), w.Body)
			}
		case lines[0] != "POST /logout":
			if w.Code != 405 || w.Header().Get("Allow") != "POST" || asked {
				t.Errorf("%s: %d %v %s", name, w.Code, w.Header(), w.Body)
			}
		default:
			if w.Code != 403 {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
	}
}

func TestTheVisitorsAnswerReachesTheApp(t *testing.T) {
	t.Parallel()
	for name, h := range chains(t, csrf.Config{PostOnly: true}) {
		for _, extra := range [][]string{nil, {"Sec-Fetch-Site: same-origin", "Origin: https://shop.example"}} {
			app := &bank{}
			c := newClient(t, h(app))
			c.extra, c.cookies["session"] = extra, "abc"
			page := c.do("GET /logout?next=/a", "", "", "Accept: text/html").Body.String()
			_, rest, _ := strings.Cut(page, "value=")
			token, _, _ := strings.Cut(rest, ">")
			w := c.do("POST /logout?next=/a", urlencoded, "fumehood_token="+token, "Accept: text/html")
			if w.Code != 200 || app.changed != 1 || app.last.Method != "GET" || app.last.URL.String() != "https://shop.example/logout?next=/a" {
				t.Fatalf("%s %q: %d, the app got %+v", name, extra, w.Code, app.last)
			}
			r := app.last
			if app.body != "" || r.ContentLength != 0 || r.Header["Content-Type"] != nil || r.Header["Content-Length"] != nil || r.Header.Get("Cookie") != "session=abc" {
				t.Errorf("%s: the app got %q, %v, %d", name, app.body, r.Header, r.ContentLength)
			}
		}
		app := &bank{}
		c := newClient(t, h(app))
		c.cookies["session"] = "abc"
		if w := c.do("POST /logout", urlencoded, "fumehood_token=x"); w.Code != 403 || app.last != nil {
			t.Errorf("%s: a made up token: %d", name, w.Code)
		}
	}
}

func TestTheAddressInTheQuestionIsText(t *testing.T) {
	t.Parallel()
	w := send(newGuard(t, csrf.Config{PostOnly: true}).Handler(&bank{}), request("GET /%3Cscript%3Ealert(1)%3C/script%3E", "Accept: text/html"))
	if strings.Contains(w.Body.String(), "<script>") || !strings.Contains(w.Body.String(), "&lt;script&gt;") {
		t.Errorf("%s", w.Body)
	}
}

func TestPostOnlyInReportMode(t *testing.T) {
	t.Parallel()
	app, x := &bank{}, &fumehood.Exchange{}
	r := request("GET /logout", cookie, "Accept: text/html", "Sec-Fetch-Site: cross-site")
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	send(newGuard(t, csrf.Config{PostOnly: true, Mode: fumehood.Report}).Handler(app), r)
	if app.changed != 1 || len(x.Reported) != 1 || x.Reported[0].Code != "csrf.post-only" {
		t.Errorf("the app was asked %d times, reported: %v", app.changed, x.Reported)
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for origin, advice := range map[string]string{
		"null": "", "*": "", "https://*.pay.example": "", "pay.example": `"https://pay.example"`, "": "",
		"https://pay.example/": `"https://pay.example"`, "https://pay.example/a?b": `"https://pay.example"`,
		"https://pay.example:443": `"https://pay.example"`, "http://pay.example:80": `"http://pay.example"`,
		"https://Pay.example": `"https://pay.example"`, "https://a@pay.example": `"https://pay.example"`,
		"https://": "", "https://pay.example:": "", "https://pay.example:x": "", "https://pay.example:0443": "", "https://pay.example:123456": "",
		"https://bücher.example": "", "https://[::1": "", "https://[0:0::1]": "", "https://pay example": "", "1https://pay.example": "",
		"//pay.example": "", "https:pay.example": "", "https://pay.example\\": "", "https://pay.example https://b.example": "",
	} {
		_, err := csrf.New(csrf.Config{TrustedOrigins: []string{"https://ok.example", origin}}, csrf.Site{})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", origin)) || !strings.Contains(hint.Of(err), advice) || hint.Of(err) == "" {
			t.Errorf("%q: %v, hint %q, want %s", origin, err, hint.Of(err), advice)
		}
	}
	_, err := csrf.New(csrf.Config{TrustedOrigins: []string{"*", "null"}, Mode: "enfroce", Token: "sometimes"}, csrf.Site{Key: []byte("short")})
	for _, want := range []string{`"*"`, `"null"`, "enfroce", "sometimes", "5 bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	for _, origin := range []string{"https://pay.example", "http://localhost:8080", "https://[::1]:8443", "https://192.0.2.7", "capacitor://localhost", "https://xn--bcher-kva.example"} {
		if _, err := csrf.New(csrf.Config{TrustedOrigins: []string{origin}}, csrf.Site{}); err != nil {
			t.Errorf("%q: %v", origin, err)
		}
	}
}
