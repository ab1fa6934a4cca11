package upstream

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// target is a parsed Config.URL.
type target struct {
	scheme string // "http" or "https"
	host   string // host:port; "localhost" for a Unix socket
	base   string // path put before that of the request, escaped, without the last "/"
	socket string // path of a Unix socket, or ""
}

// String is for error messages.
func (t *target) String() string {
	if t.socket != "" {
		return "unix:" + t.socket
	}
	return t.scheme + "://" + t.host
}

const urlHint = "write http://127.0.0.1:5000, https://app.example or unix:/run/app.sock"

// parseTarget reads Config.URL.
func parseTarget(raw string) (*target, error) {
	if raw == "" {
		return nil, hint.With(errors.New("upstream: no URL"), urlHint)
	}
	if path, ok := strings.CutPrefix(raw, "unix:"); ok {
		path = strings.TrimPrefix(path, "//") // the long form, unix:///run/app.sock
		if path == "" || strings.ContainsAny(path, "?#\x00") {
			return nil, hint.With(fmt.Errorf("upstream: %q names no socket", raw), urlHint)
		}
		return &target{scheme: "http", host: "localhost", socket: path}, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		advice := urlHint
		if !strings.Contains(raw, "://") {
			advice = "write http://" + raw
		}
		return nil, hint.With(fmt.Errorf("upstream: %q is not an http, https or unix URL", raw), advice)
	}
	var mistakes []error
	if u.Hostname() == "" || u.Opaque != "" {
		mistakes = append(mistakes, fmt.Errorf("upstream: %q names no host", u.Redacted()))
	}
	if u.User != nil {
		mistakes = append(mistakes, fmt.Errorf("upstream: %q has a user name, which is not sent to the app", u.Redacted()))
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		mistakes = append(mistakes, fmt.Errorf("upstream: %q has a query or a fragment", u.Redacted()))
	}
	base, err := canonicalPath(strings.TrimRight(u.EscapedPath(), "/") + "/")
	if err != nil {
		mistakes = append(mistakes, fmt.Errorf("upstream: %q: %w", u.Redacted(), err))
	}
	if len(mistakes) > 0 {
		return nil, hint.With(errors.Join(mistakes...), urlHint)
	}
	return &target{scheme: u.Scheme, host: u.Host, base: strings.TrimRight(base, "/")}, nil
}

// checkHost reports whether host can be sent in a Host field.
func checkHost(host string) error {
	if host == "" {
		return nil
	}
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.User != nil {
		return fmt.Errorf("upstream: %q is not a host", host)
	}
	return nil
}

func unreserved(c byte) bool { // RFC 3986, section 2.3
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func pathSafe(c byte) bool {
	return unreserved(c) || c != '?' && querySafe(c) || c == ';'
}

// querySafe has no ";": some parsers split parameters there, others do not.
func querySafe(c byte) bool {
	switch c {
	case '!', '$', '&', '\'', '(', ')', '*', '+', ',', '=', ':', '@', '/', '?':
		return true
	}
	return unreserved(c)
}

// canonicalPath returns the one spelling of an escaped path (RFC 3986, section 6.2.2):
// needless escapes undone, needed ones made, hex digits in upper case. An escaped slash
// stays escaped. Dot segments and NUL are errors: guards and app could take the path for
// two different ones.
func canonicalPath(escaped string) (string, error) {
	if escaped == "" || escaped[0] != '/' {
		return "", errors.New("the path does not begin with a slash")
	}
	path := canonical(escaped, pathSafe)
	if strings.Contains(path, "%00") {
		return "", errors.New("the path has a NUL byte")
	}
	if strings.Contains(path, ".") && hasDotSegment(path) {
		return "", errors.New("the path has a dot segment")
	}
	return path, nil
}

// hasDotSegment also takes "%2F" and "\" for separators, and "..;x" for a dot segment:
// there are servers that do.
func hasDotSegment(path string) bool {
	path = strings.ReplaceAll(path, "%2F", "/")
	path = strings.ReplaceAll(path, "%5C", "/")
	for segment := range strings.SplitSeq(path, "/") {
		name, _, _ := strings.Cut(segment, ";")
		if name == "." || name == ".." {
			return true
		}
	}
	return false
}

// canonicalQuery returns the one spelling of a query. A "%" that begins no escape becomes
// "%25", which is what every lenient parser takes it for.
func canonicalQuery(raw string) string { return canonical(raw, querySafe) }

const upperHex = "0123456789ABCDEF"

// canonical spells every byte of s in one way: as it is when safe has it, else escaped.
// Escapes of unreserved characters are undone, all others are kept.
func canonical(s string, safe func(byte) bool) string {
	clean := true
	for i := range len(s) {
		if !safe(s[i]) {
			clean = false
			break
		}
	}
	if clean { // nearly always
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c = unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
			if unreserved(c) {
				b.WriteByte(c)
				continue
			}
		} else if safe(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
