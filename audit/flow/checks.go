package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// checkCall knows the calls whose result says that a text is harmless.
func (f *frame) checkCall(e *python.Call) condition {
	switch to := e.Func.(type) {
	case *python.Attribute:
		if c, ok := f.checkMethod(to, e); ok {
			return c
		}
	case *python.Name:
		if c, ok := f.checkBuiltin(to.ID, e); ok {
			return c
		}
	}
	if f.page != nil {
		return condition{}
	}
	callee := f.again(e.Func)
	if callee.API != nil {
		return f.checkAPI(callee.API.Path, e)
	}
	if callee.Func == nil || callee.Func.Node == nil {
		return condition{}
	}
	c := condition{then: f.told(callee, e, whole, true), otherwise: f.told(callee, e, whole, false)}
	host := f.hostAsked(callee, e)
	c.then, c.otherwise = append(c.then, host.then...), append(c.otherwise, host.otherwise...)
	if len(e.Args) > 0 && believed(callee.Func) {
		c.then = append(c.then, f.about(e.Args[0], Redirect|Address|URL)...)
	}
	return c
}

// checkBuiltin is len(x), bool(x), any(...) and all(...).
func (f *frame) checkBuiltin(name string, e *python.Call) (condition, bool) {
	if name == "isinstance" && len(e.Args) == 2 && python.LastName(e.Args[1]) == "str" {
		return condition{then: onlySlots(f.about(e.Args[0], isText))}, true
	}
	if len(e.Args) != 1 {
		return condition{}, false
	}
	switch name {
	case "len", "bool":
		return f.check(e.Args[0]), true
	case "any", "all":
		op := python.Or
		if name == "all" {
			op = python.And
		}
		switch over := e.Args[0].(type) {
		case *python.List:
			return f.checkAll(op, over.Elts), true
		case *python.Tuple:
			return f.checkAll(op, over.Elts), true
		case *python.Comprehension:
			return f.checkEach(op, over), true
		case *python.Name:
			return f.check(over), name == "any"
		}
	}
	return condition{}, false
}

// checkEach is any(test for x in list) and all(test for x in list): what the test says of
// others than x, and of the list where it says so of all its characters.
func (f *frame) checkEach(op python.Op, e *python.Comprehension) condition {
	if len(e.Fors) != 1 || len(e.Fors[0].Ifs) > 0 {
		return condition{}
	}
	one, ok := e.Fors[0].Target.(*python.Name)
	if !ok {
		return condition{}
	}
	mark := len(f.extra)
	f.bindTarget(one, f.item(f.eval(e.Fors[0].Iter)))
	c := f.check(e.Elt)
	f.extra = f.extra[:mark]
	says := &c.then
	if op == python.Or {
		says = &c.otherwise
	}
	each := Kinds(0)
	for _, r := range *says {
		if n, ok := r.on.(*python.Name); ok && n.ID == one.ID {
			each |= r.kinds
		}
	}
	of := func(r refinement) bool { return r.on != nil && rootOf(r.on) == one.ID }
	c.then, c.otherwise = without(c.then, of), without(c.otherwise, of)
	if each != 0 {
		*says = append(*says, f.about(e.Fors[0].Iter, each)...)
	}
	return c
}

// checkMethod knows the methods of texts, paths and compiled patterns.
func (f *frame) checkMethod(a *python.Attribute, e *python.Call) (condition, bool) {
	switch a.Attr {
	case "isdigit", "isalnum", "isnumeric", "isdecimal", "isalpha", "isidentifier":
		return condition{then: f.lettersOf(a.Value)}, true
	case "isprintable":
		return condition{then: f.about(a.Value, Header|Log)}, true
	case "startswith":
		if len(e.Args) != 1 {
			return condition{}, true
		}
		return condition{then: f.checkPrefix(a.Value, e.Args[0]), otherwise: f.notPrefix(a.Value, e.Args[0])}, true
	case "endswith":
		if len(e.Args) == 1 {
			end := f.eval(e.Args[0])
			s, ok := end.str()
			if !ok && len(end.parts()) > 1 && len(end.deep()) == 0 { // "." + host
				s = end.parts()[0].Text
			}
			if strings.HasPrefix(s, ".") {
				return condition{then: f.hostFixed(a.Value)}, true
			}
		}
		return condition{}, true
	case "is_relative_to":
		return condition{then: f.inFolder(a.Value)}, true
	case "issubset":
		if c, ok := a.Value.(*python.Call); ok && len(c.Args) == 1 && len(e.Args) == 1 && python.LastName(c.Func) == "set" {
			return condition{then: f.ofCharacters(c.Args[0], e.Args[0])}, true
		}
	case "match", "fullmatch", "search":
		if to := f.eval(a.Value); to.Obj != nil && len(e.Args) > 0 {
			if p := to.Obj.get(patternField); p != nil {
				return f.checkPattern(a.Attr, p, e.Args[0]), true
			}
		}
	}
	return condition{}, false
}

// lettersOf believes x.isalnum(), and x.replace("_", "").isalnum() for what was left out.
func (f *frame) lettersOf(e python.Expr) []refinement {
	kinds := Every
	for {
		c, ok := e.(*python.Call)
		if !ok {
			break
		}
		a, ok := c.Func.(*python.Attribute)
		if !ok || a.Attr != "replace" || len(c.Args) != 2 {
			break
		}
		s, ok := c.Args[0].(*python.Str)
		if !ok {
			return nil
		}
		kinds &= allows(s.Value)
		e = a.Value
	}
	return f.about(e, kinds)
}

// ofCharacters believes that a text holds only characters of a set that the program has
// written.
func (f *frame) ofCharacters(e, set python.Expr) []refinement {
	if c, ok := set.(*python.Call); ok && len(c.Args) == 1 && python.LastName(c.Func) == "set" {
		set = c.Args[0]
	}
	v := f.eval(set)
	if len(v.deep()) > 0 {
		return nil
	}
	if s, ok := v.str(); ok {
		return f.about(e, allows(s))
	}
	return f.about(e, Every)
}

func (f *frame) checkAPI(path string, e *python.Call) condition {
	if len(e.Args) == 0 {
		return condition{}
	}
	switch path {
	case "builtins.isinstance":
		if len(e.Args) == 2 {
			if t := f.eval(e.Args[1]); t.API != nil && harmlessType(t.API.Path) {
				return condition{then: f.about(e.Args[0], Every)}
			}
		}
	case "builtins.hasattr":
		if len(e.Args) == 2 {
			return condition{then: f.about(e.Args[1], Every&^(Attributes|Code))}
		}
	case "re.match", "re.fullmatch", "re.search":
		if len(e.Args) > 1 && (path == "re.fullmatch" || !byLines(e)) {
			return f.checkPattern(path[len("re."):], f.eval(e.Args[0]), e.Args[1])
		}
	case "validators.url":
		return condition{then: f.about(e.Args[0], URL)}
	case "validators.domain", "validators.ipv4", "validators.ipv6", "validators.uuid", "validators.slug", "validators.mac_address":
		return condition{then: f.about(e.Args[0], Every&^Address)}
	}
	if checksTarget(lastName(path)) {
		return condition{then: f.about(e.Args[0], Redirect)}
	}
	return condition{}
}

// checkPattern believes a match of a pattern that accepts words only, and that none is found
// of one that looks for all other characters.
func (f *frame) checkPattern(how string, pattern *Value, of python.Expr) condition {
	s, ok := pattern.str()
	if !ok {
		return condition{}
	}
	if narrow(s, how) {
		return condition{then: f.about(of, Every)}
	}
	if kinds := classes(s, how); kinds != 0 {
		return condition{then: f.about(of, kinds)}
	}
	if inner, ok := strings.CutPrefix(strings.TrimRight(s, "+"), "[^"); ok && how == "search" {
		if inner, ok := strings.CutSuffix(inner, "]"); ok && !strings.Contains(inner, "]") {
			return condition{otherwise: f.about(of, allows(inner))}
		}
	}
	return condition{}
}

// checkPrefix believes x.startswith(...) where nothing can be done behind the prefix.
func (f *frame) checkPrefix(e, prefix python.Expr) []refinement {
	p := f.eval(prefix)
	kinds := prefixed(p)
	if p.isOwnAddress() {
		kinds |= Redirect | URL
	}
	all := f.inPrefix(e, p)
	if kinds != 0 {
		all = append(all, f.about(e, kinds)...)
	}
	return all
}

// prefixed is what a text cannot be used for that begins with one of these.
func prefixed(p *Value) Kinds {
	if s, ok := p.str(); ok {
		return beginning(s)
	}
	if p.Obj == nil || !p.Obj.List || len(p.Obj.Items) == 0 {
		return 0
	}
	kinds := Every | rooted | single
	for _, i := range p.Obj.Items {
		s, ok := i.str()
		if !ok {
			return 0
		}
		kinds &= beginning(s)
	}
	return kinds
}

// beginning is what a text cannot be used for that begins with s.
func beginning(s string) Kinds {
	if s == "" {
		return 0
	}
	kinds := URL
	for _, scheme := range []string{"javascript:", "data:", "vbscript:"} {
		if strings.HasPrefix(scheme, strings.ToLower(s)) || strings.HasPrefix(strings.ToLower(s), scheme) || s[0] <= ' ' {
			kinds = 0
		}
	}
	if _, host, isURL := strings.Cut(s, "://"); isURL && kinds != 0 && strings.Contains(host, "/") {
		kinds |= Address | Redirect
	}
	if s[0] == '/' {
		kinds |= rooted
		if len(s) > 1 && s[1] != '/' && s[1] != '\\' {
			kinds |= single
		}
	}
	if s == "//" {
		kinds &^= rooted
	}
	return kinds.local()
}

// notPrefix is what is known of x where x.startswith("//") is false.
func (f *frame) notPrefix(e, prefix python.Expr) []refinement {
	prefixes := f.eval(prefix)
	s, isText := prefixes.str()
	switch {
	case isText && s == "//" || prefixes.Obj != nil && slices.Contains(prefixes.Obj.constants(), "//"):
		return f.about(e, single)
	case isText && strings.HasPrefix(s, ".."): // os.path.relpath(path, folder).startswith("..")
		return f.inFolder(e)
	}
	return nil
}

// hostFixed is what is known of an address whose host or scheme is one of a few: urlparse(x).netloc.
func (f *frame) hostFixed(e python.Expr) []refinement {
	kinds, part := Kinds(0), f.again(e)
	name := ""
	if a, ok := e.(*python.Attribute); ok {
		name = a.Attr
		part = f.eval(a.Value)
	} else if part.API != nil {
		name = lastName(part.API.Path)
	}
	switch name {
	case "netloc", "hostname", "registered_domain", "fqdn":
		kinds = Address | Redirect
	case "scheme":
		kinds = URL
	}
	if marks := part.deep(); kinds != 0 && len(marks) > 0 {
		return []refinement{{kinds: kinds, marks: marks}}
	}
	return nil
}

// checkAttribute is an attribute as a test: an address of a network that is not for visitors.
func (f *frame) checkAttribute(a *python.Attribute) condition {
	switch a.Attr {
	case "netloc", "hostname":
		return condition{otherwise: f.hostless(a)}
	case "is_private", "is_loopback":
	default:
		return condition{}
	}
	if marks := f.eval(a.Value).deep(); len(marks) > 0 {
		return condition{otherwise: []refinement{{kinds: Address, marks: marks}}}
	}
	return condition{}
}

// ofThisSite reports whether a value is the host of this request, and nothing else of a visitor.
func ofThisSite(v *Value) bool {
	marks := v.deep()
	return len(marks) > 0 && !slices.ContainsFunc(marks, func(m Mark) bool { return m.From.Note != hostField })
}

// sameSite is what is known of an address whose host is that of this request. One that was
// joined to this site's address before may begin with slashes that only browsers read.
func (f *frame) sameSite(e python.Expr, kinds Kinds) []refinement {
	all := f.hostFixed(e)
	for i := range all {
		all[i].kinds = kinds
		if slices.ContainsFunc(all[i].marks, func(m Mark) bool { return m.From.Note == hostField }) {
			all[i].kinds = joined
		}
	}
	return all
}

// hostless says that somebody looked whether an address is without a host: urlparse(x).netloc == "".
// For Python ////elsewhere is, for browsers it is not.
func (f *frame) hostless(e python.Expr) []refinement {
	if a, ok := e.(*python.Attribute); ok && (a.Attr == "netloc" || a.Attr == "hostname") {
		if marks := f.eval(a.Value).deep(); len(marks) > 0 {
			return []refinement{{kinds: weakRedirect, marks: marks}}
		}
	}
	return nil
}
