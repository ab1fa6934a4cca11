package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

const (
	tEnd kind = iota // of the tag
	tBad             // what cannot be a token
	tName
	tString
	tInteger
	tFloat
	tAdd
	tSub
	tMul
	tDiv
	tFloorDiv
	tMod
	tPow
	tTilde
	tLeftBracket
	tRightBracket
	tLeftParen
	tRightParen
	tLeftBrace
	tRightBrace
	tEq
	tNotEq
	tGt
	tGtE
	tLt
	tLtE
	tAssign
	tDot
	tColon
	tPipe
	tComma
	tSemicolon
)

// token is a part of a tag.
type token struct {
	kind       kind
	start, end int32
}

// singles are the operators of one character.
var singles = [128]kind{
	'+': tAdd, '-': tSub, '*': tMul, '/': tDiv, '%': tMod, '~': tTilde, '[': tLeftBracket, ']': tRightBracket,
	'(': tLeftParen, ')': tRightParen, '{': tLeftBrace, '}': tRightBrace, '>': tGt, '<': tLt, '=': tAssign,
	'.': tDot, ':': tColon, '|': tPipe, ',': tComma, ';': tSemicolon,
}

// tag reads the tokens of a tag, and says whether there is one: a start without any end is
// text.
func (p *parser) tag(from int, opens opener) bool {
	p.tokens, p.open, p.next, p.height, p.failed = p.tokens[:0], p.open[:0], 0, 0, false
	limit := len(p.source)
	switch {
	case opens != lineTag && p.findEnd(from, opens) < 0:
		limit = from
	case p.wasted > len(p.source)+1<<12:
		limit = p.nearEnd(from, opens)
	}
	i, problem := from, ""
	for problem == "" {
		if len(p.open) == 0 {
			if end, ok := p.endAt(i, opens); ok {
				p.tokens = append(p.tokens, token{tEnd, int32(i), int32(i)})
				p.at = end
				return true
			}
		}
		p.bad = i
		i, problem = p.token(i, limit)
	}
	return p.repair(from, i, problem, opens)
}

// repair ends a tag with an error in it: at its first end delimiter, or where the next tag
// starts.
func (p *parser) repair(from, reached int, problem string, opens opener) bool {
	end := p.nearEnd(from, opens)
	after := end + len(p.syntax.ends[opens])
	if end < 0 {
		p.error(Span{Start: int32(p.start), End: int32(from)}, "the tag is not closed")
		return false
	}
	if !strings.HasPrefix(p.source[end:], p.syntax.ends[opens]) {
		after, problem = end, "the tag is not closed"
	}
	for len(p.tokens) > 0 && int(p.tokens[len(p.tokens)-1].end) > end {
		p.tokens = p.tokens[:len(p.tokens)-1]
	}
	p.wasted += max(0, reached-end)
	at := min(p.bad, end)
	p.problem = problem
	p.tokens = append(p.tokens, token{tBad, int32(at), int32(end)}, token{tEnd, int32(end), int32(end)})
	p.at, p.trim = after, false
	return true
}

// endAt tells whether a tag ends at a place, and where the text goes on.
func (p *parser) endAt(i int, opens opener) (after int, ok bool) {
	text := p.source
	if opens == lineTag {
		end := skipBlank(text, i)
		if end == len(text) {
			return end, true
		}
		newline := strings.LastIndexAny(text[i:end], "\r\n")
		return i + newline + 1, newline >= 0
	}
	end := p.syntax.ends[opens]
	if strings.HasPrefix(text[i:], end) {
		return i + len(end), true
	}
	if i < len(text) && (text[i] == '-' || text[i] == '+' && opens == blockTag) && strings.HasPrefix(text[i+1:], end) {
		p.trim = text[i] == '-'
		return i + 1 + len(end), true
	}
	return 0, false
}

// token reads one token and returns what follows it, or a problem.
func (p *parser) token(i, limit int) (next int, problem string) {
	text := p.source[:limit]
	if i >= limit {
		return i, "the tag is not closed"
	}
	c := text[i]
	switch {
	case blank(c):
		return skipBlank(text, i), ""
	case c >= '0' && c <= '9':
		return p.number(text, i), ""
	case letter(c):
		end := i + 1
		for end < len(text) && (letter(text[end]) || digit(text[end])) {
			end++
		}
		if end < len(text) && text[end] >= 0x80 {
			end = wordEnd(text, end)
		}
		p.add(tName, i, end)
		return end, ""
	case c == '"' || c == '\'':
		for end := i + 1; end < len(text); end++ {
			switch text[end] {
			case '\\':
				end++
			case c:
				p.add(tString, i, end+1)
				return end + 1, ""
			}
		}
		return limit, "the string is not closed"
	case c < 0x80:
		return p.operator(text, i)
	}
	if end := skipBlank(text, i); end > i {
		return end, ""
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	if end := wordEnd(text, i); end > i && (unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_ID_Start, r)) {
		p.add(tName, i, end)
		return end, ""
	}
	return i, "there is a character that no expression can have"
}

func (p *parser) add(k kind, start, end int) {
	p.tokens = append(p.tokens, token{k, int32(start), int32(end)})
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// wordEnd returns where a name ends that has other than ASCII letters in it.
func wordEnd(text string, at int) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError || r != '_' && !unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Pc, unicode.Other_ID_Continue) {
			break
		}
		at += size
	}
	return at
}

// operator reads one, and keeps account of the brackets: what looks like the end of the tag
// inside of them is none.
func (p *parser) operator(text string, i int) (next int, problem string) {
	c := text[i]
	k, size := singles[c], 1
	if i+1 < len(text) {
		if double := doubles(c, text[i+1]); double != tEnd {
			k, size = double, 2
		}
	}
	switch k {
	case tEnd:
		return i, "there is a character that no expression can have"
	case tLeftParen, tLeftBracket, tLeftBrace:
		if len(p.open) == maxNest {
			return i, "the brackets are nested too deeply"
		}
		p.open = append(p.open, k+1)
	case tRightParen, tRightBracket, tRightBrace:
		if n := len(p.open); n == 0 || p.open[n-1] != k {
			return i, "a bracket is closed that is not open"
		}
		p.open = p.open[:len(p.open)-1]
	}
	p.add(k, i, i+size)
	return i + size, ""
}

// doubles are the operators of two characters.
func doubles(a, b byte) kind {
	switch {
	case a == '=' && b == '=':
		return tEq
	case a == '!' && b == '=':
		return tNotEq
	case a == '>' && b == '=':
		return tGtE
	case a == '<' && b == '=':
		return tLtE
	case a == '*' && b == '*':
		return tPow
	case a == '/' && b == '/':
		return tFloorDiv
	}
	return tEnd
}

// number reads 1, 0x1f, 1_000, 1.5 and 1e-3. After a dot there is no fraction: a.0.1 is two
// steps.
func (p *parser) number(text string, i int) int {
	end := digits(text, i, digit)
	if i == 0 || text[i-1] != '.' {
		float := end
		if end+1 < len(text) && text[end] == '.' && digit(text[end+1]) {
			float = digits(text, end+1, digit)
		}
		if float < len(text) && text[float]|0x20 == 'e' {
			e := float + 1
			if e < len(text) && (text[e] == '+' || text[e] == '-') {
				e++
			}
			if e < len(text) && digit(text[e]) {
				float = digits(text, e, digit)
			}
		}
		if float > end {
			p.add(tFloat, i, float)
			return float
		}
	}
	if text[i] == '0' {
		end = i + 1
		if i+1 < len(text) {
			if is := base(text[i+1] | 0x20); is != nil {
				if e := digits(text, i+2, is); e > i+2 {
					end = e
				}
			}
		}
		if end == i+1 {
			end = digits(text, i, func(c byte) bool { return c == '0' })
		}
	}
	p.add(tInteger, i, end)
	return end
}

// digits returns where digits end; single underscores between them count.
func digits(text string, at int, is func(byte) bool) int {
	for at < len(text) {
		if text[at] == '_' && at+1 < len(text) && is(text[at+1]) {
			at++
		}
		if !is(text[at]) {
			break
		}
		at++
	}
	return at
}

// base returns what the digits are after 0b, 0o and 0x.
func base(c byte) func(byte) bool {
	switch c {
	case 'b':
		return func(c byte) bool { return c == '0' || c == '1' }
	case 'o':
		return func(c byte) bool { return c >= '0' && c <= '7' }
	case 'x':
		return func(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
	}
	return nil
}
