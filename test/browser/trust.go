package browser

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"testing"

	"github.com/chromedp/chromedp"
)

// Required says that nothing may be left out: FUMEHOOD_TEST_REQUIRE_ALL or CI is set.
func Required() bool {
	return os.Getenv("FUMEHOOD_TEST_REQUIRE_ALL") != "" || os.Getenv("CI") != ""
}

// trust makes the browser accept the site's certificate authority, as `fumehood trust`
// does for a person: by the NSS database of its home. Chromium then judges the chain,
// the names and the dates itself.
//
// Where certutil is missing, Go judges the chain and the browser is told to accept that
// one public key; nothing else becomes acceptable.
func trust(t testing.TB, home string, site Site) []chromedp.ExecAllocatorOption {
	t.Helper()
	leaf := verifiedLeaf(t, site)
	certutil, err := exec.LookPath("certutil")
	if err != nil || goruntime.GOOS != "linux" {
		if Required() && goruntime.GOOS == "linux" {
			t.Fatal("no certutil\nhint: sudo apt install libnss3-tools")
		}
		key := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
		return []chromedp.ExecAllocatorOption{chromedp.Flag("ignore-certificate-errors-spki-list",
			base64.StdEncoding.EncodeToString(key[:]))}
	}
	pem := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(pem, site.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	// Chromium moved its database; which one it reads depends on its age.
	for _, folder := range []string{".pki/nssdb", ".local/share/pki/nssdb"} {
		database := filepath.Join(home, folder)
		if err := os.MkdirAll(database, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"-N", "--empty-password"},
			{"-A", "-t", "C,,", "-n", "fumehood test", "-i", pem},
		} {
			args = append([]string{"-d", "sql:" + database}, args...)
			if out, err := exec.Command(certutil, args...).CombinedOutput(); err != nil {
				t.Fatalf("certutil %v: %v\n%s", args, err, out)
			}
		}
	}
	return nil
}

// verifiedLeaf returns the certificate that the site shows, once Go's own verifier has
// accepted it with the site's certificate authority as the only root.
func verifiedLeaf(t testing.TB, site Site) *x509.Certificate {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(site.CA) {
		t.Fatal("the site's certificate authority is no PEM certificate")
	}
	address, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", address.Host, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatalf("the certificate of %s: %v", site.URL, err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}
