package injection

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzShape: what has the shape of an attack is the attack with other words, numbers and blanks.
func FuzzShape(f *testing.F) {
	for _, v := range []string{"1' AND 4211=4211 -- x", "../../etc/passwd", "/* */ /*", "\xff\xfeé ..\\", "O'Brien", ""} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		s := shape(v)
		if s == "" || s[0] != '=' && strings.ContainsAny(s, " \t\r\n") {
			t.Errorf("%q has the shape %q", v, s)
		}
		if exact, same := strings.CutPrefix(s, "="); same && exact == strings.ToLower(v) {
			return
		}
		if len(s) > 32*mostElements {
			t.Errorf("a shape of %d bytes", len(s))
		}
		if again := shape(strings.ReplaceAll(v, " ", "  ")); len(v) < mostOfShape/2 && again != s {
			t.Errorf("%q: %q, with more blanks %q", v, s, again)
		}
	})
}

// FuzzPattern: what is suggested as a policy is a pattern that can be registered.
func FuzzPattern(f *testing.F) {
	for _, rule := range []string{"/find/<int:n>", "/a/<path:rest>", "/<a>-<b>", "/a<b", "/a>b/<", "", "/{x}"} {
		f.Add(rule, "/fallback")
	}
	f.Fuzz(func(t *testing.T, rule, path string) {
		if !utf8.ValidString(rule) || !strings.HasPrefix(path, "/") {
			return
		}
		got := pattern(rule, path)
		if strings.ContainsAny(rule+path, "{} ") || strings.Contains(rule, "//") || strings.Contains(rule+path, "/.") || strings.Contains(path, "//") {
			return
		}
		defer func() {
			if why := recover(); why != nil {
				t.Errorf("%q, %q: %q: %v", rule, path, got, why)
			}
		}()
		http.NewServeMux().Handle("GET "+got, http.NotFoundHandler())
	})
}
