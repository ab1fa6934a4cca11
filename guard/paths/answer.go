package paths

import (
	"bytes"
	"fmt"
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
	if s.kind == none && !s.asked || isStream(h.Header) {
		return 0
	}
	h.Hold = h.Hold || s.kind != journal && s.kind != none // a log may be followed while it grows
	return lookSize
}

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	s := g.suspect(h)
	if s.kind == none && !s.asked || isStream(h.Header) {
		return
	}
	f := fileOf(h)
	switch {
	case s.kind != none && f.is(s.kind):
		g.refuse(h, privateFile(s.name, s.kind))
	case s.asked:
		if what := f.readByQuery(h.Request.URL.RawQuery); what != "" {
			g.refuse(h, readByQuery(h.Request.URL.RawQuery, what))
		}
	}
}

// suspect is why an answer is looked at.
type suspect struct {
	name  string // in Content-Disposition, else the path
	kind  kind
	asked bool // the query leads out of a folder
}

// suspect judges names. Nearly every request ends at the first return.
func (g *Guard) suspect(h *answer.Head) (s suspect) {
	path, named := h.Request.URL.Path, h.Header["Content-Disposition"]
	query := h.Request.URL.RawQuery
	s.asked = query != "" && leadsOut(query)
	if !s.asked && len(named) == 0 && g.words.ordinary(path) {
		return s
	}
	if h.Refused != nil || h.Status < 200 || h.Status > 299 || g.allowed(path) {
		return suspect{}
	}
	s.name = path
	_, s.kind = g.judge(h.Request)
	for _, field := range named { // clients differ in which of two they take
		if s.kind != none {
			break
		}
		s.name = fileName(field)
		name := fold(nil, s.name)
		s.kind = nameOf(name[lastSlash(name)+1:]).kind
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

// leadsOut says whether a query has a ".." that leads upwards, or an absolute path into the
// system's folders, plain or encoded up to twice.
func leadsOut(query string) bool {
	if strings.IndexByte(query, '%') >= 0 {
		if !hasDots(query) && !strings.Contains(query, "2f") && !strings.Contains(query, "2F") && !strings.Contains(query, "=/") {
			return false
		}
		query = unquote(query)
	}
	return strings.Contains(query, "..") && upwards(query) || strings.Contains(query, "=/") && absolute(query)
}

// roots are the folders that a Unix system has (hier(7)). Other absolute paths may be the
// app's own way to name what it has.
const roots = " bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var "

// absolute says whether a value is a path into one of roots.
func absolute(query string) bool {
	for {
		at := strings.Index(query, "=/")
		if at < 0 {
			return false
		}
		query = strings.TrimLeft(query[at+1:], "/")
		folder, _, deeper := strings.Cut(query, "/")
		if deeper && folder != "" && strings.Contains(roots, " "+folder+" ") {
			return true
		}
	}
}

// hasDots is a first look: two dots in a row, each plain or encoded.
func hasDots(query string) bool {
	return strings.Contains(query, "..") || strings.Contains(query, "2e") || strings.Contains(query, "2E")
}

// unquote undoes two layers of percent-encoding.
func unquote(query string) string {
	for range 2 {
		b := make([]byte, 0, len(query))
		for i := 0; i < len(query); {
			c, size := escape(query[i:])
			if size == 3 {
				b = append(b, byte(c))
			} else {
				b, size = append(b, query[i]), 1
			}
			i += size
		}
		query = string(b)
	}
	return query
}

// upwards says whether there is "../" or "..\" at the begin of a value or of a segment.
func upwards(query string) bool {
	for i := 0; ; {
		at := strings.Index(query[i:], "..")
		if at < 0 {
			return false
		}
		at += i
		if (at == 0 || strings.IndexByte("=/\\&+ ", query[at-1]) >= 0) && at+2 < len(query) && (query[at+2] == '/' || query[at+2] == '\\') {
			return true
		}
		i = at + 1
	}
}

// readByQuery says what an answer shows of a file outside its folder: it has the name that
// the query ends in, or holds what no page does.
func (f *file) readByQuery(query string) (what string) {
	query = unquote(query)
	if base := f.name; base != "" && strings.Contains(query, "/"+base) {
		return fmt.Sprintf("the file %q", base)
	}
	if f.claims && !f.echoes(query) {
		return "a text that is no page"
	}
	switch {
	case f.page:
		return ""
	case isPasswd(f.body):
		return "a list of accounts"
	case isKey(f.body):
		return key.String()
	case isSQLite(f.body):
		return database.String()
	case isPython(f.body):
		return source.String()
	case hasSecret(f.body):
		return settings.String()
	}
	return ""
}

// echoes says whether the answer shows a value of the query, as a text about it does.
func (f *file) echoes(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		if _, value, ok := strings.Cut(pair, "="); ok && value != "" && bytes.Contains(f.body, []byte(value)) {
			return true
		}
	}
	return false
}
