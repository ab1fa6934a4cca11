package python

import "strings"

func (p *parser) importStmt() Stmt {
	start := p.start
	p.next()
	var few [8]Alias
	list := few[:0]
	for {
		at := p.start
		a := Alias{Name: p.dotted()}
		if p.accept(tAs) {
			a.As = p.identifier()
		}
		a.Span = p.since(at)
		list = append(list, a)
		if !p.accept(tComma) {
			break
		}
	}
	return &Import{p.since(start), p.aliasList.List(list)}
}

// dotted reads a.b.c.
func (p *parser) dotted() string {
	start := p.start
	wide := p.kind == tName && p.wide
	first := p.identifier()
	if p.kind != tDot {
		return first
	}
	parts := []string{first}
	for p.accept(tDot) {
		wide = wide || p.wide
		parts = append(parts, p.identifier())
	}
	if s := strings.Join(parts, "."); wide || p.bad || p.src[start:p.prevEnd] != s {
		return s
	}
	return p.src[start:p.prevEnd]
}

func (p *parser) importFrom() Stmt {
	start := p.start
	p.next()
	s := &ImportFrom{}
	for p.kind == tDot || p.kind == tEllipsis {
		s.Level += int(p.end - p.start)
		p.next()
	}
	if s.Level == 0 || p.kind != tImport {
		s.Module = p.dotted()
	}
	p.expect(tImport, "expected import")
	switch p.kind {
	case tMult:
		s.Names = p.aliasList.List([]Alias{{Span{p.start, p.end}, "*", ""}})
		p.next()
	case tLParen:
		p.next()
		s.Names = p.aliases(true)
		p.expect(tRParen, "a bracket is not closed: expected , or )")
	default:
		s.Names = p.aliases(false)
	}
	s.Span = p.since(start)
	return s
}

func (p *parser) aliases(bracket bool) []Alias {
	var few [16]Alias
	list := few[:0]
	for {
		at := p.start
		a := Alias{Name: p.identifier()}
		if p.accept(tAs) {
			a.As = p.identifier()
		}
		a.Span = p.since(at)
		list = append(list, a)
		if !p.accept(tComma) || bracket && p.kind == tRParen {
			return p.aliasList.List(list)
		}
	}
}
