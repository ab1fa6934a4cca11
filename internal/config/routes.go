package config

import (
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strings"
	"unicode"
)

// routes checks the patterns as net/http.ServeMux does, and what ServeMux takes but what
// would never match: a rule that never applies is a protection that is silently off.
func (k *checker) routes(routes []Route) {
	mux := http.NewServeMux()
	good := map[int]bool{}
	for i, route := range routes {
		at := fmt.Sprintf("route[%d]", i)
		if route.empty || reflect.DeepEqual(route, Route{Match: route.Match}) {
			k.wrong(at, "give it a setting, such as stream_body = true or max_body = \"100MB\"", "changes nothing")
		}
		key := at + ".match"
		if method, rest, ok := strings.Cut(route.Match, " "); ok && route.CSRF.PostOnly && route.merged && method != "POST" {
			k.wrong(key, "write "+strings.TrimLeft(rest, " "), "%q leaves out the POST that csrf.post_only asks for", route.Match)
		}
		if !k.pattern(key, route.Match) {
			continue
		}
		failure := register(mux, route.Match)
		if failure == "" {
			good[i] = true
			continue
		}
		for j := range i {
			if good[j] && conflict(routes[j].Match, route.Match) {
				failure = fmt.Sprintf("%q and route[%d] %q match the same requests, and neither is more specific",
					route.Match, j, routes[j].Match)
				break
			}
		}
		k.wrong(key, patternHint, "%s", failure)
	}
}

const patternHint = `a pattern is [METHOD ][HOST]/PATH, such as "POST /upload", "/users/{id}" or "/admin/"`

// pattern refuses what no request can match.
func (k *checker) pattern(key, pattern string) bool {
	method, rest, ok := strings.Cut(pattern, " ")
	if !ok {
		method, rest = "", pattern
	}
	host, rooted, _ := strings.Cut(strings.TrimLeft(rest, " \t"), "/")
	clean := path.Clean("/" + rooted)
	if strings.HasSuffix(rooted, "/") && clean != "/" {
		clean += "/"
	}
	switch {
	case pattern == "":
		k.wrong(key, patternHint, "is missing")
	case strings.ContainsFunc(method, unicode.IsLower):
		k.wrong(key, "write "+strings.ToUpper(method)+" "+rest, "%q never matches: methods are upper case", pattern)
	case strings.ContainsFunc(host, unicode.IsUpper):
		k.wrong(key, "write "+strings.ToLower(host)+" for "+host, "%q never matches: hosts are lower case", pattern)
	case clean != "/"+rooted && strings.Contains(rest, "/"):
		k.wrong(key, "write "+clean, "%q never matches: paths are taken without //, . and ..", pattern)
	default:
		return true
	}
	return false
}

// register adds pattern to mux and returns why it could not, "" if it could.
func register(mux *http.ServeMux, pattern string) (failure string) {
	defer func() {
		if r := recover(); r != nil { // ServeMux panics on a wrong pattern
			failure = fmt.Sprint(r)
			if _, reason, ok := strings.Cut(failure, fmt.Sprintf("parsing %q: ", pattern)); ok {
				failure = fmt.Sprintf("%q: %s", pattern, reason)
			}
		}
	}()
	mux.Handle(pattern, http.NotFoundHandler())
	return ""
}

func conflict(a, b string) bool {
	both := http.NewServeMux()
	return register(http.NewServeMux(), b) == "" && register(both, a) == "" && register(both, b) != ""
}
