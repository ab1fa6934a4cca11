package cors

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	fumehood "github.com/fumehood/fumehood"
)

// Preflight says whether r is a preflight (Fetch Standard, "CORS-preflight request"), and
// the method that it asks about: the one to choose a route's policy by.
func Preflight(r *http.Request) (method string, ok bool) {
	if r.Method != http.MethodOptions || len(r.Header["Origin"]) == 0 {
		return "", false
	}
	methods := r.Header["Access-Control-Request-Method"]
	if len(methods) == 0 {
		return "", false
	}
	return methods[0], true
}

// Check refuses a preflight for what is not allowed, whatever the mode. Every other request
// passes: a browser sends a simple request first and asks about the answer afterwards.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("cors")
	}
	if method, ok := Preflight(r); ok && !g.cfg.DangerouslyTrustApp {
		return g.preflight(r, method)
	}
	return nil
}

func (g *Guard) preflight(r *http.Request, method string) error {
	if g.allowOrigin(r) == nil {
		cause := fmt.Errorf("the origin %.200q is not in cors.origins", r.Header["Origin"])
		if !g.hasPolicy() {
			cause = fmt.Errorf("the origin %.200q asks, and cors.origins names none", r.Header["Origin"])
		}
		return &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "cors.origin",
			Public: "This site does not let that other site read anything here.",
			Err:    cause, Header: g.refusedHeader,
		}
	}
	if !g.allowsMethod(method) || len(r.Header["Access-Control-Request-Method"]) > 1 {
		return &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "cors.method",
			Public: "That other site may not use this method here.",
			Err:    fmt.Errorf("the origin %.200q asks for the method %.60q, which is not in cors.methods", r.Header["Origin"], method),
			Header: g.refusedHeader,
		}
	}
	if err := g.checkHeaders(r.Header["Access-Control-Request-Headers"]); err != nil {
		return &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "cors.request-header",
			Public: "That other site may not send this header field here.",
			Err:    fmt.Errorf("the origin %.200q: %w", r.Header["Origin"], err),
			Header: g.refusedHeader,
		}
	}
	if wantsPrivateNetwork(r) && !g.cfg.DangerouslyAllowPrivateNetwork {
		return &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "cors.private-network",
			Public: "That other site may not reach into this network.",
			Err:    fmt.Errorf("the origin %.200q lies in a more public network than this server", r.Header["Origin"]),
			Header: g.refusedHeader,
		}
	}
	return nil
}

// allowsMethod compares exactly: browsers write the usual methods in capitals and leave all
// others as the script has them.
func (g *Guard) allowsMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost: // "CORS-safelisted method"
		return true
	}
	return g.methods[method]
}

// spareNames is how many empty names a list may have: some intermediaries add them.
const spareNames = 16

// checkHeaders says which of the names in the lists is not allowed. A browser sends each
// name once; a longer list is refused, so that its length costs nothing.
func (g *Guard) checkHeaders(lists []string) error {
	count := 0
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			if count++; count > len(g.headers)+spareNames {
				return errors.New("it asks for more header fields than there are in cors.request_headers")
			}
			name = strings.Trim(name, " \t")
			if name == "" || g.headers[name] {
				continue
			}
			if !httpguts.ValidHeaderFieldName(name) || len(name) > 200 || !g.headers[strings.ToLower(name)] {
				return fmt.Errorf("it asks for the header field %.60q, which is not in cors.request_headers", name)
			}
		}
	}
	return nil
}

// wantsPrivateNetwork looks for the field of Private Network Access, under its name and the
// one of its early drafts.
func wantsPrivateNetwork(r *http.Request) bool {
	return r.Header["Access-Control-Request-Private-Network"] != nil || r.Header["Access-Control-Request-Local-Network"] != nil
}

// allowPreflight answers a preflight that Check lets pass. Any status from 200 to 299 would
// do ("ok status"); 204 needs no body.
func (g *Guard) allowPreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Vary"] = append(slices.Clip(h["Vary"]), g.varyPreflight...)
	h["Access-Control-Allow-Origin"] = g.allowOrigin(r)
	if g.cfg.Credentials {
		h["Access-Control-Allow-Credentials"] = g.isTrue
	}
	if g.allowMethods != nil {
		h["Access-Control-Allow-Methods"] = g.allowMethods
	}
	if g.allowHeaders != nil {
		h["Access-Control-Allow-Headers"] = g.allowHeaders
	}
	if wantsPrivateNetwork(r) {
		h["Access-Control-Allow-Private-Network"] = g.isTrue
	}
	h["Access-Control-Max-Age"] = g.maxAge
	w.WriteHeader(http.StatusNoContent)
}
