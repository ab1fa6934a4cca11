package jinja

import "github.com/fumehood/fumehood/audit/python"

// primary reads a name, a literal, or what stands in brackets.
func (p *parser) primary() python.Expr {
	start := p.begin()
	switch p.kind() {
	case tName:
		return p.word()
	case tString:
		return p.str()
	case tInteger, tFloat:
		text := p.take()
		return &python.Number{Span: p.since(start), Text: text}
	case tLeftParen:
		p.take()
		e := p.tuple(tRightParen, true, "")
		p.expect(tRightParen, "a closing )")
		if t, ok := e.(*python.Tuple); ok {
			t.Span = p.since(start)
		}
		return e
	case tLeftBracket:
		p.take()
		list := &python.List{Elts: p.elements(tRightBracket)}
		p.expect(tRightBracket, "a closing ]")
		list.Span = p.since(start)
		return list
	case tLeftBrace:
		return p.dict()
	}
	return p.fail("expected an expression")
}

// word reads a name or a constant.
func (p *parser) word() python.Expr {
	start := p.begin()
	text := p.take()
	switch text {
	case "true", "True":
		return &python.Constant{Span: p.since(start), Kind: python.True}
	case "false", "False":
		return &python.Constant{Span: p.since(start), Kind: python.False}
	case "none", "None":
		return &python.Constant{Span: p.since(start), Kind: python.None}
	}
	return p.name(p.since(start), text)
}

func (p *parser) name(at Span, id string) *python.Name {
	n := p.slabs.names.One()
	n.Span, n.ID = at, id
	return n
}

// str reads string literals; neighbours are one.
func (p *parser) str() python.Expr {
	start, value := p.begin(), ""
	for i := 0; p.kind() == tString; i++ {
		part, problem := unquote(p.source[p.tokens[p.next].start:p.tokens[p.next].end])
		if problem != "" && !p.failed {
			t := p.tokens[p.next]
			p.error(Span{Start: t.start, End: t.end}, problem)
			p.failed = true
		}
		p.take()
		if i == 0 {
			value = part
		} else {
			value += part
		}
		if !p.grow() {
			break
		}
	}
	s := p.slabs.strings.One()
	s.Span, s.Value = p.since(start), value
	return s
}

// elements reads expressions up to a closing bracket.
func (p *parser) elements(end kind) []python.Expr {
	base := len(p.exprs)
	for p.kind() != end && p.kind() != tEnd {
		p.exprs = append(p.exprs, p.expression())
		if p.kind() != end {
			p.expect(tComma, "a comma")
		}
	}
	return p.listed(base)
}

// listed takes the expressions read since a mark.
func (p *parser) listed(base int) []python.Expr {
	list := p.slabs.exprs.List(p.exprs[base:])
	p.exprs = p.exprs[:base]
	return list
}

func (p *parser) dict() python.Expr {
	start := p.begin()
	p.take()
	d := &python.Dict{}
	for p.kind() != tRightBrace && p.kind() != tEnd {
		d.Keys = append(d.Keys, p.expression())
		p.expect(tColon, "a colon")
		d.Values = append(d.Values, p.expression())
		if p.kind() != tRightBrace {
			p.expect(tComma, "a comma")
		}
	}
	p.expect(tRightBrace, "a closing }")
	d.Span = p.since(start)
	return d
}

// tuple reads an expression, or several with commas between them: up to a token, or to a word
// after which the tag goes on. whole allows a if b at the top.
func (p *parser) tuple(end kind, whole bool, word string) python.Expr {
	start := p.begin()
	base, commas := len(p.exprs), false
	for {
		if k := p.kind(); k == end || k == tEnd || k == tRightParen || word != "" && p.is(word) {
			break
		}
		if whole {
			p.exprs = append(p.exprs, p.expression())
		} else {
			p.exprs = append(p.exprs, p.or())
		}
		if p.kind() != tComma {
			break
		}
		p.take()
		commas = true
	}
	if !commas && len(p.exprs) == base+1 {
		e := p.exprs[base]
		p.exprs = p.exprs[:base]
		return e
	}
	if !commas && end != tRightParen {
		return p.fail("expected an expression")
	}
	return &python.Tuple{Span: p.since(start), Elts: p.listed(base)}
}

// postfix reads .name, [index] and calls.
func (p *parser) postfix(start int32, e python.Expr) python.Expr {
	for {
		switch p.kind() {
		case tDot:
			if !p.grow() {
				return e
			}
			p.take()
			e = p.attribute(start, e)
		case tLeftBracket:
			if !p.grow() {
				return e
			}
			p.take()
			index := p.indices()
			p.expect(tRightBracket, "a closing ]")
			e = &python.Subscript{Span: p.since(start), Value: e, Index: index}
		case tLeftParen:
			if !p.grow() {
				return e
			}
			e = p.call(start, e)
		default:
			return e
		}
	}
}

// attribute reads what follows a dot: a name, or a number that is an index.
func (p *parser) attribute(start int32, e python.Expr) python.Expr {
	at := p.begin()
	if p.kind() == tInteger {
		text := p.take()
		return &python.Subscript{Span: p.since(start), Value: e, Index: &python.Number{Span: p.since(at), Text: text}}
	}
	name := p.expect(tName, "a name or a number")
	a := p.slabs.attributes.One()
	a.Span, a.Value, a.Attr = p.since(start), e, name
	return a
}

// indices reads what stands in the brackets of a subscript.
func (p *parser) indices() python.Expr {
	start := p.begin()
	base := len(p.exprs)
	for p.kind() != tRightBracket && p.kind() != tEnd {
		p.exprs = append(p.exprs, p.index())
		if p.kind() != tRightBracket {
			p.expect(tComma, "a comma")
		}
	}
	if len(p.exprs) == base+1 {
		e := p.exprs[base]
		p.exprs = p.exprs[:base]
		return e
	}
	return &python.Tuple{Span: p.since(start), Elts: p.listed(base)}
}

// index reads an expression or low:high:step.
func (p *parser) index() python.Expr {
	start := p.begin()
	var low python.Expr
	if p.kind() != tColon {
		if low = p.expression(); p.kind() != tColon {
			return low
		}
	}
	p.take()
	s := &python.Slice{Low: low}
	part := func() python.Expr {
		if k := p.kind(); k == tColon || k == tRightBracket || k == tComma {
			return nil
		}
		return p.expression()
	}
	s.High = part()
	if p.skip(tColon) {
		s.Step = part()
	}
	s.Span = p.since(start)
	return s
}

// call reads the arguments of a call of e.
func (p *parser) call(start int32, e python.Expr) python.Expr {
	base := len(p.exprs)
	keywords := p.arguments()
	c := p.slabs.calls.One()
	c.Span, c.Func, c.Args, c.Keywords = p.since(start), e, p.listed(base), keywords
	return c
}

// arguments reads (a, *b, c=d, **e); the positional ones go to p.exprs.
func (p *parser) arguments() (keywords []python.Keyword) {
	p.take()
	positional := true
	for p.kind() != tRightParen && p.kind() != tEnd {
		start := p.begin()
		switch {
		case p.skip(tMul):
			value := p.expression()
			p.exprs = append(p.exprs, &python.Starred{Span: p.since(start), Value: value})
		case p.skip(tPow):
			value := p.expression()
			keywords = append(keywords, python.Keyword{Span: p.since(start), Value: value})
			positional = false
		case p.kind() == tName && p.tokens[p.next+1].kind == tAssign:
			name := p.take()
			p.take()
			value := p.expression()
			keywords = append(keywords, python.Keyword{Span: p.since(start), Name: name, Value: value})
			positional = false
		case !positional:
			p.fail("expected a named argument")
		default:
			p.exprs = append(p.exprs, p.expression())
		}
		if p.kind() != tRightParen {
			p.expect(tComma, "a comma")
		}
	}
	p.expect(tRightParen, "a closing )")
	return keywords
}

// filters reads |filter and is test after a value, and calls of what they return.
func (p *parser) filters(start int32, e python.Expr) python.Expr {
	for {
		switch {
		case p.kind() == tPipe:
			if !p.grow() {
				return e
			}
			p.take()
			e = p.filter(start, e)
		case p.is("is"):
			if !p.grow() {
				return e
			}
			p.take()
			e = p.test(start, e)
		case p.kind() == tLeftParen:
			if !p.grow() {
				return e
			}
			e = p.call(start, e)
		default:
			return e
		}
	}
}

// filter reads the name and the arguments of a filter of e, as a call of "|name".
func (p *parser) filter(start int32, e python.Expr) python.Expr {
	c, _ := p.named(start, e, '|')
	return c
}

// named reads a dotted name and arguments, and makes a call of it with e in front. It tells
// whether there were brackets.
func (p *parser) named(start int32, e python.Expr, mark byte) (c *python.Call, brackets bool) {
	at := p.begin()
	id := p.expect(tName, "a name")
	for p.kind() == tDot && p.grow() {
		p.take()
		id += "." + p.expect(tName, "a name")
	}
	f := p.name(p.since(at), p.marked(mark, id))
	base := len(p.exprs)
	p.exprs = append(p.exprs, e)
	var keywords []python.Keyword
	if brackets = p.kind() == tLeftParen; brackets {
		keywords = p.arguments()
	}
	c = p.slabs.calls.One()
	c.Span, c.Func, c.Args, c.Keywords = p.since(start), f, p.listed(base), keywords
	return c, brackets
}

// marked returns the ID of a filter or a test. Most templates use the same few again and again.
func (p *parser) marked(mark byte, name string) string {
	ids := &p.filterIDs
	if mark == '?' {
		ids = &p.testIDs
	}
	id, ok := (*ids)[name]
	if !ok {
		if *ids == nil {
			*ids = map[string]string{}
		}
		id = string(mark) + name
		(*ids)[name] = id
	}
	return id
}

// test reads is name, is not name, and the argument, for which brackets are not needed.
func (p *parser) test(start int32, e python.Expr) python.Expr {
	negated := p.skipWord("not")
	c, brackets := p.named(start, e, '?')
	if !brackets {
		p.bareArgument(c)
	}
	c.Span = p.since(start)
	if negated {
		return &python.UnaryOp{Span: c.Span, Op: python.Not, Operand: c}
	}
	return c
}

// bareArgument reads the argument of a test as in: is divisibleby 3.
func (p *parser) bareArgument(c *python.Call) {
	switch p.kind() {
	case tName:
		for _, word := range [...]string{"else", "or", "and", "if", "is"} {
			if p.is(word) {
				return
			}
		}
	case tString, tInteger, tFloat, tLeftBracket, tLeftBrace:
	default:
		return
	}
	start := p.begin()
	argument := p.postfix(start, p.primary())
	p.exprs = append(p.exprs, c.Args[0], argument)
	c.Args = p.listed(len(p.exprs) - 2)
}
