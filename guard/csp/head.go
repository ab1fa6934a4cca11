package csp

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/templates"
)

// The names of the fields, as they stand in an http.Header.
const (
	enforcedField  = "Content-Security-Policy"
	reportedField  = "Content-Security-Policy-Report-Only"
	endpointsField = "Reporting-Endpoints"
)

// class is what a browser makes of an answer.
type class uint8

const (
	document class = iota // HTML, or what a browser may take for it
	markup                // SVG and other XML
	passive               // text, JSON, images; streams of parts, which some browsers show as pages
	other
)

// classOf reads a Content-Type. No type is a document: browsers look into it.
func classOf(header http.Header) class {
	values := header["Content-Type"]
	if len(values) != 1 {
		return document
	}
	kind := values[0]
	if i := strings.IndexByte(kind, ';'); i >= 0 {
		kind = strings.TrimRight(kind[:i], " \t")
	}
	switch kind {
	case "text/html", "":
		return document
	case "application/json", "text/plain", "image/png", "image/jpeg", "text/css", "text/csv", "text/event-stream":
		return passive
	}
	kind = strings.ToLower(strings.Trim(kind, " \t"))
	family, name, ok := strings.Cut(kind, "/")
	switch {
	case !ok, kind == "text/html", kind == "application/xhtml+xml":
		return document
	case kind == "text/javascript" || kind == "application/javascript":
		return other
	case name == "xml" || strings.HasSuffix(name, "+xml"):
		return markup
	case family == "image", family == "font", family == "multipart", family == "text", name == "json", strings.HasSuffix(name, "+json"):
		return passive
	}
	return other
}

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "csp" }

// Look implements answer.Looker: a page with scripts that hold data is compared.
func (g *Guard) Look(h *answer.Head) int {
	if h.Refused != nil || classOf(h.Header) != document || bodiless(h.Status) {
		return 0
	}
	if g.ownOf(h).saysScripts() {
		return 0
	}
	if !g.find(h).compares() || !comparable(h) {
		return 0
	}
	// A page whose length is known is no stream: the flushes on its way mean nothing.
	h.Hold = h.Hold || len(h.Header["Content-Length"]) > 0
	return pageSize
}

// bodiless says whether an answer of this status shows nothing of its own.
func bodiless(status int) bool {
	return status >= 300 && status < 400 || status == http.StatusNoContent || status < 200
}

// comparable says whether the bytes of the body are the text that a browser reads.
func comparable(h *answer.Head) bool {
	if len(h.Header["Content-Encoding"]) > 0 && h.Header.Get("Content-Encoding") != "identity" || !h.HasBody() {
		return false
	}
	if n, err := strconv.ParseInt(h.Header.Get("Content-Length"), 10, 64); err == nil && n >= pageSize {
		return false
	}
	_, params, err := mime.ParseMediaType(h.Header.Get("Content-Type"))
	charset := params["charset"]
	return err == nil && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// find returns the policy of the page that is about to leave.
func (g *Guard) find(h *answer.Head) *policy {
	r := h.Request
	var names []string
	https := false
	if x := fumehood.ExchangeOf(r.Context()); x != nil {
		names, https = x.Templates, x.Scheme == "https" || x.Scheme == "" && r.TLS != nil
	} else {
		https = r.TLS != nil
	}
	host := r.Host
	if !nameable(host) {
		host = ""
	}
	return g.policyOf(names, host, https)
}

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	if h.Refused != nil || h.Status == http.StatusNotModified {
		return // a refusal has its own; a 304 leaves what the browser has
	}
	own := g.ownOf(h)
	kind := classOf(h.Header)
	if kind == document && bodiless(h.Status) {
		kind = passive // a redirect is not shown
	}
	if kind != document {
		if own.saysScripts() || g.cfg.Mode == fumehood.Report {
			return // in a report nothing there is worth one
		}
		value := g.framing
		switch kind {
		case passive:
			value = g.passive
		case markup:
			value = g.markup
		}
		h.Header[enforcedField] = own.and(value)
		return
	}
	g.document(h, own)
}

// document sets the policy of a page.
func (g *Guard) document(h *answer.Head, own *ownPolicy) {
	if own.saysScripts() {
		if g.cfg.Mode == fumehood.Enforce {
			h.Header[enforcedField] = own.and([]string{g.beside(own)})
		}
		return
	}
	p := g.find(h)
	enforced, reported := p.enforced, p.reported
	if p.compares() && h.Whole && comparable(h) {
		scripts, handlers, all := templates.Match(h.Body, p.scripts, p.handlers, mostMatches)
		if enforced, reported = p.with(scripts, handlers), p.ttOnly; !all {
			enforced, reported = p.withAnyHandler(scripts), p.attrToo
		}
	}
	if enforced != nil {
		h.Header[enforcedField] = own.and(own.without(enforced))
	}
	if reported != nil {
		if given := h.Header[reportedField]; len(given) > 0 && !g.cfg.ReplaceApp {
			reported = append(slices.Clip(given), reported...)
		}
		h.Header[reportedField] = reported
	}
	endpoints := g.endpoints
	if given := h.Header[endpointsField]; len(given) > 0 {
		endpoints = append(slices.Clip(given), endpoints...)
	}
	h.Header[endpointsField] = endpoints
}

// nameable says whether a policy can name the host, which comes from outside: letters,
// digits, "-", "." and a port; no address but 127.0.0.1 (CSP level 3, host-part match).
func nameable(host string) bool {
	name, port, hasPort := strings.Cut(host, ":")
	if len(host) > 255 || !plainHost(name) || hasPort && (port == "" || strings.Trim(port, "0123456789") != "") {
		return false
	}
	last := name[len(name)-1]
	return last < '0' || last > '9' || name == "127.0.0.1"
}

// localHost says whether a host is this machine, where there may be no https to upgrade to.
func localHost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "127.0.0.1"
}
