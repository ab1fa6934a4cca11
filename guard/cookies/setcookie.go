package cookies

import (
	"net/http"
	"strings"
	"time"
)

// setCookie is a Set-Cookie field, read as browsers read it (RFC 6265bis section 5.6): the
// last of several attributes of one name counts, what is unknown or makes no sense does
// not. Everything is kept byte for byte as the app wrote it.
type setCookie struct {
	name, value     string
	expires, maxAge string
	domain, path    string
	sameSite        string // "Strict", "Lax", "None", or "" where the app says nothing
	priority        string
	secure          bool
	httpOnly        bool
	partitioned     bool
}

// parse reads a Set-Cookie field. It reports false for what browsers and the parsers of
// apps would not all read as the same cookie.
func parse(line string) (c setCookie, ok bool) {
	if hasControl(line) {
		return c, false
	}
	var equals bool
	var rest string
	c.name, c.value, equals, rest = cut(line)
	for rest != "" {
		var attribute, value string
		attribute, value, _, rest = cut(rest)
		if len(value) <= mostOfOne {
			c.set(attribute, value)
		}
	}
	return c, equals && validName(c.name) && validValue(c.value)
}

// set takes in one attribute. The lengths come first: they are all different but for two.
func (c *setCookie) set(attribute, value string) {
	switch {
	case strings.EqualFold(attribute, "Path"):
		if c.path = ""; value != "" && value[0] == '/' {
			c.path = value
		}
	case strings.EqualFold(attribute, "Secure"):
		c.secure = true
	case strings.EqualFold(attribute, "Domain"):
		c.domain = value
	case strings.EqualFold(attribute, "HttpOnly"):
		c.httpOnly = true
	case strings.EqualFold(attribute, "Max-Age"):
		if isNumber(value) {
			c.maxAge = value
		}
	case strings.EqualFold(attribute, "Expires"):
		c.expires = value
	case strings.EqualFold(attribute, "SameSite"):
		c.sameSite = oneOf(value, "Strict", "Lax", "None")
	case strings.EqualFold(attribute, "Partitioned"):
		c.partitioned = true
	case strings.EqualFold(attribute, "Priority"):
		c.priority = oneOf(value, "Low", "Medium", "High")
	}
}

// oneOf returns the word that value is without regard to case, or "".
func oneOf(value string, words ...string) string {
	for _, word := range words {
		if strings.EqualFold(value, word) {
			return word
		}
	}
	return ""
}

// isNumber knows a Max-Age: digits, perhaps with a minus before them.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// String writes the field in one spelling and order.
func (c *setCookie) String() string {
	var small [512]byte
	out := append(small[:0], c.name...)
	out = append(out, '=')
	out = append(out, c.value...)
	for _, a := range [...]struct{ name, value string }{
		{"; Expires=", c.expires}, {"; Max-Age=", c.maxAge}, {"; Domain=", c.domain}, {"; Path=", c.path},
	} {
		if a.value != "" {
			out = append(out, a.name...)
			out = append(out, a.value...)
		}
	}
	if c.secure {
		out = append(out, "; Secure"...)
	}
	if c.httpOnly {
		out = append(out, "; HttpOnly"...)
	}
	if c.sameSite != "" {
		out = append(out, "; SameSite="...)
		out = append(out, c.sameSite...)
	}
	if c.partitioned {
		out = append(out, "; Partitioned"...)
	}
	if c.priority != "" {
		out = append(out, "; Priority="...)
		out = append(out, c.priority...)
	}
	return string(out)
}

// deletes says whether the field makes a browser forget the cookie.
func (c *setCookie) deletes() bool {
	if c.maxAge != "" { // it counts before Expires
		return c.maxAge[0] == '-' || strings.Trim(c.maxAge, "0") == ""
	}
	if c.expires == "" {
		return false
	}
	at, ok := cookieDate(c.expires)
	return ok && !at.After(time.Now())
}

// cookieDate reads the dates that servers write: those of RFC 9110, and Netscape's with
// dashes.
func cookieDate(s string) (time.Time, bool) {
	if at, err := http.ParseTime(s); err == nil {
		return at, true
	}
	for _, layout := range [...]string{"Mon, 02-Jan-2006 15:04:05 MST", "Mon, 02-Jan-06 15:04:05 MST", time.RFC1123Z} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
