package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// limiting is what a program does about how often something is tried.
type limiting struct {
	known bool
	own   bool // it counts by itself, or by a library that limits all routes
	views bool // there is a limiter for the views that ask for it
}

// limited reports whether something limits how often a view is called.
func (f *Facts) limited(fn *program.Function) bool {
	l := &f.limits
	if !l.known {
		l.known = true
		f.findLimits(l)
	}
	return l.own || l.views && namesLimit(fn)
}

// findLimits looks for words of counting, and at how a Limiter is made: one without limits of
// its own limits only what is decorated (https://flask-limiter.readthedocs.io).
func (f *Facts) findLimits(l *limiting) {
	words := []string{"ratelimit", "rate_limit", "lockout", "failed_login", "login_attempts", "throttl"}
	var found answer
	l.own = f.ask(&found, words, func(name string) bool {
		name = strings.ToLower(name)
		if rest, ok := strings.CutPrefix(name, "ratelimit_"); ok {
			return rest == "default" || rest == "application"
		}
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	})
	for _, m := range f.program.Modules {
		if m.Test || l.own || !f.sourceHas(m, "limiter") {
			continue
		}
		l.views = true
		for _, s := range m.File.Body {
			python.Inspect(s, func(n python.Node) bool {
				if c, ok := n.(*python.Call); ok {
					l.see(c)
				}
				return !l.own
			})
		}
	}
}

// see looks at a call that may make a limiter or use one.
func (l *limiting) see(c *python.Call) {
	if inner, ok := c.Func.(*python.Call); ok {
		l.own = l.own || strings.Contains(python.NameOrKey(inner.Func), "limit") // limiter.limit("...")(blueprint)
		return
	}
	if !strings.Contains(strings.ToLower(python.NameOrKey(c.Func)), "limiter") {
		return
	}
	for i := range c.Keywords {
		switch c.Keywords[i].Name {
		case "default_limits", "application_limits", "global_limits", "":
			l.own = true
		}
	}
}

// namesLimit reports whether a view speaks of a limit, or its class does.
func namesLimit(fn *program.Function) bool {
	nodes := slices.Clone(fn.Node.Decorators)
	if fn.Class != nil {
		for _, c := range fn.Class.Line() {
			nodes = append(nodes, c.Node.Decorators...)
			if c.Scope.Names.Get("decorators") != nil || c.Scope.Names.Get("method_decorators") != nil {
				return true
			}
		}
	}
	found := false
	see := func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || strings.Contains(strings.ToLower(n.ID), "limit")
		case *python.Attribute:
			found = found || strings.Contains(strings.ToLower(n.Attr), "limit")
		}
		return !found
	}
	for _, d := range nodes {
		python.Inspect(d, see)
	}
	for _, s := range fn.Body {
		python.Inspect(s, see)
	}
	return found
}
