package record_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/guard/limits"
	"github.com/fumehood/fumehood/guard/record"
)

// row is record with the guards that every request passes, in their order.
func row(t testing.TB, g *record.Guard, app http.Handler) http.Handler {
	t.Helper()
	ip, err := clientip.New(clientip.Config{TrustedProxies: []string{"10.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	host, err := hosts.New(hosts.Config{Allow: []string{"shop.example", "*.shop.example"}}, hosts.Served{})
	if err != nil {
		t.Fatal(err)
	}
	limit, err := limits.New(limits.Config{Body: 1 << 20}, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := body.New(body.Config{Memory: 64 << 10, Idle: 300 * time.Millisecond, TempDir: t.TempDir()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g.Handler(ip.Handler(host.Handler(limit.Handler(whole.Handler(app)))))
}

// The guards together, over a socket: each refusal reaches its client, ends the connection
// where it must, and is one record with its code.
func TestTheRowOfGuards(t *testing.T) {
	t.Parallel()
	const post = "POST / HTTP/1.1\r\nHost: shop.example\r\n"
	big := strings.Repeat("a", 3<<20)
	for _, tt := range []struct {
		name, request string
		want          int
		code          any
		closed        bool
	}{
		{"a page", "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", 200, nil, false},
		{"a form", post + "Content-Length: 5\r\n\r\nhello", 200, nil, false},
		{"a chunked form", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, nil, false},
		{"another host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "hosts.unknown", false},
		{"another host with a form", "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\nhello", 421, "hosts.unknown", false},
		{"too large", post + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(big), big), 413, "limits.body", true},
		{"too large, chunked", post + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big), 413, "limits.body", true},
		{"silent", post + "Content-Length: 100\r\n\r\nabc", 408, "body.idle", true},
		{"a path with NUL", "GET /%00 HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "limits.path", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, out := newGuard(t, true)
			srv := httptest.NewServer(row(t, g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })))
			defer srv.Close()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			if _, err := io.WriteString(conn, tt.request); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != tt.want || resp.Close != tt.closed {
				t.Errorf("%d, close %v, %v; want %d, close %v", resp.StatusCode, resp.Close, err, tt.want, tt.closed)
			}
			if tt.closed {
				if _, err := in.ReadByte(); err != io.EOF {
					t.Errorf("after the answer: %v, want the end", err)
				}
			} else { // the connection serves the next request
				io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: shop.example\r\n\r\n")
				if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 200 {
					t.Errorf("the next request: %v, %v", resp, err)
				}
			}
			srv.Close()
			first := out.records(t)[0]
			if first["status"] != float64(tt.want) || first["refused"] != tt.code || first["id"] != resp.Header.Get("X-Request-Id") {
				t.Errorf("recorded %v", first)
			}
		})
	}
}

// The price of the log line, to compare with the row.
func BenchmarkLine(b *testing.B) {
	g, err := record.New(record.Config{Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), Access: true})
	if err != nil {
		b.Fatal(err)
	}
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }))
	r := httptest.NewRequest("GET", "/notes?page=2", nil)
	r.Header.Set("User-Agent", "Mozilla/5.0")
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// A GET as a browser sends it, through all five guards, without the log line.
func BenchmarkRow(b *testing.B) {
	g, err := record.New(record.Config{})
	if err != nil {
		b.Fatal(err)
	}
	h := row(b, g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }))
	const request = "GET /notes?page=2 HTTP/1.1\r\nHost: www.shop.example:8443\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n" +
		"Accept-Language: en\r\nAccept-Encoding: gzip\r\nCookie: session=abc\r\nReferer: https://www.shop.example:8443/\r\n" +
		"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n"
	for name, peer := range map[string]string{"direct": "203.0.113.7:4711", "proxied": "10.0.0.7:4711"} {
		b.Run(name, func(b *testing.B) {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(request))))
			if err != nil {
				b.Fatal(err)
			}
			r.RemoteAddr = peer
			chain := []string{"203.0.113.7"}
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				if name == "proxied" {
					r.Header["X-Forwarded-For"] = chain
				}
				h.ServeHTTP(w, r)
			}
			if fumehood.RequestID(r) != "" {
				b.Error("the caller's request was changed")
			}
		})
	}
}
