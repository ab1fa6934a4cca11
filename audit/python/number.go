package python

import (
	"strconv"
	"strings"
)

// number reads a number that starts with a digit.
func (p *parser) number(i int) {
	src := p.src
	j := i + 1
	for j < len(src) && class[src[j]] == isDigit {
		j++
	}
	if j < len(src) && (ident[src[j]] || src[j] == '.') {
		j = p.longNumber(i, j)
	} else if src[i] == '0' && j > i+1 && strings.Trim(src[i:j], "0") != "" {
		j = -j
	}
	p.numberEnd(i, max(j, -j), j > 0)
}

// numberEnd makes a number the token at hand, and fails if it is none.
func (p *parser) numberEnd(i, j int, ok bool) {
	p.kind, p.start, p.end, p.pos = tNumber, int32(i), int32(j), j
	if !ok || j < len(p.src) && (ident[p.src[j]] || p.src[j] >= 0x80) && !p.keywordAt(j) {
		p.fail("invalid number")
	}
}

// keywordAt says whether one of the keywords follows that Python lets touch a number.
func (p *lexer) keywordAt(i int) bool {
	j := i
	for j < len(p.src) && j < i+8 && ident[p.src[j]] {
		j++
	}
	s := p.src[i:j]
	for _, word := range []string{"and", "else", "for", "if", "in", "is", "not", "or"} {
		if strings.HasPrefix(s, word) {
			return true
		}
	}
	return false
}

// longNumber reads what is more than decimal digits, which end at j. It returns the end, or
// the end negated if it is no number.
func (p *lexer) longNumber(i, j int) int {
	src := p.src
	if src[i] == '0' && j == i+1 {
		switch src[j] | 0x20 {
		case 'x':
			return p.based(j+1, 16)
		case 'o':
			return p.based(j+1, 8)
		case 'b':
			return p.based(j+1, 2)
		}
	}
	j, ok := p.digits(i)
	whole := j
	if c := p.at(j); c == '.' || c|0x20 == 'e' || c|0x20 == 'j' {
		if c == '.' {
			j++
			if class[p.at(j)] == isDigit {
				var fine bool
				j, fine = p.digits(j)
				ok = ok && fine
			}
		}
		var fine bool
		j, fine = p.exponent(j)
		ok = ok && fine
	}
	leading := j == whole && src[i] == '0' && strings.Trim(src[i:j], "0_") != ""
	if !ok || leading {
		return -j
	}
	return j
}

// fraction reads a number that starts with a point.
func (p *lexer) fraction(i int) (int, bool) {
	j, ok := p.digits(i + 1)
	j, fine := p.exponent(j)
	return j, ok && fine
}

// exponent reads e+10 and j.
func (p *lexer) exponent(j int) (int, bool) {
	ok := true
	if p.at(j)|0x20 == 'e' {
		k := j + 1
		if p.at(k) == '+' || p.at(k) == '-' {
			k++
		}
		if class[p.at(k)] == isDigit {
			j, ok = p.digits(k)
		}
	}
	if p.at(j)|0x20 == 'j' {
		j++
	}
	return j, ok
}

// digits reads decimal digits with single underscores between them.
func (p *lexer) digits(j int) (int, bool) {
	ok := true
	for ; j < len(p.src); j++ {
		c := p.src[j]
		if class[c] == isDigit {
			continue
		}
		if c != '_' {
			break
		}
		ok = ok && class[p.at(j+1)] == isDigit
	}
	return j, ok
}

// based reads the digits after 0x, 0o or 0b.
func (p *lexer) based(j int, base byte) int {
	start, after := j, true // an underscore may follow the prefix
	for ; j < len(p.src); j++ {
		c := p.src[j]
		if c == '_' {
			if !after {
				return -j
			}
			after = false
			continue
		}
		digit := byte(255)
		switch {
		case c >= '0' && c <= '9':
			digit = c - '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f' && base == 16:
			digit = c | 0x20 - 'a' + 10
		}
		if digit >= base {
			if digit < 10 {
				return -(j + 1)
			}
			break
		}
		after = true
	}
	if j == start || !after {
		return -j
	}
	return j
}

// Int returns the value of an integer that fits.
func (n *Number) Int() (int64, bool) {
	text := n.Text
	if len(text) > 1 && text[0] == '0' && strings.Trim(text, "0_") == "" {
		return 0, true // base 0 would read 00 as octal, which is 0 too, but 0_0 too
	}
	if strings.HasPrefix(text, "0") && len(text) > 1 && class[text[1]] == isDigit {
		return 0, false
	}
	v, err := strconv.ParseInt(text, 0, 64)
	return v, err == nil
}
