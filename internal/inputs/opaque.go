package inputs

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// The shortest values that are looked at as tokens and as encodings (bytes).
const (
	shortestOpaque = 20
	shortestHidden = 8
)

// Opaque says whether value looks like a token that a program has made: a UUID, 16 or more hex
// digits, base64 with capitals, small letters and digits in it, or a signed token (JWT,
// itsdangerous) whose parts are. What is in it may still be risky; Risky and Decoded look.
func Opaque(value string) bool {
	if len(value) < 16 {
		return false
	}
	if isUUID(value) || isHex(value) {
		return strings.IndexByte(value, '-') >= 0 || strings.ContainsAny(value, "0123456789")
	}
	if len(value) < shortestOpaque || strings.Contains(value, "--") && strings.IndexByte(value, '.') < 0 {
		return false
	}
	if strings.IndexByte(value, '.') >= 0 {
		return isSigned(value)
	}
	return isBase64(value) && isMixed(value)
}

// isSigned says whether v is parts of base64url with dots between them, of which the last is
// a signature: longer than any name of a top-level domain (24), so that v is no host.
func isSigned(v string) bool {
	last := v[strings.LastIndexByte(v, '.')+1:]
	if len(last) < 25 || !isMixed(last) {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(v, "."), ".") {
		if part == "" || !isBase64(part) || strings.ContainsAny(part, "/+") {
			return false
		}
	}
	return true
}

// isBase64 says whether v is base64 or base64url by its characters. What begins with a slash is
// a path.
func isBase64(v string) bool {
	body := strings.TrimRight(v, "=")
	if len(v)-len(body) > 2 || len(body)%4 == 1 || body == "" || body[0] == '/' || body[0] == '-' && len(body) > 1 && body[1] == '-' {
		return false
	}
	std, url := false, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case classes[c]&(letter|digit) != 0:
		case c == '+' || c == '/':
			std = true
		case c == '-' || c == '_':
			url = true
		default:
			return false
		}
	}
	return !(std && url)
}

// isMixed says whether v has capitals, small letters and digits, spread as a program spreads
// them: people write no text of 20 characters in which they change places so often.
func isMixed(v string) bool {
	const upper, lower, number = 1, 2, 3
	kinds, changes, last := 0, 0, 0
	for i := 0; i < len(v); i++ {
		kind := 0
		switch c := v[i]; {
		case c >= 'A' && c <= 'Z':
			kind = upper
		case c >= 'a' && c <= 'z':
			kind = lower
		case c >= '0' && c <= '9':
			kind = number
		}
		kinds |= 1 << kind
		if kind != last {
			changes++
		}
		last = kind
	}
	return kinds&0b1110 == 0b1110 && changes*5 >= len(v)
}

// hides says whether v is an encoding of something risky. Most words are found not to be one by
// their first four characters.
func hides(v string, depth int) bool {
	if depth == 0 {
		return false
	}
	found := false
	unpacked(v, func(text string, pickle bool) bool {
		found = pickle || risky(text, depth-1)
		return !found
	})
	return found
}

// unpacked calls f with the texts that v is an encoding of: of base64 or hex, and, where that
// is JSON, its keys and texts. f returns whether to go on. pickle says that it is none of text
// but begins like a pickle of Python's.
func unpacked(v string, f func(text string, pickle bool) bool) {
	if len(v) < shortestHidden {
		return
	}
	if strings.IndexByte(v, '.') >= 0 { // a token: what is signed in it is JSON
		if len(v) < 2*shortestHidden || !isToken64(v) {
			return
		}
		for part := range strings.SplitSeq(v, ".") {
			if text, _ := fromBase64(part); text != "" && isJSONStart(text) && !inside(text, f) {
				return
			}
		}
		return
	}
	for _, decode := range [...]func(string) (string, bool){fromHex, fromBase64} {
		text, pickle := decode(v)
		switch {
		case text == "" && !pickle:
		case pickle:
			if !f(text, true) {
				return
			}
		case !inside(text, f):
			return
		}
	}
}

// inside calls f with the keys and texts of JSON, or with what is none. It returns what f has
// returned last.
func inside(text string, f func(text string, pickle bool) bool) bool {
	if isJSONStart(text) && leaves(text, nil) {
		more := true
		leaves(text, func(leaf string, pickle bool) bool { more = f(leaf, pickle); return more })
		return more
	}
	return f(text, false)
}

func isToken64(v string) bool {
	for i := 0; i < len(v); i++ {
		if classes[v[i]]&(letter|digit|underline|hyphen|dot) == 0 {
			return false
		}
	}
	return true
}

// fromHex decodes hex digits of a text.
func fromHex(v string) (text string, pickle bool) {
	if len(v)%2 != 0 {
		return "", false
	}
	for i := 0; i < len(v); i++ {
		if unhex(v[i]) < 0 {
			return "", false
		}
	}
	raw, err := hex.DecodeString(v)
	if err != nil {
		return "", false
	}
	return textOf(raw)
}

// fromBase64 decodes base64 and base64url of a text, with or without what fills it up.
func fromBase64(v string) (text string, pickle bool) {
	if text, pickle = strict64(v); text == "" && looseStart(v) {
		text = loose64(v, true)
		pickle = isPickle([]byte(text))
	}
	return text, pickle
}

// strict64 decodes what has all that base64 should have, and no control characters.
func strict64(v string) (text string, pickle bool) {
	body := strings.TrimRight(v, "=")
	if len(body) < shortestHidden || len(body)%4 == 1 || len(v)-len(body) > 2 {
		return "", false
	}
	var first [3]byte
	for i := range 4 { // most words end here
		n := sextet(body[i])
		if n < 0 {
			return "", false
		}
		switch i {
		case 0:
			first[0] = byte(n << 2)
		case 1:
			first[0] |= byte(n >> 4)
			first[1] = byte(n << 4)
		case 2:
			first[1] |= byte(n >> 2)
			first[2] = byte(n << 6)
		default:
			first[2] |= byte(n)
		}
	}
	if !isPickle(first[:]) && !(printable(first[0]) && printable(first[1]) && printable(first[2])) {
		return "", false
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(body, "-_") {
		encoding = base64.RawURLEncoding
	}
	if len(body) > longHead { // an image is no text after a few characters
		raw, err := encoding.DecodeString(body[:longHead])
		if text, pickle := textOf(bytes.TrimRightFunc(raw, notASCII)); err != nil || text == "" && !pickle {
			return "", false
		}
	}
	raw, err := encoding.DecodeString(body)
	if err != nil {
		return "", false
	}
	return textOf(raw)
}

// longHead is how much of a long value tells what it is (bytes, whole groups of base64).
const longHead = 512

// notASCII trims a character that is cut.
func notASCII(r rune) bool { return r >= utf8.RuneSelf }

func sextet(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

// textOf returns raw where it is text that people or programs write, or says that it begins
// like a pickle (protocols 2 to 5; those of protocol 0 are text).
func textOf(raw []byte) (text string, pickle bool) {
	if isPickle(raw) {
		return string(raw), true
	}
	for _, c := range raw {
		if !printable(c) {
			return "", false
		}
	}
	if len(raw) == 0 || !utf8.Valid(raw) {
		return "", false
	}
	return string(raw), false
}

func isPickle(raw []byte) bool { return len(raw) > 1 && raw[0] == 0x80 && raw[1] >= 2 && raw[1] <= 5 }

func printable(c byte) bool {
	return c >= ' ' && c != 0x7f || c == '\n' || c == '\r' || c == '\t'
}

// Password says whether a field has what must be shown nowhere, by its name: a password, a
// secret, a token or what is kept in a session. Nobody can do more with such a name than have a value not judged that an
// app reads by it.
func Password(name string) bool {
	if name == RawSession {
		return true
	}
	for i := 0; i+3 <= len(name); i++ {
		rest := name[i:]
		switch rest[0] | 0x20 {
		case 'p':
			if foldPrefix(rest, "passw") || foldPrefix(rest, "passphrase") || foldPrefix(rest, "pwd") ||
				foldPrefix(rest, "pass") && (len(rest) == 4 || classes[rest[4]]&letter == 0) {
				return true
			}
		case 's':
			if foldPrefix(rest, "secret") {
				return true
			}
		case 't':
			if foldPrefix(rest, "token") {
				return true
			}
		case 'a':
			if foldPrefix(rest, "apikey") || foldPrefix(rest, "api_key") || foldPrefix(rest, "api-key") {
				return true
			}
		}
	}
	return false
}

func foldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
