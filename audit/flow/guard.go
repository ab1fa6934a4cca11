package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// condition is what a test says: its value where that is known, and for which uses its being
// true or false makes variables safe.
type condition struct {
	is, known       bool
	then, otherwise []refinement
}

// refinement makes a variable safe for some uses; all variables of the same origin if wide.
type refinement struct {
	name  string
	kinds Kinds
	wide  bool
	marks []Mark // for a wide one
}

// normal is a bit beside the kinds: the path was normalised, so that a check of how it begins
// can be believed.
const normal Kinds = 1 << 31

// noSlash is another: the text is one part of a URL's path, which holds no slash. Beside any
// text of the program's, it cannot be .. either.
const (
	noSlash Kinds = 1 << 32
	beside  Kinds = 1 << 33
)

// encoded is another: the text is base64 or hexadecimal, harmless until it is decoded.
const encoded Kinds = 1 << 30

// quoted is another: a function whose name says so has quoted the text for a statement. That is
// not believed of what a visitor sends.
const quoted Kinds = 1 << 34

func (f *frame) condition(e python.Expr) condition {
	v := f.eval(e)
	c := f.check(e)
	c.is, c.known = v.truth()
	return c
}

// check finds what a test says of variables. It does not evaluate the test.
func (f *frame) check(e python.Expr) condition {
	if f.checks++; f.checks > 6 {
		f.checks--
		return condition{}
	}
	defer func() { f.checks-- }()
	switch e := e.(type) {
	case *python.UnaryOp:
		if e.Op == python.Not {
			c := f.check(e.Operand)
			return condition{then: c.otherwise, otherwise: c.then}
		}
	case *python.BoolOp:
		var c condition
		for _, v := range e.Values {
			one := f.check(v)
			if e.Op == python.And {
				c.then = append(c.then, one.then...)
			} else {
				c.otherwise = append(c.otherwise, one.otherwise...)
			}
		}
		return c
	case *python.Compare:
		if len(e.Ops) == 1 {
			return f.checkCompare(e.Left, e.Ops[0], e.Rights[0])
		}
	case *python.Call:
		return condition{then: f.checkCall(e), otherwise: f.notPrefix(e)}
	case *python.NamedExpr:
		return f.check(e.Value)
	}
	return condition{}
}

func (f *frame) checkCompare(left python.Expr, op python.Op, right python.Expr) condition {
	switch op {
	case python.In, python.NotIn:
		c := condition{then: f.checkIn(left, right)}
		if sub, ok := right.(*python.Subscript); ok { // "'" in x[1:-1]
			right = sub.Value
		}
		if n, ok := right.(*python.Name); ok { // "../" in x
			if s, ok := left.(*python.Str); ok {
				c.otherwise = []refinement{{name: n.ID, kinds: absent(s.Value)}}
			}
		}
		if op == python.NotIn {
			return condition{then: c.otherwise, otherwise: c.then}
		}
		return c
	case python.Eq, python.Is:
		return condition{then: append(f.checkEqual(left, right), f.checkEqual(right, left)...)}
	case python.NotEq, python.IsNot:
		return condition{otherwise: append(f.checkEqual(left, right), f.checkEqual(right, left)...)}
	}
	return condition{}
}

// absent is what a text cannot be used for that does not hold s.
func absent(s string) Kinds {
	switch s {
	case "..", "../", "/", "\\", "..\\":
		return Path
	case "'", "\"":
		return SQL | XPath | Code
	case "<", "<script", "<script>", ">":
		return HTML
	case ";", "|", "&":
		return Command
	case "//", "://":
		return single
	case "\n", "\r":
		return Header | Log
	}
	return 0
}

// checkIn believes membership of a collection that holds nothing of a visitor.
func (f *frame) checkIn(left, right python.Expr) []refinement {
	among := f.eval(right)
	if _, isText := among.str(); isText || len(among.deep()) > 0 {
		return nil
	}
	return f.fixed(left)
}

func (f *frame) checkEqual(left, right python.Expr) []refinement {
	if c, ok := left.(*python.Call); ok {
		if all := f.common(c); all != nil {
			return all
		}
	}
	if v := f.eval(right); len(v.deep()) > 0 || v.Const.Kind == ConstNone || v.Const.Kind == ConstBool {
		return nil
	}
	return f.fixed(left)
}

// fixed says that the expression is one of a few values that the program knows.
func (f *frame) fixed(e python.Expr) []refinement {
	switch e := e.(type) {
	case *python.Name:
		return []refinement{{name: e.ID, kinds: Every}}
	case *python.Call: // x.lower() in ALLOWED
		if a, ok := e.Func.(*python.Attribute); ok && len(e.Args) == 0 {
			switch a.Attr {
			case "lower", "upper", "strip", "casefold":
				return f.fixed(a.Value)
			}
		}
	case *python.Attribute: // urlparse(x).netloc in ALLOWED
		if e.Attr == "netloc" || e.Attr == "hostname" {
			return []refinement{{kinds: Address | Redirect, wide: true, marks: f.eval(e.Value).deep()}}
		}
	}
	return nil
}

// checkCall knows the calls whose true result says that a text is harmless.
func (f *frame) checkCall(e *python.Call) []refinement {
	if a, ok := e.Func.(*python.Attribute); ok {
		if n, ok := a.Value.(*python.Name); ok {
			switch a.Attr {
			case "isdigit", "isalnum", "isnumeric", "isdecimal", "isalpha", "isidentifier":
				return []refinement{{name: n.ID, kinds: Every}}
			case "startswith":
				return f.checkPrefix(n, e)
			case "is_relative_to":
				return f.inFolder(n)
			}
		}
		if n := f.normalised(a.Value); n != nil && (a.Attr == "startswith" || a.Attr == "is_relative_to") {
			return []refinement{{name: n.ID, kinds: Path}}
		}
	}
	callee := f.eval(e.Func)
	if callee.API != nil {
		return f.checkAPI(callee.API.Path, e)
	}
	if callee.Func == nil {
		return nil
	}
	var all []refinement
	if n, ok := firstName(e); ok && believed(callee.Func) {
		all = append(all, refinement{name: n.ID, kinds: Redirect | Address | URL})
	}
	for _, g := range f.e.summary(callee.Func).safe {
		i := g.param
		if callee.Self != nil {
			i--
		}
		if i >= 0 && i < len(e.Args) {
			if n, ok := e.Args[i].(*python.Name); ok {
				all = append(all, refinement{name: n.ID, kinds: g.kinds})
			}
		}
	}
	return all
}

func (f *frame) checkAPI(path string, e *python.Call) []refinement {
	arg := func(i int) *python.Name {
		if i < len(e.Args) {
			n, _ := e.Args[i].(*python.Name)
			return n
		}
		return nil
	}
	switch path {
	case "builtins.isinstance":
		if n := arg(0); n != nil && len(e.Args) == 2 {
			if t := f.eval(e.Args[1]); t.API != nil && harmlessType(t.API.Path) {
				return []refinement{{name: n.ID, kinds: Every}}
			}
		}
	case "re.match", "re.fullmatch":
		if n := arg(1); n != nil {
			if s, ok := f.eval(e.Args[0]).str(); ok && narrow(s, path == "re.fullmatch") {
				return []refinement{{name: n.ID, kinds: Every}}
			}
		}
	}
	if n := arg(0); n != nil && checksTarget(path[strings.LastIndexByte(path, '.')+1:]) {
		return []refinement{{name: n.ID, kinds: Redirect}}
	}
	return nil
}

// checkPrefix believes x.startswith(...) where nothing can be done behind the prefix.
func (f *frame) checkPrefix(n *python.Name, e *python.Call) []refinement {
	if len(e.Args) != 1 {
		return nil
	}
	var kinds Kinds
	if s, ok := f.eval(e.Args[0]).str(); ok {
		_, host, isURL := strings.Cut(s, "://")
		if isURL && strings.Contains(host, "/") {
			kinds = Address | Redirect | URL
		}
		if isURL {
			kinds |= URL
		}
		if s == "/" {
			kinds |= rooted
		}
	}
	v := f.lookup(n.ID, n)
	believed := len(v.Marks) > 0
	for _, m := range v.Marks {
		believed = believed && m.Safe&normal != 0
	}
	if believed {
		kinds |= Path
	}
	if kinds == 0 {
		return nil
	}
	return []refinement{{name: n.ID, kinds: kinds}}
}

// notPrefix is what is known of x where x.startswith("//") is false.
func (f *frame) notPrefix(e *python.Call) []refinement {
	a, ok := e.Func.(*python.Attribute)
	if !ok || a.Attr != "startswith" || len(e.Args) != 1 {
		return nil
	}
	n, ok := a.Value.(*python.Name)
	if !ok {
		return nil
	}
	prefixes := f.eval(e.Args[0])
	s, isText := prefixes.str()
	if isText && s == "//" || prefixes.Obj != nil && slices.Contains(prefixes.Obj.constants(), "//") {
		return []refinement{{name: n.ID, kinds: single}}
	}
	return nil
}

// narrow reports whether all that a pattern accepts is words, numbers and the like.
func narrow(pattern string, whole bool) bool {
	if !whole && !strings.HasSuffix(pattern, "$") && !strings.HasSuffix(pattern, `\Z`) && !strings.HasSuffix(pattern, `\z`) {
		return false
	}
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '\\':
			i++
			if i < len(pattern) && strings.IndexByte("wdZzA.-_", pattern[i]) < 0 {
				return false
			}
		case '.', '/', '\'', '"', '<', ';', '&', '|':
			if c != '|' {
				return false
			}
		case '[':
			if i+1 < len(pattern) && pattern[i+1] == '^' {
				return false
			}
		}
	}
	return true
}

// refine applies what a test said.
func (f *frame) refine(all []refinement) {
	for _, r := range all {
		if r.wide {
			f.refineWide(r)
			continue
		}
		sym := f.scope.Names[r.name]
		if sym == nil || sym.Slot >= len(f.env) {
			continue
		}
		if v := f.env[sym.Slot]; v != nil && len(v.Marks) > 0 {
			c := v.marked(safe(v.Marks, r.kinds))
			c.proven |= r.kinds
			if len(c.Marks) == 0 {
				c.proof = v.proofOf()
			}
			f.env[sym.Slot] = c
		}
	}
}

func (f *frame) refineWide(r refinement) {
	for i, v := range f.env {
		if v == nil || len(v.Marks) == 0 {
			continue
		}
		same := false
		for _, m := range v.Marks {
			for _, o := range r.marks {
				same = same || m.From == o.From || m.From.same(o.From)
			}
		}
		if same {
			f.env[i] = v.marked(safe(v.Marks, r.kinds))
		}
	}
}

func firstName(e *python.Call) (*python.Name, bool) {
	if len(e.Args) == 0 {
		return nil, false
	}
	n, ok := e.Args[0].(*python.Name)
	return n, ok
}
