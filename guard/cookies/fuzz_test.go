package cookies_test

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cookies"
)

// reader reads a Cookie field as one version of Werkzeug does, without unquoting.
// TestReadersAreWerkzeug compares them with the original, which is too slow to be asked in
// a fuzz test.
type reader func(field string) [][2]string

var (
	cookie31 = regexp.MustCompile(`(?s)^[ \t]*([^ \t=";]+)(?:[ \t]*=[ \t]*("(?:[^\\"]|\\[^\n])*"|[^ \t";]*))?[ \t]*(?:;|\z)`)
	cookie22 = regexp.MustCompile(`^([^=;]*)(?:\s*=\s*("(?:[^\\"]|\\.)*"|.*?))?\s*;`)
)

func readers() map[string]reader {
	return map[string]reader{
		"new": func(field string) (seen [][2]string) {
			for field != "" {
				if m := cookie31.FindStringSubmatch(field); m != nil {
					seen = append(seen, [2]string{m[1], m[2]})
					field = field[len(m[0]):]
					continue
				}
				_, field, _ = strings.Cut(field, ";")
			}
			return seen
		},
		"old": func(field string) (seen [][2]string) {
			for field += ";"; field != ";" && field != ""; {
				m := cookie22.FindStringSubmatch(field)
				if m == nil {
					break
				}
				if key := strings.TrimSpace(m[1]); key != "" {
					seen = append(seen, [2]string{key, m[2]})
				}
				field = field[len(m[0]):]
			}
			return seen
		},
	}
}

func seeds() []string {
	return []string{
		"", "a=1", "session=evil", "__Host-session=good; session=evil", `a="x; __Host-session=good; b=y"`, `a="x\"; session=1; b="`,
		"session", "__Host-session", "=__Host-session=1", "a=1; ;; b", "a=\xff", "$Version=1; session=1", `"a"=1; session=1`,
		"__Host-session=1; __Host-session=1", "__host-session=1", " session = 1 ;\tb\t=\t2", `a="x"y; b=1`, `a=x"y; b="1`, "a b=c; d=1", `a="\\"; session=1`, "é=1",
	}
}

func TestReadersAreWerkzeug(t *testing.T) {
	t.Parallel()
	var fields []string
	for _, seed := range seeds() {
		if !strings.ContainsFunc(seed, func(r rune) bool { return r == 0x5c || r > 0x7e }) { // which Werkzeug unquotes, or decodes
			fields = append(fields, seed)
		}
	}
	for version, python := range pythons(t) {
		for i, seen := range werkzeug(t, python, fields) {
			ours := readers()[version](fields[i])
			for j := range ours {
				if v := ours[j][1]; len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
					ours[j][1] = v[1 : len(v)-1]
				}
			}
			if len(seen)+len(ours) > 0 && !slices.Equal(ours, seen) {
				t.Errorf("%s Werkzeug reads %q as %q, the fuzz test's reader as %q", version, fields[i], seen, ours)
			}
		}
	}
}

// FuzzCookie: whatever a browser is made to send, the app sees no session but the one
// that the browser protects, and nothing that the browser did not mean to be a cookie.
func FuzzCookie(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	g := newGuard(f, cookies.Config{}, cookies.App{})
	f.Fuzz(func(t *testing.T, field string) {
		got := ask(g, https, []string{field})
		r := httptest.NewRequest("GET", https, nil)
		r.Header["Cookie"] = []string{field}
		if err := g.Check(r); (err == nil) != got.asked {
			t.Fatalf("%q: Check says %v, the app was asked: %v", field, err, got.asked)
		} else if err != nil {
			if code := fumehood.AsRefusal(err).Code; !strings.HasPrefix(code, "cookies.") || got.Code >= 500 {
				t.Fatalf("%q: %v", field, err)
			}
			return
		}
		meant := map[[2]string]bool{}
		for _, pair := range strings.Split(field, ";") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				meant[[2]string{strings.Trim(name, " \t"), strings.Trim(value, " \t")}] = true
			}
		}
		for version, read := range readers() {
			for _, seen := range read(strings.Join(got.app, "; ")) {
				browsers := seen
				if seen[0] == "session" {
					browsers[0] = "__Host-session"
				}
				if lower := strings.ToLower(seen[0]); strings.HasPrefix(lower, "__host-") && !strings.HasPrefix(seen[0], "__Host-") {
					t.Fatalf("%q: %s Werkzeug sees the name %q", field, version, seen[0])
				}
				if !meant[browsers] {
					t.Fatalf("%q became %q: %s Werkzeug sees %q", field, got.app, version, seen)
				}
			}
		}
	})
}

// FuzzSetCookie: what leaves has one meaning, all protection, and comes back to the app as
// what it was.
func FuzzSetCookie(f *testing.F) {
	for _, seed := range append(seeds(),
		"session=x; HttpOnly; Path=/", "session=; Max-Age=0; Path=/x; Domain=shop.example", "a=1; SameSite=None; Secure=1;;; =", "__Host-a=1; Path=/x", "csrftoken=1") {
		f.Add(seed)
	}
	g := newGuard(f, cookies.Config{}, cookies.App{})
	f.Fuzz(func(t *testing.T, line string) {
		got := ask(g, https, nil, line)
		if len(got.set()) > 2 {
			t.Fatalf("%q became %q", line, got.set())
		}
		if strings.HasPrefix(line, "fumehood") || strings.HasPrefix(line, "__Host-fumehood") {
			return
		}
		for i, out := range got.set() {
			parts := strings.Split(out, "; ")
			count := map[string]int{}
			for _, part := range parts[1:] {
				name, _, _ := strings.Cut(part, "=")
				count[name]++
			}
			for name, n := range count {
				if n != 1 {
					t.Fatalf("%q became %q with %d times %s", line, out, n, name)
				}
			}
			if strings.ContainsAny(out, "\r\n\x00") || count["Secure"] != 1 || count["SameSite"] != 1 || slices.Contains(parts[1:], "SameSite=None") {
				t.Fatalf("%q became %q", line, out)
			}
			if strings.HasPrefix(out, "__Host-") && (count["Domain"] != 0 || !slices.Contains(parts, "Path=/")) {
				t.Fatalf("%q became %q, which no browser takes", line, out)
			}
			if i > 0 {
				continue // the old name, taken back
			}
			first, _, _ := strings.Cut(line, ";")
			name, value, _ := strings.Cut(first, "=")
			want := strings.Trim(name, " \t") + "=" + strings.Trim(value, " \t")
			if back := ask(g, https, []string{parts[0]}); !slices.Equal(back.app, []string{want}) {
				t.Fatalf("%q became %q; sent back, the app is given %q", line, out, back.app)
			}
		}
	})
}
