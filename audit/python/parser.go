package python

import "strings"

// parser builds the tree of one file. Lists are gathered on the stacks exprs, stmts and so on
// of its Reader, then copied once their length is known.
type parser struct {
	lexer
	errors   []Error
	comments []Span
	notes    int  // how many errors there were
	quiet    bool // speculating: errors are only counted

	depth int // of expressions being read
	h     int // the height of the expression that was read last

	fdepth    int   // of f-strings being read
	outer     int32 // where the outermost of them starts
	outerNest int

	failed   token // what the parser met when it went bad, where, and in how many brackets
	failAt   int32
	failNest int
	reached  int   // how far the lexer looked for the end of a string in vain
	budget   int   // bytes that may still be read twice
	first    int32 // where the statement starts, or its else and the like
	resumed  int32 // where recover went on

	*Reader
}

func newParser(r *Reader, source string, errors []Error) *parser {
	r.exprs, r.stmts, r.keywords, r.gathered = r.exprs[:0], r.stmts[:0], r.keywords[:0], r.gathered[:0]
	p := &parser{Reader: r, errors: errors, budget: 3*len(source) + 4096}
	p.src = source
	p.crs = strings.IndexByte(source, '\r') >= 0
	p.indents = append(make([]indent, 0, 16), indent{})
	p.kind, p.lineStart = tNewline, true
	p.next()
	return p
}

// note adds an error that does not stop the statement from being read.
func (p *parser) note(at Span, message string) {
	p.notes++
	if !p.quiet && len(p.errors) < maxErrors {
		p.errors = append(p.errors, Error{at, message})
	}
}

// fail adds an error at the token at hand and turns the rest of the statement into nothing:
// until recover, the token at hand is tError, which no rule takes.
func (p *parser) fail(message string) {
	if p.bad {
		return
	}
	if p.kind == tEOF && p.nest > 0 {
		message = "a bracket is not closed"
	}
	p.note(Span{p.start, max(p.start, p.end)}, message)
	p.failed, p.failAt, p.failNest = p.kind, p.start, p.nest
	switch p.kind {
	case tLParen, tLBracket, tLBrace:
		p.failNest--
	case tRParen, tRBracket, tRBrace:
		p.failNest++
	}
	if p.fdepth > 0 {
		p.failed, p.failAt, p.failNest = tFString, p.outer, p.outerNest
	}
	p.kind, p.bad = tError, true
	p.start = max(p.start, p.prevEnd)
	p.end, p.prevEnd = p.start, p.start
}

func (p *parser) syntax() { p.fail("invalid syntax") }

// accept takes a token if it is the one at hand.
func (p *parser) accept(k token) bool {
	if p.kind != k {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(k token, message string) {
	if p.kind != k {
		p.fail(message)
		return
	}
	p.next()
}

// identifier takes a name.
func (p *parser) identifier() string {
	if p.kind != tName {
		p.fail("expected a name")
		return ""
	}
	s := p.text()
	p.next()
	return s
}

// soft says whether the token at hand is this soft keyword.
func (p *parser) soft(word string) bool {
	return p.kind == tName && p.src[p.start:p.end] == word
}

// since is the span from a place to the end of the last token.
func (p *parser) since(start int32) Span { return Span{start, max(start, p.prevEnd)} }

func (p *parser) badExpr() Expr {
	p.h = 1
	return &BadExpr{Span{p.start, p.start}}
}

// down counts one more expression in an expression; up undoes it.
func (p *parser) down() {
	if p.depth++; p.depth > maxDepth {
		p.fail("expressions are nested too deeply")
	}
}

func (p *parser) up() { p.depth-- }

// high sets the height of a tree that was put on top of others.
func (p *parser) high(h int) {
	if p.h = h; h > maxHeight {
		p.fail("an expression has too many parts")
	}
}
