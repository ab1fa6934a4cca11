package python

// fstring reads the f- or t-string at hand and adds its parts to p.exprs.
func (p *parser) fstring() {
	m, start := p.marks, p.start
	spec := p.spec
	if p.fdepth == 0 {
		p.outer, p.outerNest = start, p.nest
	}
	if p.fdepth++; p.fdepth > maxFString {
		p.fail("too many nested f-strings")
	}
	h := 1
	if !p.bad && !p.fbody(&m, false, &h) && !p.bad {
		if m.triple {
			p.reached = len(p.src)
		}
		p.start, p.end = start, max(p.prevEnd, start)
		p.fail("an f-string is not closed")
	}
	p.fdepth--
	p.spec, p.h = spec, h
	p.end = max(p.end, int32(p.pos))
	p.next()
}

// fbody reads up to the closing quote, or up to the } that ends a format. It returns false
// if there is none. The lexer stands on the first byte of the text.
func (p *parser) fbody(m *literal, format bool, h *int) bool {
	src, from := p.src, p.pos
	plain := true // the text is its own value
	for i := p.pos; i < len(src); {
		c := src[i]
		switch {
		case c == m.quote && (!m.triple || p.at(i+1) == c && p.at(i+2) == c):
			p.piece(from, i, m, plain)
			if p.pos = i; !format {
				p.pos++
				if m.triple {
					p.pos += 2
				}
			}
			return !format
		case c == '\\':
			n := p.skipEscape(i, m)
			plain = plain && m.raw && p.at(i+1) != '\r'
			i += n
		case c == '\n' || c == '\r':
			if format && !m.triple || !m.triple {
				p.pos = i
				p.piece(from, i, m, plain)
				return false
			}
			plain = plain && c == '\n'
			i++
		case c == '{' && !format && p.at(i+1) == '{', c == '}' && !format && p.at(i+1) == '}':
			plain = false
			i += 2
		case c == '}':
			p.piece(from, i, m, plain)
			if p.pos = i; !format {
				p.start, p.end = int32(i), int32(i)
				p.fail("a single } in an f-string")
			}
			return format
		case c == '{':
			p.piece(from, i, m, plain)
			if !p.interpolation(i, m, h) {
				return false
			}
			i, from, plain = p.pos, p.pos, true
		default:
			i++
		}
	}
	p.pos = len(src)
	return false
}

// skipEscape returns how many bytes of an escape cannot be a brace or a quote.
func (p *parser) skipEscape(i int, m *literal) int {
	switch c := p.at(i + 1); {
	case c == '{' || c == '}' || c == 0:
		return 1
	case c == 'N' && !m.raw && p.at(i+2) == '{':
		for j := i + 3; j < len(p.src) && p.src[j] != '\n' && p.src[j] != m.quote; j++ {
			if p.src[j] == '}' {
				return j + 1 - i
			}
		}
		return 2
	default:
		return 1 + max(1, newlineLen(p.src, i+1))
	}
}

// piece adds the text between two places, if there is any.
func (p *parser) piece(from, to int, m *literal, plain bool) {
	if from == to {
		return
	}
	text := p.src[from:to]
	if !plain {
		p.start = int32(from)
		text = p.unescape(text, m, true)
	}
	p.exprs = append(p.exprs, p.str(Span{int32(from), int32(to)}, text, false))
}

// interpolation reads {value=!c:format} from its brace at i, and leaves the lexer after it.
func (p *parser) interpolation(i int, m *literal, h *int) bool {
	nest, spec := p.nest, p.spec
	p.nest++
	if m.levels++; p.nest > maxNest || m.levels > maxFormat {
		p.start, p.end = int32(i), int32(i)
		p.fail("too many nested brackets")
		return false
	}
	mark := len(p.comments)
	p.spec = p.nest
	p.pos, p.end = i+1, int32(i)
	p.kind = tLBrace
	p.next()
	n := &Interpolation{}
	n.Value = p.yieldOrStars()
	*h = max(*h, p.h+1)
	if p.kind == tAssign {
		n.Debug = true
		p.next()
		at := Span{int32(i + 1), max(p.start, int32(i+1))}
		if !p.bad {
			p.exprs = append(p.exprs, p.str(at, p.uncommented(at, p.comments[mark:]), false))
		}
	}
	if p.kind == tBang {
		n.Conversion = p.conversion()
	}
	if p.kind == tColon {
		p.pos = int(p.end)
		p.format(n, m, h)
	} else if n.Debug && n.Conversion == 0 {
		n.Conversion = 'r'
	}
	if p.kind != tRBrace && !p.bad {
		p.fail("expected } in an f-string")
	}
	if p.bad {
		return false
	}
	p.pos = int(p.end)
	p.nest, p.spec = nest, spec
	m.levels--
	n.Span = Span{int32(i), p.end}
	p.exprs = append(p.exprs, n)
	return true
}

// uncommented is the source without comments, which is what {value=} shows.
func (p *parser) uncommented(at Span, comments []Span) string {
	if len(comments) == 0 && !p.crs {
		return p.src[at.Start:at.End]
	}
	text, from := "", at.Start
	for _, c := range comments {
		text += p.src[from:c.Start]
		from = c.End
	}
	return p.unescape(text+p.src[from:at.End], &literal{raw: true}, false)
}

// conversion reads !r.
func (p *parser) conversion() byte {
	bang := p.end
	p.next()
	if p.kind == tName && p.start == bang && p.end == bang+1 {
		switch c := p.src[p.start]; c {
		case 'r', 's', 'a':
			p.next()
			return c
		}
	}
	p.fail("expected !r, !s or !a in an f-string")
	return 0
}

// format reads the format after the colon, up to the closing brace, which becomes the token
// at hand.
func (p *parser) format(n *Interpolation, m *literal, h *int) {
	if p.fdepth++; p.fdepth > maxFString {
		p.fail("too many nested f-strings")
		return
	}
	mark := len(p.exprs)
	closed := p.fbody(m, true, h)
	p.fdepth--
	n.Format = append(make([]Expr, 0, len(p.exprs)-mark), p.exprs[mark:]...)
	p.exprs = p.exprs[:mark]
	if p.bad {
		return
	}
	if !closed {
		p.start, p.end = int32(p.pos), int32(p.pos)
	}
	p.next() // on } this is a tRBrace
}
