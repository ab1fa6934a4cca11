package browser_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// The harness itself must not be the reason why a certificate is accepted.
func TestOnlyTheSitesAuthorityIsTrusted(t *testing.T) {
	t.Parallel()
	site := tlsSite(t)

	trusting := browser.Open(t, browser.Options{Site: site})
	browser.Do(t, trusting, chromedp.Navigate(site.URL))
	if text := browser.Get(t, trusting, chromedp.Text(css("body"))); text != "hello" {
		t.Errorf("the trusted site says %q", text)
	}

	stranger := browser.Open(t, browser.Options{Complaints: ignore})
	err := chromedp.Do(stranger, chromedp.Navigate(site.URL))
	if err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("a browser that does not know the authority: %v, want ERR_CERT_AUTHORITY_INVALID", err)
	}

	other := browser.Open(t, browser.Options{Site: site, Complaints: ignore})
	impostor := tlsSite(t)
	err = chromedp.Do(other, chromedp.Navigate(impostor.URL))
	if err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("a site of another authority: %v, want ERR_CERT_AUTHORITY_INVALID", err)
	}
}

func ignore([]string) {}

// What a page does wrong has to reach the test, or no console error would ever fail one.
func TestComplaintsAreHeard(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "style-src 'none'")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><style>p { color: red }</style>
			<script>console.log("fine"); console.error("bad", 7)</script>
			<script>missing()</script><img src="/nowhere.png">`)
	}))
	t.Cleanup(server.Close)

	ctx := browser.Open(t, browser.Options{Complaints: func(lines []string) {
		all := strings.Join(lines, "\n")
		for _, want := range []string{"console.error: \"bad\"", "missing is not defined", "404", "style-src 'none'"} {
			if !strings.Contains(all, want) {
				t.Errorf("nothing about %s in\n%s", want, all)
			}
		}
		if len(lines) != 4 {
			t.Errorf("%d complaints, want 4:\n%s", len(lines), all)
		}
	}})
	browser.Do(t, ctx, chromedp.Navigate(server.URL))
	browser.Get(t, ctx, chromedp.Evaluate[bool]("true")) // what came before it has been heard
}

// tlsSite serves "hello" with a certificate from an authority of its own.
func tlsSite(t *testing.T) browser.Site {
	t.Helper()
	sign := func(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	caKey, key := newKey(), newKey()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caDER := sign(ca, ca, caKey, caKey)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">hello`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshakes are the point
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{
		Certificate: [][]byte{sign(leaf, ca, key, caKey)}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return browser.Site{
		URL: strings.Replace(server.URL, "127.0.0.1", "localhost", 1),
		CA:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
	}
}
