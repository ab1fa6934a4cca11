package injection

import (
	"hash/maphash"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
)

// What of a value counts for its shape: the attacks of one program begin alike, and end in what
// is random.
const (
	mostElements  = 24
	leastElements = 6   // with fewer, only the very same value has the same shape
	mostOfShape   = 256 // bytes; where they are not enough, the value is a text
)

// keepWords are the words that a shape keeps: prose has most of them rarely.
const keepWords = " and or not union select from where sleep case when order by group having insert into delete update drop exec waitfor like null "

// shape writes a value as what it is made of: words are "a" unless they are SQL's, numbers "9",
// a step up in a path "^", the rest stands for itself; what repeats stands once, and blanks and
// comments do not count, so that a sentence is one "a" and does not hide what follows it.
// "1' AND 4211=4211 -- x" and "1' and 7=7 -- y" have one shape. Short ones, and those that
// begin with much that is in any text, are the value itself.
func shape(value string) string {
	var b strings.Builder
	last, elements := "", 0
	put := func(element string) {
		if element != last {
			b.WriteString(element)
			elements++
			last = element
		}
	}
	for at := 0; at < len(value) && elements < mostElements; {
		element, n := element(value[at:])
		if element != " " {
			put(element)
		}
		if at += n; at > mostOfShape && at < len(value) {
			elements = 0
			break
		}
	}
	if elements < leastElements {
		return "=" + strings.ToLower(value)
	}
	return b.String()
}

// element returns the first element of v and its length.
func element(v string) (string, int) {
	c := v[0]
	switch {
	case strings.HasPrefix(v, "../"), strings.HasPrefix(v, `..\`):
		return "^", 3
	case strings.HasPrefix(v, "/*"):
		if end := strings.Index(v[2:min(len(v), 66)], "*/"); end >= 0 {
			return " ", end + 4
		}
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return " ", 1
	case c >= '0' && c <= '9':
		n := 1
		for n < len(v) && (v[n] >= '0' && v[n] <= '9' || v[n]|0x20 >= 'a' && v[n]|0x20 <= 'f' || v[n]|0x20 == 'x') {
			n++
		}
		return "9", n
	case c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf:
		n := 0
		for n < len(v) {
			r, size := utf8.DecodeRuneInString(v[n:])
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				break
			}
			n += size
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(v)
			return v[:n], n
		}
		if n <= 8 {
			if word := strings.ToLower(v[:n]); strings.Contains(keepWords, " "+word+" ") {
				return word, n
			}
		}
		return "a", n
	}
	return v[:1], 1
}

// routeOf is the route of a request: its method and path, with what differs from one thing to
// the next left out.
func (g *Guard) routeOf(r *http.Request, seen *reading) uint64 {
	if seen.route == 0 {
		seen.route = maphash.String(g.site.State.seed, routeName(r)) | 1
	}
	return seen.route
}

// routeName writes the route of a request. Numbers, tokens and whatever is risky in a path are
// what a view gets from it.
func routeName(r *http.Request) string {
	var b strings.Builder
	b.WriteString(r.Method)
	b.WriteByte(' ')
	path := r.URL.Path
	for n := 0; path != "" && n < 16; n++ {
		var segment string
		segment, path, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
		b.WriteByte('/')
		if strings.ContainsAny(segment, "0123456789") || len(segment) > 40 || inputs.Risky(segment) {
			segment = "{}"
		}
		b.WriteString(segment)
	}
	return b.String()
}

// fieldName is the name of a field without the numbers of elements in it.
func fieldName(name string) string {
	if !strings.ContainsAny(name, "0123456789") {
		return name
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "[]"
		}
	}
	return strings.Join(parts, ".")
}

// client is what counts as one client: an IPv4 address or an IPv6 /64.
func client(r *http.Request) string {
	ip := fumehood.ClientIP(r)
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}
