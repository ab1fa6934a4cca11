package body_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/guard/body"
)

// pipes is a listener whose connections are net.Pipes, which know the clock of a synctest
// bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.conns) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// The defaults, to the second, on a clock of their own.
func TestDefaultsToTheSecond(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name  string
		every time.Duration // between two bytes
		bytes int
		cfg   body.Config
		want  time.Duration // 0: the body is taken
		code  string
	}{
		{"silent", time.Hour, 0, body.Config{Grace: time.Minute}, 15 * time.Second, "408 body.idle"},
		{"one byte a second", time.Second, 1000, body.Config{Grace: 10 * time.Second}, 10 * time.Second, "408 body.slow"},
		{"one byte in 14 s, no rate to speak of", 14 * time.Second, 5, body.Config{Grace: time.Hour}, 0, "200 "},
		{"one byte in 16 s", 16 * time.Second, 5, body.Config{Grace: time.Hour}, 15 * time.Second, "408 body.idle"},
		{"1000 bytes a second", time.Millisecond, 30_000, body.Config{Grace: 10 * time.Second}, 0, "200 "},
		{"zero values", time.Second, 1000, body.Config{}, time.Second, "408 body.slow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.cfg.TempDir, tt.cfg.Memory = dir, 64<<10
				ln := &pipes{conns: make(chan net.Conn, 1)}
				srv := &http.Server{Handler: newGuard(t, tt.cfg, nil).Handler(echo)}
				go srv.Serve(ln)
				client, server := net.Pipe()
				ln.conns <- server
				began := time.Now()
				var sender sync.WaitGroup
				sender.Go(func() {
					io.WriteString(client, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
					for range tt.bytes {
						time.Sleep(tt.every)
						if _, err := io.WriteString(client, "1\r\na\r\n"); err != nil {
							return
						}
					}
					if tt.bytes > 0 {
						io.WriteString(client, "0\r\n\r\n")
					}
				})
				resp, err := http.ReadResponse(bufio.NewReader(client), nil)
				took := time.Since(began)
				got := problem(t, resp, err)
				if resp.StatusCode == 200 {
					got = "200 "
				}
				if got != tt.code || tt.want != 0 && took.Round(time.Second) != tt.want {
					t.Errorf("%s after %v, want %s after %v", got, took, tt.code, tt.want)
				}
				client.Close()
				srv.Close()
				sender.Wait()
			})
		})
	}
}
