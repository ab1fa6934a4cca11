package upstream

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/hint"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		raw  string
		want target
	}{
		{"http://127.0.0.1:5000", target{scheme: "http", host: "127.0.0.1:5000"}},
		{"https://app.example/", target{scheme: "https", host: "app.example"}},
		{"http://[::1]:5000/base/", target{scheme: "http", host: "[::1]:5000", base: "/base"}},
		{"http://app/b%61se", target{scheme: "http", host: "app", base: "/base"}},
		{"unix:/run/app.sock", target{scheme: "http", host: "localhost", socket: "/run/app.sock"}},
		{"unix:///run/app.sock", target{scheme: "http", host: "localhost", socket: "/run/app.sock"}},
		{"unix:app.sock", target{scheme: "http", host: "localhost", socket: "app.sock"}},
	} {
		got, err := parseTarget(tt.raw)
		if err != nil || *got != tt.want {
			t.Errorf("parseTarget(%q) = %+v, %v; want %+v", tt.raw, got, err, tt.want)
		}
	}
	for raw, wantHint := range map[string]string{
		"":                         urlHint,
		"127.0.0.1:5000":           "write http://127.0.0.1:5000",
		"localhost:5000":           "write http://localhost:5000",
		"ftp://a":                  urlHint,
		"unix:":                    urlHint,
		"http://":                  urlHint,
		"http://u:secret@a":        urlHint,
		"http://a/?x=1":            urlHint,
		"http://a/#x":              urlHint,
		"http://a/x/../y":          urlHint,
		"http://u:secret@/../?x#y": urlHint,
	} {
		_, err := parseTarget(raw)
		if err == nil || hint.Of(err) != wantHint {
			t.Errorf("parseTarget(%q): error %v, hint %q; want hint %q", raw, err, hint.Of(err), wantHint)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("parseTarget(%q): the error shows the password: %v", raw, err)
		}
	}
	if _, err := parseTarget("http://u@a/../?x#y"); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not every mistake is reported: %v", err)
	}
}

func TestCanonicalPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/":                        "/",
		"/a/b.js":                  "/a/b.js",
		"/.well-known/x":           "/.well-known/x",
		"/a..b/...":                "/a..b/...",
		"/%61%7e":                  "/a~",
		"/a%2fb":                   "/a%2Fb",
		"/%e9\xe9":                 "/%E9%E9",
		"/a b\"<>\\^`{|}[]":        "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D",
		"/:@!$&'()*+,;=":           "/:@!$&'()*+,;=",
		"/%3b%3F%25":               "/%3B%3F%25",
		"//a//":                    "//a//",
		"":                         "error",
		"a":                        "error",
		"*":                        "error",
		"/..":                      "error",
		"/./a":                     "error",
		"/a/%2E%2e/b":              "error",
		"/a%5c..%5cb":              "error",
		"/a\\..":                   "error",
		"/a/..;jsessionid=1/admin": "error",
		"/a%00":                    "error",
	} {
		got, err := canonicalPath(in)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("canonicalPath(%q) = %q (%v), want %q", in, got, err, want)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "",
		"a=1&b=%20+x":       "a=1&b=%20+x",
		"a=1;b=2":           "a=1%3Bb=2",
		"q=100%":            "q=100%25",
		"q=%zz%4":           "q=%25zz%254",
		"a[]=1":             "a%5B%5D=1",
		"%61=%26%3d%2f":     "a=%26%3D%2F",
		"u=http://x/?y@z:1": "u=http://x/?y@z:1",
		"\xe9":              "%E9",
	} {
		if got := canonicalQuery(in); got != want {
			t.Errorf("canonicalQuery(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzTarget holds the canonical spelling against net/url: the bytes that it means stay
// the same, url.URL writes it unchanged, and there is only one.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"/a%2Fb?c=d;e", "/%2e%2e/x", "/\xff%ff?%", "//x/..;/y?a=%zz&b=%41"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		escaped, query, _ := strings.Cut(raw, "?")
		if path, err := canonicalPath(escaped); err == nil {
			checkPath(t, escaped, path)
		}
		got := canonicalQuery(query)
		if canonicalQuery(got) != got {
			t.Errorf("query %q: %q is not stable", query, got)
		}
		if values, err := url.ParseQuery(query); err == nil && values.Encode() != mustParseQuery(t, got).Encode() {
			t.Errorf("query %q: %q means something else", query, got)
		}
		if strings.ContainsAny(got, "; #\r\n\x00") {
			t.Errorf("query %q: %q", query, got)
		}
	})
}

func checkPath(t *testing.T, escaped, path string) {
	t.Helper()
	if again, err := canonicalPath(path); err != nil || again != path {
		t.Errorf("path %q: %q is not stable: %q, %v", escaped, path, again, err)
	}
	want, err := url.PathUnescape(escaped)
	if err == nil && unescaped(path) != want {
		t.Errorf("path %q: %q means something else", escaped, path)
	}
	out := url.URL{Scheme: "http", Host: "a", Path: unescaped(path), RawPath: path}
	if out.RequestURI() != path {
		t.Errorf("path %q: url.URL writes %q instead of %q", escaped, out.RequestURI(), path)
	}
	for segment := range strings.SplitSeq(unescaped(path), "/") {
		if segment == "." || segment == ".." {
			t.Errorf("path %q: %q has a dot segment", escaped, path)
		}
	}
}

func mustParseQuery(t *testing.T, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatalf("%q does not parse: %v", query, err)
	}
	return values
}

// FuzzHeader reads a head with Go's parser, makes it canonical, and maps the names as
// PEP 3333 does: no two may meet, and none may be one that only a proxy may set.
func FuzzHeader(f *testing.F) {
	f.Add("X_Forwarded_For: 1\r\nX-Forwarded-For: 2\r\nCookie: a\r\nCookie: b\r\n")
	f.Add("proxy: x\r\nPROXY: y\r\nTe: trailers\r\nA.b: c\r\nA-b: d\r\n")
	f.Add("x-SSL-client-dn: x\r\nssl-client-verify: y\r\nX-ACCEL-redirect: /etc\r\n")
	f.Fuzz(func(t *testing.T, head string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: a\r\n" + head + "\r\n")))
		if err != nil {
			return
		}
		canonicalHeader(r.Header)
		environ := map[string]string{}
		for name, values := range r.Header {
			key := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(name))
			if other, found := environ[key]; found {
				t.Errorf("%q and %q are both HTTP_%s", name, other, key)
			}
			environ[key] = name
			if key == "COOKIE" && len(values) != 1 {
				t.Errorf("cookies: %q", values)
			}
		}
		for _, key := range []string{"PROXY", "FORWARDED", "X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_REAL_IP",
			"REMOTE_USER", "CONTENT_LENGTH", "TRANSFER_ENCODING", "EXPECT", "TE", "TRAILER", "HOST", "X_REQUEST_ID",
			"X_SSL_CLIENT_DN", "SSL_CLIENT_VERIFY", "X_ACCEL_REDIRECT"} {
			if name, found := environ[key]; found {
				t.Errorf("%q came through", name)
			}
		}
	})
}
