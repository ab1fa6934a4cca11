package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

const (
	rootYears   = 10
	rootLeft    = 30 * 24 * time.Hour // a root closer to its end than this is not used
	rootCert    = "root.pem"
	rootKey     = "root-key.pem"
	clockOffset = time.Hour // certificates begin this much earlier, for clocks that are late
)

// authority is the certificate authority of this machine, in the folder dir. It is
// constrained (RFC 5280 section 4.2.1.10) to names that no public site can have, so that
// a stolen key cannot be used to read what its owner does on the web.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (a *authority) rootFile() string { return filepath.Join(a.dir, rootCert) }

// localDomains never exist in the public DNS: RFC 6761 (localhost, test), RFC 6762
// (local), RFC 8375 (home.arpa), and "internal", which ICANN reserved in 2024.
var localDomains = [...]string{"localhost", "test", "local", "home.arpa", "internal"}

// localNets are the loopback, private and link-local networks.
var localNets = [...]string{
	"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
	"::1/128", "fc00::/7", "fe80::/10",
}

// openAuthority loads the authority in storage and makes it where there is none. Several
// processes may do so at once: the folder appears under its name whole, or not at all.
func openAuthority(storage string, now time.Time) (ca *authority, made bool, err error) {
	dir := filepath.Join(storage, "local-ca")
	switch _, err := os.Lstat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		if made, err = makeAuthority(storage, dir, now); err != nil {
			return nil, false, hint.With(fmt.Errorf("make a local certificate authority: %w", err),
				"name a folder that can be written: --tls-storage DIR")
		}
	case err != nil:
		return nil, false, fileError(err)
	}
	ca, err = loadAuthority(dir, now)
	return ca, made, err
}

func loadAuthority(dir string, now time.Time) (*authority, error) {
	certFile, keyFile := filepath.Join(dir, rootCert), filepath.Join(dir, rootKey)
	startOver := "restore it from a copy, or make a new authority: fumehood trust --uninstall; rm -r '" + dir + "'"
	info, err := os.Stat(keyFile)
	if err != nil {
		return nil, hint.With(fmt.Errorf("local certificate authority: %w", err), startOver)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, hint.With(fmt.Errorf("local certificate authority: other users can read or change the private key %s (mode %04o)", keyFile, perm),
			"chmod 600 '"+keyFile+"'")
	}
	certPEM, err := readPEM(certFile)
	if err != nil {
		return nil, hint.With(fmt.Errorf("local certificate authority: %w", err), startOver)
	}
	keyPEM, err := readPEM(keyFile)
	if err != nil {
		return nil, hint.With(fmt.Errorf("local certificate authority: %w", err), startOver)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, hint.With(fmt.Errorf("local certificate authority: %s and %s: %w", certFile, keyFile, err), startOver)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, hint.With(fmt.Errorf("local certificate authority: %s is not an authority that fumehood made", certFile), startOver)
	}
	if now.Add(rootLeft).After(pair.Leaf.NotAfter) {
		return nil, hint.With(fmt.Errorf("local certificate authority: %s ends on %s", certFile, pair.Leaf.NotAfter.Format(time.DateOnly)),
			"make a new authority: fumehood trust --uninstall; rm -r '"+dir+"'; fumehood trust")
	}
	return &authority{dir: dir, cert: pair.Leaf, key: key}, nil
}

func makeAuthority(storage, dir string, now time.Time) (made bool, err error) {
	certDER, key, err := newRoot(now)
	if err != nil {
		return false, err
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(storage, 0o700); err != nil {
		return false, err
	}
	tmp, err := os.MkdirTemp(storage, ".local-ca-*") // mode 0700
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)
	if err := writeSynced(filepath.Join(tmp, rootKey), 0o600, keyPEM); err != nil {
		return false, err
	}
	if err := writeSynced(filepath.Join(tmp, rootCert), 0o644, encodeCert(certDER)); err != nil {
		return false, err
	}
	err = os.Rename(tmp, dir)
	if _, statErr := os.Stat(filepath.Join(dir, rootKey)); err != nil && statErr == nil {
		return false, nil // another process was first; its authority is as good
	}
	return err == nil, err
}

func newRoot(now time.Time) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial := newSerial()
	domains := localDomains[:]
	if host := machineName(); host != "" {
		domains = append(domains[:len(domains):len(domains)], host)
	}
	var nets []*net.IPNet
	for _, s := range localNets {
		_, n, err := net.ParseCIDR(s)
		if err != nil { // constants
			panic(err)
		}
		nets = append(nets, n)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// No user or machine in the name: everyone who connects can read it.
		Subject: pkix.Name{
			Organization: []string{"Fumehood local certificate authority"},
			CommonName:   fmt.Sprintf("Fumehood local CA %s %x", now.Format(time.DateOnly), serial.Bytes()[:3]),
		},
		NotBefore:                   now.Add(-clockOffset),
		NotAfter:                    now.AddDate(rootYears, 0, 0),
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid:       true,
		IsCA:                        true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         domains,
		PermittedIPRanges:           nets,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return der, key, err
}

// machineName is the host name of this machine, where it can stand in a certificate.
func machineName() string {
	name, err := os.Hostname()
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if err != nil || !isDNSName(name) {
		return ""
	}
	return name
}

// isDNSName says whether name consists of labels of letters, digits and hyphens, the last
// of which is not a number (then it would be an address).
func isDNSName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// allows says whether the constraints of the root permit a certificate for name.
func (a *authority) allows(name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		for _, n := range a.cert.PermittedIPRanges {
			if n.Contains(ip) {
				return true
			}
		}
		return false
	}
	name = strings.TrimPrefix(name, "*.")
	if !isDNSName(name) {
		return false
	}
	for _, domain := range a.cert.PermittedDNSDomains {
		if name == domain || strings.HasSuffix(name, "."+domain) {
			return true
		}
	}
	return false
}

// namesFor lists the names of the server's certificate: this machine's own, the host that
// is served, and of extra those that the root may sign. left has the host when it may not.
func (a *authority) namesFor(host string, extra []string) (names, left []string) {
	names = []string{"localhost", "*.localhost", "127.0.0.1", "::1"}
	add := func(name string) bool {
		if !a.allows(name) {
			return false
		}
		for _, have := range names {
			if have == name {
				return true
			}
		}
		names = append(names, name)
		return true
	}
	host = strings.ToLower(host)
	if ip := net.ParseIP(host); ip != nil {
		host = ip.String()
	}
	if host == "" || host == "0.0.0.0" || host == "::" { // all addresses: the name that others use
		if name := machineName(); name != "" {
			add(name)
			if !strings.Contains(name, ".") {
				add(name + ".local")
			}
		}
	} else if !add(host) {
		left = append(left, host)
	}
	for _, name := range extra {
		add(strings.ToLower(name))
	}
	return names, left
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// writeSynced writes a new file that is on the disk when it returns.
func writeSynced(name string, mode fs.FileMode, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
