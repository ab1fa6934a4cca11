package paths

import (
	"strings"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
)

const (
	foldSize  = 256 // bytes of a path that is folded without allocating
	mostLayer = 3   // of percent-encoding that are undone before a path is given up
)

// look judges a path that is not ordinary. First what it means, then what it names.
func (g *Guard) look(path string) (*fumehood.Refusal, kind) {
	if refusal := g.bytes(path); refusal != nil {
		return refusal, none
	}
	var space [foldSize]byte
	form := path
	var found entry
	for layer := 0; ; layer++ {
		folded := fold(space[:0], form)
		if leads(folded) {
			return traversal(path), none
		}
		if e := nameOf(folded); found.kind == none || e.hard && !found.hard {
			found = e
		}
		if strings.IndexByte(form, '%') < 0 {
			break
		}
		inner, danger := unescape(form, g.slashes)
		switch {
		case danger != "":
			return doubleEncoding(path, danger), none
		case inner == form:
			return verdict(path, found)
		case layer == mostLayer-1:
			return doubleEncoding(path, "a percent sign"), none
		}
		form = inner
	}
	return verdict(path, found)
}

func verdict(path string, found entry) (*fumehood.Refusal, kind) {
	if found.hard {
		return private(path, found), found.kind
	}
	return nil, found.kind
}

// bytes refuses bytes that a path may not have.
func (g *Guard) bytes(path string) *fumehood.Refusal {
	ascii := true
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c < ' ' || c == 0x7f:
			return control(path)
		case c == '\\':
			return backslash(path)
		case c == ';' && !g.semicolons:
			return semicolon(path)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && !utf8.ValidString(path) {
		return badEncoding(path)
	}
	return nil
}

// leads says whether a folded path leaves its folder: for this machine, for Windows, which
// leaves out spaces at the end, for servers that cut ";parameters" away, or for a program
// that takes "../" out of "....//" or "..././" and thinks that was all.
func leads(folded []byte) bool {
	dots := false // the segment before was three dots or more
	for i := 0; i <= len(folded); {
		j := i
		for j < len(folded) && folded[j] != '/' {
			j++
		}
		count, others, spaces := 0, 0, 0
	segment:
		for _, c := range folded[i:j] {
			switch c {
			case '.':
				count++
			case ' ':
				spaces++
			case ';':
				break segment
			default:
				others++
			}
		}
		last := j == len(folded)
		if others == 0 && (count == 2 || count > 2 && spaces > 0 || dots && (count > 0 || i == j && !last)) {
			return true
		}
		dots = others == 0 && count > 2
		i = j + 1
	}
	return false
}

// unescape undoes one layer of percent-encoding. danger is what an escape stands for that no
// path may be asked for by way of a second decoding; then the rest does not count.
func unescape(form string, slashes bool) (inner, danger string) {
	b := make([]byte, 0, len(form))
	for i := 0; i < len(form); {
		c, size := escape(form[i:])
		if size == 1 {
			b = append(b, form[i])
			i++
			continue
		}
		i += size
		if danger := dangerous(c, slashes); danger != "" {
			return "", danger
		}
		if size == len("%u0000") {
			b = utf8.AppendRune(b, c)
		} else {
			b = append(b, byte(c))
		}
	}
	if overlong(b) {
		return "", "overlong UTF-8"
	}
	return string(b), ""
}

// escape reads "%41", or "%u0041" as old browsers and IIS write it. A size of 1 means that
// s begins with no escape.
func escape(s string) (c rune, size int) {
	digits := func(s string) (c rune, ok bool) {
		for i := 0; i < len(s); i++ {
			d := unhex(s[i])
			if d > 15 {
				return 0, false
			}
			c = c<<4 | rune(d)
		}
		return c, true
	}
	if s[0] != '%' {
		return 0, 1
	}
	if len(s) >= 3 {
		if c, ok := digits(s[1:3]); ok {
			return c, 3
		}
	}
	if len(s) >= 6 && s[1]|0x20 == 'u' {
		if c, ok := digits(s[2:6]); ok {
			return c, 6
		}
	}
	return 0, 1
}

// unhex returns the value of a hexadecimal digit, 255 for anything else.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// dangerous names the character that must not be encoded twice.
func dangerous(c rune, slashes bool) string {
	switch {
	case c == '/' && !slashes:
		return "a slash"
	case c == '\\':
		return "a backslash"
	case c == '.':
		return "a dot"
	case c < ' ' || c == 0x7f:
		return "a control character"
	}
	return ""
}

// overlong says whether b has a character of ASCII in two bytes or more, which is no UTF-8
// (RFC 3629, section 3) though there are decoders that take it.
func overlong(b []byte) bool {
	for i := 0; i < len(b); i++ {
		next := byte(0xff)
		if i+1 < len(b) {
			next = b[i+1]
		}
		switch c := b[i]; {
		case c == 0xc0 || c == 0xc1,
			c == 0xe0 && next >= 0x80 && next < 0xa0,
			c == 0xf0 && next >= 0x80 && next < 0x90,
			c == 0xf8 && next >= 0x80 && next < 0x88, c == 0xfc && next >= 0x80 && next < 0x84:
			return true
		}
	}
	return false
}

// fold appends what path is compared as: ASCII in lower case, with the characters that a
// compatible normalisation (Unicode NFKC) or an old code page (Windows best fit) turns into
// dots, slashes, spaces or letters of ASCII, and without those that nobody sees. It is never
// longer than path.
func fold(b []byte, path string) []byte {
	for i := 0; i < len(path); {
		c := path[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(path[i:])
		i += size
		b = foldRune(b, r)
	}
	return b
}

func foldRune(b []byte, r rune) []byte {
	switch r {
	case '\u2024', '\ufe52': // one dot leader, small full stop; the full-width one is below
		return append(b, '.')
	case '\u2025', '\ufe30': // two dot leader, and the same upright
		return append(b, ".."...)
	case '\u2026', '\ufe19': // ellipsis, and the same upright
		return append(b, "..."...)
	case '\u2044', '\u2215', '\u2216', '\ufe68', '\uff3c': // fraction, division, set minus, reverse solidus
		return append(b, '/')
	case '\u00a0', '\u202f', '\u205f', '\u3000':
		return append(b, ' ')
	case '\u00ad', '\u034f', '\u180e', '\ufeff':
		return b
	case '\u017f': // long s
		return append(b, 's')
	case '\u212a': // kelvin
		return append(b, 'k')
	}
	switch {
	case r >= '\uff01' && r <= '\uff5e': // full-width forms of ASCII
		c := byte(r - '\uff01' + '!')
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		return append(b, c)
	case r >= '\u2000' && r <= '\u200a': // spaces
		return append(b, ' ')
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f',
		r >= '\ufe00' && r <= '\ufe0f', r >= 0xe0000 && r <= 0xe0fff: // ignored by, among others, HFS+
		return b
	}
	return utf8.AppendRune(b, r)
}
