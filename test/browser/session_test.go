package browser_test

import (
	"context"
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
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/caching"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

// What the guards of cookies and of caching claim about browsers, in a browser. Each row
// is tried on a Flask app without them first, where it has to succeed.

const sessionApp = `
from flask import Flask, make_response, redirect, request, session

app = Flask(__name__)
app.secret_key = "0123456789abcdef"

def page(text):
    return '<!doctype html><link rel="icon" href="data:,"><p id="text">%s</p><a href="/logout">log out</a>' % text

@app.route("/")
def who():
    return page("hello " + session.get("user", "nobody"))

@app.route("/balance")
def balance():
    # It is the cookie alone that says whose page this is, so that Flask sends no Vary.
    name = "nobody" if "session" not in request.cookies else "victor"
    return page("balance of " + name)

@app.route("/login/<name>")
def login(name):
    session["user"] = name
    response = make_response(page("welcome"))
    response.set_cookie("account", "s3cret")
    response.set_cookie("csrftoken", "token")
    response.set_cookie("widget", "w1dget", samesite="None", secure=True)
    return response

@app.route("/logout")
def logout():
    session.clear()
    return redirect("/bye")

@app.route("/bye")
def bye():
    return page("bye")

@app.route("/transfer", methods=["GET", "POST"])
def transfer():
    return page("transfer by " + session.get("user", "nobody"))

@app.route("/widget", methods=["POST"])
def widget():
    return page("widget " + request.cookies.get("widget", "nothing"))
`

const (
	shopHost    = "www.shop.localhost"  // the app
	siblingHost = "evil.shop.localhost" // same site, another host
	foreignHost = "evil.localhost"      // another site
)

// shop is the app on one port, with the hosts of the attacker beside it.
type shop struct {
	site browser.Site
	port string
}

func (s shop) at(host, path string) string { return "https://" + host + ":" + s.port + path }

// newShop serves app, which already has its guards or has none.
func newShop(t *testing.T, app http.Handler) shop {
	s := shop{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, shopHost) {
			app.ServeHTTP(w, r)
			return
		}
		attack(w, r, s)
	}))
	var key tls.Certificate
	key, s.site.CA = certificate(t, "localhost", shopHost, siblingHost, foreignHost)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{key}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	u, err := url.Parse("https://" + server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.port = u.Port()
	s.site.URL = "https://localhost:" + s.port
	server.StartTLS()
	t.Cleanup(server.Close)
	return s
}

// attack is what the attacker's hosts serve.
func attack(w http.ResponseWriter, r *http.Request, s shop) {
	w.Header().Set("Content-Type", "text/html")
	if line := r.FormValue("set"); line != "" {
		w.Header().Add("Set-Cookie", line)
	}
	if target := r.FormValue("post"); target != "" {
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><form method="post" action="%s"><button>win</button></form>`, s.at(shopHost, target))
		return
	}
	fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><p id="text">evil</p>`)
}

// certificate returns a key with a certificate for the names, and its authority's.
func certificate(t *testing.T, names ...string) (tls.Certificate, []byte) {
	t.Helper()
	sign := func(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caDER := sign(ca, ca, keys[0], keys[0])
	der := sign(&x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: names, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, ca, keys[1], keys[0])
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: keys[1]},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
}

// sessionGuards are the two guards in the order in which the server has them.
func sessionGuards(t *testing.T, app http.Handler) http.Handler {
	t.Helper()
	own, err := cookies.New(cookies.Config{}, cookies.App{})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := caching.New(caching.Config{}, own.Sessions())
	if err != nil {
		t.Fatal(err)
	}
	return cache.Handler(own.Handler(app))
}

func TestSessionAttacks(t *testing.T) {
	t.Parallel()
	browser.Needed(t) // before a worker starts for nothing
	app := browser.Flask(t, sessionApp)
	for _, guarded := range []bool{false, true} {
		t.Run(map[bool]string{false: "bare", true: "guarded"}[guarded], func(t *testing.T) {
			t.Parallel()
			var handler http.Handler = app
			if guarded {
				handler = sessionGuards(t, app)
			}
			s := newShop(t, handler)
			ctx := browser.Open(t, browser.Options{Site: s.site})
			readByScript(t, ctx, s, guarded)
			sentAcrossSites(t, ctx, s, guarded)
			tossed(t, ctx, s, guarded)
			backAfterLogout(t, ctx, s, guarded)
		})
	}
}

// fresh empties the browser's jar and logs Victor in.
func fresh(t *testing.T, ctx context.Context, s shop) {
	t.Helper()
	forget(t, ctx)
	show(t, ctx, s.at(shopHost, "/login/victor"), "welcome")
	show(t, ctx, s.at(shopHost, "/"), "hello victor")
}

func forget(t *testing.T, ctx context.Context) {
	t.Helper()
	if _, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
}

// show opens a page and expects its text.
func show(t *testing.T, ctx context.Context, url, want string) {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(url))
	if got := text(t, ctx); got != want {
		t.Errorf("%s says %q, want %q", url, got, want)
	}
}

func text(t *testing.T, ctx context.Context) string {
	t.Helper()
	browser.Do(t, ctx, chromedp.WaitVisible(css("#text")))
	return browser.Get(t, ctx, chromedp.Text(css("#text")))
}

func readByScript(t *testing.T, ctx context.Context, s shop, guarded bool) {
	fresh(t, ctx, s)
	read := strings.Split(browser.Get(t, ctx, chromedp.Evaluate[string]("document.cookie")), "; ")
	if got := slices.Contains(read, "account=s3cret"); got == guarded {
		t.Errorf("a script reads the account: %v (%q)", got, read)
	}
	if !slices.Contains(read, "csrftoken=token") {
		t.Errorf("the page's own script cannot read the CSRF token: %q", read)
	}
	if slices.ContainsFunc(read, func(c string) bool { return strings.Contains(c, "session") }) {
		t.Errorf("a script reads the session: %q", read)
	}
}

func sentAcrossSites(t *testing.T, ctx context.Context, s shop, guarded bool) {
	fresh(t, ctx, s)
	// A POST from another site, within two minutes of the login: Chromium sends a cookie
	// that does not say Lax itself.
	browser.Do(t, ctx, chromedp.Navigate(s.at(foreignHost, "/?post=/transfer")))
	browser.Follow(t, ctx, chromedp.Click(css("button")))
	if got, done := text(t, ctx), "transfer by victor"; (got == done) == guarded {
		t.Errorf("a form of another site: %q", got)
	}
	// The app itself says SameSite=None; nobody has said that other sites need the cookie.
	browser.Do(t, ctx, chromedp.Navigate(s.at(foreignHost, "/?post=/widget")))
	browser.Follow(t, ctx, chromedp.Click(css("button")))
	if got, done := text(t, ctx), "widget w1dget"; (got == done) == guarded {
		t.Errorf("a form of another site: %q", got)
	}
}

// tossed lets a sibling host plant a session in every way that a browser may let pass.
func tossed(t *testing.T, ctx context.Context, s shop, guarded bool) {
	forget(t, ctx)
	show(t, ctx, s.at(shopHost, "/login/mallory"), "welcome")
	stolen := ""
	jar, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{s.at(shopHost, "/")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies {
		if strings.HasSuffix(c.Name, "session") {
			stolen = c.Value
		}
	}
	if stolen == "" {
		t.Fatal("Mallory has no session")
	}
	for _, name := range []string{
		"session", "__Host-session", "__HOST-session", "__Secure-session", "=session", "=__Host-session", " =__Host-session",
		"\u2000__Host-session", "\u00a0session", "a,session", "$session",
	} {
		plant := name + "=" + stolen + "; Domain=shop.localhost; Path=/; Secure"
		forget(t, ctx)
		show(t, ctx, s.at(siblingHost, "/?set="+url.QueryEscape(plant)), "evil")
		browser.Do(t, ctx, chromedp.Navigate(s.at(shopHost, "/")))
		if got := text(t, ctx); (got == "hello mallory") != (!guarded && name == "session") {
			t.Errorf("%q planted: the victim's page says %q", name, got)
		}
		if !guarded {
			continue
		}
		fresh(t, ctx, s)
		show(t, ctx, s.at(siblingHost, "/?set="+url.QueryEscape(strings.Replace(plant, "Path=/", "Path=/transfer", 1))), "evil")
		browser.Do(t, ctx, chromedp.Navigate(s.at(shopHost, "/transfer")))
		if got := text(t, ctx); got != "transfer by victor" {
			t.Errorf("%q planted beside the victim's own: %q", name, got)
		}
	}
}

// backAfterLogout is for the computer in the library. Flask sends Vary: Cookie with a page
// that has used the session, but the browser's history does not ask for that.
func backAfterLogout(t *testing.T, ctx context.Context, s shop, guarded bool) {
	for _, path := range []string{"/", "/balance"} {
		fresh(t, ctx, s)
		browser.Do(t, ctx, chromedp.Navigate(s.at(shopHost, path)))
		before := text(t, ctx)
		browser.Follow(t, ctx, chromedp.Click(css("a")))
		if got := text(t, ctx); got != "bye" {
			t.Fatalf("after the logout: %q", got)
		}
		browser.Get(t, ctx, chromedp.Evaluate[bool]("setTimeout(() => history.back()) > 0"))
		// A page from the browser's memory is not a new document to chromedp's queries.
		var got string
		testapp.Eventually(t, "the page before", func() bool {
			var err error
			got, err = chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname === "`+path+`" && document.readyState === "complete" ?
				document.getElementById("text").innerText : ""`))
			return err == nil && got != ""
		})
		if (got == before) == guarded {
			t.Errorf("%s: back after the logout shows %q", path, got)
		}
	}
}
