package server_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/server"
)

func TestEachVersionOfHTTP(t *testing.T) {
	t.Parallel()
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s tls=%v host=%s body=%s err=%v", r.Proto, r.TLS != nil, r.Host, body, err)
	}), func(cfg *config.Config) { cfg.Server.HTTP3 = true })
	for version, proto := range map[string]string{"h1": "HTTP/1.1", "h2": "HTTP/2.0", "h3": "HTTP/3.0"} {
		client := r.client(version)
		for range 2 { // the second on the same connection
			answer, err := client.Post(r.url("/"), "text/plain", strings.NewReader("hello"))
			if err != nil {
				t.Fatalf("%s: %v", version, err)
			}
			got, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if want := proto + " tls=true host=" + r.addr + " body=hello err=<nil>"; string(got) != want {
				t.Errorf("%s: %s, want %s", version, got, want)
			}
			_, port, _ := net.SplitHostPort(r.addr)
			want := `h3=":` + port + `"; ma=86400`
			if version == "h3" {
				want = ""
			}
			if got := answer.Header.Get("Alt-Svc"); got != want {
				t.Errorf("%s: Alt-Svc %q, want %q", version, got, want)
			}
		}
	}
}

func TestLocalhostIsIPv4AndIPv6(t *testing.T) {
	t.Parallel()
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Logf("this machine has no IPv6: %v", err)
		return
	} else {
		l.Close()
	}
	r := start(t, say("hello"), nil)
	_, port, _ := net.SplitHostPort(r.addr)
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		if _, body := get(t, r.client("h1"), "https://"+host+":"+port+"/"); body != "hello" {
			t.Errorf("%s: %q", host, body)
		}
	}
	if want := "https://localhost:" + port; r.srv.URL() != want {
		t.Errorf("URL %s, want %s", r.srv.URL(), want)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t, say("hello"), nil)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		c := tls.Client(r.dial(t), &tls.Config{RootCAs: r.pool, ServerName: "localhost", MinVersion: version, MaxVersion: version})
		if err := c.Handshake(); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

func TestRenewedFilesAreServedWithoutARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files [2]string
	for i := range files { // two authorities give two certificates
		other := settings(t, nil)
		s, err := server.New(t.Context(), server.Options{Config: other})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		leafs, _ := filepath.Glob(filepath.Join(other.TLS.Storage, "local-ca", "leaf-*.pem"))
		if len(leafs) != 1 {
			t.Fatalf("leafs %v", leafs)
		}
		files[i] = leafs[0]
	}
	used := filepath.Join(dir, "used.pem")
	install := func(from string) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(used, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install(files[0])
	r := start(t, say("hello"), func(cfg *config.Config) { cfg.TLS.CertFile, cfg.TLS.KeyFile = used, used })
	shown := func() string {
		c := tls.Client(r.dial(t), &tls.Config{InsecureSkipVerify: true})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	first := shown()
	install(files[1])
	for end := time.Now().Add(20 * time.Second); shown() == first; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the renewed certificate is not shown")
		}
	}
}

func TestOptionsForTheWholeServerReachesTheHandler(t *testing.T) {
	t.Parallel()
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "seen "+r.RequestURI)
	}), nil)
	got := send(t, r.dialTLS(t, "http/1.1"), "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if !strings.HasSuffix(got, "seen *") {
		t.Errorf("%q", got)
	}
}

func TestConnectionCanBeTakenOver(t *testing.T) { // as WebSockets do
	t.Parallel()
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := buf.ReadString('\n')
		io.WriteString(c, "echo "+line)
	}), nil)
	c := r.dialTLS(t, "http/1.1")
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	from := bufio.NewReader(c)
	if answer, err := http.ReadResponse(from, nil); err != nil || answer.StatusCode != 101 {
		t.Fatalf("%v %v", answer, err)
	}
	io.WriteString(c, "\x00\x01 no HTTP\n")
	if got, _ := io.ReadAll(from); string(got) != "echo \x00\x01 no HTTP\n" {
		t.Errorf("%q", got)
	}
}

func TestTLSOff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		bind    string
		proxies []string
		fear    bool
		ok      bool
	}{
		{"localhost", "localhost:0", nil, false, true},
		{"127.0.0.1", "127.0.0.1:0", nil, false, true},
		{"127.0.0.2", "127.0.0.2:0", nil, false, true},
		{"::1", "[::1]:0", nil, false, true},
		{"Unix socket", "unix:{}/app.sock", nil, false, true},
		{"all addresses", ":0", nil, false, false},
		{"all addresses, written out", "0.0.0.0:0", nil, false, false},
		{"all addresses, IPv6", "[::]:0", nil, false, false},
		{"behind a named proxy", ":0", []string{"10.0.0.7"}, false, true},
		{"behind a proxy on a Unix socket, but on TCP", ":0", []string{"unix"}, false, false},
		{"with fear", ":0", nil, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings(t, func(cfg *config.Config) {
				cfg.TLS.Mode = "off"
				cfg.Server.Bind = strings.ReplaceAll(test.bind, "{}", t.TempDir())
				cfg.ClientIP.TrustedProxies = test.proxies
				cfg.TLS.DangerouslyServePlainHTTP = test.fear
			})
			s, err := server.New(t.Context(), server.Options{Config: cfg})
			if err == nil {
				defer s.Close()
			}
			if (err == nil) != test.ok {
				t.Fatalf("error %v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), "in the clear") || !strings.Contains(hint.Of(err), "--trusted-proxy")) {
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
		})
	}
}

func TestPlainHTTPOnLoopback(t *testing.T) {
	t.Parallel()
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "tls=%v", r.TLS != nil)
	}), func(cfg *config.Config) { cfg.TLS.Mode = "off" })
	if _, body := get(t, r.client("h1"), "http://"+r.addr+"/"); body != "tls=false" {
		t.Errorf("%q", body)
	}
	if !strings.HasPrefix(r.srv.URL(), "http://localhost:") {
		t.Errorf("URL %s", r.srv.URL())
	}
	entries, _ := os.ReadDir(settings(t, nil).TLS.Storage)
	if len(entries) != 0 {
		t.Errorf("an authority was made: %v", entries)
	}
	// h2c, which would pass by the checks of HTTP/1, is not spoken.
	if got := send(t, r.dial(t), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 ") {
		t.Errorf("h2c: %q", got)
	}
}
