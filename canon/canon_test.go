package canon_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/canon"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

// TestCanon carries out every attack, once on the app served by a plain WSGI server, where
// it has to work, and once under Fumehood, where it has to fail.
func TestCanon(t *testing.T) {
	for _, app := range apps() {
		t.Run(app, func(t *testing.T) {
			t.Parallel()
			t.Run("bare", func(t *testing.T) {
				t.Parallel()
				if strings.HasSuffix(app, "unhelped") {
					return // the same attacks as with a CSP, which a plain server does not have
				}
				dir := folder(t, app)
				rows(t, app, dir, browser.Bare(t, dir, target(t, app)), true)
			})
			t.Run("fumehood", func(t *testing.T) {
				t.Parallel()
				dir := folder(t, app)
				var args []string
				if testing.Short() && app != "app" {
					args = []string{"--workers", "1"} // the quick check has the usual number for one app
				}
				rows(t, app, dir, browser.Fumehood(t, dir, target(t, app), args...), false)
			})
		})
	}
}

// TestOpen: what the page about attacks says still works does.
func TestOpen(t *testing.T) {
	t.Parallel()
	dir := folder(t, "leaky")
	site := canon.NewSite(t, browser.Fumehood(t, dir, "app:app"), nil)
	site.Folder = dir
	all(t, site, canon.Open(), true)
}

// rows carries out the attacks on a served app.
func rows(t *testing.T, app, dir string, served browser.Site, want bool) {
	networks := new(atomic.Uint32)
	t.Run("honest", func(t *testing.T) {
		site := canon.NewSite(t, served, nil)
		site.Folder, site.Networks = dir, networks
		honest(t, app, &canon.Scene{TB: t, Site: site})
	})
	for _, row := range canon.Rows() {
		attacks := slices.DeleteFunc(row.Attacks, func(a canon.Attack) bool { return module(a) != app })
		if len(attacks) > 0 {
			t.Run(row.ID, func(t *testing.T) {
				t.Parallel()
				site := canon.NewSite(t, served, sync.OnceValue(func() context.Context {
					return browser.Open(t, browser.Options{Site: served, Complaints: func([]string) {}})
				}))
				site.Folder, site.Networks = dir, networks
				all(t, site, attacks, want)
			})
		}
	}
}

// A row without an attack, or two with one name, would look as if it were proven.
func TestRows(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range canon.Rows() {
		known := slices.ContainsFunc(finding.Canon(), func(r finding.Row) bool { return r.ID == row.ID })
		if len(row.Attacks) == 0 || !known || seen[row.ID] {
			t.Errorf("%s: %d attacks, known: %v, seen before: %v", row.ID, len(row.Attacks), known, seen[row.ID])
		}
		seen[row.ID] = true
		for _, attack := range row.Attacks {
			name := row.ID + "/" + attack.Name
			if attack.Works == nil || attack.Gain == "" || seen[name] {
				t.Errorf("%s: what is gained: %q, seen before: %v", name, attack.Gain, seen[name])
			}
			seen[name] = true
		}
	}
}

// all carries the attacks out one after the other; a browser each would cost more.
func all(t *testing.T, site *canon.Site, attacks []canon.Attack, want bool) {
	for _, attack := range attacks {
		t.Run(attack.Name, func(t *testing.T) {
			if got := attack.Works(&canon.Scene{TB: t, Site: site}); got != want {
				t.Errorf("it works: %v, want %v (%s)", got, want, attack.Gain)
			}
		})
	}
}

// module is the module that an attack needs.
func module(a canon.Attack) string {
	if a.App == "" {
		return "app"
	}
	return a.App
}

// apps are the modules that the attacks need.
func apps() []string {
	var names []string
	for _, row := range canon.Rows() {
		for _, attack := range row.Attacks {
			if !slices.Contains(names, module(attack)) {
				names = append(names, module(attack))
			}
		}
	}
	return names
}

// target is what the server is told to serve: the module, or the example itself where there
// is only a policy of that name, or nothing.
func target(t *testing.T, app string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(testapp.Root(t), "canon", "testdata", app+".py")); err != nil {
		return "app:app"
	}
	return app + ":app"
}

// folder has the notes app or the shop, and beside it the module, its policy, and what else
// lies about in such a folder.
func folder(t *testing.T, app string) string {
	t.Helper()
	example := "notes"
	if strings.HasPrefix(app, "leaky") {
		example = "leaky"
	}
	dir := browser.Example(t, example)
	put := func(name string, content []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if example == "notes" {
		put("app.py", cheaply(t, filepath.Join(dir, "app.py")))
	}
	for name, content := range canon.Strewn() {
		put(name, []byte(content))
	}
	if app == "leaky_proxied" {
		proxy := httptest.NewServer(canon.Proxy())
		t.Cleanup(proxy.Close)
		put("proxy.txt", []byte(proxy.URL))
	}
	missing := 0
	for from, to := range map[string]string{app + ".py": app + ".py", app + ".toml": "fumehood.toml"} {
		source, err := os.ReadFile(filepath.Join(testapp.Root(t), "canon", "testdata", from))
		switch {
		case err == nil:
			put(to, source)
		case errors.Is(err, fs.ErrNotExist):
			missing++
		default:
			t.Fatal(err)
		}
	}
	if missing == 2 && app != example && app != "app" {
		t.Fatalf("there is neither a module nor a policy called %s", app)
	}
	return dir
}

// cheaply is the notes app with password hashes that cost nothing. Each attack has people of
// its own, hundreds in all; a hash as it should be takes a tenth of a second, and would be most
// of what the tests do. It is not what is attacked.
func cheaply(t *testing.T, path string) []byte {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const hash = "from werkzeug.security import check_password_hash, generate_password_hash\n"
	if !bytes.Contains(source, []byte(hash)) {
		t.Fatal("examples/notes/app.py hashes passwords in another way than this test knows")
	}
	cheap := hash + `generate_password_hash = functools.partial(generate_password_hash, method="pbkdf2:sha256:1")` + "\n"
	return bytes.Replace(source, []byte(hash), []byte(cheap), 1)
}
