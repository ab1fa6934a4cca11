package cookies_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// jar is a browser's store of cookies: the one of net/http, which keeps the rules about
// Domain, Path and Secure, plus the two prefixes, which it does not know (RFC 6265bis
// section 5.7, steps 20 and 21).
type jar struct{ *cookiejar.Jar }

func newJar() jar {
	j, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		panic(err)
	}
	return jar{j}
}

// set stores what an answer from this URL sets.
func (j jar) set(t testing.TB, from string, lines ...string) {
	t.Helper()
	u, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		name := strings.ToLower(c.Name)
		secure := c.Secure && u.Scheme == "https"
		if strings.HasPrefix(name, "__secure-") && !secure ||
			strings.HasPrefix(name, "__host-") && (!secure || c.Path != "/" || c.Domain != "") {
			continue
		}
		j.SetCookies(u, []*http.Cookie{c})
	}
}

// send returns the Cookie field for a request to this URL.
func (j jar) send(t testing.TB, to string) []string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range j.Cookies(u) {
		all = append(all, c.Name+"="+c.Value)
	}
	if all == nil {
		return nil
	}
	return []string{strings.Join(all, "; ")}
}
