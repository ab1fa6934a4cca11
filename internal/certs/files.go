package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

const (
	lookEvery   = 2 * time.Second    // the files are looked at no more often than this
	expiresSoon = 7 * 24 * time.Hour // a warning is logged for a certificate this close to its end
	maxPEM      = 1 << 20            // the largest PEM file that is read
)

// pair is a certificate and its key in two files. Handshakes look at the files, so that a
// renewed pair is used within seconds; there is no goroutine and nothing to stop.
type pair struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	current  atomic.Pointer[tls.Certificate]
	nextLook atomic.Int64 // nanoseconds since 1970

	mu     sync.Mutex // held by the one handshake that looks; the others do not wait
	loaded [2]os.FileInfo
	failed string // the failure seen at the last look
	told   string // the failure that was logged
}

func loadPair(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*pair, error) {
	p := &pair{certFile: certFile, keyFile: keyFile, log: log, now: now}
	infos, err := p.stat()
	if err != nil {
		return nil, err
	}
	cert, err := p.read()
	if err != nil {
		return nil, err
	}
	p.loaded = infos
	p.use(cert)
	if infos[1].Mode().Perm()&0o004 != 0 {
		log.Warn("every user of this machine can read the private key",
			"file", keyFile, "hint", "chmod o-r "+keyFile)
	}
	return p, nil
}

func (p *pair) use(cert *tls.Certificate) {
	p.current.Store(cert)
	p.nextLook.Store(p.now().Add(lookEvery).UnixNano())
	switch left := cert.Leaf.NotAfter.Sub(p.now()); {
	case left <= 0:
		p.log.Warn("certificate has expired", "file", p.certFile, "not_after", cert.Leaf.NotAfter,
			"hint", "renew it; it is loaded as soon as the files change")
	case left < expiresSoon:
		p.log.Warn("certificate expires soon", "file", p.certFile, "not_after", cert.Leaf.NotAfter,
			"hint", "renew it; it is loaded as soon as the files change")
	}
}

func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if p.now().UnixNano() >= p.nextLook.Load() && p.mu.TryLock() {
		p.look()
		p.mu.Unlock()
	}
	return p.current.Load(), nil
}

// look loads the pair again when a file changed. A pair that cannot be used leaves the
// current one in place; it is logged at the second look, because tools that renew write
// one file after the other.
func (p *pair) look() {
	p.nextLook.Store(p.now().Add(lookEvery).UnixNano())
	infos, err := p.stat()
	if err == nil {
		if same(infos, p.loaded) {
			p.failed, p.told = "", ""
			return
		}
		var cert *tls.Certificate
		if cert, err = p.read(); err == nil && p.now().After(cert.Leaf.NotAfter) {
			err = hint.With(fmt.Errorf("%s: the certificate expired on %s", p.certFile, cert.Leaf.NotAfter.Format(time.DateOnly)),
				"renew it")
		}
		if err == nil {
			p.loaded = infos // as it was before the reading: a change during it is seen at the next look
			p.failed, p.told = "", ""
			p.use(cert)
			p.log.Info("certificate reloaded", "file", p.certFile, "not_after", cert.Leaf.NotAfter)
			return
		}
	}
	if p.failed == err.Error() && p.told != p.failed {
		p.told = p.failed
		p.log.Error("new certificate not usable, the old one stays", "error", err, "hint", hint.Of(err))
	}
	p.failed = err.Error()
}

func (p *pair) stat() (infos [2]os.FileInfo, err error) {
	for i, name := range []string{p.certFile, p.keyFile} {
		infos[i], err = os.Stat(name)
		if err != nil {
			return infos, fileError(err)
		}
	}
	return infos, nil
}

func same(a, b [2]os.FileInfo) bool {
	for i := range a {
		if !os.SameFile(a[i], b[i]) || a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()) {
			return false
		}
	}
	return true
}

func (p *pair) read() (*tls.Certificate, error) {
	certPEM, err := readPEM(p.certFile)
	if err != nil {
		return nil, err
	}
	keyPEM, err := readPEM(p.keyFile)
	if err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, pairError(p.certFile, p.keyFile, keyPEM, err)
	}
	return &cert, nil
}

func readPEM(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err != nil {
		return nil, fileError(err)
	}
	if len(data) > maxPEM {
		return nil, hint.With(fmt.Errorf("%s: larger than 1 MB", name), "it must hold PEM certificates or a key")
	}
	return data, nil
}

// fileError adds to the error of an os call, which names the file, what to do about it.
func fileError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return hint.With(err, "check the path; a relative path starts from the current folder")
	case errors.Is(err, fs.ErrPermission):
		return hint.With(err, "make it readable for the user that runs fumehood")
	}
	return hint.With(err, "it must be a readable file")
}

func pairError(certFile, keyFile string, keyPEM []byte, err error) error {
	failed := fmt.Errorf("%s and %s: %w", certFile, keyFile, err)
	switch {
	case bytes.Contains(keyPEM, []byte("ENCRYPTED")):
		return hint.With(failed, "the key has a passphrase; take it off: openssl pkey -in "+keyFile+" -out key.pem")
	case strings.Contains(err.Error(), "does not match"):
		return hint.With(failed, "the key is of another certificate; the server's own certificate must come first in "+certFile)
	}
	return hint.With(failed, "certfile must be a PEM certificate chain, keyfile its PEM private key")
}

// certNames are the names that a certificate is for.
func certNames(cert *x509.Certificate) []string {
	names := append([]string(nil), cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
