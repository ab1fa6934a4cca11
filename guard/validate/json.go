package validate

import (
	"bytes"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// caps are the caps of Config, ready to compare with.
type caps struct {
	query, fields, name, json, depth, keys, values, number int
}

// failure is what is wrong with JSON.
type failure uint8

const (
	fine failure = iota
	malformed
	notUTF8
	loneSurrogate
	byteOrderMark
	tooDeep
	tooManyKeys
	tooManyValues
	keyTooLong
	numberTooLong
	numberTooLarge
	duplicateKey
	unreadable
)

// scanner reads one JSON text (RFC 8259), compares it with the caps and, where there are
// rules, its values with them. It is used again and again and allocates nothing for a token.
type scanner struct {
	caps *caps
	seed maphash.Seed

	src    io.Reader // nil: buf is the whole text
	own    []byte    // buf where src is read
	buf    []byte
	pos    int // of the next byte in buf
	before int // bytes that buf had before
	values int
	failed failure

	keys   []uint64 // hashes of the keys of the objects that are open
	text   []byte   // the last key or text, without escapes
	seen   []bool   // for the rules of the objects that are open
	faults *faults
}

// bufferSize is how much of a file is read at a time. It is longer than any token that has
// to be in one piece.
const bufferSize = 32 << 10

// reset makes s ready for a text, which is data, or what src reads.
func (s *scanner) reset(c *caps, seed maphash.Seed, data []byte, src io.Reader) {
	s.caps, s.seed, s.src, s.buf, s.faults = c, seed, src, data, nil
	if src != nil {
		if s.own == nil {
			s.own = make([]byte, bufferSize)
		}
		s.buf = s.own[:0]
	}
	s.pos, s.before, s.values, s.failed = 0, 0, 0, fine
	s.keys, s.text, s.seen = s.keys[:0], s.text[:0], s.seen[:0]
}

// mostKept is what a scanner that waits for its next text may keep of the last one (bytes).
const mostKept = 256 << 10

// release forgets the text.
func (s *scanner) release() {
	s.src, s.buf, s.faults = nil, nil, nil
	if cap(s.text) > mostKept || cap(s.keys) > mostKept/8 {
		s.text, s.keys = nil, nil
	}
}

// scan reads the whole text. rules may be nil.
func (s *scanner) scan(rules *node) failure {
	if c, _ := s.peek(); c == 0xEF && s.have(3) && bytes.HasPrefix(s.buf[s.pos:], []byte("\xEF\xBB\xBF")) {
		return byteOrderMark
	}
	something := s.value(rules, 0)
	if s.failed != fine {
		return s.failed
	}
	if !something && rules != nil { // null
		rules.missing(s.faults, rules.unseen)
	}
	if s.space(); s.pos < len(s.buf) {
		s.fail(malformed)
	}
	return s.failed
}

// offset is how far the text has been read.
func (s *scanner) offset() int { return s.before + s.pos }

func (s *scanner) fail(f failure) bool {
	if s.failed == fine {
		s.failed = f
	}
	return false
}

// fill reads more behind what is left of buf. It reports whether there is more.
func (s *scanner) fill() bool {
	if s.src == nil || s.failed != fine {
		return false
	}
	rest := copy(s.own, s.buf[s.pos:])
	s.before, s.pos, s.buf = s.before+s.pos, 0, s.own[:rest]
	if rest == len(s.own) {
		return false
	}
	n, err := io.ReadAtLeast(s.src, s.own[rest:], 1)
	s.buf = s.own[:rest+n]
	if err != nil && err != io.EOF {
		return s.fail(unreadable)
	}
	return n > 0
}

// peek returns the next byte; false stands for the end.
func (s *scanner) peek() (byte, bool) {
	if s.pos < len(s.buf) || s.fill() {
		return s.buf[s.pos], true
	}
	return 0, false
}

// have says whether the next n bytes are in buf, which it fills if it has to.
func (s *scanner) have(n int) bool {
	for len(s.buf)-s.pos < n {
		if !s.fill() {
			return false
		}
	}
	return true
}

// space skips white space and returns the byte behind it, 0 for the end.
func (s *scanner) space() byte {
	for {
		for ; s.pos < len(s.buf); s.pos++ {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
			default:
				return c
			}
		}
		if !s.fill() {
			return 0
		}
	}
}

// value reads a value. It reports whether the value is something: null and the empty string
// are nothing.
func (s *scanner) value(n *node, depth int) (something bool) {
	c := s.space()
	if s.values++; s.values > s.caps.values {
		return s.fail(tooManyValues)
	}
	switch {
	case c == '{':
		s.object(n.object(s.faults), depth+1)
		return true
	case c == '[':
		s.array(n.array(s.faults), depth+1)
		return true
	case c == '"':
		s.pos++
		if s.str(n != nil, false); s.failed == fine {
			n.text(s.faults, s.text)
		}
		return n == nil || len(s.text) > 0
	case c == '-' || c >= '0' && c <= '9':
		number := s.number()
		if s.failed == fine {
			n.number(s.faults, number)
		}
		return true
	case c == 't' && s.literal("true"), c == 'f' && s.literal("false"):
		n.boolean(s.faults, c == 't')
		return true
	case c == 'n' && s.literal("null"):
		return false
	}
	return s.fail(malformed)
}

func (s *scanner) literal(word string) bool {
	if !s.have(len(word)) || string(s.buf[s.pos:s.pos+len(word)]) != word {
		return s.fail(malformed)
	}
	s.pos += len(word)
	return true
}

func (s *scanner) object(n *node, depth int) {
	if depth > s.caps.depth {
		s.fail(tooDeep)
		return
	}
	s.pos++
	first, seen, count := len(s.keys), len(s.seen), 0
	if n != nil {
		s.seen = append(s.seen, n.unseen...)
	}
	for c := s.space(); c != '}' || count > 0; c = s.space() {
		if c != '"' {
			s.fail(malformed)
			return
		}
		if count++; count > s.caps.keys {
			s.fail(tooManyKeys)
			return
		}
		s.pos++
		if !s.str(true, true) {
			return
		}
		s.keys = append(s.keys, maphash.Bytes(s.seed, s.text))
		child := n.child(s.faults, s.text)
		if s.space() != ':' {
			s.fail(malformed)
			return
		}
		s.pos++
		something := s.value(child, depth)
		if s.failed != fine {
			return
		}
		if child != nil && something {
			s.seen[seen+child.index] = true
		}
		if c = s.space(); c == '}' {
			break
		}
		if c != ',' {
			s.fail(malformed)
			return
		}
		s.pos++
	}
	s.pos++
	if hasTwins(s.keys[first:]) {
		s.fail(duplicateKey)
	}
	n.missing(s.faults, s.seen[seen:])
	n.keys(s.faults, count)
	s.keys, s.seen = s.keys[:first], s.seen[:seen]
}

// hasTwins says whether two of the hashes are the same; it may sort them.
func hasTwins(hashes []uint64) bool {
	if len(hashes) > 16 {
		slices.Sort(hashes)
		for i := 1; i < len(hashes); i++ {
			if hashes[i] == hashes[i-1] {
				return true
			}
		}
		return false
	}
	for i, h := range hashes {
		if slices.Contains(hashes[:i], h) {
			return true
		}
	}
	return false
}

func (s *scanner) array(n *node, depth int) {
	if depth > s.caps.depth {
		s.fail(tooDeep)
		return
	}
	s.pos++
	count := 0
	for c := s.space(); c != ']' || count > 0; {
		count++
		something := s.value(n.element(), depth)
		if s.failed != fine {
			return
		}
		if !something {
			n.element().absent(s.faults)
		}
		if c = s.space(); c == ']' {
			break
		}
		if c != ',' {
			s.fail(malformed)
			return
		}
		s.pos++
	}
	s.pos++
	n.elements(s.faults, count)
}

// str reads a string whose first quote has been read. Where keep is set, it is in s.text then.
func (s *scanner) str(keep, key bool) bool {
	s.text = s.text[:0]
	for {
		start := s.pos
		for s.pos < len(s.buf) && plain(s.buf[s.pos]) {
			s.pos++
		}
		if keep {
			s.text = append(s.text, s.buf[start:s.pos]...)
		}
		if key && len(s.text) > s.caps.name {
			return s.fail(keyTooLong)
		}
		c, more := s.peek()
		switch {
		case !more:
			return s.fail(malformed)
		case plain(c):
		case c == '"':
			s.pos++
			return true
		case c == '\\':
			if !s.escape(keep) {
				return false
			}
		case c < 0x20:
			return s.fail(malformed)
		default:
			for !utf8.FullRune(s.buf[s.pos:]) && s.fill() {
			}
			r, size := utf8.DecodeRune(s.buf[s.pos:])
			if r == utf8.RuneError && size <= 1 {
				return s.fail(notUTF8)
			}
			if keep {
				s.text = append(s.text, s.buf[s.pos:s.pos+size]...)
			}
			s.pos += size
		}
	}
}

func plain(c byte) bool { return c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' }

// escape reads what a backslash begins.
func (s *scanner) escape(keep bool) bool {
	if !s.have(2) {
		return s.fail(malformed)
	}
	r := rune(s.buf[s.pos+1])
	s.pos += 2
	switch r {
	case '"', '\\', '/':
	case 'b':
		r = '\b'
	case 'f':
		r = '\f'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	case 'u':
		var ok bool
		if r, ok = s.unicode(); !ok {
			return false
		}
	default:
		return s.fail(malformed)
	}
	if keep {
		s.text = utf8.AppendRune(s.text, r)
	}
	return true
}

// unicode reads four hexadecimal digits, and the second half of a pair of surrogates.
func (s *scanner) unicode() (rune, bool) {
	r, ok := s.hex()
	switch {
	case !ok || r >= 0xDC00 && r < 0xE000:
		return 0, s.fail(loneSurrogate)
	case r < 0xD800 || r >= 0xE000:
		return r, true
	}
	if !s.have(2) || s.buf[s.pos] != '\\' || s.buf[s.pos+1] != 'u' {
		return 0, s.fail(loneSurrogate)
	}
	s.pos += 2
	low, ok := s.hex()
	if !ok || low < 0xDC00 || low >= 0xE000 {
		return 0, s.fail(loneSurrogate)
	}
	return (r-0xD800)<<10 | (low - 0xDC00) + 0x10000, true
}

func (s *scanner) hex() (r rune, ok bool) {
	if !s.have(4) {
		return 0, s.fail(malformed)
	}
	for _, c := range s.buf[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, s.fail(malformed)
		}
		r = r<<4 | rune(c)
	}
	s.pos += 4
	return r, true
}

// number reads a number and returns how it is written, until the next read.
func (s *scanner) number() []byte {
	n := 0
	for (s.pos+n < len(s.buf) || s.fill()) && numeric(s.buf[s.pos+n]) {
		if n++; n > s.caps.number {
			s.fail(numberTooLong)
			return nil
		}
	}
	number := s.buf[s.pos : s.pos+n]
	whole, ok := grammatical(number)
	if !ok {
		s.fail(malformed)
		return nil
	}
	s.pos += n
	if !whole && n > 3 && infinite(number) {
		s.fail(numberTooLarge)
	}
	return number
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c|0x20 == 'e'
}

// grammatical compares with the grammar of RFC 8259 section 6; whole says that there is
// neither a fraction nor an exponent.
func grammatical(number []byte) (whole, ok bool) {
	n := number
	if len(n) > 0 && n[0] == '-' {
		n = n[1:]
	}
	rest := skipDigits(n)
	if len(rest) == len(n) || n[0] == '0' && len(n)-len(rest) > 1 {
		return false, false
	}
	whole = len(rest) == 0
	if len(rest) > 0 && rest[0] == '.' {
		after := skipDigits(rest[1:])
		if len(after) == len(rest)-1 {
			return false, false
		}
		rest = after
	}
	if len(rest) > 0 && rest[0]|0x20 == 'e' {
		rest = rest[1:]
		if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		after := skipDigits(rest)
		return false, len(after) == 0 && len(rest) > 0
	}
	return whole, len(rest) == 0
}

func skipDigits(b []byte) []byte {
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		b = b[1:]
	}
	return b
}

// infinite says whether a number with a fraction or an exponent is more than a float64 has,
// where Python makes it inf. Most numbers have no exponent and too few digits for that.
func infinite(number []byte) bool {
	mantissa := bytes.IndexByte(number, 'e')
	if mantissa < 0 {
		mantissa = bytes.IndexByte(number, 'E')
	}
	if mantissa < 0 && len(number) < 300 || mantissa >= 0 && mantissa < 200 && len(number)-mantissa <= 3 {
		return false
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}
