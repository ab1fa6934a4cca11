package htmlrewrite_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/htmlrewrite"
)

// counter is a sink that keeps nothing.
type counter struct{ bytes, forms int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	if string(p) == formText {
		c.forms++
	}
	return len(p), nil
}
func (c *counter) Flush() error { return nil }
func (c *counter) Close() error { return nil }

// allocated runs f and returns how many bytes were allocated meanwhile.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Not parallel: it measures the memory of the whole process. What is allocated in all, not
// only what is live, stays below a fraction of the page.
func TestMemoryOfLongPages(t *testing.T) {
	const piece = 32 << 10
	for name, unit := range map[string]string{
		"a page":    "<p class=\"a b\">words and words and words and words and words and words</p>\n",
		"markup":    "<p class='a b'>x</p><a href=\"/x?y=1\">z</a>\n",
		"script":    "<script>if (a < b) { c() }</script>\n",
		"one attr":  "<p title='", // it never ends: the rest of the page is the value
		"one tag":   "<p a=1 ",
		"comment":   "<!-- - ",
		"one name":  "<xxxxxxxx",
		"deep svg":  "<svg><g>",
		"form attr": "<form method=post action='/x",
	} {
		size := int64(8 << 20)
		if name == "a page" {
			size = 100 << 20
		}
		chunk := []byte(strings.Repeat(unit, piece/len(unit)))
		out := &counter{}
		var in int64
		used := allocated(func() {
			rw := htmlrewrite.New(out, site(true))
			for in < size {
				n, err := rw.Write(chunk)
				if err != nil {
					t.Fatal(err)
				}
				in += int64(n)
			}
			rw.Close()
		})
		if out.bytes != in+int64(len(headText)) && out.bytes != in {
			t.Errorf("%s: %d bytes in, %d out", name, in, out.bytes)
		}
		if used > 1<<20 {
			t.Errorf("%s: %d bytes were allocated for a page of %d", name, used, in)
		}
	}
}

// compressed returns doc in a coding, with a point in the middle up to which it can be read.
func compressed(t *testing.T, coding, doc string) (all []byte, half int) {
	t.Helper()
	var out bytes.Buffer
	var w interface {
		io.WriteCloser
		Flush() error
	}
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "bare":
		w, _ = flate.NewWriter(&out, 6)
	}
	io.WriteString(w, doc[:len(doc)/2])
	w.Flush()
	half = out.Len()
	io.WriteString(w, doc[len(doc)/2:])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), half
}

func TestInflate(t *testing.T) {
	t.Parallel()
	doc := "<head></head>" + strings.Repeat("<form method=post></form> and a text", 3000)
	want := rewrite(t, site(true), doc)
	for _, tt := range []struct{ coding, made string }{{"gzip", "gzip"}, {"deflate", "deflate"}, {"deflate", "bare"}} {
		all, half := compressed(t, tt.made, doc)
		for _, step := range []int{1, 7, 4096, len(all)} {
			out := &collect{}
			in := htmlrewrite.Inflate(t.Context(), tt.coding, htmlrewrite.New(out, site(true)))
			for i := 0; i < len(all); i += step {
				if _, err := in.Write(all[i:min(i+step, len(all))]); err != nil {
					t.Fatal(err)
				}
			}
			if err := in.Close(); err != nil || out.String() != want || out.closed != 1 {
				t.Errorf("%s in pieces of %d: %v, %d bytes, want %d", tt.made, step, err, out.Len(), len(want))
			}
		}
		out := &collect{}
		in := htmlrewrite.Inflate(t.Context(), tt.coding, htmlrewrite.New(out, htmlrewrite.Options{}))
		in.Write(all[:half])
		if in.Flush(); out.String() != doc[:len(doc)/2] {
			t.Errorf("%s: a flush of the app shows %d bytes, want %d", tt.made, out.Len(), len(doc)/2)
		}
		if err := in.Close(); err == nil || out.closed != 0 {
			t.Errorf("%s: half a page was closed as a whole one", tt.made)
		}
	}
}

func TestInflateOfWhatIsNotCompressed(t *testing.T) {
	t.Parallel()
	for _, coding := range []string{"gzip", "deflate"} {
		in := htmlrewrite.Inflate(t.Context(), coding, &collect{})
		_, err := io.WriteString(in, "<p>this is no compressed page, whatever its head says</p>")
		if closed := in.Close(); err == nil && closed == nil {
			t.Errorf("%s: no error", coding)
		}
		out := &collect{}
		if err := htmlrewrite.Inflate(t.Context(), coding, out).Close(); err != nil || out.closed != 1 {
			t.Errorf("%s: an empty body: %v", coding, err)
		}
	}
}

// broken is a sink whose client has gone.
type broken struct{ collect }

func (b *broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestErrorsOfTheClientAreSeen(t *testing.T) {
	t.Parallel()
	all, _ := compressed(t, "gzip", "<p>hello")
	in := htmlrewrite.Inflate(t.Context(), "gzip", htmlrewrite.New(&broken{}, site(true)))
	_, err := in.Write(all)
	if err == nil || err.Error() != "gone" {
		t.Errorf("Write: %v", err)
	}
	if err := in.Close(); err == nil {
		t.Error("closed as if it had arrived")
	}
	rw := htmlrewrite.New(&broken{}, site(true))
	if _, err := rw.Write([]byte("<p>hello")); err == nil {
		t.Error("no error without compression")
	}
}

// An answer that breaks off is never closed: the coroutine must end with the request.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	all, _ := compressed(t, "gzip", strings.Repeat("hello", 10000))
	var sinks []answer.Sink
	for range 50 {
		in := htmlrewrite.Inflate(ctx, "gzip", &collect{})
		if _, err := in.Write(all[:len(all)/2]); err != nil {
			t.Fatal(err)
		}
		sinks = append(sinks, in)
	}
	cancel()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+5; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
	}
	for _, in := range sinks {
		if _, err := in.Write(all); err == nil {
			t.Error("a write after the end of the request")
		}
	}
}

func TestPageOf(t *testing.T) {
	t.Parallel()
	get, head := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("HEAD", "/", nil)
	for _, tt := range []struct {
		name   string
		r      *http.Request
		status int
		header http.Header
		ok     bool
		page   htmlrewrite.Page
	}{
		{"Flask's", get, 200, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, true, htmlrewrite.Page{Charset: true}},
		{"no charset", get, 404, http.Header{"Content-Type": {"Text/HTML"}}, true, htmlrewrite.Page{}},
		{"another charset", get, 500, http.Header{"Content-Type": {`text/html;charset="ISO-8859-15"`}}, true, htmlrewrite.Page{Charset: true}},
		{"gzip", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"GZIP"}}, true, htmlrewrite.Page{Coding: "gzip"}},
		{"deflate", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"deflate"}}, true, htmlrewrite.Page{Coding: "deflate"}},
		{"identity", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"identity"}}, true, htmlrewrite.Page{}},
		{"shown inline", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Disposition": {"inline"}}, true, htmlrewrite.Page{}},

		{"HEAD", head, 200, http.Header{"Content-Type": {"text/html"}}, false, htmlrewrite.Page{}},
		{"not modified", get, 304, http.Header{"Content-Type": {"text/html"}}, false, htmlrewrite.Page{}},
		{"no content", get, 204, http.Header{"Content-Type": {"text/html"}}, false, htmlrewrite.Page{}},
		{"a range", get, 206, http.Header{"Content-Type": {"text/html"}}, false, htmlrewrite.Page{}},
		{"a range with another status", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Range": {"bytes 0-1/2"}}, false, htmlrewrite.Page{}},
		{"brotli", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"br"}}, false, htmlrewrite.Page{}},
		{"zstd", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"zstd"}}, false, htmlrewrite.Page{}},
		{"twice", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip, gzip"}}, false, htmlrewrite.Page{}},
		{"two lines", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip", "br"}}, false, htmlrewrite.Page{}},
		{"a download", get, 200, http.Header{"Content-Type": {"text/html"}, "Content-Disposition": {"attachment; filename=a"}}, false, htmlrewrite.Page{}},
		{"UTF-16", get, 200, http.Header{"Content-Type": {"text/html; charset=UTF-16LE"}}, false, htmlrewrite.Page{}},
		{"UTF-32", get, 200, http.Header{"Content-Type": {"text/html; charset=utf-32"}}, false, htmlrewrite.Page{}},
		{"UTF-7", get, 200, http.Header{"Content-Type": {"text/html; charset=utf-7"}}, false, htmlrewrite.Page{}},
		{"ISO-2022-JP", get, 200, http.Header{"Content-Type": {"text/html; charset=iso-2022-jp"}}, false, htmlrewrite.Page{}},
		{"HZ", get, 200, http.Header{"Content-Type": {"text/html; charset=hz-gb-2312"}}, false, htmlrewrite.Page{}},
		{"an unknown charset", get, 200, http.Header{"Content-Type": {"text/html; charset=iso-8859-"}}, false, htmlrewrite.Page{}},
		{"XHTML", get, 200, http.Header{"Content-Type": {"application/xhtml+xml"}}, false, htmlrewrite.Page{}},
		{"JSON", get, 200, http.Header{"Content-Type": {"application/json"}}, false, htmlrewrite.Page{}},
		{"plain text", get, 200, http.Header{"Content-Type": {"text/plain"}}, false, htmlrewrite.Page{}},
		{"no type", get, 200, http.Header{}, false, htmlrewrite.Page{}},
		{"two types", get, 200, http.Header{"Content-Type": {"text/html", "text/plain"}}, false, htmlrewrite.Page{}},
		{"a broken type", get, 200, http.Header{"Content-Type": {"text/html; charset=utf-8; charset=utf-16"}}, false, htmlrewrite.Page{}},
	} {
		page, ok := htmlrewrite.PageOf(&answer.Head{Status: tt.status, Header: tt.header, Request: tt.r})
		if ok != tt.ok || ok && page != tt.page {
			t.Errorf("%s: %v %+v, want %v %+v", tt.name, ok, page, tt.ok, tt.page)
		}
	}
}

func BenchmarkRewrite(b *testing.B) {
	for name, unit := range map[string]string{
		"text": strings.Repeat("words and words and words ", 20), "markup": "<p class='a b'>x</p><a href=\"/x?y=1\">z</a>\n",
	} {
		b.Run(name, func(b *testing.B) {
			chunk := []byte(strings.Repeat(unit, 32<<10/len(unit)))
			rw := htmlrewrite.New(&counter{}, site(true))
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				rw.Write(chunk)
			}
		})
	}
}
