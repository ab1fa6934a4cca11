package python

func (p *parser) lambda() Expr {
	start := p.start
	p.down()
	p.next()
	if p.spec != 0 && p.nest == p.spec {
		p.fail("a lambda in an f-string needs brackets")
	}
	l := &Lambda{}
	p.h = 1
	l.Params = p.params(tColon, false)
	h := p.h
	p.expect(tColon, "expected : after the parameters of a lambda")
	l.Body = p.expr()
	p.up()
	p.high(max(h, p.h) + 1)
	l.Span = p.since(start)
	return l
}

// params reads parameters up to the end token, which it leaves.
func (p *parser) params(end token, annotated bool) Params {
	mark := len(p.gathered)
	kind, slash, star, defaults, h := Ordinary, false, false, false, 1
	for p.kind != end && !p.bad {
		switch p.kind {
		case tDiv:
			if slash || star || len(p.gathered) == mark {
				p.fail("/ cannot stand here among the parameters")
			}
			slash = true
			p.next()
			for i := range p.gathered[mark:] {
				p.gathered[mark+i].Kind = Positional
			}
		case tMult:
			if star {
				p.fail("* may stand only once among the parameters")
			}
			star, kind = true, KeywordOnly
			p.starParam(annotated)
		case tPow:
			start := p.start
			p.next()
			one := p.param(start, VarKeyword, annotated)
			p.gathered = append(p.gathered, one)
			p.accept(tComma)
			if p.kind != end {
				p.fail("parameters cannot follow **")
			}
			continue
		default:
			one := p.param(p.start, kind, annotated)
			if one.Default == nil && defaults && kind == Ordinary {
				p.note(one.Span, "a parameter without a default follows one with a default")
			}
			defaults = defaults || one.Default != nil
			if one.Name != "" {
				p.gathered = append(p.gathered, one)
			}
		}
		h = max(h, p.h)
		if p.kind != end {
			p.expect(tComma, "invalid syntax: expected , in the parameters")
		}
	}
	p.h = h
	list := p.paramList.List(p.gathered[mark:])
	p.gathered = p.gathered[:mark]
	return Params{list}
}

// starParam reads *args or a lone *.
func (p *parser) starParam(annotated bool) {
	start := p.start
	p.next()
	if p.kind == tName {
		one := p.param(start, VarPositional, annotated)
		p.gathered = append(p.gathered, one)
		return
	}
	if p.kind != tComma {
		p.fail("a name must follow the * in the parameters")
		return
	}
	was := p.mark()
	p.quiet = true
	p.next()
	named := p.kind == tName
	if p.reset(was); !named {
		p.fail("named parameters must follow a lone *")
	}
}

// param reads one parameter that starts at a place; the stars before it have been read.
func (p *parser) param(start int32, kind ParamKind, annotated bool) Param {
	p.h = 1
	one := Param{Kind: kind, Name: p.identifier()}
	h := 1
	if annotated && p.accept(tColon) {
		if p.kind == tMult && kind == VarPositional {
			one.Annotation = p.star(precBitOr)
		} else {
			one.Annotation = p.expr()
		}
		h = max(h, p.h)
	}
	if p.kind == tAssign && (kind == VarPositional || kind == VarKeyword) {
		p.fail("a parameter with a star cannot have a default")
	}
	if p.accept(tAssign) {
		one.Default = p.expr()
		h = max(h, p.h)
	}
	p.h = h
	one.Span = p.since(start)
	return one
}

// typeParams reads [T: Bound = Default, *Ts, **P] (PEP 695, PEP 696).
func (p *parser) typeParams() []TypeParam {
	if p.kind != tLBracket {
		return nil
	}
	p.next()
	var list []TypeParam
	for !p.bad {
		start, stars := p.start, p.kind
		if stars == tMult || stars == tPow {
			p.next()
		}
		one := TypeParam{Name: p.identifier()}
		if p.kind == tColon && (stars == tMult || stars == tPow) {
			p.fail("a type parameter with stars cannot have a bound")
		}
		if p.accept(tColon) {
			one.Bound = p.expr()
		}
		if p.accept(tAssign) {
			if stars == tMult {
				one.Default = p.starOrExpr()
			} else {
				one.Default = p.expr()
			}
		}
		one.Span = p.since(start)
		list = append(list, one)
		if !p.accept(tComma) || p.kind == tRBracket {
			break
		}
	}
	p.expect(tRBracket, "invalid syntax: expected ] after the type parameters")
	return list
}
