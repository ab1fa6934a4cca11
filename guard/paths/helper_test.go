package paths_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

func newGuard(t testing.TB, cfg paths.Config, site paths.Site) *paths.Guard {
	t.Helper()
	g, err := paths.New(cfg, site)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// reply is an answer, and what the access record would say of it.
type reply struct {
	status int
	header http.Header
	body   string
	code   string // of the refusal; "reported " before it in report mode
}

// site is a real Flask app, bare and with the guard in front.
type site struct {
	app           http.Handler
	bare, guarded string // host:port

	mu   sync.Mutex
	last string // code of the last refusal
}

// start serves testdata/app. What ends the test also removes the files that the app made.
func start(t testing.TB, cfg paths.Config) *site {
	t.Helper()
	app := testapp.Start(t, "testdata/app", wsgi.Config{Target: "app:app"})
	s := &site{app: app.App, bare: app.Server.Listener.Addr().String()}
	t.Cleanup(func() { s.raw(t, s.bare, "POST", "/bye") })
	s.guarded = s.guard(t, cfg)
	return s
}

// guard puts a guard in front of the app and returns its address.
func (s *site) guard(t testing.TB, cfg paths.Config) string {
	t.Helper()
	inner := newGuard(t, cfg, paths.Site{}).Handler(s.app)
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{ID: "7F3K-9QXD"}
		defer func() {
			s.mu.Lock()
			s.last = codeOf(x)
			s.mu.Unlock()
		}()
		inner.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	}))
	t.Cleanup(guarded.Close)
	return guarded.Listener.Addr().String()
}

func codeOf(x *fumehood.Exchange) string {
	switch {
	case x.Refused != nil:
		return x.Refused.Code
	case len(x.Reported) > 0:
		return "reported " + x.Reported[0].Code
	}
	return ""
}

// raw sends the target as it is, which clients would clean.
func (s *site) raw(t testing.TB, host, method, target string, fields ...string) reply {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\nConnection: close\r\n%s\r\n", method, target, strings.Join(append(fields, ""), "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	io.Copy(io.Discard, conn) // until the handler is done
	s.mu.Lock()
	defer s.mu.Unlock()
	return reply{res.StatusCode, res.Header, string(body), s.last}
}

// ask sends a request without a server in between.
func ask(h http.Handler, r *http.Request) reply {
	x := &fumehood.Exchange{ID: "7F3K-9QXD"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	return reply{w.Code, w.Header(), w.Body.String(), codeOf(x)}
}

// rows reads a table: fields split by tabs, lines with "#" left out.
func rows(t testing.TB, name string) (table [][]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimRight(line, "\n"); len(line) > 0 && !bytes.HasPrefix(line, []byte("# ")) {
			table = append(table, strings.Split(string(line), "\t"))
		}
	}
	return table
}
