package validate

import (
	"maps"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/urlmap"
)

// outside returns r as the app may see it where no view is for it, nil where one may be. In
// report mode it only notes that.
func (g *Guard) outside(r *http.Request) *http.Request {
	var note error
	verdict := g.urls.Match(r.Method, r.URL.Path)
	switch verdict {
	case urlmap.Found, urlmap.Unsure:
		return nil
	case urlmap.NotFound:
		note = noRoute()
	case urlmap.WrongMethod:
		note = wrongMethod()
	}
	fumehood.Note(r, note)
	if g.mode != fumehood.Enforce {
		return nil
	}
	harmless := *r
	harmless.Header = maps.Clone(r.Header)
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Md5", "Digest", "Expect"} {
		delete(harmless.Header, name)
	}
	harmless.Body, harmless.ContentLength = http.NoBody, 0
	harmless.TransferEncoding, harmless.Trailer = nil, nil
	if verdict == urlmap.NotFound && r.Method != http.MethodHead && g.urls.Match(http.MethodGet, r.URL.Path) == urlmap.NotFound {
		harmless.Method = http.MethodGet
	}
	return &harmless
}

// answerHarmless lets the app answer a request that no view is for.
func answerHarmless(g *Guard, w http.ResponseWriter, r, harmless *http.Request, next http.Handler) {
	answer.Serve(w, harmless, watch{g, r}, next)
}

// watch sees whether the app answers as one without a view for the request.
type watch struct {
	g *Guard
	r *http.Request // as it came
}

// Kind implements answer.Hook.
func (watch) Kind() string { return "validate" }

// Head implements answer.Hook. An answer that succeeds, or that is 405 where the map knows no
// rule, shows that there is more than the map: rules that came later, or error pages that do
// work. From then on the map is not believed.
func (w watch) Head(h *answer.Head) {
	late := h.Status == http.StatusMethodNotAllowed && h.Request.Method != w.r.Method
	if h.Refused != nil || h.Status >= 300 && !late {
		return
	}
	w.g.urls.Distrust()
	if w.g.log != nil {
		w.g.log.Warn("the app answers a request that its URL map has no view for; the map is not used any more",
			"method", w.r.Method, "status", h.Status, "hint", "restart Fumehood once all rules are there, or set validate.url_map = \"off\"")
	}
}
