package jinja

import (
	"strconv"

	"github.com/fumehood/fumehood/audit/internal/slab"
	"github.com/fumehood/fumehood/audit/python"
)

// slabs hold the parts of the tree that there are most of.
type slabs struct {
	names      slab.Of[python.Name]
	attributes slab.Of[python.Attribute]
	calls      slab.Of[python.Call]
	strings    slab.Of[python.Str]
	exprs      slab.Of[python.Expr]
	texts      slab.Of[Text]
	outputs    slab.Of[Output]
	nodes      slab.Of[Node]
}

func (p *parser) kind() kind { return p.tokens[p.next].kind }

// begin returns where the next token starts.
func (p *parser) begin() int32 { return p.tokens[p.next].start }

// since returns the span from a place to the last token read.
func (p *parser) since(start int32) Span { return Span{Start: start, End: max(start, p.last)} }

// take reads a token and returns its text.
func (p *parser) take() string {
	t := p.tokens[p.next]
	if t.kind != tEnd {
		p.next++
		p.last = t.end
	}
	return p.source[t.start:t.end]
}

func (p *parser) skip(k kind) bool {
	if p.kind() != k {
		return false
	}
	p.take()
	return true
}

// is tells whether the next token is this word.
func (p *parser) is(word string) bool { return p.isAt(p.next, word) }

func (p *parser) isAt(i int, word string) bool {
	return i < len(p.tokens) && p.tokens[i].kind == tName && p.source[p.tokens[i].start:p.tokens[i].end] == word
}

func (p *parser) skipWord(word string) bool {
	if !p.is(word) {
		return false
	}
	p.take()
	return true
}

// expect reads a token of a kind, or fails.
func (p *parser) expect(k kind, what string) string {
	if p.kind() != k {
		p.fail("expected " + what)
		return ""
	}
	return p.take()
}

func (p *parser) expectWord(word string) {
	if !p.skipWord(word) {
		p.fail("expected " + strconv.Quote(word))
	}
}

// fail notes the first problem of a tag and goes to the end of it, so that all that read on
// find nothing more.
func (p *parser) fail(message string) *python.BadExpr {
	t, end := p.tokens[p.next], p.tokens[len(p.tokens)-1].end
	bad := &python.BadExpr{Span: Span{Start: t.start, End: end}}
	if !p.failed {
		switch {
		case t.kind == tBad:
			message = p.problem
		case t.kind == tEnd:
			message += ", got the end of the tag"
		default:
			message += ", got " + strconv.Quote(clip(p.source[t.start:t.end]))
		}
		p.error(Span{Start: t.start, End: max(t.start, t.end)}, message)
	}
	p.failed, p.last = true, max(p.last, end)
	p.next = len(p.tokens) - 1
	return bad
}

// clip shortens what a message shows.
func clip(s string) string {
	if len(s) > 40 {
		return s[:37] + "..."
	}
	return s
}

// error notes a problem.
func (p *parser) error(at Span, message string) {
	if len(p.t.Errors) < maxErrors {
		p.t.Errors = append(p.t.Errors, Error{at, message})
	}
}

// grow counts a step of a chain, which makes the tree higher without recursion.
func (p *parser) grow() bool {
	p.height++
	if p.height > maxHeight {
		p.fail("the expression is too long")
		return false
	}
	return true
}

// expression reads a if b else c, and all below.
func (p *parser) expression() python.Expr {
	if p.depth++; p.depth > maxDepth {
		p.depth--
		return p.fail("the expression is nested too deeply")
	}
	start := p.begin()
	e := p.or()
	for p.is("if") && p.grow() {
		p.take()
		x := &python.IfExp{Body: e, Test: p.or()}
		if p.skipWord("else") {
			x.Else = p.expression()
		} else {
			x.Else = &python.Constant{Span: Span{Start: p.last, End: p.last}, Kind: python.None}
		}
		x.Span = p.since(start)
		e = x
	}
	p.depth--
	return e
}

func (p *parser) or() python.Expr {
	start := p.begin()
	e := p.and()
	if !p.is("or") {
		return e
	}
	values := []python.Expr{e}
	for p.skipWord("or") {
		values = append(values, p.and())
	}
	return &python.BoolOp{Span: p.since(start), Op: python.Or, Values: values}
}

func (p *parser) and() python.Expr {
	start := p.begin()
	e := p.not()
	if !p.is("and") {
		return e
	}
	values := []python.Expr{e}
	for p.skipWord("and") {
		values = append(values, p.not())
	}
	return &python.BoolOp{Span: p.since(start), Op: python.And, Values: values}
}

func (p *parser) not() python.Expr {
	start := p.begin()
	if !p.skipWord("not") {
		return p.compare()
	}
	if p.depth++; p.depth > maxDepth {
		p.depth--
		return p.fail("the expression is nested too deeply")
	}
	operand := p.not()
	p.depth--
	return &python.UnaryOp{Span: p.since(start), Op: python.Not, Operand: operand}
}

func (p *parser) compare() python.Expr {
	start := p.begin()
	e := p.sum()
	var c *python.Compare
	for {
		op, ok := p.comparison()
		if !ok {
			break
		}
		if c == nil {
			c = &python.Compare{Left: e}
		}
		c.Ops = append(c.Ops, op)
		c.Rights = append(c.Rights, p.sum())
	}
	if c == nil {
		return e
	}
	c.Span = p.since(start)
	return c
}

func (p *parser) comparison() (op python.Op, ok bool) {
	switch p.kind() {
	case tEq:
		op = python.Eq
	case tNotEq:
		op = python.NotEq
	case tGt:
		op = python.Gt
	case tGtE:
		op = python.GtE
	case tLt:
		op = python.Lt
	case tLtE:
		op = python.LtE
	case tName:
		if p.skipWord("in") {
			return python.In, true
		}
		if p.is("not") && p.isAt(p.next+1, "in") {
			p.take()
			p.take()
			return python.NotIn, true
		}
		return 0, false
	default:
		return 0, false
	}
	p.take()
	return op, true
}

// sum reads + and -.
func (p *parser) sum() python.Expr {
	start := p.begin()
	e := p.concat()
	for k := p.kind(); (k == tAdd || k == tSub) && p.grow(); k = p.kind() {
		op := python.Add
		if k == tSub {
			op = python.Sub
		}
		p.take()
		right := p.concat()
		e = &python.BinOp{Span: p.since(start), Op: op, Left: e, Right: right}
	}
	return e
}

// concat reads ~, which is kept as +.
func (p *parser) concat() python.Expr {
	start := p.begin()
	e := p.product()
	for p.kind() == tTilde && p.grow() {
		p.take()
		right := p.product()
		e = &python.BinOp{Span: p.since(start), Op: python.Add, Left: e, Right: right}
	}
	return e
}

// product reads *, /, // and %.
func (p *parser) product() python.Expr {
	start := p.begin()
	e := p.power()
	for {
		var op python.Op
		switch p.kind() {
		case tMul:
			op = python.Mult
		case tDiv:
			op = python.Div
		case tFloorDiv:
			op = python.FloorDiv
		case tMod:
			op = python.Mod
		default:
			return e
		}
		if !p.grow() {
			return e
		}
		p.take()
		right := p.power()
		e = &python.BinOp{Span: p.since(start), Op: op, Left: e, Right: right}
	}
}

// power reads **, which groups from the left in Jinja.
func (p *parser) power() python.Expr {
	start := p.begin()
	e := p.unary(true)
	for p.kind() == tPow && p.grow() {
		p.take()
		right := p.unary(true)
		e = &python.BinOp{Span: p.since(start), Op: python.Pow, Left: e, Right: right}
	}
	return e
}

// unary reads a sign, and what follows a value: -x|abs is the filter of -x.
func (p *parser) unary(filters bool) python.Expr {
	start := p.begin()
	var e python.Expr
	if k := p.kind(); k == tSub || k == tAdd {
		if p.depth++; p.depth > maxDepth {
			p.depth--
			return p.fail("the expression is nested too deeply")
		}
		p.take()
		op := python.Sub
		if k == tAdd {
			op = python.Add
		}
		operand := p.unary(false)
		e = &python.UnaryOp{Span: p.since(start), Op: op, Operand: operand}
		p.depth--
	} else {
		e = p.primary()
	}
	e = p.postfix(start, e)
	if filters {
		e = p.filters(start, e)
	}
	return e
}
