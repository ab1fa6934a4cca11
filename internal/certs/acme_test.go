package certs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// pebble is a real ACME server on loopback: the test server of Let's Encrypt.
type pebble struct {
	t                 *testing.T
	directory, root   string // of the ACME server
	management        string
	httpPort, tlsPort int // where it looks for the answers to its challenges
	client            *http.Client
	stop              func()
}

// program finds a program that `make` puts into .cache/bin of the repository.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".cache", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v\nin the folder of the repository run: "+
			"GOBIN=$PWD/.cache/bin go install github.com/letsencrypt/pebble/v2/cmd/%s@v2.10.0", err, name)
	}
	return path
}

func freePort(t *testing.T, network string) int {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).Port
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func startPebble(t *testing.T) *pebble {
	t.Helper()
	dir := t.TempDir()
	certPEM, keyPEM := keyPair(t, "pebble.test", time.Now().Add(24*time.Hour))
	acmePort, managementPort, dnsPort := freePort(t, "tcp"), freePort(t, "tcp"), freePort(t, "udp")
	p := &pebble{
		t: t, httpPort: freePort(t, "tcp"), tlsPort: freePort(t, "tcp"),
		root:       write(t, dir, "pebble.pem", certPEM),
		directory:  fmt.Sprintf("https://127.0.0.1:%d/dir", acmePort),
		management: fmt.Sprintf("https://127.0.0.1:%d", managementPort),
	}
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress":           fmt.Sprintf("127.0.0.1:%d", acmePort),
		"managementListenAddress": fmt.Sprintf("127.0.0.1:%d", managementPort),
		"certificate":             p.root, "privateKey": write(t, dir, "key.pem", keyPEM),
		"httpPort": p.httpPort, "tlsPort": p.tlsPort,
		"profiles": map[string]any{"default": map[string]any{"description": "test", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	dns := fmt.Sprintf("127.0.0.1:%d", dnsPort)
	stopDNS := startProgram(t, program(t, "pebble-challtestsrv"), "-dnsserver", dns, "-defaultIPv4", "127.0.0.1",
		"-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
		"-management", fmt.Sprintf("127.0.0.1:%d", freePort(t, "tcp")))
	stopACME := startProgram(t, program(t, "pebble"), "-config", write(t, dir, "config.json", settings), "-dnsserver", dns)
	p.stop = func() { stopACME(); stopDNS() }

	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	p.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
	}}
	for range 400 { // it answers within a second; there is nothing to wait on but its port
		if answer, err := p.client.Get(p.directory); err == nil {
			answer.Body.Close()
			return p
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("pebble does not answer")
	return nil
}

func startProgram(t *testing.T, program string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(program), out.String())
		}
	})
	t.Cleanup(stop)
	return stop
}

// roots are the roots of pebble's certificates; it makes new ones at each start.
func (p *pebble) roots() *x509.CertPool {
	p.t.Helper()
	answer, err := p.client.Get(p.management + "/roots/0")
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		p.t.Fatalf("no root in %q", data)
	}
	return pool
}

// site is a server with certificates of a Source: https on one port, challenges on another.
type site struct {
	source *certs.Source
	addr   string
	logs   *records
	stop   func()
}

func startSite(t *testing.T, o certs.Options, tlsPort int) *site {
	t.Helper()
	logs := newRecords(t)
	o.Logger, o.ListenHost = logs.logger(), "127.0.0.1"
	source, err := certs.New(o)
	if err != nil {
		t.Fatalf("%v (hint: %s)", err, hint.Of(err))
	}
	s := &site{source: source, addr: fmt.Sprintf("127.0.0.1:%d", tlsPort), logs: logs}
	secure, err := tls.Listen("tcp", s.addr, source.TLSConfig())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := secure.Accept()
			if err != nil {
				return
			}
			go func() {
				conn.(*tls.Conn).Handshake()
				io.Copy(io.Discard, conn)
				conn.Close()
			}()
		}
	}()
	plain := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", o.HTTPPort), Handler: source.HTTPChallenge(http.NotFoundHandler())}
	if o.HTTPPort != 0 {
		l, err := net.Listen("tcp", plain.Addr)
		if err != nil {
			t.Fatal(err)
		}
		go plain.Serve(l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := source.Manage(ctx); err != nil {
		t.Fatal(err)
	}
	s.stop = sync.OnceFunc(func() { cancel(); secure.Close(); plain.Close(); source.Close() })
	t.Cleanup(s.stop)
	return s
}

func (s *site) dial(name string, roots *x509.CertPool) (*x509.Certificate, error) {
	conn, err := tls.Dial("tcp", s.addr, &tls.Config{ServerName: name, RootCAs: roots})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

// dialSoon tries for two seconds: a certificate that was stored is taken into use by
// another goroutine, which says nothing when it is done.
func (s *site) dialSoon(name string, roots *x509.CertPool) (cert *x509.Certificate, err error) {
	for range 200 {
		if cert, err = s.dial(name, roots); err == nil {
			return cert, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, err
}

func TestCertificateByACME(t *testing.T) {
	t.Parallel()
	p := startPebble(t)
	for _, test := range []struct {
		name              string
		httpPort, tlsPort int // for challenges
	}{
		{"http-01.test", p.httpPort, 0},
		{"tls-alpn-01.test", 0, p.tlsPort},
		{"both.test", p.httpPort, p.tlsPort},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := certs.Options{
				TLS: config.TLS{
					Domains: []string{test.name}, Email: "owner@fumehood.test", Storage: t.TempDir(),
					ACMEDirectory: p.directory, ACMERoot: p.root,
				},
				HTTPPort: test.httpPort, TLSPort: test.tlsPort,
			}
			s := startSite(t, o, p.tlsPort)
			s.logs.wait("INFO certificate obtained name=" + test.name)
			cert, err := s.dialSoon(test.name, p.roots())
			if err != nil {
				t.Fatal(err)
			}
			// A stranger who asks for a name that is not ours gets nothing and orders nothing.
			if _, err := s.dial("stranger.test", p.roots()); err == nil {
				t.Error("a certificate for stranger.test")
			}
			if s.logs.count(" name=stranger.test") != 0 || s.logs.count("obtaining certificate identifier=stranger.test") != 0 {
				t.Error("a stranger's name was ordered")
			}
			s.stop()
			checkKeyFiles(t, o.TLS.Storage)
			if test.name != "both.test" {
				return
			}
			roots := p.roots()
			p.stop() // from here on no certificate can be ordered
			s = startSite(t, o, p.tlsPort)
			s.logs.wait("certificate maintenance")
			again, err := s.dialSoon(test.name, roots)
			if err != nil || !again.Equal(cert) {
				t.Errorf("after a restart: %v", err)
			}
		})
	}
}

func checkKeyFiles(t *testing.T, dir string) {
	t.Helper()
	keys := 0
	filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".key") {
			keys++
			if info, err := entry.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %v %v", path, info.Mode(), err)
			}
		}
		return nil
	})
	if keys < 2 { // of the account and of the certificate
		t.Errorf("%d keys in %s", keys, dir)
	}
}

func TestFailedOrderSaysWhatToDo(t *testing.T) {
	t.Parallel()
	closed := fmt.Sprintf("https://127.0.0.1:%d/dir", freePort(t, "tcp"))
	s := startSite(t, certs.Options{
		TLS:     config.TLS{Domains: []string{"a.test"}, ACMEDirectory: closed, Storage: t.TempDir()},
		TLSPort: 1,
	}, freePort(t, "tcp"))
	s.logs.wait("ERROR certificate not obtained, will try again name=a.test")
	if s.logs.count("hint=the name must point to this machine") == 0 {
		t.Error("no hint")
	}
}

func TestACMEMistakesRefuseToStart(t *testing.T) {
	t.Parallel()
	notPEM := write(t, t.TempDir(), "root.pem", []byte("hello"))
	tests := map[string]struct {
		tls       config.TLS
		err, hint string
	}{
		"wildcard":          {config.TLS{Domains: []string{"*.shop.example"}}, "wildcard", "each host"},
		"address":           {config.TLS{Domains: []string{"192.0.2.1"}}, "address", "--domain"},
		"URL":               {config.TLS{Domains: []string{"https://shop.example"}}, "not a host name", "without scheme"},
		"with port":         {config.TLS{Domains: []string{"shop.example:443"}}, "not a host name", "without scheme"},
		"localhost":         {config.TLS{Domains: []string{"localhost"}}, "no public authority", "leave out --domain"},
		"second is wrong":   {config.TLS{Domains: []string{"a.example.org", "-b"}}, "tls.domains[1]", "--domain"},
		"http directory":    {config.TLS{Domains: []string{"a.test"}, ACMEDirectory: "http://ca.test/dir"}, "not an https URL", "https://"},
		"root is not PEM":   {config.TLS{Domains: []string{"a.example.org"}, ACMERoot: notPEM}, "no certificate", "PEM"},
		"root is not there": {config.TLS{Domains: []string{"a.example.org"}, ACMERoot: "/nope.pem"}, "tls.acme_root", "check the path"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.tls.Storage = t.TempDir()
			_, err := certs.New(certs.Options{TLS: test.tls, HTTPPort: 80, TLSPort: 443})
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(hint.Of(err), test.hint) {
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
		})
	}
	_, err := certs.New(certs.Options{TLS: config.TLS{Domains: []string{"a.example.org"}, Storage: t.TempDir()}})
	if err == nil || !strings.Contains(hint.Of(err), "TCP port") {
		t.Errorf("no port: error %v, hint %q", err, hint.Of(err))
	}
}
