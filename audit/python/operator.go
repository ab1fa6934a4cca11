package python

import "unicode/utf8"

// oneByte holds the operators of one byte.
var oneByte = [128]token{
	'(': tLParen, ')': tRParen, '[': tLBracket, ']': tRBracket, '{': tLBrace, '}': tRBrace, ',': tComma, ':': tColon,
	';': tSemicolon, '.': tDot, '=': tAssign, '+': tAdd, '-': tSub, '*': tMult, '@': tMatMult, '/': tDiv, '%': tMod,
	'|': tBitOr, '^': tBitXor, '&': tBitAnd, '~': tInvert, '<': tLt, '>': tGt, '!': tBang,
}

// operator reads an operator, or a name that starts outside of ASCII.
func (p *parser) operator(i int) {
	c := p.src[i]
	if c >= utf8.RuneSelf {
		p.wideWord(i)
		return
	}
	k, n := oneByte[c], 1
	switch c {
	case '(', '[', '{':
		if p.nest++; p.nest > maxNest {
			p.kind, p.start, p.end, p.pos = k, int32(i), int32(i+1), i+1
			p.fail("too many nested brackets")
			return
		}
	case ')', ']', '}':
		if p.nest > 0 {
			p.nest--
		}
	case ',', ';', '~':
	case '.':
		if class[p.at(i+1)] == isDigit {
			j, ok := p.fraction(i)
			p.numberEnd(i, j, ok)
			return
		}
		k, n = p.longer(i, k)
	default:
		k, n = p.longer(i, k)
	}
	p.kind, p.start, p.end, p.pos = k, int32(i), int32(i+n), i+n
	if k == tEOF {
		p.fail("invalid character")
	}
}

// at is a byte of the source, or 0.
func (p *lexer) at(i int) byte {
	if i < len(p.src) {
		return p.src[i]
	}
	return 0
}

// longer reads the operators that may have more than one byte.
func (p *lexer) longer(i int, k token) (token, int) {
	c, d := p.src[i], p.at(i+1)
	switch c {
	case '.':
		if d == '.' && p.at(i+2) == '.' {
			return tEllipsis, 3
		}
		return k, 1
	case ':':
		if d == '=' && (p.spec == 0 || p.nest != p.spec) {
			return tWalrus, 2
		}
		return k, 1
	case '=':
		if d == '=' {
			return tEq, 2
		}
		return k, 1
	case '!':
		if d == '=' {
			return tNotEq, 2
		}
		return k, 1
	case '<', '>', '*', '/':
		return p.doubled(i, c, d, k)
	case '-':
		if d == '>' {
			return tArrow, 2
		}
	}
	if d == '=' && k >= tAdd && k <= tFloorDiv {
		return k - tAdd + tAddAssign, 2
	}
	return k, 1
}

// doubled reads <, <=, <<, <<= and their like.
func (p *lexer) doubled(i int, c, d byte, k token) (token, int) {
	if d == c {
		switch c {
		case '<':
			k = tLShift
		case '>':
			k = tRShift
		case '*':
			k = tPow
		case '/':
			k = tFloorDiv
		}
		if p.at(i+2) == '=' {
			return k - tAdd + tAddAssign, 3
		}
		return k, 2
	}
	if d != '=' {
		return k, 1
	}
	switch c {
	case '<':
		return tLtE, 2
	case '>':
		return tGtE, 2
	}
	return k - tAdd + tAddAssign, 2
}
