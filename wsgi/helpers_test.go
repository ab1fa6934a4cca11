package wsgi_test

import (
	"bufio"
	"bytes"
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

	"github.com/fumehood/fumehood/guard/record"
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

// serve serves next with bodies delivered in the given way, and records what is refused.
func serve(t testing.TB, how delivery, next *testapp.App) string {
	t.Helper()
	chain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if how != streamed && r.Body != http.NoBody {
			body, err := takeWhole(how, r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			defer body.Close()
			r.Body = body
		}
		next.ServeHTTP(w, r)
	})
	rec, err := record.New(record.Config{Logger: next.Log.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rec.Handler(chain))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// wholeBody is a body as guard/body hands it on.
type wholeBody struct {
	io.Reader
	bytes []byte
	file  *os.File
	size  int64
}

func (b *wholeBody) Bytes() []byte  { return b.bytes }
func (b *wholeBody) File() *os.File { return b.file }
func (b *wholeBody) Size() int64    { return b.size }
func (b *wholeBody) Close() error {
	if b.file != nil {
		return b.file.Close()
	}
	return nil
}

func takeWhole(how delivery, from io.Reader) (*wholeBody, error) {
	if how == inMemory {
		b, err := io.ReadAll(from)
		return &wholeBody{bytes: b, size: int64(len(b)), Reader: bytes.NewReader(b)}, err
	}
	f, err := os.CreateTemp("", "fumehood-test-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	size, err := io.Copy(f, from)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return &wholeBody{file: f, size: size, Reader: f}, err
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
