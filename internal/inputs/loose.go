package inputs

import "unicode/utf8"

// looseHead is how much of what is decoded loosely tells whether it is text (bytes).
const looseHead = 48

// loose64 decodes base64 as Python's b64decode does when it is not told to validate: what is not
// of the alphabet is skipped, and a full padding ends it. url says that "-" and "_" are of the
// alphabet, as for urlsafe_b64decode. It is empty for what is no text and no pickle; a few
// control characters in a text do not hide it.
func loose64(v string, url bool) string {
	var out []byte
	bits, count, pads := 0, 0, 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '=' && count%4 >= 2 {
			if pads++; count%4+pads >= 4 {
				break
			}
			continue
		}
		n := sextet(c)
		if n < 0 || !url && (c == '-' || c == '_') {
			continue
		}
		pads = 0
		bits = bits<<6 | n
		if count++; count%4 != 0 {
			continue
		}
		if out = append(out, byte(bits>>16), byte(bits>>8), byte(bits)); len(out) == 3 && !mayBeText(out) || len(out) == looseHead && !looselyText(out, true) {
			return ""
		}
		bits = 0
	}
	switch count % 4 {
	case 2:
		out = append(out, byte(bits>>4))
	case 3:
		out = append(out, byte(bits>>10), byte(bits>>2))
	}
	if len(out) < 6 || !isPickle(out) && !looselyText(out, false) {
		return ""
	}
	return string(out)
}

// looseStart says whether v may be loose base64 of something, by its first group; cheap.
func looseStart(v string) bool {
	if len(v) < shortestHidden {
		return false
	}
	for _, url := range [...]bool{true, false} {
		bits, count := 0, 0
		for i := 0; i < len(v) && count < 4; i++ {
			if n := sextet(v[i]); n >= 0 && (url || v[i] != '-' && v[i] != '_') {
				bits = bits<<6 | n
				count++
			}
		}
		if count == 4 && mayBeText([]byte{byte(bits >> 16), byte(bits >> 8), byte(bits)}) {
			return true
		}
	}
	return false
}

// mayBeText says whether three bytes may begin a text, of which one may be a control character,
// or a pickle.
func mayBeText(b []byte) bool {
	odd := 0
	for _, c := range b[:3] {
		if !printable(c) {
			odd++
		}
	}
	return isPickle(b) || odd <= 1 && startsUTF8(b)
}

// startsUTF8 says whether b is UTF-8, but for its last character, which may be cut.
func startsUTF8(b []byte) bool {
	for n := 0; n < utf8.UTFMax && n <= len(b); n++ {
		if utf8.Valid(b[:len(b)-n]) {
			return n == 0 || !utf8.FullRune(b[len(b)-n:])
		}
	}
	return false
}

// looselyText says whether b is UTF-8 with few control characters. cut says that its last
// character may be cut.
func looselyText(b []byte, cut bool) bool {
	if isPickle(b) {
		return true
	}
	odd := 0
	for _, c := range b {
		if !printable(c) {
			odd++
		}
	}
	return odd*8 <= len(b) && (utf8.Valid(b) || cut && startsUTF8(b))
}
