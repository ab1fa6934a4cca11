package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func passwordInAnswer() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "secret-in-answer", Title: "Passwords or numbers of cards in an answer", CWE: 200, OWASP: "A01:2021", ASVS: []string{"15.3.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A row's password, hash or card number is put into what the app sends. Whoever calls this URL collects them.",
			Fix:   `return {"id": user.id, "name": user.name}`,
			Canon: []string{"data-exposure"},
			Guard: "",
		},
		Helpers: []string{"passw", "pwd", "ssn", "cc_num", "ccn", "card_number", "credit_card", "cvv", "secret", "api_key", "pin", "iban", "pass_hash", "private_key", "security_answer", "social_security",
			"__table__", "__mapper__", "column_attrs"},
		Function: secretsSent,
	}
}

// secretsSent reports fields of rows that nobody should see where an answer is put together,
// and rows that are sent as they are.
func secretsSent(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	answers := map[*python.Dict]bool{} // those that a view returns
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Return:
				if v != nil {
					returned(n.Value, answers)
				}
			case *python.Dict:
				for i, k := range n.Keys {
					key, _ := literal(k)
					if answers[n] && isKeptPassword(n.Values[i]) && !isPrivate(key) && !p.Facts.bindings(f).isSent(n.Values[i]) {
						p.Report(f, n.Values[i], python.NameOrKey(n.Values[i])+" of a row is sent", Graded(finding.Medium, ofRow(n.Values[i], f, v)))
						return false
					}
					if isPrivate(key) && (isPrivateAttr(n.Values[i]) || v != nil && isRowField(n.Values[i]) && !p.Facts.bindings(f).isSent(n.Values[i])) {
						p.Report(f, n.Values[i], key+" of a row is sent", Graded(finding.Medium, ofRow(n.Values[i], f, v)))
						return false
					}
				}
			case *python.Call:
				if name := python.NameOrKey(n.Func); v != nil && (name == "jsonify" || name == "dict" || name == "dumps") {
					for i := range n.Keywords {
						if k := &n.Keywords[i]; isPrivate(k.Name) && (isPrivateAttr(k.Value) || isRowField(k.Value)) && !p.Facts.bindings(f).isSent(k.Value) {
							p.Report(f, k.Value, k.Name+" of a row is sent")
							return false
						}
					}
				}
			case *python.Comprehension:
				if f.Class != nil && n.Kind == python.DictComp && copiesColumns(n) && hasPrivate(f.Class) && !p.Facts.uses(f, "'password", "exclude", "'password_hash", "hidden") {
					p.Report(f, n, "all columns of a "+f.Class.Name+" are sent, its password too")
				}
			}
			return true
		})
	}
	if v != nil {
		wholeRows(p, f)
		dumpsSent(p, f)
	}
}

// returned adds the dicts that an answer is made of: itself, those of a list, and what jsonify
// is given.
func returned(e python.Expr, all map[*python.Dict]bool) {
	switch e := e.(type) {
	case *python.Dict:
		all[e] = true
		for _, v := range e.Values {
			returned(v, all)
		}
	case *python.List:
		for _, v := range e.Elts {
			returned(v, all)
		}
	case *python.Tuple:
		for _, v := range e.Elts {
			returned(v, all)
		}
	case *python.Comprehension:
		returned(e.Elt, all)
	case *python.Call:
		if name := python.NameOrKey(e.Func); name == "jsonify" || name == "dumps" {
			for _, a := range e.Args {
				returned(a, all)
			}
			for i := range e.Keywords {
				returned(e.Keywords[i].Value, all)
			}
		}
	}
}

// isKeptPassword tells user.password_hash, under whatever name it is sent.
func isKeptPassword(e python.Expr) bool {
	a, ok := e.(*python.Attribute)
	if !ok {
		return false
	}
	_, plain := a.Value.(*python.Name)
	switch a.Attr {
	case "password", "passwd", "password_hash", "passwordhash", "hashed_password", "pass_hash", "ssn", "card_number", "cvv":
		return plain
	}
	return false
}

// ofRow says how sure it is that a field is one of a row that is sent: what an object tells of
// itself may stay inside, unless it is a row or a person.
func ofRow(e python.Expr, f *program.Function, v *view) finding.Confidence {
	if a, ok := e.(*python.Attribute); ok && v == nil && f.Class != nil && python.NameOrKey(a.Value) == "self" && !isModelClass(f.Class) && !isPerson(f.Class.Name) {
		return finding.Unsure
	}
	return finding.Likely
}

func isPrivateAttr(e python.Expr) bool {
	a, ok := e.(*python.Attribute)
	return ok && isPrivate(a.Attr)
}

// isRowField tells row[2] and row["password"].
func isRowField(e python.Expr) bool {
	s, ok := e.(*python.Subscript)
	if !ok {
		return false
	}
	_, number := s.Index.(*python.Number)
	return number || isPrivate(python.NameOrKey(s))
}

func isPrivate(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "password", "passwd", "pwd", "password_hash", "ssn", "cc_num", "ccn", "card_number", "credit_card", "cvv", "secret", "api_key", "otp_secret", "pin", "iban", "hashed_password", "pass_hash", "mfa_secret", "totp_secret", "private_key",
		"security_answer", "social_security_number", "passwordhash", "credit_card_number":
		return true
	}
	return strings.HasPrefix(name, "password_hash")
}

// copiesColumns tells {c.name: getattr(self, c.name) for c in self.__table__.columns}.
func copiesColumns(c *python.Comprehension) bool {
	if len(c.Fors) != 1 || len(c.Fors[0].Ifs) > 0 {
		return false
	}
	found := false
	python.Inspect(c.Fors[0].Iter, func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok {
			found = found || a.Attr == "__table__" || a.Attr == "__mapper__" || a.Attr == "column_attrs"
		}
		return !found
	})
	return found
}

func hasPrivate(class *program.Class) bool {
	for _, k := range class.Line() {
		for name := range k.Scope.Names.All() {
			if isPrivate(name) && hasColumn(k, name) {
				return true
			}
		}
	}
	return false
}

// wholeRows reports statements that read people's rows with their passwords, if the rows are
// sent as they are; and attributes of a user that are sent all together.
func wholeRows(p *Pass, f *program.Function) {
	r := rows{facts: p.Facts, whole: map[string]bool{}}
	for range 2 {
		for _, s := range f.Body {
			python.Inspect(s, func(n python.Node) bool {
				switch n := n.(type) {
				case *python.Function:
					return false
				case *python.Call:
					if text := statementText(n, f.Scope); r.query == nil && p.Facts.readsPrivate(text) {
						r.query = n
					}
				case *python.Assign:
					if name, ok := n.Targets[0].(*python.Name); ok && r.query != nil && (fetches(n.Value) || r.isWhole(n.Value)) {
						r.whole[name.ID] = true
					}
				}
				return true
			})
		}
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			ret, ok := n.(*python.Return)
			if !ok || ret.Value == nil {
				_, inner := n.(*python.Function)
				return !inner
			}
			if r.query != nil && r.sends(ret.Value) {
				p.Report(f, r.query, "rows of users are sent as they are, with their passwords")
				r.query = nil
			}
			if at := allAttributes(ret.Value); at != nil {
				p.Report(f, at, "all that is kept of a user is sent")
			}
			return false
		})
	}
}

// rows follows rows that were read to an answer.
type rows struct {
	facts *Facts
	query python.Node
	whole map[string]bool // variables that hold rows as they were read
}

// readsPrivate tells statements that read people's rows with what nobody should see.
func (f *Facts) readsPrivate(text string) bool {
	low := strings.ToLower(strings.TrimSpace(text))
	rest, ok := strings.CutPrefix(low, "select ")
	if !ok {
		return false
	}
	columns, from, ok := strings.Cut(rest, "from ")
	words := strings.FieldsFunc(from, isBlank)
	if !ok || len(words) == 0 || !isPerson(bare(words[0])) {
		return false
	}
	if strings.TrimSpace(columns) == "*" {
		t := f.tables()[bare(words[0])]
		if t == nil {
			return true
		}
		for column := range t.columns {
			if isPrivate(column) {
				return true
			}
		}
		return false
	}
	for column := range strings.SplitSeq(columns, ",") {
		if isPrivate(bare(strings.TrimSpace(column))) {
			return true
		}
	}
	return false
}

// fetches tells the calls that give what a statement has read.
func fetches(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if c, ok := n.(*python.Call); ok {
			found = found || isFetch(c)
		}
		_, inner := n.(*python.Comprehension)
		return !found && !inner
	})
	return found
}

func isFetch(c *python.Call) bool {
	switch python.NameOrKey(c.Func) {
	case "fetchall", "fetchone", "fetchmany", "all", "first", "mappings", "query_db", "query":
		return true
	}
	return false
}

// isWhole tells rows, and lists of them, that were not picked from.
func (r *rows) isWhole(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name:
		return r.whole[e.ID]
	case *python.Call:
		switch python.NameOrKey(e.Func) {
		case "dict", "list", "tuple", "str", "map", "zip", "_asdict":
			for _, a := range e.Args {
				if r.isWhole(a) {
					return true
				}
			}
		}
		return false
	case *python.Comprehension:
		target, ok := e.Fors[0].Target.(*python.Name)
		if !ok || !r.isWhole(e.Fors[0].Iter) && !fetches(e.Fors[0].Iter) || e.Kind == python.DictComp {
			return false
		}
		inner := rows{whole: map[string]bool{target.ID: true}}
		return inner.isWhole(e.Elt)
	}
	return false
}

// sends reports whether an answer has whole rows in it. Templates pick what they show.
func (r *rows) sends(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Call:
		switch python.NameOrKey(e.Func) {
		case "jsonify", "dumps", "Response", "make_response", "str":
			for _, a := range e.Args {
				if r.sends(a) {
					return true
				}
			}
			for i := range e.Keywords {
				if r.sends(e.Keywords[i].Value) {
					return true
				}
			}
		}
		return r.isWhole(e) || isFetch(e) && len(r.whole) == 0
	case *python.Dict:
		for _, v := range e.Values {
			if r.sends(v) {
				return true
			}
		}
		return false
	case *python.Tuple:
		return len(e.Elts) > 0 && r.sends(e.Elts[0])
	}
	return r.isWhole(e)
}

// allAttributes is user.__dict__ or vars(user) in an answer; nil for none.
func allAttributes(e python.Expr) (at python.Node) {
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Attribute:
			if n.Attr == "__dict__" && isUserName(python.NameOrKey(n.Value)) {
				at = n
			}
		case *python.Call:
			if name := python.NameOrKey(n.Func); (name == "vars" || name == "asdict") && len(n.Args) == 1 && isUserName(python.NameOrKey(n.Args[0])) {
				at = n
			}
		}
		return at == nil
	})
	return at
}
