package openapi

import (
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// parameters reads a query as Python does. url.ParseQuery leaves out what has a semicolon or
// a "%" that means nothing, and the library would never see "limit=1000000;".
func parameters(query string) url.Values {
	found := url.Values{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair != "" {
			name, value, _ := strings.Cut(pair, "=")
			name = decode(name)
			found[name] = append(found[name], decode(value))
		}
	}
	return found
}

// decode is url.QueryUnescape that leaves a "%" that means nothing as it is.
func decode(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if one, err := url.QueryUnescape(s[i : i+3]); err == nil {
				b.WriteString(one)
				i += 2
				continue
			}
		}
		if s[i] == '+' {
			b.WriteByte(' ')
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// described returns the description of a parameter of the query, nil for none. A parameter
// of an operation takes the place of its path's.
func described(route *routers.Route, name string) *openapi3.Parameter {
	name, _, _ = strings.Cut(name, "[") // filter[name] is one of filter's
	if p := route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name); p != nil {
		return p
	}
	return route.PathItem.Parameters.GetByInAndName(openapi3.ParameterInQuery, name)
}

// single says whether a parameter is one value, or an array that is written as one.
func single(p *openapi3.Parameter) bool {
	if p.Schema == nil || p.Schema.Value == nil || p.Schema.Value.Type == nil {
		return false
	}
	types := p.Schema.Value.Type
	if types.Includes(openapi3.TypeObject) {
		return false
	}
	return !types.Includes(openapi3.TypeArray) || p.Explode != nil && !*p.Explode
}
