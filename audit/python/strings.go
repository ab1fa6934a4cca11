package python

import "strings"

// literal describes the string at hand: what its prefix says, and where its body is.
type literal struct {
	raw, bytes, format, template bool
	triple                       bool
	quote                        byte
	escapes                      bool // the body is not the value
	body, tail                   int  // tail is where the body ends
	levels                       int  // of interpolations in formats
}

// isPrefix says whether a name of one or two letters may stand before a quote.
func isPrefix(s string) bool {
	switch s {
	case "r", "R", "b", "B", "f", "F", "u", "U", "t", "T":
		return true
	}
	if len(s) != 2 {
		return false
	}
	a, b := s[0]|0x20, s[1]|0x20
	if b == 'r' {
		a, b = b, a
	}
	return a == 'r' && (b == 'b' || b == 'f' || b == 't')
}

// literal reads a string whose prefix starts at i and whose quote is at q. Of an f-string it
// reads the prefix only.
func (p *parser) literal(i, q int) {
	m := literal{quote: p.src[q], body: q + 1}
	for _, c := range []byte(p.src[i:q]) {
		switch c | 0x20 {
		case 'r':
			m.raw = true
		case 'b':
			m.bytes = true
		case 'f':
			m.format = true
		case 't':
			m.template = true
		}
	}
	if p.at(q+1) == m.quote && p.at(q+2) == m.quote {
		m.triple = true
		m.body += 2
	}
	p.start, p.marks = int32(i), m
	if m.format || m.template {
		p.kind, p.end, p.pos = tFString, int32(m.body), m.body
		return
	}
	p.kind = tString
	end := 0
	if m.triple {
		end = p.tripleEnd(&p.marks)
	} else {
		end = p.singleEnd(&p.marks)
	}
	if end < 0 {
		p.end, p.pos = int32(m.body), m.body
		p.unterminated()
		return
	}
	p.end, p.pos = int32(end), end
}

func (p *parser) unterminated() {
	p.kind = tError
	if p.marks.triple {
		p.reached = len(p.src)
	}
	p.fail("a string is not closed")
}

// singleEnd finds the end of a string that is closed on its line, or returns -1.
func (p *lexer) singleEnd(m *literal) int {
	src := p.src
	for i := m.body; i < len(src); i++ {
		switch c := src[i]; c {
		case m.quote:
			m.tail = i
			return i + 1
		case '\\':
			m.escapes = m.escapes || !m.raw
			i++
			if i < len(src) && src[i] == '\r' {
				m.escapes = true
				if p.at(i+1) == '\n' {
					i++
				}
			}
		case '\n', '\r':
			return -1
		}
	}
	return -1
}

// tripleEnd finds the end of a string in three quotes, or returns -1.
func (p *lexer) tripleEnd(m *literal) int {
	src := p.src
	for i := m.body; ; i++ {
		n := strings.IndexByte(src[i:], m.quote)
		if n < 0 {
			return -1
		}
		i += n
		if p.at(i+1) == m.quote && p.at(i+2) == m.quote && !p.escaped(m.body, i) {
			m.tail = i
			text := src[m.body:i]
			m.escapes = !m.raw && strings.IndexByte(text, '\\') >= 0 || p.crs && strings.IndexByte(text, '\r') >= 0
			return i + 3
		}
	}
}

// escaped says whether an odd number of backslashes stands before a quote.
func (p *lexer) escaped(from, i int) bool {
	j := i
	for j > from && p.src[j-1] == '\\' {
		j--
	}
	return (i-j)%2 == 1
}

// value returns the value of the string at hand.
func (p *parser) value() string {
	m := &p.marks
	text := p.src[m.body:m.tail]
	if m.bytes && !ascii(text) {
		p.note(Span{p.start, p.end}, "bytes can only hold ASCII literal characters")
	}
	if m.escapes {
		return p.unescape(text, m, false)
	}
	return text
}

// strings reads one literal or several that stand side by side.
func (p *parser) strings() Expr {
	p.h = 1
	if p.kind == tString {
		start, end := p.start, p.end
		bytes, value := p.marks.bytes, p.value()
		p.next()
		if p.kind != tString && p.kind != tFString {
			return p.str(Span{start, end}, value, bytes)
		}
		if p.bad {
			return p.badExpr()
		}
		return p.joined(start, end, value, bytes)
	}
	return p.joined(p.start, p.start, "", false)
}

func (p *parser) str(at Span, value string, bytes bool) Expr {
	if bytes {
		b := p.byteses.One()
		b.Span, b.Value = at, value
		return b
	}
	s := p.strs.One()
	s.Span, s.Value = at, value
	return s
}

// joined goes on after a first plain literal, if start and end differ.
func (p *parser) joined(start, end int32, value string, bytes bool) Expr {
	mark := len(p.exprs)
	plain := make([]string, 0, 8)
	from := start
	flush := func() {
		if len(plain) > 0 {
			p.exprs = append(p.exprs, p.str(Span{from, end}, strings.Join(plain, ""), bytes))
			plain = plain[:0]
		}
	}
	count, formats, templates, binaries := 0, 0, 0, 0
	if start < end {
		plain, count = append(plain, value), 1
		if bytes {
			binaries++
		}
	}
	for ; p.kind == tString || p.kind == tFString; count++ {
		if p.kind == tString {
			if len(plain) == 0 {
				from = p.start
			}
			if p.marks.bytes {
				bytes = true
				binaries++
			}
			plain, end = append(plain, p.value()), p.end
			p.next()
			continue
		}
		flush()
		if p.marks.template {
			templates++
		}
		formats++
		p.fstring()
	}
	at := Span{start, p.prevEnd}
	if binaries > 0 && binaries < count {
		p.note(at, "bytes and other literals cannot be mixed")
	}
	if templates > 0 && templates < count {
		p.note(at, "t-strings and other literals cannot be mixed")
	}
	if formats == 0 {
		return p.str(at, strings.Join(plain, ""), bytes)
	}
	flush()
	f := &FString{Span: at, Parts: p.exprList.List(p.exprs[mark:]), Template: templates > 0}
	p.exprs = p.exprs[:mark]
	p.h++
	return f
}
