package jinja

import "github.com/fumehood/fumehood/audit/python"

// loop reads for target in iter if test recursive.
func (p *parser) loop() {
	f := &For{Target: p.target("in", false)}
	p.expectWord("in")
	f.Iter = p.tuple(tEnd, false, "recursive")
	if p.skipWord("if") {
		f.Test = p.expression()
	}
	f.Recursive = p.skipWord("recursive")
	p.push(f, "endfor")
}

// target reads what is assigned to, up to a word: names, tuples of them, and attributes of a
// namespace where these are allowed.
func (p *parser) target(word string, namespace bool) python.Expr {
	start := p.begin()
	base, commas := len(p.exprs), false
	for p.kind() != tEnd && p.kind() != tAssign && (word == "" || !p.is(word)) {
		at := p.begin()
		e := p.primary()
		if name, ok := e.(*python.Name); ok && namespace && p.skip(tDot) {
			e = p.attribute(at, name)
		}
		if !assignable(e) {
			p.fail("expected a name to assign to")
		}
		p.exprs = append(p.exprs, e)
		if !p.skip(tComma) {
			break
		}
		commas = true
	}
	if !commas && len(p.exprs) == base+1 {
		e := p.exprs[base]
		p.exprs = p.exprs[:base]
		return e
	}
	if len(p.exprs) == base {
		return p.fail("expected a name to assign to")
	}
	return &python.Tuple{Span: p.since(start), Elts: p.listed(base)}
}

func assignable(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name, *python.Attribute:
		return true
	case *python.Tuple:
		for _, elt := range e.Elts {
			if !assignable(elt) {
				return false
			}
		}
		return true
	}
	return false
}

// set reads an assignment, or the start of one that takes its body.
func (p *parser) set() {
	s := &Set{Span: p.tagSpan(), Escaped: p.autoescape}
	s.Targets = []python.Expr{p.target("", true)}
	if p.skip(tAssign) {
		s.Value = p.tuple(tEnd, true, "")
		p.leaf(s)
		return
	}
	if p.kind() == tPipe {
		start := p.begin()
		s.Filter = p.chain(start, p.name(Span{Start: start, End: start}, Captured))
	}
	if p.failed && !p.hasEnd("endset") {
		p.put(s)
		return
	}
	p.push(s, "endset")
}

func (p *parser) with() {
	w := &With{}
	for p.kind() != tEnd && p.kind() != tColon {
		if len(w.Targets) > 0 {
			p.expect(tComma, "a comma")
		}
		target := p.target("", false)
		if p.skip(tAssign) {
			w.Targets = append(w.Targets, target)
			w.Values = append(w.Values, p.expression())
		} else {
			p.fail("expected =")
		}
	}
	p.push(w, "endwith")
}

// signature reads the parameters of a macro or of a call block.
func (p *parser) signature() python.Params {
	var list []python.Param
	p.expect(tLeftParen, "the parameters")
	for p.kind() != tRightParen && p.kind() != tEnd {
		start := p.begin()
		param := python.Param{Kind: python.Ordinary, Name: p.expect(tName, "the name of a parameter")}
		if p.skip(tAssign) {
			param.Default = p.expression()
		}
		param.Span = p.since(start)
		list = append(list, param)
		if p.kind() != tRightParen {
			p.expect(tComma, "a comma")
		}
	}
	p.expect(tRightParen, "a closing )")
	return python.Params{List: list}
}

// context reads with context and without context; given tells whether one is there.
func (p *parser) context() (with, given bool) {
	if !p.isAt(p.next+1, "context") || !p.is("with") && !p.is("without") {
		return false, false
	}
	with = p.take() == "with"
	p.take()
	return with, true
}

func (p *parser) include() {
	n := &Include{Span: p.tagSpan(), Template: p.expression()}
	if p.is("ignore") && p.isAt(p.next+1, "missing") {
		p.take()
		p.take()
		n.IgnoreMissing = true
	}
	with, given := p.context()
	n.WithoutContext = given && !with
	p.leaf(n)
}

func (p *parser) imports() {
	n := &Import{Span: p.tagSpan(), Template: p.expression()}
	p.expectWord("as")
	n.As = p.expect(tName, "a name")
	n.WithContext, _ = p.context()
	p.leaf(n)
}

func (p *parser) from() {
	n := &FromImport{Span: p.tagSpan(), Template: p.expression()}
	p.expectWord("import")
	for p.kind() != tEnd {
		if with, given := p.context(); given {
			n.WithContext = with
			break
		}
		start := p.begin()
		alias := python.Alias{Name: p.expect(tName, "a name")}
		if p.skipWord("as") {
			alias.As = p.expect(tName, "a name")
		}
		alias.Span = p.since(start)
		n.Names = append(n.Names, alias)
		if with, given := p.context(); given {
			n.WithContext = with
			break
		}
		if !p.skip(tComma) {
			break
		}
	}
	if len(n.Names) == 0 {
		p.fail("expected a name")
	}
	p.leaf(n)
}

// print reads the old way to put out values.
func (p *parser) print() {
	for i := 0; p.kind() != tEnd; i++ {
		if i > 0 {
			p.expect(tComma, "a comma")
		}
		start := p.begin()
		p.output(p.expression(), start)
		n := p.nodes[len(p.nodes)-1].(*Output)
		n.Span = p.since(start)
	}
}

// trans reads a text to translate: a context, trimmed or notrimmed, and variables.
func (p *parser) trans() {
	n := &Trans{}
	if p.kind() == tString {
		p.take()
	}
	trimmed := false
	for p.kind() != tEnd {
		if len(n.Vars) > 0 {
			p.expect(tComma, "a comma")
		}
		if p.skip(tColon) {
			break
		}
		start := p.begin()
		name := p.expect(tName, "the name of a variable")
		v := python.Keyword{Name: name}
		switch {
		case p.skip(tAssign):
			v.Value = p.expression()
		case !trimmed && (name == "trimmed" || name == "notrimmed"):
			trimmed = true
			continue
		case !p.failed:
			v.Value = p.name(p.since(start), name)
		default:
			v.Value = &python.BadExpr{Span: p.since(start)}
		}
		v.Span = p.since(start)
		n.Vars = append(n.Vars, v)
	}
	p.push(n, "endtrans")
}
