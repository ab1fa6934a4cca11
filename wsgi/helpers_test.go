package wsgi_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/limits"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/testapp"
)

// reply is what came back over a connection of its own.
type reply struct {
	status int // 0: the connection ended without an answer
	header http.Header
	body   string
	cut    bool // the answer broke off
	hints  []http.Header
}

// ask sends one request to the server at base, exactly as it is given: target may be
// anything. A Host, a Content-Length for the body and Connection: close are added.
func ask(t testing.TB, base, method, target, body string, fields ...string) reply {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n", method, target)
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	for _, field := range fields {
		b.WriteString(field + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return askRaw(t, base, method, b.String())
}

func askRaw(t testing.TB, base, method, request string) reply {
	t.Helper()
	c := dial(t, base)
	defer c.Close()
	go io.WriteString(c, request) // the answer may come before the end of the body
	return readReply(t, bufio.NewReader(c), method)
}

func dial(t testing.TB, base string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

func readReply(t testing.TB, r *bufio.Reader, method string) reply {
	t.Helper()
	var hints []http.Header
	for {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("no answer in time")
			}
			return reply{hints: hints, cut: true}
		}
		if res.StatusCode >= 100 && res.StatusCode < 200 && res.StatusCode != 101 {
			hints = append(hints, res.Header)
			continue
		}
		body, err := io.ReadAll(res.Body)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the answer did not end in time")
		}
		return reply{status: res.StatusCode, header: res.Header, body: string(body), cut: err != nil, hints: hints}
	}
}

// delivery is a way in which a request body reaches the app.
type delivery string

const (
	streamed delivery = "streamed"  // frame by frame, as it arrives
	inMemory delivery = "in memory" // as guard/body hands on a short one
	inFile   delivery = "in a file" // as guard/body hands on a long one
)

// serve serves app behind the guards that stand around it in the real chain, with bodies
// delivered in the given way.
func serve(t testing.TB, how delivery, app *testapp.App) string {
	t.Helper()
	rec, err1 := record.New(record.Config{Logger: app.Log.Logger()})
	limit, err2 := limits.New(limits.Config{Body: fumehood.GB}, nil)
	memory := map[delivery]fumehood.Size{inMemory: 16 * fumehood.MB, inFile: 0}
	whole, err3 := body.New(body.Config{Memory: memory[how], TempDir: t.TempDir()},
		func(*http.Request) bool { return how == streamed })
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rec.Handler(limit.Handler(whole.Handler(app))))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// logged waits until the app's log holds text.
func logged(t testing.TB, app *testapp.App, text string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(app.Log.String(), text); {
		if time.Now().After(deadline) {
			t.Errorf("the log never held %q", text)
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// ready counts the workers that take requests.
func ready(app *testapp.App) (n int) {
	for _, w := range app.Pool().Snapshot() {
		if w.State == pool.Ready {
			n++
		}
	}
	return n
}

func hasPID(app *testapp.App, pid int) bool {
	for _, w := range app.Pool().Snapshot() {
		if w.PID == pid {
			return true
		}
	}
	return false
}

func newHTTP2Server(t testing.TB, h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// within is a Config.Timeout that is the same for every request.
func within(d time.Duration) func(*http.Request) time.Duration {
	return func(*http.Request) time.Duration { return d }
}
