package caching

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// policy is what the app says in Cache-Control (RFC 9111 section 5.2.2).
type policy struct {
	directives []string // as they were written

	noStore, noCache, noTransform bool
	private, public, sMaxAge      bool
	maxAge                        int64 // seconds; -1: not said, or not so that it is clear
	maxAges                       int
}

// readPolicy reads the fields. What is unclear counts as not said.
func readPolicy(fields []string) policy {
	p := policy{maxAge: -1}
	understood := false
	for _, field := range fields {
		for rest := field; rest != ""; {
			var directive string
			directive, rest = cutDirective(rest)
			if directive == "" {
				continue
			}
			p.directives = append(p.directives, directive)
			name, value, valued := splitDirective(directive)
			switch name {
			case "no-store":
				p.noStore = true
			case "no-cache":
				p.noCache = true
			case "no-transform":
				p.noTransform = true
			case "must-understand":
				understood = true
			case "private":
				p.private = p.private || !valued // with names it covers these fields only
			case "public":
				p.public = true
			case "s-maxage":
				p.sMaxAge = true
			case "max-age":
				p.setMaxAge(value)
			}
		}
	}
	if understood { // a cache that understands the status is to pay no attention to no-store then
		p.noStore = false
	}
	return p
}

// setMaxAge takes in a max-age. Two of them that differ, or one that is no number, are
// none at all.
func (p *policy) setMaxAge(value string) {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || seconds < 0 || value[0] == '+' || p.maxAges > 0 && seconds != p.maxAge {
		seconds = -1
	}
	p.maxAge = seconds
	p.maxAges++
}

// shared says whether the policy speaks to shared caches in a way that contradicts private
// and no-store.
func (p *policy) shared() bool { return p.public || p.sMaxAge }

// fresh says whether the app has said for how long the answer may be used without asking
// again, by a private cache.
func (p *policy) fresh(header http.Header) bool {
	if p.noCache {
		return false
	}
	if p.maxAges > 0 {
		return p.maxAge > 0
	}
	return expiresIn(header) > 0
}

// narrowed returns the policy for private caches only.
func (p *policy) narrowed(header http.Header) string {
	out := []byte("private")
	for _, directive := range p.directives {
		switch name, _, _ := splitDirective(directive); name {
		case "private", "public", "s-maxage", "proxy-revalidate", "no-store", "must-understand":
			continue
		}
		out = append(out, ", "...)
		out = append(out, directive...)
	}
	if seconds := expiresIn(header); p.maxAges == 0 && seconds > 0 {
		out = append(out, ", max-age="...)
		out = strconv.AppendInt(out, seconds, 10)
	}
	return string(out)
}

// cutDirective cuts the first directive off a field. A quoted value may hold commas.
func cutDirective(s string) (directive, rest string) {
	inQuotes := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			inQuotes = !inQuotes
		case s[i] == '\\' && inQuotes:
			i++
		case s[i] == ',' && !inQuotes:
			return strings.Trim(s[:i], " \t"), s[i+1:]
		}
	}
	return strings.Trim(s, " \t"), ""
}

// splitDirective returns the name in lower case, and the value without its quotes.
func splitDirective(directive string) (name, value string, valued bool) {
	name, value, valued = strings.Cut(directive, "=")
	name, value = strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t") // as lenient caches do
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return strings.ToLower(name), value, valued
}

// expiresIn returns for how many seconds Expires makes the answer fresh; 0 for none.
func expiresIn(header http.Header) int64 {
	expires := header["Expires"]
	if len(expires) != 1 {
		return 0
	}
	at, err := http.ParseTime(expires[0])
	if err != nil {
		return 0 // "0" above all
	}
	from := time.Now()
	if date := header["Date"]; len(date) == 1 {
		if sent, err := http.ParseTime(date[0]); err == nil {
			from = sent
		}
	}
	return max(0, int64(at.Sub(from)/time.Second))
}
