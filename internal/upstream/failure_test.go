package upstream_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/upstream"
)

// canned is an upstream that answers every connection's first request with the same
// bytes and then ends the connection.
func canned(t *testing.T, answer string) (addr string) {
	t.Helper()
	listener := listen(t, "tcp", "127.0.0.1:0")
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// TestBadAnswers has upstreams that answer with garbage. Each answer is either refused
// with a whole 502, or the client's connection is aborted so that it cannot take a part
// for the whole.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	const refused, aborted = "upstream.bad-answer", ""
	for name, tt := range map[string]struct{ answer, want string }{
		"nothing":                         {"", refused},
		"not http":                        {"SSH-2.0-x\r\n", refused},
		"status below 200":                {"HTTP/1.1 099 x\r\n\r\n", refused},
		"status above 599":                {"HTTP/1.1 999 x\r\n\r\n", refused},
		"nul in a field":                  {"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n", refused},
		"escape in a field":               {"HTTP/1.1 200 OK\r\nX-A: \x1b[2J\r\nContent-Length: 0\r\n\r\n", refused},
		"carriage return in a field":      {"HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n", refused},
		"space in a name":                 {"HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n", refused},
		"no colon":                        {"HTTP/1.1 200 OK\r\nX-A\r\n\r\n", refused},
		"two lengths":                     {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", refused},
		"negative length":                 {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", refused},
		"unknown transfer coding":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", refused},
		"endless head":                    {"HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 300<<10) + "\r\n\r\n", refused},
		"101 that nobody asked for":       {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", refused},
		"bare 101":                        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", refused},
		"shorter than its length":         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", aborted},
		"broken chunk":                    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nZZ", aborted},
		"chunks without an end":           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", aborted},
		"length and chunks, chunks count": {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n", "half"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + canned(t, tt.answer)}))
			body, status, err := fetch(t, front)
			switch {
			case tt.want == aborted && err == nil:
				t.Errorf("the client took %q for whole", body)
			case tt.want == refused && (status != 502 || !strings.Contains(body, refused)):
				t.Errorf("%d %q, want 502 %s", status, body, refused)
			case tt.want == "half" && (status != 200 || body != "half"):
				t.Errorf("%d %q", status, body)
			}
		})
	}
}

// fetch is a GET as a client sees it. An error means that the answer was not whole.
func fetch(t *testing.T, addr string) (body string, status int, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", 0, err
	}
	raw, err := io.ReadAll(res.Body)
	return string(raw), res.StatusCode, err
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + listener.Addr().String()}))
	if body, status, _ := fetch(t, front); status != 502 || !strings.Contains(body, "upstream.unreachable") {
		t.Errorf("%d %q", status, body)
	} else if strings.Contains(body, "127.0.0.1") {
		t.Errorf("the client is told where the app is: %q", body)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	hold := make(chan bool)
	t.Cleanup(func() { close(hold) })
	for name, app := range map[string]http.HandlerFunc{
		"no answer":         func(http.ResponseWriter, *http.Request) { <-hold },
		"only early hints":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); <-hold },
		"body is not taken": func(_ http.ResponseWriter, r *http.Request) { r.Body.Read(make([]byte, 1)); <-hold },
	} {
		server := &http.Server{Handler: app}
		listener := listen(t, "tcp", "127.0.0.1:0")
		go server.Serve(listener)
		t.Cleanup(func() { server.Close() })
		front := serve(t, newUpstream(t, upstream.Config{
			URL: "http://" + listener.Addr().String(), TimeoutOf: func(*http.Request) time.Duration { return 50 * time.Millisecond },
		}))
		res, err := http.Post("http://"+front, "", io.LimitReader(zeros{}, 64<<20))
		if err != nil {
			continue // the client was still sending when the connection was ended
		}
		defer res.Body.Close()
		if body, _ := io.ReadAll(res.Body); res.StatusCode != 504 || !strings.Contains(string(body), "upstream.timeout") {
			t.Errorf("%s: %d %q", name, res.StatusCode, body)
		}
	}
}

// TestSlowClientIsNotTheUpstreamsFault sends a body with pauses longer than the timeout.
func TestSlowClientIsNotTheUpstreamsFault(t *testing.T) {
	t.Parallel()
	const timeout = 100 * time.Millisecond
	front := serve(t, newUpstream(t, upstream.Config{
		URL: "http://" + serve(t, http.HandlerFunc(echo)), Timeout: timeout,
	}))
	body, feed := io.Pipe()
	go func() {
		for range 3 {
			io.WriteString(feed, "x")
			<-time.After(2 * timeout)
		}
		feed.Close()
	}()
	res, err := http.Post("http://"+front, "", body)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err != nil || !strings.HasSuffix(string(got), "xxx") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestBodyErrors(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, upstream.Config{URL: "http://" + serve(t, http.HandlerFunc(echo))})
	slow := &fumehood.Refusal{Status: 408, Code: "body.slow", Public: "Too slow."}
	for name, tt := range map[string]struct {
		body func(w http.ResponseWriter, r *http.Request) io.ReadCloser
		want string
	}{
		"a guard's limit": {func(w http.ResponseWriter, r *http.Request) io.ReadCloser {
			return http.MaxBytesReader(w, r.Body, 3)
		}, "upstream.body-too-large"},
		"a guard's refusal": {func(http.ResponseWriter, *http.Request) io.ReadCloser {
			return io.NopCloser(failing{slow})
		}, "body.slow"},
		"anything else": {func(http.ResponseWriter, *http.Request) io.ReadCloser {
			return io.NopCloser(failing{errors.New("no")})
		}, "upstream.body-broken"},
	} {
		front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = tt.body(w, r)
			u.ServeHTTP(w, r)
		}))
		res, err := http.Post("http://"+front, "", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got, _ := io.ReadAll(res.Body); !strings.Contains(string(got), tt.want) {
			t.Errorf("%s: %d %q, want %s", name, res.StatusCode, got, tt.want)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestAnswerOvertakesBody has an app that answers before the body is over. The client
// gets the answer at once, and nothing that follows is taken for a request.
func TestAnswerOvertakesBody(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ head, rest string }{
		"length":  {"Content-Length: 1000\r\n\r\nfirst", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"},
		"chunked": {"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"},
	} {
		rec := &http.Server{}
		var paths []string
		rec.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.Path)
			http.NewResponseController(w).EnableFullDuplex()
			w.Header().Set("Connection", "close")
			w.WriteHeader(413)
		})
		listener := listen(t, "tcp", "127.0.0.1:0")
		go rec.Serve(listener)
		front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + listener.Addr().String()}))
		conn, err := net.Dial("tcp", front)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\n"+tt.head)
		in := bufio.NewReader(conn)
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != 413 || !res.Close {
			t.Fatalf("%s: %v %v", name, res, err)
		}
		io.Copy(io.Discard, res.Body)
		io.WriteString(conn, tt.rest)
		if rest, _ := io.ReadAll(in); len(rest) > 0 {
			t.Errorf("%s: after the answer came %q", name, rest)
		}
		conn.Close()
		rec.Close()
		if len(paths) != 1 {
			t.Errorf("%s: the app got %q", name, paths)
		}
	}
}
