package validate

import (
	"bytes"
	"hash/maphash"
	"io"
	"slices"
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
		s.pos += 3 // RFC 8259 section 8.1 lets readers ignore it; Python does
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
