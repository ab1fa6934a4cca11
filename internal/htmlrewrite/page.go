package htmlrewrite

import (
	"mime"
	"net/http"
	"strings"

	"github.com/fumehood/fumehood/internal/answer"
)

// Page says of an answer that it is a page which can be rewritten, and how.
type Page struct {
	Coding  string // "", "gzip" or "deflate"
	Charset bool   // the Content-Type names a charset
}

// PageOf returns what is to be known of an answer for rewriting it. It reports false for
// what must be left alone: no HTML, no body, a part of a page, a page that is to be saved
// to a file, a coding that cannot be undone, a charset in which bytes below 0x80 may mean
// something else than in ASCII.
func PageOf(h *answer.Head) (page Page, ok bool) {
	types := h.Header["Content-Type"]
	if len(types) != 1 || !h.HasBody() || h.Status == http.StatusPartialContent || h.Header["Content-Range"] != nil {
		return page, false
	}
	for _, disposition := range h.Header["Content-Disposition"] {
		if !strings.HasPrefix(strings.ToLower(disposition), "inline") {
			return page, false
		}
	}
	if page.Charset, ok = htmlIn(types[0]); !ok {
		return page, false
	}
	page.Coding, ok = coding(h.Header["Content-Encoding"])
	return page, ok
}

// htmlIn says whether a Content-Type is HTML in a charset that is named and fit, or in none.
func htmlIn(contentType string) (named, ok bool) {
	if contentType == "text/html; charset=utf-8" { // Flask's
		return true, true
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "text/html" {
		return false, false
	}
	label, named := params["charset"]
	return named, !named || asciiCompatible(label)
}

// coding returns the content coding, "" for none.
func coding(values []string) (string, bool) {
	switch len(values) {
	case 0:
		return "", true
	case 1:
	default:
		return "", false
	}
	switch strings.ToLower(strings.TrimSpace(values[0])) {
	case "", "identity":
		return "", true
	case "gzip", "x-gzip":
		return "gzip", true
	case "deflate":
		return "deflate", true
	}
	return "", false
}

// asciiCompatible says whether label names a charset in which "<", ">", quotes, "=", "/"
// and letters after them are what they are in ASCII. The labels are those in use of the
// WHATWG Encoding standard, section 4.2.
func asciiCompatible(label string) bool {
	switch label = strings.ToLower(strings.TrimSpace(label)); label {
	case "utf-8", "utf8", "us-ascii", "ascii", "latin1", "l1", "koi8-r", "koi8-u", "macintosh",
		"gbk", "gb2312", "gb18030", "big5", "euc-jp", "euc-kr", "shift_jis", "shift-jis", "sjis",
		"x-sjis", "windows-31j", "windows-874", "windows-949", "tis-620":
		return true
	}
	for _, family := range [...]string{"iso-8859-", "iso8859-", "windows-125", "cp125"} {
		if number, ok := strings.CutPrefix(label, family); ok {
			return len(number) > 0 && len(number) <= 2 && strings.Trim(number, "0123456789") == ""
		}
	}
	return false
}
