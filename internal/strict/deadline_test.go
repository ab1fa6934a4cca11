package strict_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/internal/strict"
)

// TestHeadDeadline has a second request drip in: http.Server counts only its idle time
// until it sees the first byte, so Conn must count.
func TestHeadDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		c := strict.NewConn(server, strict.Limits{HeadTime: 10 * time.Second})
		defer c.Close()
		go io.WriteString(client, get+"\r\n")
		var b [4096]byte
		if n, err := c.Read(b[:]); err != nil || n == 0 {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(time.Minute))
		var drip sync.WaitGroup // a bubble waits for no sleeper
		drip.Go(func() {
			for range 100 {
				time.Sleep(time.Second)
				if _, err := client.Write([]byte("A")); err != nil {
					return
				}
			}
		})
		start := time.Now()
		_, err := c.Read(b[:])
		if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != 11*time.Second {
			t.Errorf("%v after %v; the first byte came after 1s", err, took)
		}
		client.Close()
		drip.Wait()
	})
}

// TestHeadDeadlineEnds wants no trace of it in the body that follows, and the deadlines
// of http.Server to work beside it.
func TestHeadDeadlineEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		c := strict.NewConn(server, strict.Limits{HeadTime: 10 * time.Second})
		defer c.Close()
		var drip sync.WaitGroup
		drip.Go(func() {
			for _, piece := range []string{"POST / HTTP/1.1\r\n", "Host: a\r\nContent-Length: 2\r\n\r\n", "a", "b"} {
				io.WriteString(client, piece)
				time.Sleep(9 * time.Second)
			}
			io.WriteString(client, "GET")
		})
		var b [4096]byte
		for _, want := range []int{len("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"), 1, 1} {
			if n, err := c.Read(b[:]); n != want || err != nil {
				t.Fatalf("%q, %v", b[:n], err)
			}
		}
		go func() { // as net/http ends its one-byte read
			time.Sleep(12 * time.Second)
			c.SetReadDeadline(time.Unix(1, 0))
		}()
		start := time.Now()
		_, err := c.Read(b[:1])
		if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != 12*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		client.Close()
		drip.Wait()
	})
}
