package redirects

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// kind is what a browser makes of a redirect.
type kind int

const (
	broken kind = iota // no URL: browsers go nowhere, other clients may
	web                // http or https
	other              // another program: mailto:, myapp:, ftp:
	script             // runs or shows what the URL itself holds, or reads local files
)

// target is where a redirect leads.
type target struct {
	kind      kind
	scheme    string // lower case
	host      string // canonical, as in location.hostname
	port      string // "" for the scheme's own
	user      string // what stands before the "@"
	authority string // host and port as they are written
	rest      string // path and query as they are written
}

func (t target) describe() string {
	switch {
	case t.kind == broken:
		return "not a URL"
	case t.kind == other:
		return "the scheme " + t.scheme
	case t.user != "":
		return fmt.Sprintf("host %s, with a user", t.host)
	}
	return "host " + t.host
}

// origin is the site that a request was made to.
type origin struct{ scheme, host, port string }

// originOf returns the origin of the page that r asks for. Where Host is no host, nothing
// but a relative URL is on the site.
func originOf(r *http.Request) origin {
	o := origin{scheme: fumehood.Scheme(r)}
	if t := parseAuthority(target{kind: web, scheme: o.scheme}, r.Host); t.kind == web && t.authority == r.Host && !strings.ContainsAny(r.Host, `/\?#`) {
		o.host, o.port = t.host, t.port
	}
	return o
}

// owns says whether t is on the site: the same host and the same port, or the usual port of
// the other scheme.
func (o origin) owns(t target) bool { return t.kind == web && t.host == o.host && t.port == o.port }

// resolve reads raw as the URL Standard (url.spec.whatwg.org, "basic URL parser") does
// with base as the base URL, as far as that decides where it leads.
func resolve(raw string, base origin) target {
	s := strings.TrimFunc(raw, func(c rune) bool { return c <= ' ' })
	if strings.ContainsAny(s, "\t\n\r") {
		s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	}
	scheme, rest, ok := cutScheme(s)
	switch {
	case !ok: // "no scheme state"
		return relative(s, base)
	case scheme == "http" || scheme == "https":
		if scheme == base.scheme && !strings.HasPrefix(rest, "//") { // "special relative or authority state"
			return relative(rest, base)
		}
		return afterSlashes(target{kind: web, scheme: scheme}, rest)
	}
	switch scheme {
	case "javascript", "data", "vbscript", "blob", "filesystem", "file", "about", "view-source":
		return target{kind: script, scheme: scheme, rest: rest}
	}
	t := target{kind: other, scheme: scheme, rest: rest}
	if scheme == "ftp" || scheme == "ws" || scheme == "wss" {
		if t = afterSlashes(t, rest); t.kind != broken {
			t.kind = other
		}
	}
	return t
}

// cutScheme cuts the scheme off, in lower case ("scheme start state", "scheme state").
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return strings.ToLower(s[:i]), s[i+1:], true
		default:
			return "", s, false
		}
	}
	return "", s, false
}

func isSlash(s string, i int) bool { return i < len(s) && (s[i] == '/' || s[i] == '\\') }

// relative is the "relative state" for a base with a host: two slashes of either kind begin
// another host.
func relative(s string, base origin) target {
	if isSlash(s, 0) && isSlash(s, 1) {
		return afterSlashes(target{kind: web, scheme: base.scheme}, s)
	}
	return target{kind: web, scheme: base.scheme, host: base.host, port: base.port, rest: s}
}

// afterSlashes is the "special authority ignore slashes state": however many there are.
func afterSlashes(t target, s string) target {
	s = strings.TrimLeft(s, `/\`)
	end := strings.IndexAny(s, `/\?#`)
	if end < 0 {
		end = len(s)
	}
	t.rest, _, _ = strings.Cut(s[end:], "#")
	if !strings.HasPrefix(t.rest, "/") {
		t.rest = "/" + t.rest
	}
	return parseAuthority(t, s[:end])
}

// parseAuthority fills in user, host and port ("authority state", "host state", "port
// state").
func parseAuthority(t target, s string) target {
	t.authority = s
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		if t.authority = s[at+1:]; strings.Trim(s[:at], ":") != "" {
			t.user = s[:at+1]
		}
	}
	host, port := t.authority, ""
	if colon := portColon(host); colon >= 0 {
		host, port = host[:colon], host[colon+1:]
	}
	var ok bool
	if t.host, ok = parseHost(host); !ok {
		t.kind, t.host = broken, ""
		return t
	}
	if t.port, ok = parsePort(port, t.scheme); !ok {
		t.kind = broken
	}
	return t
}

// portColon returns the index of the first colon that is not in brackets, or -1.
func portColon(s string) int {
	inside := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ':':
			if !inside {
				return i
			}
		}
	}
	return -1
}

func parsePort(s, scheme string) (port string, ok bool) {
	if s == "" {
		return "", true
	}
	if strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return "", false
	}
	switch {
	case n == 443 && (scheme == "https" || scheme == "wss"), n == 80 && (scheme == "http" || scheme == "ws"), n == 21 && scheme == "ftp":
		return "", true
	}
	return strconv.FormatUint(n, 10), true
}

// refreshTarget returns the URL of a Refresh field ("shared declarative refresh steps" of
// the HTML Standard).
func refreshTarget(value string) (url string, ok bool) {
	const space = " \t\n\f\r"
	s := strings.TrimLeft(value, space)
	after := strings.TrimLeft(s, "0123456789")
	if after == s && !strings.HasPrefix(s, ".") {
		return "", false
	}
	s = strings.TrimLeft(after, "0123456789.")
	if s == "" || !strings.ContainsRune(";,"+space, rune(s[0])) {
		return "", false
	}
	s = strings.TrimLeft(s, space)
	if s != "" && (s[0] == ';' || s[0] == ',') {
		s = strings.TrimLeft(s[1:], space)
	}
	if s == "" {
		return "", false
	}
	if s[0] == 'u' || s[0] == 'U' {
		if len(s) < 3 || !strings.EqualFold(s[:3], "url") {
			return s, true
		}
		rest, ok := strings.CutPrefix(strings.TrimLeft(s[3:], space), "=")
		if !ok {
			return s, true
		}
		s = strings.TrimLeft(rest, space)
	}
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		quote := s[:1]
		s, _, _ = strings.Cut(s[1:], quote)
	}
	return s, true
}
