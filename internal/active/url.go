package active

import (
	"encoding/base64"
	"strings"
)

// kindOf says what an attribute's value is to a browser. What is no name of an event, such
// as "one", is left out: see isHandler.
func kindOf(name []byte) kind {
	switch string(name) {
	case "style":
		return styleValue
	case "srcdoc":
		return pageValue
	case "href", "src", "action", "formaction", "data", "xlink:href", "background", "poster", "cite", "codebase", "code",
		"archive", "classid", "longdesc", "manifest", "dynsrc", "lowsrc", "from", "to", "values", "by", "ping":
		return urlValue
	}
	if isHandler(name) {
		return scriptValue
	}
	return plainValue
}

// isHandler says whether an attribute is an event handler: "on" and more letters, since
// browsers keep adding events, but no word of English.
func isHandler(name []byte) bool {
	if len(name) < 4 || name[0] != 'o' || name[1] != 'n' || !isLetter(name[2]) || !isLetter(name[3]) {
		return false
	}
	switch string(name) {
	case "once", "only", "onto", "ones", "online", "onward", "onwards", "onion", "onions", "ongoing", "onset", "onboard", "onyx", "onus", "on-site", "onsite":
		return false
	}
	return true
}

// isText says whether an attribute only holds a text to be shown or a name.
func isText(name []byte) bool {
	switch string(name) {
	case "title", "alt", "placeholder", "label", "summary", "class", "id", "name", "for", "lang", "rel", "target", "datetime", "abbr":
		return true
	}
	return strings.HasPrefix(string(name), "aria-")
}

// scheme returns the scheme of a URL, as far as it is one that can run script, and what
// follows its colon. Browsers drop control characters and spaces before it, tabs and line
// ends in it (WHATWG URL standard, section 4.4); old ones dropped more, and took a
// backquote for a quote.
func scheme(s string) (name, rest string) {
	s = strings.TrimPrefix(s, "&{")
	i := 0
	for i < len(s) && !isLetter(s[i]) {
		if c := s[i]; c > ' ' && c < 0x7f && c != '`' && c != '"' && c != '\'' {
			return "", ""
		}
		i++
	}
	var w word
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ':
		case c == '&' && hasPrefixFold(s[i:], "&tab;"): // in this case, to old browsers only
			i += len("&tab;") - 1
		case c == '&' && hasPrefixFold(s[i:], "&newline;"):
			i += len("&newline;") - 1
		case c == ':':
			for _, known := range [...]string{"javascript", "vbscript", "vbs", "livescript", "mocha", "jscript", "data"} {
				if w.is(known) {
					return known, s[i+1:]
				}
			}
			switch string(w.name()) {
			case "feed", "view-source", "jar", "url", "mhtml":
				return scheme1(s[i+1:])
			}
			if rest := strings.TrimLeft(s[i+1:], " \t\r\n"); hasPrefixFold(rest, "javascript:") {
				return scheme(rest) // browsers had many that take another URL
			}
			return "", ""
		case isLetter(c) || c == '-':
			w.add(c)
		default:
			return "", ""
		}
		if w.long {
			return "", ""
		}
	}
	return "", ""
}

// scheme1 is scheme for a URL in a URL, once.
func scheme1(s string) (name, rest string) {
	s = strings.TrimLeft(s, " \t\r\n")
	if len(s) > 12 && (hasPrefixFold(s, "javascript:") || hasPrefixFold(s, "data:")) {
		return scheme(s)
	}
	return "", ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// scriptURL says whether a browser that follows the URL would run a script that the URL
// itself holds. picture says that it is the source of an image, where SVG runs nothing.
func scriptURL(s string, picture bool) bool {
	name, rest := scheme(s)
	switch name {
	case "":
		return false
	case "data":
		return activeData(rest, picture)
	}
	return !harmless(rest) || hidesScheme(s)
}

// harmless says whether a script does nothing, as in javascript:void(0).
func harmless(s string) bool {
	s = strings.TrimRight(strings.TrimSpace(unpercent(s)), "; \t\r\n")
	switch strings.ToLower(strings.ReplaceAll(s, " ", "")) {
	case "", "void(0)", "void0", "void(null)", "false", "return", "returnfalse", "null", "undefined", "//", "#":
		return true
	}
	return false
}

// activeData says whether a data URL is a page or a script.
func activeData(s string, picture bool) bool {
	media, body, found := strings.Cut(s, ",")
	if !found && len(media) < 8 || body == "" && found {
		return false
	}
	kind, _, _ := strings.Cut(strings.ToLower(stripSpaces(media)), ";")
	switch kind {
	case "":
		return untypedData(media, body)
	case "text/html", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript", "application/javascript",
		"application/x-javascript", "text/ecmascript", "application/ecmascript", "text/x-scriptlet", "text/vbscript", "text/html-sandboxed":
		return true
	case "image/svg+xml", "image/svg-xml":
		return !picture
	case "application/x-shockwave-flash", "application/pdf":
		return !picture
	}
	return strings.HasSuffix(kind, "+xml") && !picture
}

// untypedData says whether a data URL without a type holds markup or a script: what follows it
// says what it is.
func untypedData(media, body string) bool {
	if strings.Contains(strings.ToLower(media), "utf-7") {
		return true
	}
	body = unpercent(body)
	if strings.Contains(strings.ToLower(media), "base64") {
		plain, _ := base64.StdEncoding.DecodeString(body[:min(len(body), 512)/4*4])
		body = string(plain)
	}
	if i := strings.IndexByte(body, '<'); i >= 0 && i+1 < len(body) && isLetter(body[i+1]) {
		return true
	}
	return runsCode(body, false)
}

func stripSpaces(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Join(strings.Fields(s), "")
}

// unpercent undoes percent encoding; what is none stays.
func unpercent(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, hexDigit(s[i+1])<<4|hexDigit(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}
