// Package cors decides which other sites may read answers with a visitor's browser:
// none, unless they are named.
//
// Attacks: a hostile page that reads what the visitor may see, because the app allows every
// origin (the default of Flask-CORS), sends back whichever origin asked, or compares it
// badly (as a prefix, a suffix, a loose pattern); a page in a sandboxed frame, whose origin
// is "null"; a cache that gives one site the permission made for another. The answer to a
// preflight is the edge's, so an app never sees one and cannot answer it wrongly. Not
// covered: what a page may send without reading the answer (forms, images, simple
// requests): that is for guard/isolation and guard/csrf, which ask Allowed and
// AllowedWithCookies. What the policy allows, an allowed site can do: when it is taken
// over, so are its permissions here.
//
// Order: MUST come before isolation, csrf and everything that asks who the visitor is (a
// preflight has no cookies), and after hosts. A policy for some routes only must be chosen
// by the method that a preflight asks about, not by OPTIONS: see Preflight.
//
// An origin is compared byte for byte with what browsers send (the Fetch Standard, "CORS
// check"). What the app itself says in Access-Control fields is taken away, also where a
// policy is set: there is one place that allows.
package cors

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard keeps other sites from reading answers. Make one with New.
type Guard struct {
	ready   bool
	mode    fumehood.Mode
	cfg     Config
	origins map[string][]string // to the value of Access-Control-Allow-Origin
	methods map[string]bool     // besides the three that need no permission
	headers map[string]bool     // lower case

	allowMethods, allowHeaders, exposeHeaders, maxAge []string // values of fields, nil for none
	isTrue, any, varyOrigin, varyPreflight            []string
	refusedHeader                                     http.Header
}

// New returns a Guard, or every mistake in cfg.
func New(cfg Config) (*Guard, error) {
	g := &Guard{
		ready: true, mode: cfg.Mode, cfg: cfg,
		origins: map[string][]string{}, methods: map[string]bool{}, headers: map[string]bool{},
		isTrue: []string{"true"}, any: []string{"*"}, varyOrigin: []string{"Origin"},
		varyPreflight: []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"},
	}
	g.refusedHeader = http.Header{"Vary": g.varyPreflight}
	var mistakes []error
	g.mode, mistakes = hint.Mode("cors.mode", cfg.Mode)
	wrong := func(err error) { mistakes = append(mistakes, err) }
	for _, entry := range cfg.Origins {
		o, err := parseOrigin(entry)
		switch {
		case err != nil:
			wrong(fmt.Errorf("cors.origins: %w", err))
		case !o.secure && cfg.Credentials:
			wrong(hint.With(fmt.Errorf("cors.origins: %q has no TLS: whoever is on the way could use the cookies of every visitor", entry),
				fmt.Sprintf("write %q, or leave cors.credentials out", "https"+strings.TrimPrefix(o.text, "http"))))
		default:
			g.origins[o.text] = []string{o.text}
		}
	}
	mistakes = append(mistakes, g.fields(cfg)...)
	mistakes = append(mistakes, together(cfg)...)
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// fields prepares the values of the fields that allow something.
func (g *Guard) fields(cfg Config) (mistakes []error) {
	for _, method := range cfg.Methods {
		if err := checkMethod(method); err != nil {
			mistakes = append(mistakes, fmt.Errorf("cors.methods: %w", err))
		}
		g.methods[method] = true
	}
	for _, name := range cfg.RequestHeaders {
		if err := checkRequestHeader(name); err != nil {
			mistakes = append(mistakes, fmt.Errorf("cors.request_headers: %w", err))
		}
		g.headers[strings.ToLower(name)] = true
	}
	for _, name := range cfg.ExposeHeaders {
		if err := checkExposed(name); err != nil {
			mistakes = append(mistakes, fmt.Errorf("cors.expose_headers: %w", err))
		}
	}
	if cfg.MaxAge < 0 || cfg.MaxAge > 24*time.Hour || cfg.MaxAge%time.Second != 0 {
		mistakes = append(mistakes, hint.With(fmt.Errorf("cors.max_age: %v cannot be sent", cfg.MaxAge),
			"write whole seconds, from 0s to 24h; no browser takes more"))
	}
	list := func(names []string) []string {
		if len(names) == 0 {
			return nil
		}
		return []string{strings.Join(names, ", ")}
	}
	g.allowMethods, g.exposeHeaders = list(cfg.Methods), list(cfg.ExposeHeaders)
	g.allowHeaders = list(slices.Collect(func(yield func(string) bool) {
		for _, name := range cfg.RequestHeaders {
			if !yield(strings.ToLower(name)) {
				return
			}
		}
	}))
	g.maxAge = []string{strconv.FormatInt(int64(cfg.MaxAge/time.Second), 10)}
	return mistakes
}

// together finds settings that contradict each other.
func together(cfg Config) (mistakes []error) {
	wrong := func(advice, text string) { mistakes = append(mistakes, hint.With(errors.New(text), advice)) }
	details := len(cfg.Methods)+len(cfg.RequestHeaders)+len(cfg.ExposeHeaders) > 0 || cfg.Credentials || cfg.DangerouslyAllowPrivateNetwork
	switch {
	case cfg.DangerouslyTrustApp:
		if len(cfg.Origins) > 0 || cfg.DangerouslyAllowAnyOrigin || details {
			wrong("keep one of the two", "cors.dangerously_trust_app: the app cannot decide where a policy is set here")
		}
	case cfg.DangerouslyAllowAnyOrigin:
		if cfg.Credentials {
			wrong("name the origins, or leave the credentials out", "cors.credentials: every site could act for every visitor, since cors.dangerously_allow_any_origin is set")
		}
		if len(cfg.Origins) > 0 {
			wrong("keep one of the two", "cors.origins: cors.dangerously_allow_any_origin allows all of them already")
		}
		if cfg.DangerouslyAllowPrivateNetwork {
			wrong("name the origins", "cors.dangerously_allow_private_network: every site could reach into the private network, since cors.dangerously_allow_any_origin is set")
		}
	case len(cfg.Origins) == 0 && details:
		wrong(`name the sites: cors.origins = ["https://shop.example"]`, "cors.origins: no site is named, so the other settings allow nothing")
	}
	return mistakes
}

// checkMethod refuses what no script can ask for, or need not.
func checkMethod(method string) error {
	switch upper := strings.ToUpper(method); {
	case method == "*":
		return hint.With(errors.New(`"*" would allow every method`), `name them: "PUT", "DELETE"`)
	case !httpguts.ValidHeaderFieldName(method):
		return hint.With(fmt.Errorf("%q is no method", method), `write a method such as "PUT"`)
	case upper == "CONNECT" || upper == "TRACE" || upper == "TRACK":
		return hint.With(fmt.Errorf("%q: browsers never send it for a script", method), "leave it out")
	case upper != method:
		return hint.With(fmt.Errorf("%q is not how methods are written: case counts", method), fmt.Sprintf("write %q", upper))
	}
	return nil
}

// checkRequestHeader refuses what no script can set ("forbidden request-header" in the
// Fetch Standard).
func checkRequestHeader(name string) error {
	lower := strings.ToLower(name)
	switch {
	case name == "*":
		return hint.With(errors.New(`"*" would allow every header field`), `name them: "Content-Type", "Authorization"`)
	case !httpguts.ValidHeaderFieldName(name):
		return hint.With(fmt.Errorf("%q is no header field", name), `write a name such as "Authorization"`)
	case slices.Contains(forbidden, lower), strings.HasPrefix(lower, "sec-"), strings.HasPrefix(lower, "proxy-"):
		return hint.With(fmt.Errorf("%q: browsers let no script set it", name), "leave it out")
	}
	return nil
}

// forbidden are the forbidden request-header names of the Fetch Standard, section 2.2.2.
var forbidden = []string{
	"accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
	"access-control-request-private-network", "connection", "content-length", "cookie", "cookie2", "date", "dnt",
	"expect", "host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer", "transfer-encoding",
	"upgrade", "via",
}

// checkExposed refuses what no script can read.
func checkExposed(name string) error {
	switch lower := strings.ToLower(name); {
	case name == "*":
		return hint.With(errors.New(`"*" would show every header field`), `name them: "ETag", "Link"`)
	case !httpguts.ValidHeaderFieldName(name):
		return hint.With(fmt.Errorf("%q is no header field", name), `write a name such as "ETag"`)
	case lower == "set-cookie" || lower == "set-cookie2":
		return hint.With(fmt.Errorf("%q: browsers let no script read it", name), "leave it out")
	}
	return nil
}

// Allowed says whether scripts of origin, as a browser writes it into the Origin field, may
// read answers.
func (g *Guard) Allowed(origin string) bool {
	if g == nil || !g.ready {
		return false
	}
	return g.origins[origin] != nil || g.cfg.DangerouslyAllowAnyOrigin
}

// AllowedWithCookies says whether scripts of origin may act for the visitor: it is named,
// and credentials are allowed.
func (g *Guard) AllowedWithCookies(origin string) bool {
	return g != nil && g.ready && g.cfg.Credentials && g.origins[origin] != nil
}

// TrustsApp says whether the app decides which origins may read answers.
func (g *Guard) TrustsApp() bool { return g != nil && g.ready && g.cfg.DangerouslyTrustApp }

// hasPolicy says whether somebody may read answers.
func (g *Guard) hasPolicy() bool { return len(g.origins) > 0 || g.cfg.DangerouslyAllowAnyOrigin }

// Handler answers preflights and passes everything else to next, whose answers other sites
// can read as far as the configuration says.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("cors"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if method, ok := Preflight(r); ok && !g.cfg.DangerouslyTrustApp {
			verdict := g.preflight(r, method)
			if verdict == nil && g.mode == fumehood.Enforce {
				g.allowPreflight(w, r)
				return
			}
			if fumehood.Decide(w, r, g.mode, verdict) {
				return
			}
		}
		answer.Serve(w, r, g, next)
	})
}

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "cors" }

// Head implements answer.Hook: it takes away what the app allows and sets what the
// configuration allows.
func (g *Guard) Head(h *answer.Head) {
	if g.cfg.DangerouslyTrustApp {
		g.trust(h)
		return
	}
	said := false
	for name := range h.Header {
		if isCORS(name) {
			if said = true; g.mode == fumehood.Enforce {
				delete(h.Header, name)
			}
		}
	}
	if said && fromElsewhere(h.Request) {
		fumehood.Note(h.Request, overruled(h.Request))
	}
	if g.mode == fumehood.Report || !g.hasPolicy() {
		return
	}
	addVary(h.Header, g.varyOrigin)
	if value := g.allowOrigin(h.Request); value != nil {
		h.Header["Access-Control-Allow-Origin"] = value
		if g.cfg.Credentials {
			h.Header["Access-Control-Allow-Credentials"] = g.isTrue
		}
		if g.exposeHeaders != nil {
			h.Header["Access-Control-Expose-Headers"] = g.exposeHeaders
		}
	}
}

// fromElsewhere says whether another site asks: to its own pages a site answers whatever
// these fields say. Browsers name the origin in each POST, too.
func fromElsewhere(r *http.Request) bool {
	origins := r.Header["Origin"]
	return len(origins) > 1 || len(origins) == 1 && origins[0] != fumehood.Scheme(r)+"://"+r.Host
}

// trust takes away only what no app can mean, and keeps caches from mixing up origins.
func (g *Guard) trust(h *answer.Head) {
	allowed := h.Header["Access-Control-Allow-Origin"]
	if len(allowed) == 0 || len(allowed) == 1 && allowed[0] == "*" {
		return
	}
	if g.mode == fumehood.Enforce {
		addVary(h.Header, g.varyOrigin)
	}
	// Every sandboxed frame is "null", so with cookies this is everybody.
	if len(h.Header["Access-Control-Allow-Credentials"]) > 0 && slices.ContainsFunc(allowed, isNull) {
		fumehood.Note(h.Request, overruled(h.Request))
		if g.mode == fumehood.Enforce {
			delete(h.Header, "Access-Control-Allow-Origin")
			delete(h.Header, "Access-Control-Allow-Credentials")
		}
	}
}

func isNull(value string) bool { return strings.EqualFold(strings.Trim(value, " \t"), "null") }

func overruled(r *http.Request) error {
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "cors.app",
		Public: "Other sites cannot read this.",
		Err:    fmt.Errorf("the app lets %.200q read this answer", r.Header["Origin"]),
	}
}

// isCORS says whether name is a field of the CORS protocol, however it is written: Go code
// may set fields under names that are not canonical.
func isCORS(name string) bool {
	const prefix = "Access-Control-"
	return len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// allowOrigin returns what Access-Control-Allow-Origin says to r, nil for nothing.
func (g *Guard) allowOrigin(r *http.Request) []string {
	if g.cfg.DangerouslyAllowAnyOrigin {
		return g.any
	}
	if origins := r.Header["Origin"]; len(origins) == 1 { // browsers send one
		return g.origins[origins[0]]
	}
	return nil
}

// addVary adds "Origin" to Vary where it is missing: value is the field with only that.
func addVary(h http.Header, value []string) {
	old := h["Vary"]
	if len(old) == 0 {
		h["Vary"] = value
		return
	}
	for _, line := range old {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name == "*" || strings.EqualFold(name, "Origin") {
				return
			}
		}
	}
	h["Vary"] = append(slices.Clip(old), "Origin")
}
