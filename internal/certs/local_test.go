package certs_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

func localSource(t *testing.T, o certs.Options) *certs.Source {
	t.Helper()
	s, err := certs.New(o)
	if err != nil {
		t.Fatalf("%v (hint: %s)", err, hint.Of(err))
	}
	t.Cleanup(s.Close)
	return s
}

func rootPool(t *testing.T, s *certs.Source) *x509.CertPool {
	t.Helper()
	data, err := os.ReadFile(s.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		t.Fatal("root is no PEM certificate")
	}
	return pool
}

func TestLocalCertificateCoversThisMachine(t *testing.T) {
	t.Parallel()
	s := localSource(t, certs.Options{
		TLS: config.TLS{Storage: filepath.Join(t.TempDir(), "new", "folder")}, Host: "192.168.7.7",
		Names: []string{"shop.test", "shop.example.com", "notes.localhost"},
	})
	cert, pool := shown(t, s, "localhost"), rootPool(t, s)
	for name, covered := range map[string]bool{
		"localhost": true, "app.localhost": true, "notes.localhost": true, "127.0.0.1": true, "::1": true,
		"192.168.7.7": true, "shop.test": true,
		"shop.example.com": false, "8.8.8.8": false, "a.b.localhost": false,
	} {
		_, err := cert.Verify(x509.VerifyOptions{Roots: pool, DNSName: name})
		if (err == nil) != covered {
			t.Errorf("%s: covered is %v, want %v (%v)", name, err == nil, covered, err)
		}
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 398*24*time.Hour {
		t.Errorf("lives for %s", life)
	}
	if len(s.Notices()) != 2 || !strings.Contains(s.Notices()[1], "fumehood trust") {
		t.Errorf("notices of the first run: %q", s.Notices())
	}
}

func TestKeyIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	localSource(t, certs.Options{TLS: config.TLS{Storage: dir}})
	found := 0
	filepath.WalkDir(dir, func(path string, entry os.DirEntry, _ error) error {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if path == dir {
			return nil
		}
		if data, _ := os.ReadFile(path); entry.IsDir() || bytes.Contains(data, []byte("PRIVATE KEY")) {
			found++
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
		}
		return nil
	})
	if found != 3 { // the folder, the root's key, the leaf with its key
		t.Errorf("%d private files", found)
	}
}

// The attack: somebody copies the root's key from the disk of a developer, and signs a
// certificate for a bank. The developer's browser trusts that root.
func TestStolenKeyCannotSignForPublicNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := localSource(t, certs.Options{TLS: config.TLS{Storage: dir}})
	stolen, err := tls.LoadX509KeyPair(s.RootFile(), filepath.Join(filepath.Dir(s.RootFile()), "root-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	forge := func(root *x509.Certificate) error {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(1), DNSNames: []string{"bank.example.com"}, IPAddresses: []net.IP{net.IPv4(8, 8, 8, 8)},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}, root, key.Public(), stolen.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		forged, _ := x509.ParseCertificate(der)
		pool := x509.NewCertPool()
		pool.AddCert(root)
		_, err = forged.Verify(x509.VerifyOptions{Roots: pool, DNSName: "bank.example.com"})
		return err
	}
	if err := forge(stolen.Leaf); err == nil {
		t.Error("a certificate for bank.example.com is believed")
	}
	// The same key with a root as other tools make it.
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: stolen.Leaf.Subject, NotBefore: stolen.Leaf.NotBefore, NotAfter: stolen.Leaf.NotAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, stolen.Leaf.PublicKey, stolen.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	unconstrained, _ := x509.ParseCertificate(der)
	if err := forge(unconstrained); err != nil {
		t.Errorf("the attack fails without the protection too: %v", err)
	}
}

// Outside oracle: OpenSSL, through Python's ssl with its strict RFC 5280 checks, which
// Python 3.13 has on by default.
func TestOpenSSLBelievesTheLocalCertificate(t *testing.T) {
	t.Parallel()
	s := localSource(t, certs.Options{TLS: config.TLS{Storage: t.TempDir()}, Names: []string{"notes.localhost"}})
	listener, err := tls.Listen("tcp", "127.0.0.1:0", s.TLSConfig())
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	go server.Serve(listener)
	defer server.Close()
	script := `
import socket, ssl, sys
for name in ("localhost", "127.0.0.1", "::1", "notes.localhost"):
    ctx = ssl.create_default_context(cafile=sys.argv[1])
    ctx.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as raw:
        with ctx.wrap_socket(raw, server_hostname=name) as tls:
            print(name, tls.version())
`
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	out, err := exec.CommandContext(t.Context(), "python3", "-c", script, s.RootFile(), port).CombinedOutput()
	if err != nil || strings.Count(string(out), "TLSv1.3") != 4 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestAuthorityAndLeafOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := localSource(t, certs.Options{TLS: config.TLS{Storage: dir}, Host: "localhost"})
	second := localSource(t, certs.Options{TLS: config.TLS{Storage: dir}, Host: "localhost"})
	if len(second.Notices()) != 0 {
		t.Errorf("notices of the second run: %q", second.Notices())
	}
	a := shown(t, first, "localhost")
	if !a.Equal(shown(t, second, "localhost")) {
		t.Error("the second run shows another certificate")
	}
	third := localSource(t, certs.Options{TLS: config.TLS{Storage: dir}, Host: "10.1.2.3"})
	if c := shown(t, third, "localhost"); a.Equal(c) || c.VerifyHostname("10.1.2.3") != nil {
		t.Error("changed names are not in the certificate")
	}
	if again := localSource(t, certs.Options{TLS: config.TLS{Storage: dir}}); again.RootFile() != first.RootFile() {
		t.Error("another root")
	}
}

func TestLeafIsRenewedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	dir, clk := t.TempDir(), newClock()
	o := certs.Options{TLS: config.TLS{Storage: dir}, Now: clk.Now}
	running := localSource(t, o)
	first := shown(t, running, "localhost")
	clk.add(365 * 24 * time.Hour)
	second := shown(t, running, "localhost") // without a restart
	if first.Equal(second) || clk.Now().Add(300*24*time.Hour).After(second.NotAfter) {
		t.Errorf("not renewed: ends %s, now %s", second.NotAfter, clk.Now())
	}
	clk.add(380 * 24 * time.Hour)
	if third := shown(t, localSource(t, o), "localhost"); second.Equal(third) { // with one
		t.Error("not renewed at the start")
	}
}

func TestFirstRunsAtTheSameTimeShareOneAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	sources := make([]*certs.Source, 8)
	for i := range sources {
		wg.Go(func() {
			s, err := certs.New(certs.Options{TLS: config.TLS{Storage: dir}})
			if err != nil {
				t.Error(err)
			}
			sources[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	pool, told := rootPool(t, sources[0]), 0
	for _, s := range sources {
		if _, err := shown(t, s, "localhost").Verify(x509.VerifyOptions{Roots: pool, DNSName: "localhost"}); err != nil {
			t.Error(err)
		}
		told += len(s.Notices())
	}
	if told != 2 {
		t.Errorf("%d notices, want two from the one that made it", told)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".local-ca-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBrokenAuthorityRefusesToStart(t *testing.T) {
	t.Parallel()
	otherCert, otherKey := keyPair(t, "other.test", time.Now().Add(10*year))
	tests := map[string]struct {
		damage    func(t *testing.T, dir string)
		err, hint string
	}{
		"key gone":          {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "root-key.pem")) }, "root-key.pem", "rm -r"},
		"root gone":         {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "root.pem")) }, "root.pem", "rm -r"},
		"key cut":           {func(t *testing.T, dir string) { os.Truncate(filepath.Join(dir, "root-key.pem"), 20) }, "root-key.pem", "rm -r"},
		"key of another":    {func(t *testing.T, dir string) { write(t, dir, "root-key.pem", otherKey) }, "does not match", "rm -r"},
		"root of another":   {func(t *testing.T, dir string) { write(t, dir, "root.pem", otherCert) }, "does not match", "rm -r"},
		"key for all users": {func(t *testing.T, dir string) { os.Chmod(filepath.Join(dir, "root-key.pem"), 0o644) }, "other users", "chmod 600"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := localSource(t, certs.Options{TLS: config.TLS{Storage: dir}})
			test.damage(t, filepath.Dir(s.RootFile()))
			_, err := certs.New(certs.Options{TLS: config.TLS{Storage: dir}})
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(hint.Of(err), test.hint) {
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
		})
	}
	t.Run("old", func(t *testing.T) {
		dir, clk := t.TempDir(), newClock()
		localSource(t, certs.Options{TLS: config.TLS{Storage: dir}, Now: clk.Now})
		clk.add(10*year - 20*24*time.Hour)
		_, err := certs.New(certs.Options{TLS: config.TLS{Storage: dir}, Now: clk.Now})
		if err == nil || !strings.Contains(hint.Of(err), "fumehood trust") {
			t.Errorf("error %v, hint %q", err, hint.Of(err))
		}
	})
	t.Run("storage is a file", func(t *testing.T) {
		file := write(t, t.TempDir(), "file", nil)
		_, err := certs.New(certs.Options{TLS: config.TLS{Storage: filepath.Join(file, "x")}})
		if err == nil || hint.Of(err) == "" {
			t.Errorf("error %v, hint %q", err, hint.Of(err))
		}
	})
}

func TestHostThatCannotBeCoveredIsTold(t *testing.T) {
	t.Parallel()
	s := localSource(t, certs.Options{TLS: config.TLS{Storage: t.TempDir()}, Host: "shop.example.com"})
	if n := s.Notices(); len(n) != 3 || !strings.Contains(n[2], "--domain shop.example.com") {
		t.Errorf("notices %q", n)
	}
	if slices.Contains(s.Names(), "shop.example.com") {
		t.Error("listed as covered")
	}
}

func TestStorageFollowsXDG(t *testing.T) {
	homeData := ".local/share"
	if runtime.GOOS == "darwin" {
		homeData = "Library/Application Support"
	}
	for _, test := range []struct{ xdg, home, want string }{
		{"{}/data", "{}/home", "{}/data/fumehood"},
		{"", "{}/home", "{}/home/" + homeData + "/fumehood"},
		{"relative", "{}/home", "{}/home/" + homeData + "/fumehood"}, // the specification: ignore it
	} {
		dir := t.TempDir()
		in := func(s string) string { return strings.ReplaceAll(s, "{}", dir) }
		t.Setenv("XDG_DATA_HOME", in(test.xdg))
		t.Setenv("HOME", in(test.home))
		s := localSource(t, certs.Options{})
		if got := filepath.Dir(filepath.Dir(s.RootFile())); got != in(test.want) {
			t.Errorf("%+v: %s", test, got)
		}
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "")
	if _, err := certs.New(certs.Options{}); err == nil || !strings.Contains(hint.Of(err), "--tls-storage") {
		t.Errorf("no home: error %v, hint %q", err, hint.Of(err))
	}
}

func TestLocalSourceDoesNothingInTheBackground(t *testing.T) {
	t.Parallel()
	s := localSource(t, certs.Options{TLS: config.TLS{Storage: t.TempDir()}})
	if err := s.Manage(context.Background()); err != nil {
		t.Error(err)
	}
	next := http.NewServeMux()
	if s.HTTPChallenge(next) != http.Handler(next) {
		t.Error("the handler is wrapped")
	}
}
