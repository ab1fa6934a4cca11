package canon

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// patience is how long one attack may use its tab.
const patience = 20 * time.Second

// Site is a served app that attacks are carried out on.
type Site struct {
	URL    string // "https://localhost:41234"
	Folder string // of the app, where an attack leaves traces
	roots  *x509.CertPool
	open   func() context.Context // a browser that trusts the site

	// Networks is how many networks programs have come from. Sites with the same server
	// share it.
	Networks *atomic.Uint32
}

// NewSite makes a Site of a server that is running. open starts its browser; it is called
// at most once, when an attack needs one.
func NewSite(t testing.TB, served browser.Site, open func() context.Context) *Site {
	s := &Site{Networks: new(atomic.Uint32), URL: strings.Replace(served.URL, "127.0.0.1", "localhost", 1), open: open}
	if served.CA != nil {
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(served.CA) {
			t.Fatal("the site's certificate authority is no PEM certificate")
		}
	}
	return s
}

// Scene is what one attack has to work with: the site, people with accounts, and a hostile
// server. Each attack has a scene, and people, of its own.
type Scene struct {
	testing.TB
	*Site
	home string
}

// Person has an account.
type Person struct {
	Name, Password string
}

// Join makes an account for a new person.
func (s *Scene) Join() Person {
	s.Helper()
	p := Person{Name: "p" + strings.ToLower(rand.Text()), Password: "old password"}
	answer := s.Post(s.Client(), "/register", url.Values{"username": {p.Name}, "password": {p.Password}})
	if answer.Status != http.StatusFound {
		s.Fatalf("no account: %d\n%.300s", answer.Status, answer.Text)
	}
	return p
}

// Accepts says whether p can log in with that password.
func (s *Scene) Accepts(p Person, password string) bool {
	s.Helper()
	answer := s.Post(s.Client(), "/login", url.Values{"username": {p.Name}, "password": {password}})
	switch {
	case answer.Status == http.StatusFound:
		return true
	case strings.Contains(answer.Text, "That password is wrong"):
		return false
	}
	s.Fatalf("a login: %d\n%.300s", answer.Status, answer.Text)
	return false
}

// LoggedIn is a program that is logged in as p.
func (s *Scene) LoggedIn(p Person) *http.Client {
	s.Helper()
	client := s.Client()
	answer := s.Post(client, "/login", url.Values{"username": {p.Name}, "password": {p.Password}})
	if answer.Status != http.StatusFound {
		s.Fatalf("%s cannot log in: %d\n%.300s", p.Name, answer.Status, answer.Text)
	}
	return client
}

// Answer is an answer of the site, whole.
type Answer struct {
	Status int
	Header http.Header
	Text   string
}

// Send sends a request and reads its answer.
func (s *Scene) Send(client *http.Client, r *http.Request) Answer {
	s.Helper()
	response, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return Answer{response.StatusCode, response.Header, string(body)}
}

// Request makes a request to the site, as a page of the site would, or a program that knows
// what a browser sends. header has names and values in turn.
func (s *Scene) Request(method, path, body string, header ...string) *http.Request {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if method != http.MethodGet {
		r.Header.Set("Origin", s.URL)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// Get asks for a page.
func (s *Scene) Get(client *http.Client, path string, header ...string) Answer {
	s.Helper()
	return s.Send(client, s.Request(http.MethodGet, path, "", header...))
}

// Post sends a form.
func (s *Scene) Post(client *http.Client, path string, form url.Values) Answer {
	s.Helper()
	return s.Send(client, s.Request(http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
}

// Upload puts a file on the site.
func (s *Scene) Upload(client *http.Client, name, content string) {
	s.Helper()
	answer := s.Send(client, s.Parts("/files", []File{{Name: name, Type: mime.TypeByExtension(path.Ext(name)), Content: content}}))
	if answer.Status != http.StatusFound {
		s.Fatalf("upload %s: %d\n%.300s", name, answer.Status, answer.Text)
	}
}

// Titles are those of all notes of p.
func (s *Scene) Titles(p Person) []string {
	s.Helper()
	answer := s.Get(s.LoggedIn(p), "/api/notes")
	var list struct {
		Notes []struct{ Title string }
	}
	if err := json.Unmarshal([]byte(answer.Text), &list); err != nil || answer.Status != http.StatusOK {
		s.Fatalf("the notes of %s: %d %v\n%.300s", p.Name, answer.Status, err, answer.Text)
	}
	var titles []string
	for _, note := range list.Notes {
		titles = append(titles, note.Title)
	}
	return titles
}

// Tab opens a tab of the browser, with no cookie in it.
func (s *Scene) Tab() context.Context {
	s.Helper()
	browser.Needed(s)
	patient, stop := context.WithTimeout(s.open(), patience)
	tab, end := chromedp.NewContext(patient, chromedp.WithNewBrowserContext())
	s.Cleanup(func() {
		end()
		stop()
	})
	return tab
}

// Login has p log in. The login page sends the form, as many pages do, by a script: the
// page that follows would cost more than most attacks.
func (s *Scene) Login(tab context.Context, p Person) {
	s.Helper()
	browser.Do(s, tab, chromedp.Navigate(s.URL+"/login"))
	s.submitted(tab, "/login", `{username: "`+p.Name+`", password: "`+p.Password+`"}`)
}

// submitted sends a form from the page that tab shows, and expects to be led on.
func (s *Scene) submitted(tab context.Context, path, fields string) {
	s.Helper()
	if said := s.sent(tab, path, fields); said != "" {
		s.Fatalf("%s: %.300s", path, said)
	}
}

// sent sends a form from the page that tab shows, and returns the answer where that does not
// lead on.
func (s *Scene) sent(tab context.Context, path, fields string) string {
	s.Helper()
	return browser.Get(s, tab, chromedp.Evaluate[string](`fetch("`+path+`", {method: "POST", redirect: "manual",
		body: new URLSearchParams(`+fields+`)}).then(async a => a.type === "opaqueredirect" ? "" : a.status + " " + await a.text())`,
		chromedp.EvalAwaitPromise))
}

// css is short for a selector.
type css = chromedp.CSS

// Hostile serves pages, by path, to whoever asks. For a browser it is another site than
// the one attacked: that one is on localhost. What stands in the pages as SITE becomes the
// address of the site.
func (s *Scene) Hostile(pages map[string]string) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript")
		} else {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			page = `<!doctype html><link rel="icon" href="data:,">` + page
		}
		w.Header().Set("Access-Control-Allow-Origin", "*") // nothing on the hostile side is to stand in the way
		io.WriteString(w, strings.ReplaceAll(page, "SITE", s.URL))
	}))
	s.Cleanup(server.Close)
	return server.URL
}

// Sibling is the same hostile server on another port of the site's own host. Without https
// it is the same site for a browser: cookies with SameSite=Lax are sent to it and by it.
func Sibling(hostile string) string {
	return strings.Replace(hostile, "127.0.0.1", "localhost", 1)
}
