package redirects_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/redirects"
)

// bases are the pages of testdata/urls.json.
func bases() []string {
	return []string{"http://shop.example/a/b?c", "https://shop.example/a/b?c", "https://localhost:8443/"}
}

func chromium(t testing.TB) (rows [][]string) {
	t.Helper()
	data, err := os.ReadFile("testdata/urls.json")
	if err == nil {
		err = json.Unmarshal(data, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Where Chromium says that a URL leads is where we say it leads. Chromium accepts some hosts
// that the URL Standard calls no host (a space, a broken "xn--"); to call such a URL broken is
// right where it leads off the site, for what is broken is judged like what is foreign.
func TestTargetsAreThoseOfChromium(t *testing.T) {
	t.Parallel()
	for _, row := range chromium(t) {
		for i, base := range bases() {
			got, want := redirects.Resolve(row[0], base), row[i+1]
			want = strings.Replace(want, "%2A", "*", 1) // only Chromium writes it so
			switch {
			case got == want, !isWeb(got) && !isWeb(want) && protocol(got) == protocol(want):
			case got == "invalid" && !strings.HasPrefix(want, redirects.Resolve("/", base)):
			default:
				t.Errorf("%q from %s leads to %q, Chromium says %q", row[0], base, got, want)
			}
		}
	}
}

func isWeb(target string) bool { return strings.HasPrefix(target, "http") }

func protocol(target string) string {
	first, _, _ := strings.Cut(target, " ")
	return first
}

// FuzzTarget compares with net/url where the two must agree: a URL of plain characters.
func FuzzTarget(f *testing.F) {
	for _, row := range chromium(f) {
		f.Add(row[0])
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := redirects.Resolve(raw, "https://shop.example/")
		if strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' || c == '%' }) {
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" {
			return
		}
		host := strings.ToLower(u.Hostname())
		if strings.ContainsAny(host, "0123456789:[]") || strings.Contains(host, "xn--") { // an address, perhaps
			return
		}
		if words := strings.Fields(got); got != "invalid" && (len(words) < 2 || words[1] != host) {
			t.Fatalf("%q leads to %q, net/url says %q", raw, got, u.Host)
		}
	})
}
