package canon

import (
	"context"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// csrf are requests that another site has the victim's browser send. SameSite is no
// defence here: Chromium sends a fresh cookie that does not have it with a form for two
// minutes, another port of the same host is the same site, and a login needs no cookie.
func csrf() []Attack {
	password := func(from func(string) string, more string) func(s *Scene) bool {
		return func(s *Scene) bool {
			p := s.Join()
			tab := s.Tab()
			s.Login(tab, p)
			s.submit(tab, from(s.Hostile(map[string]string{
				"/": more + `<form method="post" action="SITE/password"><input name="password" value="new password"></form>`,
			})))
			return s.Accepts(p, "new password")
		}
	}
	return []Attack{
		{Name: "form of another site", Gain: "a visit changes the password", Works: password(itself, "")},
		{Name: "form of another port", Gain: "a visit changes the password", Works: password(Sibling, "")},
		{Name: "form without a referrer", Gain: "a visit changes the password, and does not say where it was", Works: password(itself, `<meta name="referrer" content="no-referrer">`)},
		{Name: "form with parts", Gain: "a visit writes a note", Works: func(s *Scene) bool {
			p := s.Join()
			tab := s.Tab()
			s.Login(tab, p)
			s.submit(tab, s.Hostile(map[string]string{
				"/": `<form method="post" action="SITE/notes/new" enctype="multipart/form-data"><input name="title" value="planted"><input name="body"><input name="tag"></form>`,
			}))
			return slices.Contains(s.Titles(p), "planted")
		}},
		{Name: "fetch", Gain: "a visit writes a note, and nothing is seen", Works: func(s *Scene) bool {
			p := s.Join()
			s.visit(p, Sibling, `fetch("SITE/notes/new", {method: "POST", mode: "no-cors", credentials: "include",
				body: new URLSearchParams({title: "planted", body: "", tag: "idea"})})`)
			return slices.Contains(s.Titles(p), "planted")
		}},
		{Name: "fetch of a file", Gain: "a visit puts a page on the site", Works: func(s *Scene) bool {
			p := s.Join()
			s.visit(p, Sibling, `(() => { const form = new FormData();
				form.append("file", new Blob(["planted"]), "`+p.Name+`.html");
				return fetch("SITE/files", {method: "POST", mode: "no-cors", credentials: "include", body: form}) })()`)
			return s.Get(s.LoggedIn(p), "/files/"+p.Name+".html").Text == "planted"
		}},
		{Name: "image", Gain: "a visit logs out", Works: func(s *Scene) bool {
			tab := s.visit(s.Join(), Sibling, `new Promise(done => { const image = new Image();
				image.onload = image.onerror = done; image.src = "SITE/logout" })`)
			browser.Do(s, tab, chromedp.Navigate(s.URL+"/"))
			return browser.Get(s, tab, chromedp.Location()) != s.URL+"/"
		}},
		{Name: "login", Gain: "the victim writes into the attacker's account", Works: func(s *Scene) bool {
			attacker := s.Join()
			tab := s.Tab()
			s.submit(tab, s.Hostile(map[string]string{
				"/": `<form method="post" action="SITE/login"><input name="username" value="` + attacker.Name +
					`"><input name="password" value="` + attacker.Password + `"></form>`,
			}))
			browser.Do(s, tab, chromedp.Navigate(s.URL+"/"))
			return browser.Get(s, tab, chromedp.Location()) == s.URL+"/"
		}},
	}
}

func itself(hostile string) string { return hostile }

// submit opens a hostile page and has it send its form.
func (s *Scene) submit(tab context.Context, hostile string) {
	s.Helper()
	browser.Do(s, tab, chromedp.Navigate(hostile))
	browser.Follow(s, tab, chromedp.Evaluate[chromedp.Void](`document.forms[0].submit()`))
}

// visit has p, who is logged in, look at a hostile page that runs script.
func (s *Scene) visit(p Person, from func(string) string, script string) context.Context {
	s.Helper()
	tab := s.Tab()
	s.Login(tab, p)
	browser.Do(s, tab, chromedp.Navigate(from(s.Hostile(map[string]string{
		"/": `<script>const work = () => ` + script + `</script>`,
	}))))
	browser.Get(s, tab, chromedp.Evaluate[bool](`work().then(() => true, () => true)`, chromedp.EvalAwaitPromise))
	return tab
}

// clickjacking are pages of the site inside a hostile page.
func clickjacking() []Attack {
	framed := func(element string) func(s *Scene) bool {
		return func(s *Scene) bool {
			tab := s.Tab()
			s.Login(tab, s.Join())
			return s.shows(tab, Sibling(s.Hostile(map[string]string{"/": element})))
		}
	}
	return []Attack{
		{Name: "frame", Gain: "clicks on a game are clicks on the site", Works: framed(`<iframe src="SITE/password"></iframe>`)},
		{Name: "frame that the app allows", App: "weakening", Gain: "clicks on a game are clicks on the site", Works: framed(`<iframe src="SITE/password"></iframe>`)},
		{Name: "object", Gain: "clicks on a game are clicks on the site", Works: framed(`<object data="SITE/password" type="text/html"></object>`)},
		{Name: "sandboxed frame", Gain: "the site's own frame breaker does not run", Works: framed(`<iframe sandbox="allow-forms" src="SITE/password"></iframe>`)},
	}
}

// shows says whether the hostile page has a page of the site inside.
func (s *Scene) shows(tab context.Context, hostile string) bool {
	s.Helper()
	browser.Do(s, tab, chromedp.Navigate(hostile))
	tree, err := chromedp.Call(tab, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		s.Fatal(err)
	}
	for _, child := range tree.FrameTree.ChildFrames {
		if strings.HasPrefix(child.Frame.URL, s.URL) && child.Frame.UnreachableURL == "" {
			return true
		}
	}
	// A frame of another site has a process of its own, and is a target then. Its address
	// is the one that was asked for, even where the browser shows an error in its place.
	targets, err := chromedp.Targets(tab)
	if err != nil {
		s.Fatal(err)
	}
	for _, t := range targets {
		if t.Type == "iframe" && strings.HasPrefix(t.URL, s.URL) {
			frame, end := chromedp.NewContext(tab, chromedp.WithTargetID(t.TargetID))
			defer end()
			return strings.HasPrefix(browser.Get(s, frame, chromedp.Evaluate[string](`location.href`)), s.URL)
		}
	}
	return false
}
