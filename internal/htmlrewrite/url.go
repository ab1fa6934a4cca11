package htmlrewrite

import "strings"

// leadsHere says whether browsers resolve ref to this site, in a document of this site.
// foreignBase says that relative references may be resolved against another one. What it is
// not sure of it takes for foreign. The rules are those of the WHATWG URL standard, section
// 4.4, which browsers follow and RFC 3986 does not describe.
func (o *Options) leadsHere(ref string, foreignBase bool) bool {
	ref = strings.TrimFunc(ref, func(c rune) bool { return c <= ' ' })
	if strings.ContainsAny(ref, "\t\n\r") {
		ref = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(ref)
	}
	for i := 0; i < len(ref); i++ {
		if ref[i] < ' ' || ref[i] == 0x7f {
			return false
		}
	}
	if colon := strings.IndexAny(ref, `:/\?#`); colon >= 0 && ref[colon] == ':' {
		return o.isThisSite(ref)
	}
	if len(ref) >= 2 && isSlash(ref[0]) && isSlash(ref[1]) {
		return false // "//evil.example" and its relatives
	}
	return !foreignBase
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// isThisSite says whether an absolute URL has this site's scheme, host and port.
func (o *Options) isThisSite(u string) bool {
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok || o.Host == "" || strings.ToLower(scheme) != o.Scheme {
		return false
	}
	host := rest
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		host = rest[:end]
	}
	for i := 0; i < len(host); i++ {
		if c := host[i]; c >= 0x80 || c == '@' || c == '%' || c <= ' ' {
			return false
		}
	}
	return withoutPort(o.Scheme, host) == withoutPort(o.Scheme, o.Host)
}

// withoutPort returns host in lower case, without the default port of scheme.
func withoutPort(scheme, host string) string {
	host = strings.ToLower(host)
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(strings.TrimSuffix(host, port), ":")
}
