package jinja

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// statement reads a block tag.
func (p *parser) statement() {
	if p.kind() != tName {
		span := p.tagSpan()
		p.fail("expected the name of a tag")
		p.put(&Unknown{Span: span, Args: p.args(0)})
		return
	}
	name := p.take()
	switch name {
	case "else", "elif", "pluralize":
		if p.middle(name) {
			return
		}
	case "extends":
		n := &Extends{Span: p.tagSpan(), Template: p.expression()}
		if p.t.Extends == nil {
			p.t.Extends = n.Template
		}
		p.leaf(n)
	case "include":
		p.include()
	case "import":
		p.imports()
	case "from":
		p.from()
	case "do":
		p.leaf(&Do{Span: p.tagSpan(), Expr: p.tuple(tEnd, true, "")})
	case "print":
		p.print()
	case "set":
		p.set()
	default:
		if strings.HasPrefix(name, "end") && p.end(name) || p.opening(name) {
			return
		}
		p.unknown(name)
	}
}

// leaf adds a tag without a body.
func (p *parser) leaf(n Node) {
	p.finish("the end of the tag")
	p.put(n)
}

// opening reads a tag that has a body, and tells whether it is one.
func (p *parser) opening(name string) bool {
	switch name {
	case "if":
		test := p.tuple(tEnd, false, "")
		p.push(&If{Tests: []Branch{{Test: test}}}, "endif")
	case "for":
		p.loop()
	case "block":
		b := &Block{Name: p.expect(tName, "the name of a block")}
		b.Scoped, b.Required = p.skipWord("scoped"), p.skipWord("required")
		p.t.Blocks = append(p.t.Blocks, b)
		p.push(b, "endblock")
	case "macro":
		m := &Macro{Name: p.expect(tName, "the name of a macro"), Params: p.signature()}
		p.t.Macros = append(p.t.Macros, m)
		p.push(m, "endmacro")
	case "call":
		c := &CallBlock{Escaped: p.autoescape}
		if p.kind() == tLeftParen {
			c.Params = p.signature()
		}
		c.Call = p.expression()
		if _, ok := c.Call.(*python.Call); !ok {
			p.fail("expected a call")
		}
		p.push(c, "endcall")
	case "filter":
		var e python.Expr = p.name(Span{Start: p.begin(), End: p.begin()}, Captured)
		start := p.begin()
		e = p.filter(start, e)
		p.push(&FilterBlock{Filter: p.chain(start, e)}, "endfilter")
	case "with":
		p.with()
	case "autoescape":
		a := &Autoescape{Value: p.expression()}
		p.push(a, "endautoescape")
		if n := len(p.frames); n > 0 && p.frames[n-1].node == a {
			c, ok := a.Value.(*python.Constant)
			p.autoescape = ok && c.Kind == python.True
		}
	case "trans":
		if !p.hasEnd("endtrans") {
			return false
		}
		p.trans()
	default:
		return false
	}
	return true
}

// chain reads more filters.
func (p *parser) chain(start int32, e python.Expr) python.Expr {
	for p.kind() == tPipe && p.grow() {
		p.take()
		e = p.filter(start, e)
	}
	return e
}

// unknown adds a tag that Jinja does not have. Whatever stands in it is its own affair.
func (p *parser) unknown(name string) {
	u := &Unknown{Span: p.tagSpan(), Name: name, Args: p.args(p.next)}
	p.failed, p.next = true, len(p.tokens)-1
	if end := "end" + name; !strings.HasPrefix(name, "end") && p.hasEnd(end) {
		p.push(u, end)
		return
	}
	p.put(u)
}

// args is the source of a tag from a token on.
func (p *parser) args(from int) string {
	end := p.tokens[len(p.tokens)-1].end
	return strings.TrimSpace(p.source[min(p.tokens[from].start, end):end])
}

// middle reads else, elif and pluralize, and tells whether they belong to the innermost block.
func (p *parser) middle(name string) bool {
	if len(p.skipped) > 0 {
		return true
	}
	var f *frame
	if len(p.frames) > 0 {
		f = &p.frames[len(p.frames)-1]
		if _, ok := f.node.(*Unknown); ok {
			p.unknown(name)
			return true
		}
	}
	if f == nil || f.alternate || !takes(f.node, name) {
		p.error(p.tagSpan(), "{% "+name+" %} belongs to no tag here")
		p.unknown(name)
		return true
	}
	p.section(f, int32(p.start))
	f.alternate = name != "elif"
	f.part = int32(p.start)
	switch n := f.node.(type) {
	case *If:
		var test python.Expr
		if name == "elif" {
			test = p.tuple(tEnd, false, "")
		}
		n.Tests = append(n.Tests, Branch{Test: test})
	case *Trans:
		if p.kind() == tName {
			n.Count = p.take()
		}
	}
	p.skip(tColon)
	p.finish("the end of the tag")
	return true
}

// takes tells whether a block has this tag in its middle.
func takes(n Node, name string) bool {
	switch n.(type) {
	case *If:
		return name == "elif" || name == "else"
	case *For:
		return name == "else"
	case *Trans:
		return name == "pluralize"
	}
	return false
}

// end closes a block, and tells whether there is one to close. Blocks inside of it that are
// open still are closed with an error.
func (p *parser) end(name string) bool {
	if n := len(p.skipped); n > 0 && p.skipped[n-1] == name {
		p.skipped = p.skipped[:n-1]
		return true
	}
	i := len(p.frames) - 1
	for i >= 0 && p.frames[i].end != name {
		i--
	}
	if i < 0 {
		p.error(p.tagSpan(), "{% "+name+" %} closes nothing")
		return false
	}
	for len(p.frames) > i+1 {
		p.unclosed(int32(p.start))
	}
	switch n := p.frames[i].node.(type) {
	case *Block:
		p.skipWord(n.Name)
	case *Unknown:
		p.next = len(p.tokens) - 1
	}
	p.finish("the end of the tag")
	p.pop(int32(p.at))
	return true
}

// section gives a block the nodes read since it started, or since its last else.
func (p *parser) section(f *frame, end int32) {
	body := p.body(f.base)
	switch n := f.node.(type) {
	case *If:
		b := &n.Tests[len(n.Tests)-1]
		b.Body, b.Span = body, Span{Start: f.part, End: end}
	case *For:
		if f.alternate {
			n.Else = body
		} else {
			n.Body = body
		}
	case *Trans:
		if f.alternate {
			n.Plural = body
		} else {
			n.Body = body
		}
	case *Set:
		n.Body = body
	case *Block:
		n.Body = body
	case *Macro:
		n.Body = body
	case *CallBlock:
		n.Body = body
	case *FilterBlock:
		n.Body = body
	case *With:
		n.Body = body
	case *Autoescape:
		n.Body = body
	case *Unknown:
		n.Body = body
	}
}

// setSpan sets where a block stands, once its end is known.
func setSpan(n Node, at Span) {
	switch n := n.(type) {
	case *If:
		n.Span = at
	case *For:
		n.Span = at
	case *Trans:
		n.Span = at
	case *Set:
		n.Span = at
	case *Block:
		n.Span = at
	case *Macro:
		n.Span = at
	case *CallBlock:
		n.Span = at
	case *FilterBlock:
		n.Span = at
	case *With:
		n.Span = at
	case *Autoescape:
		n.Span = at
	case *Unknown:
		n.Span = at
	}
}
