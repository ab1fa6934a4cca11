// Package errorpages puts clean pages in the place of answers that show the app's insides.
//
// Attacks: reading tracebacks, database errors, file paths and versions to find the next
// hole (also in an answer with status 200, where a view returns str(e)); running code in
// Werkzeug's debugger or console; reading what Django's, Starlette's or the
// Flask-DebugToolbar's pages show. Not covered: internals in words of the app's own
// ("table users is locked"), in answers compressed with br or zstd below status 500, in
// files and downloads, and behind the first 64 KB of a compressed answer. What was sent
// before the first proof in a stream is gone.
//
// Order: MUST be the innermost guard: it judges what the app said, before others add to
// it.
//
// A 5xx answer is replaced when it holds any sign of internals, or is the bare page of a
// framework; a page of the app's own passes. The status stays.
//
// For every other status a page may be about errors: a tutorial with a traceback, a note
// that quotes one. So it is replaced only with proof that the internals are this app's:
//
//   - a traceback frame (File "...") under one of Site.Roots, plain or escaped for HTML or
//     JSON; or a file of theirs within 8 KB after "Traceback (most recent call last)";
//   - the text of an OSError about a file under them;
//   - the markup of a debugger's page, which no text can hold unescaped;
//   - or the answer as a whole is a database error: short, and it begins with the error, or
//     is a JSON object of nothing but error fields. Where no roots are known, a traceback
//     as the whole answer counts too.
//
// Folders that every machine has, such as /usr, prove nothing. A 2xx becomes a 500, a
// debugger's console a 404; other statuses stay. A database error inside a longer page is
// reported, not replaced. The original goes to the owner's log with the request ID.
//
// The body of a stream is watched on its way after the first 64 KB (HTML, JSON, XML and
// plain text that is no file): with proof, the connection is cut.
package errorpages

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

// Site is what the server knows of the app.
type Site struct {
	Roots  []string     // absolute folders whose paths must never show: the app's, the interpreter's prefix
	Logger *slog.Logger // gets the originals of replaced answers; nil means slog.Default()
}

// Guard replaces answers that show internals. Make one with New.
type Guard struct {
	mode        fumehood.Mode
	keepDefault bool
	log         *journal
	scan        *scanner
	strong      [][]byte // forms of roots that prove, each with a slash at its end
	roots       []root   // all roots
	overlap     int      // bytes that a search remembers, see New
	pages       *pages
	inflaters   sync.Pool
	lastBare    atomic.Pointer[barePage] // the last one that isBare has found
}

// New returns a Guard, or every mistake in cfg and site.
func New(cfg Config, site Site) (*Guard, error) {
	g := &Guard{mode: cfg.Mode, keepDefault: cfg.KeepDefaultPages}
	var mistakes []error
	g.mode, mistakes = hint.Mode("error_pages.mode", cfg.Mode)
	if cfg.KeepOriginal < 0 || cfg.KeepOriginal > lookSize {
		mistakes = append(mistakes, hint.With(
			fmt.Errorf("error_pages.keep_original: %d bytes is out of range", cfg.KeepOriginal), "write 0 to 64KB"))
	}
	var err error
	if g.pages, err = readPages(cfg.Folder); err != nil {
		mistakes = append(mistakes, err)
	}
	if g.roots, err = rootsOf(site.Roots); err != nil {
		mistakes = append(mistakes, err)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	for _, r := range g.roots {
		if !r.shared {
			g.strong = append(g.strong, r.forms...)
		}
	}
	patterns, longest := patternsFor(g.strong), 0
	for _, p := range patterns {
		longest = max(longest, len(p.text))
	}
	for _, r := range g.roots {
		for _, form := range r.forms {
			longest = max(longest, len(form))
		}
	}
	// Half of it has room for what is found and what must stand before or after it.
	g.overlap = 2 * (longest + longestPath)
	g.scan = newScanner(patterns)
	logger, keep := site.Logger, int(cfg.KeepOriginal)
	if logger == nil {
		logger = slog.Default()
	}
	if keep == 0 {
		keep = lookSize
	}
	g.log = &journal{log: logger, keep: keep, now: time.Now}
	return g, nil
}

// root is a folder whose paths must not show.
type root struct {
	forms  [][]byte // as it is written in texts, each with a slash at its end
	deep   bool     // its path is long enough to be no URL of the site
	shared bool     // every machine has it: a path below it proves nothing
}

// longestRoot keeps every pattern shorter than what a stream remembers.
const longestRoot = 256

// rootsOf prepares the folders, and what symbolic links make of them.
func rootsOf(folders []string) (all []root, err error) {
	var mistakes []error
	var seen []string
	add := func(folder string) {
		if folder == "/" || slices.Contains(seen, folder) {
			return
		}
		seen = append(seen, folder)
		all = append(all, root{forms: formsOf(folder + "/"), deep: strings.Count(folder, "/") > 1, shared: isShared(folder)})
	}
	for _, folder := range folders {
		if !filepath.IsAbs(folder) || len(folder) > longestRoot {
			mistakes = append(mistakes, hint.With(fmt.Errorf("error pages: the folder %.300q cannot be hidden", folder),
				fmt.Sprintf("give an absolute path of at most %d bytes", longestRoot)))
			continue
		}
		folder = filepath.Clean(folder)
		add(folder)
		if real, err := filepath.EvalSymlinks(folder); err == nil && len(real) <= longestRoot {
			add(real)
		}
	}
	return all, errors.Join(mistakes...)
}

// isShared says whether machines that have nothing to do with each other have this folder:
// prefixes of interpreters that come with a system or a container image.
func isShared(folder string) bool {
	switch folder {
	case "/usr", "/usr/local", "/opt", "/opt/conda", "/opt/venv", "/venv":
		return true
	}
	return false
}

// Check refuses requests to Werkzeug's debugger and to the Flask-DebugToolbar, whatever
// the mode. A console has no path of its own: it is known by its answer.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || g.scan == nil {
		return fumehood.NotReady("errorpages")
	}
	var what string
	switch {
	case strings.HasPrefix(r.URL.Path, "/_debug_toolbar/"):
		what = "a path of the Flask-DebugToolbar"
	case r.URL.RawQuery != "" && hasParameter(r.URL.RawQuery, "__debugger__"):
		what = "a command for Werkzeug's debugger"
	default:
		return nil
	}
	return &fumehood.Refusal{
		Status: http.StatusNotFound, Code: "errorpages.debugger",
		Public: "There is no such page here.", Err: errors.New(what),
	}
}

// hasParameter says whether a query has the parameter, its name in any encoding. Some
// versions of Werkzeug take a semicolon for a separator.
func hasParameter(query, name string) bool {
	for i := 0; i < len(query); {
		j, k := i, 0
		for ; k < len(name) && j < len(query); k++ {
			c := query[j]
			if c == '%' && j+2 < len(query) {
				if hi, lo := unhex(query[j+1]), unhex(query[j+2]); hi < 16 && lo < 16 {
					c, j = hi<<4|lo, j+2
				}
			}
			if c != name[k] {
				break
			}
			j++
		}
		if k == len(name) && (j == len(query) || query[j] == '=' || query[j] == '&' || query[j] == ';') {
			return true
		}
		next := strings.IndexAny(query[i:], "&;")
		if next < 0 {
			return false
		}
		i += next + 1
	}
	return false
}

// unhex returns the value of a hexadecimal digit, 255 for anything else.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// Handler passes requests to next and judges the answers.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.scan == nil {
		return fumehood.RefuseAll(fumehood.NotReady("errorpages"))
	}
	if g.mode == fumehood.Off {
		return g.RefusalPages(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if verdict := g.Check(r); verdict != nil && fumehood.Decide(w, r, g.mode, verdict) {
			return
		}
		answer.Serve(w, r, g, next)
	})
}

// RefusalPages gives the refusals of next the pages of Config.Folder. Handler does so for
// what is inside it; this is for the guards around it. It returns next where there is no
// folder.
func (g *Guard) RefusalPages(next http.Handler) http.Handler {
	if g == nil || g.pages == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.Serve(w, r, refusals{g.pages}, next)
	})
}

// refusals is the hook of RefusalPages.
type refusals struct{ pages *pages }

func (refusals) Kind() string          { return "errorpages.refusals" }
func (s refusals) Head(h *answer.Head) { s.pages.dress(h) }
