package python

import "strings"

// recover goes on after a failure, at the next place where a statement may start.
func (p *parser) recover() {
	p.bad, p.spec, p.fdepth, p.depth = false, 0, 0, 0
	if p.failed == tIndent || p.failed == tDedent {
		p.kind = p.failed
		return
	}
	p.dropComments(int(p.failAt))
	pos := p.resync(int(p.failAt), p.failNest, p.indents[len(p.indents)-1].col)
	if p.reached > pos {
		p.budget -= p.reached - pos
	}
	p.reached = 0
	if p.budget < 0 {
		p.errors = append(p.errors, Error{Span{int32(pos), int32(len(p.src))}, "too many errors: the rest of the file was not read"})
		pos = len(p.src)
	}
	pos = p.decorators(pos)
	p.resumed = int32(pos)
	text := strings.TrimRight(p.src[:pos], " \t\r\n\f")
	p.end = max(p.prevEnd, min(int32(len(text)), int32(pos)))
	p.nest, p.pos, p.pending, p.kind, p.lineStart = 0, pos, 0, tNewline, true
	p.next()
}

// decorators goes back from a def or class to the decorators above it, which may have been
// taken for an operand of @. If decorators are what failed, they are not read again.
func (p *parser) decorators(pos int) int {
	word := p.firstWord(pos)
	if p.src[p.first] == '@' || word != "def" && word != "class" && word != "async" {
		return pos
	}
	for at := pos; ; pos = at {
		if at > 0 && p.src[at-1] == '\n' {
			at--
		}
		if at > 0 && p.src[at-1] == '\r' {
			at--
		}
		for at > int(p.first) && class[p.src[at-1]] != isNewline {
			at--
		}
		if at <= int(p.first) || !strings.HasPrefix(strings.TrimLeft(p.src[at:pos], " \t\f"), "@") {
			p.dropComments(pos)
			return pos
		}
	}
}

// firstWord is the name or keyword that a line starts with.
func (p *lexer) firstWord(i int) string {
	for class[p.at(i)] == isSpace {
		i++
	}
	j := i
	for ident[p.at(j)] {
		j++
	}
	return p.src[i:j]
}

// badStmt is a statement that was given up, from its start to where p went on.
func (p *parser) badStmt(start int32) *BadStmt {
	end := max(start, min(p.prevEnd, p.resumed))
	return &BadStmt{Span{start, start + int32(len(strings.TrimRight(p.src[start:end], " \t\r\n\f")))}}
}

// dropComments forgets the comments from a place on, which will be read again.
func (p *parser) dropComments(from int) {
	n := len(p.comments)
	for n > 0 && int(p.comments[n-1].Start) >= from {
		n--
	}
	p.comments = p.comments[:n]
}

// resync returns where to go on: at the end of the logical line, or, where that is lost in an
// open bracket, at the next line that looks like a statement.
func (p *parser) resync(i, nest, col int) int {
	src := p.src
	last := byte('(') // the last byte that is neither space nor comment
	if nest > 0 {
		at := p.bodyBefore(i, col)
		if at == 0 {
			at = p.lineOf(i, col)
		}
		if at > 0 {
			p.budget -= i - at
			p.dropComments(at)
			return at
		}
	}
	head := p.isHead()
	for i < len(src) {
		c := src[i]
		switch class[c] {
		case isNewline:
			i += newlineLen(src, i)
			if nest <= 0 || p.resumes(i, col, last) || head && last == ':' && p.column(i) > col {
				return i
			}
			continue
		case isHash:
			i = p.comment(i)
			continue
		case isSpace:
			i++
			continue
		case isQuote:
			i = p.skipString(i)
			last = c
			continue
		}
		switch c {
		case '(', '[', '{':
			nest++
		case ')', ']', '}':
			nest = max(0, nest-1)
		case '\\':
			i += newlineLen(src, i+1)
		}
		last = c
		i++
	}
	if nest > 0 {
		return p.goBack(col)
	}
	return len(src)
}

// isHead says whether the statement at hand is one that has a block.
func (p *parser) isHead() bool {
	switch keyword(p.firstWord(int(p.first))) {
	case tDef, tClass, tIf, tElif, tElse, tFor, tWhile, tWith, tExcept, tAsync:
		return true
	}
	return false
}

// lineOf returns where the line starts that holds the place of a failure, if that looks like
// a statement of its own; else 0.
func (p *parser) lineOf(i, col int) int {
	start := i
	for start > int(p.first) && class[p.src[start-1]] != isNewline {
		start--
	}
	if start <= int(p.first) {
		return 0
	}
	last := byte('(')
	if before := strings.TrimRight(p.src[:start], " \t\f\r\n"); before != "" {
		last = before[len(before)-1]
	}
	if p.resumes(start, col, last) {
		return start
	}
	return 0
}

// bodyBefore finds the first line of the block of a compound statement, whose head left a
// bracket open, before the place where that was noticed. It is 0 if there is none.
func (p *parser) bodyBefore(end, col int) int {
	if !p.isHead() {
		return 0
	}
	for i := int(p.first); ; {
		line := i
		i = p.lineEnd(i)
		text, _, _ := strings.Cut(p.src[line:i], " #")
		i += newlineLen(p.src, i)
		if i > end || i == line {
			return 0
		}
		if strings.HasSuffix(strings.TrimRight(text, " \t"), ":") && p.column(i) > col {
			return i
		}
	}
}

// column is the indentation of a line.
func (p *lexer) column(i int) int {
	at := 0
	for ; class[p.at(i)] == isSpace; i++ {
		if p.src[i] == '\t' {
			at = (at/8+1)*8 - 1
		}
		at++
	}
	return at
}

// goBack finds the first line after the start of the statement that could be a statement. It
// is for a bracket that swallowed the rest of the file.
func (p *parser) goBack(col int) int {
	src, i := p.src, int(p.first)
	for i < len(src) {
		i = p.lineEnd(i)
		i += newlineLen(src, i)
		if p.resumes(i, col, 0) {
			p.budget -= len(src) - i
			p.dropComments(i)
			return i
		}
	}
	return len(src)
}

// skipString returns where the string ends whose quote is at i, whatever its prefix.
func (p *parser) skipString(i int) int {
	m := literal{quote: p.src[i], body: i + 1}
	end := -1
	if p.at(i+1) == m.quote && p.at(i+2) == m.quote {
		m.body = i + 3
		if end = p.tripleEnd(&m); end < 0 {
			if p.budget -= len(p.src) - i; p.budget < 0 {
				return len(p.src)
			}
			return m.body
		}
		return end
	}
	if end = p.singleEnd(&m); end < 0 {
		return p.lineEnd(i)
	}
	return end
}

// resumes says whether the line at i looks like a statement that starts at the column col or
// left of it, though a bracket is open. Last is what stands before the line.
func (p *parser) resumes(i, col int, last byte) bool {
	src, j, at := p.src, i, p.column(i)
	for class[p.at(j)] == isSpace {
		j++
	}
	if j == len(src) || class[src[j]] != isLetter && src[j] != '@' {
		return false
	}
	k := j
	for k < len(src) && ident[src[k]] {
		k++
	}
	switch keyword(src[j:k]) {
	case tDef, tClass, tReturn, tImport, tRaise, tAssert, tDel, tGlobal, tNonlocal, tPass, tBreak, tContinue, tWhile, tTry,
		tWith, tExcept, tFinally, tElif:
		return true
	case tFrom:
		return strings.Contains(src[j:p.lineEnd(j)], " import ")
	case tIf, tFor, tElse, tAsync:
		line := strings.TrimRight(src[j:p.lineEnd(j)], " \t")
		return at <= col && strings.HasSuffix(line, ":")
	case tName:
		return at <= col && (last == 0 || strings.IndexByte(")]}\"'", last) >= 0 || ident[last])
	}
	return false
}
