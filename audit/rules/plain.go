package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func plainPassword() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "plain-password", Title: "Passwords are kept as they are", CWE: 256, OWASP: "A02:2021", ASVS: []string{"11.4.2"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "The password of the request is stored, looked up or compared as it is, so it can be read where it is kept. Whoever gets the table has everybody's password.",
			Fix:   `if check_password_hash(user.password_hash, password): ...`,
			Canon: []string{"password-hash"},
			Guard: "",
		},
		Words:    append(passwordWords(), "select "),
		Function: plainKept,
	}
}

// plainKept reports passwords that are compared, looked up or stored as they came.
func plainKept(p *Pass, f *program.Function) {
	if !p.Facts.mayNamePassword(f) {
		return
	}
	w := &passwords{p: p, f: f, h: p.Facts.bindings(f), hashed: map[string]bool{}, told: map[string]bool{}}
	if f.Node != nil {
		w.names()
	}
	for _, s := range f.Body {
		python.Inspect(s, w.see)
	}
}

// statementWords are parts of all words for a password in a statement and out of one.
func statementWords() []string { return []string{"pass", "pw"} }

// mayNamePassword reports whether a function speaks of passwords, or may use a statement that does.
func (f *Facts) mayNamePassword(fn *program.Function) bool {
	about := f.index.Placed(statementWords())
	for fn.Parent != nil {
		fn = fn.Parent
	}
	if fn.Node == nil || !fn.Module.File.ASCII() || f.index.outside(fn.Module)&about != 0 {
		return true
	}
	whole := wholeOf(fn.Node)
	return f.index.of(fn.Module).Within(whole.Start, whole.End)&about != 0
}

// passwords looks for passwords in one function.
type passwords struct {
	p      *Pass
	f      *program.Function
	h      *bindings
	hashed map[string]bool // variables that hold a hash
	told   map[string]bool // what was reported: once is enough in a function
	raw    []string        // parameters of a helper that hold a password
}

// names finds what is hashed before it is used.
func (w *passwords) names() {
	for _, s := range w.f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Assign); ok && mentionsHash(a.Value) {
				for _, t := range a.Targets {
					if name, ok := t.(*python.Name); ok {
						w.hashed[name.ID] = true
					}
				}
			}
			return true
		})
	}
	if len(w.f.Routes) == 0 {
		for i := range w.f.Node.Params.List {
			if name := w.f.Node.Params.List[i].Name; isPassword(name) && !mentionsHash(&python.Name{ID: name}) {
				w.raw = append(w.raw, name)
			}
		}
	}
}

// report reports the first place of a function where a password is kept in some way.
func (w *passwords) report(n python.Node, what string) {
	if !w.told[what] {
		w.told[what] = true
		w.p.Report(w.f, n, what, func(x *finding.Finding) { x.Cause = what }) // one table
	}
}

func (w *passwords) see(n python.Node) bool {
	switch n := n.(type) {
	case *python.Function, *python.Class:
		return false
	case *python.Compare:
		if len(n.Ops) == 1 && (n.Ops[0] == python.Eq || n.Ops[0] == python.NotEq) {
			left, right := n.Left, n.Rights[0]
			if (w.stored(left) && w.given(right) || w.stored(right) && w.given(left)) && !typedTwice(left, right) {
				w.report(n, "a stored password is compared with the one that was sent")
			}
		}
	case *python.Call:
		return w.call(n)
	case *python.Assign:
		w.assign(n)
	case *python.Str, *python.FString, *python.BinOp:
		return !w.statement(n.(python.Expr))
	}
	return true
}

// stored tells a password that is kept: x.password, rows["password"], users[name].
func (w *passwords) stored(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Attribute:
		if e.Attr == "data" || w.h.rooted(e) || isRequest(e.Value) {
			return false
		}
		if !isPassword(e.Attr) || w.p.Facts.hashesItself(e.Attr) {
			return false
		}
		owner := strings.ToLower(python.NameOrKey(e.Value))
		if owner == "self" {
			return isPassword(e.Attr) && !mentionsHash(e) && w.f.Class != nil && isModelClass(w.f.Class)
		}
		return isPassword(e.Attr) && !strings.Contains(strings.ToLower(e.Attr), "hash") && owner != "form" && owner != "args" && owner != "request" && owner != "data" && owner != "authorization" && owner != "auth" && owner != "credentials" && owner != "cfg" && owner != "settings" && !strings.HasSuffix(owner, "form") && !strings.Contains(owner, "config")
	case *python.Subscript:
		if w.h.rooted(e) || isSession(e.Value) {
			return false
		}
		if key := python.NameOrKey(e); key != "" {
			return isPassword(key) && !strings.Contains(strings.ToLower(key), "hash") && !hasWord(python.NameOrKey(e.Value), "form", "data", "args", "json", "payload", "body", "config", "environ", "params")
		}
		name := python.NameOrKey(e.Value)
		return isPerson(name) && w.p.isStore(name, w.f) || w.selected(e)
	case *python.Call: // users.get(name), user.get("password")
		a, ok := e.Func.(*python.Attribute)
		if !ok || a.Attr != "get" || len(e.Args) == 0 || w.h.rooted(e) {
			return false
		}
		if key, isText := literal(e.Args[0]); isText {
			return isPassword(key) && isPerson(python.NameOrKey(a.Value))
		}
		return isPerson(python.NameOrKey(a.Value)) && w.p.isStore(python.NameOrKey(a.Value), w.f)
	}
	return false
}

// selected tells row[0] of a row that a statement selects passwords for.
func (w *passwords) selected(e *python.Subscript) bool {
	name, ok := e.Value.(*python.Name)
	if _, isNumber := e.Index.(*python.Number); !ok || !isNumber {
		return false
	}
	sym, at := w.f.Scope.Find(name.ID)
	if sym == nil {
		return false
	}
	for _, v := range sym.Values {
		found := false
		python.Inspect(v, func(n python.Node) bool {
			if c, ok := n.(*python.Call); ok {
				text := strings.ToLower(statementText(c, at))
				columns, _, isQuery := strings.Cut(strings.TrimPrefix(strings.TrimSpace(text), "select"), " from ")
				found = found || isQuery && isPassword(columns) && !strings.Contains(columns, "hash") && !strings.Contains(columns, ",")
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// given tells a password that was sent, or handed in, and is not hashed.
func (w *passwords) given(e python.Expr) bool {
	if mentionsHash(e) || isWritten(e) {
		return false
	}
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || isPassword(n.ID) && !w.hashed[n.ID]
		case *python.Str:
			found = found || isPassword(n.Value)
		case *python.Attribute:
			found = found || isPassword(n.Attr)
		case *python.Call:
			if name := python.NameOrKey(n.Func); name == "len" || name == "bool" {
				return false
			}
		}
		return !found
	})
	return found
}

// sent is given for what a request has sent, for sure.
func (w *passwords) sent(e python.Expr) bool {
	if !w.given(e) {
		return false
	}
	if name, ok := e.(*python.Name); ok && slices.Contains(w.raw, name.ID) {
		return w.p.Facts.handedPassword(w.f, name.ID)
	}
	return (w.h.isSent(e) || givenData(e)) && !isBool(e)
}

// isBool reports whether an expression only asks.
func isBool(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Compare, *python.BoolOp:
		return true
	case *python.UnaryOp:
		return e.Op == python.Not
	}
	return false
}

// call looks at rows that are chosen by a password or made with one.
func (w *passwords) call(c *python.Call) bool {
	switch python.NameOrKey(c.Func) {
	case "filter_by", "get_or_none":
		for i := range c.Keywords {
			if k := &c.Keywords[i]; isPassword(k.Name) && !strings.Contains(k.Name, "hash") && w.given(k.Value) {
				w.report(c, "a row is looked up by its password")
				return false
			}
		}
	case "find_one", "insert_one", "insert", "append", "update_one":
		for _, a := range c.Args {
			if d, ok := a.(*python.Dict); ok && w.inDict(d) != nil {
				what := "a password is stored as it was sent"
				if python.NameOrKey(c.Func) == "find_one" {
					what = "a row is looked up by its password"
				}
				w.report(w.inDict(d), what)
				return false
			}
		}
	default:
		if v := w.intoModel(c); v != nil {
			w.report(c, "a password is stored as it was sent")
			return false
		}
		if w.inserted(c) {
			w.report(c, "a password is stored as it was sent")
			return false
		}
	}
	return true
}

// inDict is the value of a dict's password if it is one that was sent.
func (w *passwords) inDict(d *python.Dict) python.Expr {
	for i, k := range d.Keys {
		if key, _ := literal(k); isPassword(key) && !strings.Contains(key, "hash") && w.sent(d.Values[i]) {
			return d.Values[i]
		}
	}
	return nil
}

// inserted tells statements that write a password as it was sent.
func (w *passwords) inserted(c *python.Call) bool {
	text := strings.ToLower(statementText(c, w.f.Scope))
	if !isChange(text) || !speaksOfPassword(text) || strings.HasPrefix(strings.TrimSpace(text), "delete") || namesHash(text) {
		return false
	}
	if strings.HasPrefix(strings.TrimSpace(text), "update") {
		set, _, _ := strings.Cut(text, "where")
		if !speaksOfPassword(set) {
			return false
		}
	}
	if v := valueOf(text, c); v != nil { // whatever the variable is called
		name, isName := v.(*python.Name)
		return w.sent(v) || w.h.isSent(v) && !mentionsHash(v) && !(isName && w.hashed[name.ID])
	}
	found := false
	for _, a := range c.Args {
		python.Inspect(a, func(n python.Node) bool {
			if k, ok := n.(*python.Call); ok && mentionsHash(k) {
				return false
			}
			if e, ok := n.(python.Expr); ok && !found {
				_, list := e.(*python.Tuple)
				_, sum := e.(*python.BinOp)
				_, text := e.(*python.FString)
				found = !list && !sum && !text && w.sent(e)
			}
			return !found
		})
	}
	return found
}

func speaksOfPassword(text string) bool {
	return isPassword(text) || hasWord(text, "passwd", "pwd", "pass", "pw")
}

// namesHash reports whether a statement hashes itself, or its column is for a hash.
func namesHash(text string) bool {
	for _, word := range []string{"md5(", "sha1(", "sha2(", "sha256(", "crypt(", "hash", "digest("} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// assign looks at passwords that are put into a row or a dict of users.
func (w *passwords) assign(n *python.Assign) {
	for _, t := range n.Targets {
		switch t := t.(type) {
		case *python.Attribute:
			if isPassword(t.Attr) && !mentionsHash(t) && isUserName(python.NameOrKey(t.Value)) && w.sent(n.Value) && w.p.Facts.keepsPlain(t.Attr) {
				w.report(n, "a password is stored as it was sent")
			}
		case *python.Subscript:
			name := rootOf(t.Value)
			if key := python.NameOrKey(t); key != "" && !isPassword(key) || !isPerson(name) || w.h.rooted(t) {
				continue
			}
			if d, ok := n.Value.(*python.Dict); ok && w.inDict(d) != nil || !ok && w.sent(n.Value) {
				w.report(n, "a password is stored as it was sent")
			}
		}
	}
}

// isUserName tells variables that hold a user.
func isUserName(name string) bool {
	return isPerson(name) || hasWord(name, "u", "current", "admin", "me", "new")
}

// statement reports a statement that chooses rows by a password.
func (w *passwords) statement(e python.Expr) bool {
	if b, ok := e.(*python.BinOp); ok && b.Op != python.Add && b.Op != python.Mod {
		return false
	}
	text := strings.ToLower(textOf(e, w.f.Scope, maxText))
	if !strings.HasPrefix(strings.TrimSpace(text), "select ") {
		return false
	}
	_, where, ok := strings.Cut(text, "where")
	if !ok || !namesPassword(where) || namesHash(where) || w.p.Facts.uses(w.f, "sha256", "md5", "hexdigest", "hash", "sha1", "sha512", "digest", "hashpw", "generate_password_hash") {
		return false
	}
	w.report(e, "a row is looked up by its password")
	return true
}

// namesPassword reports whether a condition of a statement compares a column of passwords.
func namesPassword(where string) bool {
	for part := range strings.SplitSeq(where, "and ") {
		column, _, ok := strings.Cut(part, "=")
		if column = bare(strings.TrimSpace(column)); ok && (isPassword(column) || column == "pass") && !strings.Contains(column, " ") {
			return true
		}
	}
	return false
}

// givenPassword tells a password by its name, but not one that is hashed.
func givenPassword(e python.Expr) bool { return !mentionsHash(e) && givesPassword(e) }

func mentionsHash(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		name := ""
		switch n := n.(type) {
		case *python.Name:
			name = n.ID
		case *python.Attribute:
			name = n.Attr
		}
		name = strings.ToLower(name)
		found = found || strings.Contains(name, "hash") || strings.Contains(name, "crypt") || strings.Contains(name, "digest") || strings.HasPrefix(name, "sha") || name == "md5"
		return !found
	})
	return found
}
