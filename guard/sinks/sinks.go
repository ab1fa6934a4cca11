// Package sinks says what the guards inside the workers do, for each route: those that see
// every database statement, template, command, file, pickle and outgoing request of the app
// and know the values of the request that it works for.
//
// They stop injection where it would have its effect: a value that is more than data there is
// refused, whatever it looks like. They do not stop a value that the app has changed beyond
// the forms that internal/inputs knows (see docs/sql-sinks.md), nor code that runs
// already. It belongs innermost, before package wsgi, inside guard/injection, which
// finds the values. In front of an upstream or of a Go handler there are no sinks.
package sinks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard gives the worker the settings of a route.
type Guard struct {
	settings []byte // as the worker reads them
	differ   bool   // from those that the worker has since its start
	mode     fumehood.Mode
	ready    bool
}

// New checks cfg and returns its Guard. atStart is what [Settings] gave the workers at their
// start; where a request has the same settings, they are not sent again.
func New(cfg Config, atStart []byte) (*Guard, error) {
	settings, err := Settings(cfg)
	if err != nil {
		return nil, err
	}
	return &Guard{settings: settings, differ: !bytes.Equal(settings, atStart), mode: cfg.overall(), ready: true}, nil
}

// sinks are the modes of cfg by the names that a worker knows.
func (cfg *Config) sinks() map[string]fumehood.Mode {
	return map[string]fumehood.Mode{"sql": cfg.SQL, "template": cfg.Template, "command": cfg.Command,
		"file": cfg.File, "pickle": cfg.Pickle, "request": cfg.Request}
}

// weaker returns the mode that refuses less.
func weaker(a, b fumehood.Mode) fumehood.Mode {
	strength := []fumehood.Mode{fumehood.Off, fumehood.Report}
	for _, mode := range strength {
		if a == mode || b == mode {
			return mode
		}
	}
	return fumehood.Enforce
}

// overall is the mode that is shown for all of them: the strongest.
func (cfg *Config) overall() fumehood.Mode {
	best := fumehood.Off
	for _, mode := range cfg.sinks() {
		switch weaker(cfg.Mode, mode) {
		case fumehood.Enforce:
			return fumehood.Enforce
		case fumehood.Report:
			best = fumehood.Report
		}
	}
	return best
}

// Settings checks cfg and returns it as a worker reads it: JSON.
func Settings(cfg Config) ([]byte, error) {
	var wrong []error
	for _, folder := range cfg.FilesAllow {
		if !filepath.IsAbs(folder) || filepath.Clean(folder) == "/" {
			wrong = append(wrong, hint.With(fmt.Errorf("sinks.files_allow: %q is no folder by its whole path", folder),
				`files_allow = ["/srv/shared/reports"]`))
		}
	}
	for _, name := range cfg.PickleAllow {
		module, _, found := strings.Cut(name, ".")
		if !found || module == "" || strings.ContainsAny(name, " /:()") {
			wrong = append(wrong, hint.With(fmt.Errorf("sinks.pickle_allow: %q is no class", name), `pickle_allow = ["shop.models.Cart"]`))
		}
	}
	for _, name := range cfg.RequestsAllow {
		if !hostOrNetwork(name) {
			wrong = append(wrong, hint.With(fmt.Errorf("sinks.requests_allow: %q is no host, address or network", name),
				`requests_allow = ["images.internal", "10.1.2.0/24"]`))
		}
	}
	skeletons := cfg.Skeletons
	if skeletons == "" {
		skeletons = "off"
	}
	if !slices.Contains([]string{"off", "learn", "report", "enforce"}, skeletons) {
		wrong = append(wrong, hint.With(fmt.Errorf("sinks.skeletons: %q is not known", skeletons), `skeletons = "learn"`))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	told := map[string]any{"skeletons": skeletons,
		"files_allow": list(cfg.FilesAllow), "pickle_allow": list(cfg.PickleAllow), "requests_allow": list(cfg.RequestsAllow)}
	for name, mode := range cfg.sinks() {
		told[name] = weaker(cfg.Mode, mode)
	}
	return json.Marshal(told) // with its keys in order
}

// ModeOf is the mode of a sink, by the name that a worker knows it by: "sql". What is no sink is
// off.
func (cfg Config) ModeOf(sink string) fumehood.Mode {
	mode, known := cfg.sinks()[sink]
	if !known {
		return fumehood.Off
	}
	return weaker(cfg.Mode, mode)
}

// list is never null in JSON.
func list(entries []string) []string { return append([]string{}, entries...) }

func hostOrNetwork(name string) bool {
	if _, err := netip.ParsePrefix(name); err == nil {
		return true
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name != "" && !strings.ContainsAny(name, "/: @?#*\\")
}

// Mode is the strongest of the modes of the sinks.
func (g *Guard) Mode() fumehood.Mode { return g.mode }

// Handler returns a handler that has the worker use g's settings for the request.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("sinks"))
	}
	if !g.differ {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x := fumehood.ExchangeOf(r.Context()); x != nil {
			x.Sinks = g.settings
		}
		next.ServeHTTP(w, r)
	})
}
