package strict

import "encoding/binary"

// What a byte may be part of; a set of these for each byte is in classes.
const (
	tokenByte  = 1 << iota // RFC 9110, section 5.6.2: methods, field names
	targetByte             // visible ASCII but "#", which begins a fragment
	hostByte               // RFC 3986, section 3.2.2: reg-name, without percent-encoding
	digitByte
	hexByte
	lowerByte
)

// classes is made once, from the words of the standards, and never changes.
var classes = func() (t [256]byte) {
	set := func(class byte, bytes string) {
		for i := range len(bytes) {
			t[bytes[i]] |= class
		}
	}
	const (
		digits    = "0123456789"
		lower     = "abcdefghijklmnopqrstuvwxyz"
		upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		subDelims = "!$&'()*+,;="
	)
	set(tokenByte, "!#$%&'*+-.^_`|~"+digits+lower+upper)
	set(hostByte, "-._~"+digits+lower+upper+subDelims)
	set(digitByte, digits)
	set(hexByte, digits+"abcdefABCDEF")
	set(lowerByte, lower)
	for b := byte('!'); b <= '~'; b++ {
		if b != '#' {
			t[b] |= targetByte
		}
	}
	return t
}()

// span returns how many bytes at the start of b are of the class.
func span(b []byte, class byte) int {
	for i, x := range b {
		if classes[x]&class == 0 {
			return i
		}
	}
	return len(b)
}

// BadValueByte returns the place of the first byte that no field value may have (RFC
// 9110, section 5.5: controls other than the tab), or -1. It looks at 8 bytes at a time.
func BadValueByte(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		del := x ^ 0x7f*ones // a zero byte where x has 0x7f
		// The usual tests for a byte below 0x20 and for a zero byte. They can claim a byte
		// too many, never one too few; what they claim is looked at again.
		if ((x-0x20*ones)&^x|(del-ones)&^del)&highs != 0 {
			if at := badByteSlow(b[i : i+8]); at >= 0 {
				return i + at
			}
		}
	}
	if at := badByteSlow(b[i:]); at >= 0 {
		return i + at
	}
	return -1
}

func badByteSlow(b []byte) int {
	for i, x := range b {
		if x < ' ' && x != '\t' || x == 0x7f {
			return i
		}
	}
	return -1
}

// trim removes the optional white space around a field value.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// is tells whether b is the lower-case word, in any case. The word has letters, digits
// and "-" only, and b is a token or a host, so setting bit 5 confuses no two bytes that
// matter.
func is(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, x := range b {
		if x|0x20 != word[i] {
			return false
		}
	}
	return true
}
