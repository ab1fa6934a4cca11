package canon

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

// cors are scripts of another origin that read what the site answers.
func cors() []Attack {
	reads := func(from func(string) string, content, script string) func(s *Scene) bool {
		return func(s *Scene) bool {
			p := s.Join()
			tab := s.Tab()
			s.Login(tab, p)
			browser.Do(s, tab, chromedp.Navigate(from(s.Hostile(map[string]string{"/": content}))))
			text := browser.Get(s, tab, chromedp.Evaluate[string](strings.ReplaceAll(script, "SITE", s.URL), chromedp.EvalAwaitPromise))
			s.Logf("read %q", text)
			return text != ""
		}
	}
	const read = `fetch("SITE/api/notes", {credentials: "include"}).then(a => a.text(), () => "")`
	allowed := func(origins ...string) func(s *Scene) bool {
		return func(s *Scene) bool {
			client := s.LoggedIn(s.Join())
			found := false
			for _, origin := range origins {
				for _, r := range []*http.Request{
					s.Request(http.MethodGet, "/api/notes", "", "Origin", origin),
					s.Request(http.MethodOptions, "/api/notes", "", "Origin", origin,
						"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"),
				} {
					answer := s.Send(client, r)
					if to := answer.Header.Get("Access-Control-Allow-Origin"); to == origin || to == "*" {
						s.Logf("%s %s may be read by %s", r.Method, r.URL, to)
						found = true
					}
				}
			}
			return found
		}
	}
	return []Attack{
		{Name: "another site", App: "reflecting", Gain: "a visit reads what only a login shows", Works: reads(itself, "hello", read)},
		{Name: "another port", App: "reflecting", Gain: "a visit reads what only a login shows", Works: reads(Sibling, "hello", read)},
		{Name: "write with a preflight", App: "reflecting", Gain: "a visit writes by the API", Works: func(s *Scene) bool {
			p := s.Join()
			s.visit(p, Sibling, `fetch("SITE/api/notes", {method: "POST", credentials: "include",
				headers: {"Content-Type": "application/json"}, body: '{"title": "planted"}'})`)
			return slices.Contains(s.Titles(p), "planted")
		}},
		{Name: "null origin", App: "reflecting", Gain: "a sandboxed frame has an origin that everybody can have", Works: reads(Sibling,
			`<iframe sandbox="allow-scripts" srcdoc="<script>`+strings.ReplaceAll(read, `"`, `'`)+`.then(text => parent.postMessage(text, '*'))</script>"></iframe>
			<script>const said = new Promise(done => addEventListener("message", e => done(e.data)))</script>`, `said`)},
		{Name: "look-alikes", App: "reflecting", Gain: "a name that begins or ends like the site's is enough", Works: allowed(
			"null", "https://localhost.evil.example", "https://evillocalhost", "http://localhost:1", "https://evil.example")},
	}
}

// dataExposure are personal pages that outlive the login.
func dataExposure() []Attack {
	return []Attack{
		{Name: "back button", Gain: "the next person at the computer reads the notes", Works: func(s *Scene) bool {
			tab := s.noteIn("for my eyes only")
			browser.Do(s, tab, chromedp.Navigate(s.URL+"/"))
			browser.Follow(s, tab, chromedp.Click(css("#logout")))
			return strings.Contains(s.Back(tab), "for my eyes only")
		}},
		{Name: "cache on the way", Gain: "a proxy gives one person's page to another", Works: func(s *Scene) bool {
			p := s.Join()
			client := s.LoggedIn(p)
			s.Upload(client, p.Name+".txt", "for my eyes only")
			found := false
			for _, path := range []string{"/", "/api/notes", "/export.csv", "/files/" + p.Name + ".txt", "/nowhere", "/user_profile/" + "1"} {
				answer := s.Get(client, path)
				rules := strings.Join(answer.Header.Values("Cache-Control"), ",")
				if !strings.Contains(rules, "no-store") && !strings.Contains(rules, "private") {
					s.Logf("%s: Cache-Control %q, Vary %q", path, rules, answer.Header.Values("Vary"))
					found = true
				}
			}
			return found
		}},
	}
}

// Back presses the browser's back button and returns the text of the page that comes. One
// that comes from the browser's memory says so by no event, so the page is asked.
func (s *Scene) Back(tab context.Context) string {
	s.Helper()
	history, err := chromedp.Call(tab, page.GetNavigationHistory, cdp.Empty{})
	if err != nil {
		s.Fatal(err)
	}
	from := browser.Get(s, tab, chromedp.Location())
	_, err = chromedp.Call(tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
		EntryID: history.Entries[history.CurrentIndex-1].ID,
	})
	if err != nil {
		s.Fatal(err)
	}
	var shown struct{ Place, State, Text string }
	testapp.Eventually(s, "another page is shown", func() bool {
		shown, err = chromedp.Run(tab, chromedp.Evaluate[struct{ Place, State, Text string }](
			`({Place: location.href, State: document.readyState, Text: document.body ? document.body.innerText : ""})`))
		return err == nil && shown.Place != from && shown.State == "complete"
	})
	return shown.Text
}
