package errorpages_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/internal/testapp"
)

// serve asks a real server for what handler answers through g.
func serve(t *testing.T, g *errorpages.Guard, handler http.HandlerFunc) (*http.Response, []byte, error) {
	t.Helper()
	server := httptest.NewServer(g.Handler(handler))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

func TestAttackTracebackBehindTheFirstBytes(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte("<p>fine so far</p>\n"), 8000)
	for name, tt := range map[string]struct {
		status       int
		kind, secret string
		pieces       int
		cut          bool
	}{
		"own traceback in HTML":      {200, "text/html", own, 1000, true},
		"byte by byte":               {200, "text/html", own, 1, true},
		"in one piece":               {200, "text/html", own, 1 << 30, true},
		"in JSON":                    {200, "application/json", strconv.Quote(own), 777, true},
		"rich":                       {200, "text/plain", "Traceback (most recent call last)\n| /srv/notes/app.py:3 in index", 100, true},
		"a foreign one in a 500":     {500, "text/html", foreign, 1000, true},
		"a path at the end of a 500": {500, "text/plain", "see /usr/lib/x.py", 1000, true},
		"a foreign one":              {200, "text/html", foreign, 1000, false},
		"in a script":                {200, "text/javascript", own, 1000, false},
		"in a style sheet":           {200, "text/css", own, 1000, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := append(bytes.Clone(long), tt.secret...)
			handler := func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.Header().Set("Etag", `"1"`)
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				w.WriteHeader(tt.status)
				for rest := body; len(rest) > 0; {
					n := min(tt.pieces, len(rest))
					if _, err := w.Write(rest[:n]); err != nil {
						return
					}
					rest = rest[n:]
				}
			}
			log := &testapp.Log{}
			g := newGuard(t, errorpages.Config{}, errorpages.Site{Roots: []string{"/srv/notes", "/usr"}, Logger: log.Logger()})
			resp, got, err := serve(t, g, handler)
			if tt.cut != (err != nil) || tt.cut != strings.Contains(log.String(), "answer cut") {
				t.Errorf("%v, %d bytes; logged %.300s", err, len(got), log)
			}
			if !tt.cut && !bytes.Equal(got, body) || tt.cut && (bytes.Contains(got, []byte("/srv/notes/app")) || len(got) < 64<<10 && tt.pieces < 1<<20) {
				t.Errorf("got %d bytes, ending with %q", len(got), got[max(0, len(got)-200):])
			}
			if resp.Header.Get("Etag") != `"1"` || resp.ContentLength != int64(len(body)) {
				t.Errorf("what the app said of its bytes is gone: %v", resp.Header)
			}
		})
	}
}

func TestFilesAndDownloadsAreNotWatched(t *testing.T) {
	t.Parallel()
	body := append(bytes.Repeat([]byte("line\n"), 20000), own...)
	for field, value := range map[string]string{
		"Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT", "Content-Disposition": `attachment; filename="log.txt"`,
	} {
		g := newGuard(t, errorpages.Config{}, site())
		_, got, err := serve(t, g, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(field, value)
			replay(200, "text/plain", body)(w, r)
		})
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s: %v, %d bytes", field, err, len(got))
		}
	}
	g := newGuard(t, errorpages.Config{}, site())
	part := []byte(own)
	if _, got, err := serve(t, g, replay(206, "text/plain", part)); err != nil || !bytes.Equal(got, part) {
		t.Errorf("a part became %q, %v", got, err)
	}
}

func TestReportModeCutsNothing(t *testing.T) {
	t.Parallel()
	log := &testapp.Log{}
	g := newGuard(t, errorpages.Config{Mode: fumehood.Report}, errorpages.Site{Roots: []string{"/srv/notes"}, Logger: log.Logger()})
	body := append(bytes.Repeat([]byte("line\n"), 20000), own...)
	_, got, err := serve(t, g, replay(200, "text/plain", body))
	if err != nil || !bytes.Equal(got, body) || !strings.Contains(log.String(), "answer shows internals") {
		t.Errorf("%v, %d bytes, logged %.300s", err, len(got), log)
	}
}

// A stream that flushes must not wait for its first 64 KB.
func TestFlushedStreamsFlow(t *testing.T) {
	t.Parallel()
	first := make(chan struct{})
	g := newGuard(t, errorpages.Config{}, site())
	server := httptest.NewServer(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintln(w, "one")
		http.NewResponseController(w).Flush()
		<-first
		fmt.Fprintln(w, "two")
	})))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	line := make([]byte, 4)
	if _, err := io.ReadFull(resp.Body, line); err != nil || string(line) != "one\n" {
		t.Fatalf("%q, %v", line, err)
	}
	close(first)
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "two\n" {
		t.Errorf("%q, %v", rest, err)
	}
}

// An app that flushes its head at once gets no clean page, but shows nothing either.
func TestAttackFlushBeforeTheTraceback(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 500} {
		g := newGuard(t, errorpages.Config{}, site())
		_, got, err := serve(t, g, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(status)
			http.NewResponseController(w).Flush()
			io.WriteString(w, own)
		})
		if bytes.Contains(got, []byte("srv/notes")) {
			t.Errorf("%d: %v, %q", status, err, got)
		}
	}
}

// FuzzSearch: how a body is cut must not change the verdict.
func FuzzSearch(f *testing.F) {
	for _, body := range []string{
		own, foreign, "sqlite3.OperationalError: near \"x\": syntax error", "(most recent call last) /srv/notes/a.py:3", "KeyError: 'x' gunicorn/23.0 [Errno 2] No such file or directory: '/srv/notes/x'",
		"xsqlite:////srv/notes/x.db and /app/x.py", "<script src=\"?__debugger__=yes var CONSOLE_MODE = true,", "(most recent call last)<b>/app/</b>x.py,", "XError: FooError: x", strings.Repeat("(most recent call ", 50),
	} {
		f.Add([]byte(body), uint16(0), uint8(1), true)
		f.Add([]byte(body), uint16(5000), uint8(7), false)
	}
	g := newGuard(f, errorpages.Config{}, errorpages.Site{Roots: []string{"/srv/notes", "/app", "/usr", "/srv/nötes"}})
	f.Fuzz(func(t *testing.T, body []byte, pad uint16, size uint8, server bool) {
		if len(body) > 5000 {
			return
		}
		body = append(bytes.Repeat([]byte("ab "), int(pad%10000)/3), body...)
		size = max(size, uint8(len(body)/200)) // or it takes too long
		_, whole := g.Scan(body, server)
		for _, sizes := range [][]int{{int(size)}, {len(body) / 2, 1 << 20}, {int(pad), int(size), 4096, 1 << 20}} {
			if _, got := g.Scan(body, server, sizes...); got != whole {
				t.Fatalf("in pieces of %v: %v, in one piece: %v", sizes, got, whole)
			}
		}
		if plain := bytes.Contains(body, []byte(`File "/srv/notes/`)); plain && !whole {
			t.Fatal("a frame of the app's was overlooked")
		}
	})
}

// FuzzCheck compares the parameter's name with what net/url reads.
func FuzzCheck(f *testing.F) {
	for _, query := range []string{"__debugger__=yes", "a=1&%5f_debugger__", "__debugger", "%", "&&=&"} {
		f.Add(query)
	}
	g := newGuard(f, errorpages.Config{}, errorpages.Site{})
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		refused := g.Check(r) != nil
		if has := r.URL.Query().Has("__debugger__"); has && !refused {
			t.Fatalf("%q got through", query)
		} else if refused && !has && !strings.ContainsAny(query, "%;") {
			t.Fatalf("%q was refused", query)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, "text/html", []byte(own), "gzip")
	f.Add(404, "text/html; charset=x", []byte("<title>404 Not Found</title"), "")
	f.Add(500, "application/json", []byte(`{"error":{"error":[["no such table: x"]]}}`), "deflate")
	g := newGuard(f, errorpages.Config{}, site())
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte, encoding string) {
		if status < 200 || status > 599 {
			return
		}
		w := httptest.NewRecorder()
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{kind}
			if encoding != "" {
				w.Header()["Content-Encoding"] = []string{encoding}
			}
			w.WriteHeader(status)
			w.Write(body)
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Body.String() != string(body) && w.Header().Get("Content-Type") != "application/problem+json" {
			if status != 204 && status != 304 {
				t.Fatalf("%d %q became %d %q", status, body, w.Code, w.Body)
			}
		}
	})
}
