package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/config"
)

// TestManyWriteToOneConnection: what a handler has taken over is a net.Conn, on which
// goroutines may write without waiting for each other.
func TestManyWriteToOneConnection(t *testing.T) {
	t.Parallel()
	const writers, lines = 4, 300
	line := func(i int) string { return strings.Repeat(string(rune('a'+i)), 5000) + "\n" }
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				for range lines {
					io.WriteString(c, line(i))
				}
			})
		}
		all.Wait()
	}), func(c *config.Config) { c.TLS.Mode = "off" })
	c := r.dial(t)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	got := map[string]int{}
	for read := bufio.NewScanner(c); read.Scan(); {
		got[read.Text()+"\n"]++
	}
	for i := range writers {
		if n := got[line(i)]; n != lines {
			t.Errorf("%d whole lines of writer %d, want %d", n, i, lines)
		}
	}
}

// TestCopyLetsOthersWrite: who copies to a connection from where nothing comes, such as a
// terminal, does not hold up the others.
func TestCopyLetsOthersWrite(t *testing.T) {
	t.Parallel()
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		src, dst, err := os.Pipe()
		if err != nil {
			t.Error(err)
			return
		}
		var copied sync.WaitGroup
		copied.Go(func() { io.Copy(c, src) })
		io.WriteString(dst, "from the pipe")
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil { // the client has it: another is waited for
			t.Error(err)
		}
		io.WriteString(c, " and beside it")
		c.Close()
		dst.Close()
		copied.Wait()
		src.Close()
	}), func(c *config.Config) { c.TLS.Mode = "off" })
	c := r.dial(t)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	first := make([]byte, len("from the pipe"))
	io.ReadFull(c, first)
	io.WriteString(c, ".")
	if got := string(first) + rest(c); got != "from the pipe and beside it" {
		t.Errorf("%q", got)
	}
}

// TestCutAnswerLooksCut: at a stop that does not wait any longer, an answer that ends with
// its connection must not end as a whole one does, with TLS's goodbye.
func TestCutAnswerLooksCut(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "one half\n")
		http.NewResponseController(w).Flush()
		close(began)
		<-r.Context().Done()
	}), func(c *config.Config) { c.Server.GracefulTimeout = 100 * time.Millisecond })
	below := &tapped{Conn: r.dial(t)}
	c := tls.Client(below, &tls.Config{RootCAs: r.pool, ServerName: "localhost", MaxVersion: tls.VersionTLS12}) // 1.3 hides the kinds of records
	io.WriteString(c, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
	<-began
	r.stop()
	if answer := rest(c); !strings.HasSuffix(answer, "one half\n") {
		t.Fatalf("%q", answer)
	}
	const alert = 21 // RFC 5246, section 6.2.1
	for raw := below.in.Bytes(); len(raw) >= 5; raw = raw[min(len(raw), 5+int(raw[3])<<8+int(raw[4])):] {
		if raw[0] == alert {
			t.Error("there was a goodbye")
		}
	}
}

// tapped keeps what comes in.
type tapped struct {
	net.Conn
	in bytes.Buffer
}

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in.Write(b[:n])
	return n, err
}
