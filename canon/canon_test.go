package canon_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

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
			bare := browser.Bare(t, folder(t, app), app+":app")
			hood := browser.Fumehood(t, folder(t, app), app+":app")
			for _, row := range canon.Rows() {
				attacks := slices.DeleteFunc(row.Attacks, func(a canon.Attack) bool { return module(a) != app })
				if len(attacks) > 0 {
					t.Run(row.ID, func(t *testing.T) {
						t.Parallel()
						t.Run("bare", func(t *testing.T) { all(t, site(t, bare), attacks, true) })
						t.Run("fumehood", func(t *testing.T) { all(t, site(t, hood), attacks, false) })
					})
				}
			}
		})
	}
}

// A row without an attack, or two with one name, would look as if it were proven.
func TestRows(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range canon.Rows() {
		if len(row.Attacks) == 0 || row.Practice == "" || seen[row.ID] {
			t.Errorf("%s: %d attacks, practice %q, seen before: %v", row.ID, len(row.Attacks), row.Practice, seen[row.ID])
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

// site is a served app with a browser of its own, once one is needed.
func site(t *testing.T, served browser.Site) *canon.Site {
	return canon.NewSite(t, served, sync.OnceValue(func() context.Context {
		return browser.Open(t, browser.Options{Site: served, Complaints: func([]string) {}})
	}))
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

// folder has the notes app, and the module beside it.
func folder(t *testing.T, app string) string {
	t.Helper()
	dir := browser.Notes(t)
	if app == "app" {
		return dir
	}
	source, err := os.ReadFile(filepath.Join(testapp.Root(t), "canon", "testdata", app+".py"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, app+".py"), source, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
