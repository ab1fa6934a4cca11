// Package csp sends a Content-Security-Policy with which only the site's own scripts run.
//
// Attacks: cross-site scripting. An injected script, event handler, javascript: URL, base,
// plugin or form that sends elsewhere does nothing in the browser; nor does a hostile site
// that shows the pages in a frame. Not covered: what an injection does without scripts (a
// false text, a link); scripts of the site that take text from the user and run it, which
// Trusted Types report; a script that an attacker may put below the site's static folder;
// pages whose scripts are only reported, which New says and the listing names.
//
// Order: MUST come inside guard/headers and outside everything that writes pages.
//
// The policy of a page has the SHA-256 of each inline script, style and event handler of
// the templates that the page is made of. There are no nonces: whatever hands them out to
// markup would hand them to injected markup too. A hash allows one text, and only the
// template's author has written it. A script with template data in it gets the hash of what
// arrives, once that has been compared with the template: see internal/templates, Shape.
// Where it cannot be compared, scripts on that page are only reported.
package csp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/templates"
)

// Templates is what was read of an app's templates; see ReadTemplates.
type Templates = templates.Set

// ReadTemplates reads the templates in some folders, for a Go program that protects a
// Flask app or that has templates of its own: what is in {{ }} counts as data.
func ReadTemplates(folders ...string) (*Templates, error) {
	return templates.Read(templates.Folders{Templates: folders})
}

// Site is what the server knows of the app.
type Site struct {
	Templates      *Templates   // nil: not known; then scripts and styles are only reported
	StaticPrefixes []string     // where the app's static files are: "/static/"
	Reports        *Reports     // where reports go; nil: they are thrown away
	Logger         *slog.Logger // nil: nothing is said
}

// Path is where browsers send their reports.
const Path = "/.fumehood/csp"

// Guard sends the policy. Make one with New.
type Guard struct {
	cfg   Config
	site  Site
	ready bool

	ancestors string
	passive   []string // for what is no page: text, JSON, images
	markup    []string // for SVG and other XML
	framing   []string // for everything else
	endpoints []string // Reporting-Endpoints

	mu       sync.RWMutex
	policies map[key]*policy
	said     map[string]bool
}

// New returns a Guard, or every mistake in cfg and site.
func New(cfg Config, site Site) (*Guard, error) {
	mistakes := checkConfig(&cfg)
	for i, prefix := range site.StaticPrefixes {
		if !strings.HasPrefix(prefix, "/") || strings.ContainsAny(prefix, "; ,?#'\"\r\n\x00") {
			mistakes = append(mistakes, fmt.Errorf("csp: %q is no path of static files", prefix))
		} else if !strings.HasSuffix(prefix, "/") {
			site.StaticPrefixes = slices.Clone(site.StaticPrefixes)
			site.StaticPrefixes[i] = prefix + "/"
		}
	}
	if site.Templates != nil {
		for _, name := range cfg.DangerouslyAllowInline {
			if len(site.Templates.Of([]string{name}).Templates) == 0 {
				mistakes = append(mistakes, hint.With(
					fmt.Errorf("csp.dangerously_allow_inline: there is no template %q", name),
					"the templates are: "+strings.Join(firstOf(site.Templates.Names(), 8), ", ")))
			}
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	if site.Logger == nil {
		site.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Guard{cfg: cfg, site: site, ready: true, policies: map[key]*policy{}, said: map[string]bool{}}
	g.ancestors = "frame-ancestors 'self'"
	if cfg.DangerouslyFrameAnywhere {
		g.ancestors = "frame-ancestors *"
	}
	if len(cfg.FrameAncestors) > 0 {
		g.ancestors = "frame-ancestors " + strings.Join(cfg.FrameAncestors, " ")
	}
	// Browsers show text and images with styles of their own, hence style-src.
	g.passive = []string{"default-src 'none'; style-src 'unsafe-inline'; " + g.ancestors}
	g.markup = []string{"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
		"base-uri 'none'; form-action 'none'; " + g.ancestors}
	// PDF and media viewers load what they show by their own means, and a worker has the
	// policy of its script: no default-src.
	g.framing = []string{"object-src 'none'; base-uri 'none'; " + g.ancestors}
	g.endpoints = []string{`fumehood-csp="` + Path + `"`}
	return g, nil
}

func firstOf(names []string, n int) []string {
	if len(names) > n {
		return append(slices.Clone(names[:n]), "...")
	}
	return names
}

// checkConfig returns every mistake in cfg and fills in what is left open.
func checkConfig(cfg *Config) []error {
	var mistakes []error
	word := func(key string, value *string, allowed ...string) {
		if *value == "" {
			*value = allowed[0]
		} else if !slices.Contains(allowed, *value) {
			mistakes = append(mistakes, hint.With(fmt.Errorf("csp.%s: %q is not known", key, *value),
				"write one of: "+strings.Join(allowed, ", ")))
		}
	}
	mode := string(cfg.Mode)
	word("mode", &mode, "enforce", "report", "off")
	cfg.Mode = fumehood.Mode(mode)
	word("inline_data", &cfg.InlineData, "match", "report")
	word("trusted_types", &cfg.TrustedTypes, "report", "enforce", "off")
	self := []string{"'self'"}
	for _, list := range []struct {
		rule
		entries []string
	}{
		{rule{key: "frame_ancestors", keywords: []string{"'self'", "'none'"}, wildcard: true}, cfg.FrameAncestors},
		{rule{key: "script_sources", keywords: []string{"'self'", "'wasm-unsafe-eval'"}, hashes: true, path: true}, cfg.ScriptSources},
		{rule{key: "style_sources", keywords: self, hashes: true, path: true, wildcard: true}, cfg.StyleSources},
		{rule{key: "img_sources", keywords: self, schemes: []string{"data", "blob", "https"}, path: true, wildcard: true}, cfg.ImgSources},
		{rule{key: "connect_sources", keywords: self, schemes: []string{"data", "blob", "https", "wss"}, path: true, wildcard: true}, cfg.ConnectSources},
		{rule{key: "frame_sources", keywords: self, schemes: []string{"blob", "https"}, path: true, wildcard: true}, cfg.FrameSources},
		{rule{key: "font_sources", keywords: self, schemes: []string{"data", "https"}, path: true, wildcard: true}, cfg.FontSources},
		{rule{key: "form_actions", keywords: self, path: true, wildcard: true}, cfg.FormActions},
	} {
		mistakes = append(mistakes, list.check(list.entries)...)
	}
	if slices.Contains(cfg.FrameAncestors, "'none'") && len(cfg.FrameAncestors) > 1 {
		mistakes = append(mistakes, errors.New("csp.frame_ancestors: 'none' stands alone"))
	}
	return mistakes
}

// Handler gives the answers of next their policy, and takes reports at Path.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("csp"))
	}
	if g.cfg.Mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == Path {
			g.receive(w, r)
			return
		}
		answer.Serve(w, r, g, next)
	})
}

// say says something about a template once.
func (g *Guard) say(name, message string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.said[name] || len(g.said) >= mostPolicies {
		return
	}
	g.said[name] = true
	g.site.Logger.Warn("csp: "+message, "template", name)
}
