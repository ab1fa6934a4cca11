package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// setup is how a server is to be run, in the words that all of them have.
type setup struct {
	tls     bool
	access  bool // write an access log
	workers int
	threads int
	env     []string
	more    []string // further arguments
	app     string   // "" for hello:app
	limited bool     // with the rate limit that there is by default
	binary  string   // "" for that of this repository
}

// unlimited raises the rate limit to what one address needs that plays thousands of
// visitors. Every request is counted all the same.
func unlimited() []string {
	return []string{"FUMEHOOD_RATELIMIT_RATE=1000000/second"}
}

func (s setup) target() string {
	if s.app == "" {
		return "hello:app"
	}
	return s.app
}

func (s setup) scheme() string {
	if s.tls {
		return "https"
	}
	return "http"
}

// fumehood starts the binary of this repository, or another one, with all that it has on.
func (b *bench) fumehood(ctx context.Context, s setup) (*process, error) {
	env := s.env
	if !s.limited {
		env = append(unlimited(), env...)
	}
	return b.start(ctx, "fumehood", s.scheme(), env, func(addr string) []string {
		args := []string{
			cmp.Or(s.binary, filepath.Join(b.root, "bin", "fumehood")), "run",
			"--bind", addr, "--python", b.python, "--tls-storage", filepath.Join(b.temp, "tls"),
			"--workers", strconv.Itoa(s.workers), "--threads", strconv.Itoa(s.threads),
			"--access-log=" + strconv.FormatBool(s.access),
		}
		if !s.tls {
			args = append(args, "--tls", "off")
		}
		return append(append(args, s.more...), s.target())
	})
}

// upstream starts the binary of this repository in front of another server.
func (b *bench) upstream(ctx context.Context, url string, s setup) (*process, error) {
	return b.start(ctx, "fumehood --upstream", s.scheme(), unlimited(), func(addr string) []string {
		args := []string{
			filepath.Join(b.root, "bin", "fumehood"), "run", "--upstream", url, "--tls", "off",
			"--bind", addr, "--access-log=" + strconv.FormatBool(s.access),
		}
		return append(args, s.more...)
	})
}

// gunicorn starts it with its threaded worker, the one of its kinds that keeps
// connections open and runs several requests at once.
func (b *bench) gunicorn(ctx context.Context, s setup) (*process, error) {
	if err := b.certificate(); err != nil {
		return nil, err
	}
	return b.start(ctx, "gunicorn", s.scheme(), s.env, func(addr string) []string {
		args := []string{
			b.python, "-m", "gunicorn", "--bind", addr, "--worker-class", "gthread",
			"--workers", strconv.Itoa(s.workers), "--threads", strconv.Itoa(s.threads),
		}
		if s.access {
			args = append(args, "--access-logfile", "-")
		}
		if s.tls {
			args = append(args, "--certfile", b.certFile(), "--keyfile", b.certFile())
		}
		return append(append(args, s.more...), s.target())
	})
}

// granian starts it with blocking threads, as its documentation has it for WSGI.
func (b *bench) granian(ctx context.Context, s setup) (*process, error) {
	return b.start(ctx, "granian", "http", s.env, func(addr string) []string {
		host, port, _ := net.SplitHostPort(addr)
		return []string{
			b.python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", port, "--no-ws",
			"--workers", strconv.Itoa(s.workers), "--blocking-threads", strconv.Itoa(s.threads), "hello:app",
		}
	})
}

// waitress starts it; it has one process.
func (b *bench) waitress(ctx context.Context, s setup) (*process, error) {
	return b.start(ctx, "waitress", "http", s.env, func(addr string) []string {
		return []string{
			b.python, "-m", "waitress", "--listen", addr, "--threads", strconv.Itoa(s.workers * s.threads), "hello:app",
		}
	})
}

func (b *bench) certFile() string { return filepath.Join(b.temp, "gunicorn.pem") }

// certificate makes a certificate of the kind that Fumehood's local authority makes:
// ECDSA P-256.
func (b *bench) certificate() error {
	if _, err := os.Stat(b.certFile()); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	return os.WriteFile(b.certFile(), text, 0o600)
}
