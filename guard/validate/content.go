package validate

import (
	"net/http"
	"strings"
)

// content is what a request says that its body is.
type content uint8

const (
	otherContent content = iota
	jsonContent
	urlencodedContent
	multipartContent
	strangeContent  // a Content-Type that readers may take for different things
	foreignEncoding // text in another encoding than UTF-8
)

// contentOf reads the Content-Type of a request that has a body.
func contentOf(r *http.Request) content {
	fields := r.Header["Content-Type"]
	if len(fields) == 0 || len(fields) == 1 && fields[0] == "" {
		return otherContent
	}
	if len(fields) > 1 {
		return strangeContent
	}
	essence, params, _ := strings.Cut(fields[0], ";")
	essence = strings.Trim(essence, " \t")
	kind, sub, ok := strings.Cut(essence, "/")
	if !ok || !isToken(kind) || !isToken(sub) {
		return strangeContent
	}
	found := otherContent
	switch {
	case strings.EqualFold(essence, "application/x-www-form-urlencoded"):
		found = urlencodedContent
	case strings.EqualFold(essence, "multipart/form-data"):
		return multipartContent
	case strings.EqualFold(kind, "application") &&
		(strings.EqualFold(sub, "json") || len(sub) >= 5 && strings.EqualFold(sub[len(sub)-5:], "+json")):
		found = jsonContent
	default:
		return otherContent
	}
	if !isUTF8(params, found == urlencodedContent) {
		return foreignEncoding
	}
	return found
}

// isUTF8 says whether no parameter asks for another encoding than UTF-8, or, in a form, one
// that writes ASCII in another way. Payment services and old programs name the others, and
// Flask takes no notice of it.
func isUTF8(params string, form bool) bool {
	for params != "" {
		var param string
		param, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(param, "=")
		name = strings.Trim(name, " \t")
		if len(name) < len("charset") || !strings.EqualFold(name[:len("charset")], "charset") {
			continue
		}
		switch value = strings.Trim(value, " \t\""); { // "charset*" (RFC 8187) is never right
		case len(name) > len("charset"):
			return false
		case strings.EqualFold(value, "utf-8"), strings.EqualFold(value, "utf8"), strings.EqualFold(value, "us-ascii"):
		case form && (hasPrefixFold(value, "iso-8859-") || hasPrefixFold(value, "windows-125")):
		default:
			return false
		}
	}
	return true
}

// isToken says whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7F || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
