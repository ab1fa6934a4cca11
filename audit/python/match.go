package python

// matchStmt reads a match statement, and returns false if the name match at hand is only a
// name. It is a statement if a line with case follows.
func (p *parser) matchStmt() bool {
	start, was := p.start, p.mark()
	p.quiet = true
	p.next()
	if !startsExpr[p.kind] {
		p.reset(was)
		return false
	}
	subject := p.subject()
	p.quiet = was.quiet
	if p.bad || p.kind != tColon || !p.caseFollows(int(p.end)) {
		p.reset(was)
		return false
	}
	if p.notes > was.notes {
		p.reset(was)
		p.next()
		subject = p.subject()
	}
	p.next()
	p.next()
	s := &Match{Subject: subject}
	if p.kind != tIndent {
		p.note(Span{p.start, p.start}, "expected an indented block after match")
	} else {
		p.next()
		s.Cases = p.cases()
	}
	s.Span = p.since(start)
	p.add(s)
	return true
}

func (p *parser) subject() Expr {
	start := p.start
	e := p.starred()
	if p.kind == tComma {
		return p.tupleAfter(start, e, true)
	}
	if s, ok := e.(*Starred); ok && !p.bad {
		p.note(s.Span, "a starred expression cannot stand alone")
	}
	return e
}

// caseFollows says whether the next line starts with case.
func (p *parser) caseFollows(i int) bool {
	lines := 0
	for ; i < len(p.src); i++ {
		switch class[p.src[i]] {
		case isNewline:
			lines++
		case isSpace:
		case isHash:
			i = p.lineEnd(i) - 1
		default:
			return lines > 0 && len(p.src)-i > 5 && p.src[i:i+4] == "case" && !ident[p.src[i+4]]
		}
	}
	return false
}

func (p *parser) cases() []MatchCase {
	var list []MatchCase
	for p.kind != tDedent && p.kind != tEOF {
		if !p.soft("case") {
			p.note(Span{p.start, p.end}, "expected case")
			p.statement()
			continue
		}
		start := p.start
		p.first = start
		p.next()
		c := MatchCase{Pattern: p.patterns()}
		if p.accept(tIf) {
			c.Guard = p.named()
		}
		c.Body = p.block("case")
		c.Span = p.since(start)
		list = append(list, c)
	}
	p.accept(tDedent)
	return list
}

// patterns reads a pattern, or several with commas, which are a List.
func (p *parser) patterns() Expr {
	start := p.start
	e := p.starPattern()
	if p.kind != tComma {
		if s, ok := e.(*Starred); ok && !p.bad {
			p.note(s.Span, "a starred pattern cannot stand alone")
		}
		return e
	}
	mark := len(p.exprs)
	p.exprs = append(p.exprs, e)
	for p.accept(tComma) && p.kind != tColon && p.kind != tIf {
		p.exprs = append(p.exprs, p.starPattern())
	}
	return &List{p.since(start), p.popExprs(mark)}
}

func (p *parser) starPattern() Expr {
	start := p.start
	if !p.accept(tMult) {
		return p.asPattern()
	}
	name := p.capture()
	return &Starred{p.since(start), name}
}

// capture reads a name that is bound, or _.
func (p *parser) capture() *Name {
	at := Span{p.start, p.end}
	n := p.names.One()
	n.ID = p.identifier()
	if n.Span = at; p.bad {
		n.Span = Span{p.start, p.start}
	}
	return n
}

func (p *parser) asPattern() Expr {
	p.down()
	start := p.start
	e := p.closedPattern()
	for n := 1; p.kind == tBitOr; n++ {
		p.next()
		right := p.closedPattern()
		p.high(n)
		e = &BinOp{p.since(start), BitOr, e, right}
	}
	if p.accept(tAs) {
		name := p.identifier()
		if name == "_" {
			p.fail("_ cannot be bound in a pattern")
		}
		e = &PatternAs{p.since(start), e, name}
	}
	p.up()
	return e
}

func (p *parser) closedPattern() Expr {
	start := p.start
	switch p.kind {
	case tName:
		return p.namePattern()
	case tNumber, tSub:
		return p.numberPattern()
	case tString, tFString, tNone, tTrue, tFalse:
		return p.atom()
	case tLParen:
		return p.groupPattern()
	case tLBracket:
		p.next()
		list, _ := p.sequence(tRBracket)
		return &List{p.since(start), list}
	case tLBrace:
		return p.mappingPattern()
	}
	p.fail("invalid pattern")
	return p.badExpr()
}

// numberPattern reads 1, -1 and 1 + 2j.
func (p *parser) numberPattern() Expr {
	start := p.start
	e := p.signed()
	if p.kind != tAdd && p.kind != tSub {
		return e
	}
	if p.src[p.prevEnd-1]|0x20 == 'j' {
		p.fail("expected a real number before the imaginary one in a pattern")
		return e
	}
	op := Op(p.kind - tAdd)
	p.next()
	if p.kind != tNumber || p.src[p.end-1]|0x20 != 'j' {
		p.fail("expected an imaginary number in a pattern")
		return e
	}
	right := p.atom()
	return &BinOp{p.since(start), op, e, right}
}

func (p *parser) signed() Expr {
	start := p.start
	minus := p.accept(tSub)
	if p.kind != tNumber {
		p.fail("expected a number in a pattern")
		return p.badExpr()
	}
	e := p.atom()
	if minus {
		return &UnaryOp{p.since(start), Sub, e}
	}
	return e
}

// namePattern reads a name, a.dotted.value, or a class with its arguments.
func (p *parser) namePattern() Expr {
	start := p.start
	var e Expr = p.capture()
	for n := 1; p.accept(tDot); n++ {
		a := p.attributes.One()
		a.Value, a.Attr = e, p.identifier()
		a.Span = p.since(start)
		e = a
		p.high(n)
	}
	if p.kind != tLParen {
		return e
	}
	p.next()
	c := p.calls.One()
	c.Func = e
	c.Args, c.Keywords = p.classArguments()
	c.Span = p.since(start)
	return c
}

func (p *parser) classArguments() ([]Expr, []Keyword) {
	mark, keys := len(p.exprs), len(p.keywords)
	for p.kind != tRParen {
		start := p.start
		e := p.asPattern()
		n, ok := e.(*Name)
		switch {
		case ok && n.Start == start && p.kind == tAssign:
			p.next()
			value := p.asPattern()
			p.keywords = append(p.keywords, Keyword{p.since(start), n.ID, value})
		default:
			if len(p.keywords) > keys {
				p.note(e.At(), "a positional pattern follows keyword patterns")
			}
			p.exprs = append(p.exprs, e)
		}
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRParen, "a bracket is not closed: expected , or )")
	list := p.keyList.List(p.keywords[keys:])
	p.keywords = p.keywords[:keys]
	return p.popExprs(mark), list
}

// sequence reads patterns up to and with a closing bracket, and says whether there was a
// comma.
func (p *parser) sequence(end token) ([]Expr, bool) {
	mark, comma := len(p.exprs), false
	for p.kind != end {
		p.exprs = append(p.exprs, p.starPattern())
		if !p.accept(tComma) {
			break
		}
		comma = true
	}
	p.expect(end, "a bracket is not closed")
	return p.popExprs(mark), comma
}

func (p *parser) groupPattern() Expr {
	start := p.start
	p.next()
	list, comma := p.sequence(tRParen)
	if len(list) == 1 && !comma {
		if _, star := list[0].(*Starred); !star {
			return list[0]
		}
		p.note(p.since(start), "a starred pattern cannot stand alone in brackets")
	}
	return &List{p.since(start), list}
}

func (p *parser) mappingPattern() Expr {
	start := p.start
	p.next()
	d := &Dict{}
	for p.kind != tRBrace {
		if p.accept(tPow) {
			rest := p.capture()
			if rest.ID == "_" {
				p.fail("_ cannot be bound in a pattern")
			}
			d.Keys, d.Values = append(d.Keys, nil), append(d.Values, rest)
			p.accept(tComma)
			break
		}
		key := p.closedPattern()
		switch key.(type) {
		case *Name, *Call, *List, *Dict:
			p.fail("the key of a mapping pattern must be a literal or a dotted name")
		}
		p.expect(tColon, "expected : in a mapping pattern")
		d.Keys, d.Values = append(d.Keys, key), append(d.Values, p.asPattern())
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRBrace, "a bracket is not closed: expected }")
	d.Span = p.since(start)
	return d
}
