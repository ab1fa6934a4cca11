package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

// elsewhere is the attacker's site, at 127.0.0.1; the site itself is at localhost.
func elsewhere(t *testing.T) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">the attacker's page`)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func serveAtLocalhost(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

func enforcing(t *testing.T, app http.Handler) http.Handler {
	t.Helper()
	g, err := redirects.New(redirects.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return g.Handler(app)
}

// pageText follows whatever the answer at address says.
func pageText(t *testing.T, ctx context.Context, address string) string {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(address), chromedp.WaitReady(css("body")))
	return browser.Get(t, ctx, chromedp.Text(css("body")))
}

// Each of these brings a visitor of the bare app to the attacker, and none under the guard.
func TestRedirectsInChromium(t *testing.T) {
	t.Parallel()
	evil := elsewhere(t)
	_, port, _ := strings.Cut(evil, ":")
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{r.URL.Query().Get("next")}
		w.WriteHeader(http.StatusFound)
	})
	bare, guarded := serveAtLocalhost(t, app), serveAtLocalhost(t, enforcing(t, app))
	ctx := browser.Open(t, browser.Options{Complaints: ignore})
	for _, next := range []string{
		"http://" + evil, "//" + evil, "///" + evil, "/\\" + evil, "\\\\" + evil, "\\/" + evil, "http:\\\\" + evil, "http:/\\" + evil,
		"/\t/" + evil, " //" + evil, "ht\ttp://" + evil, "//localhost@" + evil, "//localhost:80@" + evil + "/x", "//localhost%40@" + evil,
		"//" + evil + "\\@localhost", "//" + evil + "?@localhost", "//2130706433:" + port, "//0x7f.1:" + port, "//0177.1:" + port,
		"//127。0。0。1:" + port, "//１２７.0.0.1:" + port, "//127%2e0.0.1:" + port, "//127.0.0.1.:" + port, "//[::ffff:127.0.0.1]:" + port,
	} {
		query := "/login?next=" + url.QueryEscape(next)
		if text := pageText(t, ctx, bare+query); text != "the attacker's page" {
			t.Errorf("%q: without the guard the attack must succeed: %q", next, text)
		}
		if text := pageText(t, ctx, guarded+query); strings.Contains(text, "attacker") || !strings.Contains(text, "40") && !strings.Contains(text, "500") {
			t.Errorf("%q: the visitor sees %q", next, text)
		}
	}
}

func TestRefreshInChromium(t *testing.T) {
	t.Parallel()
	evil := elsewhere(t)
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Refresh"] = []string{strings.Replace(r.URL.Query().Get("refresh"), "EVIL", evil, 1)}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><p id=stay>the site's page`)
	})
	bare, guarded := serveAtLocalhost(t, app), serveAtLocalhost(t, enforcing(t, app))
	ctx := browser.Open(t, browser.Options{Complaints: ignore})
	for _, value := range []string{"0;url=//EVIL", "0; URL = '//EVIL'", "0,//EVIL", "0 //EVIL", `.5;url="/\EVIL"x`} {
		query := "/?host=" + evil + "&refresh=" + url.QueryEscape(value)
		browser.Do(t, ctx, chromedp.Navigate(bare+query))
		browser.Do(t, ctx, chromedp.WaitNotPresent(css("#stay"))) // it goes on by itself
		if text := browser.Get(t, ctx, chromedp.Text(css("body"))); text != "the attacker's page" {
			t.Errorf("%q: without the guard the attack must succeed: %q", value, text)
		}
		if text := pageText(t, ctx, guarded+query); !strings.Contains(text, "403") {
			t.Errorf("%q: the visitor sees %q", value, text)
		}
	}
}

// examples/notes goes wherever the link to its login page says.
func TestNotesLoginLeadsAway(t *testing.T) {
	t.Parallel()
	evil := elsewhere(t)
	upstream, err := url.Parse(browser.Bare(t, browser.Notes(t), "app:app").URL)
	if err != nil {
		t.Fatal(err)
	}
	notes := httputil.NewSingleHostReverseProxy(upstream)
	bare, guarded := serveAtLocalhost(t, notes), serveAtLocalhost(t, enforcing(t, notes))
	ctx := browser.Open(t, browser.Options{Complaints: ignore})
	for _, tt := range []struct{ site, next, want string }{
		{bare, "//" + evil, "the attacker's page"},
		{guarded, "//" + evil, "another site"},
		{guarded, "/files", "Files"},
	} {
		browser.Do(t, ctx, chromedp.Navigate(tt.site+"/login?next="+url.QueryEscape(tt.next)))
		browser.Follow(t, ctx,
			chromedp.SendKeys(css("input[name=username]"), "admin"),
			chromedp.SendKeys(css("input[name=password]"), "admin\r"))
		if text := browser.Get(t, ctx, chromedp.Text(css("body"))); !strings.Contains(text, tt.want) {
			t.Errorf("%s next=%s: the visitor sees %q", tt.site, tt.next, text)
		}
	}
}

// The table that guard/redirects is tested with says of each URL what this Chromium says:
// whether it leads off the page's own origin.
func TestRedirectTableIsChromiums(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(testapp.Root(t), "guard", "redirects", "testdata", "urls.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	ctx := browser.Open(t, browser.Options{})
	said := browser.Get(t, ctx, chromedp.Evaluate[[][]string](`(() => {
		const bases = ["http://shop.example/a/b?c", "https://shop.example/a/b?c", "https://localhost:8443/"];
		const read = (s, base) => { try { const u = new URL(s, base);
			return [u.protocol, u.hostname, u.port, u.username || u.password ? "user" : ""].join(" ").trimEnd() } catch { return "invalid" } };
		return `+string(data)+`.map(row => [row[0], ...bases.map(base => read(row[0], base))]) })()`))
	own := []string{"http: shop.example", "https: shop.example", "https: localhost 8443"}
	for i, row := range rows {
		for j := range own {
			if (row[j+1] == own[j]) != (said[i][j+1] == own[j]) {
				t.Errorf("%q: the table says %q, the browser %q", row[0], row[j+1], said[i][j+1])
			}
		}
	}
}
