package server_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"golang.org/x/net/http2"

	"github.com/fumehood/fumehood/internal/config"
)

const (
	headTime = time.Second
	idleTime = 1500 * time.Millisecond
	takeTime = 500 * time.Millisecond
	slack    = 15 * time.Second // the machine may be busy
)

func impatient(cfg *config.Config) {
	cfg.Server.HeaderTimeout, cfg.Server.IdleTimeout, cfg.Server.WriteTimeout = headTime, idleTime, takeTime
	cfg.Server.RedirectBind = "localhost:0"
	cfg.Server.HTTP3 = true
}

// drip writes one byte at a time, faster than any deadline, until the connection fails.
func drip(c io.Writer, data string) {
	for i := range data {
		if _, err := io.WriteString(c, data[i:i+1]); err != nil {
			return
		}
		time.Sleep(headTime / 8)
	}
}

// Slow loris: a client that sends a little, or nothing, holds a connection for as long as
// it likes. Each is cut at its deadline, and others are served in the meantime. A server
// without deadlines shows that the attack works.
func TestSlowClientsAreCut(t *testing.T) {
	t.Parallel()
	r := start(t, say("hello"), impatient)
	endless := start(t, say("hello"), func(cfg *config.Config) {
		impatient(cfg)
		cfg.Server.HeaderTimeout, cfg.Server.IdleTimeout = time.Hour, time.Hour
	})
	hello := clientHello(t)
	head := "GET / HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-A: b\r\n", 50)
	bare := func(t *testing.T, r *running) net.Conn { return r.dial(t) }
	h1 := func(t *testing.T, r *running) net.Conn { return r.dialTLS(t, "http/1.1") }
	h2 := func(t *testing.T, r *running) net.Conn { return r.dialTLS(t, "h2") }
	plain := func(t *testing.T, r *running) net.Conn {
		c, err := net.Dial("tcp", r.srv.RedirectAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(slack))
		return c
	}
	attacks := map[string]struct {
		dial func(*testing.T, *running) net.Conn
		send func(net.Conn)
		cut  time.Duration
	}{
		"silent":                      {bare, func(net.Conn) {}, headTime},
		"half a TLS hello":            {bare, func(c net.Conn) { c.Write(hello[:len(hello)/2]) }, headTime},
		"a TLS hello in drops":        {bare, func(c net.Conn) { drip(c, string(hello)) }, headTime},
		"silent after the handshake":  {h1, func(net.Conn) {}, headTime},
		"a head in drops":             {h1, func(c net.Conn) { drip(c, head) }, headTime},
		"a second head in drops":      {h1, func(c net.Conn) { idleAfter(c); drip(c, head) }, headTime},
		"half a head, plain":          {plain, func(c net.Conn) { io.WriteString(c, head) }, headTime},
		"a head in drops, plain":      {plain, func(c net.Conn) { drip(c, head) }, headTime},
		"a head in drops, https port": {bare, func(c net.Conn) { drip(c, head) }, headTime},
		"idle after a request":        {h1, idleAfter, idleTime},
		"h2 head in drops":            {h2, dripHTTP2, idleTime},
		"h2 without a request":        {h2, func(c net.Conn) { openHTTP2(c) }, idleTime},
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := attack.dial(t, endless)
			defer held.Close()
			go attack.send(held)
			begin := time.Now() // before the dialling: the server may begin to count during it
			c := attack.dial(t, r)
			defer c.Close()
			go attack.send(c)
			ended(t, c)
			if took := time.Since(begin); took < attack.cut*8/10 {
				t.Errorf("cut after only %s", took)
			}
			held.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			if _, err := io.Copy(io.Discard, held); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the attack fails without the protection too: %v", err)
			}
		})
	}
	t.Run("meanwhile", func(t *testing.T) {
		t.Parallel()
		for _, version := range []string{"h1", "h2", "h3"} {
			if _, body := get(t, r.client(version), r.url("/")); body != "hello" {
				t.Errorf("%s: %q", version, body)
			}
		}
	})
}

func idleAfter(c net.Conn) { io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") }

func openHTTP2(c net.Conn) *http2.Framer {
	io.WriteString(c, http2.ClientPreface)
	f := http2.NewFramer(c, c)
	f.WriteSettings()
	return f
}

func dripHTTP2(c net.Conn) {
	f := openHTTP2(c)
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}})
	for range 200 {
		if f.WriteContinuation(1, false, []byte{0x84}) != nil {
			return
		}
		time.Sleep(headTime / 8)
	}
}

func TestSlowHTTP3HeadIsCut(t *testing.T) {
	t.Parallel()
	r := start(t, say("hello"), impatient)
	settings := &tls.Config{RootCAs: r.pool, ServerName: "localhost", NextProtos: []string{"h3"}}
	c, err := quic.DialAddr(t.Context(), r.addr, settings, &quic.Config{KeepAlivePeriod: idleTime / 4})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseWithError(0, "")
	stream, err := c.OpenStreamSync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	go drip(stream, "\x01\x40\xff"+strings.Repeat("\x00", 250)) // HEADERS, 255 bytes
	stream.SetReadDeadline(time.Now().Add(slack))
	_, err = stream.Read(make([]byte, 1))
	if timeout, ok := err.(net.Error); err == nil || ok && timeout.Timeout() && !strings.Contains(err.Error(), "idle") {
		t.Fatalf("the server keeps the stream: %v", err)
	}
	if took := time.Since(begin); took < headTime*8/10 {
		t.Errorf("cut after only %s: %v", took, err)
	}
}

// clientHello is what a TLS client sends first.
func clientHello(t *testing.T) []byte {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	go tls.Client(a, &tls.Config{ServerName: "localhost"}).Handshake()
	buf := make([]byte, 4096)
	n, err := io.ReadAtLeast(b, buf, 200)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

// A client that asks for much and takes nothing would hold a worker. The app is told, by
// an error of its write, and the connection or stream ends. A server without the deadline
// shows that the attack works.
func TestClientThatTakesNothingIsCut(t *testing.T) {
	t.Parallel()
	attacks := map[string]func(*testing.T, *running){
		"h1": func(t *testing.T, r *running) { idleAfter(r.dialTLS(t, "http/1.1")) },
		// The connection is read, but the window of the stream never grows.
		"h2": func(t *testing.T, r *running) { askOnly(t, r, "h2") },
		"h3": func(t *testing.T, r *running) { askOnly(t, r, "h3") },
	}
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held, _ := startWriter(t, func(cfg *config.Config) { cfg.Server.HTTP3 = true })
			cut, begun := startWriter(t, impatient)
			attack(t, held.running)
			attack(t, cut.running)
			begin := <-begun
			select {
			case err := <-cut.ended:
				if err == nil {
					t.Error("everything was written")
				}
				if took := time.Since(begin); took < takeTime*8/10 {
					t.Errorf("cut after only %s: %v", took, err)
				}
			case <-time.After(slack):
				t.Error("the write still blocks")
			}
			select {
			case err := <-held.ended:
				t.Errorf("the attack fails without the protection too: %v", err)
			default:
			}
		})
	}
}

// writer is a server that writes more than any buffer holds.
type writer struct {
	*running
	ended chan error
}

func startWriter(t *testing.T, change func(*config.Config)) (writer, chan time.Time) {
	w, begun := writer{ended: make(chan error, 1)}, make(chan time.Time, 1)
	w.running = start(t, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		begun <- time.Now()
		block, err := make([]byte, 1<<20), error(nil)
		for i := 0; i < 64 && err == nil; i++ {
			_, err = out.Write(block)
		}
		w.ended <- err
	}), func(cfg *config.Config) {
		change(cfg)
		cfg.Server.GracefulTimeout = 0
	})
	return w, begun
}

func askOnly(t *testing.T, r *running, version string) {
	answer, err := r.client(version).Get(r.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
}

// The deadline is for a client that takes nothing, not for one that is slow, nor for an
// app that is silent.
func TestSlowButSteadyClientIsServed(t *testing.T) {
	t.Parallel()
	const size, patience = 4 << 20, 3 * time.Second
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			http.ServeFile(w, r, file)
		case "/write":
			w.Header().Set("Content-Length", "4194304")
			w.Write(make([]byte, size))
		case "/silent":
			w.Header().Set("Content-Length", "6")
			io.WriteString(w, "one")
			http.NewResponseController(w).Flush()
			time.Sleep(patience + takeTime)
			io.WriteString(w, "two")
		}
	})
	secured := start(t, handler, func(cfg *config.Config) {
		cfg.Server.WriteTimeout, cfg.Server.HTTP3 = patience, true
	})
	plain := start(t, handler, func(cfg *config.Config) {
		cfg.Server.WriteTimeout, cfg.TLS.Mode = patience, "off"
	})
	for _, path := range []string{"/file", "/write"} {
		for _, version := range []string{"h1", "h2", "h3", "plain"} {
			t.Run(version+path, func(t *testing.T) {
				t.Parallel()
				client, url := plain.client("h1"), "http://"+plain.addr+path
				if version != "plain" {
					client, url = secured.client(version), secured.url(path)
				}
				answer, err := client.Get(url)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				var n int64
				for begin := time.Now(); time.Since(begin) < patience+takeTime; time.Sleep(patience / 45) {
					m, err := io.CopyN(io.Discard, answer.Body, 64<<10)
					n += m
					if err != nil {
						t.Fatalf("after %d bytes: %v", n, err)
					}
				}
				m, err := io.Copy(io.Discard, answer.Body)
				if n+m != size || err != nil {
					t.Errorf("%d of %d bytes, %v", n+m, size, err)
				}
			})
		}
	}
	for _, version := range []string{"h1", "h2", "h3"} {
		t.Run(version+" silent app", func(t *testing.T) {
			t.Parallel()
			if _, body := get(t, secured.client(version), secured.url("/silent")); body != "onetwo" {
				t.Errorf("%q", body)
			}
		})
	}
}

func TestConnectionsBeyondTheCapWait(t *testing.T) {
	t.Parallel()
	r := start(t, say("hello"), func(cfg *config.Config) { cfg.Server.Connections = 2 })
	first, second := r.dialTLS(t, "http/1.1"), r.dialTLS(t, "http/1.1")
	answered := make(chan error, 1)
	third := r.client("h1")
	go func() {
		answer, err := third.Get(r.url("/"))
		if err == nil {
			answer.Body.Close()
		}
		answered <- err
	}()
	// Both places are taken: the third cannot have an answer, however long we look.
	idleAfter(first)
	if _, err := first.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-answered:
		t.Fatalf("the third connection was served beside two others: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	second.Close()
	select {
	case err := <-answered:
		if err != nil {
			t.Errorf("the waiting connection was dropped: %v", err)
		}
	case <-time.After(slack):
		t.Error("the waiting connection was not served when a place became free")
	}
}

func TestCapHoldsForHTTP3(t *testing.T) {
	t.Parallel()
	r := start(t, say("hello"), func(cfg *config.Config) {
		cfg.Server.Connections, cfg.Server.HTTP3 = 1, true
	})
	only := r.dialTLS(t, "http/1.1")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, "GET", r.url("/"), nil)
	if _, err := r.client("h3").Do(request); err == nil {
		t.Error("HTTP/3 has a place beyond the cap")
	}
	only.Close()
	for end := time.Now().Add(slack); ; {
		if _, err := r.client("h3").Get(r.url("/")); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // the server frees the place when it has seen the end
	}
}
