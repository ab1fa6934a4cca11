package canon

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// headers are answers that leave out what a browser should be told, or say what it should
// not be. Every kind of answer is looked at: a page, a redirect, an error, a refusal, a
// file; and the answers of an app that has its own idea of each header.
func headers() []Attack {
	var attacks []Attack
	for _, app := range []string{"", "weakening"} {
		for _, rule := range rules() {
			name := "no " + rule.header
			if app != "" {
				name = "the app's " + rule.header
			}
			if app != "" && rule.header == "Content-Security-Policy" {
				continue // its own counts, where it has one; what is left to frames is another row
			}
			attacks = append(attacks, Attack{Name: name, Gain: "the browser does what it did in 1995", App: app, Works: func(s *Scene) bool {
				return s.any(func(what string, a Answer) bool {
					values := a.Header.Values(rule.header)
					bad := !rule.good(values)
					if bad {
						s.Logf("%s: %s: %q", what, rule.header, values)
					}
					return bad
				})
			}})
		}
	}
	return attacks
}

// rule says which values of a header are good.
type rule struct {
	header string
	good   func(values []string) bool
}

func rules() []rule {
	return []rule{
		{"X-Content-Type-Options", one("nosniff")},
		{"X-Frame-Options", one("DENY", "SAMEORIGIN")},
		{"Referrer-Policy", one("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")},
		{"Permissions-Policy", each("camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()")},
		{"Content-Security-Policy", each("frame-ancestors ", "default-src ")},
		{"Cross-Origin-Opener-Policy", one("same-origin")},
		{"Cross-Origin-Resource-Policy", one("same-origin", "same-site")},
		{"Origin-Agent-Cluster", one("?1")},
		{"X-Permitted-Cross-Domain-Policies", one("none")},
		{"X-Download-Options", one("noopen")},
		{"X-XSS-Protection", one("0")},
	}
}

// one is for a header that has exactly one of these values.
func one(allowed ...string) func([]string) bool {
	return func(values []string) bool { return len(values) == 1 && slices.Contains(allowed, values[0]) }
}

// each is for a header that has all these parts.
func each(parts ...string) func([]string) bool {
	return func(values []string) bool {
		all := strings.Join(values, ",")
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(all, part) })
	}
}

// watching are ways to learn something of a site, or of its visitor, from outside.
func watching() []Attack {
	return []Attack{
		{Name: "banner", Gain: "the version tells which faults are still there", Works: func(s *Scene) bool {
			version := regexp.MustCompile(`(?i)gunicorn|werkzeug|python|flask|fumehood|[0-9]\.[0-9]`)
			return s.any(func(what string, a Answer) bool {
				for _, name := range []string{"Server", "X-Powered-By", "Via", "X-Runtime", "X-Generator"} {
					if version.MatchString(a.Header.Get(name)) {
						s.Logf("%s: %s: %s", what, name, a.Header.Get(name))
						return true
					}
				}
				return false
			})
		}},
		{Name: "dead headers", App: "weakening", Gain: "a typing mistake closes the site for two months", Works: func(s *Scene) bool {
			return s.any(func(what string, a Answer) bool {
				return a.Header.Get("Public-Key-Pins") != "" || a.Header.Get("Expect-CT") != "" || a.Header.Get("X-Powered-By") != ""
			})
		}},
		{Name: "picture in another site", Gain: "another site learns what the visitor may see here", Works: func(s *Scene) bool {
			tab := s.Tab()
			browser.Do(s, tab, chromedp.Navigate(s.Hostile(map[string]string{"/": "hello"})))
			return browser.Get(s, tab, chromedp.Evaluate[bool](`new Promise(done => { const image = new Image();
				image.onload = () => done(true); image.onerror = () => done(false);
				image.src = "`+s.URL+`/static/favicon.png" })`, chromedp.EvalAwaitPromise))
		}},
		{Name: "window of another site", Gain: "another site holds on to the window and watches it", Works: func(s *Scene) bool {
			tab := s.Tab()
			browser.Do(s, tab, chromedp.Navigate(s.Hostile(map[string]string{
				"/": `<button onclick="w = window.open('SITE/login')">open</button>`,
			})))
			browser.Do(s, tab, chromedp.Click(css("button")))
			// Until the window is on the other site, its document is about:blank, which may be read.
			return browser.Get(s, tab, chromedp.Evaluate[bool](`new Promise(done => { const look = setInterval(() => {
				let arrived = w.closed;
				try { w.document } catch { arrived = true }
				if (arrived) { clearInterval(look); done(!w.closed) }
			}, 10) })`, chromedp.EvalAwaitPromise))
		}},
	}
}

// any says whether one of the site's answers is bad.
func (s *Scene) any(bad func(what string, a Answer) bool) bool {
	s.Helper()
	visitor, client := s.Client(), s.LoggedIn(s.Join())
	answers := map[string]Answer{
		"the login":          s.Get(visitor, "/login"),
		"a redirect":         s.Get(visitor, "/"),
		"a page":             s.Get(client, "/"),
		"a file":             s.Get(visitor, "/static/style.css"),
		"an error":           s.Get(client, "/nowhere"),
		"an API":             s.Get(client, "/api/notes"),
		"a download":         s.Get(client, "/export.csv"),
		"a method":           s.Send(client, s.Request(http.MethodDelete, "/login", "")),
		"a cross-site login": s.Send(visitor, s.Request(http.MethodPost, "/login", "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")),
	}
	found := false
	for what, answer := range answers {
		found = bad(what, answer) || found
	}
	return found
}

// https are talks that somebody on the way can read.
func https() []Attack {
	plain := func(s *Scene) string { return strings.Replace(s.URL, "https://", "http://", 1) }
	return []Attack{
		{Name: "page over http", Gain: "whoever is on the way reads it and changes it", Works: func(s *Scene) bool {
			r := s.Request(http.MethodGet, "", "")
			r.URL, _ = url.Parse(plain(s) + "/login")
			answer := s.Send(s.Client(), r)
			return answer.Status == http.StatusOK || strings.Contains(answer.Text, "password")
		}},
		{Name: "password over http", Gain: "whoever is on the way has the password, and nobody notices", Works: func(s *Scene) bool {
			p := s.Join()
			form := url.Values{"username": {p.Name}, "password": {p.Password}}
			r := s.Request(http.MethodPost, "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			r.URL, _ = url.Parse(plain(s) + "/login")
			answer := s.Send(s.Client(), r)
			// A redirect that keeps the method would have the browser send it again.
			return len(answer.Header.Values("Set-Cookie")) > 0 || answer.Status < 400
		}},
	}
}
