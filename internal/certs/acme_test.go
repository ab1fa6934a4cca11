package certs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/certs/acmetest"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/freeport"
	"github.com/fumehood/fumehood/internal/hint"
)

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
	p := acmetest.Start(t)
	for _, test := range []struct {
		name              string
		httpPort, tlsPort int // for challenges
	}{
		{"http-01.test", p.HTTPPort, 0},
		{"tls-alpn-01.test", 0, p.TLSPort},
		{"both.test", p.HTTPPort, p.TLSPort},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := certs.Options{
				TLS: config.TLS{
					Domains: []string{test.name}, Email: "owner@fumehood.test", Storage: t.TempDir(),
					ACMEDirectory: p.Directory, ACMERoot: p.Root,
				},
				HTTPPort: test.httpPort, TLSPort: test.tlsPort,
			}
			s := startSite(t, o, p.TLSPort)
			s.logs.wait("INFO certificate obtained name=" + test.name)
			cert, err := s.dialSoon(test.name, p.Roots())
			if err != nil {
				t.Fatal(err)
			}
			// A stranger who asks for a name that is not ours gets nothing and orders nothing.
			if _, err := s.dial("stranger.test", p.Roots()); err == nil {
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
			roots := p.Roots()
			p.Stop() // from here on no certificate can be ordered
			s = startSite(t, o, p.TLSPort)
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
	closed := fmt.Sprintf("https://127.0.0.1:%d/dir", freeport.Of(t))
	s := startSite(t, certs.Options{
		TLS:     config.TLS{Domains: []string{"a.test"}, ACMEDirectory: closed, Storage: t.TempDir()},
		TLSPort: 1,
	}, freeport.Of(t))
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
