package flow

import (
	"path"
	"sort"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// page is a template, and what it does with its variables.
type page struct {
	t       *jinja.Template
	name    string // below its folder of templates
	parent  *page
	uses    []pageUse
	seen    map[pageUse]bool // the uses without their ways
	macros  map[string]*jinja.Macro
	named   bool  // the program or another template speaks of it
	twin    *page // as it is rendered where escaping is the other way round
	quiet   bool  // only what is known of its variables counts
	reading bool
	read    bool
}

// pageUse is one place of a template where a variable is put out.
type pageUse struct {
	variable string // "" for a value that is from outside by itself, such as request.args
	path     string // the part of it, such as ".body" or "[].body"
	kind     Kinds
	where    Loc
	note     string
	safe     Kinds
	way      *Way
}

// use adds uses, each once: what is included often is read as often.
func (pg *page) use(all ...pageUse) {
	for _, u := range all {
		key := u
		key.way = nil
		if pg.seen[key] {
			continue
		}
		if pg.seen == nil {
			pg.seen = map[pageUse]bool{}
		}
		pg.seen[key] = true
		pg.uses = append(pg.uses, u)
	}
}

// pages are all templates, by name.
type pages struct {
	byName map[string][]*page
	all    []*page
}

// Templates are the templates of a program, linked to those that they extend.
type Templates struct {
	pages   *pages
	crashed []finding.Skipped
	ahead   ahead
}

// Link links templates to those that they extend. It changes the contexts of what stands in
// their blocks; nothing does after it.
func Link(templates []*jinja.Template) *Templates {
	t := &Templates{}
	t.pages = newPages(templates, func(pg *page, part func()) {
		defer func() {
			if r := recover(); r != nil {
				t.crashed = append(t.crashed, finding.Crashed(pg.place(), "", r))
			}
		}()
		part()
	})
	t.ahead.done, t.ahead.read = make(chan struct{}), make([]*pageFound, len(templates))
	return t
}

// copy are the same templates for another engine.
func (p *pages) copy() *pages {
	other := &pages{byName: map[string][]*page{}}
	for _, pg := range p.all {
		other.add(newPage(pg.t))
	}
	return other
}

func (p *pages) add(pg *page) {
	p.byName[pg.name] = append(p.byName[pg.name], pg)
	p.all = append(p.all, pg)
}

func newPage(t *jinja.Template) *page {
	pg := &page{t: t, name: templateName(t.Name), macros: map[string]*jinja.Macro{}}
	for _, m := range t.Macros {
		pg.macros[m.Name] = m
	}
	return pg
}

// newPages names the templates by what stands below a folder "templates", links parents and
// puts children's blocks where the parents have them.
func newPages(templates []*jinja.Template, guard func(*page, func())) *pages {
	p := &pages{byName: map[string][]*page{}}
	for _, t := range templates {
		p.add(newPage(t))
	}
	for _, pg := range p.all {
		if s, ok := pg.t.Extends.(*python.Str); ok {
			if parent := p.find(s.Value, pg.t.Name); parent != nil && parent != pg {
				pg.parent, parent.named = parent, true
			}
		}
	}
	done := map[*page]bool{}
	for _, pg := range p.all {
		guard(pg, func() { p.inherit(pg, done, 0) })
	}
	return p
}

// place is the start of a template.
func (pg *page) place() finding.Place {
	return finding.Place{File: pg.t.Name, Line: 1, Column: 1, EndLine: 1, EndColumn: 1}
}

func (p *pages) inherit(pg *page, done map[*page]bool, depth int) {
	if done[pg] || depth > 20 {
		return
	}
	done[pg] = true
	if pg.parent != nil {
		p.inherit(pg.parent, done, depth+1)
		pg.t.Inherit(pg.parent.t)
	}
}

// templateName is the name by which a template is rendered: what follows the last folder
// that is called templates.
func templateName(file string) string {
	if i := strings.LastIndex("/"+file, "/templates/"); i >= 0 {
		return ("/" + file)[i+len("/templates/"):]
	}
	return path.Base(file)
}

// find is the template of a name that is nearest to a file.
func (p *pages) find(name, from string) *page {
	if i := strings.LastIndexByte(name, ':'); i >= 0 { // blueprint:name of some loaders
		name = name[i+1:]
	}
	var best *page
	shared := -1
	for _, pg := range p.byName[strings.TrimPrefix(name, "/")] {
		if n := commonDirs(pg.t.Name, from); n > shared {
			best, shared = pg, n
		}
	}
	return best
}

// mention notes that the program speaks of a template.
func (p *pages) mention(s string) {
	if i := strings.LastIndexByte(s, '.'); i < 1 || i < len(s)-8 || i == len(s)-1 {
		return
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		s = s[i+1:]
	}
	for _, pg := range p.byName[strings.TrimPrefix(s, "/")] {
		pg.named = true
	}
}

func commonDirs(a, b string) int {
	n := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			n++
		}
	}
	return n
}

// usesOf is what a template and its parents do with their variables.
func (e *Engine) usesOf(pg *page) []pageUse {
	if pg == nil || pg.reading {
		return nil
	}
	if !pg.read {
		pg.reading = true
		e.guard(pg.place(), func() { e.readPage(pg, Loc{}) })
		pg.reading, pg.read = false, true
		if pg.parent != nil {
			pg.use(e.usesOf(pg.parent)...)
		}
	}
	return pg.uses
}

// inline is the same for a template that is written in the program.
func (e *Engine) inline(source string, where Loc, escapes bool) []pageUse {
	pg := newPage(jinja.Parse("inline.html", source, jinja.Options{Autoescape: escapes}))
	pg.reading = true
	e.readPage(pg, where)
	return pg.uses
}

// maxPageSteps is maxSteps for one template with all that it includes, and maxIncluded bounds
// the nodes that are included into all of them: templates that include each other make more
// than any page has.
const (
	maxPageSteps = 50_000
	maxIncluded  = 1_000_000
)

// readPage interprets a template with its variables as unknowns. If where is set, all its
// places are that one.
func (e *Engine) readPage(pg *page, where Loc) {
	m := &program.Module{Path: pg.t.Name, File: &python.File{Name: pg.t.Name}}
	m.Scope = &program.Scope{Module: m}
	fn := &program.Function{ID: -1, Name: pg.name, Module: m, Scope: m.Scope}
	f := &frame{e: e, fn: fn, root: fn, sum: &summary{}, scope: m.Scope, page: pg, inlined: where, steps: maxSteps - maxPageSteps}
	f.nodes(pg.t.Body)
	if f.steps > maxSteps {
		place := pg.place()
		if where.File != "" {
			place.File = where.File
		}
		e.tangled(place, "a template")
	}
	sort.SliceStable(pg.uses, func(i, j int) bool { return pg.uses[i].where.Span.Start < pg.uses[j].where.Span.Start })
}

// nodes reads the nodes of a template in order.
func (f *frame) nodes(body []jinja.Node) {
	if f.depth > 0 {
		f.e.included += len(body)
	}
	for _, n := range body {
		if f.steps++; f.steps > maxSteps || f.e.needs {
			return
		}
		f.node(n)
	}
}

func (f *frame) node(n jinja.Node) {
	switch n := n.(type) {
	case *jinja.Output:
		f.output(n)
	case *jinja.If:
		f.branches(n)
	case *jinja.For:
		f.scoped(func() {
			f.bindTarget(n.Target, f.item(f.eval(n.Iter)))
			f.nodes(n.Body)
		})
		f.nodes(n.Else)
	case *jinja.Set:
		f.set(n)
	case *jinja.With:
		f.scoped(func() {
			for i, t := range n.Targets {
				f.bindTarget(t, f.eval(n.Values[i]))
			}
			f.nodes(n.Body)
		})
	case *jinja.Macro: // read where it is called, and once by itself
		f.scoped(func() {
			for i := range n.Params.List {
				f.extra = append(f.extra, binding{n.Params.List[i].Name, f.e.unknown})
			}
			f.nodes(n.Body)
		})
	case *jinja.CallBlock:
		f.eval(n.Call)
		f.scoped(func() { f.nodes(n.Body) })
	case *jinja.Include:
		f.include(n)
	case *jinja.Import, *jinja.FromImport:
		f.importMacros(n)
	case *jinja.Do:
		f.eval(n.Expr)
	default:
		jinja.Bodies(n, func(body []jinja.Node) { f.scoped(func() { f.nodes(body) }) })
	}
}

func (f *frame) include(n *jinja.Include) {
	s, ok := n.Template.(*python.Str)
	if !ok || f.e.pages == nil || n.WithoutContext {
		return
	}
	other := f.e.pages.find(s.Value, f.page.t.Name)
	if other == nil || other == f.page || f.depth > 12 {
		return
	}
	if f.e.included > maxIncluded {
		f.steps = maxSteps + 1
		return
	}
	other.named = true
	f.inside(other, func() { f.nodes(other.t.Body) })
}

// inside reads nodes of another template in this one's place.
func (f *frame) inside(other *page, read func()) {
	old, oldFn := f.page, f.fn
	m := &program.Module{Path: other.t.Name, File: &python.File{Name: other.t.Name}, Scope: f.scope}
	f.page, f.fn = &page{t: other.t, name: other.name, macros: other.macros}, &program.Function{ID: -1, Name: other.name, Module: m, Scope: f.scope}
	f.depth++
	read()
	f.depth--
	old.use(f.page.uses...)
	f.page, f.fn = old, oldFn
}

// importMacros makes the macros of another template known by their names here.
func (f *frame) importMacros(n jinja.Node) {
	bind := func(template python.Expr, as func(*page)) {
		s, ok := template.(*python.Str)
		if !ok || f.e.pages == nil {
			return
		}
		if other := f.e.pages.find(s.Value, f.page.t.Name); other != nil {
			other.named = true
			as(other)
		}
	}
	switch n := n.(type) {
	case *jinja.Import:
		bind(n.Template, func(other *page) { f.extra = append(f.extra, binding{n.As, &Value{fn: &callable{macros: other}}}) })
	case *jinja.FromImport:
		bind(n.Template, func(other *page) {
			for _, a := range n.Names {
				as := a.As
				if as == "" {
					as = a.Name
				}
				if m := other.macros[a.Name]; m != nil {
					f.extra = append(f.extra, binding{as, &Value{fn: &callable{macros: other, macro: m}}})
				}
			}
		})
	}
}

// callMacro reads a macro with the arguments of a call.
func (f *frame) callMacro(of *page, m *jinja.Macro, a *arguments) *Value {
	if f.depth > 6 {
		return f.e.unknown
	}
	f.inside(of, func() {
		f.scoped(func() {
			f.places = nil // names are others here
			for i := range m.Params.List {
				p := &m.Params.List[i]
				v := a.get(i, p.Name)
				if v == nil {
					v = f.e.unknown
					if p.Default != nil {
						v = f.eval(p.Default)
					}
				}
				f.extra = append(f.extra, binding{p.Name, v})
			}
			f.nodes(m.Body)
		})
	})
	return f.e.unknown // markup, escaped inside
}
