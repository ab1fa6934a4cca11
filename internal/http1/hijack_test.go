package http1_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
)

// TestHijackEarlyData: nothing that a client sends behind its request is lost or doubled,
// whenever it comes, also where the look-out has read a byte of it.
func TestHijackEarlyData(t *testing.T) {
	t.Parallel()
	started, release := make(chan bool), make(chan bool)
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started <- true
		<-release
		nc, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		if _, err := w.Write([]byte("x")); err != http.ErrHijacked {
			t.Errorf("Write after Hijack: %v", err)
		}
		w.WriteHeader(500)
		io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		// What is buffered comes from rw, the rest from the connection, as some do it.
		early := make([]byte, rw.Reader.Buffered())
		io.ReadFull(rw, early)
		nc.Write(early)
		io.Copy(nc, nc)
	}))
	frames := "\x81\x05early" + strings.Repeat("\n\x00", 4000)
	gets := strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400) // more than the buffer takes
	for _, c := range []struct{ name, fields, behind, later string }{
		{"upgrade", "Connection: Upgrade\r\nUpgrade: websocket\r\n", frames, "\x00late"},
		{"upgrade, later", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "", frames},
		{"upgrade, one byte", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "x", "y"},
		{"no upgrade", "", gets, gets},
		{"no upgrade, later", "", "", gets},
		{"no upgrade, in two", "", gets[:4096], gets[4096:]},
		{"no upgrade, a head in two", "", gets[:10], gets[10:]},
		{"upgrade with a body", "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n", "abc" + frames, "z"},
	} {
		for kind, connect := range dial {
			nc := connect()
			io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\n"+c.fields+"\r\n"+c.behind)
			<-started
			time.Sleep(2 * http1.WatchDelay) // let it look
			io.WriteString(nc, c.later)
			time.Sleep(time.Millisecond)
			release <- true
			var sending sync.WaitGroup
			sending.Go(func() {
				io.WriteString(nc, "end")
				nc.(interface{ CloseWrite() error }).CloseWrite()
			})
			in := bufio.NewReader(nc)
			if _, err := http.ReadResponse(in, nil); err != nil {
				t.Fatalf("%s, %s: %v", kind, c.name, err)
			}
			want := c.behind + c.later + "end"
			if echo, err := io.ReadAll(in); string(echo) != want {
				t.Errorf("%s, %s: %d bytes came back, want %d, %v", kind, c.name, len(echo), len(want), err)
			}
			sending.Wait()
			nc.Close()
		}
	}
}

// TestHijackEndsReaders: a goroutine that reads the body must not read what belongs to the
// one that has taken the connection.
func TestHijackEndsReaders(t *testing.T) {
	t.Parallel()
	taken := make(chan bool)
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var reading sync.WaitGroup
		began := make(chan bool)
		reading.Go(func() {
			close(began)
			io.Copy(io.Discard, r.Body)
		})
		<-began
		nc, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		reading.Wait()
		if err := http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)); err == nil {
			t.Error("a deadline can be set by who no longer has the connection")
		}
		taken <- true
		io.Copy(nc, rw)
	}))
	for kind, connect := range dial {
		nc := connect()
		io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
		<-taken
		io.WriteString(nc, "mine")
		nc.(interface{ CloseWrite() error }).CloseWrite()
		if echo, err := io.ReadAll(nc); string(echo) != "mine" {
			t.Errorf("%s: %q came back, %v", kind, echo, err)
		}
	}
}

// TestShutdownWithHijacked: like net/http's, Shutdown neither waits for a connection that
// was taken nor ends it.
func TestShutdownWithHijacked(t *testing.T) {
	t.Parallel()
	taken, stopped := make(chan bool), make(chan bool)
	s := &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		taken <- true
		<-stopped
		io.WriteString(nc, "still here")
	})}
	addr := serveOurs(t, s)
	nc := dialTo(t, addr)
	io.WriteString(nc, probe)
	<-taken
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	close(stopped)
	if got, err := io.ReadAll(nc); string(got) != "still here" {
		t.Errorf("%q, %v", got, err)
	}
}
