package headers

import (
	"net/http"
	"strings"

	"github.com/fumehood/fumehood/internal/answer"
)

const (
	sniffed = 512  // bytes that tell what a body is (http.DetectContentType)
	prescan = 1024 // bytes in which browsers look for <meta charset> (HTML, section 13.2.3.2)
)

// withCharset has the common types, so that they cost nothing.
var withCharset = map[string][]string{
	"text/html":              {"text/html; charset=utf-8"},
	"text/plain":             {"text/plain; charset=utf-8"},
	"text/css":               {"text/css; charset=utf-8"},
	"text/javascript":        {"text/javascript; charset=utf-8"},
	"application/javascript": {"application/javascript; charset=utf-8"},
}

// lookAt says how much of the body nameContent wants to see.
func lookAt(contentType []string) int {
	if len(contentType) == 0 {
		return sniffed
	}
	last := contentType[len(contentType)-1]
	if strings.HasSuffix(last, "/html; charset=utf-8") {
		return 0
	}
	switch essence(last) {
	case "":
		return sniffed
	case "text/html":
		if !hasCharset(last) {
			return prescan
		}
	}
	return 0
}

// nameContent sees to it that the answer says what it is and, where browsers would guess
// it, in which encoding: an attacker whose text is in the page can make the guess come out
// as one in which that text is markup.
//
// XML and JSON say or fix their encoding themselves: the former in its first line, the
// latter is UTF-8 (RFC 8259 section 8.1, which knows no charset parameter).
func nameContent(h *answer.Head) {
	given := h.Header["Content-Type"]
	if len(given) == 1 && strings.HasSuffix(given[0], "/html; charset=utf-8") {
		return
	}
	if len(given) > 1 {
		given = given[len(given)-1:] // browsers take the last (Fetch, "extract a MIME type")
		h.Header["Content-Type"] = given
	}
	kind := ""
	if len(given) == 1 {
		kind = essence(given[0])
	}
	switch {
	case kind == "":
		if h.HasBody() && (len(h.Body) > 0 || !h.Whole) {
			h.Header["Content-Type"] = []string{inert(h.Body)}
		}
	case !guessed(kind) || hasCharset(given[0]):
	case kind == "text/html" && namesCharset(h.Body):
		// The page says it itself, to browsers that are told nothing else.
	default:
		value, common := withCharset[given[0]]
		if !common {
			value = []string{given[0] + "; charset=utf-8"}
		}
		h.Header["Content-Type"] = value
	}
}

// guessed says whether browsers guess the encoding of a type.
func guessed(kind string) bool {
	switch kind {
	case "application/javascript", "application/ecmascript", "application/x-javascript":
		return true
	case "text/xml":
		return false
	}
	return strings.HasPrefix(kind, "text/")
}

// inert names what a body without a Content-Type is, but never as something that runs.
// Images, sound, film, fonts and PDF stay what they are; markup becomes text to read;
// what is not known is a file to keep (RFC 9110 section 8.3). net/http would call
// anything that begins like HTML text/html.
func inert(body []byte) string {
	if len(body) == 0 {
		return "application/octet-stream"
	}
	kind := http.DetectContentType(body)
	major, _, _ := strings.Cut(kind, "/")
	switch {
	case major == "image", major == "audio", major == "video", major == "font",
		kind == "application/pdf", kind == "application/ogg":
		return kind
	case strings.HasPrefix(kind, "text/plain; charset=utf-16"):
		return kind
	case major == "text":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// essence returns "type/subtype" in lower case, "" where there is none.
func essence(contentType string) string {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.Trim(kind, " \t")
	slash := strings.IndexByte(kind, '/')
	if slash <= 0 || slash == len(kind)-1 || strings.ContainsAny(kind, " \t,\"<>()@:\\[]?={}") ||
		strings.Count(kind, "/") != 1 {
		return ""
	}
	return strings.ToLower(kind)
}

// hasCharset says whether a type comes with an encoding.
func hasCharset(contentType string) bool {
	_, parameters, _ := strings.Cut(strings.ToLower(contentType), ";")
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.Trim(name, " \t") == "charset" && strings.Trim(value, "\" \t") != "" {
			return true
		}
	}
	return false
}

// namesCharset says whether a page names its encoding where browsers look for it.
func namesCharset(body []byte) bool {
	const word = "charset"
	body = body[:min(len(body), prescan)]
	for i := 0; i+len(word) <= len(body); i++ {
		if body[i]|0x20 == 'c' && strings.EqualFold(string(body[i:i+len(word)]), word) {
			return true
		}
	}
	return false
}
