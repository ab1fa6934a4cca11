package strict_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/strict"
)

// TestTLSState: over TLS net/http must know it, and over plain TCP it must not think so,
// or every http request would pass for https.
func TestTLSState(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if (r.TLS != nil) != secure {
				t.Errorf("TLS %t, Request.TLS %v", secure, r.TLS)
			}
		}))
		if secure {
			srv.StartTLS() // only for its certificate
			config := srv.TLS.Clone()
			srv.Close()
			config.NextProtos = []string{"http/1.1"}
			srv = httptest.NewUnstartedServer(srv.Config.Handler)
			srv.Listener = listener{srv.Listener, func(c net.Conn) net.Conn {
				s := tls.Server(c, config)
				if err := s.HandshakeContext(context.Background()); err != nil {
					t.Error(err)
				}
				return strict.Wrap(s, strict.Limits{})
			}}
		} else {
			srv.Listener = listener{srv.Listener, func(c net.Conn) net.Conn { return strict.Wrap(c, strict.Limits{}) }}
		}
		srv.Config.ConnContext, srv.Config.ConnState = strict.ConnContext, strict.ConnState
		srv.Config.Handler = withID(strict.Handler(srv.Config.Handler))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.Start()
		defer srv.Close()

		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if secure {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // the certificate is not the point
		}
		io.WriteString(conn, get+"\r\nGET * HTTP/1.1\r\nHost: a\r\n\r\n"+strings.Repeat("x", 20<<10))
		answers, err := readAnswers(conn)
		if err != nil || len(answers) != 2 || answers[1].code(t) != "http.bad-target" {
			t.Errorf("TLS %t: %d answers, %v", secure, len(answers), err)
		}
		conn.Close()
	}
}

// kernelConn stands for a connection that can have the kernel copy.
type kernelConn struct {
	fakeConn
	used bool
}

func (c *kernelConn) ReadFrom(src io.Reader) (int64, error) {
	c.used = true
	return io.Copy(io.Discard, src)
}

// plainConn can only write.
type plainConn struct {
	fakeConn
	written bytes.Buffer
}

func (c *plainConn) Write(b []byte) (int, error) { return c.written.Write(b) }

func TestReadFrom(t *testing.T) {
	t.Parallel()
	kernel := &kernelConn{}
	if n, err := strict.NewConn(kernel, strict.Limits{}).ReadFrom(strings.NewReader("hello")); n != 5 || err != nil || !kernel.used {
		t.Errorf("%d bytes, %v, the kernel's way was used: %t", n, err, kernel.used)
	}
	plain := &plainConn{}
	src := io.LimitReader(strings.NewReader("hello world"), 5) // it has no WriteTo
	if n, err := strict.NewConn(plain, strict.Limits{}).ReadFrom(src); n != 5 || err != nil || plain.written.String() != "hello" {
		t.Errorf("%d bytes, %v, %q was written", n, err, plain.written.String())
	}
}

// TestFile sends a file over a real connection.
func TestFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	addr := serve(t, &strict.Limits{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, name)
	}))
	answers := talk(t, addr, []byte("GET /file HTTP/1.1\r\nHost: a\r\n\r\n"))
	if len(answers) != 1 || !bytes.Equal(answers[0].body, content) {
		t.Errorf("%d answers", len(answers))
	}
}

func TestCloseWrite(t *testing.T) {
	t.Parallel()
	if err := strict.NewConn(&fakeConn{}, strict.Limits{}).CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	below := &fakeConn{}
	if strict.NewConn(below, strict.Limits{}).NetConn() != net.Conn(below) {
		t.Error("NetConn returns another connection")
	}
}

// TestWithoutConn: HTTP/2 requests and tests with no Conn below go through.
func TestWithoutConn(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Fumehood-Refused", "")
	if err := strict.Refused(r); err != nil {
		t.Error(err)
	}
	below := &fakeConn{}
	if ctx := strict.ConnContext(r.Context(), below); ctx != r.Context() {
		t.Error("a connection that is not ours changes the context")
	}
	strict.ConnState(below, http.StateHijacked)
}
