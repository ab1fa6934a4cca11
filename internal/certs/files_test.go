package certs_test

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

const year = 365 * 24 * time.Hour

func fileSource(t *testing.T, certPEM, keyPEM []byte) (s *certs.Source, dir string, clk *clock, logs *records) {
	t.Helper()
	dir, clk, logs = t.TempDir(), newClock(), newRecords(t)
	s, err := certs.New(certs.Options{
		TLS: config.TLS{
			CertFile: write(t, dir, "cert.pem", certPEM),
			KeyFile:  write(t, dir, "key.pem", keyPEM),
		},
		Logger: logs.logger(), Now: clk.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, dir, clk, logs
}

func TestChangedFilesAreLoaded(t *testing.T) {
	t.Parallel()
	oldCert, oldKey := keyPair(t, "old.test", time.Now().Add(year))
	newCert, newKey := keyPair(t, "new.test", time.Now().Add(year))
	s, dir, clk, logs := fileSource(t, oldCert, oldKey)

	write(t, dir, "cert.pem", newCert)
	write(t, dir, "key.pem", newKey)
	if got := shown(t, s, "x").Subject.CommonName; got != "old.test" {
		t.Errorf("shown %s before the files were looked at", got)
	}
	clk.add(3 * time.Second)
	if got := shown(t, s, "x").Subject.CommonName; got != "new.test" {
		t.Errorf("shown %s after both files changed", got)
	}
	if logs.count("INFO certificate reloaded") != 1 {
		t.Errorf("log: %v", logs.lines)
	}
}

func TestSwappedSymlinkIsLoaded(t *testing.T) { // as certbot and Kubernetes renew
	t.Parallel()
	dir, clk := t.TempDir(), newClock()
	for _, name := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		certPEM, keyPEM := keyPair(t, name+".test", time.Now().Add(year))
		write(t, dir, name+"/cert.pem", certPEM)
		write(t, dir, name+"/key.pem", keyPEM)
	}
	live := filepath.Join(dir, "live")
	if err := os.Symlink("a", live); err != nil {
		t.Fatal(err)
	}
	s, err := certs.New(certs.Options{Now: clk.Now, TLS: config.TLS{
		CertFile: filepath.Join(live, "cert.pem"), KeyFile: filepath.Join(live, "key.pem"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b", live+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(live+".new", live); err != nil {
		t.Fatal(err)
	}
	clk.add(3 * time.Second)
	if got := shown(t, s, "x").Subject.CommonName; got != "b.test" {
		t.Errorf("shown %s", got)
	}
}

func TestBadNewPairKeepsTheOld(t *testing.T) {
	t.Parallel()
	goodCert, goodKey := keyPair(t, "good.test", time.Now().Add(year))
	otherCert, _ := keyPair(t, "other.test", time.Now().Add(year))
	expiredCert, expiredKey := keyPair(t, "expired.test", time.Now().Add(-time.Hour))
	tests := map[string]struct{ cert, key []byte }{
		"certificate without its key": {otherCert, goodKey},
		"expired":                     {expiredCert, expiredKey},
		"half written":                {goodCert[:len(goodCert)/2], goodKey},
		"empty":                       {nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir, clk, logs := fileSource(t, goodCert, goodKey)
			write(t, dir, "cert.pem", test.cert)
			write(t, dir, "key.pem", test.key)
			for range 4 {
				clk.add(3 * time.Second)
				if got := shown(t, s, "x").Subject.CommonName; got != "good.test" {
					t.Fatalf("shown %s", got)
				}
			}
			if n := logs.count("ERROR new certificate not usable"); n != 1 {
				t.Errorf("logged %d times, want once: %v", n, logs.lines)
			}
			if logs.count("hint=") == 0 {
				t.Error("no hint")
			}
			newCert, newKey := keyPair(t, "repaired.test", time.Now().Add(year))
			write(t, dir, "cert.pem", newCert)
			write(t, dir, "key.pem", newKey)
			clk.add(3 * time.Second)
			if got := shown(t, s, "x").Subject.CommonName; got != "repaired.test" {
				t.Errorf("shown %s after the repair", got)
			}
		})
	}
}

// One file at a time is how renewal tools write: the moment between is no error.
func TestRenewalInTwoStepsIsNoError(t *testing.T) {
	t.Parallel()
	oldCert, oldKey := keyPair(t, "old.test", time.Now().Add(year))
	newCert, newKey := keyPair(t, "new.test", time.Now().Add(year))
	s, dir, clk, logs := fileSource(t, oldCert, oldKey)
	write(t, dir, "cert.pem", newCert)
	clk.add(3 * time.Second)
	if got := shown(t, s, "x").Subject.CommonName; got != "old.test" {
		t.Errorf("shown %s between the steps", got)
	}
	write(t, dir, "key.pem", newKey)
	clk.add(3 * time.Second)
	if got := shown(t, s, "x").Subject.CommonName; got != "new.test" {
		t.Errorf("shown %s after the second step", got)
	}
	if logs.count("ERROR") != 0 {
		t.Errorf("log: %v", logs.lines)
	}
}

func TestUnusableFilesRefuseToStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certPEM, keyPEM := keyPair(t, "a.test", time.Now().Add(year))
	_, otherKey := keyPair(t, "b.test", time.Now().Add(year))
	cert, key := write(t, dir, "cert.pem", certPEM), write(t, dir, "key.pem", keyPEM)
	other := write(t, dir, "other.pem", otherKey)
	encrypted := write(t, dir, "enc.pem", []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	text := write(t, dir, "notes.txt", []byte("hello"))
	tests := map[string]struct {
		tls       config.TLS
		err, hint string
	}{
		"no key file":     {config.TLS{CertFile: cert}, "belong together", "--keyfile"},
		"missing":         {config.TLS{CertFile: filepath.Join(dir, "nope.pem"), KeyFile: key}, "nope.pem", "check the path"},
		"a folder":        {config.TLS{CertFile: dir, KeyFile: key}, dir, "readable file"},
		"key of another":  {config.TLS{CertFile: cert, KeyFile: other}, "does not match", "another certificate"},
		"with passphrase": {config.TLS{CertFile: cert, KeyFile: encrypted}, "enc.pem", "openssl pkey"},
		"not PEM":         {config.TLS{CertFile: text, KeyFile: key}, "notes.txt", "PEM"},
		"with domains":    {config.TLS{CertFile: cert, KeyFile: key, Domains: []string{"a.example"}}, "exclude", "--domain"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := certs.New(certs.Options{TLS: test.tls})
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(hint.Of(err), test.hint) {
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
		})
	}
}

func TestOldCertificateIsWarnedAbout(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]string{-time.Hour: "WARN certificate has expired", 24 * time.Hour: "WARN certificate expires soon"} {
		certPEM, keyPEM := keyPair(t, "a.test", time.Now().Add(left))
		_, _, _, logs := fileSource(t, certPEM, keyPEM)
		if logs.count(want) != 1 {
			t.Errorf("%s left: %v", left, logs.lines)
		}
	}
}

// Downgrades: what is offered must be newer than what is known to be broken.
func TestOldProtocolsAreRefused(t *testing.T) {
	t.Parallel()
	certPEM, keyPEM := keyPair(t, "a.test", time.Now().Add(year))
	s, _, _, _ := fileSource(t, certPEM, keyPEM)
	handshake := func(server, client *tls.Config) error {
		a, b := net.Pipe()
		defer a.Close()
		defer b.Close()
		go tls.Server(b, server).Handshake()
		client.InsecureSkipVerify = true
		return tls.Client(a, client).Handshake()
	}
	open := s.TLSConfig()
	open.MinVersion, open.CipherSuites = tls.VersionTLS10, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	attacks := map[string]*tls.Config{
		"TLS 1.0": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
		"TLS 1.1": {MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11},
		"CBC":     {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
	}
	for name, client := range attacks {
		if err := handshake(open, client); err != nil {
			t.Errorf("%s fails without the protection too: %v", name, err)
		}
		if err := handshake(s.TLSConfig(), client); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if err := handshake(s.TLSConfig(), &tls.Config{MinVersion: version, MaxVersion: version}); err != nil {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}
