package errorpages

import (
	"errors"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// class is what kind of text an answer says it is.
type class uint8

const (
	other  class = iota // no text that can be told from a file
	markup              // HTML, or nothing was said
	plain
	data // JSON, XML
	code // JavaScript: looked at, not watched
)

func classOf(h http.Header) class {
	values := h["Content-Type"]
	if len(values) == 0 || values[0] == "" {
		return markup
	}
	switch v := values[0]; v {
	case "text/html; charset=utf-8", "text/html":
		return markup
	case "application/json":
		return data
	default:
		return classOfType(v)
	}
}

func classOfType(v string) class {
	v, _, _ = strings.Cut(v, ";")
	v = strings.ToLower(strings.TrimSpace(v))
	switch v {
	case "text/html", "application/xhtml+xml", "":
		return markup
	case "text/plain":
		return plain
	case "application/json", "text/xml", "application/xml":
		return data
	case "text/javascript", "application/javascript", "text/ecmascript":
		return code
	}
	if strings.HasSuffix(v, "+json") || strings.HasSuffix(v, "+xml") {
		return data
	}
	return other
}

// isDownload says whether an answer is a file to be kept.
func isDownload(h http.Header) bool {
	values := h["Content-Disposition"]
	return len(values) > 0 && len(values[0]) >= 10 && strings.EqualFold(values[0][:10], "attachment")
}

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "errorpages" }

// Look implements answer.Looker.
func (g *Guard) Look(h *answer.Head) int {
	switch {
	case h.Refused != nil:
		return 0
	case h.Status >= 500:
		h.Hold = true // a debugger flushes before its page
		return lookSize
	case h.Status == http.StatusPartialContent, classOf(h.Header) == other, isDownload(h.Header):
		return 0
	}
	if encoding := h.Header["Content-Encoding"]; len(encoding) > 0 && !readable(encoding[0]) {
		return 0
	}
	return lookSize
}

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	if h.Refused != nil {
		g.pages.dress(h)
		return
	}
	if !h.HasBody() || len(h.Body) == 0 && h.Status < 500 && !g.watches(h) {
		return
	}
	if encoding := h.Header["Content-Encoding"]; len(encoding) > 0 && encoding[0] != "identity" {
		g.encoded(h, encoding[0])
		return
	}
	s := search{g: g, server: h.Status >= 500, markup: classOf(h.Header) == markup, whole: h.Whole}
	s.feed(h.Body)
	if g.judge(h, h.Body, h.Whole, s.found) || h.Whole || !g.watches(h) {
		return
	}
	s.remember(h.Body)
	g.watch(h, s)
}

// encoded judges an answer whose body is compressed. What comes after its beginning is
// not watched.
func (g *Guard) encoded(h *answer.Head, encoding string) {
	if !readable(encoding) {
		if h.Status >= 500 {
			g.judge(h, nil, false, finding{server, "a body that cannot be read: it is compressed with " + encoding})
		}
		return
	}
	if len(h.Body) == 0 {
		return
	}
	body, whole, err := g.inflate(encoding, h.Body)
	if err != nil {
		if h.Status >= 500 {
			g.judge(h, nil, false, finding{server, "a body that cannot be read: " + err.Error()})
		}
		return
	}
	whole = whole && h.Whole
	s := search{g: g, server: h.Status >= 500, markup: classOf(h.Header) == markup, whole: whole}
	s.feed(body)
	g.judge(h, body, whole, s.found)
}

// watches says whether the rest of an answer is searched on its way. A file that the app
// keeps is what it is: an exception does not end up in its middle.
func (g *Guard) watches(h *answer.Head) bool {
	if h.Status >= 500 {
		return true
	}
	c := classOf(h.Header)
	return c != other && c != code && h.Status != http.StatusPartialContent && len(h.Header["Last-Modified"]) == 0 && !isDownload(h.Header)
}

// judge decides what happens to an answer and does it; it returns whether the answer was
// replaced. body is its beginning, readable.
func (g *Guard) judge(h *answer.Head, body []byte, whole bool, found finding) bool {
	var verdict *fumehood.Refusal
	switch {
	case found.kind == console:
		verdict = internals(found.name)
		return g.replace(h, body, http.StatusNotFound, verdict)
	case found.kind.proof(), h.Status >= 500 && found.kind != nothing,
		found.kind >= traceback && whole && g.isAll(h, body, found.kind):
		verdict = internals(found.name)
		return g.replace(h, body, cleanStatus(h.Status), verdict)
	case h.Status >= 400 && whole && g.isBare(h, body):
		return g.swap(h)
	case found.kind == database:
		verdict = &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "errorpages.database-text",
			Public: "Something went wrong on the site.", Err: errors.New(found.name),
		}
		fumehood.Note(h.Request, verdict)
		g.log.suspect(h, verdict)
	}
	return false
}

// internals is the verdict on an answer that shows insides of the app.
func internals(what string) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "errorpages.internals",
		Public: "Something went wrong on the site.", Err: errors.New(what),
	}
}

// cleanStatus is the status of a clean page in the place of an answer: what showed
// internals was no success.
func cleanStatus(status int) int {
	if status < 300 {
		return http.StatusInternalServerError
	}
	return status
}

// replace puts a clean page in the place of an answer that shows internals.
func (g *Guard) replace(h *answer.Head, original []byte, status int, verdict *fumehood.Refusal) bool {
	fumehood.Note(h.Request, verdict)
	if g.mode == fumehood.Report {
		g.log.shown(h, original, verdict)
		return false
	}
	g.log.replaced(h, original, verdict)
	for name := range h.Header {
		if !harmless(name) {
			delete(h.Header, name)
		}
	}
	h.Status = status
	g.clean(h)
	return true
}

// harmless says whether a field of an answer that shows internals may stay.
func harmless(name string) bool {
	switch name {
	case "Set-Cookie", "Allow", "Www-Authenticate", "Retry-After", "Vary", "X-Request-Id", "Strict-Transport-Security", "Date", "Connection":
		return true
	}
	return strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "X-Ratelimit-")
}

// swap puts a clean page in the place of a framework's bare one, which shows nothing: its
// fields stay.
func (g *Guard) swap(h *answer.Head) bool {
	verdict := &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "errorpages.default-page",
		Public: "Something went wrong on the site.", Err: errors.New("the bare error page of a framework"),
	}
	if g.mode == fumehood.Report {
		fumehood.Note(h.Request, verdict)
		return false
	}
	delete(h.Header, "Content-Security-Policy-Report-Only")
	g.clean(h)
	return true
}

// clean makes the answer the page of its status.
func (g *Guard) clean(h *answer.Head) {
	refusal := pageOf(h.Status)
	contentType, body := fumehood.ErrorPage(h.Request, refusal, adviceFor(h.Status))
	h.Replace(contentType, body)
	if h.Status >= 500 || len(h.Header["Cache-Control"]) == 0 {
		h.Header["Cache-Control"] = []string{"no-store"}
	}
	h.Header["X-Content-Type-Options"] = []string{"nosniff"}
	h.Header["Vary"] = append(h.Header["Vary"][:len(h.Header["Vary"]):len(h.Header["Vary"])], "Accept")
	delete(h.Header, "Content-Security-Policy")
	if !fumehood.WantsHTML(h.Request) {
		return
	}
	h.Header["Content-Security-Policy"] = []string{fumehood.PagePolicy}
	g.pages.put(h, refusal.Public)
}
