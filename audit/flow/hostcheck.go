package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// hostCheck is what a function of the project says of an address that it is given. How it does
// so is not followed: it asks whether the network's address is one for everybody, or whether the
// host is one of a list.
type hostCheck struct {
	known   bool
	asks    bool // it does
	refuses bool // it raises, or ends the request
	inside  bool // by its name, being true means that the address is not for visitors
}

// maxAsked bounds how deep the functions that a check calls are read.
const maxAsked = 2

func (e *Engine) hostCheck(fn *program.Function) hostCheck {
	s := e.summary(fn)
	if !s.host.known {
		s.host.known = true
		e.guardIn(fn, func() { s.host = e.readHostCheck(fn, maxAsked) })
	}
	return s.host
}

func (e *Engine) readHostCheck(fn *program.Function, depth int) hostCheck {
	h := hostCheck{known: true, inside: namesInside(fn.Name)}
	if fn.Node == nil || len(fn.Routes) > 0 || len(fn.Node.Params.List) == 0 {
		return h
	}
	var deeper []*python.Call
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Raise:
				h.refuses = true
			case *python.Attribute:
				h.asks = h.asks || asksNetwork(n.Attr)
			case *python.Compare:
				h.asks = h.asks || ofHosts(n)
			case *python.Call:
				h.refuses = h.refuses || python.LastName(n.Func) == "abort"
				deeper = append(deeper, n)
			}
			return true
		})
	}
	for _, c := range deeper {
		if h.asks || depth == 0 {
			break
		}
		if to := e.program.Resolve(c.Func, fn.Scope).Function; to != nil && to != fn {
			one := e.readHostCheck(to, depth-1)
			h.asks, h.refuses = one.asks, h.refuses || one.asks && one.refuses
		}
	}
	return h
}

// asksNetwork tells the attributes by which an IP address says for whom it is.
func asksNetwork(attr string) bool {
	return attr == "is_private" || attr == "is_global" || attr == "is_loopback"
}

// ofHosts tells comparisons of a host with those of a list: host in ALLOWED.
func ofHosts(c *python.Compare) bool {
	if len(c.Ops) != 1 || c.Ops[0] != python.In && c.Ops[0] != python.NotIn {
		return false
	}
	switch python.LastName(c.Left) {
	case "hostname", "netloc", "host", "domain":
	default:
		return false
	}
	switch right := c.Rights[0].(type) {
	case *python.Name, *python.Attribute, *python.Subscript:
		return true
	case *python.Call:
		return python.LastName(right.Func) == "get"
	case *python.Tuple:
		return listed(right.Elts)
	case *python.List:
		return listed(right.Elts)
	case *python.Set:
		return listed(right.Elts)
	}
	return false
}

// listed reports whether hosts are named that are allowed: not those of the machine itself, and
// no empty one.
func listed(elts []python.Expr) bool {
	return !slices.ContainsFunc(elts, func(e python.Expr) bool {
		s, ok := e.(*python.Str)
		return ok && (s.Value == "" || s.Value == "localhost" || strings.HasPrefix(s.Value, "127.") || strings.Contains(s.Value, "::") || s.Value == "0.0.0.0")
	})
}

// namesInside tells the names of functions that ask whether an address is inside.
func namesInside(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"private", "internal", "loopback", "blocked", "forbidden", "unsafe", "denied", "is_local", "reserved", "bad_"}, func(w string) bool { return strings.Contains(name, w) }) &&
		!strings.Contains(name, "not_") && !strings.Contains(name, "non_")
}

// hostAsked is what a call of such a function says as a test.
func (f *frame) hostAsked(callee *Value, e *python.Call) condition {
	if len(e.Args) == 0 || !f.fromVisitor(e.Args[0]) {
		return condition{}
	}
	h := f.e.hostCheck(callee.Func)
	if !h.asks {
		return condition{}
	}
	all := f.aboutHost(e.Args[0])
	if h.inside {
		return condition{otherwise: all}
	}
	return condition{then: all}
}

// hostProven refines the address that was passed to such a function, which has come back.
func (f *frame) hostProven(callee *Value, e *python.Call) {
	if len(e.Args) == 0 || !f.fromVisitor(e.Args[0]) {
		return
	}
	if h := f.e.hostCheck(callee.Func); h.asks && h.refuses {
		f.refine(f.aboutHost(e.Args[0]))
	}
}

// aboutHost says that an address is one for visitors, and so the whole of which it is the host.
func (f *frame) aboutHost(e python.Expr) []refinement {
	all := f.aboutPassed(e, Address)
	for _, r := range f.hostFixed(e) {
		r.kinds &= Address
		all = append(all, r)
	}
	return all
}

// fromVisitor reports whether an argument that can be written again holds anything of a visitor
// or of a parameter.
func (f *frame) fromVisitor(e python.Expr) bool {
	switch e.(type) {
	case *python.Name, *python.Attribute, *python.Subscript, *python.Call:
		return len(f.eval(e).deep()) > 0
	}
	return false
}
