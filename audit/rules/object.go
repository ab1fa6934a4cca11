package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func foreignObject() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "foreign-object", Title: "Other people's objects for whoever asks", CWE: 639, OWASP: "A01:2021", ASVS: []string{"8.2.2"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "An object is chosen by what the request names, and nothing asks whose it is. Whoever names another one sees or changes what belongs to somebody else.",
			Fix:   `Note.query.filter_by(id=id, user_id=current_user.id).first_or_404()`,
			Canon: []string{"idor"},
			Guard: "",
		},
		Function: objectsFetched,
	}
}

// objectsFetched reports the first object of each view that is fetched for whoever asks.
func objectsFetched(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil || v.asks == asksRole || isLogin(f) || v.forStrangers() || v.asks == asksLogin && p.Facts.managesUsers(v) && p.Facts.knowsRoles() {
		return
	}
	h := p.Facts.bindings(f)
	if len(h.sent) == 0 && !p.Facts.uses(f, "request") || p.Facts.ownerByDecorator(f) {
		return
	}
	asked := p.Facts.ownerAsked(f, 0)
	done := p.overwritten(f, h)
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if _, inner := n.(*python.Function); inner || done {
				return false
			}
			got := p.fetched(n, f, h)
			if got == nil || !elsewhere(f, n, asked) {
				return true
			}
			how, sure := got.grade(p, v)
			if sure == 0 {
				return true
			}
			p.Report(f, n, got.what+" is "+got.verb+" for whoever names it", Graded(how, sure))
			done = true
			return false
		})
	}
}

// overwritten reports a dict that says who is calling, and then takes over what was sent.
func (p *Pass) overwritten(f *program.Function, h *bindings) bool {
	says := map[string]bool{}
	done := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				d, ok := n.Value.(*python.Dict)
				name, isName := n.Targets[0].(*python.Name)
				if ok && isName {
					for i, k := range d.Keys {
						key, _ := literal(k)
						says[name.ID] = says[name.ID] || hasWord(key, "user", "username", "owner", "author", "id", "email", "account") && (h.isWho(d.Values[i]) || asksWho(d.Values[i]))
					}
				}
			case *python.Call:
				a, ok := n.Func.(*python.Attribute)
				if ok && a.Attr == "update" && len(n.Args) == 1 && says[rootOf(a)] && h.rooted(n.Args[0]) && !done {
					p.Report(f, n, "what is sent replaces who is calling")
					done = true
				}
			}
			return !done
		})
	}
	return done
}

// forStrangers tells views that people use before they are logged in, and which look rows up
// by what only their owner knows.
func (v *view) forStrangers() bool {
	return byToken(v.fn) || v.has("register", "signup", "signin", "forgot", "reset", "verify", "confirm", "unsubscribe", "webhook", "callback", "oauth", "activate", "token", "invite", "invitation", "recover", "recovery", "otp", "authorize")
}

// byToken reports whether a part of the URL is a secret.
func byToken(fn *program.Function) bool {
	for _, r := range fn.Routes {
		for name := range r.Params {
			if hasWord(name, "token", "code", "key", "hash", "signature", "secret") {
				return true
			}
		}
	}
	return len(fn.Routes) > 0 && fn.Routes[0].Unknown && hasParam(fn, "token")
}

func hasParam(fn *program.Function, name string) bool {
	return slices.ContainsFunc(fn.Node.Params.List, func(p python.Param) bool { return p.Name == name })
}

// fetch is an object that is looked up, changed or deleted by something that was sent.
type fetch struct {
	what   string // such as "a Note", "a row of notes"
	kind   string // the name of the model, the table, the collection or the dict
	verb   string // fetched, changed, deleted
	owned  bool   // it is known to belong to somebody
	shared bool   // its columns name nobody whose it is
	byName bool   // it is looked up by a name, not by a number
}

// grade says how bad it is that everybody gets the object, and how sure that is. What is
// published for everybody to see is none of somebody's own until it is changed.
func (g *fetch) grade(p *Pass, v *view) (finding.Severity, finding.Confidence) {
	changes := g.verb != "fetched" || v.takes("PUT", "PATCH", "DELETE") && !v.takes("GET") || v.has("delete", "edit", "update", "remove", "change") && p.Facts.writes(v.fn)
	switch {
	case isPublished(g.kind):
		if changes && g.owned && v.asks == asksLogin {
			return finding.High, finding.Likely
		}
		return 0, 0
	case isPerson(g.kind):
		if changes {
			return finding.High, finding.Likely
		}
		if g.byName || p.Facts.social() {
			return finding.Medium, finding.Unsure // pages about users are often public
		}
		if !p.Facts.knowsLogin() {
			return finding.Medium, finding.Likely
		}
		return finding.High, finding.Likely
	case g.owned || isPrivateKind(g.kind):
		if v.asks == asksNothing && !changes {
			return finding.Medium, finding.Likely
		}
		if g.shared && v.asks == asksLogin { // a tool of people who work on the same things
			return finding.Medium, finding.Unsure
		}
		return finding.High, finding.Likely
	}
	return 0, 0
}

// social reports whether people of the app follow each other: they see each other's pages.
func (f *Facts) social() bool {
	return slices.ContainsFunc(f.views(), func(v *view) bool {
		return v.has("follow", "followers", "following", "unfollow", "friend", "friends")
	})
}

// isPublished tells what is made to be seen by everybody.
func isPublished(kind string) bool {
	return hasWord(kind, "post", "posts", "article", "articles", "blog", "blogs", "product", "products", "page", "pages", "comment", "comments", "category", "categories", "tag", "tags", "question", "questions", "answer", "answers",
		"topic", "topics", "thread", "threads", "movie", "movies", "song", "songs", "album", "event", "events", "news", "story", "stories", "recipe", "recipes", "review", "reviews", "video", "videos", "listing", "listings",
		"challenge", "challenges", "course", "courses", "city", "country", "tweet", "tweets", "quote", "quotes", "job", "jobs", "forum", "room", "rooms", "quiz", "poll", "polls", "artist", "venue", "show", "genre", "restaurant", "food", "menu", "item", "items",
		"currency", "currencies", "countries", "language", "languages", "timezones", "faq", "gallery", "leaderboard", "catalog", "catalogue", "catalogs", "katalog", "catalogo")
}

// isPerson tells what is about one person.
func isPerson(kind string) bool {
	return hasWord(kind, "user", "users", "customer", "customers", "account", "accounts", "member", "members", "patient", "patients", "employee", "employees", "profile", "profiles", "student", "students", "person", "people", "client", "clients")
}

// isPrivateKind tells what belongs to one person by its name.
func isPrivateKind(kind string) bool {
	return hasWord(kind, "order", "orders", "invoice", "invoices", "message", "messages", "payment", "payments", "transaction", "transactions", "note", "notes", "card", "cards", "address", "addresses", "booking", "bookings",
		"reservation", "appointment", "appointments", "prescription", "prescriptions", "salary", "payslip", "wallet", "wallets", "loan", "loans", "subscription", "cart", "carts", "ticket", "tickets", "diary", "document", "documents",
		"secret", "secrets", "vault", "todo", "todos", "task", "tasks", "expense", "expenses", "transfer", "transfers", "grade", "grades", "medical", "record", "records", "receipt", "receipts", "conversation", "conversations", "mail", "email", "emails")
}

// fetched tells a node that looks an object up by something that was sent; nil for others.
func (p *Pass) fetched(n python.Node, f *program.Function, h *bindings) *fetch {
	switch n := n.(type) {
	case *python.Call:
		if g := p.ofModel(n, f, h); g != nil {
			return g
		}
		if g := p.ofTable(n, f, h); g != nil {
			return g
		}
		if g := ofCollection(n, h); g != nil {
			return g
		}
		if a, ok := n.Func.(*python.Attribute); ok && (a.Attr == "get" || a.Attr == "pop") && len(n.Args) > 0 {
			return p.ofDict(a.Value, n.Args[0], a.Attr == "pop", f, h)
		}
	case *python.Subscript:
		return p.ofDict(n.Value, n.Index, false, f, h)
	}
	return nil
}

// ofTable tells statements that choose rows by what was sent.
func (p *Pass) ofTable(c *python.Call, f *program.Function, h *bindings) *fetch {
	switch python.NameOrKey(c.Func) {
	case "execute", "query", "query_db", "fetchone", "fetch_one", "fetch", "fetchall", "run", "run_query", "execute_query", "raw", "select", "exec_driver_sql", "get_one", "db_query", "executescript", "read_sql", "query_one":
	default:
		return nil
	}
	q := parseQuery(statementText(c, f.Scope))
	if q == nil || !p.sentTo(c, f, h) {
		return nil
	}
	g := &fetch{what: "a row of " + q.table, kind: q.table, verb: map[string]string{"select": "fetched", "update": "changed", "delete": "deleted"}[q.verb], byName: true}
	for _, column := range q.by {
		switch {
		case column == "id" || column == "rowid" || strings.HasSuffix(column, "_id") && !isOwnerName(column) || column == "uuid" || isOwnerName(column) && isPerson(q.table) && column != "user_name":
			g.byName = false
		case isOwnerName(column):
			g.byName = false // rows of a user that the request names
		case hasWord(column, "password", "passwd", "pwd", "pass", "token", "code", "email", "secret", "key"):
			return nil
		}
	}
	if t := p.Facts.tables()[q.table]; t != nil {
		for column := range t.columns {
			g.owned = g.owned || isOwnerName(column)
		}
	}
	if g.byName && !h.fromURL(c, f) {
		return nil
	}
	return g
}

// sentTo reports whether a call is given something that was sent, by itself or in a text that
// was made before.
func (p *Pass) sentTo(c *python.Call, f *program.Function, h *bindings) bool {
	chosen := func(e python.Expr) bool {
		part := requestPart(e)
		return h.isSent(e) && part != "cookies" && part != "headers" && !h.mentions(e, h.claims)
	}
	for _, a := range c.Args {
		if chosen(a) || h.mentions(a, h.found) {
			return true
		}
	}
	for i := range c.Keywords {
		if chosen(c.Keywords[i].Value) {
			return true
		}
	}
	return false
}

// fromURL reports whether an object is chosen by a part of the URL.
func (h *bindings) fromURL(n python.Expr, f *program.Function) bool {
	found := false
	python.Inspect(n, func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok {
			for i := range f.Node.Params.List {
				found = found || f.Node.Params.List[i].Name == name.ID && h.sent[name.ID]
			}
		}
		return !found
	})
	return found
}

// ofDict tells users[id] of a dict of the module.
func (p *Pass) ofDict(of, index python.Expr, pops bool, f *program.Function, h *bindings) *fetch {
	name, ok := of.(*python.Name)
	if !ok || !h.isSent(index) || h.sent[name.ID] || !isPerson(name.ID) && !isPrivateKind(name.ID) {
		return nil
	}
	if _, text := index.(*python.Str); text {
		return nil
	}
	if !p.isStore(name.ID, f) {
		return nil
	}
	if !h.fromURL(index, f) && !hasWord(python.NameOrKey(index)+" "+fieldOf(index), "id", "uid", "number", "no") {
		return nil
	}
	g := &fetch{what: "an entry of " + name.ID, kind: name.ID, verb: "fetched", owned: true}
	if pops {
		g.verb = "deleted"
	}
	return g
}

// isStore reports whether a name is a dict or a list of a module.
func (p *Pass) isStore(name string, f *program.Function) bool {
	sym, at := f.Scope.Find(name)
	if sym != nil && sym.Import != nil {
		m := p.Program.Lookup(sym.Import.Module, f.Module)
		if m == nil {
			return false
		}
		sym, at = m.Scope.Names.Get(sym.Import.Name), m.Scope
	}
	if sym == nil || at.Parent != nil {
		return false
	}
	for _, v := range sym.Values {
		switch v := v.(type) {
		case *python.Dict, *python.List, *python.Comprehension:
			return true
		case *python.Call:
			name := python.NameOrKey(v.Func)
			return name == "dict" || name == "load" || name == "loads" || strings.HasPrefix(name, "load_") || name == "defaultdict" || name == "OrderedDict"
		}
	}
	return false
}

// ofCollection tells db.notes.find_one({"_id": id}).
func ofCollection(c *python.Call, h *bindings) *fetch {
	verb := ""
	switch python.NameOrKey(c.Func) {
	case "find_one", "find_one_or_404":
		verb = "fetched"
	case "update_one", "find_one_and_update", "replace_one":
		verb = "changed"
	case "delete_one", "find_one_and_delete":
		verb = "deleted"
	default:
		return nil
	}
	if len(c.Args) == 0 {
		return nil
	}
	a, isAttr := c.Func.(*python.Attribute)
	d, isDict := c.Args[0].(*python.Dict)
	if !isAttr || !isDict {
		return nil
	}
	byID := false
	for i, k := range d.Keys {
		key, _ := literal(k)
		if isOwnerName(key) && !h.isSent(d.Values[i]) {
			return nil
		}
		byID = byID || (key == "_id" || key == "id" || strings.HasSuffix(key, "_id") || key == "uuid") && h.isSent(d.Values[i])
	}
	if !byID {
		return nil
	}
	return &fetch{what: "a document of " + python.NameOrKey(a.Value), kind: python.NameOrKey(a.Value), verb: verb}
}
