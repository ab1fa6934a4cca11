package canon

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// shopScripts are scripts that reach a page of the shop, in each of the ways that a template
// or a view leaves open.
func shopScripts() []Attack {
	const run = "window.owned=true"
	opened := func(name string, request func(s *Scene) *http.Request) Attack {
		return Attack{Name: name, Gain: "a link runs a script as whoever follows it", Works: func(s *Scene) bool {
			tab := s.Tab()
			s.opens(tab, request(s).URL.String())
			return s.owned(tab)
		}}
	}
	image := `<img src=x onerror=` + run + `>`
	return []Attack{
		opened("text with |safe: script", asking("/search", "q", `<script>`+run+`</script>`)),
		opened("text with |safe: handler", asking("/search", "q", image)),
		opened("text with |safe: svg", asking("/search", "q", `<sVg/oNloAd=`+run+`>`)),
		opened("text with |safe: half a tag", asking("/search", "q", `<img src=x onerror=`+run+` x=`)),
		opened("attribute without quotes", asking("/search", "q", `x onfocus=`+run+` autofocus`)),
		opened("attribute without quotes: form feeds", asking("/search", "q", "x\fautofocus\fonfocus="+run)),
		opened("string in a script", asking("/search", "q", `";`+run+`;//`)),
		opened("string in a script: its end", asking("/search", "q", `</script><script>`+run+`</script>`)),
		opened("number in a script", asking("/search", "q", "flask", "page", run)),
		opened("Markup", asking("/hello", "name", image)),
		opened("template of a text file", asking("/label", "text", `<script>`+run+`</script>`)),
		opened("template made of the text", asking("/card", "text", image)),
		opened("JSON that is a page", asking("/suggest", "q", image)),
		opened("JSON that is a page, of full-width letters", asking("/suggest", "q", "\uff1cimg src=x onerror="+run+"\uff1e")),
		opened("content type of the visitor's choice", asking("/raw", "type", "text/html", "text", image)),
		opened("error of the database", asking("/product", "id", `[`+image+`]`)),
		opened("what base64 hides", asking("/track", "order", base64.URLEncoding.EncodeToString([]byte(`' OR [`+image+`] --`)))),
		linked("link", `javascript:void(`+run+`)`),
		linked("link with blanks and tabs", "  jAva\tscript:void("+run+")"),
		linked("link that begins like another", "javascript://example.org/%0a"+run),
		written("script", `<script>`+run+`</script>`),
		written("handler", image),
		written("handler with entities", `<img src=x onerror=&#119;indow.owned=true>`),
		written("link with entities", `<a id="bait" href="java&Tab;script&colon;void(`+run+`)">more</a>`),
		written("details", `<details open ontoggle=`+run+`>`),
		written("animation", `<svg><animate onbegin=`+run+` attributeName=x dur=1s>`),
		written("frame document", `<iframe srcdoc="&lt;script&gt;parent.owned=true&lt;/script&gt;"></iframe>`),
		written("comment that ends early", `<!--><img src=x onerror=`+run+`>-->`),
		{Name: "uploaded page", Gain: "a file is a page of the site, with its script", Works: func(s *Scene) bool {
			name := "p" + strings.ReplaceAll(s.Home(), ".", "-") + ".html"
			s.Try(s.Client(), s.Parts("/photo", []File{{Name: name, Type: "image/png", Content: pageCode}}))
			tab := s.Tab()
			s.opens(tab, s.URL+"/static/photos/"+name)
			return s.owned(tab)
		}},
	}
}

// opens has the browser open a page, which may turn out to be a refusal or a download.
func (s *Scene) opens(tab context.Context, page string) {
	s.Helper()
	if err := chromedp.Do(tab, chromedp.Navigate(page)); err != nil && !strings.Contains(err.Error(), "net::ERR_") {
		s.Fatal(err)
	}
	s.Logf("%s shows %.60q", page, browser.Get(s, tab, chromedp.Title()))
}

// linked has somebody name a website of theirs, and somebody else follow the link.
func linked(name, address string) Attack {
	return Attack{Name: "website: " + name, Gain: "a link on a profile runs a script as whoever follows it", Works: func(s *Scene) bool {
		client := s.LoggedIn(s.Join())
		account := s.mine(client)
		answer := s.Try(client, s.order("/account", url.Values{"website": {address}}.Encode()))
		s.Logf("%d", answer.Status)
		tab := s.Tab()
		s.opens(tab, s.URL+"/user/"+account)
		return s.owned(tab)
	}}
}

// written has somebody write a review, and somebody else read it.
func written(name, text string) Attack {
	return Attack{Name: "review: " + name, Gain: "a text runs a script as whoever reads it", Works: func(s *Scene) bool {
		client := s.LoggedIn(s.Join())
		for _, text := range []string{"harmless", text} { // the page shows the latest one alone
			answer := s.Try(client, s.order("/review", url.Values{"product": {"4"}, "text": {text}}.Encode()))
			s.Logf("%.20s: %d", text, answer.Status)
		}
		tab := s.Tab()
		s.opens(tab, s.URL+"/product?id=4")
		return s.owned(tab)
	}}
}

// of are the attacks on another app, or under another policy.
func of(app string, attacks []Attack) []Attack {
	for i := range attacks {
		attacks[i].App = app
		switch app {
		case "unhelped", "leaky_unhelped":
			attacks[i].Name += ", without a CSP"
		case "unjudged":
			attacks[i].Name += ", with nothing but a CSP"
		}
	}
	return attacks
}
