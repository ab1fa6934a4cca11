package login

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/fumehood/fumehood/internal/answer"
)

// How much of the answer to a login is looked at (bytes).
const (
	lookHTML = 256 << 10
	lookText = 64 << 10
)

// shape is what the body of an answer is.
type shape uint8

const (
	noText shape = iota
	pageText
	jsonText
	otherText
)

func shapeOf(header http.Header) shape {
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "text/html" || kind == "application/xhtml+xml":
		return pageText
	case isJSON(kind) || kind == "text/json":
		return jsonText
	case kind == "" || strings.HasPrefix(kind, "text/"):
		return otherText
	}
	return noText
}

// passed decides by the answer whether a login has passed. The rule behind the table: a
// login that gives the client nothing to show later (a cookie, a token) is none; and what
// is not clear has failed, since a guess that counts as a login would never have to wait,
// while a login that counts as a guess only matters to whoever logs in often.
//
//	1xx, 4xx, 5xx                                     failed
//	3xx to a login page       session gains a user    passed    Flask's signed cookie, which can be read
//	                          else                    failed    flash and back again
//	3xx elsewhere             session gains a user    passed
//	3xx to a page with this   other session cookie    unclear   a login box on the front page
//	form
//	3xx elsewhere             other session cookie    passed    a session on the server, a token
//	                          else                    failed    flash and to the front page
//	2xx JSON                  says error              failed
//	                          has a token             passed
//	                          session gains a user    passed
//	                          says that it failed     failed    "Invalid user name or password"
//	                          new session cookie      passed
//	                          else                    failed
//	2xx HTML, with a login form of this route         failed    render_template again
//	2xx, other                session gains a user    passed
//	                          says that it failed     failed    "Invalid user name or password"
//	                          new session cookie      passed
//	                          else                    failed
//
// What is unclear has failed, but says nothing of the network: many may log in from there.
func (w *watch) passed(h *answer.Head) bool {
	cookie := w.session(h.Header)
	switch {
	case h.Status >= 300 && h.Status < 400:
		location := h.Header.Get("Location")
		if location == "" || h.Status == http.StatusNotModified {
			return false
		}
		if cookie < resent || cookie < gained && w.backToLogin(location) {
			return false
		}
		w.unclear = cookie < gained && w.backToForm(location)
		return !w.unclear
	case h.Status < 200 || h.Status >= 300:
		return false
	}
	switch shapeOf(h.Header) {
	case jsonText:
		says := readJSON(h.Body)
		return !says.no && (says.token || cookie == gained || cookie == fresh && !saysNo(h.Body))
	case pageText:
		if w.formAgain(h) {
			return false
		}
	}
	return cookie == gained || cookie == fresh && !saysNo(h.Body)
}

// backToLogin says whether a redirect leads to where the login came from.
func (w *watch) backToLogin(location string) bool {
	r := w.r
	p, here := leads("https", r.Host, r.URL.Path, "", location)
	if !here {
		return false
	}
	return routeKey(p) == routeKey(r.URL.Path) || w.g.state.routes.isLogin(p) || namesLogin(strings.ToLower(p)) && !strings.Contains(strings.ToLower(p), "logged")
}

// backToForm says whether a redirect leads to a page that has the form of a login, such as
// the front page. It may have it still, or not any more: nobody who guesses goes and looks.
func (w *watch) backToForm(location string) bool {
	p, here := leads("https", w.r.Host, w.r.URL.Path, "", location)
	return here && w.g.state.routes.hasForm(p)
}

// formAgain says whether a page has the form of this login again.
func (w *watch) formAgain(h *answer.Head) bool {
	if !hasPassword(h.Body) {
		return false
	}
	forms, base := formsIn(h.Body)
	for _, f := range forms {
		for _, name := range f.password {
			for _, ours := range w.names.password {
				if name == ours {
					return true
				}
			}
		}
		for _, action := range f.actions {
			p, ok := leads("https", w.r.Host, w.r.URL.Path, base, action)
			if ok && !f.chooses && routeKey(p) == routeKey(w.r.URL.Path) {
				return true
			}
		}
	}
	return false
}

// saysNo looks for the words of a login that failed in a short text.
func saysNo(text []byte) bool {
	const short = 8 << 10
	text = bytes.ToLower(text[:min(len(text), short)])
	for _, words := range [...]string{"invalid", "incorrect", "wrong", "failed", "denied", "try again", "not match", "not recogni",
		"unauthori", "bad credentials", "bad login", "no such user", "unknown user", "not found"} {
		if bytes.Contains(text, []byte(words)) {
			return true
		}
	}
	return false
}

// said is what JSON says of a login.
type said struct{ no, token bool }

func readJSON(body []byte) (s said) {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return said{no: true} // not JSON, or longer than a login's answer
	}
	s.look(v, 3)
	return s
}

// look looks into v, which is so deep.
func (s *said) look(v any, depth int) {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	object, ok := v.(map[string]any)
	if !ok || depth == 0 {
		return
	}
	for name, value := range object {
		name = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
		text, isText := value.(string)
		switch name {
		case "error", "errors":
			s.no = s.no || !empty(value)
		case "success", "ok", "authenticated", "loggedin", "valid":
			s.no = s.no || value == false
		case "status", "result", "state", "code":
			number, isNumber := value.(float64)
			word := strings.ToLower(text)
			s.no = s.no || isNumber && number >= 400 || strings.HasPrefix(word, "err") || strings.HasPrefix(word, "fail") ||
				word == "unauthorized" || word == "denied" || word == "invalid"
		case "jwt", "access", "session", "sessionid", "sid", "apikey", "bearer", "key":
			s.token = s.token || isText && len(text) >= 16
		default: // access_token, authentication_token, ...
			own := strings.HasSuffix(name, "token") && !strings.Contains(name, "csrf") && !strings.Contains(name, "xsrf")
			s.token = s.token || own && isText && len(text) >= 16
		}
		s.look(value, depth-1)
	}
}

// empty says whether a value says nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
