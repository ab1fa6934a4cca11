package upstream_test

import (
	"bufio"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/upstream"
)

const (
	wsKey       = "dGhlIHNhbXBsZSBub25jZQ==" // RFC 6455, section 1.3, with the answer it gives there
	wsAccept    = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	wsHandshake = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + wsKey + "\r\nX_Real_IP: 6.6.6.6\r\n\r\n"
)

// wsEcho is a WebSocket app: after the handshake it sends every byte back. What frames
// look like is none of the front's business.
func wsEcho(t *testing.T, ended chan<- bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if strings.Contains(name, "_") {
				t.Errorf("the app got %q", name)
			}
		}
		if r.Header.Get("X-Forwarded-Proto") == "" || r.Header.Get("Upgrade") == "" {
			t.Errorf("the app got %v", r.Header)
		}
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "+
			base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
		io.Copy(conn, buf)
		ended <- true
	})
}

// shake does the handshake on conn and checks the answer.
func shake(t *testing.T, conn net.Conn) *bufio.Reader {
	t.Helper()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, wsHandshake)
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Accept") != wsAccept ||
		!strings.EqualFold(res.Header.Get("Upgrade"), "websocket") {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	return in
}

func exchange(t *testing.T, conn io.Writer, in io.Reader, message string) {
	t.Helper()
	io.WriteString(conn, message)
	got := make([]byte, len(message))
	if _, err := io.ReadFull(in, got); err != nil || string(got) != message {
		t.Fatalf("sent %q, got %q, %v", message, got, err)
	}
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	ended := make(chan bool, 2)
	u := newUpstream(t, upstream.Config{URL: "http://" + serve(t, wsEcho(t, ended)), Timeout: 5 * time.Second})

	conn, err := net.Dial("tcp", serve(t, dressed(u)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := shake(t, conn)
	exchange(t, conn, in, "\x81\x05hello")
	exchange(t, conn, in, strings.Repeat("x", 100_000))
	conn.Close()
	<-ended // the client's end is passed on

	front := httptest.NewUnstartedServer(dressed(u))
	front.StartTLS()
	t.Cleanup(front.Close)
	secure, err := tls.Dial("tcp", front.Listener.Addr().String(), front.Client().Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer secure.Close()
	in = shake(t, secure)
	exchange(t, secure, in, "\x81\x05hello")

	u.Close() // ends what runs
	if _, err := in.ReadByte(); err == nil {
		t.Error("the WebSocket outlived Close")
	}
	<-ended
}

// TestUpstreamOpensNoTunnel has an app that an attacker can make answer 101: it fetches
// what the client names and passes the status on.
func TestUpstreamOpensNoTunnel(t *testing.T) {
	t.Parallel()
	const tunnel = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + canned(t, tunnel)}))
	if answer := send(t, front, wsHandshake); !strings.HasPrefix(answer, "HTTP/1.1 502 ") {
		t.Errorf("101 without the right Sec-WebSocket-Accept: %q", answer)
	}
}

func TestWebSocketRefusedByTheApp(t *testing.T) {
	t.Parallel()
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + canned(t, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")}))
	if answer := send(t, front, wsHandshake); !strings.HasPrefix(answer, "HTTP/1.1 403 ") || !strings.HasSuffix(answer, "no") {
		t.Errorf("answer %q", answer)
	}
}
