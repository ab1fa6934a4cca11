package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// Facts are what several rules want to know of the whole program, found once.
type Facts struct {
	program   *program.Program
	templates map[string]*jinja.Template // by name
	files     map[string]*python.File
	names     map[*program.Function]map[string]bool
	viewOf    map[*program.Function]*view
	allViews  []*view
	asked     map[*program.Function]authLevel
	bound     map[*program.Function]*bindings
	tells     map[*program.Function]bool // which functions give back who is calling, see tellsWho
	secrets   map[*program.Function]bool // whether it speaks of any
	searched  map[*program.Function]int  // how often a secret was looked for in it
	before    []before
	roles     answer
	calls     map[*program.Function][]caller
	logins    answer
	plain     memo                      // keepsPlain
	hashing   memo                      // hashesItself
	ownership memo                      // asksOwnerOf
	models    map[string]*program.Class // by table
	tableOf   map[string]*table
	csrf      answer
	index     *wordIndex
	limits    limiting
	mentioned map[string]map[*program.Module]bool
	app       *Site
	appKnown  bool
	tools     map[*program.Module]bool // byHand
}

// answer is yes or no, once asked.
type answer struct{ known, yes bool }

// memo keeps the answers to one question about several names. What is asked for every function and
// looks at the whole program must be found once, or a million lines take hours.
type memo map[string]bool

func (a *memo) ask(name string, find func(name string) bool) bool {
	yes, known := (*a)[name]
	if !known {
		if *a == nil {
			*a = memo{}
		}
		yes = find(name)
		(*a)[name] = yes
	}
	return yes
}

func newFacts(p *program.Program, all []*Rule, templates []*jinja.Template) *Facts {
	f := &Facts{program: p, names: map[*program.Function]map[string]bool{}, index: newWordIndex(len(p.Modules), all), templates: make(map[string]*jinja.Template, len(templates))}
	for _, t := range templates {
		f.templates[t.Name] = t
	}
	return f
}

// namesIn are all names and attributes that a function's body and decorators speak of.
func (f *Facts) namesIn(fn *program.Function) map[string]bool {
	if all := f.names[fn]; all != nil {
		return all
	}
	all := map[string]bool{}
	var see func(n python.Node) bool
	see = func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			all[n.ID] = true
		case *python.Attribute:
			all[n.Attr] = true
			if tables := tablesOf(n); tables != nil { // who is logged in is no matter of a database's session
				python.Inspect(tables, see)
				return false
			}
		case *python.Str:
			if len(n.Value) < 40 {
				all["'"+n.Value] = true
			}
		}
		return true
	}
	for _, s := range fn.Body {
		python.Inspect(s, see)
	}
	f.names[fn] = all
	return all
}

// tablesOf is db of db.session.query: what a database's session is taken from, or an empty
// name where it is a variable. It is nil for all else.
func tablesOf(a *python.Attribute) python.Expr {
	switch a.Attr {
	case "query", "add", "add_all", "commit", "rollback", "flush", "execute", "scalars", "scalar", "delete", "merge", "refresh", "close", "begin", "remove":
	default:
		return nil
	}
	switch s := a.Value.(type) {
	case *python.Attribute:
		if s.Attr == "session" {
			return s.Value
		}
	case *python.Name:
		if s.ID == "session" {
			return &python.Name{}
		}
	}
	return nil
}

// uses reports whether a function speaks of one of the names.
func (f *Facts) uses(fn *program.Function, names ...string) bool {
	if f.names[fn] == nil && !slices.ContainsFunc(names, func(n string) bool { return mayUse(fn, n) }) {
		return false
	}
	all := f.namesIn(fn)
	return slices.ContainsFunc(names, func(n string) bool { return all[n] })
}

// mayUse tells by a look at the text that a function does not speak of a name. Most do not
// speak of what is asked for, and the names of those need not be gathered.
func mayUse(fn *program.Function, name string) bool {
	if len(fn.Body) == 0 || strings.HasPrefix(name, "'") { // texts may be written in many ways
		return len(fn.Body) > 0
	}
	span := python.Span{Start: fn.Body[0].At().Start, End: fn.Body[len(fn.Body)-1].At().End}
	return fn.Module.File.MayNameIn(span, name)
}

func receiverIsApp(d python.Expr) bool {
	if c, ok := d.(*python.Call); ok {
		d = c.Func
	}
	a, ok := d.(*python.Attribute)
	return ok && strings.Contains(strings.ToLower(python.NameOrKey(a.Value)), "app")
}

// csrfProtected reports whether anything in the program checks where forms come from.
func (f *Facts) csrfProtected() bool {
	return f.ask(&f.csrf, []string{"csrf", "seasurf"}, func(name string) bool {
		name = strings.ToLower(name)
		return strings.Contains(name, "csrfprotect") || strings.Contains(name, "seasurf") || strings.Contains(name, "csrf") && !strings.Contains(name, "exempt")
	})
}

// ask looks once whether any name of the program outside of its tests is like that. Such a
// name has one of the words in it.
func (f *Facts) ask(a *answer, words []string, like func(string) bool) bool {
	if a.known {
		return a.yes
	}
	a.known = true
	has := make([]bool, len(f.program.Modules))
	for _, m := range f.program.Modules {
		if m.Test {
			continue
		}
		if has[m.ID] = slices.ContainsFunc(words, func(w string) bool { return f.sourceHas(m, w) }); !has[m.ID] {
			continue
		}
		for name := range m.Scope.Names.All() {
			a.yes = a.yes || like(name)
		}
	}
	for _, fn := range f.program.Functions {
		if fn.Module.Test || a.yes || !has[fn.Module.ID] {
			continue
		}
		for name := range fn.Scope.Names.All() {
			a.yes = a.yes || like(name)
		}
		if like(fn.Name) {
			a.yes = true
		}
		for name := range f.namesIn(fn) {
			if !strings.HasPrefix(name, "'") && like(name) {
				a.yes = true
			}
		}
	}
	return a.yes
}

// importsLogin reports whether a module imports what tells who is logged in.
func (f *Facts) importsLogin(m *program.Module) bool {
	for _, name := range []string{"session", "current_user", "login_required", "g", "login_user"} {
		if sym := m.Scope.Names.Get(name); sym != nil && sym.Import != nil {
			return true
		}
	}
	return false
}

// writes reports whether a function changes data, by itself or in a function that it calls.
func (f *Facts) writes(fn *program.Function) bool {
	if f.uses(fn, "commit", "delete", "unlink", "rmtree", "delete_one", "insert_one", "update_one", "executemany", "remove", "drop_all", "save", "flush", "delete_item") {
		return true
	}
	found := false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Delete:
				found = true
			case *python.Call:
				if text, ok := firstText(n); ok && isChange(text) {
					found = true
				}
				if to := f.program.Resolve(n.Func, fn.Scope).Function; to != nil && to.Node != nil && to != fn && f.uses(to, "commit", "delete", "unlink", "rmtree", "save") {
					found = true
				}
			}
			return !found
		})
	}
	return found
}

func firstText(c *python.Call) (string, bool) {
	if len(c.Args) == 0 {
		return "", false
	}
	switch e := c.Args[0].(type) {
	case *python.Str:
		return e.Value, true
	case *python.FString:
		if len(e.Parts) > 0 {
			return literal(e.Parts[0])
		}
	}
	return "", false
}

// isChange reports whether a statement changes tables.
func isChange(sql string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToLower(word) {
	case "insert", "update", "delete", "replace", "drop":
		return true
	}
	return false
}

// asksMethod reports whether a function tells GET from POST itself.
func (f *Facts) asksMethod(fn *program.Function) bool {
	return f.reaches(fn, "method", "validate_on_submit", "is_submitted", "validate")
}

func (f *Facts) file(name string) *python.File {
	if f.files == nil {
		f.files = map[string]*python.File{}
		for _, m := range f.program.Modules {
			f.files[m.Path] = m.File
		}
	}
	return f.files[name]
}
