package python

import (
	"strings"
	"unicode/utf8"
)

func indexNUL(text string) int { return strings.IndexByte(text, 0) }

// decode turns the bytes of a file into UTF-8, as its byte order mark and its coding cookie
// (PEP 263) ask for. What cannot be decoded is read as latin-1, with an Error that says so.
func decode(source string) (string, Error) {
	body, marked := strings.CutPrefix(source, "\ufeff")
	name, at := cookie(body)
	valid := utf8.ValidString(body)
	switch kind := codec(name); {
	case kind == codecUTF8 || marked:
		if valid {
			return body, Error{}
		}
		return single(body, nil), Error{Message: "the file is not UTF-8: it was read as latin-1"}
	case kind == codecUnknown:
		problem := Error{at, "unknown encoding " + name + ": the file was read as latin-1"}
		if valid {
			return body, Error{at, "unknown encoding " + name + ": the file was read as UTF-8"}
		}
		return single(body, nil), problem
	case ascii(body):
		return body, Error{}
	case kind == codecLatin1:
		return single(body, nil), Error{}
	case kind == codecWindows:
		return single(body, windows1252()), Error{}
	case kind == codecLatin9:
		return single(body, latin9()), Error{}
	default:
		return single(body, nil), Error{at, "the encoding " + name + " is not known here: the file was read as latin-1"}
	}
}

// cookie returns the encoding that one of the first two lines names, and the place of it.
func cookie(text string) (string, Span) {
	offset := 0
	for range 2 {
		end := strings.IndexAny(text[offset:], "\r\n")
		if end < 0 {
			end = len(text) - offset
		}
		line := text[offset : offset+end]
		bare := strings.TrimLeft(line, " \t\f")
		if bare != "" && bare[0] != '#' {
			return "", Span{}
		}
		if name, at := cookieIn(line); name != "" {
			return name, Span{int32(offset + at), int32(offset + at + len(name))}
		}
		offset += end
		offset += newlineLen(text, offset)
	}
	return "", Span{}
}

// cookieIn finds coding[:=][ \t]*name in a comment.
func cookieIn(line string) (string, int) {
	for from := 0; ; {
		i := strings.Index(line[from:], "coding")
		if i < 0 {
			return "", 0
		}
		i += from + len("coding")
		from = i
		if i >= len(line) || line[i] != ':' && line[i] != '=' {
			continue
		}
		for i++; i < len(line) && (line[i] == ' ' || line[i] == '\t'); i++ {
		}
		j := i
		for j < len(line) && (ident[line[j]] || line[j] == '-' || line[j] == '.') {
			j++
		}
		if j > i {
			return line[i:j], i
		}
	}
}

const (
	codecUTF8 = iota
	codecLatin1
	codecLatin9
	codecWindows
	codecForeign // Python knows it, and it agrees with ASCII
	codecUnknown
)

// codec tells what an encoding's name asks for.
func codec(name string) int {
	n := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	switch n {
	case "", "utf-8", "utf8", "utf-8-sig", "u8", "utf", "cp65001":
		return codecUTF8
	case "latin-1", "latin1", "l1", "iso-8859-1", "iso8859-1", "8859", "cp819", "ascii", "us-ascii", "646":
		return codecLatin1
	case "latin-9", "iso-8859-15", "iso8859-15", "l9":
		return codecLatin9
	case "cp1252", "windows-1252", "1252":
		return codecWindows
	}
	switch { // Emacs writes utf-8-unix
	case strings.HasPrefix(n, "utf-8-"):
		return codecUTF8
	case strings.HasPrefix(n, "latin-1-"), strings.HasPrefix(n, "iso-8859-1-"), strings.HasPrefix(n, "iso-latin-1"):
		return codecLatin1
	}
	for _, prefix := range []string{
		"cp", "iso", "windows-", "koi8", "mac", "euc", "gb", "big5", "shift", "sjis", "s-jis", "hz", "johab",
		"latin", "tis-620", "kz", "ptcp", "cyrillic", "greek", "hebrew", "arabic", "ujis", "uhc", "ms", "ks",
	} {
		if strings.HasPrefix(n, prefix) {
			return codecForeign
		}
	}
	return codecUnknown
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// single decodes an encoding of one byte a character that is latin-1 but for some.
func single(text string, other map[byte]rune) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i := range len(text) {
		r, ok := other[text[i]]
		if !ok {
			r = rune(text[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

func windows1252() map[byte]rune {
	m := map[byte]rune{}
	for i, r := range []rune("€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ") {
		if r != utf8.RuneError {
			m[byte(0x80+i)] = r
		}
	}
	return m
}

func latin9() map[byte]rune {
	return map[byte]rune{0xa4: '€', 0xa6: 'Š', 0xa8: 'š', 0xb4: 'Ž', 0xb8: 'ž', 0xbc: 'Œ', 0xbd: 'œ', 0xbe: 'Ÿ'}
}
