package inputs

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
)

// plainPath says whether nothing in a path is worth a look: words, numbers, slugs and names of
// files, with no folder that leads up. It allocates nothing.
func plainPath(path string) bool {
	last := byte(0)
	for i := 0; i < len(path); i++ {
		c := path[i]
		if classes[c]&(letter|digit|underline) == 0 && (c != '/' && c != '-' && c != '.' || c == last || c == '-' && last == '/') {
			return false
		}
		last = c
	}
	return plainSegments(path)
}

// plainSegments says whether none of the segments is risky. In those that are short, only words of
// SQL are looked for, and the name of a file in a folder is none of a host.
func plainSegments(path string) bool {
	for path != "" {
		var segment string
		if segment, path, _ = strings.Cut(path, "/"); riskySegment(segment) {
			return false
		}
	}
	return true
}

// riskySegment is Risky of a segment of a path, where most dots begin the extension of a file.
// The names of hosts do not end like these.
func riskySegment(segment string) bool {
	if len(segment) < shortestHidden {
		return sqlWords(segment)
	}
	dot := strings.LastIndexByte(segment, '.')
	if dot < 1 {
		return Risky(segment)
	}
	switch segment[dot+1:] {
	case "css", "js", "mjs", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "woff", "woff2", "ttf", "pdf", "txt", "html", "htm",
		"xml", "json", "webmanifest", "mp3", "mp4", "webm", "csv":
		for part := range strings.SplitSeq(segment[:dot], ".") {
			if part == "" || sqlWords(part) || len(part) >= shortestHidden && Risky(part) {
				return true
			}
		}
		return false
	}
	return Risky(segment)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// What is taken of a path.
const (
	mostSegments = 32
	mostTails    = 8
)

// path takes the whole decoded path, its risky segments, and what is left of it behind each of
// the first folders: a view may get one or the other.
func (c *collector) path(path string) {
	rest := strings.TrimLeft(lossy(path), "/") // Werkzeug has one slash before it
	c.add(fumehood.InPath, "", "/"+rest)
	for n := 0; rest != "" && n < mostSegments; n++ {
		segment, after, more := strings.Cut(rest, "/")
		if more && n > 0 && n < mostTails && Risky(rest) {
			c.add(fumehood.InPath, "", rest)
		}
		if segment != "" && (Risky(segment) || segment == "..") {
			c.add(fumehood.InPath, "", segment)
		}
		rest = after
	}
}

// worthALook says whether a header field has something that fields would take. Fields that
// browsers and proxies fill in are left out in their usual form: negotiation (Accept*), what a
// browser says of itself (User-Agent, Sec-*), caching and ranges (If-*, Range), the connection's
// and the body's own (Connection, Content-*), and Referer. So are those that no app gets, and
// Host, which guard/hosts knows.
func worthALook(r *http.Request, name, value string, sessions []string) bool {
	switch name {
	case "User-Agent":
		return !usualAgent(value) && Risky(value)
	case "Referer", "Origin":
		return !ownAddress(value, r.Host) && Risky(value)
	case "X-Forwarded-For", "X-Real-Ip":
		return !addresses(value) && Risky(value)
	case "Cookie":
		return riskyCookies(value, sessions)
	case "X-Request-Id": // guard/record's own takes the place of the client's
		return value != fumehood.RequestID(r) && Risky(value)
	case "Authorization":
		return true
	case "Host", "Te", "Sec-Websocket-Key", "Trailer", "Transfer-Encoding", "Upgrade", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy",
		"Connection", "Expect", "Content-Length", "Http2-Settings":
		return false
	case "Cache-Control", "Upgrade-Insecure-Requests", "Pragma", "Range", "Dnt", "Date", "Priority", "Max-Forwards", "Via":
		return !usualField(value) && Risky(value)
	}
	return !(ofBrowsers(name) && usualField(value)) && Risky(value)
}

// fields takes the risky header fields that apps read, and the cookies.
func (c *collector) fields(r *http.Request) {
	for name, values := range r.Header {
		look := false
		for _, value := range values {
			if !worthALook(r, name, value, c.limits.Sessions) {
				continue
			}
			switch look = true; name {
			case "Cookie":
			case "Authorization":
				c.authorization(value)
			default:
				c.field(name, value)
			}
		}
		if look && name == "Cookie" {
			c.cookies(values)
		}
	}
}

// ofBrowsers knows the families of fields that are left out.
func ofBrowsers(name string) bool {
	switch name[:min(len(name), 3)] {
	case "Sec", "Acc", "Con", "If-":
	default:
		return name == ""
	}
	if name == "Accept" {
		return true
	}
	for _, prefix := range [...]string{"Sec-", "Accept-", "Access-Control-", "Content-", "If-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// field takes one field. Python has the bytes of a field as latin-1; apps that know it
// make UTF-8 of them.
func (c *collector) field(name, value string) {
	if ascii(value) {
		c.add(fumehood.InHeader, name, value)
		return
	}
	c.add(fumehood.InHeader, name, latin1(value))
	if utf8.ValidString(value) {
		c.add(fumehood.InHeader, name, value)
	}
}

// latin1 is how Python shows bytes in an environ.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// ownAddress says whether v is a usual address of this site, which browsers send with most
// requests, or none.
func ownAddress(v, host string) bool {
	if v == "" || v == "null" {
		return true
	}
	rest, ok := strings.CutPrefix(v, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(v, "http://"); !ok {
			return false
		}
	}
	if len(host) == 0 || len(rest) < len(host) || !strings.EqualFold(rest[:len(host)], host) {
		return false
	}
	rest = rest[len(host):]
	if rest == "" {
		return true
	}
	if rest[0] != '/' {
		return false
	}
	for i := 0; i < len(rest); i++ {
		if c := rest[i]; classes[c]&(letter|digit|underline|hyphen|dot|base) == 0 && c != '?' && c != '&' {
			return false
		}
	}
	return !strings.Contains(rest, "..") && !strings.Contains(rest, "--") && !strings.Contains(rest, "//")
}

// addresses says whether v is a list of IP addresses, as proxies write it.
func addresses(v string) bool {
	for one := range strings.SplitSeq(v, ",") {
		if _, err := netip.ParseAddr(strings.Trim(one, " ")); err != nil {
			return false
		}
	}
	return true
}

// authorization takes what apps read of the field: name and password of Basic (RFC 7617), a
// token.
func (c *collector) authorization(v string) {
	scheme, rest, _ := strings.Cut(v, " ")
	rest = strings.Trim(rest, " ")
	if !strings.EqualFold(scheme, "basic") {
		if rest == "" {
			rest = v
		}
		if Risky(rest) {
			c.field("Authorization", rest)
		}
		return
	}
	raw, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		if Risky(rest) {
			c.field("Authorization", rest)
		}
		return
	}
	name, password, _ := strings.Cut(lossy(string(raw)), ":")
	if Risky(name) {
		c.add(fumehood.InHeader, "Authorization.username", name)
	}
	if Risky(password) {
		c.add(fumehood.InHeader, "Authorization.password", password)
	}
}
