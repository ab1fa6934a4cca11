package record_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/record"
)

// serve serves h, guarded, over HTTP/1 and HTTP/2 on loopback.
func serve(t *testing.T, h http.HandlerFunc) (plain, http2 *httptest.Server, out *lines) {
	t.Helper()
	g, out := newGuard(t, true)
	plain = httptest.NewServer(g.Handler(h))
	http2 = httptest.NewUnstartedServer(g.Handler(h))
	http2.EnableHTTP2 = true
	http2.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(http2.Close)
	return plain, http2, out
}

func get(t *testing.T, srv *httptest.Server) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// What net/http's own writers can do must be what a handler finds, in both protocols.
func TestOptionalMethodsAreThoseOfTheProtocol(t *testing.T) {
	t.Parallel()
	options := func(w http.ResponseWriter) string {
		_, flusher := w.(http.Flusher)
		_, hijacker := w.(http.Hijacker)
		_, readerFrom := w.(io.ReaderFrom)
		_, pusher := w.(http.Pusher)
		_, stringWriter := w.(io.StringWriter)
		return fmt.Sprintf("flush %v hijack %v readfrom %v push %v string %v", flusher, hijacker, readerFrom, pusher, stringWriter)
	}
	var guarded, bare []string
	plain, http2, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { guarded = append(guarded, options(w)) })
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { bare = append(bare, options(w)) })
	for _, srv := range []*httptest.Server{plain, http2} {
		get(t, srv)
		srv.Config.Handler = inner
		get(t, srv)
	}
	if fmt.Sprint(guarded) != fmt.Sprint(bare) || len(bare) != 2 {
		t.Errorf("with the guard %v\nwithout %v", guarded, bare)
	}
}

func TestFlushReachesTheClientAtOnce(t *testing.T) {
	t.Parallel()
	for _, flush := range []func(http.ResponseWriter) error{
		func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil },
		func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	} {
		read := make(chan struct{})
		plain, http2, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "one")
			if err := flush(w); err != nil {
				t.Error(err)
			}
			<-read // the client has it while the handler still runs
		})
		for _, srv := range []*httptest.Server{plain, http2} {
			resp, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			word := make([]byte, 3)
			if _, err := io.ReadFull(resp.Body, word); err != nil || string(word) != "one" {
				t.Errorf("%q, %v", word, err)
			}
			read <- struct{}{}
			resp.Body.Close()
		}
	}
}

func TestEarlyHintsPassAndAreNotTheStatus(t *testing.T) {
	t.Parallel()
	plain, http2, out := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	})
	for _, srv := range []*httptest.Server{plain, http2} {
		var early atomic.Int64
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { early.Store(int64(code)); return nil },
		})
		req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
		resp, err := srv.Client().Do(req)
		if err != nil || resp.StatusCode != 418 || early.Load() != 103 {
			t.Fatalf("%v, %v, early %d", resp, err, early.Load())
		}
		resp.Body.Close()
	}
	plain.Close()
	http2.Close()
	for _, one := range out.records(t) {
		if one["status"] != 418.0 {
			t.Errorf("recorded %v", one["status"])
		}
	}
}

// The kernel sends files only if net/http's own ReadFrom is reached.
func TestFilesAreSentByTheKernel(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	content := strings.Repeat("0123456789", 100_000)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, http2, out := serve(t, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	for _, srv := range []*httptest.Server{plain, http2} {
		if _, body, err := get(t, srv); err != nil || body != content {
			t.Errorf("%d bytes of %d, %v", len(body), len(content), err)
		}
	}
	plain.Close()
	http2.Close()
	for _, one := range out.records(t) {
		if one["bytes"] != 1e6 || one["status"] != 200.0 {
			t.Errorf("recorded %v bytes, status %v", one["bytes"], one["status"])
		}
	}
	// The writer that net/http would be given the file by is the one below.
	below := &readFrom{ResponseWriter: httptest.NewRecorder()}
	g, _ := newGuard(t, true)
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		io.Copy(w, file)
	})).ServeHTTP(below, httptest.NewRequest("GET", "/", nil))
	if got := fmt.Sprintf("%T", below.src); !strings.HasPrefix(got, "os.") && !strings.HasPrefix(got, "*os.") {
		t.Errorf("ReadFrom got a %s, want the file itself", got)
	}
}

type readFrom struct {
	http.ResponseWriter
	src io.Reader
}

func (w *readFrom) ReadFrom(src io.Reader) (int64, error) {
	w.src = src
	return io.Copy(io.Discard, src)
}
func (w *readFrom) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

// rawConn is a connection that must be told before anything but HTTP comes over it.
type rawConn struct {
	net.Conn
	raw atomic.Bool
}

func (c *rawConn) Raw() { c.raw.Store(true) }

type rawListener struct {
	net.Listener
	last chan *rawConn
}

func (l *rawListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	raw := &rawConn{Conn: conn}
	l.last <- raw
	return raw, nil
}

func TestHijack(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(){"return": func() {}, "panic": func() { panic("after the hijack") }} {
		g, out := newGuard(t, true)
		srv := httptest.NewUnstartedServer(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			line, _ := rw.ReadString('\n')
			io.WriteString(conn, "you said "+line)
			if name == "return" {
				conn.Close()
			}
			after()
		})))
		ln := &rawListener{srv.Listener, make(chan *rawConn, 1)}
		srv.Listener = ln
		srv.Start()
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n")
		got, err := io.ReadAll(conn) // the connection is closed, after a panic too
		if err != nil || !strings.HasSuffix(string(got), "\r\n\r\nyou said hello\n") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if raw := <-ln.last; !raw.raw.Load() {
			t.Errorf("%s: the connection was not told", name)
		}
		conn.Close()
		srv.Close()
		var statuses []any
		for _, one := range waitRecords(t, out, map[string]int{"return": 1, "panic": 2}[name]) {
			if one["msg"] == "request" {
				statuses = append(statuses, one["status"])
			}
		}
		if fmt.Sprint(statuses) != "[101]" {
			t.Errorf("%s: recorded %v", name, statuses)
		}
	}
}

// waitRecords waits for n records: a hijacked connection is not waited for by Server.Close.
func waitRecords(t *testing.T, out *lines, n int) []map[string]any {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		if all := out.records(t); len(all) >= n || time.Now().After(end) {
			return all
		}
		time.Sleep(time.Millisecond)
	}
}

// An answer that broke in the middle must not look complete.
func TestPanicInTheMiddleAbortsTheConnection(t *testing.T) {
	t.Parallel()
	plain, http2, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic("x")
	})
	for _, srv := range []*httptest.Server{plain, http2} {
		if resp, body, err := get(t, srv); err == nil {
			t.Errorf("HTTP/%d: %q looks complete", resp.ProtoMajor, body)
		}
	}
}

func TestClientThatWentAwayIs499(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	plain, http2, out := serve(t, func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-r.Context().Done()
	})
	for _, srv := range []*httptest.Server{plain, http2} {
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
		go func() { <-began; cancel() }()
		if _, err := srv.Client().Do(req); err == nil {
			t.Error("the request went through")
		}
		srv.Close()
	}
	for _, one := range waitRecords(t, out, 2) {
		if one["status"] != 499.0 {
			t.Errorf("recorded %v", one["status"])
		}
	}
}

// A refused request may have a body that never comes. net/http waits for it, up to 256 KB,
// before it lets the connection go.
func TestAttackBodyThatNeverComesAfterARefusal(t *testing.T) {
	t.Parallel()
	refuse := func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 421, Code: "hosts.unknown"})
	}
	attack := func(srv *httptest.Server, wait time.Duration) (closed bool) {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return false
		}
		defer conn.Close()
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
		conn.SetDeadline(time.Now().Add(wait))
		_, err = io.Copy(io.Discard, conn)
		return err == nil
	}
	plain, _, _ := serve(t, refuse)
	bare := httptest.NewServer(http.HandlerFunc(refuse))
	defer bare.Close()
	var both sync.WaitGroup
	both.Go(func() {
		if !attack(plain, 20*time.Second) {
			t.Error("the connection is held")
		}
	})
	both.Go(func() {
		if attack(bare, 3*time.Second) {
			t.Error("without the guard the connection must be held")
		}
	})
	both.Wait()
}

func TestNeverLosesARecord(t *testing.T) {
	t.Parallel()
	plain, _, out := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panic":
			panic("x")
		case "/abort":
			panic(http.ErrAbortHandler)
		}
	})
	const each = 20
	for range each {
		for _, path := range []string{"/", "/panic", "/abort"} {
			resp, err := plain.Client().Get(plain.URL + path)
			if (err != nil) != (path == "/abort") {
				t.Errorf("%s: %v", path, err)
			}
			if err == nil {
				resp.Body.Close()
			}
		}
	}
	plain.Close()
	seen := map[any]int{}
	ids := map[any]bool{}
	for _, one := range out.records(t) {
		if one["msg"] == "request" {
			seen[one["path"]]++
			ids[one["id"]] = true
		}
	}
	// A client may send a request again that was aborted.
	if seen["/"] != each || seen["/panic"] != each || seen["/abort"] < each || len(ids) != seen["/"]+seen["/panic"]+seen["/abort"] {
		t.Errorf("recorded %v, %d different IDs", seen, len(ids))
	}
}

func BenchmarkHandler(b *testing.B) {
	g, err := record.New(record.Config{})
	if err != nil {
		b.Fatal(err)
	}
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }))
	r := httptest.NewRequest("GET", "/", nil)
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
