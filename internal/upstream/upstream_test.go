package upstream_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/netip"
	"net/textproto"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/upstream"
)

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := upstream.New(upstream.Config{URL: "gopher://a", Host: "a/b"})
	if err == nil || !strings.Contains(err.Error(), "gopher") || !strings.Contains(err.Error(), "a/b") {
		t.Errorf("New = %v, want both mistakes", err)
	}
}

func TestNilRefuses(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	(*upstream.Upstream)(nil).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 {
		t.Errorf("status %d, want 500", w.Code)
	}
}

// echo answers with the request as it saw it.
func echo(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s host=%s length=%d te=%v\n", r.Method, r.RequestURI, r.Host, r.ContentLength, r.TransferEncoding)
	r.Header.Write(w)
	io.WriteString(w, "\n")
	io.Copy(w, r.Body)
}

func TestForwardedRequest(t *testing.T) {
	t.Parallel()
	app := serve(t, http.HandlerFunc(echo))
	u := newUpstream(t, upstream.Config{URL: "http://" + app + "/base"})
	front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{ID: "7F3K-9QXD", ClientIP: netip.MustParseAddr("2001:db8::7"), Scheme: "https"}
		u.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	}))
	answer := send(t, front, "POST /a%2fb/%7E?q=%41;c HTTP/1.1\r\nHost: Shop.Example:8443\r\nConnection: close\r\n"+
		"Cookie: a=1\r\nCookie: b=2\r\nX-Custom: 1\r\nX-Custom: 2\r\nContent-Length: 5\r\n\r\nhello")
	for _, want := range []string{
		"POST /base/a%2Fb/~?q=A%3Bc host=shop.example:8443 length=5 te=[]\n",
		"Cookie: a=1; b=2\r\n", "X-Custom: 1\r\nX-Custom: 2\r\n",
		"X-Forwarded-For: 2001:db8::7\r\n", "X-Forwarded-Proto: https\r\n",
		"X-Forwarded-Host: shop.example:8443\r\n", "X-Request-Id: 7F3K-9QXD\r\n",
		"Via: 1.1 fumehood-", "\n\nhello",
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %q in %q", want, answer)
		}
	}
	for _, never := range []string{"User-Agent", "Accept-Encoding"} { // the client sent none
		if strings.Contains(answer, never) {
			t.Errorf("%q in %q", never, answer)
		}
	}
}

func TestBodyFraming(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, upstream.Config{URL: "http://" + serve(t, http.HandlerFunc(echo))})
	front := serve(t, u)
	for name, tt := range map[string]struct{ raw, want string }{
		"chunked stays chunked": {"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
			"length=-1 te=[chunked]\n"},
		"no body":        {"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "length=0 te=[]\n"},
		"options star":   {"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", " 200 OK"},
		"http/1.0":       {"GET / HTTP/1.0\r\n\r\n", "GET / host=127.0.0.1:"},
		"get star":       {"GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", " 400 Bad Request"},
		"expect is ours": {"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok", "\n\nok"},
	} {
		if answer := send(t, front, tt.raw); !strings.Contains(answer, tt.want) {
			t.Errorf("%s: no %q in %q", name, tt.want, answer)
		}
	}

	// What a guard has read whole goes up with its length, whatever the client used.
	whole := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		u.ServeHTTP(w, r)
	}))
	answer := send(t, whole, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
	if !strings.Contains(answer, "length=5 te=[]\n") {
		t.Errorf("a body that was read whole: %q", answer)
	}
}

func TestUnixSocketAndHost(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "app.sock")
	server := &http.Server{Handler: http.HandlerFunc(echo)}
	go server.Serve(listen(t, "unix", socket))
	t.Cleanup(func() { server.Close() })
	front := serve(t, newUpstream(t, upstream.Config{URL: "unix:" + socket, Host: "app.internal"}))
	answer := send(t, front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if !strings.Contains(answer, "GET / host=app.internal ") || !strings.Contains(answer, "X-Forwarded-Host: a\r\n") {
		t.Errorf("answer %q", answer)
	}
}

func TestHTTPSUpstreamIsVerified(t *testing.T) {
	t.Parallel()
	app := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	app.Config.ErrorLog = log.New(io.Discard, "", 0)
	app.StartTLS()
	t.Cleanup(app.Close)
	const raw = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	if answer := send(t, serve(t, newUpstream(t, upstream.Config{URL: app.URL})), raw); !strings.Contains(answer, "upstream.untrusted") {
		t.Errorf("unknown certificate: %q", answer)
	}
	roots := x509.NewCertPool()
	roots.AddCert(app.Certificate())
	if answer := send(t, serve(t, newUpstream(t, upstream.Config{URL: app.URL, RootCAs: roots})), raw); !strings.Contains(answer, " 200 OK") {
		t.Errorf("known certificate: %q", answer)
	}
}

// dressed is a front whose guards set fields before the app runs, and wrap the writer.
func dressed(u http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Vary", "Cookie")
		u.ServeHTTP(wrapped{w}, r)
	})
}

// wrapped is a ResponseWriter as guards make them: nothing but Unwrap.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestEarlyHintsKeepTheGuardsFields(t *testing.T) {
	t.Parallel()
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProcessing) // not for the client
		w.Header().Set("Link", "</s.css>; rel=preload")
		w.Header().Set("X-Early", "1")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("X-Frame-Options", "ALLOWALL")
		w.Header().Set("Vary", "Accept")
		w.Header().Set("Trailer", "X-Late")
		io.WriteString(w, "body")
		w.Header().Set("X-Late", "1")
	}))
	front := serve(t, dressed(newUpstream(t, upstream.Config{URL: "http://" + app})))
	answer := send(t, front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	early, final, found := strings.Cut(answer, "\r\n\r\n")
	if !found || early != "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload" {
		t.Fatalf("early part %q of %q", early, answer)
	}
	for want, n := range map[string]int{
		"X-Frame-Options: DENY": 1, "ALLOWALL": 0, "Vary: Cookie\r\nVary: Accept": 1, "X-Late": 0, "body": 1, "X-Early": 1,
	} {
		if strings.Count(final, want) != n {
			t.Errorf("%q is not %d times in %q", want, n, final)
		}
	}
	if answer := send(t, front, "GET / HTTP/1.0\r\nHost: a\r\n\r\n"); strings.Contains(answer, "103") {
		t.Errorf("103 for HTTP/1.0: %q", answer)
	}
}

func TestEventsArriveAtOnce(t *testing.T) {
	t.Parallel()
	next := make(chan bool)
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		http.NewResponseController(w).Flush() // the head alone
		for range next {
			io.WriteString(w, "data: 1\n\n")
			http.NewResponseController(w).Flush()
		}
	}))
	front := serve(t, dressed(newUpstream(t, upstream.Config{URL: "http://" + app})))
	res := get(t, t.Context(), "http://"+front)
	event := make([]byte, len("data: 1\n\n"))
	for range 3 {
		next <- true
		if _, err := io.ReadFull(res.Body, event); err != nil {
			t.Fatal(err)
		}
	}
	close(next)
}

// get is an HTTP GET whose answer is closed with the test.
func get(t *testing.T, ctx context.Context, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		rc.EnableFullDuplex()
		rc.Flush()
		buf := make([]byte, 64)
		for {
			n, err := r.Body.Read(buf)
			w.Write(bytes.ToUpper(buf[:n]))
			rc.Flush()
			if err != nil {
				return
			}
		}
	}))
	front := serve(t, dressed(newUpstream(t, upstream.Config{URL: "http://" + app})))
	body, feed := io.Pipe()
	res, err := http.Post("http://"+front, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer := bufio.NewReader(res.Body)
	for range 3 {
		io.WriteString(feed, "hello\n")
		if line, err := answer.ReadString('\n'); line != "HELLO\n" {
			t.Fatalf("%q, %v", line, err)
		}
	}
	feed.Close()
}

// zeros is a body of n bytes that nobody has to keep.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLongBodiesTakeConstantMemory(t *testing.T) {
	const size = 256 << 20
	var heap, most uint64
	measure := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		heap = m.HeapInuse
		most = max(most, heap)
	}
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Got", fmt.Sprint(n))
		measure()
		io.CopyN(w, zeros{}, size/2)
		measure()
		io.CopyN(w, zeros{}, size/2)
	}))
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + app}))
	measure()
	before := heap
	res, err := http.Post("http://"+front, "", io.LimitReader(zeros{}, size))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if n != size || err != nil || res.Header.Get("X-Got") != fmt.Sprint(size) {
		t.Errorf("up %s, down %d bytes, %v", res.Header.Get("X-Got"), n, err)
	}
	if grown := most - before; most > before && grown > 32<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

func TestClientGoneEndsTheWork(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]bool{"before the answer": false, "in the middle": true} {
		started, ended := make(chan bool), make(chan bool)
		app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if head {
				http.NewResponseController(w).Flush()
			}
			close(started)
			<-r.Context().Done()
			close(ended)
		}))
		front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + app}))
		conn, err := net.Dial("tcp", front)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		<-started
		conn.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the upstream works on", name)
		}
	}
}

func TestLoopIsRefused(t *testing.T) {
	t.Parallel()
	var u *upstream.Upstream
	var refused []*fumehood.Refusal
	front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{}
		u.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
		refused = append(refused, x.Refused)
	}))
	u = newUpstream(t, upstream.Config{URL: "http://" + front})
	answer := send(t, front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 508 ") || len(refused) == 0 || !strings.Contains(refused[0].Error(), "its own address?") {
		t.Errorf("answer %q, refusals %v", answer, refused)
	}
}

func TestNothingIsRepeatedThatMayHaveHappened(t *testing.T) {
	t.Parallel()
	listener := listen(t, "tcp", "127.0.0.1:0")
	posts := make(chan string, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { // the first request is answered, the second breaks off unanswered
				defer conn.Close()
				in := bufio.NewReader(conn)
				for i := range 2 {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					body, _ := io.ReadAll(r.Body)
					posts <- r.Method + string(body)
					if i == 0 {
						io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					}
				}
			}()
		}
	}()
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + listener.Addr().String()}))
	send(t, front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	answer := send(t, front, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbuy")
	if !strings.Contains(answer, "upstream.bad-answer") {
		t.Errorf("answer %q", answer)
	}
	var all []string
	for len(posts) > 0 { // what came, came before the answer
		all = append(all, <-posts)
	}
	if fmt.Sprint(all) != "[GET POSTbuy]" {
		t.Errorf("the upstream got %v", all)
	}
}

func TestBreakIsLogged(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	u := newUpstream(t, upstream.Config{
		URL:    "http://" + canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
		Logger: slog.New(slog.NewTextHandler(&lines, nil)),
	})
	done := make(chan bool)
	front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		u.ServeHTTP(w, r)
	}))
	send(t, front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	<-done
	if !strings.Contains(lines.String(), "broke off") {
		t.Errorf("log %q", lines.String())
	}
}

// TestBreakWithoutNetHTTPServer is for servers that are not net/http's, such as HTTP/3:
// ReverseProxy alone would end the answer there as if it were whole.
func TestBreakWithoutNetHTTPServer(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, upstream.Config{URL: "http://" + canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler", v)
		}
	}()
	u.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestCompressedAnswersPassUntouched(t *testing.T) {
	t.Parallel()
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "not gzip at all")
	}))
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + app}))
	answer := send(t, front, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n")
	if !strings.Contains(answer, "Content-Encoding: gzip\r\n") || !strings.HasSuffix(answer, "not gzip at all") {
		t.Errorf("answer %q", answer)
	}
}

// TestTypeIsNotGuessed has an app that sends somebody's text without a type. Guessed, it
// would be a page with a script.
func TestTypeIsNotGuessed(t *testing.T) {
	t.Parallel()
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n<html><script>evil()</script>....."
	const raw = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	app := canned(t, answer)
	stock := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: app})
	if got := send(t, serve(t, stock), raw); !strings.Contains(got, "Content-Type: text/html") {
		t.Errorf("a stock ReverseProxy guesses no type: %q", got)
	}
	if got := send(t, serve(t, newUpstream(t, upstream.Config{URL: "http://" + app})), raw); strings.Contains(got, "Content-Type") {
		t.Errorf("the type was guessed: %q", got)
	}
}

// TestHTTP2Client checks that framing of the two sides is not mixed up.
func TestHTTP2Client(t *testing.T) {
	t.Parallel()
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a>")
		w.WriteHeader(103)
		w.Header().Set("Keep-Alive", "timeout=5")
		echo(w, r)
	}))
	front := httptest.NewUnstartedServer(dressed(newUpstream(t, upstream.Config{URL: "http://" + app})))
	front.EnableHTTP2 = true
	front.StartTLS()
	t.Cleanup(front.Close)
	var hints []int
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { hints = append(hints, code); return nil },
	})
	r, _ := http.NewRequestWithContext(ctx, "POST", front.URL+"/x", strings.NewReader("hello"))
	r.Header["Cookie"] = []string{"a=1", "b=2"}
	res, err := front.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.ProtoMajor != 2 || res.Header.Get("Keep-Alive") != "" || fmt.Sprint(hints) != "[103]" {
		t.Errorf("%s, %v, hints %v, %v", res.Proto, res.Header, hints, err)
	}
	for _, want := range []string{"POST /x", "Cookie: a=1; b=2\r\n", "Via: 2 fumehood-", "X-Forwarded-Proto: https\r\n", "\nhello"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %q in %q", want, body)
		}
	}
}
