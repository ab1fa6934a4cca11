package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// trust are the rules for headers that are taken for facts.
func trust() []*Rule { return []*Rule{forwardingTrusted(), headerTrusted()} }

func forwardingTrusted() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "forwarding-trusted", Title: "Forwarding headers are believed from anyone", CWE: 348, OWASP: "A05:2021", ASVS: []string{"4.1.3"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "X-Forwarded headers are read by the app itself. Whoever sends one chooses their address, or makes the app believe that it is behind TLS.",
			Fix:   `app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)`,
			Canon: []string{"api-rate", "beyond"},
			Guard: "guard/clientip",
		},
		Words:  []string{"forwarded", "real-ip", "real_ip", "client-ip", "client_ip", "proxyfix"},
		Inside: true,
		Call: func(p *Pass, s *Site) {
			if s.Method != "ProxyFix" {
				return
			}
			for i, name := range []string{"x_for", "x_proto", "x_host"} {
				if n, ok := s.Arg(i+1, name).(*python.Number); ok && number(n) > 1 {
					p.Report(s.Func, s.Call, name+"="+n.Text+" is right behind "+n.Text+" proxies; behind fewer, callers choose what is believed")
					return
				}
			}
		},
		Function: func(p *Pass, f *program.Function) {
			h := headersOf(f)
			for _, r := range h.read {
				if !isForwarding(r.name) {
					continue
				}
				if h.configures {
					p.Report(f, r.node, r.name+" of one request changes the app's settings for all", Graded(finding.Medium, finding.Likely))
				} else {
					p.Report(f, r.node, r.name+" is believed")
				}
			}
		},
	}
}

func headerTrusted() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "header-trusted", Title: "A header says who is calling", CWE: 290, OWASP: "A07:2021", ASVS: []string{"4.1.3"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "Host and the forwarding headers are written by whoever calls. A check that lets in whoever names this machine in one of them lets in everybody.",
			Fix:   `if request.remote_addr in ("127.0.0.1", "::1"):`,
			Canon: []string{"login-state"},
			Guard: "guard/clientip",
		},
		Words:  []string{"localhost", "127.", "::1"},
		Inside: true,
		Function: func(p *Pass, f *program.Function) {
			h := headersOf(f)
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					switch n := n.(type) {
					case *python.Function, *python.Class:
						return false
					case *python.Compare:
						if len(n.Ops) == 1 && (n.Ops[0] == python.Eq || n.Ops[0] == python.In) && h.holds(n.Left) && namesThisMachine(n.Rights[0]) {
							p.Report(f, n, "who sends this header is taken for this machine", h.stoppedBy)
						}
					case *python.Call:
						if a, ok := n.Func.(*python.Attribute); ok && a.Attr == "startswith" && len(n.Args) == 1 && h.holds(a.Value) && namesThisMachine(n.Args[0]) {
							p.Report(f, n, "who sends this header is taken for this machine", h.stoppedBy)
						}
					}
					return true
				})
			}
		},
	}
}

// headers are what a function reads of who is calling.
type headers struct {
	read       []headerRead
	names      map[string]bool // variables made of such a header
	configures bool            // one of them gets into app.config
}

type headerRead struct {
	node python.Node
	name string
}

func headersOf(f *program.Function) *headers {
	h := &headers{names: map[string]bool{}}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Assign:
				if h.holds(n.Value) {
					for _, t := range n.Targets {
						h.assigned(t)
					}
				}
			}
			if name, ok := callerHeader(n); ok {
				h.read = append(h.read, headerRead{n, name})
			}
			return true
		})
	}
	return h
}

// stoppedBy names the guard that looks after the header.
func (h *headers) stoppedBy(f *finding.Finding) {
	for _, r := range h.read {
		if !isForwarding(r.name) {
			f.Guard = "guard/hosts"
		}
	}
}

func (h *headers) assigned(t python.Expr) {
	switch t := t.(type) {
	case *python.Name:
		h.names[t.ID] = true
	case *python.Subscript:
		h.configures = h.configures || python.NameOrKey(t.Value) == "config"
	}
}

// holds reports whether an expression is made of such a header.
func (h *headers) holds(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok && h.names[name.ID] {
			found = true
		}
		if _, ok := callerHeader(n); ok {
			found = true
		}
		return !found
	})
	return found
}

// callerHeader is the header that an expression reads of a request, where it is one by which
// callers or proxies say who they are: headers.get("X"), headers["X"], environ["HTTP_X"],
// request.host.
func callerHeader(n python.Node) (string, bool) {
	var of, key python.Expr
	switch n := n.(type) {
	case *python.Call:
		a, ok := n.Func.(*python.Attribute)
		if !ok || a.Attr != "get" && a.Attr != "getlist" || len(n.Args) == 0 {
			return "", false
		}
		of, key = a.Value, n.Args[0]
	case *python.Subscript:
		of, key = n.Value, n.Index
	case *python.Attribute:
		if (n.Attr == "host" || n.Attr == "host_url") && python.NameOrKey(n.Value) == "request" {
			return "Host", true
		}
		return "", false
	default:
		return "", false
	}
	text, ok := literal(key)
	if !ok || python.NameOrKey(of) != "headers" && python.NameOrKey(of) != "environ" {
		return "", false
	}
	return text, isForwarding(text) || strings.EqualFold(text, "host") || text == "HTTP_HOST"
}

func isForwarding(s string) bool {
	switch strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(s, "_", "-")), "http-") {
	case "x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "x-client-ip", "true-client-ip":
		return true
	}
	return false
}

// namesThisMachine reports whether an expression is written out and has a name of loopback in it.
func namesThisMachine(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if s, ok := n.(*python.Str); ok {
			host := strings.ToLower(strings.Trim(s.Value, "[]"))
			found = found || host == "localhost" || strings.HasPrefix(host, "localhost:") || strings.HasPrefix(host, "127.") || host == "::1" || strings.HasPrefix(host, "::1]")
		}
		return !found
	})
	return found
}
