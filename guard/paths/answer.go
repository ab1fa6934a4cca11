package paths

import (
	"mime"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// lookSize is how much of a file is looked at. A key comes after its certificates.
const lookSize = 16 << 10

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "paths" }

// Look implements answer.Looker: only what has a name to look out for is looked at.
func (g *Guard) Look(h *answer.Head) int {
	s := g.suspect(h)
	if !s.looked() || isStream(h.Header) {
		return 0
	}
	for _, k := range s.kinds {
		h.Hold = h.Hold || k != journal && k != none // a log may be followed while it grows
	}
	return lookSize
}

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	s := g.suspect(h)
	if !s.looked() || isStream(h.Header) {
		return
	}
	f := fileOf(h)
	for i, k := range s.kinds {
		if k != none && f.is(k) {
			g.refuse(h, privateFile(s.names[i], k))
			return
		}
	}
	if s.asked == inside {
		return
	}
	if what := f.readByQuery(h.Request.URL.RawQuery, s.asked); what != "" {
		g.refuse(h, readByQuery(h.Request.URL.RawQuery, what))
	}
}

// suspect is why an answer is looked at: the path and the name in Content-Disposition, which
// may say different things, and where the query leads.
type suspect struct {
	names [2]string
	kinds [2]kind
	asked reach
}

func (s *suspect) looked() bool { return s.kinds[0] != none || s.kinds[1] != none || s.asked != inside }

// suspect judges names. Nearly every request ends at the first return.
func (g *Guard) suspect(h *answer.Head) (s suspect) {
	path, named := h.Request.URL.Path, h.Header["Content-Disposition"]
	query := h.Request.URL.RawQuery
	if query != "" {
		s.asked = leadsOut(query)
	}
	if s.asked == inside && len(named) == 0 && g.words.ordinary(path) {
		return s
	}
	if h.Refused != nil || h.Status < 200 || h.Status > 299 || g.allowed(path) {
		return suspect{}
	}
	s.names[0] = path
	_, s.kinds[0] = g.judge(h.Request)
	for _, field := range named { // clients differ in which of two they take
		if s.kinds[1] != none {
			break
		}
		s.names[1] = fileName(field)
		name := fold(nil, s.names[1])
		s.kinds[1] = nameOf(name[lastSlash(name)+1:]).kind
	}
	return s
}

func lastSlash(name []byte) int {
	at := -1
	for i, c := range name {
		if c == '/' || c == '\\' {
			at = i
		}
	}
	return at
}

// fileName returns the name in a Content-Disposition field (RFC 6266).
func fileName(field string) string {
	if _, params, err := mime.ParseMediaType(field); err == nil {
		return params["filename"]
	}
	_, name, _ := strings.Cut(field, "filename=")
	name, _, _ = strings.Cut(name, ";")
	return strings.Trim(strings.TrimSpace(name), `"`)
}

func isStream(h http.Header) bool {
	values := h["Content-Type"]
	return len(values) > 0 && strings.HasPrefix(values[0], "text/event-stream")
}

// refuse puts a refusal in the place of the answer.
func (g *Guard) refuse(h *answer.Head, refusal *fumehood.Refusal) {
	if g.mode != fumehood.Enforce {
		fumehood.Note(h.Request, refusal)
		return
	}
	if x := fumehood.ExchangeOf(h.Request.Context()); x != nil {
		x.Refused = refusal
	}
	for name := range h.Header {
		if !stays(name) {
			delete(h.Header, name)
		}
	}
	h.Status = refusal.Status
	contentType, body := fumehood.ErrorPage(h.Request, refusal, "")
	h.Replace(contentType, body)
	h.Header["Cache-Control"] = []string{"no-store"}
	h.Header["X-Content-Type-Options"] = []string{"nosniff"}
	h.Header["Content-Security-Policy"] = []string{fumehood.PagePolicy}
	vary := h.Header["Vary"]
	h.Header["Vary"] = append(vary[:len(vary):len(vary)], "Accept")
}

// stays says whether a field of the app's answer stays on the refusal.
func stays(name string) bool {
	switch name {
	case "Set-Cookie", "Vary", "X-Request-Id", "Strict-Transport-Security", "Date", "Connection":
		return true
	}
	return false
}
