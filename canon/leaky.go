package canon

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// What examples/leaky keeps, and nobody should get from it.
const (
	adminsPassword = "erlenmeyer-1860"
	salaries       = "admin,81000"
	sourceKey      = "beaker-street-2019"
)

// leaky is an attack on examples/leaky that works when the answer has what is wanted.
func leaky(name, gain, want string, request func(s *Scene) *http.Request) Attack {
	return Attack{Name: name, App: "leaky", Gain: gain, Works: func(s *Scene) bool {
		return s.leaks(s.Client(), request(s), want)
	}}
}

// leaks says whether the answer has what is wanted.
func (s *Scene) leaks(client *http.Client, r *http.Request, want string) bool {
	s.Helper()
	answer := s.Try(client, r)
	found := strings.Contains(answer.Text, want)
	s.Logf("%s %s: %d, has %q: %v", r.Method, r.URL, answer.Status, want, found)
	if !found && answer.Status != http.StatusForbidden {
		s.Logf("%.400s", answer.Text)
	}
	return found
}

// asking is a GET request with parameters, names and values in turn.
func asking(path string, fields ...string) func(s *Scene) *http.Request {
	return func(s *Scene) *http.Request {
		return s.Request(http.MethodGet, path+"?"+query(fields), "")
	}
}

// sending is a form, names and values in turn.
func sending(path string, fields ...string) func(s *Scene) *http.Request {
	return func(s *Scene) *http.Request { return s.order(path, query(fields)) }
}

func query(fields []string) string {
	var parts []string
	for i := 0; i+1 < len(fields); i += 2 {
		parts = append(parts, fields[i]+"="+url.QueryEscape(fields[i+1]))
	}
	return strings.Join(parts, "&")
}

var ownPage = regexp.MustCompile(`id="me" href="/user/(\d+)"`)

// mine is the number of the account that client is logged in to.
func (s *Scene) mine(client *http.Client) string {
	s.Helper()
	found := ownPage.FindStringSubmatch(s.Get(client, "/tools").Text)
	if found == nil {
		s.Fatal("nobody is logged in")
	}
	return found[1]
}

// isAdmin says whether the shop takes the account for an admin's.
func (s *Scene) isAdmin(client *http.Client, account string) bool {
	s.Helper()
	answer := s.Get(client, "/user/"+account)
	if answer.Status != http.StatusOK {
		s.Fatalf("the page of account %s: %d", account, answer.Status)
	}
	return strings.Contains(answer.Text, `<dd id="role">admin</dd>`)
}

// left says whether an attack has made that file in the app's folder.
func (s *Scene) left(name string) bool {
	s.Helper()
	_, err := os.Stat(filepath.Join(s.Folder, filepath.FromSlash(name)))
	return err == nil
}

// trace is the name of a file, below the app's folder, that only this attack makes.
func (s *Scene) trace() string { return "instance/owned-by-" + s.Home() }
