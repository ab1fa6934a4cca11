package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func exhaustion() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "resource-exhaustion", Title: "A visitor says how much work is done", CWE: 400, OWASP: "A04:2021", ASVS: []string{"15.2.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A number from the request says how long a worker runs, waits or how much memory it takes. Whoever sends a large one a few times stops the app.",
			Fix:   `count = min(int(request.args["count"]), 100)`,
			Canon: []string{"beyond", "validate"},
			Guard: "",
		},
		Words:    []string{"request", "max_image_pixels"},
		Inside:   true,
		Function: sizedByVisitor,
		Assign: func(p *Pass, a *Assignment) {
			if t, ok := a.Target.(*python.Attribute); ok && t.Attr == "MAX_IMAGE_PIXELS" && isConstant(a.Value, python.None) {
				p.Report(a.Func, a.Node, "a small picture may unpack to any size", Graded(finding.Low, finding.Likely))
			}
		},
	}
}

// sizedByVisitor finds numbers of the request that are used as a size before anything looks
// at them.
func sizedByVisitor(p *Pass, f *program.Function) {
	if !p.Facts.uses(f, "int", "float") || !p.Facts.uses(f, "request") {
		return
	}
	numbers := map[string]bool{}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Assign); ok && len(a.Targets) == 1 && requestNumber(a.Value) {
				if t, isName := a.Targets[0].(*python.Name); isName && !limited(f, t.ID) {
					numbers[t.ID] = true
				}
			}
			return true
		})
	}
	sized := func(e python.Expr) bool {
		n, ok := e.(*python.Name)
		return ok && numbers[n.ID] || requestNumber(e)
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				if work(p.Program.Resolve(n.Func, f.Scope).Path()) && slices.ContainsFunc(n.Args, sized) {
					p.Report(f, n, python.NameOrKey(n.Func)+" of a number that a visitor sends")
				}
			case *python.BinOp:
				if n.Op == python.Mult && (isText(n.Left) && sized(n.Right) || isText(n.Right) && sized(n.Left)) {
					p.Report(f, n, "a text as long as a visitor says")
				}
			}
			return true
		})
	}
}

// isText reports whether an expression is a text or a list that is written out.
func isText(e python.Expr) bool {
	switch e.(type) {
	case *python.Str, *python.Bytes, *python.List:
		return true
	}
	return false
}

// work tells the functions that do as much as they are told.
func work(path string) bool {
	switch path {
	case "builtins.range", "time.sleep", "builtins.bytearray", "builtins.bytes", "os.urandom", "secrets.token_hex", "secrets.token_bytes", "secrets.token_urlsafe", "itertools.repeat",
		"numpy.zeros", "numpy.ones", "numpy.empty", "numpy.arange", "math.factorial", "gevent.sleep", "asyncio.sleep", "eventlet.sleep":
		return true
	}
	return false
}

// requestNumber reports whether an expression is int(request...) or request.args.get(..., type=int).
func requestNumber(e python.Expr) bool {
	c, ok := e.(*python.Call)
	if !ok {
		return false
	}
	switch python.NameOrKey(c.Func) {
	case "int", "float":
		return len(c.Args) == 1 && ofRequest(c.Args[0])
	case "get":
		for i := range c.Keywords {
			if n, ok := c.Keywords[i].Value.(*python.Name); ok && c.Keywords[i].Name == "type" && (n.ID == "int" || n.ID == "float") {
				return ofRequest(c)
			}
		}
	}
	return false
}

// ofRequest reports whether an expression is a part of the request.
func ofRequest(e python.Expr) bool {
	for {
		switch x := e.(type) {
		case *python.Call:
			e = x.Func
		case *python.Subscript:
			e = x.Value
		case *python.Attribute:
			if n, ok := x.Value.(*python.Name); ok && n.ID == "request" {
				switch x.Attr {
				case "args", "form", "values", "json", "get_json", "cookies", "headers", "view_args":
					return true
				}
			}
			e = x.Value
		default:
			return false
		}
	}
}

// limited reports whether a function compares the number, or takes the least of it.
func limited(f *program.Function, name string) bool {
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Compare:
				found = found || mentionsName(n, name)
			case *python.Call:
				switch python.NameOrKey(n.Func) {
				case "min", "clamp", "clip":
					found = found || mentionsName(n, name)
				}
			}
			return !found
		})
	}
	return found
}
