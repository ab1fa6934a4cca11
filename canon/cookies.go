package canon

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// cookies are ways to a cookie that is not the attacker's.
func cookies() []Attack {
	return []Attack{
		{Name: "read by script", App: "remembering", Gain: "one script that runs once has the cookie for good", Works: func(s *Scene) bool {
			tab := s.Tab()
			s.Login(tab, s.Join())
			browser.Do(s, tab, chromedp.Navigate(s.URL+"/"))
			return strings.Contains(browser.Get(s, tab, chromedp.Evaluate[string](`document.cookie`)), "remember")
		}},
		{Name: "sent over http", Gain: "whoever is on the way has the session", Works: func(s *Scene) bool {
			// Asked of the cookie, not of a browser: for localhost browsers make an exception.
			p := s.Join()
			answer := s.Post(s.Client(), "/login", url.Values{"username": {p.Name}, "password": {p.Password}})
			return slices.ContainsFunc(answer.Header.Values("Set-Cookie"), func(line string) bool {
				cookie, err := http.ParseSetCookie(line)
				if err != nil {
					s.Fatalf("%s: %v", line, err)
				}
				return !cookie.Secure
			})
		}},
		{Name: "sent cross-site", Gain: "another site acts as whoever visits it", Works: func(s *Scene) bool {
			tab := s.Tab()
			s.Login(tab, s.Join())
			hostile := s.Hostile(map[string]string{"/": `<form method="post" action="SITE/nowhere"></form>`})
			browser.Do(s, tab, chromedp.Navigate(hostile))
			sent := chromedp.Events(tab, network.RequestWillBeSentExtraInfo)
			browser.Do(s, tab, chromedp.Evaluate[chromedp.Void](`document.forms[0].submit()`))
			for e, err := range sent {
				if err != nil {
					s.Fatal(err)
				}
				if host := first(e.Headers, "Host", ":authority"); strings.HasSuffix(s.URL, "://"+host) {
					return first(e.Headers, "Cookie", "cookie") != ""
				}
			}
			return false
		}},
		{Name: "tossed", Gain: "what the victim writes lands in the attacker's account", Works: func(s *Scene) bool {
			attacker, p := s.Join(), s.Join()
			client := s.LoggedIn(attacker)
			site, _ := url.Parse(s.URL)
			var script strings.Builder
			for _, cookie := range client.Jar.Cookies(site) {
				for _, name := range []string{cookie.Name, "session"} {
					script.WriteString(`document.cookie = "` + name + `=` + cookie.Value + `; path=/notes/new";`)
				}
			}
			tab := s.Tab()
			s.Login(tab, p)
			browser.Do(s, tab, chromedp.Navigate(Sibling(s.Hostile(map[string]string{"/": `<script>` + script.String() + `</script>`}))))
			s.write(tab, "private")
			return slices.Contains(s.Titles(attacker), "private")
		}},
	}
}

// first returns the first of the fields that is there.
func first(headers network.Headers, names ...string) string {
	for _, name := range names {
		if value, ok := headers[name].(string); ok {
			return value
		}
	}
	return ""
}

// write has the person who is logged in in tab write a note, if the site lets them.
func (s *Scene) write(tab context.Context, title string) {
	s.Helper()
	browser.Do(s, tab, chromedp.Navigate(s.URL+"/notes/new"))
	if !browser.Get(s, tab, chromedp.Evaluate[bool](`document.querySelector("textarea") !== null`)) {
		return // refused, or logged out
	}
	browser.Do(s, tab, chromedp.SetValue(css("input[name=title]"), title))
	browser.Follow(s, tab, chromedp.Click(css("form.card button")))
}
