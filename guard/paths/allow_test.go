package paths_test

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fumehood/fumehood/guard/paths"
)

// FuzzAllow compares patterns with the regular expressions that they stand for.
func FuzzAllow(f *testing.F) {
	for _, pattern := range []string{"/files/*.py", "/files/**", "/**/x.py", "/a*b*c.py", "/a**b*c/d.py", "/***.py", "/x/*", "/*/*/*.py"} {
		f.Add(pattern, "/files/a/x.py")
		f.Add(pattern, "/aabbcc/d.py")
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		g, err := paths.New(paths.Config{Allow: []string{pattern}}, paths.Site{})
		if err != nil || len(pattern) > 60 || len(path) > 200 || !utf8.ValidString(pattern) {
			return
		}
		// A name that is refused, so that what Check says is what the pattern says.
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: "/" + path + "/x.php"}
		bare, err := paths.New(paths.Config{}, paths.Site{})
		if err != nil {
			t.Fatal(err)
		}
		if err := bare.Check(r); err == nil || !strings.HasPrefix(err.Error(), "paths.private") {
			return
		}
		expression := regexp.QuoteMeta(pattern)
		expression = strings.ReplaceAll(expression, `\*\*`, "(?s:.*)")
		expression = strings.ReplaceAll(expression, `\*`, "[^/]*")
		want := regexp.MustCompile(`\A` + expression + `\z`).MatchString(r.URL.Path)
		if got := g.Check(r) == nil; got != want {
			t.Errorf("%q and %q: %v, want %v", pattern, r.URL.Path, got, want)
		}
	})
}
