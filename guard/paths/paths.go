// Package paths lets a request through when its path means one thing only, and keeps files
// that are nobody's business from being served, whoever would serve them.
//
// Attacks: path traversal in every encoding (plain, percent, doubly percent, overlong UTF-8,
// look-alikes that normalise to dots and slashes, "..;", trailing dots and spaces), reading
// .env, .git, source, configuration, databases, backups, keys and logs, in a static folder or
// through a send_file of the app's; scanners that try thousands of such names. Not covered:
// a symbolic link inside a folder that is served; a path that the app takes from a form or
// from JSON; a file whose name gives nothing away, unless a ".." or an absolute path in
// the query asked for it.
//
// Order: MUST come before everything that decides by the path, after clientip. The route of
// a request may be looked up before it, by the decoded and cleaned path.
//
// What is judged is the path decoded once, as WSGI apps get it (PATH_INFO): net/http has
// decoded it, Werkzeug reads the bytes as UTF-8. It passes as it came (a file that is to be
// looked at is asked for whole and uncompressed); only what is compared is folded, without capitals, look-alikes, ";parameters" and what Windows leaves out at the
// end of a name. "//" and "/./" pass: Flask answers the first with a redirect, and no rule
// here can be passed by with them. Bytes that are no UTF-8 are refused; Werkzeug would put
// U+FFFD in their place, and two paths would become one.
//
// Names come in two strengths. What no app has a route for (.env, .git, *.pyc, *.php) is
// answered with 404 before the app sees it. What a route may be called (/export.db,
// /tags/.net, /notes.py) goes to the app, and its answer is refused when it is a file and
// its beginning is what the name says. Such an answer has Last-Modified, as Flask's
// send_file has it; or is no page, though its type says so, as the text of a file is that a
// view returns. The same holds for the name in Content-Disposition.
package paths

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

// Site is what the guard shares with the others of its site.
type Site struct {
	// Probes counts what clients were refused. Nil: a count that only this guard has.
	Probes *Probes

	// Unknown says that the app has no route for a request, so that its answer would be
	// "not found". Nil: nobody knows. It is asked only about clients over the limit.
	Unknown func(*http.Request) bool

	// Routed says that the app has a route whose path is that of a request, letter by letter:
	// what it answers is no file that lies about, whatever it is called. Nil: nobody knows.
	Routed func(*http.Request) bool
}

// Guard refuses paths. Make one with New.
type Guard struct {
	mode       fumehood.Mode
	allow      []pattern
	slashes    bool // %2F passes
	semicolons bool // ";" passes
	limit      int
	site       Site
	words      *words
}

const defaultProbeLimit = 20

// New returns a Guard, or every mistake in cfg.
func New(cfg Config, site Site) (*Guard, error) {
	g := &Guard{limit: cfg.ProbeLimit, site: site, words: newWords()}
	mode, mistakes := hint.Mode("paths.mode", cfg.Mode)
	g.mode = mode
	choice := func(key, value, otherwise string) bool {
		if value == "" {
			value = otherwise
		}
		if value != "allow" && value != "refuse" {
			mistakes = append(mistakes, hint.With(fmt.Errorf("paths.%s: %q is not known", key, value), "write allow or refuse"))
		}
		return value == "allow"
	}
	g.slashes = choice("encoded_slash", cfg.EncodedSlash, "refuse")
	g.semicolons = choice("semicolons", cfg.Semicolons, "allow")
	if g.limit == 0 {
		g.limit = defaultProbeLimit
	}
	if g.limit < 0 {
		mistakes = append(mistakes, hint.With(fmt.Errorf("paths.probe_limit: %d is below zero", g.limit),
			fmt.Sprintf("the default is %d", defaultProbeLimit)))
	}
	for _, text := range cfg.Allow {
		p, err := newPattern(text)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("paths.allow: %w", err))
		}
		g.allow = append(g.allow, p)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	if g.site.Probes == nil {
		g.site.Probes = NewProbes(time.Now)
	}
	return g, nil
}

// Check says whether the path of r may go on, whatever the mode. It counts nothing.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || g.words == nil {
		return fumehood.NotReady("paths")
	}
	if refusal, _ := g.judge(r); refusal != nil {
		return refusal
	}
	return nil
}

// Handler passes on requests with one path, and answers that are no private files.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.words == nil {
		return fumehood.RefuseAll(fumehood.NotReady("paths"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal, k := g.judge(r)
		if g.mode == fumehood.Enforce {
			if refusal != nil {
				refusal = g.count(r, refusal)
			} else {
				refusal = g.guess(r)
			}
		}
		if refusal != nil && fumehood.Decide(w, r, g.mode, refusal) {
			return
		}
		if k != none && g.mode == fumehood.Enforce {
			r = readable(r)
		}
		answer.Serve(w, r, g, next)
	})
}

// readable is a request for what will be looked at: the whole of it, as it is. Of a part, or
// of what is compressed, the name alone would have to decide.
func readable(r *http.Request) *http.Request {
	const encoding, part = "Accept-Encoding", "Range"
	if r.Header[encoding] == nil && r.Header[part] == nil {
		return r
	}
	copied := *r
	copied.Header = maps.Clone(r.Header)
	for _, name := range []string{encoding, part, "If-Range"} {
		delete(copied.Header, name)
	}
	return &copied
}

// count counts a refusal against the client and returns it, or the one that takes its place
// when there were too many.
func (g *Guard) count(r *http.Request, refusal *fumehood.Refusal) *fumehood.Refusal {
	wait := g.site.Probes.hit(fumehood.ClientIP(r), g.limit)
	if wait == 0 {
		return refusal
	}
	return slowDown(wait, refusal)
}

// guess refuses a client over the limit where it asks for what the app does not have. Any
// other request of it passes: an address may be that of a whole office.
func (g *Guard) guess(r *http.Request) *fumehood.Refusal {
	if g.site.Unknown == nil || strings.HasPrefix(r.URL.Path, "/.fumehood/") || !g.site.Probes.slowed(fumehood.ClientIP(r), g.limit) || !g.site.Unknown(r) {
		return nil
	}
	return g.count(r, noRoute())
}

// judge decides about the path of r. k is what its name says of the file that it may be.
func (g *Guard) judge(r *http.Request) (refusal *fumehood.Refusal, k kind) {
	if r.URL == nil || r.URL.Opaque != "" {
		return malformed(errors.New("a target without a path")), none
	}
	path := r.URL.Path
	if path == "" || path == "*" && r.Method == http.MethodOptions { // "http://host" and "OPTIONS *"
		return nil, none
	}
	if path[0] != '/' {
		return malformed(fmt.Errorf("the path %.100q does not begin with a slash", path)), none
	}
	if !g.slashes && r.URL.RawPath != "" && hasEncodedSlash(r.URL.RawPath) {
		return encodedSlash(r.URL.RawPath), none
	}
	if g.words.ordinary(path) {
		return nil, none
	}
	refusal, k = g.look(path)
	if refusal != nil && refusal.Status == http.StatusNotFound && g.site.Routed != nil && g.site.Routed(r) {
		refusal = nil
	}
	if (k != none || refusal != nil && refusal.Status == http.StatusNotFound) && g.allowed(path) {
		return nil, none
	}
	return refusal, k
}

// allowed says whether the owner lets the path have a private name.
func (g *Guard) allowed(path string) bool {
	for _, p := range g.allow {
		if p.matches(path) {
			return true
		}
	}
	return false
}

func hasEncodedSlash(raw string) bool {
	for {
		i := strings.IndexByte(raw, '%')
		if i < 0 || i+2 >= len(raw) {
			return false
		}
		if raw[i+1] == '2' && (raw[i+2] == 'F' || raw[i+2] == 'f') {
			return true
		}
		raw = raw[i+3:]
	}
}
