package limits_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/limits"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, cfg limits.Config) *limits.Guard {
	t.Helper()
	g, err := limits.New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// reader is an app that reads the whole body and says how much there was.
var reader = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		fumehood.Refuse(w, r, err)
		return
	}
	fmt.Fprint(w, n)
})

func TestAttackCostlyHead(t *testing.T) {
	t.Parallel()
	many := http.Header{}
	for i := range 101 {
		many.Set(fmt.Sprintf("X-%d", i), "1")
	}
	heavy := http.Header{}
	for i := range 17 {
		heavy.Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 4000))
	}
	for _, tt := range []struct {
		name, method, target string
		header               http.Header
		want                 string
	}{
		{"nothing special", "GET", "/?q=1", http.Header{"Accept": {"*/*"}}, ""},
		{"a long path", "GET", "/" + strings.Repeat("a", 8<<10), nil, "limits.request-line"},
		{"a long query", "GET", "/?" + strings.Repeat("a", 8<<10), nil, "limits.request-line"},
		{"a long method", strings.Repeat("A", 8<<10), "/", nil, "limits.request-line"},
		{"many fields", "GET", "/", many, "limits.fields"},
		{"one field many times", "GET", "/", http.Header{"Cookie": make([]string, 101)}, "limits.fields"},
		{"a long field", "GET", "/", http.Header{"Cookie": {strings.Repeat("a", 8<<10)}}, "limits.field-size"},
		{"a long name", "GET", "/", http.Header{strings.Repeat("A", 8193): {""}}, "limits.field-size"},
		{"a large head", "GET", "/", heavy, "limits.head"},
		{"TRACE shows cookies to scripts", "TRACE", "/", nil, "limits.method"},
		{"CONNECT makes a proxy", "CONNECT", "/", nil, "limits.method"},
		{"an invented method", "GETT", "/", nil, "limits.method"},
		{"lower case", "get", "/", nil, "limits.method"},
		{"no method", "", "/", nil, "limits.method"},
		{"WebDAV", "PROPFIND", "/", nil, ""},
		{"NUL ends the path in C", "GET", "/secret.txt%00.png", nil, "limits.path"},
		{"a line end in the path", "GET", "/a%0d%0aSet-Cookie:x", nil, "limits.path"},
		{"escape in the path", "GET", "/%1b[2J", nil, "limits.path"},
		{"delete in the path", "GET", "/%7f", nil, "limits.path"},
		{"UTF-8 in the path", "GET", "/%C3%A9", nil, ""},
		{"latin-1 in the path", "GET", "/%E9", nil, ""},
		{"the known expectation", "POST", "/", http.Header{"Expect": {"100-Continue"}}, ""},
		{"another expectation", "POST", "/", http.Header{"Expect": {"200-ok"}}, "limits.expect"},
		{"two expectations", "POST", "/", http.Header{"Expect": {"100-continue", "x"}}, "limits.expect"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target, err := url.ParseRequestURI(tt.target)
			if err != nil {
				t.Fatal(err)
			}
			r := &http.Request{
				Method: tt.method, URL: target, RequestURI: tt.target, Header: tt.header,
				Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, Host: "shop.example",
			}
			for protocol, version := range map[int]string{1: "HTTP/1.1", 2: "HTTP/2.0", 3: "HTTP/3.0"} {
				r.ProtoMajor, r.Proto = protocol, version
				err := newGuard(t, limits.Config{}).Check(r)
				if code := codeOf(err); code != tt.want {
					t.Errorf("%s: %q (%v), want %q", version, code, err, tt.want)
				}
				w := httptest.NewRecorder()
				newGuard(t, limits.Config{}).Handler(reader).ServeHTTP(w, r)
				if (w.Code == 200) != (tt.want == "") {
					t.Errorf("%s: answered with %d, want %q", version, w.Code, tt.want)
				}
				plain := httptest.NewRecorder()
				if reader.ServeHTTP(plain, r); plain.Code != 200 {
					t.Errorf("without the guard the app must get the request")
				}
			}
		})
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fumehood.AsRefusal(err).Code
}

func TestExpectIsIgnoredInHTTP10(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Expect", "200-ok")
	r.ProtoMinor = 0
	if err := newGuard(t, limits.Config{}).Check(r); err != nil {
		t.Error(err)
	}
}

func TestBodyCap(t *testing.T) {
	t.Parallel()
	own := func(r *http.Request) (fumehood.Size, bool) { return 10, r.URL.Path == "/small" }
	guard, err := limits.New(limits.Config{Body: 1000}, own)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		size int
		want int
	}{
		{"/", 0, 200}, {"/", 999, 200}, {"/", 1000, 200}, {"/", 1001, 413}, {"/", 100_000, 413},
		{"/small", 0, 200}, {"/small", 10, 200}, {"/small", 11, 413},
	} {
		for _, length := range []int64{int64(tt.size), -1} {
			for _, protocol := range []int{1, 2, 3} {
				r := httptest.NewRequest("POST", tt.path, strings.NewReader(strings.Repeat("a", tt.size)))
				r.ContentLength, r.ProtoMajor = length, protocol
				w := httptest.NewRecorder()
				guard.Handler(reader).ServeHTTP(w, r)
				if w.Code != tt.want || w.Code == 200 && w.Body.String() != fmt.Sprint(tt.size) {
					t.Errorf("%s with %d bytes, declared %d, HTTP/%d: %d %s, want %d", tt.path, tt.size, length, protocol, w.Code, w.Body, tt.want)
				}
			}
		}
	}
	// HTTP/3's server does not hold a body to its Content-Length.
	r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("a", 5000)))
	r.ContentLength, r.ProtoMajor = 5, 3
	w := httptest.NewRecorder()
	guard.Handler(reader).ServeHTTP(w, r)
	if w.Code != 413 {
		t.Errorf("a body longer than declared: %d %s", w.Code, w.Body)
	}
}

func TestZeroConfigTakesNoBody(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newGuard(t, limits.Config{}).Handler(reader).ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("a")))
	if w.Code != 413 {
		t.Errorf("answered with %d, want 413", w.Code)
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := limits.New(limits.Config{RequestLine: -1, Fields: -1, FieldSize: -1, Head: -1, Body: -1}, nil)
	for _, key := range []string{"request_line", "fields", "field_size", "head", "body"} {
		if err == nil || !strings.Contains(err.Error(), "limits."+key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
	if hint.Of(err) == "" {
		t.Error("no hint")
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*limits.Guard{nil, new(limits.Guard)} {
		w := httptest.NewRecorder()
		g.Handler(reader).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 500 || g.Check(httptest.NewRequest("GET", "/", nil)) == nil {
			t.Errorf("answered with %d", w.Code)
		}
	}
}

// FuzzBody: however a body is cut into reads, the app gets its first cap bytes and no
// other, and an error exactly when there were more.
func FuzzBody(f *testing.F) {
	f.Add([]byte("hello"), uint16(4), uint8(0))
	f.Add([]byte("hello"), uint16(5), uint8(1))
	f.Add([]byte(""), uint16(0), uint8(2))
	f.Add(bytes.Repeat([]byte("a"), 5000), uint16(4096), uint8(3))
	f.Fuzz(func(t *testing.T, body []byte, limit uint16, how uint8) {
		var src io.Reader = bytes.NewReader(body)
		switch how % 4 {
		case 1:
			src = iotest.OneByteReader(src)
		case 2:
			src = iotest.DataErrReader(src)
		case 3:
			src = iotest.HalfReader(src)
		}
		if limit == 0 {
			limit = 1
		}
		r := httptest.NewRequest("POST", "/", src)
		r.ContentLength = -1
		var got []byte
		var err error
		newGuard(t, limits.Config{Body: fumehood.Size(limit)}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, err = io.ReadAll(r.Body)
			if n, again := r.Body.Read(make([]byte, 10)); n != 0 || again == nil {
				t.Errorf("after the end: %d bytes, %v", n, again)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
		if want := body[:min(len(body), int(limit))]; !bytes.Equal(got, want) {
			t.Errorf("got %d bytes, want %d", len(got), len(want))
		}
		if tooLong := len(body) > int(limit); tooLong != (codeOf(err) == "limits.body") || !tooLong && err != nil {
			t.Errorf("%d bytes, cap %d: %v", len(body), limit, err)
		}
	})
}

// FuzzHead: what passes keeps to the limits by net/http's own way of writing it.
func FuzzHead(f *testing.F) {
	f.Add("GET", "/a?b=c", "Accept", "*/*", 3)
	f.Add("POST", "/%00", "X-A", strings.Repeat("a", 300), 1)
	g := newGuard(f, limits.Config{RequestLine: 64, Fields: 5, FieldSize: 64, Head: 256})
	f.Fuzz(func(t *testing.T, method, target, name, value string, times int) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" || u.User != nil || strings.ContainsAny(name+value, "\r\n") || times < 0 || times > 20 {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Method, r.URL, r.RequestURI = method, u, target
		for range times {
			r.Header[name] = append(r.Header[name], value)
		}
		if g.Check(r) != nil {
			return
		}
		if strings.ContainsAny(r.URL.Path, "\x00\r\n\x1b\x7f") {
			t.Errorf("the path %q passed", r.URL.Path)
		}
		dump, err := httputil.DumpRequest(r, false)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(dump), "\r\n\r\n"), "\r\n")
		if len(dump)-2 > 256 || len(lines[0]) > 64 || len(lines)-1 > 5 {
			t.Errorf("passed: %q", dump)
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	h := newGuard(b, limits.Config{}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/notes?page=2", nil)
	for _, name := range []string{"Accept", "Accept-Encoding", "Accept-Language", "Cookie", "User-Agent", "Sec-Fetch-Site", "Sec-Fetch-Mode"} {
		r.Header.Set(name, "x")
	}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(nil, r)
	}
}
