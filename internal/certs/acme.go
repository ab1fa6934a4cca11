package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/hint"
)

// acme gets certificates for the named domains only, and never during a handshake: a
// stranger who asks for other names cannot make it order anything.
type acme struct {
	cache   *certmagic.Cache
	config  *certmagic.Config
	issuer  *certmagic.ACMEIssuer
	domains []string
}

func newACME(o Options) (*Source, error) {
	if err := checkACME(o); err != nil {
		return nil, err
	}
	dir, err := appdata.Base(o.TLS.Storage)
	if err != nil {
		return nil, err
	}
	roots, err := acmeRoots(o.TLS.ACMERoot)
	if err != nil {
		return nil, err
	}
	log := zap.New(&zapToSlog{log: o.Logger})
	var config *certmagic.Config
	ready := make(chan struct{}) // the cache asks for config from another goroutine
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { <-ready; return config, nil },
		Logger:           log,
	})
	config = certmagic.New(cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: filepath.Join(dir, "acme")},
		Logger:  log,
		OnEvent: func(_ context.Context, event string, data map[string]any) error {
			logEvent(o.Logger, event, data)
			return nil
		},
	})
	directory := o.TLS.ACMEDirectory
	if directory == "" {
		directory = certmagic.LetsEncryptProductionCA
	}
	issuer := certmagic.NewACMEIssuer(config, certmagic.ACMEIssuer{
		CA: directory, Email: o.TLS.Email, Agreed: true, TrustedRoots: roots,
		ListenHost: o.ListenHost, AltHTTPPort: o.HTTPPort, AltTLSALPNPort: o.TLSPort,
		DisableHTTPChallenge: o.HTTPPort == 0, DisableTLSALPNChallenge: o.TLSPort == 0,
		Logger: log,
	})
	config.Issuers = []certmagic.Issuer{issuer}
	close(ready)
	a := &acme{cache, config, issuer, o.TLS.Domains}
	return &Source{get: config.GetCertificate, names: o.TLS.Domains, acme: a}, nil
}

func (a *acme) manage(ctx context.Context) error { return a.config.ManageAsync(ctx, a.domains) }

func checkACME(o Options) error {
	var errs []error
	for i, name := range o.TLS.Domains {
		field := fmt.Sprintf("tls.domains[%d] %q", i, name)
		switch {
		case strings.Contains(name, "*"):
			errs = append(errs, hint.With(errors.New(field+": a wildcard needs a DNS challenge, which is not supported"),
				"name each host, or use --certfile and --keyfile"))
		case net.ParseIP(name) != nil:
			errs = append(errs, hint.With(errors.New(field+" is an address, not a name"), "name the host: --domain shop.example"))
		case !isDNSName(name):
			errs = append(errs, hint.With(errors.New(field+" is not a host name"), "write it as in a URL, without scheme and port: --domain shop.example"))
		case o.TLS.ACMEDirectory == "" && !certmagic.SubjectQualifiesForPublicCert(name):
			errs = append(errs, hint.With(errors.New(field+": no public authority signs a certificate for it"),
				"leave out --domain for a local certificate, or name your own authority: --acme-directory URL"))
		}
	}
	if d := o.TLS.ACMEDirectory; d != "" {
		if u, err := url.Parse(d); err != nil || u.Scheme != "https" || u.Host == "" {
			errs = append(errs, hint.With(fmt.Errorf("tls.acme_directory %q is not an https URL", d), "--acme-directory https://ca.internal/directory"))
		}
	}
	if o.HTTPPort == 0 && o.TLSPort == 0 {
		errs = append(errs, hint.With(errors.New("tls.domains: an ACME server cannot reach this server, it listens on no TCP port"),
			"bind a TCP port, or use --certfile and --keyfile"))
	}
	return errors.Join(errs...)
}

func acmeRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := readPEM(file)
	if err != nil {
		return nil, fmt.Errorf("tls.acme_root: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return nil, hint.With(fmt.Errorf("tls.acme_root: %s has no certificate", file), "it must be a PEM certificate")
	}
	return roots, nil
}

func logEvent(log *slog.Logger, event string, data map[string]any) {
	switch event {
	case "cert_obtained":
		log.Info("certificate obtained", "name", data["identifier"], "renewal", data["renewal"])
	case "cert_failed":
		log.Error("certificate not obtained, will try again", "name", data["identifier"], "error", data["error"],
			"hint", "the name must point to this machine, and its port 80 or 443 must be reachable from the internet")
	}
}
