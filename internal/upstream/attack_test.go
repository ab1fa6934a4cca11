package upstream_test

import (
	"io"
	"log"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/upstream"
)

// attacks are requests as bytes. Each reaches an upstream behind a bare relay; stock says
// that it also gets through Go's server with a httputil.ReverseProxy as it comes. reached
// decides from what the upstream's socket saw.
var attacks = []struct {
	name    string
	raw     string
	stock   bool
	reached func(raw string, reqs []string) bool
}{
	{"smuggle a request by Content-Length against Transfer-Encoding",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
		false, sees("Content-Length: 4\r\nTransfer-Encoding")},
	{"smuggle a request by two Content-Lengths",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
		false, sees("Content-Length: 0\r\nContent-Length: 35")},
	{"hide Transfer-Encoding from one of two parsers",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		false, sees("xchunked")},
	{"hide Transfer-Encoding behind a space",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		false, sees("Transfer-Encoding :")},
	{"hide a body in a GET whose upstream expects none",
		"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
		true, func(raw string, _ []string) bool {
			return strings.Contains(raw, "GET /smuggled") && !strings.Contains(raw, "Connection: close")
		}},
	{"smuggle a chunk extension",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2;x=\"\nGET /smuggled\"\r\nok\r\n0\r\n\r\n",
		false, sees("GET /smuggled")},
	{"send a trailer that becomes a field",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Admin\r\n\r\n2\r\nok\r\n0\r\nX-Admin: yes\r\n\r\n",
		true, sees("X-Admin")},
	{"name two hosts",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
		false, sees("evil.example")},
	{"name another host by an absolute target",
		"GET http://evil.example/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		false, sees("GET http://evil.example")},
	{"forge the client's address",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nTrue-Client-IP: 6.6.6.6\r\n\r\n",
		true, sees("6.6.6.6")},
	{"forge https and the host",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /evil.example\r\nX-Original-URL: /evil.example\r\n\r\n",
		true, sees("evil.example")},
	{"forge the client's address by an underscore twin",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n",
		true, sees("6.6.6.6")},
	{"forge a user by a dotted twin",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX.Remote.User: admin\r\nRemote-User: admin\r\n\r\n",
		true, sees("admin")},
	{"set HTTP_PROXY in the app (httpoxy)",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nProxy: http://evil.example\r\n\r\n",
		true, sees("evil.example")},
	{"have the edge's own fields removed as hop-by-hop",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Forwarded-For, X-Forwarded-Proto\r\n\r\n",
		true, func(raw string, _ []string) bool { return !strings.Contains(raw, "X-Forwarded-Proto: http\r\n") }},
	{"forge the request's number",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: evil\r\n\r\n",
		true, sees("evil")},
	{"leave a guarded folder by dot segments",
		"GET /static/../admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, requests("GET /static/../admin")},
	{"leave a guarded folder by escaped dot segments",
		"GET /static/%2e%2e/admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, sees("/admin")},
	{"leave a guarded folder by an escaped slash",
		"GET /static/..%2fadmin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, sees("admin")},
	{"leave a guarded folder by a path parameter",
		"GET /static/..;/admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, sees("/admin")},
	{"spell a guarded path in another way",
		"GET /%61dmin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, sees("%61")},
	{"cut a path by NUL",
		"GET /admin%00.png HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, sees("%00")},
	{"hide a parameter behind a semicolon",
		"GET /?a=1;admin=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		true, sees(";admin=1")},
	{"make the upstream speak h2c past the guards",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
		true, sees("Upgrade: h2c")},
	{"open a tunnel by a half WebSocket handshake",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\nSec-WebSocket-Key: x\r\n\r\n",
		true, sees("Upgrade: websocket")},
	{"open a tunnel by CONNECT",
		"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
		true, sees("CONNECT")},
	{"desynchronise by Expect",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
		true, sees("Expect:")},
	{"say two content types",
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\nok",
		true, sees("application/json")},
	{"authenticate twice",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Basic YTph\r\nAuthorization: Bearer b\r\n\r\n",
		true, sees("Bearer b")},
}

func sees(marker string) func(string, []string) bool {
	return func(raw string, _ []string) bool { return strings.Contains(raw, marker) }
}

func requests(want string) func(string, []string) bool {
	return func(_ string, reqs []string) bool { return slices.Contains(reqs, want) }
}

func TestAttacksDoNotReachTheUpstream(t *testing.T) {
	t.Parallel()
	for _, a := range attacks {
		t.Run(strings.ReplaceAll(a.name, " ", "-"), func(t *testing.T) {
			t.Parallel()

			bare := newRecorder(t)
			send(t, relay(t, bare.addr), a.raw)
			if raw, reqs := bare.seen(); !a.reached(raw, reqs) {
				t.Errorf("the attack does not work without protection; the upstream saw %q", raw)
			}

			stock := newRecorder(t)
			plain := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: stock.addr})
			plain.ErrorLog = log.New(io.Discard, "", 0)
			send(t, serve(t, plain), a.raw)
			if raw, reqs := stock.seen(); a.reached(raw, reqs) != a.stock {
				t.Errorf("through a stock ReverseProxy: reached = %v, want %v; the upstream saw %q", !a.stock, a.stock, raw)
			}

			guarded := newRecorder(t)
			answer := send(t, serve(t, newUpstream(t, upstream.Config{URL: "http://" + guarded.addr})), a.raw)
			if raw, reqs := guarded.seen(); raw != "" && a.reached(raw, reqs) {
				t.Errorf("the attack came through; the upstream saw %q", raw)
			} else if raw == "" && !strings.HasPrefix(answer, "HTTP/1.1 4") && !strings.HasPrefix(answer, "HTTP/1.1 501") {
				t.Errorf("refused, but with %q", answer)
			}
		})
	}
}

// TestNothingIsSmuggled sends all attacks through one front, on upstream connections that
// are used again: none may add a request of its own.
func TestNothingIsSmuggled(t *testing.T) {
	t.Parallel()
	rec := newRecorder(t)
	front := serve(t, newUpstream(t, upstream.Config{URL: "http://" + rec.addr}))
	for _, a := range attacks {
		send(t, front, a.raw)
	}
	_, reqs := rec.seen()
	for _, req := range reqs {
		if strings.Contains(req, "smuggled") {
			t.Errorf("the upstream took %q for a request", req)
		}
	}
	if len(reqs) == 0 {
		t.Error("nothing at all reached the upstream")
	}
}
