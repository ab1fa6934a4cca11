package python

// primary reads an atom and what is attached to it: .name, (arguments), [index].
func (p *parser) primary() Expr {
	start := p.start
	if p.kind == tAwait {
		p.next()
		if p.kind == tAwait {
			p.syntax()
		}
		value := p.primary()
		p.high(p.h + 1)
		return &Await{p.since(start), value}
	}
	e := p.atom()
	for {
		h := p.h
		switch p.kind {
		case tDot:
			p.next()
			if p.kind != tName {
				p.fail("expected a name after the dot")
				return e
			}
			a := p.attributes.One()
			a.Span, a.Value, a.Attr = Span{start, p.end}, e, p.text()
			p.next()
			e = a
		case tLParen:
			e = p.call(start, e)
		case tLBracket:
			e = p.subscript(start, e)
		default:
			return e
		}
		p.high(max(h, p.h) + 1)
	}
}

func (p *parser) call(start int32, f Expr) Expr {
	open := p.start
	p.next()
	c := p.calls.One()
	c.Func = f
	c.Args, c.Keywords = p.arguments(open, true)
	c.Span = p.since(start)
	return c
}

// arguments reads the arguments of a call or of a class up to and with the closing bracket.
func (p *parser) arguments(open int32, call bool) ([]Expr, []Keyword) {
	marks, keys, h := len(p.exprs), len(p.keywords), 1
	p.h = 1
	unpacked, keyword := false, false // ** was met, name= was met
	for p.kind != tRParen {
		start, name := p.start, p.kind == tName
		switch p.kind {
		case tPow:
			p.next()
			value := p.expr()
			p.keywords = append(p.keywords, Keyword{p.since(start), "", value})
			unpacked = true
		case tMult:
			if unpacked {
				p.note(Span{start, start + 1}, "iterable argument unpacking follows keyword argument unpacking")
			}
			p.exprs = append(p.exprs, p.star(precNone))
		default:
			e := p.named()
			n, ok := e.(*Name)
			switch {
			case p.kind == tAssign && ok && name && n.Start == start:
				keyword = true
				p.next()
				value := p.expr()
				p.keywords = append(p.keywords, Keyword{p.since(start), n.ID, value})
			case p.kind == tFor || p.kind == tAsync:
				e = p.generator(start, open, e, call && len(p.exprs) == marks && len(p.keywords) == keys)
				p.exprs = append(p.exprs, e)
			default:
				if unpacked || keyword {
					p.note(p.since(start), "positional argument follows keyword argument")
				}
				p.exprs = append(p.exprs, e)
			}
		}
		h = max(h, p.h)
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRParen, "invalid syntax: expected , or ) in the arguments")
	p.h = h
	list := p.keyList.List(p.keywords[keys:])
	p.keywords = p.keywords[:keys]
	return p.popExprs(marks), list
}

// generator reads the rest of a generator that is an argument. Only one that is alone may do
// without brackets of its own; its span is then that of the call's brackets.
func (p *parser) generator(start, open int32, elt Expr, alone bool) Expr {
	fors := p.fors()
	if !alone || p.kind != tRParen {
		if !p.bad {
			p.note(p.since(start), "a generator must stand in brackets, unless it is the only argument")
		}
		return &Comprehension{Span: p.since(start), Kind: Generator, Elt: elt, Fors: fors}
	}
	return &Comprehension{Span: Span{open, p.end}, Kind: Generator, Elt: elt, Fors: fors}
}

func (p *parser) subscript(start int32, value Expr) Expr {
	p.next()
	from := p.start
	index := p.slice()
	if p.kind == tComma {
		mark, h := len(p.exprs), p.h
		p.exprs = append(p.exprs, index)
		for p.accept(tComma) && p.kind != tRBracket {
			p.exprs = append(p.exprs, p.slice())
			h = max(h, p.h)
		}
		p.high(h + 1)
		t := p.tuples.One()
		t.Span, t.Elts = p.since(from), p.popExprs(mark)
		index = t
	} else if s, ok := index.(*Starred); ok {
		t := p.tuples.One()
		t.Span, t.Elts = s.Span, p.exprList.List([]Expr{s})
		index = t
	}
	p.expect(tRBracket, "invalid syntax: expected ]")
	s := p.subscripts.One()
	s.Span, s.Value, s.Index = p.since(start), value, index
	return s
}

// slice reads one index: an expression, *expression or low:high:step.
func (p *parser) slice() Expr {
	start := p.start
	var low Expr
	if p.kind != tColon {
		low = p.starred()
		if p.kind != tColon {
			return low
		}
		switch low.(type) {
		case *Starred, *NamedExpr:
			if p.src[start] != '(' {
				p.syntax()
			}
		}
	} else {
		p.h = 1
	}
	h := p.h
	s := &Slice{Low: low}
	p.next()
	if p.kind != tColon && p.kind != tComma && p.kind != tRBracket {
		s.High = p.expr()
		h = max(h, p.h)
	}
	if p.accept(tColon) && p.kind != tComma && p.kind != tRBracket {
		s.Step = p.expr()
		h = max(h, p.h)
	}
	p.high(h + 1)
	s.Span = p.since(start)
	return s
}
