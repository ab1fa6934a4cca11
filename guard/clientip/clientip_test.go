package clientip_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, trusted ...string) *clientip.Guard {
	t.Helper()
	g, err := clientip.New(clientip.Config{TrustedProxies: trusted, ForwardedHost: true})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// seen is what the step inside sees of a request.
type seen struct {
	ip, scheme, host string
	header           http.Header
	status           int
}

func ask(g *clientip.Guard, peer string, header http.Header) seen {
	r := httptest.NewRequest("GET", "http://shop.example/", nil)
	r.RemoteAddr = peer
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	var got seen
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = seen{ip: fumehood.ClientIP(r).String(), scheme: fumehood.Scheme(r), host: r.Host, header: r.Header}
	})).ServeHTTP(w, r)
	got.status = w.Code
	return got
}

func TestAttackAddressOfOnesOwnChoice(t *testing.T) {
	t.Parallel()
	const proxy, attacker, victim = "10.0.0.7", "203.0.113.66", "198.51.100.1"
	trusted := newGuard(t, "10.0.0.0/8", "2001:db8:ffff::/48")
	for _, tt := range []struct {
		name, peer string
		header     http.Header
		want       string
	}{
		{"the attacker is the peer", attacker, http.Header{"X-Forwarded-For": {victim}}, attacker},
		{"the attacker writes, the proxy appends", proxy, http.Header{"X-Forwarded-For": {victim + ", " + attacker}}, attacker},
		{"the proxy adds a line of its own", proxy, http.Header{"X-Forwarded-For": {victim, attacker}}, attacker},
		{"the attacker names a trusted proxy", proxy, http.Header{"X-Forwarded-For": {victim + ", 10.0.0.9, " + attacker}}, attacker},
		{"two proxies", proxy, http.Header{"X-Forwarded-For": {victim + ", " + attacker + ", 10.0.0.9"}}, attacker},
		{"rubbish to the left is not looked at", proxy, http.Header{"X-Forwarded-For": {`"; drop table, ` + attacker}}, attacker},
		{"a name where the client should be", proxy, http.Header{"X-Forwarded-For": {victim + ", unknown"}}, proxy},
		{"an empty entry", proxy, http.Header{"X-Forwarded-For": {victim + ","}}, proxy},
		{"an empty field", proxy, http.Header{"X-Forwarded-For": {""}}, proxy},
		{"other headers are not read", proxy, http.Header{"X-Real-Ip": {victim}, "True-Client-Ip": {victim}, "Cf-Connecting-Ip": {victim}}, proxy},
		{"the underscore twin is not read", proxy, http.Header{"X_forwarded_for": {victim}}, proxy},
		{"all trusted: the leftmost", proxy, http.Header{"X-Forwarded-For": {"10.9.9.9, 10.0.0.9"}}, "10.9.9.9"},
		{"IPv4 with a port", proxy, http.Header{"X-Forwarded-For": {victim + ", " + attacker + ":4711"}}, attacker},
		{"IPv6", proxy, http.Header{"X-Forwarded-For": {"2001:db8::1, 2001:db8::66"}}, "2001:db8::66"},
		{"IPv6 in brackets", proxy, http.Header{"X-Forwarded-For": {"[2001:db8::66]"}}, "2001:db8::66"},
		{"IPv6 in brackets with a port", proxy, http.Header{"X-Forwarded-For": {"[2001:db8::66]:4711"}}, "2001:db8::66"},
		{"a zone is the attacker's text", proxy, http.Header{"X-Forwarded-For": {"fe80::66%evil text"}}, "fe80::66"},
		{"a mapped address is the IPv4 address", proxy, http.Header{"X-Forwarded-For": {"::ffff:203.0.113.66"}}, attacker},
		{"a mapped trusted proxy is trusted", proxy, http.Header{"X-Forwarded-For": {attacker + ", ::ffff:10.0.0.9"}}, attacker},
		{"an IPv6 proxy", "[2001:db8:ffff::1]:9", http.Header{"X-Forwarded-For": {attacker}}, attacker},
		{"octal is no address", proxy, http.Header{"X-Forwarded-For": {"0313.0.0161.0102"}}, proxy},
		{"a number is no address", proxy, http.Header{"X-Forwarded-For": {"3405803842"}}, proxy},
		{"nobody's address", proxy, http.Header{"X-Forwarded-For": {"0.0.0.0"}}, proxy},
		{"a port that is none", proxy, http.Header{"X-Forwarded-For": {attacker + ":99999"}}, proxy},
		{"a name in brackets", proxy, http.Header{"X-Forwarded-For": {"[203.0.113.66]"}}, proxy},
		{"RFC 7239", proxy, http.Header{"Forwarded": {"for=" + victim + ", for=" + attacker}}, attacker},
		{"RFC 7239, IPv6", proxy, http.Header{"Forwarded": {`for="[2001:db8::66]:4711";proto=https`}}, "2001:db8::66"},
		{"RFC 7239, hidden", proxy, http.Header{"Forwarded": {"for=" + victim + ", for=_secret"}}, proxy},
		{"both agree", proxy, http.Header{"X-Forwarded-For": {attacker}, "Forwarded": {"for=" + attacker}}, attacker},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			peer := tt.peer
			if _, _, err := net.SplitHostPort(peer); err != nil {
				peer = net.JoinHostPort(peer, "4711")
			}
			if got := ask(trusted, peer, tt.header); got.ip != tt.want || got.status != 200 {
				t.Errorf("the client is %s (status %d), want %s", got.ip, got.status, tt.want)
			}
			// By default nobody is trusted.
			if got := ask(newGuard(t), peer, tt.header); strings.Contains(got.ip, victim) || !strings.Contains(peer, got.ip) {
				t.Errorf("with nobody trusted the client is %s, want the peer %s", got.ip, peer)
			}
		})
	}
}

// The attack works on what most programs do: take the leftmost entry.
func TestAttackWorksWithoutTheGuard(t *testing.T) {
	t.Parallel()
	leftmost := strings.Split("198.51.100.1, 203.0.113.66", ",")[0]
	if leftmost != "198.51.100.1" {
		t.Fatal("the attack must succeed here")
	}
	got := ask(newGuard(t, "10.0.0.7"), "10.0.0.7:1", http.Header{"X-Forwarded-For": {"198.51.100.1, 203.0.113.66"}})
	if got.ip == leftmost {
		t.Errorf("the attacker is taken for %s", got.ip)
	}
}

func TestContradictionsAndMalformedHeadersAreRefused(t *testing.T) {
	t.Parallel()
	g := newGuard(t, "10.0.0.0/8")
	for name, header := range map[string]http.Header{
		"two headers, two clients":     {"X-Forwarded-For": {"203.0.113.66"}, "Forwarded": {"for=198.51.100.1"}},
		"no equals sign":               {"Forwarded": {"for"}},
		"an open quote":                {"Forwarded": {`for="[2001:db8::1]`}},
		"unquoted brackets":            {"Forwarded": {"for=[2001:db8::1]"}},
		"a space around the equals":    {"Forwarded": {"for = 198.51.100.1"}},
		"the same parameter twice":     {"Forwarded": {"for=198.51.100.1;for=203.0.113.66"}},
		"the same, in another case":    {"Forwarded": {"for=198.51.100.1;For=203.0.113.66"}},
		"an empty element":             {"Forwarded": {"for=198.51.100.1,,for=203.0.113.66"}},
		"empty":                        {"Forwarded": {""}},
		"nine parameters":              {"Forwarded": {"a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1"}},
		"a host with a path":           {"X-Forwarded-Host": {"evil.example/x"}},
		"a host with user information": {"X-Forwarded-Host": {"a@evil.example"}},
		"an empty host":                {"X-Forwarded-Host": {""}},
		"a host with markup":           {"X-Forwarded-Host": {`"><script>`}},
		"a host with a bad port":       {"X-Forwarded-Host": {"shop.example:http"}},
		"half a bracket":               {"X-Forwarded-Host": {"[::1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ask(g, "10.0.0.7:1", header); got.status != 400 {
				t.Errorf("answered with %d, want 400", got.status)
			}
			// What nobody reads cannot be wrong.
			if got := ask(g, "203.0.113.66:1", header); got.status != 200 || got.ip != "203.0.113.66" {
				t.Errorf("from an untrusted peer: %d, client %s", got.status, got.ip)
			}
		})
	}
}

// The oracle is the text of RFC 7239, sections 4 and 7.1.
func TestForwardedExamplesOfTheRFC(t *testing.T) {
	t.Parallel()
	g := newGuard(t, "10.0.0.7")
	for value, want := range map[string]string{
		`for="_gazonk"`:                              "10.0.0.7",
		`For="[2001:db8:cafe::17]:4711"`:             "2001:db8:cafe::17",
		`for=192.0.2.60;proto=http;by=203.0.113.43`:  "192.0.2.60",
		`for=192.0.2.43, for=198.51.100.17`:          "198.51.100.17",
		`for=_hidden, for=_SEVKISEK`:                 "10.0.0.7",
		`for=192.0.2.43, for="[2001:db8:cafe::17]"`:  "2001:db8:cafe::17",
		`for=192.0.2.43,for="[2001:db8:cafe::17]"`:   "2001:db8:cafe::17",
		`for=192.0.2.43,for="[2001:db8:cafe::17]", `: "refused",
	} {
		got := ask(g, "10.0.0.7:1", http.Header{"Forwarded": {value}})
		if want == "refused" {
			if got.status != 400 {
				t.Errorf("%s: answered with %d, want 400", value, got.status)
			}
		} else if got.ip != want {
			t.Errorf("%s: the client is %s, want %s", value, got.ip, want)
		}
	}
}

func TestSchemeAndHostAreBelievedFromATrustedProxyOnly(t *testing.T) {
	t.Parallel()
	g := newGuard(t, "10.0.0.7")
	for _, tt := range []struct {
		name               string
		header             http.Header
		wantScheme, wantAt string
	}{
		{"https", http.Header{"X-Forwarded-Proto": {"https"}}, "https", "shop.example"},
		{"a WebSocket of Traefik", http.Header{"X-Forwarded-Proto": {"wss"}}, "https", "shop.example"},
		{"the attacker's own first", http.Header{"X-Forwarded-Proto": {"https, http"}}, "http", "shop.example"},
		{"the attacker's line first", http.Header{"X-Forwarded-Proto": {"https", "http"}}, "http", "shop.example"},
		{"another protocol", http.Header{"X-Forwarded-Proto": {"javascript"}}, "http", "shop.example"},
		{"RFC 7239", http.Header{"Forwarded": {"for=192.0.2.1;proto=https"}}, "https", "shop.example"},
		{"RFC 7239 of another hop", http.Header{"Forwarded": {"for=192.0.2.9;proto=https, for=192.0.2.1;proto=http"}}, "http", "shop.example"},
		{"Forwarded next to X-Forwarded-For", http.Header{"X-Forwarded-For": {"192.0.2.1"}, "Forwarded": {"for=192.0.2.1;proto=https"}}, "http", "shop.example"},
		{"a host", http.Header{"X-Forwarded-Host": {"evil.example, www.shop.example:8443"}}, "http", "www.shop.example:8443"},
		{"an address as host", http.Header{"X-Forwarded-Host": {"[2001:db8::1]:8443"}}, "http", "[2001:db8::1]:8443"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := ask(g, "10.0.0.7:1", tt.header); got.scheme != tt.wantScheme || got.host != tt.wantAt {
				t.Errorf("got %s://%s, want %s://%s", got.scheme, got.host, tt.wantScheme, tt.wantAt)
			}
			if got := ask(g, "10.0.0.8:1", tt.header); got.scheme != "http" || got.host != "shop.example" {
				t.Errorf("an untrusted peer is believed: %s://%s", got.scheme, got.host)
			}
		})
	}
}

// The names are those that the documents of the proxies and CDNs give, in their spelling.
var forwardingHeaders = []string{
	"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix",
	"X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded-User", "X-Forwarded-Client-Cert", "Forwarded",
	"X-Real-IP", "X-Client-IP", "Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6",
	"Fastly-Client-IP", "Fly-Client-IP", "X-Cluster-Client-IP", "X-Original-URL", "X-Rewrite-URL",
	"X-Original-Forwarded-For", "X-Remote-User", "Remote-User", "X-Auth-Request-Email", "SSL-Client-S-DN",
	"X-SSL-Client-Verify", "X-Scheme", "Front-End-Https", "X-Accel-Mapping", "X-Sendfile-Type", "Proxy",
	"X_Forwarded_For", "X-Forwarded_For", "x_real_ip", "Content_Length", "Any_Thing", "_",
}

func TestNoForwardingHeaderIsLeft(t *testing.T) {
	t.Parallel()
	const kept = "Accept Authorization Content-Type Cookie Host-Hint Origin User-Agent X-Csrf-Token X-Requested-With"
	header := http.Header{}
	for _, name := range append(forwardingHeaders, strings.Fields(kept)...) {
		header.Set(name, "192.0.2.1")
	}
	header.Set("Forwarded", "for=192.0.2.1")
	for _, peer := range []string{"203.0.113.66:1", "10.0.0.7:1"} {
		got := ask(newGuard(t, "10.0.0.7"), peer, header)
		var left []string
		for name := range got.header {
			left = append(left, name)
		}
		slices.Sort(left)
		if strings.Join(left, " ") != kept {
			t.Errorf("peer %s: left are\n%s, want\n%s", peer, strings.Join(left, " "), kept)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	header := http.Header{"X-Forwarded-For": {"203.0.113.66"}, "X-Forwarded-Proto": {"https"}}
	for _, peer := range []string{"@", "", "@abstract", "/run/client.sock"} {
		if got := ask(newGuard(t, "unix"), peer, header); got.ip != "203.0.113.66" || got.scheme != "https" {
			t.Errorf("peer %q, trusted: %s %s", peer, got.ip, got.scheme)
		}
		if got := ask(newGuard(t, "10.0.0.0/8"), peer, header); got.ip != "invalid IP" || got.scheme != "http" {
			t.Errorf("peer %q, not trusted: %s %s", peer, got.ip, got.scheme)
		}
	}
	if got := ask(newGuard(t, "unix"), "203.0.113.9:1", header); got.ip != "203.0.113.9" {
		t.Errorf("unix trusts a TCP peer: %s", got.ip)
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3", "::ffff:0:0/96", "::ffff:0.0.0.0/97", "::ffff:0:0/64",
		"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "proxy.example", "", "*", "10.0.0.1:80", "fe80::1%eth0", "0.0.0.0", "::",
		"UNIX", " 10.0.0.1", "10.0.0", "010.0.0.1",
	} {
		_, err := clientip.New(clientip.Config{TrustedProxies: []string{"10.0.0.7", entry}})
		if err == nil {
			t.Errorf("%q was accepted", entry)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", entry)) || hint.Of(err) == "" {
			t.Errorf("%q: the error %q (hint %q) does not help", entry, err, hint.Of(err))
		}
	}
	_, err := clientip.New(clientip.Config{TrustedProxies: []string{"0.0.0.0/0", "nonsense", "10.0.0.7"}})
	if err == nil || !strings.Contains(err.Error(), "0.0.0.0/0") || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v, want both mistakes", err)
	}
	newGuard(t, "10.0.0.7", "10.0.0.0/8", "fc00::/7", "2001:db8::7", "::ffff:10.0.0.0/104", "unix")
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*clientip.Guard{nil, new(clientip.Guard)} {
		if got := ask(g, "203.0.113.66:1", nil); got.status != 500 || got.ip != "" {
			t.Errorf("answered with %d", got.status)
		}
		if err := g.Check(httptest.NewRequest("GET", "/", nil)); err == nil {
			t.Error("Check says yes")
		}
	}
}

func TestCheckChangesNothing(t *testing.T) {
	t.Parallel()
	g := newGuard(t, "10.0.0.7")
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.7:1"
	r.Header.Set("Forwarded", "for=")
	var refusal *fumehood.Refusal
	if err := g.Check(r); !errors.As(err, &refusal) || refusal.Status != 400 || refusal.Code != "clientip.malformed" {
		t.Errorf("got %v", err)
	}
	if r.Header.Get("Forwarded") == "" {
		t.Error("Check removed the header")
	}
}

// Real sockets, TCP and Unix: what net/http says of the peer is what the guard expects.
func TestOverASocket(t *testing.T) {
	t.Parallel()
	for network, trusted := range map[string]string{"tcp": "127.0.0.1", "unix": "unix"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			address := "127.0.0.1:0"
			if network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			ln, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			srv := &http.Server{Handler: newGuard(t, trusted).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "%v %v %v %d", fumehood.ClientIP(r), fumehood.Scheme(r), r.Host, len(r.Header))
			}))}
			go srv.Serve(ln)
			defer srv.Close()
			conn, err := net.Dial(network, ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: shop.example\r\nx_forwarded_for: 192.0.2.1\r\n"+
				"x-forwarded-for: 192.0.2.1\r\nX-FORWARDED-FOR: 203.0.113.66\r\nx-forwarded-proto: https\r\nforwarded: for=203.0.113.66\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			if got, want := string(body), "203.0.113.66 https shop.example 0"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	h := newGuard(b, "10.0.0.0/8").Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{}))
	for _, name := range []string{"Accept", "Accept-Encoding", "Accept-Language", "Cookie", "User-Agent", "Sec-Fetch-Site", "Sec-Fetch-Mode"} {
		r.Header.Set(name, "x")
	}
	for name, peer := range map[string]string{"direct": "203.0.113.66:4711", "proxied": "10.0.0.7:4711"} {
		b.Run(name, func(b *testing.B) {
			r.RemoteAddr = peer
			chain := []string{"192.0.2.1, 203.0.113.66"}
			b.ReportAllocs()
			for b.Loop() {
				if name == "proxied" {
					r.Header["X-Forwarded-For"] = chain
				}
				h.ServeHTTP(nil, r)
			}
		})
	}
}

// TestForwardedHostNeedsAWord: a proxy that passes X-Forwarded-Host on as it came lets the
// visitor choose the host. With ForwardedHost the attack works, without it not.
func TestForwardedHostNeedsAWord(t *testing.T) {
	t.Parallel()
	for believed, want := range map[bool]string{true: "evil.example", false: "shop.example"} {
		g, err := clientip.New(clientip.Config{TrustedProxies: []string{"10.0.0.7"}, ForwardedHost: believed})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "http://shop.example/", nil)
		r.RemoteAddr = "10.0.0.7:4000"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		got := ""
		g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Host })).
			ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("ForwardedHost %v: the host is %q, want %q", believed, got, want)
		}
	}
}
