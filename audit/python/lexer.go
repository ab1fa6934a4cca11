package python

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lexer makes one token at a time, when the parser asks for it. Copying the struct keeps a
// place to come back to, as long as no line has ended since.
type lexer struct {
	src        string
	pos        int   // of what comes next
	kind       token // the token at hand
	start, end int32
	prevEnd    int32 // where the last token ended that is written in the source
	nest       int   // open brackets
	spec       int   // the nest at which := and the like are a colon and a format; 0 is none

	lineStart bool // the indentation of a statement comes next
	bad       bool // an error was met: the token stays tError until recover
	wide      bool // the name at hand is not all ASCII
	marks     literal
	pending   int // tDedent still to be given
	indents   []indent
	crs       bool // there are carriage returns in the source
}

// indent is a column counted with tabs to 8, and counted with tabs as 1: both must agree on
// which line is deeper.
type indent struct{ col, alt int }

// Classes of bytes, for what a token can start with.
const (
	isOther = iota
	isSpace
	isLetter
	isDigit
	isQuote
	isNewline
	isHash
)

var class = [256]uint8{
	' ': isSpace, '\t': isSpace, '\f': isSpace, '\n': isNewline, '\r': isNewline, '#': isHash, '"': isQuote, '\'': isQuote,
	'0': isDigit, '1': isDigit, '2': isDigit, '3': isDigit, '4': isDigit,
	'5': isDigit, '6': isDigit, '7': isDigit, '8': isDigit, '9': isDigit,
	'_': isLetter,
	'a': isLetter, 'b': isLetter, 'c': isLetter, 'd': isLetter, 'e': isLetter, 'f': isLetter, 'g': isLetter,
	'h': isLetter, 'i': isLetter, 'j': isLetter, 'k': isLetter, 'l': isLetter, 'm': isLetter, 'n': isLetter,
	'o': isLetter, 'p': isLetter, 'q': isLetter, 'r': isLetter, 's': isLetter, 't': isLetter, 'u': isLetter,
	'v': isLetter, 'w': isLetter, 'x': isLetter, 'y': isLetter, 'z': isLetter,
	'A': isLetter, 'B': isLetter, 'C': isLetter, 'D': isLetter, 'E': isLetter, 'F': isLetter, 'G': isLetter,
	'H': isLetter, 'I': isLetter, 'J': isLetter, 'K': isLetter, 'L': isLetter, 'M': isLetter, 'N': isLetter,
	'O': isLetter, 'P': isLetter, 'Q': isLetter, 'R': isLetter, 'S': isLetter, 'T': isLetter, 'U': isLetter,
	'V': isLetter, 'W': isLetter, 'X': isLetter, 'Y': isLetter, 'Z': isLetter,
}

// ident holds the bytes that go on a name.
var ident = [256]bool{
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'_': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true,
	'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true,
	'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
}

// next moves to the next token.
func (p *parser) next() {
	p.prevEnd = p.end
	if p.bad || p.lineStart && p.layout() {
		return
	}
	src, i := p.src, p.pos
	for i < len(src) {
		switch class[src[i]] {
		case isSpace:
			i++
		case isLetter:
			p.word(i)
			return
		case isDigit:
			p.number(i)
			return
		case isQuote:
			p.literal(i, i)
			return
		case isHash:
			i = p.comment(i)
		case isNewline:
			if p.nest == 0 {
				p.kind, p.start, p.pos, p.lineStart = tNewline, int32(i), i+newlineLen(src, i), true
				return
			}
			i++
		default:
			if src[i] != '\\' {
				p.operator(i)
				return
			}
			n := newlineLen(src, i+1)
			if n == 0 {
				p.stray(i)
				return
			}
			if i += 1 + n; i == len(src) {
				p.stray(i)
				return
			}
		}
	}
	p.atEnd()
}

// stray is a backslash that joins no lines.
func (p *parser) stray(i int) {
	p.kind, p.start, p.end, p.pos = tError, int32(i), int32(i), min(i+1, len(p.src))
	p.fail("unexpected character or end after a line continuation character")
}

// atEnd gives the newline that a last line may lack, then the end.
func (p *parser) atEnd() {
	p.pos = len(p.src)
	p.start = int32(p.pos)
	if p.nest == 0 && p.kind > tError {
		p.kind, p.lineStart = tNewline, true
		return
	}
	p.kind = tEOF
}

// comment notes a comment and returns where it ends.
func (p *parser) comment(i int) int {
	end := p.lineEnd(i)
	p.comments = append(p.comments, Span{int32(i), int32(end)})
	return end
}

// lineEnd returns where the line of a place ends, without its newline.
func (p *lexer) lineEnd(i int) int {
	if p.crs {
		for i < len(p.src) && p.src[i] != '\n' && p.src[i] != '\r' {
			i++
		}
		return i
	}
	if n := strings.IndexByte(p.src[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(p.src)
}

// word reads a name, a keyword or the prefix of a string.
func (p *parser) word(i int) {
	src := p.src
	j := i + 1
	for j < len(src) && ident[src[j]] {
		j++
	}
	if j < len(src) {
		c := src[j]
		if c >= utf8.RuneSelf {
			p.wideWord(i)
			return
		}
		if j-i <= 2 && class[c] == isQuote && isPrefix(src[i:j]) {
			p.literal(i, j)
			return
		}
	}
	p.kind, p.start, p.end, p.pos, p.wide = tName, int32(i), int32(j), j, false
	if n := j - i; n >= 2 && n <= 8 {
		p.kind = keyword(src[i:j])
	}
}

// wideWord reads a name that is not all ASCII.
func (p *parser) wideWord(i int) {
	j := i
	for j < len(p.src) {
		if ident[p.src[j]] {
			j++
			continue
		}
		_, n := utf8.DecodeRuneInString(p.src[j:])
		if n < 2 {
			break
		}
		j += n
	}
	p.kind, p.start, p.end, p.pos, p.wide = tName, int32(i), int32(j), j, true
	for k, r := range norm.NFKC.String(p.src[i:j]) {
		if !nameStart(r) && (k == 0 || !nameGoesOn(r)) {
			p.fail("invalid character in a name")
			return
		}
	}
}

// nameStart and nameGoesOn are XID_Start and XID_Continue, near enough.
func nameStart(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_ID_Start)
}

func nameGoesOn(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
}

// text is the name at hand.
func (p *parser) text() string {
	s := p.src[p.start:p.end]
	if p.wide {
		return norm.NFKC.String(s)
	}
	return s
}
