// Package acmetest runs the ACME server that Let's Encrypt tests with, on loopback.
//
// It is for tests only, and stops no attack.
package acmetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/freeport"
)

// Pebble is a running ACME server.
type Pebble struct {
	Directory         string // its directory URL
	Root              string // PEM file with the root of its own https
	HTTPPort, TLSPort int    // where it looks for the answers to its challenges
	Stop              func() // ends it before the test does

	t          *testing.T
	management string
	client     *http.Client
}

// program finds a program that `make` puts into .cache/bin of the repository.
func program(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			t.Fatal("the test does not run in the repository")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, ".cache", "bin", name)
	if !exists(path) {
		t.Fatalf("%s is missing\nin %s run: make tools\nor: GOBIN=$PWD/.cache/bin go install "+
			"github.com/letsencrypt/pebble/v2/cmd/%s@v2.10.0", path, dir, name)
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Start starts a server. All names of the DNS that it asks are 127.0.0.1.
func Start(t *testing.T) *Pebble {
	t.Helper()
	dir := t.TempDir()
	certPEM, keyPEM := KeyPair(t, "pebble.test", time.Now().Add(24*time.Hour))
	acmePort, managementPort, dnsPort := freeport.Of(t), freeport.Of(t), freeport.Of(t)
	p := &Pebble{
		t: t, HTTPPort: freeport.Of(t), TLSPort: freeport.Of(t),
		Root:       write(t, dir, "pebble.pem", certPEM),
		Directory:  fmt.Sprintf("https://127.0.0.1:%d/dir", acmePort),
		management: fmt.Sprintf("https://127.0.0.1:%d", managementPort),
	}
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress":           fmt.Sprintf("127.0.0.1:%d", acmePort),
		"managementListenAddress": fmt.Sprintf("127.0.0.1:%d", managementPort),
		"certificate":             p.Root, "privateKey": write(t, dir, "key.pem", keyPEM),
		"httpPort": p.HTTPPort, "tlsPort": p.TLSPort,
		"profiles": map[string]any{"default": map[string]any{"description": "test", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	dns := fmt.Sprintf("127.0.0.1:%d", dnsPort)
	stopDNS := startProgram(t, program(t, "pebble-challtestsrv"), "-dnsserver", dns, "-defaultIPv4", "127.0.0.1",
		"-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
		"-management", fmt.Sprintf("127.0.0.1:%d", freeport.Of(t)))
	stopACME := startProgram(t, program(t, "pebble"), "-config", write(t, dir, "config.json", settings), "-dnsserver", dns)
	p.Stop = func() { stopACME(); stopDNS() }

	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	p.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
	}}
	for range 400 { // it answers within a second; there is nothing to wait on but its port
		if answer, err := p.client.Get(p.Directory); err == nil {
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

// Roots are the roots of pebble's certificates; it makes new ones at each start.
func (p *Pebble) Roots() *x509.CertPool {
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

// KeyPair returns a self-signed PEM certificate for name, and its PEM key.
func KeyPair(t *testing.T, name string, notAfter time.Time) (certPEM, keyPEM []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    notAfter.Add(-1000 * time.Hour),
		NotAfter:     notAfter,
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
