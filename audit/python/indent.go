package python

// layout gives the tokens for a change of the indentation; false if there is none.
func (p *parser) layout() bool {
	if p.pending == 0 {
		now := p.measure()
		top := p.indents[len(p.indents)-1]
		switch {
		case now.col == top.col:
			if now.alt != top.alt {
				p.note(Span{int32(p.pos), int32(p.pos)}, "inconsistent use of tabs and spaces in indentation")
			}
			p.lineStart = false
			return false
		case now.col > top.col:
			return p.deeper(now, top)
		}
		p.shallower(now)
		if p.pending == 0 {
			p.lineStart = false
			return false
		}
	}
	p.pending--
	p.lineStart = p.pending > 0
	p.kind, p.start = tDedent, int32(p.pos)
	return true
}

func (p *parser) deeper(now, top indent) bool {
	at := Span{int32(p.pos), int32(p.pos)}
	p.lineStart = false
	if now.alt <= top.alt {
		p.note(at, "inconsistent use of tabs and spaces in indentation")
	}
	if len(p.indents) >= maxIndent {
		p.note(at, "too many levels of indentation")
		return false
	}
	p.indents = append(p.indents, now)
	p.kind, p.start = tIndent, at.Start
	return true
}

// shallower closes blocks. A column between two levels is taken for the deeper one: the
// line then goes on with the block that it most likely belongs to.
func (p *parser) shallower(now indent) {
	at := Span{int32(p.pos), int32(p.pos)}
	last := len(p.indents) - 1
	for p.indents[last].col > now.col {
		last--
		p.pending++
	}
	top := p.indents[last]
	if now.col > top.col {
		p.note(at, "unindent does not match any outer indentation level")
		last++
		p.pending--
		p.indents[last] = now
	} else if now.alt != top.alt {
		p.note(at, "inconsistent use of tabs and spaces in indentation")
	}
	p.indents = p.indents[:last+1]
}

// measure skips blank lines and returns the indentation of the first line that is none. The
// end of the file counts as column 0. Where a backslash joins lines, the first one counts.
func (p *parser) measure() indent {
	src, i := p.src, p.pos
	var now, joined indent
	for i < len(src) {
		switch src[i] {
		case ' ':
			now.col++
			now.alt++
		case '\t':
			now.col = (now.col/8 + 1) * 8
			now.alt++
		case '\f':
			now = indent{}
		case '#':
			i = p.comment(i) - 1
		case '\n', '\r':
			now, joined = indent{}, indent{}
		default:
			n := newlineLen(src, i+1)
			if joined.col > 0 {
				now = joined
			}
			if src[i] != '\\' || n == 0 {
				p.pos = i
				return now
			}
			joined = now
			if i += n; i+1 == len(src) {
				p.note(Span{int32(i), int32(i)}, "unexpected end of the file after a line continuation character")
			}
		}
		i++
	}
	p.pos = len(src)
	return indent{}
}
