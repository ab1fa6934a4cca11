package strict_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/strict"
)

// upgrader echoes raw bytes after an upgrade to "echo" and answers everything else.
func upgrader(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" {
			io.WriteString(w, "plain "+r.URL.Path)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(conn, rw)
	})
}

// TestUpgrade sends bytes that are no HTTP right behind the head, and later.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	addr := serve(t, &strict.Limits{}, upgrader(t))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	early, late := "\x81\x05early"+strings.Repeat("\n\x00", 4000), "\x00\r\n\r\nlate"
	io.WriteString(conn, second+get+"Connection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n"+early)
	in := bufio.NewReader(conn)
	for _, status := range []int{200, 101} {
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != status {
			t.Fatalf("%v, %v", res, err)
		}
		if status == 200 {
			io.Copy(io.Discard, res.Body)
		}
	}
	io.WriteString(conn, late)
	conn.(*net.TCPConn).CloseWrite()
	if echo, err := io.ReadAll(in); string(echo) != early+late {
		t.Errorf("%d bytes came back, %v", len(echo), err)
	}
}

// TestUpgradeDeclined wants what follows judged as HTTP when the handler stays with HTTP.
func TestUpgradeDeclined(t *testing.T) {
	t.Parallel()
	addr := serve(t, &strict.Limits{}, upgrader(t))
	const ask = get + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	answers := talk(t, addr, []byte(ask+ask+second+"GET * HTTP/1.1\r\nHost: a\r\n\r\n"))
	if len(answers) != 4 || string(answers[2].body) != "plain /admin" {
		t.Fatalf("%d answers", len(answers))
	}
	if code := answers[3].code(t); code != "http.bad-target" {
		t.Errorf("then %s", code)
	}
}

// TestReadAheadDuringUpgrade has net/http's one-byte read meet bytes before the handler
// has decided: it must get none, and none may be lost.
func TestReadAheadDuringUpgrade(t *testing.T) {
	t.Parallel()
	const ask = get + "Connection: Upgrade\r\nUpgrade: echo\r\n\r\n"
	for _, raw := range []bool{true, false} {
		c := strict.NewConn(&fakeConn{pieces: [][]byte{[]byte(ask), []byte(second)}}, strict.Limits{})
		var b [4096]byte
		if n, err := c.Read(b[:]); string(b[:n]) != ask {
			t.Fatalf("%q, %v", b[:n], err)
		}
		if n, err := c.Read(b[:1]); n != 0 || err != nil {
			t.Fatalf("the one-byte read gets %d bytes, %v", n, err)
		}
		if raw {
			c.Raw()
		}
		if got, err := io.ReadAll(c); string(got) != second || err != nil {
			t.Errorf("raw %t: %q, %v", raw, got, err)
		}
	}
}

// TestRawAfterRefusal: a stand-in must never be taken for what a client said.
func TestRawAfterRefusal(t *testing.T) {
	t.Parallel()
	c := strict.NewConn(&fakeConn{pieces: [][]byte{[]byte(second + "BAD\r\n\r\n")}}, strict.Limits{})
	var b [4096]byte
	n, _ := c.Read(b[:])
	c.Raw()
	if rest, err := io.ReadAll(c); string(b[:n]) != second || len(rest) > 0 || err != nil {
		t.Errorf("%q, then %q, %v", b[:n], rest, err)
	}
}
