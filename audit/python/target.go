package python

// targets reads what a for assigns to. It stops before in, which no target can hold.
func (p *parser) targets() Expr {
	start := p.start
	e := p.target()
	if p.kind == tComma {
		mark, h := len(p.exprs), p.h
		p.exprs = append(p.exprs, e)
		for p.accept(tComma) && startsExpr[p.kind] {
			p.exprs = append(p.exprs, p.target())
			h = max(h, p.h)
		}
		p.high(h + 1)
		t := p.tuples.One()
		t.Span, t.Elts = p.since(start), p.popExprs(mark)
		e = t
	}
	p.assignable(e)
	return e
}

func (p *parser) target() Expr {
	if p.kind == tMult {
		return p.star(precBitOr)
	}
	return p.binary(precBitOr)
}

// assignable notes an error if something cannot be assigned to. It reports the first one.
func (p *parser) assignable(e Expr) bool {
	switch e := e.(type) {
	case *Name, *Attribute, *Subscript, *BadExpr:
		return true
	case *Starred:
		return p.assignable(e.Value)
	case *Tuple:
		return p.allAssignable(e.Elts)
	case *List:
		return p.allAssignable(e.Elts)
	}
	p.cannot("assign to", e)
	return false
}

func (p *parser) allAssignable(list []Expr) bool {
	for _, e := range list {
		if !p.assignable(e) {
			return false
		}
	}
	return true
}

// deletable notes an error if something cannot be deleted.
func (p *parser) deletable(e Expr) bool {
	var list []Expr
	switch e := e.(type) {
	case *Name, *Attribute, *Subscript, *BadExpr:
		return true
	case *Tuple:
		list = e.Elts
	case *List:
		list = e.Elts
	default:
		p.cannot("delete", e)
		return false
	}
	for _, e := range list {
		if !p.deletable(e) {
			return false
		}
	}
	return true
}

func (p *parser) cannot(verb string, e Expr) {
	if !p.bad {
		p.note(e.At(), "cannot "+verb+" this expression")
	}
}
