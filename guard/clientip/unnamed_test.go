package clientip_test

import (
	"net/http/httptest"
	"testing"
)

// TestAProxyThatNobodyNamed: a proxy on this machine or in a private network shows by what
// it writes; a visitor from the internet who writes the same is no proxy to be named.
func TestAProxyThatNobodyNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, peer, field, value string
		trusted                  []string
		want                     string
	}{
		{"nginx beside it", "127.0.0.1:4000", "X-Forwarded-For", "203.0.113.9", nil, "127.0.0.1"},
		{"nginx that sets only X-Real-IP", "127.0.0.1:4000", "X-Real-IP", "203.0.113.9", nil, "127.0.0.1"},
		{"a proxy by the standard", "127.0.0.1:4000", "Forwarded", "for=203.0.113.9", nil, "127.0.0.1"},
		{"over IPv6", "[::1]:4000", "X-Forwarded-For", "203.0.113.9", nil, "::1"},
		{"in another container", "172.17.0.1:4000", "X-Forwarded-For", "203.0.113.9", nil, "172.17.0.1"},
		{"an IPv4 address in an IPv6 one", "[::ffff:10.0.0.7]:4000", "X-Forwarded-For", "203.0.113.9", nil, "10.0.0.7"},
		{"on a Unix socket", "@", "X-Forwarded-For", "203.0.113.9", nil, "unix"},
		{"the other of two", "10.0.0.8:4000", "X-Forwarded-For", "203.0.113.9", []string{"10.0.0.7"}, "10.0.0.8"},
		{"one that is named", "10.0.0.7:4000", "X-Forwarded-For", "203.0.113.9", []string{"10.0.0.7"}, ""},
		{"a Unix socket that is named", "@", "X-Forwarded-For", "203.0.113.9", []string{"unix"}, ""},
		{"nobody in between", "127.0.0.1:4000", "Accept", "text/html", nil, ""},
		{"a visitor who makes it up", "203.0.113.66:4000", "X-Forwarded-For", "127.0.0.1", nil, ""},
		{"a visitor over IPv6 who makes it up", "[2001:db8::66]:4000", "Forwarded", "for=127.0.0.1", nil, ""},
		{"no address at all", "nonsense", "X-Forwarded-For", "127.0.0.1", nil, ""},
	} {
		r := httptest.NewRequest("GET", "http://shop.example/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set(c.field, c.value)
		if got := newGuard(t, c.trusted...).UnnamedProxy(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// BenchmarkUnnamedProxy is what a request pays that comes through none.
func BenchmarkUnnamedProxy(b *testing.B) {
	g := newGuard(b)
	r := httptest.NewRequest("GET", "http://shop.example/", nil)
	for _, name := range []string{"Accept", "Accept-Language", "Accept-Encoding", "Cookie", "User-Agent",
		"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Upgrade-Insecure-Requests", "X-Request-Id"} {
		r.Header.Set(name, "x")
	}
	b.ReportAllocs()
	for b.Loop() {
		if g.UnnamedProxy(r) != "" {
			b.Fatal("seen where there is none")
		}
	}
}
