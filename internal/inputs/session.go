package inputs

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// RawSession is the name of what an app keeps in a session that the visitor brings. The app has
// signed it, so it is not judged and shown nowhere; but it may have come from the visitor, earlier.
const RawSession = "(session)"

// mostSession is how much of the sessions of a request is unpacked (bytes). A cookie of 4 KB is
// seldom a session of more than 40.
const mostSession = 128 << 10

// isPacked says whether value is a session that itsdangerous has compressed: a dot, and base64 of
// zlib's format, signed.
func isPacked(value string) bool { return strings.HasPrefix(value, ".eJ") && isSigned(value) }

// mayHold says whether a session, which is signed JSON, may have something risky in it; cheap.
// Of a compressed one that is not known.
func mayHold(token string) bool {
	if token[0] == '.' || strings.HasPrefix(token[strings.IndexByte(token, '.')+1:], "eyJ") {
		return true
	}
	var room [1024]byte
	text := room[:0]
	bits := 0
	for i := 0; i < len(token) && token[i] != '.'; i++ {
		n := sextet(token[i])
		if n < 0 || len(text)+3 > len(room) {
			return true
		}
		bits = bits<<6 | n
		if i%4 != 0 {
			c := byte(bits >> (2 * (3 - i%4)))
			if classes[c]&(letter|digit|underline|hyphen) == 0 && strings.IndexByte(`{}[]":,`, c) < 0 {
				return true
			}
			text = append(text, c)
		}
	}
	return sqlWords(text)
}

// session takes the risky texts of a session: in its JSON, and of its JSON keys.
func (c *collector) session(token string) bool {
	if !mayHold(token) {
		return true
	}
	more := true
	take := func(text string, _ bool) bool {
		if Risky(text) && !(len(text) == 2 && text[0] == ' ') { // Flask marks a tuple with " t"
			more = c.add(fumehood.InCookie, RawSession, text)
		}
		return more
	}
	if token[0] != '.' {
		unpacked(token, take)
		return more
	}
	text, whole := c.inflated(token)
	if whole = whole && (text == "" || leaves(text, nil)); !whole {
		c.unseen("a session is too long or too deep")
	}
	leaves(text, take)
	return more
}

// inflated returns the JSON that a compressed session has, "" where it is none. whole says that
// nothing is missing.
func (c *collector) inflated(token string) (text string, whole bool) {
	packed, _, _ := strings.Cut(token[1:], ".")
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return "", true
	}
	reader, err := c.limits.inflater(bytes.NewReader(raw))
	if err != nil {
		return "", true
	}
	most := mostSession - c.unpackedBytes + 1
	out := make([]byte, 0, min(4*len(packed), most))
	for err == nil && len(out) < most {
		if len(out) == cap(out) {
			out = append(make([]byte, 0, min(4*cap(out), most)), out...)
		}
		var n int
		n, err = reader.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
	}
	c.unpackedBytes += len(out)
	if err == io.EOF && c.limits.Inflaters != nil {
		c.limits.Inflaters.Put(reader)
	}
	if err != nil && err != io.EOF || !isJSONStart(string(out[:min(len(out), 16)])) {
		return "", true // no app can read it
	}
	return string(out), err == io.EOF
}

// inflater returns a reader of zlib's format, one that was used before if there is one.
func (l *Limits) inflater(src io.Reader) (io.Reader, error) {
	if l.Inflaters != nil {
		if used, ok := l.Inflaters.Get().(io.Reader); ok {
			return used, used.(zlib.Resetter).Reset(src, nil)
		}
	}
	return zlib.NewReader(src)
}
