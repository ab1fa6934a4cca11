package errorpages

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

const (
	mostBare   = 2 << 10 // no bare page is longer
	mostError  = 2 << 10 // of an answer that is nothing but a database error
	mostTrace  = 16 << 10
	mostBefore = 80 // letters before the error in such an answer: "Error: ", a title
)

// isBare says whether body is the error page that a framework or server makes when the app
// has none: the status and its name, sentences of the framework's, nothing else.
func (g *Guard) isBare(h *answer.Head, body []byte) bool {
	c := classOf(h.Header)
	if len(body) == 0 || len(body) > mostBare || c != markup && c != plain {
		return false
	}
	if h.Status < 500 && (g.keepDefault || c == plain && !fumehood.WantsHTML(h.Request)) {
		return false
	}
	// Such pages are constant, and scanners ask for hundreds of them.
	if last := g.lastBare.Load(); last != nil && last.status == h.Status && bytes.Equal(last.body, body) {
		return true
	}
	if !saysNothing(h.Status, body) {
		return false
	}
	g.lastBare.Store(&barePage{h.Status, bytes.Clone(body)})
	return true
}

// barePage is a page that says nothing but its status.
type barePage struct {
	status int
	body   []byte
}

func saysNothing(status int, body []byte) bool {
	lower := bytes.ToLower(body)
	for _, own := range []string{"<style", "<link", "<img", "<script", "<svg", "<a ", "<form", "<input"} {
		if bytes.Contains(lower, []byte(own)) {
			return false
		}
	}
	text := strings.ToLower(visible(body))
	if text == "" {
		return false
	}
	for _, words := range bareWords(status) {
		text = strings.ReplaceAll(text, strings.ToLower(words), "")
	}
	for _, name := range bareBanners() { // a version after it
		if before, after, found := strings.Cut(text, name); found {
			text = before + strings.TrimLeft(after, "/.0123456789")
		}
	}
	return strings.Trim(text, " \t\r\n.,:;()-") == ""
}

// bareWords are what such pages are made of, longer ones first where one holds another.
func bareWords(status int) []string {
	return append(bareSentences(),
		"Server Error ("+strconv.Itoa(status)+")", // Django 5.2, views/defaults.py
		strconv.Itoa(status), http.StatusText(status),
		"Unprocessable Content", "Content Too Large", "Request URI Too Long", "Requested Range Not Satisfiable", "I'm a teapot", // names of Werkzeug's and of RFC 9110
	)
}

// visible returns the text of body without its tags, entities resolved, spaces collapsed.
func visible(body []byte) string {
	var b strings.Builder
	for len(body) > 0 {
		open := bytes.IndexByte(body, '<')
		if open < 0 {
			b.Write(body)
			break
		}
		b.Write(body[:open])
		b.WriteByte(' ')
		shut := bytes.IndexByte(body[open:], '>')
		if shut < 0 {
			b.Write(body[open:])
			break
		}
		body = body[open+shut+1:]
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// isAll says whether an answer is nothing but what was found in it. A traceback counts only
// where the app's folders are not known: where they are, it would be proof or is foreign.
func (g *Guard) isAll(h *answer.Head, body []byte, found kind) bool {
	most, begins := mostError, g.beginsWithError
	switch {
	case found == traceback && len(g.roots) > 0:
		return false
	case found == traceback:
		most, begins = mostTrace, beginsWithTraceback
	case found != database:
		return false
	}
	if len(body) > most {
		return false
	}
	switch classOf(h.Header) {
	case markup, plain:
		if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '{' {
			return onlyError(trimmed, begins)
		}
		return begins(visible(body))
	case data:
		return onlyError(body, begins)
	}
	return false
}

// beginsWithError says whether text begins with a database error.
func (g *Guard) beginsWithError(text string) bool {
	s := search{g: g}
	b := []byte(text)
	for at := 0; ; at++ {
		i, p := g.scan.find(b, at)
		if p == nil {
			return false
		}
		at = i
		if p.kind == database && s.holds(b, i, p) {
			if p.before != "" { // the error begins there
				i = bytes.LastIndex(b[:i], []byte(p.before))
			}
			return i <= mostBefore
		}
	}
}

func beginsWithTraceback(text string) bool {
	i := strings.Index(text, "Traceback (most recent call last)")
	return i >= 0 && i <= mostBefore
}

// onlyError says whether body is a JSON object of error fields only, one of which begins
// with an error. A message of a chat has more fields than that.
func onlyError(body []byte, begins func(string) bool) bool {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return false
	}
	return errorFields(object, begins, 0)
}

func errorFields(object map[string]any, begins func(string) bool, depth int) bool {
	found := false
	for name, value := range object {
		switch strings.ToLower(name) {
		case "error", "errors", "err", "exception", "message", "msg", "detail", "details", "reason", "description", "trace", "traceback", "stack", "result":
			found = found || errorValue(value, begins, depth)
		case "status", "status_code", "statuscode", "code", "success", "ok", "type", "title", "request_id", "timestamp", "time", "path", "instance", "data":
		default:
			return false
		}
	}
	return found
}

// errorValue says whether the value of an error field is, or holds, an error.
func errorValue(value any, begins func(string) bool, depth int) bool {
	switch v := value.(type) {
	case string:
		return begins(v)
	case []any:
		for _, one := range v {
			if depth < 3 && errorValue(one, begins, depth+1) {
				return true
			}
		}
	case map[string]any:
		return depth < 3 && errorFields(v, begins, depth+1)
	}
	return false
}

// bareBanners stand at the foot of servers' pages.
func bareBanners() []string { return []string{"nginx", "openresty", "(ubuntu)", "(debian)"} }

// bareSentences are the sentences of frameworks' and servers' own error pages. Werkzeug's
// are the descriptions in werkzeug/exceptions.py, 2.0 to 3.1; a test compares them with
// those that the installed Werkzeug has.
func bareSentences() []string {
	return []string{
		"The browser (or proxy) sent a request that this server could not understand.",
		"The server could not verify that you are authorized to access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.",
		"You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.",
		"The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
		"The method is not allowed for the requested URL.",
		"The resource identified by the request is only capable of generating response entities which have content characteristics not acceptable according to the accept headers sent in the request.",
		"The server closed the network connection because the browser didn't finish the request within the specified time.",
		"A conflict happened while processing the request. The resource might have been modified while the request was being processed.",
		"The requested URL is no longer available on this server and there is no forwarding address. If you followed a link from a foreign page, please contact the author of this page.",
		"A request with this method requires a valid <code>Content-Length</code> header.", // Werkzeug's own page shows the tags
		"The precondition on the request for the URL failed positive evaluation.",
		"The data value transmitted exceeds the capacity limit.",
		"The length of the requested URL exceeds the capacity limit for this server. The request cannot be processed.",
		"The server does not support the media type transmitted in the request.",
		"The server cannot provide the requested range.",
		"The server could not meet the requirements of the Expect header",
		"This server is a teapot, not a coffee machine",
		"The server is not able to produce a response.",
		"The request was directed at a server that is not able to produce a response.",
		"The request was well-formed but was unable to be followed due to semantic errors.",
		"The resource that is being accessed is locked.",
		"The method could not be performed on the resource because the requested action depended on another action and that action failed.",
		`This request is required to be conditional; try using "If-Match" or "If-Unmodified-Since".`,
		"This user has exceeded an allotted request count. Try again later.",
		"One or more header fields exceeds the maximum size.",
		"Unavailable for legal reasons.",
		"The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.",
		"The server does not support the action requested by the browser.",
		"The proxy server received an invalid response from an upstream server.",
		"The server is temporarily unable to service your request due to maintenance downtime or capacity problems. Please try again later.",
		"The connection to an upstream server timed out.",
		"The server does not support the HTTP protocol version used in the request.",
		"The requested resource was not found on this server.",       // Django 5.2, views/defaults.py
		"The server encountered an unexpected internal server error", // waitress 3.0
		"(generated by waitress)",                                                            // waitress 3.0
		"A server error occurred.  Please contact the administrator.",                        // Python 3.11, wsgiref/handlers.py
		"A server error occurred. Please contact the administrator.",                         // the same, spaces collapsed
		"The server has either erred or is incapable of performing the requested operation.", // WebOb 1.8
	}
}
