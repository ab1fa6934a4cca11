package cookies

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	fumehood "github.com/fumehood/fumehood"
)

const (
	mostErased   = 64       // Set-Cookie fields of one refusal
	mostErasing  = 16 << 10 // bytes of them
	mostSegments = 3        // of the path, from its beginning
	mostParents  = 3        // of the host
)

// erase returns the Set-Cookie fields that make a browser forget the cookies, wherever it
// may have them from: a browser does not say which Path and Domain they have.
func erase(r *http.Request, names []string) (lines []string) {
	secure := ""
	if fumehood.Scheme(r) == "https" {
		secure = "; Secure"
	}
	size := 0
	for i, place := range placesOf(r) {
		for _, name := range names {
			if strings.HasPrefix(name, "__Host-") {
				if i > 0 {
					continue // it can have no other place, but be there twice
				}
				lines = append(lines, gone(name, place, "; Partitioned"+secure))
			}
			line := gone(name, place, secure)
			if size += len(line); len(lines) >= mostErased || size > mostErasing {
				return lines
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// gone is the Set-Cookie field that deletes a cookie.
func gone(name, place, more string) string {
	return name + "=; Expires=" + longAgo + "; Max-Age=0" + place + more + "; HttpOnly; SameSite=Lax"
}

const longAgo = "Thu, 01 Jan 1970 00:00:00 GMT"

// placesOf returns the attributes of all cookies that a browser may send to this URL. The
// likely ones are first: "/", for this host and for each domain above it.
func placesOf(r *http.Request) []string {
	domains := []string{""}
	for _, domain := range domainsOf(r.Host) {
		domains = append(domains, "; Domain="+domain)
	}
	paths := []string{"/"}
	escaped := r.URL.EscapedPath()
	if strings.ContainsAny(escaped, ";\" ") || hasControl(escaped) {
		escaped = ""
	}
	for i := 1; i < len(escaped) && len(paths) <= 2*mostSegments; i++ {
		if escaped[i] == '/' {
			paths = append(paths, escaped[:i], escaped[:i+1])
		}
	}
	var places []string
	for _, path := range paths {
		for _, domain := range domains {
			places = append(places, "; Path="+path+domain)
		}
	}
	return places
}

// domainsOf returns the domains that a cookie for this host can have, the host first.
func domainsOf(hostport string) (domains []string) {
	host := hostOf(hostport)
	if _, err := netip.ParseAddr(host); err == nil || !validName(host) {
		return nil
	}
	top, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return nil
	}
	for len(domains) < mostParents {
		domains = append(domains, host)
		if host == top {
			break
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return domains
}

// hostOf returns the host in lower case, without its port and a trailing dot.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// largest returns the names of the largest cookies, as many as have to go.
func (g *Guard) largest(fields []string, size, count int) (names []string) {
	type entry struct {
		name string
		size int
	}
	var all []entry
	for _, field := range fields {
		for rest := field; rest != ""; {
			var name, value string
			name, value, _, rest = cut(rest)
			if validName(name) {
				all = append(all, entry{name, len(name) + len(value)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(b.size, a.size) })
	for _, e := range all {
		if size <= g.maxHeader && count <= mostCookies && e.size <= mostBytes || len(names) == mostErased {
			break
		}
		size -= e.size + len("=; ")
		count--
		if !slices.Contains(names, e.name) {
			names = append(names, e.name)
		}
	}
	return names
}
