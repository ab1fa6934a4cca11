package strict

import (
	"bytes"

	fumehood "github.com/fumehood/fumehood"
)

const (
	longestSizeLine = 256       // of a chunk, with its extensions and line end
	mostTrailers    = 4 << 10   // bytes of a trailer section; net/http takes no more
	mostExcess      = 8 << 10   // see sizeLine; net/http takes 16 KB
	longestChunk    = 1<<60 - 1 // sizes with more hex digits have no use but to overflow
)

// scanSizeLine reads the line before a chunk's data (RFC 9112, section 7.1).
func (p *parser) scanSizeLine(unit []byte) (int, *fumehood.Refusal) {
	end, bad := p.nextLine(unit, longestSizeLine, badExtension)
	if end == 0 || bad != nil {
		return 0, bad
	}
	line := unit[:end-2]
	size, bad := p.sizeLine(line)
	if bad != nil {
		return 0, bad
	}
	if size == 0 {
		// The last chunk is held back with the trailer section: once net/http has seen
		// the one, it hides why it could not read the other.
		p.state, p.line = inTrailers, end
		return p.scanTrailers(unit)
	}
	p.unit()
	p.state, p.left = inChunk, size
	return end, nil
}

// sizeLine reads a chunk's size and judges its extensions, which have no meaning here.
// It counts the bytes that size lines have beyond 16 for each chunk and twice its data,
// as net/http does, so that nobody sends mostly what is thrown away.
func (p *parser) sizeLine(line []byte) (int64, *fumehood.Refusal) {
	n := span(line, hexByte)
	if n == 0 || n > 16 {
		return 0, refuse(badChunk, "chunk size %s", quote(line))
	}
	var size uint64
	for _, x := range line[:n] {
		size = size<<4 | uint64(hexValue(x))
	}
	if size > longestChunk {
		return 0, refuse(badChunk, "chunk size %s", quote(line[:n]))
	}
	if n < len(line) && line[n] != ';' {
		return 0, refuse(badChunk, "chunk size %s", quote(line))
	}
	if !validExtensions(line[n:]) {
		return 0, refuse(badExtension, "chunk extension %s", quote(line[n:]))
	}
	p.excess = max(p.excess+int64(len(line))+2-16-2*int64(size), 0)
	if p.excess > mostExcess {
		return 0, refuse(badExtension, "chunk size lines of %d bytes more than is usual", p.excess)
	}
	return int64(size), nil
}

func hexValue(x byte) byte {
	if x <= '9' {
		return x - '0'
	}
	return x | 0x20 - 'a' + 10
}

// validExtensions judges *( ";" name [ "=" value ] ) with white space around the parts
// (RFC 9112, section 7.1.1).
func validExtensions(b []byte) bool {
	if BadValueByte(b) >= 0 {
		return false
	}
	for len(b) > 0 {
		if b[0] != ';' {
			return false
		}
		b = skipSpace(b[1:])
		n := span(b, tokenByte)
		if n == 0 {
			return false
		}
		b = b[n:]
		if rest := skipSpace(b); len(rest) > 0 && rest[0] == '=' {
			if b = skipSpace(rest[1:]); len(b) > 0 && b[0] == '"' {
				n = quotedString(b)
			} else {
				n = span(b, tokenByte)
			}
			if n == 0 {
				return false
			}
			b = b[n:]
		}
		if rest := skipSpace(b); len(rest) > 0 {
			b = rest
		}
	}
	return true
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// quotedString returns the length of the quoted string that b begins with, or 0.
func quotedString(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

func (p *parser) scanChunkEnd(unit []byte) (int, *fumehood.Refusal) {
	if unit[0] != '\r' || len(unit) > 1 && unit[1] != '\n' {
		return 0, refuse(badChunk, "no line end after the data of a chunk")
	}
	if len(unit) < 2 {
		return 0, nil
	}
	p.state = inSizeLine
	return 2, nil
}

// scanTrailers reads the trailer section (RFC 9112, section 7.1.2); the unit begins with
// the last chunk's size line.
func (p *parser) scanTrailers(unit []byte) (int, *fumehood.Refusal) {
	for {
		most := min(p.line+p.lim.FieldSize, mostTrailers)
		end, bad := p.nextLine(unit, most, fieldTooLarge)
		if end == 0 || bad != nil {
			return 0, bad
		}
		line := unit[p.line : end-2]
		if len(line) == 0 {
			p.endRequest()
			return end, nil
		}
		p.fields++
		if p.fields > p.lim.Fields {
			return 0, refuse(tooManyFields, "more than %d trailer fields", p.lim.Fields)
		}
		name, _, bad := splitField(line)
		if bad != nil {
			return 0, bad
		}
		if forbiddenTrailer(name) {
			return 0, refuse(badTrailer, "trailer field %s", quote(name))
		}
		p.line = end
	}
}

// announcedTrailers judges the Trailer field, which names the trailers to come.
func announcedTrailers(list []byte) *fumehood.Refusal {
	for len(list) > 0 {
		item := list
		if i := bytes.IndexByte(list, ','); i >= 0 {
			item, list = list[:i], list[i+1:]
		} else {
			list = nil
		}
		if item = trim(item); forbiddenTrailer(item) {
			return refuse(badTrailer, "Trailer names %s", quote(item))
		}
	}
	return nil
}

// forbiddenTrailer tells whether a field must not come after the body (RFC 9110, section
// 6.5.1): what frames or routes the message, says who sent it, changes how it is handled
// or how its content is read.
func forbiddenTrailer(name []byte) bool {
	var low [32]byte
	if len(name) > len(low) {
		return bytes.EqualFold(name[:12], []byte("x-forwarded-"))
	}
	for i, x := range name {
		if 'A' <= x && x <= 'Z' {
			x |= 0x20
		}
		low[i] = x
	}
	switch string(low[:len(name)]) {
	case "transfer-encoding", "content-length", "host", "connection", "upgrade", "trailer", "te",
		"keep-alive", "proxy-connection", "http2-settings",
		"authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie",
		"www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info",
		"forwarded", "via", "x-real-ip", "x-forwarded", "proxy", "origin", "referer",
		"cache-control", "pragma", "expect", "max-forwards", "range", "date", "age", "expires",
		"x-http-method-override", "x-csrf-token", "x-csrftoken", "x-requested-with",
		"content-type", "content-encoding", "content-range", "content-language",
		"content-location", "content-disposition":
		return true
	}
	for _, prefix := range [...]string{"x-forwarded-", "if-", "sec-", "access-control-"} {
		if bytes.HasPrefix(low[:len(name)], []byte(prefix)) {
			return true
		}
	}
	return false
}
