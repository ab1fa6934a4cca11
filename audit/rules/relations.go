package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// maxRelations bounds how many foreign keys lead from a row to whom it belongs.
const maxRelations = 3

// ownedByRelation reports whether rows of a model belong to somebody over others: an attachment
// to the ticket's requester. The app must ask for the owner of those others somewhere: else all
// who log in may share them.
func (f *Facts) ownedByRelation(c *program.Class, depth int) bool {
	if depth >= maxRelations || isPerson(c.Name) || isPublished(c.Name) || c.Inherits(isUserMixin) {
		return false
	}
	for _, k := range c.Line() {
		for name, sym := range k.Scope.Names.All() {
			to := f.keyTo(sym, k)
			if to == nil || to == c {
				continue
			}
			if isPerson(to.Name) || to.Inherits(isUserMixin) {
				if !hasWord(name, "assignee", "assigned", "approver", "approved", "updated", "modified", "edited", "editor", "deleted", "closed", "reviewed", "reviewer", "handled", "resolved") && f.asksOwnerOf(c, name) {
					return true
				}
				continue
			}
			if owned, shared := hasOwner(to); owned && !shared && !isPublished(to.Name) {
				if column := ownerColumn(to); f.asksOwnerOf(to, column) {
					return true
				}
			}
			if f.ownedByRelation(to, depth+1) {
				return true
			}
		}
	}
	return false
}

// ownerColumn is the column of a model that says whose a row is, "" where there is none.
func ownerColumn(c *program.Class) string {
	for _, k := range c.Line() {
		var all []string
		for name := range k.Scope.Names.All() {
			if isOwnerName(name) && hasColumn(k, name) {
				all = append(all, name)
			}
		}
		if len(all) > 0 {
			return slices.Min(all)
		}
	}
	return ""
}

// keyTo is the model that a column with a foreign key leads to; nil for others.
func (f *Facts) keyTo(sym *program.Symbol, in *program.Class) (to *program.Class) {
	if sym == nil {
		return nil
	}
	for _, v := range sym.Values {
		c, ok := v.(*python.Call)
		if !ok || !isColumn(c) && !strings.HasSuffix(python.NameOrKey(c.Func), "Field") {
			continue
		}
		python.Inspect(c, func(n python.Node) bool {
			key, ok := n.(*python.Call)
			if !ok || to != nil || len(key.Args) == 0 {
				return to == nil
			}
			switch python.NameOrKey(key.Func) {
			case "ForeignKey", "ForeignKeyField", "ReferenceField":
			default:
				return true
			}
			if text, ok := literal(key.Args[0]); ok {
				table, _, _ := strings.Cut(text, ".")
				to = f.modelOfTable(table)
				return false
			}
			e := key.Args[0]
			to = f.program.Resolve(e, in.Outer).Class
			if a, ok := e.(*python.Attribute); ok && to == nil {
				to = f.program.Resolve(a.Value, in.Outer).Class
			}
			return false
		})
	}
	return to
}

// modelOfTable is the model of a table, by the name that it gives or that libraries make of its own.
func (f *Facts) modelOfTable(table string) *program.Class {
	if f.models == nil {
		f.models = map[string]*program.Class{}
		for _, c := range f.program.Classes {
			if c.Module.Test || !isModelClass(c) {
				continue
			}
			name := strings.Join(wordsOf(c.Name), "_")
			if sym := c.Scope.Names.Get("__tablename__"); sym != nil && len(sym.Values) == 1 {
				if text, ok := literal(sym.Values[0]); ok {
					name = text
				}
			}
			if f.models[name] == nil {
				f.models[name] = c
			}
		}
	}
	return f.models[table]
}

// asksOwnerOf reports whether some function asks whose a row of a model is: it compares the column,
// or chooses rows by it and by who is calling. The function is a method of the model or speaks of it.
func (f *Facts) asksOwnerOf(c *program.Class, column string) bool {
	if column == "" {
		return false
	}
	key := c.Module.Path + " " + c.Name + " " + column
	return f.ownership.ask(key, func(string) bool {
		return slices.ContainsFunc(f.program.Functions, func(fn *program.Function) bool {
			return fn.Node != nil && !fn.Module.Test && (fn.Class == c || f.uses(fn, c.Name)) && f.comparesColumn(fn, column)
		})
	})
}

func (f *Facts) comparesColumn(fn *program.Function, column string) bool {
	h := f.bindings(fn)
	who := func(e python.Expr) bool {
		if h.isWho(e) {
			return true
		}
		a, ok := e.(*python.Attribute) // user.id of a parameter
		return ok && isPerson(python.LastName(a.Value))
	}
	found := false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Compare:
				found = found || len(n.Ops) == 1 && (python.LastName(n.Left) == column && who(n.Rights[0]) || python.LastName(n.Rights[0]) == column && who(n.Left))
			case *python.Call:
				for i := range n.Keywords {
					name := python.NameOrKey(n.Func)
					found = found || n.Keywords[i].Name == column && (name == "filter_by" || name == "get_or_none" || name == "objects" || name == "first_or_404") && who(n.Keywords[i].Value)
				}
			}
			return !found
		})
	}
	return found
}

// asksVisible tells methods that are asked whether somebody may have an object: visible_to(user).
func asksVisible(name string) bool {
	return hasWord(name, "visible", "readable", "writable", "editable", "accessible", "viewable", "permitted", "allowed", "belongs", "owned", "sichtbar", "darf", "pertenece", "puede")
}

// narrowed reports whether a query is first given to a function that leaves of it what whoever is
// calling may see: readable(Bug.query).get(id).
func (p *Pass) narrowed(query python.Expr, f *program.Function) bool {
	found := false
	python.Inspect(query, func(n python.Node) bool {
		if c, ok := n.(*python.Call); ok && !found && len(c.Args) > 0 {
			to := p.Program.Resolve(c.Func, f.Scope).Function
			found = to != nil && to.Node != nil && to != f && p.Facts.comparesOwner(to, 1)
		}
		return !found
	})
	return found
}
