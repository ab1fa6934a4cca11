package hosts_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, cfg hosts.Config, served hosts.Served) *hosts.Guard {
	t.Helper()
	g, err := hosts.New(cfg, served)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ask returns the status and, when the request went through, what an app would build its
// password reset link from.
func ask(h http.Handler, host string) (status int, link string) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// resetLink is an app that mails a link with the host of the request in it.
var resetLink = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "https://%s/reset?token=s3cret", r.Host)
})

func TestAttackPoisonedResetLink(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, hosts.Config{Allow: []string{"shop.example", "*.shop.example", "192.0.2.7", "2001:db8::7"}}, hosts.Served{})
	protected := guard.Handler(resetLink)
	for _, tt := range []struct {
		name, host string
		want       int
	}{
		{"another host", "evil.example", 421},
		{"another host with a port", "evil.example:443", 421},
		{"the name as prefix", "shop.example.evil.example", 421},
		{"the name as suffix of a label", "evilshop.example", 421},
		{"the name in the port", "evil.example:shop.example", 400},
		{"the name as user", "shop.example@evil.example", 400},
		{"the name in the user of a host with port", "shop.example:443@evil.example", 400},
		{"a path", "evil.example/shop.example", 400},
		{"a backslash", `evil.example\.shop.example`, 400},
		{"a fragment", "evil.example#.shop.example", 400},
		{"a space", "evil.example .shop.example", 400},
		{"a tab", "shop.example\t", 400},
		{"NUL", "shop.example\x00.evil.example", 400},
		{"line ends", "shop.example\r\nX-Injected: 1", 400},
		{"markup", `"><script>.shop.example`, 400},
		{"percent", "evil%2eexample.shop.example", 400},
		{"two hosts", "shop.example,evil.example", 400},
		{"a lone dot", ".", 400},
		{"empty label", ".shop.example", 400},
		{"two dots", "a..shop.example", 400},
		{"two dots at the end", "shop.example..", 400},
		{"empty", "", 400},
		{"only a port", ":443", 400},
		{"a port that is none", "shop.example:99999", 400},
		{"two ports", "shop.example:443:443", 400},
		{"a long label", strings.Repeat("a", 64) + ".shop.example", 400},
		{"a long name", strings.Repeat("a.", 126) + "shop.example", 400},
		{"raw Unicode", "shöp.example", 400},
		{"fullwidth letters", "ｓhop.example", 400},
		{"an address", "192.0.2.8", 421},
		{"the address as a number", "3221225991", 421},
		{"half a bracket", "[2001:db8::7", 400},
		{"IPv6 without brackets", "2001:db8::7", 400},
		{"IPv4 in brackets", "[192.0.2.7]", 400},
		{"another IPv6", "[2001:db8::8]", 421},
		{"IPv6 with a zone", "[2001:db8::7%25eth0]", 400},
		{"text after the bracket", "[2001:db8::7]evil.example", 400},

		{"the name", "shop.example", 200},
		{"with a port", "shop.example:8443", 200},
		{"an empty port", "shop.example:", 200},
		{"in capitals", "SHOP.Example", 200},
		{"a trailing dot", "shop.example.:8443", 200},
		{"one label", "www.shop.example", 200},
		{"two labels", "a.b.shop.example", 200},
		{"IPv4", "192.0.2.7:80", 200},
		{"IPv6", "[2001:db8::7]:80", 200},
		{"IPv6 in another form", "[2001:0DB8:0::7]", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, link := ask(protected, tt.host)
			if status != tt.want {
				t.Errorf("%q was answered with %d, want %d", tt.host, status, tt.want)
			}
			if tt.want == 200 {
				return
			}
			if strings.Contains(link, "s3cret") {
				t.Errorf("the token went to %q", link)
			}
			if status, link := ask(resetLink, tt.host); status != 200 || !strings.Contains(link, "s3cret") {
				t.Errorf("without the guard the attack must succeed, got %d %q", status, link)
			}
		})
	}
}

func TestModeDependsOnWhatIsKnown(t *testing.T) {
	t.Parallel()
	local := []string{"localhost", "127.0.0.1", "::1"}
	for _, tt := range []struct {
		name   string
		cfg    hosts.Config
		served hosts.Served
		want   map[string]int
		mode   fumehood.Mode
	}{
		{"a listener on loopback stops DNS rebinding", hosts.Config{}, hosts.Served{Local: local, Known: true},
			map[string]int{"localhost:8443": 200, "127.0.0.1": 200, "[::1]:8443": 200, "rebound.evil.example:8443": 421}, fumehood.Enforce},
		{"names of certificates", hosts.Config{}, hosts.Served{Names: []string{"shop.example"}, Local: local},
			map[string]int{"shop.example": 200, "localhost": 421, "evil.example": 421}, fumehood.Enforce},
		{"allow is added to them", hosts.Config{Allow: []string{"a.example"}}, hosts.Served{Names: []string{"shop.example"}},
			map[string]int{"shop.example": 200, "a.example": 200, "evil.example": 421}, fumehood.Enforce},
		{"allow takes the place of local", hosts.Config{Allow: []string{"a.example"}}, hosts.Served{Local: local, Known: true},
			map[string]int{"a.example": 200, "localhost": 421}, fumehood.Enforce},
		{"nothing known: reported", hosts.Config{}, hosts.Served{Local: local},
			map[string]int{"localhost": 200, "evil.example": 200, "a b": 400}, fumehood.Report},
		{"enforced all the same", hosts.Config{Mode: fumehood.Enforce}, hosts.Served{Local: local},
			map[string]int{"localhost": 200, "evil.example": 421}, fumehood.Enforce},
		{"report", hosts.Config{Mode: fumehood.Report, Allow: []string{"a.example"}}, hosts.Served{},
			map[string]int{"a.example": 200, "evil.example": 200, `"><script>`: 400}, fumehood.Report},
		{"off", hosts.Config{Mode: fumehood.Off}, hosts.Served{},
			map[string]int{"evil.example": 200, "a b": 200}, fumehood.Off},
		{"the zero values", hosts.Config{}, hosts.Served{}, map[string]int{"evil.example": 200, "a b": 400}, fumehood.Report},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGuard(t, tt.cfg, tt.served)
			if g.Mode() != tt.mode {
				t.Errorf("the mode is %q, want %q", g.Mode(), tt.mode)
			}
			for host, want := range tt.want {
				if got, _ := ask(g.Handler(resetLink), host); got != want {
					t.Errorf("%q was answered with %d, want %d", host, got, want)
				}
			}
		})
	}
}

func TestReportNotesWhatWouldHaveBeenRefused(t *testing.T) {
	t.Parallel()
	x := &fumehood.Exchange{}
	r := httptest.NewRequest("GET", "http://evil.example/", nil)
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	newGuard(t, hosts.Config{}, hosts.Served{}).Handler(resetLink).ServeHTTP(httptest.NewRecorder(), r)
	if len(x.Reported) != 1 || x.Reported[0].Code != "hosts.unknown" || x.Refused != nil {
		t.Errorf("reported %v, refused %v", x.Reported, x.Refused)
	}
}

// The ASCII forms are those in the registry of top-level test domains at IANA and in the
// introduction of RFC 5891's implementations; they were not made by this code.
func TestNamesThatAreNotASCII(t *testing.T) {
	t.Parallel()
	for name, ascii := range map[string]string{
		"bücher.example": "xn--bcher-kva.example", "BÜCHER.example": "xn--bcher-kva.example",
		"*.bücher.example": "www.xn--bcher-kva.example", "例え.テスト": "xn--r8jz45g.xn--zckzah",
		"XN--Bcher-Kva.example": "xn--bcher-kva.example",
	} {
		h := newGuard(t, hosts.Config{Allow: []string{name}}, hosts.Served{}).Handler(resetLink)
		if got, _ := ask(h, ascii); got != 200 {
			t.Errorf("%s does not serve %s: %d", name, ascii, got)
		}
	}
}

// net/http takes the host of an absolute-form target; a middleware may then have changed
// only one of the two.
func TestAbsoluteFormIsJudgedToo(t *testing.T) {
	t.Parallel()
	g := newGuard(t, hosts.Config{Allow: []string{"shop.example", "www.shop.example"}}, hosts.Served{})
	for target, want := range map[string]string{
		"http://shop.example/": "", "http://www.shop.example/": "", "http://evil.example/": "hosts.unknown", "http://a..b/": "hosts.malformed",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "shop.example"
		r.URL, _ = url.Parse(target)
		err := g.Check(r)
		if want == "" && err != nil || want != "" && fumehood.AsRefusal(err).Code != want {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
	}
}

func TestOverASocket(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(newGuard(t, hosts.Config{Allow: []string{"shop.example"}}, hosts.Served{}).Handler(resetLink))
	srv.Config.DisableGeneralOptionsHandler = true // net/http would answer "OPTIONS *" itself
	srv.Start()
	defer srv.Close()
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n":                             200,
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n":                             421,
		"GET http://evil.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n":          421,
		"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n":          200,
		"GET / HTTP/1.0\r\n\r\n":                                                   400,
		"GET / HTTP/1.1\r\nHost: shop.example\r\nX-Host: evil.example\r\n\r\n":     200,
		"GET http://a@evil.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n":        421,
		"GET / HTTP/1.1\r\nHost: shop.example!\r\n\r\n":                            400,
		"OPTIONS * HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n":    421,
		"GET / HTTP/1.1\r\nHost: xn--shp-fka.example\r\nAccept: text/html\r\n\r\n": 421,
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%q: %v", request, err)
		}
		if resp.StatusCode != want {
			t.Errorf("%q was answered with %d, want %d", request, resp.StatusCode, want)
		}
		conn.Close()
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"", "*", "*.", "*.*.example", "a.*.example", "https://shop.example", "shop.example/", "shop.example:443",
		"shop example", "a..b", "[::1]:80", "*.192.0.2.7", "shop.example,b.example", "a@b.example", "ö ä", "☃\r\nHost: x",
	} {
		_, err := hosts.New(hosts.Config{Allow: []string{"ok.example", entry}}, hosts.Served{})
		if err == nil {
			t.Errorf("%q was accepted", entry)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", entry)) || hint.Of(err) == "" {
			t.Errorf("%q: the error %q (hint %q) does not help", entry, err, hint.Of(err))
		}
	}
	_, err := hosts.New(hosts.Config{Allow: []string{"a b"}, Mode: "enfroce"}, hosts.Served{Names: []string{"c d"}})
	for _, want := range []string{`"a b"`, "enfroce", `"c d"`, "tls.domains", "hosts.allow"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := hosts.New(hosts.Config{Mode: fumehood.Enforce}, hosts.Served{}); err == nil || hint.Of(err) == "" {
		t.Errorf("a server that refuses everything was accepted: %v", err)
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*hosts.Guard{nil, new(hosts.Guard)} {
		if status, _ := ask(g.Handler(resetLink), "shop.example"); status != 500 {
			t.Errorf("answered with %d", status)
		}
		if g.Check(httptest.NewRequest("GET", "/", nil)) == nil {
			t.Error("Check says yes")
		}
	}
}

// FuzzHost compares with an independent reading: net/url's.
func FuzzHost(f *testing.F) {
	for _, host := range []string{
		"shop.example", "SHOP.example.:80", "a.b.shop.example", "[2001:db8::7]:1", "evil.example", "shop.example@evil.example", "[::1", "",
	} {
		f.Add(host)
	}
	h := newGuard(f, hosts.Config{Allow: []string{"shop.example", "*.shop.example", "2001:db8::7"}}, hosts.Served{}).Handler(resetLink)
	f.Fuzz(func(t *testing.T, host string) {
		status, _ := ask(h, host)
		if status != 200 {
			return
		}
		u, err := url.Parse("http://" + host + "/")
		if err != nil || u.User != nil || u.Path != "/" || u.RawQuery != "" {
			t.Fatalf("%q was accepted, net/url says %v, %+v", host, err, u)
		}
		name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		if name == "shop.example" || strings.HasSuffix(name, ".shop.example") || net.IP.Equal(net.ParseIP(name), net.ParseIP("2001:db8::7")) {
			return
		}
		t.Fatalf("%q was accepted, its host is %q", host, name)
	})
}

func BenchmarkHandler(b *testing.B) {
	served := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := newGuard(b, hosts.Config{Allow: []string{"shop.example", "*.shop.example"}}, hosts.Served{}).Handler(served)
	for name, host := range map[string]string{"exact": "shop.example:8443", "wildcard": "a.b.shop.example"} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = host
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(nil, r)
			}
		})
	}
}
