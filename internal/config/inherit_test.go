package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/config"
)

// TestRoutesInherit: a route's table has the general value wherever it says nothing, from
// whichever source that comes.
func TestRoutesInherit(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "fumehood.toml")
	text := "[body]\nidle = \"7s\"\n[[route]]\nmatch = \"POST /upload\"\nbody.idle = \"5m\"\nmax_body = \"1GB\"\n" +
		"[[route]]\nmatch = \"/slow\"\nbody = { min_rate = 1 }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(config.Sources{File: file, Environ: []string{"FUMEHOOD_BODY_GRACE=9s"}, Args: []string{"--body-memory", "2KB"}})
	if err != nil {
		t.Fatal(err)
	}
	general := loaded.Config
	upload, slow := general.Routes[0].Merged(general), general.Routes[1].Merged(general)
	if upload.Body.Idle != 5*time.Minute || slow.Body.Idle != 7*time.Second {
		t.Errorf("idle: %v and %v", upload.Body.Idle, slow.Body.Idle)
	}
	if upload.Body.Grace != 9*time.Second || slow.Body.Grace != 9*time.Second {
		t.Errorf("grace from the environment: %v and %v", upload.Body.Grace, slow.Body.Grace)
	}
	if upload.Body.Memory != 2<<10 || slow.Body.MinRate != 1 || upload.Body.MinRate != general.Body.MinRate {
		t.Errorf("%+v\n%+v", upload.Body, slow.Body)
	}
	if upload.Limits.Body != 1<<30 || slow.Limits.Body != general.Limits.Body {
		t.Errorf("max_body: %v and %v", upload.Limits.Body, slow.Limits.Body)
	}
	if shown := loaded.TOML(false); !strings.Contains(shown, "body.idle = \"5m\"") || strings.Count(shown, "grace") != 1 {
		t.Errorf("config show:\n%s", shown)
	}
}

// TestRouteOfAProgram: in Go, a route is made by NewRoute; one made by hand overrides no
// table, rather than setting every deadline to nothing.
func TestRouteOfAProgram(t *testing.T) {
	t.Parallel()
	c := config.Default()
	r := c.NewRoute("/upload")
	r.Body.Idle = time.Hour
	if got := r.Merged(c).Body; got.Idle != time.Hour || got.MinRate != c.Body.MinRate {
		t.Errorf("%+v", got)
	}
	if got := (config.Route{Match: "/x"}).Merged(c).Body; got != c.Body {
		t.Errorf("by hand: %+v", got)
	}
}
