package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// secretMade is the name under which what a call of the function gives is kept or handed out as
// a secret, or else that of the function; "" where it is none.
func secretMade(f *program.Function, call *python.Call) string {
	s := &secretSearch{from: map[string]bool{}, call: call}
	for range 2 { // what a loop stores is used above
		for _, stmt := range f.Body {
			python.Inspect(stmt, s.see)
		}
	}
	if s.found == "" && isSecretWord(f.Name) && !isPause(f, call) {
		return "what " + f.Name + " gives"
	}
	return s.found
}

// isPause reports whether a call only says how long a function waits.
func isPause(f *program.Function, call *python.Call) bool {
	found := false
	for _, stmt := range f.Body {
		python.Inspect(stmt, func(n python.Node) bool {
			c, ok := n.(*python.Call)
			found = found || ok && python.LastName(c.Func) == "sleep" && c.Start <= call.Start && call.End <= c.End
			return !found
		})
	}
	return found
}

// mostSearches bounds how often a function is read for what one of its calls becomes: more
// calls than that draw data, not secrets.
const mostSearches = 100

func (f *Facts) mayBecomeSecret(fn *program.Function) bool {
	if f.searched == nil {
		f.searched = map[*program.Function]int{}
	}
	f.searched[fn]++
	return f.searched[fn] <= mostSearches
}

// secretSearch follows a value through the names of one function.
type secretSearch struct {
	from  map[string]bool // the names that hold it
	call  *python.Call
	found string // the name of the secret that it becomes
}

// becomes notes that the value gets a name, if that is one of a secret.
func (s *secretSearch) becomes(name string) {
	if s.found == "" && isSecretWord(name) {
		s.found = name
	}
}

func (s *secretSearch) see(n python.Node) bool {
	switch n := n.(type) {
	case *python.Function, *python.Class:
		return false
	case *python.Assign:
		for _, t := range n.Targets {
			s.kept(t, n.Value)
		}
	case *python.AnnAssign:
		s.kept(n.Target, n.Value)
	case *python.AugAssign:
		s.kept(n.Target, n.Value)
	case *python.NamedExpr:
		s.kept(n.Target, n.Value)
	case *python.For:
		s.kept(n.Target, n.Iter)
	case *python.Call:
		s.passed(n)
	case *python.Dict:
		for i, k := range n.Keys {
			if key, ok := literal(k); ok && isSecretWord(key) && s.holds(n.Values[i]) {
				s.becomes(key)
			}
		}
	}
	return s.found == ""
}

// kept is target = value.
func (s *secretSearch) kept(target, value python.Expr) {
	if target == nil || value == nil || !s.holds(value) {
		return
	}
	if sub, ok := target.(*python.Subscript); ok && isSession(sub.Value) { // what for is said by its key
		target = sub.Index
	}
	python.Inspect(target, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			if s.found == "" && (n.ID == "code" || n.ID == "pin") {
				s.found = n.ID
			}
			s.becomes(n.ID)
		case *python.Attribute:
			s.becomes(n.Attr)
		case *python.Str:
			s.becomes(n.Value)
		}
		return s.found == ""
	})
	if n, ok := target.(*python.Name); ok {
		s.from[n.ID] = true
	}
}

// passed is a call with the value: of a function whose name speaks of a secret, or under such
// a name, or one that adds it to a list.
func (s *secretSearch) passed(c *python.Call) {
	for i := range c.Keywords {
		if isSecretWord(c.Keywords[i].Name) && s.holds(c.Keywords[i].Value) {
			s.becomes(c.Keywords[i].Name)
		}
	}
	name := python.NameOrKey(c.Func)
	for _, a := range c.Args {
		if !s.holds(a) {
			continue
		}
		if s.found == "" && isSecretWord(name) {
			s.found = "what " + name + " is given"
		}
		m, ok := c.Func.(*python.Attribute)
		switch name {
		case "append", "extend", "insert", "update":
			if ok {
				s.kept(m.Value, a)
			}
		case "add": // that of a database's session takes rows
			if ok && !strings.HasSuffix(strings.ToLower(python.NameOrKey(m.Value)), "session") {
				s.kept(m.Value, a)
			}
		}
	}
}

// holds reports whether an expression has the value in it. What is only looked up by it is
// another value.
func (s *secretSearch) holds(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || s.from[n.ID]
		case *python.Call:
			found = found || n == s.call || strings.HasPrefix(python.NameOrKey(n.Func), "rand") && n.Span == s.call.Span
		case *python.Compare:
			return false
		}
		return !found
	})
	return found
}

// madeOfTime tells uuid1(), and hashes of nothing but the time and names.
func madeOfTime(s *Site) bool {
	if s.Path == "uuid.uuid1" {
		return true
	}
	if !fastHash(s.Path) || len(s.Call.Args) == 0 {
		return false
	}
	time, secret := false, false
	for _, a := range s.Call.Args {
		python.Inspect(a, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Name:
				secret = secret || isUnguessable(n.ID)
			case *python.Attribute:
				secret = secret || isUnguessable(n.Attr)
			case *python.Call:
				switch python.NameOrKey(n.Func) {
				case "time", "now", "utcnow", "timestamp", "time_ns", "today":
					time = true
				}
			}
			return true
		})
	}
	return time && !secret
}
