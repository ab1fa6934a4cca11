package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

// plainAnswer sends raw bytes without TLS and returns the answer.
func plainAnswer(t *testing.T, addr, raw string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(raw, " ")
	answer, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body) // to the end: the server must close
	return answer
}

func TestPlainHTTPIsRedirectedOrRefused(t *testing.T) {
	t.Parallel()
	r := start(t, say("never"), func(cfg *config.Config) {
		cfg.Server.RedirectBind = "localhost:0"
		cfg.Hosts.Allow = []string{"Shop.example", "*.shop.example"}
	})
	_, port, _ := net.SplitHostPort(r.addr)
	self := r.addr
	tests := []struct {
		name, request, host string
		status              int
		location            string // after https://
	}{
		{"GET", "GET /a/b?c=d HTTP/1.1", "shop.example", 308, "shop.example:" + port + "/a/b?c=d"},
		{"HEAD", "HEAD /a HTTP/1.1", "shop.example", 308, "shop.example:" + port + "/a"},
		{"host with port", "GET / HTTP/1.1", "shop.example:80", 308, "shop.example:" + port + "/"},
		{"host in capitals", "GET / HTTP/1.1", "SHOP.example", 308, "shop.example:" + port + "/"},
		{"name under a wildcard", "GET / HTTP/1.1", "www.shop.example", 308, "www.shop.example:" + port + "/"},
		{"localhost", "GET / HTTP/1.1", "localhost", 308, "localhost:" + port + "/"},
		{"name under localhost", "GET / HTTP/1.1", "app.localhost", 308, "app.localhost:" + port + "/"},
		{"own address", "GET / HTTP/1.1", self, 308, self + "/"},
		{"IPv6", "GET / HTTP/1.1", "[::1]:80", 308, "[::1]:" + port + "/"},
		{"absolute target", "GET http://shop.example/x HTTP/1.1", "shop.example", 308, "shop.example:" + port + "/x"},

		{"POST", "POST /login HTTP/1.1", "shop.example", 403, ""},
		{"PUT", "PUT / HTTP/1.1", "shop.example", 403, ""},
		{"OPTIONS", "OPTIONS / HTTP/1.1", "shop.example", 403, ""},

		{"foreign host", "GET / HTTP/1.1", "evil.example", 421, ""},
		{"foreign host, ours in front", "GET / HTTP/1.1", "shop.example.evil.example", 421, ""},
		{"foreign host, ours behind", "GET / HTTP/1.1", "evilshop.example", 421, ""},
		{"ours as user", "GET / HTTP/1.1", "shop.example@evil.example", 400, ""},
		{"ours before a backslash", "GET / HTTP/1.1", `evil.example\.shop.example`, 400, ""},
		{"ours before a slash", "GET / HTTP/1.1", "evil.example/.shop.example", 400, ""},
		{"bad label under a wildcard", "GET / HTTP/1.1", "a!b.shop.example", 421, ""},
		{"empty label under a wildcard", "GET / HTTP/1.1", ".shop.example", 421, ""},
		{"foreign address", "GET / HTTP/1.1", "192.0.2.7", 421, ""},
		{"no host", "GET / HTTP/1.0", "", 421, ""},
		{"foreign absolute target", "GET http://evil.example/ HTTP/1.1", "shop.example", 400, ""},
		{"foreign absolute target and host", "GET http://evil.example/ HTTP/1.1", "evil.example", 421, ""},
		{"path with two slashes", "GET //evil.example/ HTTP/1.1", "shop.example", 308, "shop.example:" + port + "//evil.example/"},
		{"path with at sign", "GET /@evil.example HTTP/1.1", "shop.example", 308, "shop.example:" + port + "/@evil.example"},
		{"no path", "GET @evil.example HTTP/1.1", "shop.example", 400, ""},
		{"marks in the query", `GET /?<script>"'\ HTTP/1.1`, "shop.example", 308, "shop.example:" + port + `/?%3Cscript%3E%22'%5C`},
	}
	for _, to := range []string{r.addr, r.srv.RedirectAddr().String()} { // the https port, and the other one
		for _, test := range tests {
			t.Run(test.name+" to "+to, func(t *testing.T) {
				host := "Host: " + test.host + "\r\n"
				if test.host == "" {
					host = ""
				}
				want := test.location
				if test.name == "own address" && to != r.addr {
					host = "Host: " + to + "\r\n"
				}
				answer := plainAnswer(t, to, test.request+"\r\n"+host+"Content-Length: 0\r\n\r\n")
				if answer.StatusCode != test.status {
					t.Errorf("status %d, want %d", answer.StatusCode, test.status)
				}
				got := answer.Header.Get("Location")
				if want != "" {
					want = "https://" + want
				}
				if got != want {
					t.Errorf("Location %q, want %q", got, want)
				}
				// Outside oracle: whatever a browser makes of the address, its host is ours.
				if u, err := url.Parse(got); err != nil || got != "" && !ours(u.Hostname()) {
					t.Errorf("the redirect goes to %q (%v)", u.Hostname(), err)
				}
				if !answer.Close {
					t.Error("the connection is kept")
				}
			})
		}
	}
}

func ours(host string) bool {
	return host == "shop.example" || strings.HasSuffix(host, ".shop.example") ||
		host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "::1"
}

// A 308 is kept for ever by browsers, unless it says otherwise.
func TestRedirectIsNotKept(t *testing.T) {
	t.Parallel()
	r := start(t, say("never"), nil)
	answer := plainAnswer(t, r.addr, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if answer.StatusCode != 308 || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
}

func TestMalformedPlainRequestIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t, say("never"), nil)
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET / HTTP/1.1\nHost: localhost\n\n",
		"\x80\x2e\x01\x03\x01", // the hello of SSL 2
	} {
		c := r.dial(t)
		if got := send(t, c, raw); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%q: %q", raw, got)
		}
	}
}
