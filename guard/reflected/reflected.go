// Package reflected finds values of a request in the page that answers it, where they would
// run as script.
//
// Attacks: reflected cross-site scripting, in a page that shows a value without escaping it
// or escapes it for the wrong place: a script in a text, a way out of an attribute, a
// javascript: link, code in a script or an event handler. It looks at the place, so that the
// same value, escaped, is no finding. Not covered: stored scripts and those that the page's
// own scripts make of a URL, which guard/csp is for; a value that the app changes in other
// ways than its case, one layer of encoding or the usual escapes, or of which it shows a part
// only; values that guard/injection has not seen; pages that are no text/html, and those in a
// content coding that cannot be undone (br, zstd), which is noted.
//
// Order: MUST come inside guard/injection, which finds the values, and outside guard/errorpages,
// so that it sees the pages that leave. Where guard/record does not run, it reads the values
// itself.
//
// Only a request with a value that could run somewhere costs anything. Its page is then read
// as a browser does, as it streams; at most 4 KB of it wait for the rest of a value, and the
// first 64 KB where a refusal may still take its place. Later on, a page that cannot be made
// harmless breaks off.
package reflected

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/htmlrewrite"
	"github.com/fumehood/fumehood/internal/inputs"
)

// lookSize is how much of a page is seen before its head leaves (bytes).
const lookSize = 64 << 10

// Site is what the server knows.
type Site struct {
	Logger *slog.Logger // told once when pages cannot be looked into; nil: nobody
}

// Guard looks for reflected scripts. Make one with New.
type Guard struct {
	mode   fumehood.Mode
	refuse bool
	logger *slog.Logger
	told   atomic.Bool
	ready  bool
}

// New returns a Guard, or every mistake in cfg.
func New(cfg Config, site Site) (*Guard, error) {
	mode, mistakes := hint.Mode("reflected.mode", cfg.Mode)
	switch cfg.Action {
	case "", "neutralise", "refuse":
	default:
		mistakes = append(mistakes, hint.With(fmt.Errorf("reflected.action: %q is not known", cfg.Action), "write neutralise or refuse"))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	g := &Guard{mode: mode, refuse: cfg.Action == "refuse", logger: site.Logger, ready: true}
	if g.logger == nil {
		g.logger = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// Handler looks into the pages of next.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("reflected"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		risky := riskyOf(r)
		if len(risky) == 0 || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		needles, all := needlesOf(risky)
		if len(needles) == 0 && all {
			next.ServeHTTP(w, r)
			return
		}
		if g.mode == fumehood.Enforce {
			r = readable(r)
		}
		answer.Serve(w, r, &hook{g: g, needles: needles, tooMany: !all}, next)
	})
}

// riskyOf are the values that guard/injection has found; without an Exchange, in which it leaves
// them, those of path, query, header fields, cookies and a body that is whole.
func riskyOf(r *http.Request) []fumehood.Input {
	if x := fumehood.ExchangeOf(r.Context()); x != nil {
		return x.Risky
	}
	risky, _ := inputs.Pick(inputs.Read(r, inputs.Limits{}).All)
	return risky
}

// readable returns r without the content codings that cannot be undone.
func readable(r *http.Request) *http.Request {
	asked := r.Header["Accept-Encoding"]
	if len(asked) == 0 {
		return r
	}
	var kept []string
	for coding := range strings.SplitSeq(strings.Join(asked, ","), ",") {
		name, _, _ := strings.Cut(coding, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "deflate":
			kept = append(kept, strings.TrimSpace(coding))
		}
	}
	kept = append(kept, "identity")
	changed := *r
	changed.Header = r.Header.Clone()
	changed.Header["Accept-Encoding"] = []string{strings.Join(kept, ", ")}
	return &changed
}

// hook sees to one answer.
type hook struct {
	g       *Guard
	needles []needle
	tooMany bool
}

// Kind implements answer.Hook.
func (k *hook) Kind() string { return "reflected" }

// Look implements answer.Looker.
func (k *hook) Look(h *answer.Head) int {
	if _, ok := htmlrewrite.PageOf(h); h.Refused != nil || !ok {
		return 0
	}
	// A page whose length is known is no stream: the flushes on its way mean nothing.
	h.Hold = h.Hold || k.g.mode == fumehood.Enforce && len(h.Header["Content-Length"]) > 0
	return lookSize
}

// Head implements answer.Hook.
func (k *hook) Head(h *answer.Head) {
	if h.Refused != nil {
		return
	}
	doc, ok := htmlrewrite.PageOf(h)
	if !ok {
		k.unseen(h)
		return
	}
	enforce := k.g.mode == fumehood.Enforce
	if k.tooMany {
		many := refusal("reflected.many", fmt.Errorf("more than %d values that could run as script", mostNeedles))
		if enforce {
			replace(h, many)
			return
		}
		fumehood.Note(h.Request, many)
	}
	s := newScanner(k.needles)
	whole := k.begin(h, doc.Coding, s)
	worst := s.worst()
	switch {
	case worst == nil && whole:
		return
	case enforce && worst != nil && (k.g.refuse || !worst.curable()):
		replace(h, worst.refusal())
		return
	case !enforce && whole:
		for i := range s.found {
			fumehood.Note(h.Request, s.found[i].refusal())
		}
		return
	}
	if enforce {
		k.neutralise(h, doc.Coding)
		return
	}
	k.watch(h, doc.Coding)
}

// begin has s read what is there of the page, and says whether that is all of it.
func (k *hook) begin(h *answer.Head, coding string, s *scanner) (whole bool) {
	if coding == "" {
		_ = s.read(h.Body, h.Whole, nil) // without an output there is no error
		return h.Whole
	}
	first := &start{scanner: s}
	plain := htmlrewrite.Inflate(h.Request.Context(), coding, first)
	_, err := plain.Write(h.Body)
	if closed := plain.Close(); err == nil {
		err = closed
	}
	return h.Whole && err == nil
}

// unseen notes a page that cannot be looked into.
func (k *hook) unseen(h *answer.Head) {
	coding := h.Header.Get("Content-Encoding")
	if !h.HasBody() || coding == "" || !strings.HasPrefix(strings.ToLower(h.Header.Get("Content-Type")), "text/html") ||
		h.Header["Content-Disposition"] != nil || h.Status == http.StatusPartialContent {
		return
	}
	if !k.g.told.Swap(true) {
		k.g.logger.Warn("reflected: pages in a content coding that cannot be undone are not looked into", "coding", coding)
	}
	fumehood.Note(h.Request, &fumehood.Refusal{Status: http.StatusForbidden, Code: "reflected.unseen",
		Public: "Never sent: the page was in a coding that cannot be looked into, which the log says.",
		Err:    fmt.Errorf("the page is in the content coding %.40q", coding)})
}

// neutralise has the page pass through a sink that makes values harmless.
func (k *hook) neutralise(h *answer.Head, coding string) {
	delete(h.Header, "Content-Encoding")
	r := h.Request
	h.Filter(func(next answer.Sink) answer.Sink {
		f := &filter{scanner: newScanner(k.needles), next: next, r: r, refuse: k.g.refuse}
		if coding == "" {
			return f
		}
		return htmlrewrite.Inflate(r.Context(), coding, f)
	})
}

// watch has the page pass through a sink that changes nothing: what the app said about the
// bytes still holds.
func (k *hook) watch(h *answer.Head, coding string) {
	before := h.Header.Clone()
	r := h.Request
	h.Filter(func(next answer.Sink) answer.Sink {
		t := &tee{scanner: newScanner(k.needles), next: next, r: r}
		if coding != "" {
			t.inflate = htmlrewrite.Inflate(r.Context(), coding, &watcher{t})
		}
		return t
	})
	for name, values := range before {
		h.Header[name] = values
	}
}

// refusal is the verdict on a page.
func refusal(code string, cause error) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: code,
		Public: "This link would have run a foreign script in the page.",
		Err:    cause,
	}
}

// replace puts a refusal in the place of the page: nothing of that stays.
func replace(h *answer.Head, refusal *fumehood.Refusal) {
	h.Refuse(refusal, "Somebody may have made the link to mislead you. This site itself is not in danger; open it by its own address.")
}
