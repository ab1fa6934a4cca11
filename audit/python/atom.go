package python

// atom reads a name, a literal or something in brackets.
func (p *parser) atom() Expr {
	at := Span{p.start, p.end}
	p.h = 1
	switch p.kind {
	case tName:
		n := p.names.One()
		n.Span, n.ID = at, p.text()
		p.next()
		return n
	case tString, tFString:
		return p.strings()
	case tNumber:
		n := p.numbers.One()
		n.Span, n.Text = at, p.src[at.Start:at.End]
		p.next()
		return n
	case tLParen:
		return p.parens()
	case tLBracket:
		return p.list()
	case tLBrace:
		return p.braces()
	case tNone:
		return p.constant(at, None)
	case tTrue:
		return p.constant(at, True)
	case tFalse:
		return p.constant(at, False)
	case tEllipsis:
		return p.constant(at, Ellipsis)
	}
	p.syntax()
	return p.badExpr()
}

func (p *parser) constant(at Span, kind ConstantKind) Expr {
	c := p.constants.One()
	c.Span, c.Kind = at, kind
	p.next()
	return c
}

// parens reads a tuple, a generator, or an expression in brackets.
func (p *parser) parens() Expr {
	start := p.start
	p.next()
	if p.kind == tRParen {
		p.next()
		t := p.tuples.One()
		t.Span = p.since(start)
		return t
	}
	if p.kind == tYield {
		e := p.yield()
		p.expect(tRParen, "a bracket is not closed: expected )")
		return e
	}
	e := p.starred()
	switch p.kind {
	case tComma:
		e = p.tupleAfter(start, e, true)
		p.expect(tRParen, "a bracket is not closed: expected , or )")
		e.(*Tuple).End = max(start, p.prevEnd)
		return e
	case tFor, tAsync:
		return p.comprehension(start, Generator, nil, e, tRParen)
	}
	if s, ok := e.(*Starred); ok && p.kind == tRParen {
		p.note(s.Span, "a starred expression cannot stand alone in brackets")
	}
	p.expect(tRParen, "a bracket is not closed: expected , or )")
	return e
}

func (p *parser) list() Expr {
	start := p.start
	p.next()
	mark, h := len(p.exprs), 1
	for p.kind != tRBracket {
		e := p.starred()
		if (p.kind == tFor || p.kind == tAsync) && len(p.exprs) == mark {
			return p.comprehension(start, ListComp, nil, e, tRBracket)
		}
		p.exprs = append(p.exprs, e)
		h = max(h, p.h)
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRBracket, "a bracket is not closed: expected , or ]")
	p.high(h + 1)
	l := p.lists.One()
	l.Span, l.Elts = p.since(start), p.popExprs(mark)
	return l
}

// braces reads a set or a dict.
func (p *parser) braces() Expr {
	start := p.start
	p.next()
	if p.kind == tRBrace || p.kind == tPow {
		return p.dict(start, nil)
	}
	bracket := p.kind == tLParen
	e := p.starred()
	switch p.kind {
	case tColon:
		switch e.(type) {
		case *NamedExpr, *Starred:
			if !bracket {
				p.syntax()
			}
		}
		return p.dict(start, e)
	case tFor, tAsync:
		return p.comprehension(start, SetComp, nil, e, tRBrace)
	}
	mark, h := len(p.exprs), p.h
	p.exprs = append(p.exprs, e)
	for p.accept(tComma) && p.kind != tRBrace {
		p.exprs = append(p.exprs, p.starred())
		h = max(h, p.h)
	}
	p.expect(tRBrace, "a bracket is not closed: expected , or }")
	p.high(h + 1)
	return &Set{p.since(start), p.popExprs(mark)}
}

// dict reads the rest of a dict, whose first key may have been read. Keys and values are
// gathered as pairs.
func (p *parser) dict(start int32, key Expr) Expr {
	mark, h := len(p.exprs), p.h
	for key != nil || p.kind != tRBrace {
		if key == nil && p.accept(tPow) {
			p.exprs = append(p.exprs, nil, p.binary(precBitOr))
		} else {
			if key == nil {
				key = p.expr()
				h = max(h, p.h)
			}
			p.expect(tColon, "expected : after the key of a dict")
			value := p.expr()
			if (p.kind == tFor || p.kind == tAsync) && len(p.exprs) == mark {
				p.h = max(h, p.h)
				return p.comprehension(start, DictComp, key, value, tRBrace)
			}
			p.exprs = append(p.exprs, key, value)
			key = nil
		}
		h = max(h, p.h)
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRBrace, "a bracket is not closed: expected , or }")
	p.high(h + 1)
	d := p.dicts.One()
	d.Span = p.since(start)
	if pairs := p.exprs[mark:]; len(pairs) > 0 {
		n := len(pairs) / 2
		both := p.exprList.List(pairs)
		d.Keys, d.Values = both[:n:n], both[n:]
		for i := range n {
			d.Keys[i], d.Values[i] = pairs[2*i], pairs[2*i+1]
		}
	}
	p.exprs = p.exprs[:mark]
	return d
}

// comprehension reads for ... in ... and the closing bracket.
func (p *parser) comprehension(start int32, kind CompKind, key, elt Expr, end token) Expr {
	if s, ok := elt.(*Starred); ok {
		p.note(s.Span, "iterable unpacking cannot be used in a comprehension")
	}
	c := &Comprehension{Kind: kind, Key: key, Elt: elt, Fors: p.fors()}
	p.expect(end, "a bracket is not closed")
	c.Span = p.since(start)
	return c
}

// fors reads the for clauses of a comprehension.
func (p *parser) fors() []CompFor {
	var list []CompFor
	h := p.h
	for p.kind == tFor || p.kind == tAsync {
		c := CompFor{Async: p.kind == tAsync}
		start := p.start
		if c.Async {
			p.next()
		}
		p.expect(tFor, "expected for")
		c.Target = p.targets()
		h = max(h, p.h)
		p.expect(tIn, "expected in")
		c.Iter = p.binary(precOr)
		h = max(h, p.h)
		mark := len(p.exprs)
		for p.accept(tIf) {
			p.exprs = append(p.exprs, p.condition())
			h = max(h, p.h)
		}
		c.Ifs = p.popExprs(mark)
		c.Span = p.since(start)
		list = append(list, c)
	}
	p.high(h + 1)
	return list
}

// condition reads the if of a comprehension, which is no conditional expression itself.
func (p *parser) condition() Expr {
	p.down()
	e := p.binary(precOr)
	p.up()
	return e
}
