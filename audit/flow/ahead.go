package flow

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
)

// ahead is the reading of templates while functions are still being read: most of them need
// nothing that functions do. Templates are claimed from the first on by whoever reads ahead, and
// those that are left by the engine when it has read the functions.
type ahead struct {
	next    atomic.Int64 // the first that nobody has claimed
	started atomic.Bool
	done    chan struct{} // closed when who reads ahead has ended
	pages   *pages        // of who reads ahead
	read    []*pageFound  // by the number of the page; nil where it needs functions, or was not read
}

// pageFound is what reading one template found.
type pageFound struct {
	flows, weak map[flowKey]*Flow
	bare        map[string]Loc
	crashes     []finding.Skipped
	included    int // nodes of templates in it
}

// ReadAhead reads templates until Follow takes them over, or ctx ends. It may be called once,
// in another goroutine than Follow and with a Fork of the program.
func (t *Templates) ReadAhead(ctx context.Context, p *program.Program) {
	a := &t.ahead
	defer close(a.done)
	defer func() { _ = recover() }() // what was not read ahead Follow reads, and says where it fails
	a.started.Store(true)
	if int(a.next.Load()) >= len(t.pages.all) {
		return
	}
	a.pages = t.pages.copy()
	e := newEngine(p, a.pages)
	e.alone = true
	included := 0
	for i := int(a.next.Add(1)) - 1; i < len(a.pages.all) && ctx.Err() == nil && included <= maxIncluded; i = int(a.next.Add(1)) - 1 {
		if a.read[i] = e.readAlone(a.pages.all[i]); a.read[i] != nil {
			included += a.read[i].included
		}
	}
}

// readAlone reads one template; it returns nil if functions are needed for that.
func (e *Engine) readAlone(pg *page) *pageFound {
	clear(e.flows)
	clear(e.weak)
	clear(e.bare)
	e.crashes, e.needs, e.included = nil, false, 0
	e.guard(pg.place(), func() { e.readPage(pg, Loc{}) })
	pg.uses, pg.seen = nil, nil
	if e.needs {
		return nil
	}
	found := &pageFound{crashes: e.crashes, included: e.included}
	if len(e.flows)+len(e.weak)+len(e.bare) > 0 {
		found.flows, found.weak, found.bare = maps.Clone(e.flows), maps.Clone(e.weak), maps.Clone(e.bare)
	}
	return found
}

// takeOver ends the reading ahead and returns what it found, by the numbers of pages.
func (t *Templates) takeOver() []*pageFound {
	a := &t.ahead
	a.next.Store(int64(len(t.pages.all)))
	if a.started.Load() {
		<-a.done
	}
	if a.pages != nil {
		for i, pg := range a.pages.all {
			t.pages.all[i].named = t.pages.all[i].named || pg.named
		}
	}
	return a.read
}

// take adds what reading a template ahead has found, as if it were read now.
func (e *Engine) take(found *pageFound) {
	e.included += found.included
	for key, f := range found.flows {
		if e.flows[key].yieldsTo(f.Weak, f.Origin.Source) {
			e.flows[key] = f
		}
	}
	for key, f := range found.weak {
		if at, bare := found.bare[key.use.File]; bare && at == key.use {
			if first, known := e.bare[key.use.File]; known && first != key.use {
				continue
			}
			e.bare[key.use.File] = key.use
		}
		if e.weak[key] == nil {
			e.weak[key] = f
		}
	}
	for _, s := range found.crashes {
		if !slices.Contains(e.crashes, s) {
			e.crashes = append(e.crashes, s)
		}
	}
}
