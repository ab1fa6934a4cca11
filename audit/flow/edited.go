package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
)

// edited are the uses of texts that one edits where they were put together: for a helper that
// only hands a statement on, that is each of its callers.
const edited = SQL | Command | Code | Template | XPath | LDAP | Path | Address | Redirect

// builds reports whether a value was put into a text on its way.
func (w *Way) builds() bool {
	var room [maxWay]*Way
	return slices.ContainsFunc(w.steps(room[:0]), putsIn)
}

func putsIn(s *Way) bool { return s.Note == becomes }

// builtBefore reports whether a value was put into a text before it was passed on at a place,
// and not again after that.
func (w *Way) builtBefore(site Loc) bool {
	var room [maxWay]*Way
	all := w.steps(room[:0])
	for i, s := range slices.Backward(all) {
		if putsIn(s) {
			return false
		}
		if s.Where == site && strings.HasPrefix(s.Note, "passed to ") {
			return slices.ContainsFunc(all[:i], putsIn)
		}
	}
	return false
}

// above is the use, or the call that it is reached by with the text as it is, in the functions
// in whose place f is read.
func (f *frame) above(use Loc, m Mark) (*program.Function, Loc) {
	for f.up != nil && m.Way.builtBefore(f.site) {
		use, f = f.site, f.up
	}
	return f.fn, use
}

// give notes dangerous uses of marked values, each where one would edit it.
func (f *frame) give(kind Kinds, use Loc, what string, marks []Mark) {
	if f.up == nil || kind&edited == 0 || f.page != nil || checksExistence(kind, what) {
		f.e.found(f.fn, f.sum, kind, use, what, marks)
		return
	}
	for i, m := range marks {
		fn, at := f.above(use, m)
		f.e.found(fn, f.sum, kind, at, what, marks[i:i+1])
	}
}

// giveOn notes a dangerous use in a function that is called with a marked value: in there, or
// at the call if the caller put the text together that the function only hands on.
func (c *call) giveOn(u *paramUse, m Mark) {
	f := c.f
	fn, use := f.fn, u.use
	if u.kind == Attributes && f.page == nil { // the caller says which names there are
		use = c.where
	}
	if u.text == (Loc{}) && u.kind&edited != 0 && f.page == nil && !checksExistence(u.kind, u.what) && m.Way.builds() {
		if fn, use = f.above(c.where, m); m.From.Source == Param && f.sum.hands(u.kind, use, m.From, m.built()) {
			return
		}
	}
	if f.e.isNew(f.sum, u.kind, use, m) { // the way is long to write down, and mostly known
		m.Way = c.way(m).append(u.way)
		f.e.found(fn, f.sum, u.kind, use, u.what, []Mark{m})
	}
}
