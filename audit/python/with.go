package python

func (p *parser) withStmt(start int32, async bool) Stmt {
	p.next()
	s := p.withs.One()
	s.Async = async
	var few [4]WithItem
	items := few[:0]
	if p.kind == tLParen {
		items = p.bracketed(items)
	}
	if len(items) == 0 {
		for {
			items = append(items, p.withItem())
			if !p.accept(tComma) {
				break
			}
		}
	}
	s.Items = p.itemList.List(items)
	s.Body = p.block("with")
	s.Span = p.since(start)
	return s
}

// bracketed tries with (a as b, c as d):, and returns nothing if the bracket belongs to an
// expression.
func (p *parser) bracketed(items []WithItem) []WithItem {
	was := p.mark()
	p.quiet = true
	for p.next(); p.kind != tRParen; {
		items = append(items, p.withItem())
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRParen, "")
	p.quiet = was.quiet
	if p.bad || p.kind != tColon || len(items) == 0 || p.notes > was.notes {
		p.reset(was)
		return nil
	}
	return items
}

func (p *parser) withItem() WithItem {
	start := p.start
	w := WithItem{Value: p.expr()}
	if p.accept(tAs) {
		w.Target = p.target()
		p.assignable(w.Target)
	}
	w.Span = p.since(start)
	return w
}

// place is where a parser stood, to come back to.
type place struct {
	lexer
	quiet                    bool
	exprs, keywords, comment int
	depth, fdepth, reached   int
	notes                    int
}

func (p *parser) mark() place {
	return place{p.lexer, p.quiet, len(p.exprs), len(p.keywords), len(p.comments), p.depth, p.fdepth, p.reached, p.notes}
}

func (p *parser) reset(w place) {
	p.lexer, p.quiet = w.lexer, w.quiet
	p.exprs, p.keywords, p.comments = p.exprs[:w.exprs], p.keywords[:w.keywords], p.comments[:w.comment]
	p.depth, p.fdepth, p.reached, p.notes = w.depth, w.fdepth, w.reached, w.notes
}
