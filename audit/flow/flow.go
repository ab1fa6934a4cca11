// Package flow follows values through a whole program: from what a visitor sends, over
// variables, functions, modules, objects and templates, to where such a value does harm. It
// interprets the syntax trees without running anything: every function is read once with its
// parameters as unknowns, what it does with them is kept as its summary, and calls use that.
// It finds what is built of a visitor's text; it does not find what is missing, such as a
// check: rules look for that.
package flow

import (
	"context"
	"slices"
	"sort"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/internal/slab"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// Flow is one way from an origin to a dangerous use.
type Flow struct {
	Kind   Kinds // one of them
	Use    Loc
	What   string // what it was given to, such as "sqlite3.Cursor.execute"
	Origin Origin
	Way    []Step // from the origin to the use
	Func   *program.Function
	Built  Loc  // where the visitor's text became part of a text last; nothing if it never did
	Weak   bool // a check comes before it, which can be passed by
	Idle   bool // it is in a template of which neither the program nor another template speaks
}

// Step is one stop of a way.
type Step struct {
	Where Loc
	Note  string
}

// Engine follows the values of one program.
type Engine struct {
	program   *program.Program
	models    models
	pages     *pages
	cells     cells
	newCells  slab.Of[cell]
	sums      []*summary // by Function.ID
	queue     []*program.Function
	queued    []bool
	visits    []uint8
	things    things
	apis      map[*program.API]*Value
	imports   []*Value // by Program.Number: those that stay what they are
	flows     map[flowKey]*Flow
	weak      map[flowKey]*Flow // uses of values that nothing is known of
	bare      map[string]Loc    // the first output of templates that do not escape
	passed    map[flowKey]uint8 // what is known of the values that templates and functions are given for a use
	origins   map[Loc]*Origin
	depth     int
	byName    map[string][]*program.Function // methods
	free      map[*program.Function][]freeName
	wraps     []*wrapping                      // by Function.ID; of those that are not wrapped, unwrapped
	lambda    *program.API                     // that all lambdas are an instance of
	heirs     [][]*program.Class               // by Class.ID: those that inherit from it
	inherited []map[string][]*program.Function // by Class.ID: the methods that those have, as far as somebody asked
	probe     *probe
	unknown   *Value
	number    *Value
	fresh     []Value  // for values that are made often
	lists     []*Value // for lists that are
	spare     spare
	literals  [literalSlots]*Value
	pieces    []piece           // of the calls that are being applied
	changes   int               // how often a place changed that functions share
	included  int               // nodes of templates in others
	alone     bool              // it reads templates only, which must not need functions
	needs     bool              // one does
	crashes   []finding.Skipped // functions and templates at which the engine failed
	work      work
}

// work is how far a run is, in functions and templates.
type work struct {
	done, total int
	tell        func(done, total int)
}

// tellEvery is after how many functions that were read somebody is told.
const tellEvery = 256

func (w *work) step() {
	if w.done++; w.tell != nil && w.done%tellEvery == 0 {
		w.tell(w.done, max(w.done, w.total))
	}
}

type flowKey struct {
	kind Kinds
	use  Loc
}

// maxVisits bounds how often a function is read again because something that it uses changed.
const maxVisits = 4

// Run follows all values of the program and of its templates. It ends early, with what was
// found, when ctx ends. It links the templates.
func Run(ctx context.Context, p *program.Program, templates []*jinja.Template) []*Flow {
	flows, _ := Follow(ctx, p, Link(templates), nil)
	return flows
}

// Follow is Run, and says at which functions the engine itself failed. What was known of
// such a function until then is kept. It calls tell, if that is not nil, now and then with how
// many functions and templates it has read and how many there are to read, as far as it knows.
func Follow(ctx context.Context, p *program.Program, templates *Templates, tell func(done, total int)) ([]*Flow, []finding.Skipped) {
	e := newEngine(p, templates.pages)
	e.crashes, e.work = templates.crashed, work{total: len(templates.pages.all), tell: tell}
	e.readAll(ctx, templates)
	templates.takeOver() // nobody reads on when this returns
	return e.sorted(), e.crashes
}

func newEngine(p *program.Program, templates *pages) *Engine {
	e := &Engine{
		program: p, pages: templates, models: newModels(),
		cells: newCells(p), things: newThings(p), sums: make([]*summary, len(p.Functions)),
		queued: make([]bool, len(p.Functions)), visits: make([]uint8, len(p.Functions)),
		imports: make([]*Value, p.Numbers()), apis: map[*program.API]*Value{}, flows: map[flowKey]*Flow{}, weak: map[flowKey]*Flow{}, bare: map[string]Loc{}, passed: map[flowKey]uint8{}, origins: map[Loc]*Origin{},
		unknown: &Value{}, byName: map[string][]*program.Function{}, free: map[*program.Function][]freeName{},
		wraps: make([]*wrapping, len(p.Functions)), lambda: p.APIs.Module("lambda"),
	}
	e.heirs, e.inherited = heirs(p), make([]map[string][]*program.Function, len(p.Classes))
	e.number = e.api(p.APIs.Module("builtins").Attr("int").Call())
	for _, c := range p.Classes {
		if !c.Module.Test {
			for _, m := range c.Methods.All() {
				e.byName[m.Name] = append(e.byName[m.Name], m)
			}
		}
	}
	for _, all := range e.byName {
		slices.SortFunc(all, func(a, b *program.Function) int { return a.ID - b.ID })
	}
	return e
}

// readAll reads the top-level code of all modules, all functions, those again that use what has
// changed since, and last the templates.
func (e *Engine) readAll(ctx context.Context, templates *Templates) {
	var all []*program.Function
	for _, m := range e.program.Modules {
		if !m.Test {
			all = append(all, m.Main)
		}
	}
	for _, f := range e.program.Functions {
		if !f.Module.Test && f.Node != nil {
			all = append(all, f)
		}
	}
	e.work.total += len(all)
	for _, f := range all {
		if ctx.Err() != nil {
			return
		}
		e.summary(f)
	}
	for len(e.queue) > 0 && ctx.Err() == nil {
		f := e.queue[0]
		e.queue = e.queue[1:]
		e.queued[f.ID] = false
		e.read(f)
	}
	known := templates.takeOver()
	for i, pg := range e.pages.all {
		e.work.step()
		if ctx.Err() != nil {
			return
		}
		if known[i] != nil && e.included+known[i].included <= maxIncluded { // as if it were read now
			e.take(known[i])
			continue
		}
		pg.read, pg.uses, pg.seen = false, nil, nil
		e.usesOf(pg)
	}
}

// summary is what calling f does; f is read now if it was not yet.
func (e *Engine) summary(f *program.Function) *summary {
	if e.alone {
		e.needs = true
		return &summary{reading: true}
	}
	s := e.sums[f.ID]
	if s == nil && e.depth < 60 {
		s = e.read(f)
	}
	if s == nil {
		s = &summary{reading: true}
		e.sums[f.ID] = s
		e.enqueue(f)
	}
	return s
}

// enqueue has f read again later.
func (e *Engine) enqueue(f *program.Function) {
	if e.queued[f.ID] || e.visits[f.ID] >= maxVisits {
		return
	}
	e.queued[f.ID] = true
	e.queue = append(e.queue, f)
	e.work.total++
}

// read interprets a function and keeps its summary. Whoever uses the old one is read again
// if it changed.
func (e *Engine) read(f *program.Function) *summary {
	old := e.sums[f.ID]
	s := &summary{reading: true}
	if old != nil {
		for _, d := range old.doubts { // what was not known of a use may be known now
			if w := e.weak[d.use]; w != nil && w.Func == f {
				delete(e.weak, d.use)
			}
		}
		*s = *old
		s.reading, s.uses, s.effects, s.says, s.proven, s.returns, s.doubts = true, nil, nil, nil, nil, false, nil
	}
	e.sums[f.ID] = s
	e.visits[f.ID]++
	e.work.step()
	e.depth++
	e.readBody(f, s)
	e.depth--
	s.reading = false
	if old != nil || len(s.callers) > 0 {
		if e.anew(f) || old == nil || s.differs(old) {
			for _, c := range s.callers {
				e.enqueue(c)
			}
		}
	}
	return s
}

// found notes that a marked value is used in a dangerous way: a flow if the mark is from
// outside, a use in the function's summary if it is a parameter's.
func (e *Engine) found(fn *program.Function, s *summary, kind Kinds, use Loc, what string, marks []Mark) {
	for _, m := range marks {
		switch {
		case !e.isNew(s, kind, use, m):
		case m.From.Source == Param:
			s.use(paramUse{origin: m.From, kind: kind, use: use, what: what, way: m.Way, safe: m.Safe, text: m.built()})
		default:
			e.flows[flowKey{kind, use}] = &Flow{Kind: kind, Use: use, What: what, Origin: *m.From, Way: steps(m), Func: fn, Built: m.built(), Weak: m.weak(kind)}
		}
	}
}

// isNew reports whether a mark does harm in a use, and that is not known yet.
func (e *Engine) isNew(s *summary, kind Kinds, use Loc, m Mark) bool {
	switch {
	case m.Safe&(kind|encoded) != 0 || kind == Path && m.Safe&(noSlash|beside) == noSlash|beside:
		return false
	case m.From.Source == Param:
		return s.lacks(kind, use, m.From)
	case (kind == Exposure) != (m.From.Source == Internal):
		return false
	}
	return e.flows[flowKey{kind, use}].yieldsTo(m.weak(kind), m.From.Source)
}

// yieldsTo reports whether another flow to the same use says more: the first one that no check
// comes before, or that is a visitor's.
func (f *Flow) yieldsTo(weak bool, source Source) bool {
	return f == nil || f.Weak && !weak || f.Origin.Source != Request && source == Request
}

// weak reports whether a check that can be passed by stands before a use.
func (m Mark) weak(kind Kinds) bool {
	return kind == Path && m.Safe&weakPath != 0 || kind == Redirect && m.Safe&weakRedirect != 0
}

func (e *Engine) sorted() []*Flow {
	all := make([]*Flow, 0, len(e.flows))
	files := make(map[string]*page, len(e.pages.all))
	for _, pg := range e.pages.all {
		files[pg.t.Name] = pg
	}
	for key, f := range e.weak {
		if f.Idle {
			pg := files[f.Use.File]
			f.Idle = pg == nil || !pg.named
		}
		if e.flows[key] == nil && e.passed[key] != harmlessPassed {
			all = append(all, f)
		}
	}
	for _, f := range e.flows {
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		switch {
		case a.Use.File != b.Use.File:
			return a.Use.File < b.Use.File
		case a.Use.Span.Start != b.Use.Span.Start:
			return a.Use.Span.Start < b.Use.Span.Start
		}
		return a.Kind < b.Kind
	})
	return all
}

// origin is the one Origin of a place, so that a value that is read twice is one.
func (e *Engine) origin(source Source, where Loc, note string) *Origin {
	if o := e.origins[where]; o != nil && o.Source == source {
		return o
	}
	o := &Origin{Source: source, Where: where, Note: note}
	e.origins[where] = o
	return o
}

// loc is a place in the function's file.
func loc(f *program.Function, n python.Node) Loc { return Loc{f.Module.Path, n.At()} }
