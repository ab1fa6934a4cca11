package flow

import "slices"

// Way is the steps that a value took, last first: a step behind a way, or a way behind another
// one. Most ways are never looked at, so that they are not copied to be put together.
type Way struct {
	Prev  *Way
	more  *Way // what follows Prev; nil where that is one step: Where and Note
	Where Loc  // of the last step
	Note  string
	Len   int
}

// maxWay bounds the steps that are kept of a way; further ones replace the last.
const maxWay = 14

// step adds a step to a way.
func (w *Way) step(where Loc, note string) *Way {
	switch {
	case w == nil:
		return &Way{Where: where, Note: note, Len: 1}
	case w.Where == where:
		return w
	case w.Len >= maxWay:
		return &Way{Prev: w.flat().Prev, Where: where, Note: note, Len: w.Len}
	}
	return &Way{Prev: w, Where: where, Note: note, Len: w.Len + 1}
}

// append adds the steps of another way, which begins where this one ends.
func (w *Way) append(more *Way) *Way {
	switch {
	case more == nil:
		return w
	case w == nil:
		return more
	case more.Len == 1:
		return w.step(more.Where, more.Note)
	case w.Len >= maxWay:
		return &Way{Prev: w.flat().Prev, Where: more.Where, Note: more.Note, Len: w.Len}
	case w.Len+more.Len == maxWay+1: // how many there will be is not known before they are looked at
		for _, s := range more.steps(nil) {
			w = w.step(s.Where, s.Note)
		}
		return w
	}
	joined := &Way{Prev: w, more: more, Where: more.Where, Note: more.Note, Len: min(w.Len+more.Len, maxWay)}
	if w.Len+more.Len <= maxWay && w.Where == more.start() {
		joined.Len--
	}
	return joined
}

// start is the place of the first step.
func (w *Way) start() Loc {
	for w.Prev != nil {
		w = w.Prev
	}
	return w.Where
}

// steps adds the steps of a way, first to last, to a list that is empty.
func (w *Way) steps(all []*Way) []*Way {
	if w == nil {
		return all
	}
	all = w.first(all)
	if w.Len == maxWay { // what came later has replaced the last one
		all = append(all[:min(len(all), maxWay-1)], w)
	}
	return all
}

// first adds the first steps of a way until there are as many as a way may have. Steps at one
// place are one.
func (w *Way) first(all []*Way) []*Way {
	if w == nil || len(all) == maxWay {
		return all
	}
	all = w.Prev.first(all)
	switch n := len(all); {
	case w.more != nil:
		return w.more.first(all)
	case n == maxWay || n > 0 && all[n-1].Where == w.Where:
		return all
	}
	return append(all, w)
}

// flat is a way as steps behind each other.
func (w *Way) flat() *Way {
	if w.more != nil {
		var last *Way
		for i, s := range w.steps(nil) {
			last = &Way{Prev: last, Where: s.Where, Note: s.Note, Len: i + 1}
		}
		w.Prev, w.more = last.Prev, nil
	}
	return w
}

// becomes is the note of the step in which a value is put into a text.
const becomes = "becomes part of a text"

// built is where a mark's value became part of a text last.
func (m Mark) built() Loc {
	var room [maxWay]*Way
	for _, s := range slices.Backward(m.Way.steps(room[:0])) {
		if putsIn(s) {
			return s.Where
		}
	}
	return Loc{}
}

// steps are the stops of a mark's way in the order in which the value took them.
func steps(m Mark) []Step {
	list := []Step{{m.From.Where, m.From.Note}}
	for _, s := range m.Way.steps(nil) {
		list = append(list, Step{s.Where, s.Note})
	}
	return list
}
