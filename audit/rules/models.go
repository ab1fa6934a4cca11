package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// ofModel tells calls that get a row of a model by something that was sent.
func (p *Pass) ofModel(c *python.Call, f *program.Function, h *bindings) *fetch {
	switch python.NameOrKey(c.Func) {
	case "get", "get_or_404", "filter_by", "filter", "where", "get_or_none", "get_by_id", "objects", "one_or_404", "first_or_404":
	default:
		return nil
	}
	if namesOwner(c, h) || aggregates(c.Func) || !p.sentTo(c, f, h) || h.isWho(c) || onlyPublic(c) {
		return nil
	}
	name, class := p.modelOf(c, f)
	if name == "" || p.narrowed(c.Func, f) {
		return nil
	}
	g := &fetch{what: "a " + name, kind: name, verb: "fetched"}
	if class != nil {
		if g.owned, g.shared = hasOwner(class); !g.owned && p.Facts.ownedByRelation(class, 0) {
			g.owned, g.shared = true, false
		}
	}
	key := keyOf(c)
	g.byName = key != "" && key != "id" && key != "pk" && !strings.HasSuffix(key, "_id") && key != "uuid" && key != "public_id"
	if hasWord(key, "token", "code", "password", "email", "key", "hash", "secret") || g.byName && !h.fromURL(c, f) {
		return nil
	}
	return g
}

// aggregates reports whether a query counts or adds rows up: nobody sees one of them.
func aggregates(query python.Expr) bool {
	found := false
	python.Inspect(query, func(n python.Node) bool {
		c, ok := n.(*python.Call)
		if !ok {
			return !found
		}
		if a, ok := c.Func.(*python.Attribute); ok && python.LastName(a.Value) == "func" {
			switch a.Attr {
			case "sum", "count", "avg", "min", "max":
				found = true
			}
		}
		return !found
	})
	return found
}

// modelOf is the model that a call is about, by name, and its class where it is known: Note of
// Note.query.get(x), of db.session.get(Note, x), of Note.objects(id=x).
func (p *Pass) modelOf(c *python.Call, f *program.Function) (string, *program.Class) {
	name := ""
	var class *program.Class
	see := func(n python.Node) bool {
		id, ok := n.(*python.Name)
		if ok && name == "" {
			ref := p.Program.Resolve(id, f.Scope)
			switch {
			case ref.Class != nil && isModelClass(ref.Class):
				name, class = ref.Class.Name, ref.Class
			case ref.API != nil && !strings.HasSuffix(ref.Path(), "()") && len(id.ID) > 1 && id.ID[0] >= 'A' && id.ID[0] <= 'Z' && strings.ToUpper(id.ID) != id.ID:
				name = id.ID // of a module that is not here
			}
		}
		if a, ok := n.(*python.Attribute); ok && name == "" {
			if k := p.Program.Resolve(a, f.Scope).Class; k != nil && isModelClass(k) {
				name, class = k.Name, k
				return false
			}
		}
		return name == ""
	}
	python.Inspect(c.Func, see)
	if class == nil && name != "" && !queried(c.Func) {
		return "", nil
	}
	if name == "" && len(c.Args) > 1 {
		see(c.Args[0])
	}
	return name, class
}

// queried reports whether the way to a method leads over what the libraries of models call
// theirs.
func queried(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok {
			switch a.Attr {
			case "query", "objects", "select", "get_by_id", "get_or_none":
				found = true
			}
		}
		return !found
	})
	return found
}

// keyOf is the column that a call chooses rows by, "" where it is the primary key.
func keyOf(c *python.Call) string {
	if len(c.Keywords) > 0 && c.Keywords[0].Name != "" {
		return strings.ToLower(c.Keywords[0].Name)
	}
	for _, a := range c.Args {
		if cmp, ok := a.(*python.Compare); ok {
			return strings.ToLower(python.NameOrKey(cmp.Left))
		}
	}
	return ""
}

// namesOwner reports whether a call asks for the rows of one owner, whom the caller did not
// choose.
func namesOwner(c *python.Call, h *bindings) bool {
	for i := range c.Keywords {
		if isOwnerName(c.Keywords[i].Name) && !h.isSent(c.Keywords[i].Value) {
			return true
		}
	}
	return false
}

// onlyPublic reports whether a call chooses what is marked as public.
func onlyPublic(c *python.Call) bool {
	found := false
	python.Inspect(c, func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok {
			found = found || hasWord(a.Attr, "public", "published", "visible", "shared")
		}
		if call, ok := n.(*python.Call); ok {
			for i := range call.Keywords {
				found = found || hasWord(call.Keywords[i].Name, "public", "published", "visible", "shared")
			}
		}
		return !found
	})
	return found
}

func mentions(e python.Expr, names map[string]bool) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok && names[name.ID] {
			found = true
		}
		return !found
	})
	return found
}

func isModelClass(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		return strings.HasSuffix(path, ".Model") || strings.HasSuffix(path, "declarative_base()") || strings.HasSuffix(path, "DeclarativeBase") || strings.HasSuffix(path, ".Document")
	})
}

// hasOwner reports whether a row of a model belongs to somebody; and whether it is shared by all
// who log in, as far as its columns tell: at most it is noted who has made it.
func hasOwner(c *program.Class) (owned, shared bool) {
	columns := 0
	shared = true
	for _, k := range c.Line() {
		for name, sym := range k.Scope.Names.All() {
			if isOwnerName(name) {
				owned = true
				shared = shared && (name == "created_by" || name == "submitted_by" || name == "uploaded_by")
			}
			if sym != nil {
				columns++
			}
		}
	}
	return owned, shared && columns > 2
}

// isRoleCheck tells decorators that let only some users in.
func isRoleCheck(d python.Expr) bool {
	name := strings.ToLower(decoratorName(d))
	for _, w := range []string{"admin", "role", "permission", "owner", "staff", "superuser", "access", "scope", "privilege"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	c, ok := d.(*python.Call)
	if !ok {
		return false
	}
	for _, a := range c.Args {
		if text, isText := literal(a); isText && isRoleWord(text) {
			return true
		}
	}
	for i := range c.Keywords {
		if isRoleWord(c.Keywords[i].Name) {
			return true
		}
	}
	return false
}
