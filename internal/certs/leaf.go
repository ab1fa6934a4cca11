package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

const (
	// leafDays keeps clear of the 398 days that browsers accept from public authorities
	// and of the 825 days that macOS accepts from any.
	leafDays  = 390
	leafRenew = 30 * 24 * time.Hour // a leaf closer to its end than this is replaced
	leafRetry = time.Hour           // after a replacement failed
)

// leaf is the server's certificate from the local authority. It is kept in a file, so that
// an exception that somebody made in a browser outlives a restart.
type leaf struct {
	ca    *authority
	names []string
	now   func() time.Time
	log   *slog.Logger

	current atomic.Pointer[tls.Certificate]
	renewAt atomic.Int64 // nanoseconds since 1970
	mu      sync.Mutex   // held by the one handshake that renews
}

func (l *leaf) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if now := l.now(); now.UnixNano() >= l.renewAt.Load() && l.mu.TryLock() {
		if err := l.issue(now); err != nil {
			l.renewAt.Store(now.Add(leafRetry).UnixNano())
			l.log.Error("local certificate not renewed", "error", err, "hint", hint.Of(err))
		}
		l.mu.Unlock()
	}
	return l.current.Load(), nil
}

// file depends on the names: two servers with different names do not take turns in
// replacing each other's certificate.
func (l *leaf) file() string {
	sum := sha256.Sum256([]byte(strings.Join(l.names, "\n")))
	return filepath.Join(l.ca.dir, fmt.Sprintf("leaf-%x.pem", sum[:4]))
}

// load takes the leaf from its file, or makes one.
func (l *leaf) load(now time.Time) error {
	cert, err := tls.LoadX509KeyPair(l.file(), l.file())
	if err != nil || !l.usable(cert.Leaf, now) {
		return l.issue(now)
	}
	l.use(&cert)
	return nil
}

func (l *leaf) usable(cert *x509.Certificate, now time.Time) bool {
	if now.Before(cert.NotBefore) || now.Add(leafRenew).After(cert.NotAfter) || cert.CheckSignatureFrom(l.ca.cert) != nil {
		return false
	}
	for _, name := range l.names {
		if strings.HasPrefix(name, "*.") {
			name = "any" + name[1:]
		}
		if cert.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}

func (l *leaf) use(cert *tls.Certificate) {
	l.renewAt.Store(cert.Leaf.NotAfter.Add(-leafRenew).UnixNano())
	l.current.Store(cert)
}

func (l *leaf) issue(now time.Time) error {
	certDER, key, err := l.ca.sign(l.names, now)
	if err != nil {
		return fmt.Errorf("make a local certificate: %w", err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return fmt.Errorf("make a local certificate: %w", err)
	}
	all := append(encodeCert(certDER), keyPEM...)
	cert, err := tls.X509KeyPair(all, all)
	if err != nil {
		return fmt.Errorf("make a local certificate: %w", err)
	}
	if err := l.save(all); err != nil {
		return hint.With(fmt.Errorf("make a local certificate: %w", err),
			"make "+l.ca.dir+" writable for the user that runs fumehood, or name another folder: --tls-storage DIR")
	}
	l.use(&cert)
	return nil
}

func (l *leaf) save(data []byte) error {
	tmp, err := os.CreateTemp(l.ca.dir, ".leaf-*") // mode 0600
	if err != nil {
		return err
	}
	tmp.Close()
	defer os.Remove(tmp.Name())
	if err := os.WriteFile(tmp.Name(), data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), l.file())
}

func (a *authority) sign(names []string, now time.Time) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{CommonName: "localhost"},
		NotBefore:             later(now.Add(-clockOffset), a.cert.NotBefore),
		NotAfter:              earlier(now.AddDate(0, 0, leafDays), a.cert.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	return der, key, err
}

// newSerial returns a positive number of 120 random bits (RFC 5280 allows 20 octets).
func newSerial() *big.Int {
	var raw [16]byte
	rand.Read(raw[1:]) // never fails since Go 1.24
	raw[1] |= 0x40
	raw[1] &= 0x7f
	return new(big.Int).SetBytes(raw[:])
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
