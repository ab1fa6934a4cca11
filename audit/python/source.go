package python

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

func indexNUL(text string) int { return strings.IndexByte(text, 0) }

// decode turns the bytes of a file into UTF-8, as its byte order mark and its coding cookie
// (PEP 263) ask for. What cannot be decoded is read as latin-1, with an Error that says so.
func decode(source string) (string, Error) {
	body, marked := strings.CutPrefix(source, "\ufeff")
	name, at := cookie(body)
	valid := utf8.ValidString(body)
	kind, table := codec(name)
	switch {
	case marked && name != "" && !strings.HasPrefix(plain(name), "utf-8"):
		return body, Error{at, "a file with a byte order mark must be utf-8, not " + name}
	case kind == codecUTF8 || marked:
		if valid {
			return body, Error{}
		}
		return single(body, nil), Error{Message: "the file is not UTF-8: it was read as latin-1"}
	case kind == codecUnknown:
		if valid {
			return body, Error{at, "unknown encoding " + name + ": the file was read as UTF-8"}
		}
		return single(body, nil), Error{at, "unknown encoding " + name + ": the file was read as latin-1"}
	case kind == codecSingle || ascii(body):
		return single(body, table), Error{}
	}
	return single(body, nil), Error{at, "the encoding " + name + " is not known here: the file was read as latin-1"}
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
	codecUTF8    = iota
	codecSingle  // one byte a character
	codecForeign // Python knows it, and it agrees with ASCII
	codecUnknown
)

// plain is the name of an encoding as Python compares it.
func plain(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// codec tells what an encoding's name asks for, and its table; latin-1 has none.
func codec(name string) (int, *charmap.Charmap) {
	n := plain(name)
	switch n {
	case "", "utf-8", "utf8", "utf-8-sig", "u8", "utf", "cp65001":
		return codecUTF8, nil
	case "latin-1", "latin1", "l1", "iso-8859-1", "iso8859-1", "8859", "cp819", "ascii", "us-ascii", "646":
		return codecSingle, nil
	}
	switch { // Emacs writes utf-8-unix
	case strings.HasPrefix(n, "utf-8-"):
		return codecUTF8, nil
	case strings.HasPrefix(n, "latin-1-"), strings.HasPrefix(n, "iso-8859-1-"), strings.HasPrefix(n, "iso-latin-1"):
		return codecSingle, nil
	}
	if table := charset(strings.ReplaceAll(n, "-", "")); table != nil {
		return codecSingle, table
	}
	for _, prefix := range []string{
		"cp", "iso", "windows-", "koi8", "mac", "euc", "gb", "big5", "shift", "sjis", "s-jis", "hz", "johab",
		"latin", "tis-620", "kz", "ptcp", "cyrillic", "greek", "hebrew", "arabic", "ujis", "uhc", "ms", "ks",
	} {
		if strings.HasPrefix(n, prefix) {
			return codecForeign, nil
		}
	}
	return codecUnknown, nil
}

// charset returns the table of an encoding whose name has lost its dashes.
func charset(n string) *charmap.Charmap {
	switch n {
	case "cp1250", "windows1250":
		return charmap.Windows1250
	case "cp1251", "windows1251":
		return charmap.Windows1251
	case "cp1252", "windows1252", "1252":
		return charmap.Windows1252
	case "cp437":
		return charmap.CodePage437
	case "cp850":
		return charmap.CodePage850
	case "cp866":
		return charmap.CodePage866
	case "iso88592", "latin2", "l2":
		return charmap.ISO8859_2
	case "iso88595":
		return charmap.ISO8859_5
	case "iso88597":
		return charmap.ISO8859_7
	case "iso88599", "latin5", "l5":
		return charmap.ISO8859_9
	case "iso885915", "latin9", "l9":
		return charmap.ISO8859_15
	case "koi8r":
		return charmap.KOI8R
	case "koi8u":
		return charmap.KOI8U
	case "macroman":
		return charmap.Macintosh
	}
	return nil
}

func ascii(text string) bool {
	for ; len(text) >= 8; text = text[8:] {
		if (text[0]|text[1]|text[2]|text[3]|text[4]|text[5]|text[6]|text[7])&0x80 != 0 {
			return false
		}
	}
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// single decodes an encoding of one byte a character; without a table it is latin-1.
func single(text string, table *charmap.Charmap) string {
	if ascii(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i := range len(text) {
		r := rune(text[i])
		if table != nil {
			r = table.DecodeByte(text[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}
