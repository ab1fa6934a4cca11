package server_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/certs/acmetest"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/freeport"
	"github.com/fumehood/fumehood/internal/server"
)

// A real ACME server sends its challenges to the server's own ports; in each case one of
// the two kinds can arrive.
func TestDomainGetsItsCertificate(t *testing.T) {
	t.Parallel()
	pebble := acmetest.Start(t)
	for name, ports := range map[string]struct{ https, http int }{
		"tls-alpn.test": {pebble.TLSPort, freeport.Of(t)},
		"http.test":     {freeport.Of(t), pebble.HTTPPort},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, func(cfg *config.Config) {
				cfg.Server.Bind = fmt.Sprintf("127.0.0.1:%d", ports.https)
				cfg.Server.RedirectBind = fmt.Sprintf("127.0.0.1:%d", ports.http)
				cfg.TLS.Domains = []string{name}
				cfg.TLS.ACMEDirectory, cfg.TLS.ACMERoot = pebble.Directory, pebble.Root
			})
			srv, err := server.New(t.Context(), server.Options{Config: cfg})
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("https://%s:%d", name, ports.https); srv.URL() != want {
				t.Errorf("URL %s, want %s", srv.URL(), want)
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- srv.Serve(ctx, say("hello")) }()
			conn := dialUntil(t, srv.Addr().String(), &tls.Config{ServerName: name, RootCAs: pebble.Roots(), NextProtos: []string{"http/1.1"}})
			got := send(t, conn, "GET / HTTP/1.1\r\nHost: "+name+"\r\nConnection: close\r\n\r\n")
			if len(got) < 5 || got[len(got)-5:] != "hello" {
				t.Errorf("%q", got)
			}
			answer := plainAnswer(t, srv.RedirectAddr().String(), "GET /x HTTP/1.1\r\nHost: "+name+"\r\n\r\n")
			if want := srv.URL() + "/x"; answer.Header.Get("Location") != want {
				t.Errorf("Location %q, want %q", answer.Header.Get("Location"), want)
			}
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// dialUntil tries until a handshake succeeds: the certificate comes some time after the start.
func dialUntil(t *testing.T, addr string, settings *tls.Config) *tls.Conn {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := tls.Dial("tcp", addr, settings)
		if err == nil {
			conn.SetDeadline(time.Now().Add(30 * time.Second))
			t.Cleanup(func() { conn.Close() })
			return conn
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
