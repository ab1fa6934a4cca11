package wsgi

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/pool"
)

// decode does what the shim does with an environ.
func decode(t *testing.T, b []byte) map[string]string {
	t.Helper()
	size := binary.LittleEndian.Uint32(b)
	if int(size) != len(b)-4 {
		t.Fatalf("the environ says %d bytes and has %d", size, len(b)-4)
	}
	parts := strings.Split(string(b[4:]), "\x00")
	if len(parts)%2 != 0 {
		t.Fatalf("a value is missing: %q", parts)
	}
	environ := map[string]string{}
	for i := 0; i < len(parts); i += 2 {
		if _, twice := environ[parts[i]]; twice {
			t.Errorf("%s is there twice", parts[i])
		}
		environ[parts[i]] = parts[i+1]
	}
	return environ
}

// naive builds the environ as PEP 3333 reads, without a thought for speed.
func naive(r *http.Request, l Listener, size int64) map[string]string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(r.RemoteAddr)
	environ := map[string]string{
		"REQUEST_METHOD": r.Method, "SCRIPT_NAME": "", "PATH_INFO": r.URL.Path,
		"QUERY_STRING": r.URL.RawQuery, "REQUEST_URI": r.RequestURI, "RAW_URI": r.RequestURI,
		"SERVER_NAME": l.Name, "SERVER_PORT": l.Port, "SERVER_PROTOCOL": r.Proto,
		"SERVER_SOFTWARE": "fumehood", "wsgi.url_scheme": scheme,
		"REMOTE_ADDR": host, "REMOTE_PORT": port,
	}
	if size >= 0 {
		environ["CONTENT_LENGTH"] = fmt.Sprint(size)
	}
	if r.Host != "" {
		environ["HTTP_HOST"] = r.Host
	}
	hop := strings.ToLower(strings.Join(r.Header.Values("Connection"), ","))
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		listed := false
		for _, token := range strings.Split(hop, ",") {
			listed = listed || strings.TrimSpace(token) == lower
		}
		switch lower {
		case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
			"upgrade", "http2-settings", "content-length", "expect", "proxy", "proxy-authenticate",
			"proxy-authorization", "host":
			continue
		}
		if listed || strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			continue
		}
		separator := ", "
		if lower == "cookie" {
			separator = "; "
		}
		if lower == "content-type" {
			environ["CONTENT_TYPE"] = values[0]
			continue
		}
		environ["HTTP_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_")] = strings.Join(values, separator)
	}
	return environ
}

// FuzzEnviron: whatever net/http makes of a request, the app is told what a naive reading
// of PEP 3333 says, every name once, and no name that stands for two fields.
func FuzzEnviron(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /%E9/a%2Fb%00?x=%20#y HTTP/1.1\r\nHost: a:1\r\nContent-Length: 4\r\nContent-Type: a/b\r\n\r\nbody",
		"GET http://b/x HTTP/1.0\r\nX_A: 1\r\nX-A: 2\r\nx-a: 3\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: X-Hop , close\r\nX-Hop: 1\r\nProxy: evil\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX-Name: Jos\xe9\r\nX.Y: 1\r\nX-Empty:\r\nTE: x\r\n\r\n",
	} {
		f.Add(seed, int64(len(seed)), "192.0.2.1:1234")
	}
	listener := Listener{Name: "listener.example", Port: "443"}
	f.Fuzz(func(t *testing.T, raw string, size int64, remote string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return
		}
		r.RemoteAddr = remote
		if strings.Contains(remote, "\x00") {
			return // no connection has such an address
		}
		want := naive(r, listener, size)
		b, err := appendEnviron(nil, r, listener, size)
		if err != nil {
			for _, value := range want {
				if strings.Contains(value, "\x00") {
					return
				}
			}
			t.Fatalf("%v without a NUL in %q", err, want)
		}
		got := decode(t, b)
		if !maps.Equal(got, want) {
			t.Errorf("environ  %q\nexpected %q", got, want)
		}
		for name, value := range got {
			if strings.Contains(value, "\x00") || name == "HTTP_PROXY" || name == "HTTP_CONTENT_LENGTH" || name == "HTTP_CONTENT_TYPE" {
				t.Errorf("%s=%q", name, value)
			}
		}
	})
}

// FuzzAnswer: whatever a worker sends as an answer, what goes out is HTTP: no control
// character, no field of one hop, no more bytes than the length says.
func FuzzAnswer(f *testing.F) {
	head := func(fields ...string) []byte {
		text := strings.Join(fields, "\x00")
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(fields)))
		return append(b, text...)
	}
	f.Add(append(head("200 OK", "Content-Type", "text/plain"), "body"...), []byte("more"), uint8(0))
	f.Add(append(head("204 No Content", "Content-Length", "5"), "body"...), []byte(""), uint8(1))
	f.Add(append(head("200 OK", "Content-Length", "2", "X", "a\r\nb"), "body"...), []byte("more"), uint8(2))
	f.Add(head("304", "Connection", "x", "x", "y\x00z"), []byte("more"), uint8(3))
	f.Add([]byte{1, 0, 0, 0, 255, 255, 255, 255, 'x'}, []byte{}, uint8(4))
	f.Fuzz(func(t *testing.T, first, second []byte, kind uint8) {
		method := []string{"GET", "HEAD", "POST"}[int(kind)%3]
		rec := httptest.NewRecorder()
		a := answer{app: &App{log: slog.New(slog.DiscardHandler)}, w: rec, r: httptest.NewRequest(method, "/", nil), left: -1}
		events := []pool.Event{
			{Kind: frame.Answer, Payload: first, End: kind&4 != 0},
			{Kind: frame.Piece, Payload: second, End: true},
		}
		if kind&8 != 0 {
			events[0], events[1] = events[1], events[0]
		}
		if kind&16 != 0 {
			events = append([]pool.Event{{Kind: frame.Hints, Payload: second}}, events...)
		}
		for i := range events {
			if a.call = nil; events[i].Kind == frame.Piece && a.begun {
				if err := a.body(second, events[i].End); err != nil {
					break
				}
			} else if events[i].Kind == frame.Piece {
				if err := a.take(&events[i]); err == nil {
					t.Fatal("a body without a head is taken")
				}
				return
			} else if err := a.take(&events[i]); err != nil || events[i].End {
				break
			}
		}
		if !a.begun {
			return
		}
		res := rec.Result()
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode < 200 || res.StatusCode > 599 {
			t.Errorf("status %d", res.StatusCode)
		}
		for name, values := range res.Header {
			for _, value := range values {
				if strings.ContainsAny(name+value, "\r\n\x00") || strings.Contains(" connection te trailer transfer-encoding upgrade keep-alive ", " "+strings.ToLower(name)+" ") {
					t.Errorf("%q: %q", name, value)
				}
			}
		}
		if declared := res.Header.Get("Content-Length"); declared != "" {
			if len(res.Header["Content-Length"]) != 1 || fmt.Sprint(len(body)) > declared && len(fmt.Sprint(len(body))) >= len(declared) {
				t.Errorf("%d bytes, Content-Length %q", len(body), res.Header["Content-Length"])
			}
		}
		if (method == "HEAD" || res.StatusCode == 204 || res.StatusCode == 304) && len(body) > 0 {
			t.Errorf("%s %d with %d bytes", method, res.StatusCode, len(body))
		}
	})
}
