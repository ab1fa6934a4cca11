package python

// named reads an expression that may be name := value.
func (p *parser) named() Expr {
	start, name := p.start, p.kind == tName
	e := p.expr()
	if p.kind != tWalrus {
		return e
	}
	target, ok := e.(*Name)
	if !ok || !name || target.Start != start {
		p.fail("only a name can stand before :=")
		return e
	}
	p.next()
	value := p.expr()
	p.high(p.h + 1)
	return &NamedExpr{p.since(start), target, value}
}

// expr reads an expression without :=, * and commas.
func (p *parser) expr() Expr {
	if p.kind == tLambda {
		return p.lambda()
	}
	p.down()
	start := p.start
	e := p.binary(precOr)
	if p.kind == tIf {
		e = p.conditional(start, e)
	}
	p.up()
	return e
}

func (p *parser) conditional(start int32, body Expr) Expr {
	h := p.h
	p.next()
	test := p.binary(precOr)
	h = max(h, p.h)
	p.expect(tElse, "expected else after the if of an expression")
	or := p.expr()
	p.high(max(h, p.h) + 1)
	return &IfExp{p.since(start), test, body, or}
}

// binary reads operators that bind at least as strongly as asked.
func (p *parser) binary(least uint8) Expr {
	start := p.start
	left := p.unary(least)
	for {
		prec := precedence[p.kind]
		if prec == precNone || prec < least {
			return left
		}
		switch prec {
		case precOr, precAnd:
			left = p.boolean(start, left, prec)
		case precCompare:
			left = p.compare(start, left)
		default:
			op, h := Op(p.kind-tAdd), p.h
			p.next()
			right := p.binary(prec + 1)
			p.high(max(h, p.h) + 1)
			b := p.binaries.One()
			b.Span, b.Op, b.Left, b.Right = p.since(start), op, left, right
			left = b
		}
	}
}

func (p *parser) boolean(start int32, left Expr, prec uint8) Expr {
	mark, h, kind := len(p.exprs), p.h, p.kind
	p.exprs = append(p.exprs, left)
	for p.accept(kind) {
		p.exprs = append(p.exprs, p.binary(prec+1))
		h = max(h, p.h)
	}
	op := Or
	if kind == tAnd {
		op = And
	}
	p.high(h + 1)
	return &BoolOp{p.since(start), op, p.popExprs(mark)}
}

// popExprs takes the list that was gathered since the mark.
func (p *parser) popExprs(mark int) []Expr {
	list := p.exprList.List(p.exprs[mark:])
	p.exprs = p.exprs[:mark]
	return list
}

func (p *parser) compare(start int32, left Expr) Expr {
	mark, h := len(p.exprs), p.h
	var few [4]Op
	ops := few[:0]
	for precedence[p.kind] == precCompare {
		ops = append(ops, p.comparison())
		p.exprs = append(p.exprs, p.binary(precCompare+1))
		h = max(h, p.h)
	}
	p.high(h + 1)
	c := p.compares.One()
	c.Span, c.Left, c.Ops, c.Rights = p.since(start), left, p.opList.List(ops), p.popExprs(mark)
	return c
}

// comparison reads one operator that compares.
func (p *parser) comparison() Op {
	k := p.kind
	p.next()
	switch k {
	case tIs:
		if p.accept(tNot) {
			return IsNot
		}
		return Is
	case tIn:
		return In
	case tNot:
		p.expect(tIn, "invalid syntax")
		return NotIn
	}
	return Op(k-tEq) + Eq
}

// unary reads a prefix operator and what it stands before, or a power.
func (p *parser) unary(least uint8) Expr {
	start := p.start
	switch p.kind {
	case tNot:
		if least > precNot {
			p.syntax()
			return p.badExpr()
		}
		return p.prefixed(start, Not, precNot)
	case tSub:
		return p.prefixed(start, Sub, precUnary)
	case tAdd:
		return p.prefixed(start, Add, precUnary)
	case tInvert:
		return p.prefixed(start, Invert, precUnary)
	}
	left := p.primary()
	if p.kind != tPow {
		return left
	}
	h := p.h
	p.next()
	p.down()
	right := p.unary(precUnary)
	p.up()
	p.high(max(h, p.h) + 1)
	b := p.binaries.One()
	b.Span, b.Op, b.Left, b.Right = p.since(start), Pow, left, right
	return b
}

func (p *parser) prefixed(start int32, op Op, prec uint8) Expr {
	p.next()
	p.down()
	operand := p.binary(prec)
	p.up()
	p.high(p.h + 1)
	u := p.unaries.One()
	u.Span, u.Op, u.Operand = p.since(start), op, operand
	return u
}

// starred reads *value or an expression that may be name := value.
func (p *parser) starred() Expr {
	if p.kind != tMult {
		return p.named()
	}
	return p.star(precBitOr)
}

// star reads *value, where value binds as strongly as asked.
func (p *parser) star(prec uint8) Expr {
	start := p.start
	p.next()
	p.down()
	var value Expr
	if prec == precNone {
		value = p.expr()
	} else {
		value = p.binary(prec)
	}
	p.up()
	p.high(p.h + 1)
	return &Starred{p.since(start), value}
}

// stars reads expressions with commas between them; more than one, or a comma after one,
// make a tuple.
func (p *parser) stars() Expr {
	start := p.start
	e := p.starOrExpr()
	if p.kind != tComma {
		return e
	}
	return p.tupleAfter(start, e, false)
}

func (p *parser) starOrExpr() Expr {
	if p.kind == tMult {
		return p.star(precBitOr)
	}
	return p.expr()
}

// tupleAfter reads the rest of a tuple without brackets.
func (p *parser) tupleAfter(start int32, e Expr, walrus bool) Expr {
	mark, h := len(p.exprs), p.h
	p.exprs = append(p.exprs, e)
	for p.accept(tComma) {
		if !startsExpr[p.kind] {
			break
		}
		if walrus {
			e = p.starred()
		} else {
			e = p.starOrExpr()
		}
		p.exprs = append(p.exprs, e)
		h = max(h, p.h)
	}
	p.high(h + 1)
	t := p.tuples.One()
	t.Span, t.Elts = p.since(start), p.popExprs(mark)
	return t
}

// startsExpr holds the tokens that an expression or *expression can start with.
var startsExpr = [256]bool{
	tName: true, tNumber: true, tString: true, tFString: true, tLParen: true, tLBracket: true, tLBrace: true,
	tEllipsis: true, tAdd: true, tSub: true, tMult: true, tInvert: true, tAwait: true, tFalse: true, tLambda: true,
	tNone: true, tNot: true, tTrue: true,
}

// yieldOrStars reads what may stand after = and in an f-string.
func (p *parser) yieldOrStars() Expr {
	if p.kind == tYield {
		return p.yield()
	}
	return p.stars()
}

func (p *parser) yield() Expr {
	start := p.start
	p.next()
	y := &Yield{}
	p.h = 1
	if p.accept(tFrom) {
		y.From, y.Value = true, p.expr()
	} else if startsExpr[p.kind] {
		y.Value = p.stars()
	}
	p.high(p.h + 1)
	y.Span = p.since(start)
	return y
}
