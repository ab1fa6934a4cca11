package strict

import (
	"bytes"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// longestMethod is longer than any registered method (UPDATEREDIRECTREF has 17 letters).
const longestMethod = 32

// requestLine judges the request line (RFC 9112, section 3): three parts and exactly one
// space between them.
func (p *parser) requestLine(line []byte) *fumehood.Refusal {
	m := bytes.IndexByte(line, ' ')
	v := bytes.LastIndexByte(line, ' ')
	if m < 0 || m == v {
		if at := BadValueByte(line); at >= 0 {
			return refuseByte(line, at, "the request line")
		}
		return refuse(badRequestLine, "request line %s does not have three parts", quoteLine(line))
	}
	method, target, version := line[:m], line[m+1:v], line[v+1:]
	if bad := checkMethod(method); bad != nil {
		return bad
	}
	if bad := p.version(version); bad != nil {
		return bad
	}
	return p.target(method, target, m+1)
}

// checkMethod refuses methods with lower-case letters too. Methods are case-sensitive
// (RFC 9110, section 9.1), but Werkzeug makes "post" a POST, so a guard that looks for
// POST and the app would disagree.
func checkMethod(method []byte) *fumehood.Refusal {
	if n := span(method, tokenByte); n < len(method) || n == 0 {
		return refuse(badMethod, "method %s is no token", quote(method))
	}
	if len(method) > longestMethod {
		return refuse(unknownMethod, "method %s is longer than %d letters", quote(method), longestMethod)
	}
	for _, x := range method {
		if classes[x]&lowerByte != 0 {
			return refuse(unknownMethod, "method %s has lower-case letters", quote(method))
		}
	}
	if string(method) == http.MethodConnect {
		return refuse(connectMethod, "the method is CONNECT")
	}
	return nil
}

func (p *parser) version(v []byte) *fumehood.Refusal {
	switch string(v) {
	case "HTTP/1.1":
		return nil
	case "HTTP/1.0":
		p.head.http10 = true
		return nil
	}
	if len(v) == 8 && string(v[:5]) == "HTTP/" && v[6] == '.' && classes[v[5]]&classes[v[7]]&digitByte != 0 && v[5] != '0' {
		return refuse(otherVersion, "version %s", quote(v))
	}
	return refuse(badVersion, "version %s", quote(v))
}

// The fields that may come once. Of the others, several are one list (RFC 9110, section
// 5.3). Authorization and Origin are here because guards decide by them.
const (
	onceHost = 1 << iota
	onceLength
	onceCoding
	onceType
	onceExpect
	onceAuthorization
	onceOrigin
)

// field judges one header field line; unit is the head that it is in.
func (p *parser) field(unit, line []byte) *fumehood.Refusal {
	p.fields++
	if p.fields > p.lim.Fields {
		return refuse(tooManyFields, "more than %d fields", p.lim.Fields)
	}
	name, value, bad := splitField(line)
	if bad != nil {
		return bad
	}
	switch len(name) {
	case 4:
		if is(name, "host") {
			return p.host(unit, name, value)
		}
	case 6:
		if is(name, "expect") {
			return p.expect(name, value)
		}
		if is(name, "origin") {
			return p.once(onceOrigin, name)
		}
	case 7:
		if is(name, "trailer") {
			return announcedTrailers(value)
		}
	case 10:
		if is(name, "connection") {
			p.head.upgrade = p.head.upgrade || hasToken(value, "upgrade")
		}
	case 12:
		if is(name, "content-type") {
			return p.once(onceType, name)
		}
	case 13:
		if is(name, "authorization") {
			return p.once(onceAuthorization, name)
		}
	case 14:
		if is(name, "content-length") {
			return p.length(name, value)
		}
	case 17:
		if is(name, "transfer-encoding") {
			return p.coding(name, value)
		}
	}
	return nil
}

// splitField splits a field line and judges name and value (RFC 9112, section 5).
func splitField(line []byte) (name, value []byte, bad *fumehood.Refusal) {
	n := span(line, tokenByte)
	switch {
	case n > 0 && n < len(line) && line[n] == ':':
		name, value = line[:n], line[n+1:]
	case line[0] == ' ' || line[0] == '\t':
		return nil, nil, refuse(foldedField, "a line begins with white space")
	case n == 0 || n == len(line):
		return nil, nil, refuse(badFieldName, "line %s has no field name and colon", quoteLine(line))
	case line[n] == ' ' || line[n] == '\t':
		return nil, nil, refuse(spaceBeforeColon, "white space after field name %s", quote(line[:n]))
	default:
		return nil, nil, refuse(badFieldName, "the byte 0x%02x after field name %s", line[n], quote(line[:n]))
	}
	if at := BadValueByte(value); at >= 0 {
		return nil, nil, refuseByte(value, at, "field "+quote(name))
	}
	return name, trim(value), nil
}

func refuseByte(b []byte, at int, where string) *fumehood.Refusal {
	why := controlByte
	if b[at] == '\r' {
		why = bareCR
	}
	return refuse(why, "the byte 0x%02x in %s", b[at], where)
}

// quoteLine quotes what comes before the first colon or question mark of a line: what
// comes after may be a secret, which must not get into a log.
func quoteLine(line []byte) string {
	if i := bytes.IndexAny(line, ":?"); i >= 0 {
		line = line[:i]
	}
	return quote(line)
}

// once refuses the second field of a kind.
func (p *parser) once(kind uint8, name []byte) *fumehood.Refusal {
	if p.head.once&kind != 0 {
		return refuse(duplicateField, "more than one field %s", quote(name))
	}
	p.head.once |= kind
	return nil
}

func (p *parser) expect(name, value []byte) *fumehood.Refusal {
	if bad := p.once(onceExpect, name); bad != nil {
		return bad
	}
	if !is(value, "100-continue") {
		return refuse(badExpect, "Expect: %s", quote(value))
	}
	return nil
}

func (p *parser) length(name, value []byte) *fumehood.Refusal {
	if bad := p.once(onceLength, name); bad != nil {
		return bad
	}
	n, ok := contentLength(value)
	if !ok {
		return refuse(badLength, "Content-Length %s", quote(value))
	}
	p.head.length = n
	return nil
}

// coding accepts "chunked" and nothing else (RFC 9112, section 6.1): one field, one word.
func (p *parser) coding(name, value []byte) *fumehood.Refusal {
	if bad := p.once(onceCoding, name); bad != nil {
		return bad
	}
	if is(value, "chunked") {
		p.head.chunked = true
		return nil
	}
	last := value
	if i := bytes.LastIndexByte(value, ','); i >= 0 {
		last = trim(value[i+1:])
	}
	if bytes.Count(value, []byte(",")) > 1 || len(value) == 0 || len(last) != len(value) && !is(last, "chunked") {
		return refuse(badCoding, "Transfer-Encoding %s", quote(value))
	}
	return refuse(otherCoding, "Transfer-Encoding %s", quote(value))
}

// hasToken tells whether the comma-separated list has the lower-case word.
func hasToken(list []byte, word string) bool {
	for len(list) > 0 {
		item := list
		if i := bytes.IndexByte(list, ','); i >= 0 {
			item, list = list[:i], list[i+1:]
		} else {
			list = nil
		}
		if is(trim(item), word) {
			return true
		}
	}
	return false
}
