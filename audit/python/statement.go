package python

// module reads all statements of a file.
func (p *parser) module() []Stmt {
	for p.kind != tEOF {
		if p.kind == tDedent || p.kind == tNewline {
			p.next()
			continue
		}
		p.statement()
	}
	return p.popStmts(0)
}

// popStmts takes the list that was gathered since the mark.
func (p *parser) popStmts(mark int) []Stmt {
	list := p.stmtList.List(p.stmts[mark:])
	clear(p.stmts[mark:])
	p.stmts = p.stmts[:mark]
	return list
}

func (p *parser) add(s Stmt) { p.stmts = append(p.stmts, s) }

// statement reads a compound statement or a line of simple ones, and adds them to p.stmts.
func (p *parser) statement() {
	p.first = p.start
	switch p.kind {
	case tIndent:
		p.note(Span{p.start, p.start}, "unexpected indent")
		p.spliced()
		return
	case tIf:
		p.add(p.ifStmt())
	case tFor:
		p.add(p.forStmt(p.start, false))
	case tWhile:
		p.add(p.whileStmt())
	case tTry:
		p.add(p.tryStmt())
	case tWith:
		p.add(p.withStmt(p.start, false))
	case tDef:
		p.add(p.function(p.start, nil, false))
	case tClass:
		p.add(p.class(p.start, nil))
	case tMatMult:
		p.decorated()
	case tAsync:
		p.async(p.start, nil)
	case tName:
		if p.src[p.start] == 'm' && p.soft("match") && p.matchStmt() {
			return
		}
		p.line()
	default:
		p.line()
	}
	if p.bad {
		p.recover()
	}
}

// spliced reads a block that belongs to no statement: its statements join the outer ones.
func (p *parser) spliced() {
	p.next()
	for p.kind != tDedent && p.kind != tEOF {
		p.statement()
	}
	p.accept(tDedent)
}

// line reads simple statements up to the end of the line.
func (p *parser) line() {
	for {
		start := p.start
		s := p.simple()
		if !p.bad && p.kind != tNewline && p.kind != tSemicolon && p.kind != tEOF {
			p.syntax()
		}
		if p.bad {
			p.recover()
			p.add(p.badStmt(start))
			if p.kind == tIndent {
				p.spliced()
			}
			return
		}
		p.add(s)
		if p.accept(tSemicolon) && p.kind != tNewline && p.kind != tEOF {
			continue
		}
		p.accept(tNewline)
		return
	}
}

// simple reads one simple statement.
func (p *parser) simple() Stmt {
	start := p.start
	switch p.kind {
	case tReturn:
		p.next()
		s := p.returns.One()
		if startsExpr[p.kind] {
			s.Value = p.stars()
		}
		s.Span = p.since(start)
		return s
	case tImport:
		return p.importStmt()
	case tFrom:
		return p.importFrom()
	case tRaise:
		return p.raiseStmt()
	case tPass:
		p.next()
		return &Pass{p.since(start)}
	case tBreak:
		p.next()
		return &Break{p.since(start)}
	case tContinue:
		p.next()
		return &Continue{p.since(start)}
	case tDel:
		return p.deleteStmt()
	case tAssert:
		return p.assertStmt()
	case tGlobal:
		p.next()
		list := p.nameList()
		return &Global{p.since(start), list}
	case tNonlocal:
		p.next()
		list := p.nameList()
		return &Nonlocal{p.since(start), list}
	case tName:
		if p.src[start] == 't' && p.soft("type") && p.aliasFollows() {
			return p.typeAlias()
		}
	}
	return p.exprStmt(start)
}

// exprStmt reads an expression, or an assignment of any kind.
func (p *parser) exprStmt(start int32) Stmt {
	left := p.yieldOrStars()
	switch k := p.kind; {
	case k == tAssign:
		return p.assignment(start, left)
	case k >= tAddAssign && k <= tFloorDivAssign:
		switch left.(type) {
		case *Name, *Attribute, *Subscript:
		default:
			p.cannot("assign an operation to", left)
		}
		p.next()
		value := p.yieldOrStars()
		return &AugAssign{p.since(start), left, Op(k - tAddAssign), value}
	case k == tColon:
		return p.annotation(start, left)
	}
	s := p.exprStmts.One()
	s.Span, s.Value = p.since(start), left
	return s
}

func (p *parser) assignment(start int32, left Expr) Stmt {
	mark := len(p.exprs)
	for p.accept(tAssign) {
		p.assignable(left)
		p.exprs = append(p.exprs, left)
		left = p.yieldOrStars()
	}
	a := p.assigns.One()
	a.Targets, a.Value, a.Span = p.popExprs(mark), left, p.since(start)
	return a
}

// annotation reads target: annotation = value.
func (p *parser) annotation(start int32, target Expr) Stmt {
	switch target.(type) {
	case *Name, *Attribute, *Subscript:
	default:
		p.fail("this cannot be annotated")
	}
	p.next()
	a := &AnnAssign{Target: target}
	a.Annotation = p.expr()
	if p.accept(tAssign) {
		a.Value = p.yieldOrStars()
	}
	a.Span = p.since(start)
	return a
}

func (p *parser) raiseStmt() Stmt {
	start := p.start
	p.next()
	r := p.raises.One()
	if startsExpr[p.kind] && p.kind != tMult {
		r.Exc = p.expr()
		if p.accept(tFrom) {
			r.Cause = p.expr()
		}
	}
	r.Span = p.since(start)
	return r
}

func (p *parser) assertStmt() Stmt {
	start := p.start
	p.next()
	a := &Assert{Test: p.expr()}
	if p.accept(tComma) {
		a.Msg = p.expr()
	}
	a.Span = p.since(start)
	return a
}

func (p *parser) deleteStmt() Stmt {
	start := p.start
	p.next()
	mark := len(p.exprs)
	for {
		e := p.binary(precBitOr)
		p.deletable(e)
		p.exprs = append(p.exprs, e)
		if !p.accept(tComma) || !startsExpr[p.kind] {
			break
		}
	}
	d := &Delete{Targets: p.popExprs(mark)}
	d.Span = p.since(start)
	return d
}

func (p *parser) nameList() []string {
	list := []string{p.identifier()}
	for p.accept(tComma) {
		list = append(list, p.identifier())
	}
	return list
}

// aliasFollows says whether the name type at hand starts type X = ...
func (p *parser) aliasFollows() bool {
	i := int(p.end)
	for i < len(p.src) && class[p.src[i]] == isSpace {
		i++
	}
	if i == int(p.end) || class[p.at(i)] != isLetter && p.at(i) < 0x80 {
		return false
	}
	j := i
	for j < len(p.src) && ident[p.src[j]] {
		j++
	}
	return keyword(p.src[i:j]) == tName
}

func (p *parser) typeAlias() Stmt {
	start := p.start
	p.next()
	a := &TypeAlias{Name: p.identifier()}
	a.TypeParams = p.typeParams()
	p.expect(tAssign, "expected = in a type statement")
	a.Value = p.expr()
	a.Span = p.since(start)
	return a
}
