package redirects

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// mentioned says which part of r, whose body begins with body, has brought along where t
// leads, "" for none. It is only asked about targets off the site.
func mentioned(r *http.Request, body []byte, t target, site origin) string {
	needles := t.needles(site)
	found := func(text string) bool {
		return decoded(text, func(text string) bool {
			text = strings.ToLower(text)
			return slices.ContainsFunc(needles, func(needle string) bool { return mentions(text, needle) })
		})
	}
	leads := func(text string) bool { return t.host != site.host && t.is(text) }
	inValue := func(text string) bool {
		return found(text) || decoded(text, func(text string) bool { return leads(text) || t.host != site.host && t.endsWith(text) })
	}
	switch {
	case found(r.URL.RequestURI()), inValue(r.URL.Path):
		return "the path or query"
	case holds(r.URL.Query(), inValue):
		return "the query"
	case holds(r.Form, inValue), holds(r.PostForm, inValue), holds(sent(r, body), inValue), found(string(body)):
		return "the form"
	}
	for _, cookie := range r.Cookies() { // a part of one says little: "came from google.com"
		if decoded(cookie.Value, leads) {
			return fmt.Sprintf("the cookie %.60q", cookie.Name)
		}
	}
	for name, values := range r.Header {
		var brought func(string) bool
		switch name {
		case "Cookie", "User-Agent":
			continue
		case "Referer", "Origin": // to go back to another site is common; to its very page is not
			brought = t.isPage
		default:
			brought = inValue
		}
		if slices.ContainsFunc(values, brought) {
			return fmt.Sprintf("the header field %.60q", name)
		}
	}
	return ""
}

// mostBody is how much of a body is looked into (bytes).
const mostBody = 64 << 10

// keptBody returns the beginning of the form that r brings, where guard/body has it in
// memory: an app in another process reads it there.
func keptBody(r *http.Request) []byte {
	kept, ok := r.Body.(interface{ Bytes() []byte })
	if !ok {
		return nil
	}
	if kind := bodyType(r); kind != urlencoded && kind != "multipart/form-data" {
		return nil
	}
	b := kept.Bytes()
	return b[:min(len(b), mostBody)]
}

const urlencoded = "application/x-www-form-urlencoded"

func bodyType(r *http.Request) string {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// sent returns the fields of a form that the body is; what is broken in it is left out.
func sent(r *http.Request, body []byte) url.Values {
	if len(body) == 0 || bodyType(r) != urlencoded {
		return nil
	}
	form, _ := url.ParseQuery(string(body))
	return form
}

// decoded asks about text as it is and with its percent-encoding taken away once and twice.
func decoded(text string, ask func(string) bool) bool {
	for range 3 {
		if ask(text) {
			return true
		}
		next := unescape(text)
		if next == text {
			return false
		}
		text = next
	}
	return false
}

func holds(form url.Values, ask func(string) bool) bool {
	for _, values := range form {
		if slices.ContainsFunc(values, ask) {
			return true
		}
	}
	return false
}

// needles are the texts one of which a request holds that brought t along, in lower case.
// The site's own name is none: it is the user or the port that leads astray then.
func (t target) needles(site origin) (all []string) {
	add := func(s string) {
		if s = strings.ToLower(s); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	add(t.user)
	if t.kind == other {
		add(t.scheme + ":")
		return all
	}
	if t.host != "" && t.host == site.host {
		if !site.owns(t) {
			add(t.authority)
		}
		return all
	}
	if host := strings.TrimSuffix(t.host, "."); host != "" {
		add(host)
		add(registrable(host)) // "https://shop.example" + ".evil.example"
		if unicode, err := idna.ToUnicode(host); err == nil {
			add(unicode)
		}
	}
	add(t.authority)
	add(unescape(t.authority))
	return all
}

// mentions says whether text holds needle as a name of its own: "a.example" is not in
// "aa.example", nor in "a.example.org".
func mentions(text, needle string) bool {
	for start := 0; ; {
		i := strings.Index(text[start:], needle)
		if i < 0 {
			return false
		}
		i += start
		end := i + len(needle)
		if (i == 0 || !partOfName(text[i-1]) || !partOfName(needle[0])) && !continues(text[end:], needle) {
			return true
		}
		start = i + 1
	}
}

func partOfName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// continues says whether the name that needle ends goes on in rest.
func continues(rest, needle string) bool {
	if rest == "" || !partOfName(needle[len(needle)-1]) {
		return false
	}
	return partOfName(rest[0]) || rest[0] == '.' && len(rest) > 1 && partOfName(rest[1])
}

// is says whether text, one value of the request, leads to the host of t, however it is
// written.
func (t target) is(text string) bool {
	given := resolve(text, origin{scheme: t.scheme})
	return t.host != "" && given.host == t.host
}

// endsWith says whether the host of t ends with text: an app that puts a value behind its
// own name makes "shop.example.evil.example" of ".evil.example".
func (t target) endsWith(text string) bool {
	if end := strings.IndexAny(text, `/\?#:@`); end >= 0 {
		text = text[:end]
	}
	if !strings.Contains(text, ".") || t.host == "" {
		return false
	}
	name, ok := domainToASCII(strings.ToValidUTF8(text, "\uFFFD"))
	return ok && len(name) > 2 && strings.HasSuffix(t.host, name)
}

// isPage says whether page, a Referer or an Origin, is where t leads, but for the query.
func (t target) isPage(page string) bool {
	given := resolve(page, origin{})
	if given.kind != web || given.scheme != t.scheme || given.host != t.host || given.port != t.port {
		return false
	}
	path, _, _ := strings.Cut(t.rest, "?")
	from, _, _ := strings.Cut(given.rest, "?")
	return path == from
}
