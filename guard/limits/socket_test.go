package limits_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/limits"
)

// unguarded refuses by length as a plain handler would, and leaves the rest to net/http.
var unguarded = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "too large", http.StatusRequestEntityTooLarge)
})

func dial(t *testing.T, srv *httptest.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second)) // a net under the test
	return conn, bufio.NewReader(conn)
}

// A browser sends the whole form before it reads. It must see the 413, not a reset.
func TestClientThatSendsFirstReadsThe413(t *testing.T) {
	t.Parallel()
	const size = 30 << 20
	send := func(t *testing.T, h http.Handler, chunked bool) (int, error) {
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		conn, in := dial(t, srv)
		block := strings.Repeat("a", 1<<20)
		var err error
		if chunked {
			_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
			block = fmt.Sprintf("%x\r\n%s\r\n", len(block), block)
		} else {
			_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
		}
		for i := 0; i < size>>20 && err == nil; i++ {
			_, err = io.WriteString(conn, block)
		}
		if err != nil {
			return 0, err
		}
		if chunked {
			if _, err := io.WriteString(conn, "0\r\n\r\n"); err != nil {
				return 0, err
			}
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return 0, err
		}
		if _, err := io.ReadAll(resp.Body); err != nil {
			return 0, err
		}
		if !resp.Close {
			t.Error("the connection stays open")
		}
		return resp.StatusCode, nil
	}
	for _, chunked := range []bool{false, true} {
		guard := newGuard(t, limits.Config{Body: 1 << 20})
		if status, err := send(t, guard.Handler(reader), chunked); status != 413 || err != nil {
			t.Errorf("chunked %v: %d, %v, want 413", chunked, status, err)
		}
	}
	if _, err := send(t, unguarded, false); err == nil {
		t.Error("without the drain the client must fail while it sends")
	}
}

func TestAttackEndlessBodyIsCut(t *testing.T) {
	t.Parallel()
	for _, head := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\n",
	} {
		srv := httptest.NewServer(newGuard(t, limits.Config{Body: 1 << 20}).Handler(reader))
		t.Cleanup(srv.Close)
		conn, _ := dial(t, srv)
		io.WriteString(conn, head)
		block := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat("a", 1<<20))
		sent := 0
		for sent = 0; sent < 256; sent++ {
			if _, err := io.WriteString(conn, block); err != nil {
				break
			}
		}
		if sent == 256 {
			t.Errorf("%q: 256 MB were taken", head)
		}
	}
}

// A sender that stops in the middle must not hold the connection.
func TestAttackSilentBodyIsCut(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newGuard(t, limits.Config{Body: 10}).Handler(reader))
	t.Cleanup(srv.Close)
	conn, in := dial(t, srv)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
	if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 413 {
		t.Fatalf("%v, %v", resp, err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		t.Errorf("the server did not close: %v", err)
	}
}

func TestContinueIsNotSentBeforeARefusal(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newGuard(t, limits.Config{Body: 10}).Handler(reader))
	t.Cleanup(srv.Close)
	for length, want := range map[int]string{10: "HTTP/1.1 100 Continue", 11: "HTTP/1.1 413 Request Entity Too Large"} {
		conn, in := dial(t, srv)
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", length)
		line, err := in.ReadString('\n')
		if err != nil || strings.TrimSpace(line) != want {
			t.Errorf("length %d: %q, %v, want %s", length, line, err, want)
		}
	}
}

// HTTP/2 ends the stream of a body that is too large and keeps the connection.
func TestHTTP2KeepsTheConnection(t *testing.T) {
	t.Parallel()
	remotes := make(chan string, 4)
	guard := newGuard(t, limits.Config{Body: 1 << 20})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remotes <- r.RemoteAddr
		guard.Handler(reader).ServeHTTP(w, r)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	for _, tt := range []struct {
		body io.Reader
		want int
	}{
		{strings.NewReader(strings.Repeat("a", 2<<20)), 413},
		{io.LimitReader(endless{}, 4<<20), 413},
		{strings.NewReader(strings.Repeat("a", 1<<20)), 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, tt.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.want || resp.ProtoMajor != 2 {
			t.Errorf("HTTP/%d %d, want %d", resp.ProtoMajor, resp.StatusCode, tt.want)
		}
	}
	if a, b, c := <-remotes, <-remotes, <-remotes; a != b || b != c {
		t.Errorf("three connections were needed: %s %s %s", a, b, c)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A refusal that a step inside makes of the body's error is the guard's own.
func TestRefusalPassesThroughAWrapper(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", strings.NewReader("abc"))
	r.ContentLength = -1
	w := httptest.NewRecorder()
	newGuard(t, limits.Config{Body: 1}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		fumehood.Refuse(w, r, fmt.Errorf("upload: %w", err))
	})).ServeHTTP(w, r)
	if w.Code != 413 || !strings.Contains(w.Body.String(), "limits.body") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
