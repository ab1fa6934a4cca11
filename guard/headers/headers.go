// Package headers sets the header fields by which browsers protect a site's visitors,
// takes out those that tell about software, and sees to it that the app weakens none.
//
// Attacks: the first visit over plain http (HSTS), script in an upload that is served as
// text (nosniff), clickjacking (X-Frame-Options), a secret in an address that other sites
// learn (Referrer-Policy), windows and resources that other sites hold or embed to learn
// from them (COOP, CORP, Origin-Agent-Cluster), an injected script that asks for the
// camera (Permissions-Policy), a page read in an encoding of the attacker's choice
// (charset), banners that tell which exploit fits. Not covered: what script in the page
// itself does (guard/csp), who may send requests (guard/csrf, guard/isolation). The header
// fields are requests to browsers; other clients ignore them.
//
// Order: outermost of the guards that change answers, so that it has the last word and
// dresses refusals too.
//
// What the app sets is judged by what it does in a browser: what is at least as strict
// stays, what is weaker or malformed is replaced and noted as headers.weaker, duplicates
// become one. X-DNS-Prefetch-Control is left alone: over https browsers prefetch names
// only where the page asks for it. Content-Security-Policy belongs to guard/csp.
package headers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard sets header fields on answers. Make one with New.
type Guard struct {
	mode       fumehood.Mode
	always     []field // set, whatever the app says
	hsts       sts     // maxAge 0: the app decides
	hstsValue  []string
	frame      []string // nil, here and below: the app decides
	referrer   []string
	opener     []string
	resource   []string
	embedder   []string
	features   permissions
	keepServer bool
}

type field struct {
	name  string
	value []string
}

// New returns a Guard, or every mistake in cfg.
func New(cfg Config) (*Guard, error) {
	features, mistakes := newPermissions(cfg.AllowFeatures, cfg.DenyFeatures)
	g := &Guard{
		mode: cfg.Mode, features: features, keepServer: cfg.KeepServer,
		always: []field{
			{"X-Content-Type-Options", []string{"nosniff"}},
			{"Origin-Agent-Cluster", []string{"?1"}},
			{"X-Permitted-Cross-Domain-Policies", []string{"none"}},
			{"X-Download-Options", []string{"noopen"}},
			{"X-Xss-Protection", []string{"0"}}, // the filter itself was a hole: it told other sites what a page holds
		},
	}
	one := func(key, value string, of ...string) string {
		if value == "" {
			value = of[0]
		}
		if !slices.Contains(of, value) {
			mistakes = append(mistakes, hint.With(fmt.Errorf("headers.%s: %q is unknown", key, value),
				"write "+strings.Join(of[:len(of)-1], ", ")+" or "+of[len(of)-1]))
		}
		return value
	}
	unless := func(value, off string) []string {
		if value == off {
			return nil
		}
		return []string{value}
	}
	g.mode = fumehood.Mode(one("mode", string(cfg.Mode), "enforce", "report", "off"))
	switch one("frame", cfg.Frame, "same-origin", "deny", "dangerously-any") {
	case "same-origin":
		g.frame = []string{"SAMEORIGIN"}
	case "deny":
		g.frame = []string{"DENY"}
	}
	g.referrer = unless(one("referrer", cfg.Referrer, "strict-origin-when-cross-origin", "strict-origin",
		"same-origin", "no-referrer", "dangerously-off"), "dangerously-off")
	g.opener = unless(one("opener", cfg.Opener, "same-origin", "same-origin-allow-popups", "unsafe-none"), "unsafe-none")
	g.resource = unless(one("resource", cfg.Resource, "same-origin", "same-site", "dangerously-cross-origin"), "dangerously-cross-origin")
	g.embedder = unless(one("embedder", cfg.Embedder, "unsafe-none", "credentialless", "require-corp"), "unsafe-none")
	if err := g.setHSTS(one("hsts", cfg.HSTS, "subdomains", "host", "preload", "dangerously-off"), cfg.HSTSMaxAge); err != nil {
		mistakes = append(mistakes, err)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// Handler dresses what next answers.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.always == nil {
		return fumehood.RefuseAll(fumehood.NotReady("headers"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.Serve(w, r, g, next)
	})
}

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "headers" }

// Look implements answer.Looker: an answer that does not say what it is, or in which
// encoding, is looked at.
func (g *Guard) Look(h *answer.Head) int {
	if g.mode == fumehood.Report || !h.HasBody() {
		return 0
	}
	return lookAt(h.Header["Content-Type"])
}

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	header := h.Header
	if g.mode == fumehood.Report {
		header = header.Clone()
	}
	weaker := g.dress(header, h.Request)
	if g.mode != fumehood.Report {
		nameContent(h)
	}
	if weaker != nil && h.Refused == nil {
		fumehood.Note(h.Request, &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "headers.weaker",
			Public: "A page of this site would have weakened its own protection.",
			Err:    fmt.Errorf("the app sets %s weaker than the policy", strings.Join(weaker, ", ")),
		})
	}
}

// dress sets the fields. weaker are those that the app had set to less.
func (g *Guard) dress(header http.Header, r *http.Request) (weaker []string) {
	own := g.survey(header)
	for i := range g.always {
		header[g.always[i].name] = g.always[i].value
	}
	local := isLocal(r.Host)
	encrypted := fumehood.Scheme(r) == "https"

	if !encrypted || !hasSTS(r.Host) {
		delete(header, "Strict-Transport-Security") // RFC 6797 sections 7.2 and 8.1.1
	} else if g.hstsValue != nil {
		value, less := g.hstsValue, false
		if own&ownHSTS != 0 {
			value, less = g.mergeHSTS(header["Strict-Transport-Security"])
		}
		header["Strict-Transport-Security"] = value
		weaker = note(weaker, "Strict-Transport-Security", less)
	}
	judge := func(bit owned, name string, ours []string, judged func(app, ours []string) ([]string, bool)) {
		value := ours
		if own&bit != 0 {
			var less bool
			value, less = judged(header[name], ours)
			weaker = note(weaker, name, less)
		}
		if value != nil {
			header[name] = value
		}
	}
	judge(ownFrame, "X-Frame-Options", g.frame, frameOptions)
	judge(ownReferrer, "Referrer-Policy", g.referrer, referrerPolicy)
	judge(ownResource, "Cross-Origin-Resource-Policy", g.resource, resourcePolicy)
	if encrypted || local { // elsewhere browsers ignore these and complain on the console
		judge(ownOpener, "Cross-Origin-Opener-Policy", g.opener, openerPolicy)
		judge(ownEmbedder, "Cross-Origin-Embedder-Policy", g.embedder, embedderPolicy)
	}
	value, less := g.features.value, false
	if own&ownFeatures != 0 {
		value, less = g.features.merge(header["Permissions-Policy"])
	}
	header["Permissions-Policy"] = value
	return note(weaker, "Permissions-Policy", less)
}

func note(weaker []string, name string, less bool) []string {
	if less {
		return append(weaker, name)
	}
	return weaker
}
