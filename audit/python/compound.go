package python

// block reads : and what belongs to a compound statement, whose keyword is called what. After
// an error in the head it takes the block that follows, so that what stands there is seen.
func (p *parser) block(what string) []Stmt {
	if !p.bad && p.kind != tColon {
		p.fail("expected :")
	}
	mark := len(p.stmts)
	if p.bad {
		p.recover()
	} else if p.next(); p.kind == tNewline {
		p.next()
		if p.kind != tIndent {
			p.note(Span{p.start, p.start}, "expected an indented block after "+what)
		}
	} else {
		p.oneLine()
	}
	if p.kind == tIndent && !p.bad && len(p.stmts) == mark {
		p.spliced()
	}
	return p.popStmts(mark)
}

// oneLine reads the simple statements after the : of a compound statement.
func (p *parser) oneLine() {
	switch p.kind {
	case tIf, tFor, tWhile, tTry, tWith, tDef, tClass, tMatMult, tAsync:
		p.fail("a compound statement cannot stand after :")
	}
	p.line()
}

func (p *parser) ifStmt() Stmt {
	top := p.ifs.One()
	for s, n := top, 1; ; n++ {
		start := p.start
		p.first = start
		p.next()
		s.Test = p.named()
		s.Body = p.block("if")
		s.Span = p.since(start)
		if p.kind == tElse {
			s.Else = p.otherwise()
		}
		if p.kind != tElif || s.Else != nil {
			return p.closeIfs(top)
		}
		if n == maxHeight {
			p.fail("too many elif branches")
			return p.closeIfs(top)
		}
		branch := p.ifs.One()
		s.Else = p.stmtList.List([]Stmt{branch})
		s = branch
	}
}

// closeIfs gives every branch the end of the last one.
func (p *parser) closeIfs(top *If) Stmt {
	for s := top; ; {
		s.End = max(s.Start, p.prevEnd)
		if len(s.Else) != 1 {
			return top
		}
		next, ok := s.Else[0].(*If)
		if !ok || p.src[next.Start:next.Start+2] != "el" {
			return top
		}
		s = next
	}
}

// otherwise reads an else block.
func (p *parser) otherwise() []Stmt {
	p.first = p.start
	p.next()
	return p.block("else")
}

func (p *parser) forStmt(start int32, async bool) Stmt {
	p.next()
	s := p.loops.One()
	s.Async = async
	s.Target = p.targets()
	p.expect(tIn, "expected in")
	s.Iter = p.stars()
	s.Body = p.block("for")
	if p.kind == tElse {
		s.Else = p.otherwise()
	}
	s.Span = p.since(start)
	return s
}

func (p *parser) whileStmt() Stmt {
	start := p.start
	p.next()
	s := &While{Test: p.named()}
	s.Body = p.block("while")
	if p.kind == tElse {
		s.Else = p.otherwise()
	}
	s.Span = p.since(start)
	return s
}

func (p *parser) tryStmt() Stmt {
	start := p.start
	p.next()
	s := p.tries.One()
	s.Body = p.block("try")
	var few [4]Handler
	handlers := few[:0]
	plain := false
	for p.kind == tExcept {
		h, star := p.handler()
		s.Star, plain = s.Star || star, plain || !star
		handlers = append(handlers, h)
	}
	s.Handlers = p.handlers.List(handlers)
	if s.Star && plain {
		p.note(p.since(start), "except and except* cannot be mixed")
	}
	if p.kind == tElse && len(s.Handlers) > 0 {
		s.Else = p.otherwise()
	}
	if p.kind == tFinally {
		p.first = p.start
		p.next()
		s.Finally = p.block("finally")
	} else if len(s.Handlers) == 0 {
		p.note(p.since(start), "expected except or finally")
	}
	s.Span = p.since(start)
	return s
}

// handler reads except A, B as name.
func (p *parser) handler() (Handler, bool) {
	start := p.start
	p.first = start
	p.next()
	star := p.accept(tMult)
	var h Handler
	if p.kind != tColon || star {
		from := p.start
		h.Type = p.expr()
		if p.kind == tComma { // without brackets since 3.14 (PEP 758)
			h.Type = p.tupleAfter(from, h.Type, false)
			if p.kind == tAs {
				p.fail("several exceptions need brackets before as")
			}
		}
		if p.accept(tAs) {
			h.Name = p.identifier()
		}
	}
	h.Body = p.block("except")
	h.Span = p.since(start)
	return h, star
}

func (p *parser) async(start int32, decorators []Expr) {
	p.next()
	switch {
	case p.kind == tDef:
		p.add(p.function(start, decorators, true))
	case p.kind == tFor && decorators == nil:
		p.add(p.forStmt(start, true))
	case p.kind == tWith && decorators == nil:
		p.add(p.withStmt(start, true))
	default:
		p.syntax()
		p.recover()
		p.add(p.badStmt(start))
		if p.kind == tIndent {
			p.spliced()
		}
	}
}

// decorated reads decorators and the function or class below them.
func (p *parser) decorated() {
	start, mark := p.start, len(p.exprs)
	for p.kind == tMatMult {
		p.next()
		p.exprs = append(p.exprs, p.named())
		if !p.bad && p.kind != tNewline {
			p.syntax()
		}
		if p.bad {
			p.recover()
		} else {
			p.next()
		}
	}
	list := p.popExprs(mark)
	switch p.kind {
	case tDef:
		p.add(p.function(start, list, false))
	case tClass:
		p.add(p.class(start, list))
	case tAsync:
		p.async(start, list)
	default:
		at := p.since(start)
		p.note(at, "expected a function or a class after a decorator")
		p.add(&BadStmt{at})
	}
}

func (p *parser) function(start int32, decorators []Expr, async bool) Stmt {
	p.first = p.start
	p.next()
	f := p.functions.One()
	f.Decorators, f.Async = decorators, async
	f.NameAt = Span{p.start, p.end}
	f.Name = p.identifier()
	f.TypeParams = p.typeParams()
	p.expect(tLParen, "expected (")
	if !p.bad {
		f.Params = p.params(tRParen, true)
		p.expect(tRParen, "expected )")
	}
	if p.accept(tArrow) {
		f.Returns = p.expr()
	}
	f.Body = p.block("def")
	f.Span = p.since(start)
	return f
}

func (p *parser) class(start int32, decorators []Expr) Stmt {
	p.first = p.start
	p.next()
	c := &Class{Decorators: decorators, NameAt: Span{p.start, p.end}}
	c.Name = p.identifier()
	c.TypeParams = p.typeParams()
	if p.kind == tLParen {
		open := p.start
		p.next()
		c.Bases, c.Keywords = p.arguments(open, false)
	}
	c.Body = p.block("class")
	c.Span = p.since(start)
	return c
}
