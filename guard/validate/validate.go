// Package validate compares what a request brings with what the app can want, before Python
// sees it: the query, forms, JSON, and where a Flask app's own URL map leads.
//
// Attacks: JSON that is nested until Python's recursion ends, with NaN or Infinity in it, with
// the same key twice, with halves of characters or numbers that take seconds; forms and queries
// with a million fields; a body for a path or a method that no view is for, which a
// before_request function may act on; and, by rules for each route or by an OpenAPI file,
// values of a wrong type, missing, too long, or not asked for (mass assignment). Not covered:
// what a value means (SQL, HTML); how many parts a multipart form has and what files are
// (guard/upload); header fields (guard/limits); JSON whose Content-Type says something else,
// unless the route has rules for fields, which refuse it.
//
// Order: MUST come after body, which has the whole body at hand; without it the guard reads
// such bodies itself. SHOULD come after everything that refuses by the head alone, and before
// whatever reads forms.
//
// A request that no view is for is not refused: the app has pages of its own for that. It goes
// on without its body, and for a path without a rule as a GET where the map is sure that GET
// leads to no view either. Path, query, cookies and, for a wrong method, the method stay: the
// app's 404 page may greet whoever is logged in and lead old addresses on, and its 405 must
// see the method. Where the map cannot be sure (converters of the app's own, rules for some
// hosts, middleware around the app), and as soon as an answer shows that the map is not all,
// such requests go on as they are.
package validate

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"math"
	"net/http"
	"sync"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/validate/openapi"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/urlmap"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// Site is what the guard needs to know of the app.
type Site struct {
	URLs   *urlmap.Map  // the app's URL map, nil where it is not known
	Logger *slog.Logger // nil: nothing is logged

	// TempDir is the folder for bodies that guard/body has not read; empty means the system's.
	TempDir string

	// Files keeps OpenAPI files that several routes name; nil: each guard reads its own.
	Files *openapi.Files
}

// Guard compares requests with caps and rules. Make one with New.
type Guard struct {
	mode   fumehood.Mode
	caps   caps
	seed   maphash.Seed
	refuse bool // unknown fields

	fields, query *rules // nil: none
	described     *openapi.Document
	urls          *urlmap.Map
	log           *slog.Logger
	tempDir       string

	scanners sync.Pool // of *scanner
	ready    bool
}

// New returns a Guard, or every mistake in cfg. What is zero in cfg has its default; the zero
// Config has all caps and no rules.
func New(cfg Config, site Site) (*Guard, error) {
	mode, mistakes := hint.Mode("validate.mode", cfg.Mode)
	wrong := func(err error) {
		if err != nil {
			mistakes = append(mistakes, err)
		}
	}
	size := func(key string, value, usual int64) int {
		if value < 0 {
			wrong(hint.With(fmt.Errorf("validate.%s: %d is below zero", key, value), "leave it out for the default"))
		}
		if value == 0 {
			value = usual
		}
		return int(min(value, math.MaxInt32))
	}
	g := &Guard{mode: mode, seed: maphash.MakeSeed(), refuse: cfg.Unknown == "refuse", urls: site.URLs, log: site.Logger, tempDir: site.TempDir, ready: true}
	g.caps = caps{
		query: size("max_query", int64(cfg.MaxQuery), 4<<10), fields: size("max_fields", int64(cfg.MaxFields), 1000),
		name: size("max_name", int64(cfg.MaxName), 1<<10), json: size("max_json", int64(cfg.MaxJSON), 5<<20),
		depth: size("max_depth", int64(cfg.MaxDepth), 64), keys: size("max_keys", int64(cfg.MaxKeys), 10_000),
		values: size("max_values", int64(cfg.MaxValues), 500_000), number: size("max_number", int64(cfg.MaxNumber), 100),
	}
	if cfg.MaxDepth > 500 {
		wrong(hint.With(fmt.Errorf("validate.max_depth: %d is more than 500", cfg.MaxDepth), "Python gives up at about 1000 calls, its own among them"))
	}
	if cfg.MaxNumber > 4000 {
		wrong(hint.With(fmt.Errorf("validate.max_number: %d is more than 4000", cfg.MaxNumber), "Python takes seconds for longer ones, or refuses them"))
	}
	for _, word := range []struct{ key, value, first, second string }{
		{"url_map", cfg.URLMap, "auto", "off"}, {"unknown", cfg.Unknown, "allow", "refuse"},
	} {
		if word.value != "" && word.value != word.first && word.value != word.second {
			wrong(hint.With(fmt.Errorf("validate.%s: %q is neither %s nor %s", word.key, word.value, word.first, word.second), "write "+word.first+" or "+word.second))
		}
	}
	if cfg.URLMap == "off" {
		g.urls = nil
	}
	var err1, err2, err3 error
	g.fields, err1 = newRules("validate.fields", cfg.Fields, true)
	g.query, err2 = newRules("validate.query", cfg.Query, false)
	if cfg.OpenAPI != "" {
		if g.described, err3 = site.Files.Load(cfg.OpenAPI); err3 != nil {
			err3 = hint.With(fmt.Errorf("validate.openapi: %w", err3), hint.Of(err3))
		}
	}
	if err := errors.Join(append(mistakes, err1, err2, err3)...); err != nil {
		return nil, err
	}
	g.scanners.New = func() any { return &scanner{} }
	return g, nil
}

// Check says whether r keeps to the caps and the rules, whatever the mode. A body that is not
// whole yet is read; r.Body then has it again, and must be closed.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("validate")
	}
	if err := g.checkQuery(r); err != nil {
		return err
	}
	return g.checkBody(r)
}

// Handler passes requests that keep to the caps and the rules to next.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("validate"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	always := g.query != nil || g.described != nil
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := hasBody(r)
		get := r.Method == http.MethodGet || r.Method == http.MethodHead
		if get && !body && r.URL.RawQuery == "" && !always {
			next.ServeHTTP(w, r)
			return
		}
		if verdict := g.checkQuery(r); verdict != nil && g.refuses(w, r, verdict) {
			return
		}
		if (body || !get && r.Method != http.MethodOptions) && g.urls != nil {
			if outside := g.outside(r); outside != nil {
				answerHarmless(g, w, r, outside, next)
				return
			}
		}
		inner := r
		if _, ok := r.Body.(wholebody.Whole); body && !ok {
			copied := *r // whoever is outside keeps the body that it knows
			inner = &copied
			defer func() { copied.Body.Close() }()
		}
		if verdict := g.checkBody(inner); verdict != nil && g.refuses(w, r, verdict) {
			return
		}
		next.ServeHTTP(w, inner)
	})
}

func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

func (g *Guard) checkQuery(r *http.Request) error {
	query := r.URL.RawQuery
	if query != "" {
		if len(query) > g.caps.query {
			return g.queryTooLong(len(query))
		}
		var seen formCount
		if f := count(&seen, &g.caps, query); f != formFine {
			return g.queryRefusal(f)
		}
	}
	if g.query == nil || r.Method == http.MethodOptions {
		return nil
	}
	found := &faults{refuse: g.refuse}
	newFormChecker(g.query, found).urlencoded(query)
	return found.verdict()
}

func (f *faults) verdict() error {
	if len(f.list) == 0 {
		return nil
	}
	return faultsRefusal(f.list)
}

// checkBody compares the body with the caps, the rules and the OpenAPI file.
func (g *Guard) checkBody(r *http.Request) error {
	if !hasBody(r) {
		return g.checkNoBody(r)
	}
	kind := contentOf(r)
	switch {
	case kind == strangeContent || kind == foreignEncoding:
		return contentRefusal(kind)
	case kind == otherContent && g.fields != nil:
		return unchecked()
	case kind == otherContent, kind == multipartContent && g.fields == nil:
		return g.describes(r, nil)
	}
	body, err := g.bodyOf(r, kind)
	switch {
	case err != nil:
		return err
	case body.size == 0:
		return g.checkNoBody(r)
	}
	found := &faults{refuse: g.refuse}
	switch kind {
	case jsonContent:
		body, err = g.checkPackedJSON(encodingOf(r), body, found)
	case urlencodedContent:
		err = g.checkForm(body, found)
	default:
		if err = newFormChecker(g.fields, found).multipart(r.Header["Content-Type"][0], body.reader(), &g.caps); err != nil {
			err = g.multipartRefusal(err)
		}
	}
	if err == nil {
		err = found.verdict()
	}
	if err == nil && body != nil {
		err = g.describes(r, body)
	}
	return err
}

// checkPackedJSON reads JSON that may be compressed. It returns the JSON, nil where nobody can
// say what it is.
func (g *Guard) checkPackedJSON(encoding string, body *held, found *faults) (*held, error) {
	if encoding == "" {
		return body, g.checkJSON(body, found)
	}
	inner, err := g.unpacked(encoding, body)
	if err != nil {
		return nil, err
	}
	err = g.checkJSON(inner, found)
	var refusal *fumehood.Refusal
	if inner == body && errors.As(err, &refusal) && (refusal.Code == "validate.json-malformed" || refusal.Code == "validate.json-utf8") {
		return nil, g.opaque(encoding)
	}
	return inner, err
}

func (g *Guard) checkNoBody(r *http.Request) error {
	if err := g.describes(r, &held{}); err != nil || g.fields == nil || bodyless(r.Method) {
		return err
	}
	found := &faults{}
	g.fields.root.missing(found, g.fields.root.unseen)
	return found.verdict()
}

// bodyless says whether requests with the method usually have no body: rules for fields do
// not ask it of them.
func bodyless(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return false
	}
	return true
}

// checkJSON reads JSON.
func (g *Guard) checkJSON(body *held, found *faults) error {
	if body.size > int64(g.caps.json) {
		return g.bodyTooLong()
	}
	s := g.scanners.Get().(*scanner)
	defer func() { s.release(); g.scanners.Put(s) }()
	var src io.Reader
	if body.file != nil {
		src = body.reader()
	}
	s.reset(&g.caps, g.seed, body.mem, src)
	var root *node
	if g.fields != nil {
		root, s.faults = g.fields.root, found
	}
	if f := s.scan(root); f != fine {
		return g.jsonRefusal(f, s.offset())
	}
	return nil
}

// checkForm reads an urlencoded form.
func (g *Guard) checkForm(body *held, found *faults) error {
	seen := formCount{body: true}
	if body.file == nil {
		if f := count(&seen, &g.caps, body.mem); f != formFine {
			return g.formRefusal(f)
		}
	} else {
		buf := make([]byte, bufferSize)
		for src := body.reader(); ; {
			n, err := src.Read(buf)
			if f := count(&seen, &g.caps, buf[:n]); f != formFine {
				return g.formRefusal(f)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return broken(err)
			}
		}
	}
	if g.fields == nil {
		return nil
	}
	form, err := body.bytes(g.caps.json)
	if err != nil {
		return err
	}
	if form == nil {
		return g.bodyTooLong()
	}
	newFormChecker(g.fields, found).urlencoded(string(form))
	return nil
}

// describes compares a request with the OpenAPI file; body is nil where the file's word on it
// is not asked for.
func (g *Guard) describes(r *http.Request, body *held) error {
	if g.described == nil || r.Method == http.MethodOptions {
		return nil
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = body.bytes(g.caps.json); err != nil {
			return err
		}
		if text == nil && body.size > 0 {
			return g.bodyTooLong()
		}
	}
	list, err := g.described.Check(r, text, body != nil, g.refuse)
	if err != nil {
		if g.refuse {
			return notDescribed(err)
		}
		return nil
	}
	found := &faults{}
	for _, f := range list {
		found.add(f.Field, &Fault{Rule: f.Rule, Detail: f.Detail})
	}
	return found.verdict()
}
