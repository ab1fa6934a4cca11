package reflected

import (
	"cmp"
	"fmt"
	"slices"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/active"
)

// finding is a value that would run where it stands.
type finding struct {
	needle *needle
	place  active.Place
	why    string
}

// curable says whether the value can be made harmless where it stands.
func (f *finding) curable() bool {
	return f.needle != nil && f.place != active.Script && f.place != active.Style
}

func (f *finding) refusal() *fumehood.Refusal {
	if f.needle == nil {
		return refusal("reflected.many", fmt.Errorf("%s", f.why))
	}
	return refusal("reflected.script", fmt.Errorf("%s would run in %s of the page: %s", f.needle.describe(), f.place, f.why))
}

// match is a needle in the bytes that are held.
type match struct {
	start, end int
	needle     *needle
}

// scanner reads a page and finds needles in it. A match is judged when no longer one can
// begin before it, in the order of the page.
type scanner struct {
	needles []needle
	matched []int // for each needle, how much of it the held bytes end with
	first   [256]bool
	page    active.Page
	held    []byte
	matches []match // in held, not judged yet
	eating  string  // what is still to come of a long value that is made harmless
	place   active.Place
	judged  int
	found   []finding
}

func newScanner(needles []needle) *scanner {
	s := &scanner{needles: needles, matched: make([]int, len(needles))}
	for i := range needles {
		c := needles[i].folded[0]
		s.first[c] = true
		if c >= 'a' && c <= 'z' {
			s.first[c-'a'+'A'] = true
		}
	}
	return s
}

// output takes what goes on. act is called where a finding begins, and returns what is to be
// written for its bytes; an error ends the page.
type output interface {
	emit(p []byte) error
	act(f *finding, raw []byte) (instead []byte, err error)
}

// read takes the next piece of the page; last says that no more comes. out may be nil: then
// findings are only collected.
func (s *scanner) read(p []byte, last bool, out output) error {
	if s.eating != "" {
		n := s.eat(p)
		if err := s.instead(p[:n], out); err != nil {
			return err
		}
		p = p[n:]
	}
	from := len(s.held)
	s.held = append(s.held, p...)
	s.search(from)
	limit := len(s.held)
	if !last {
		for _, k := range s.matched {
			limit = min(limit, len(s.held)-k)
		}
	}
	done, err := s.settle(limit, out)
	if err != nil {
		return err
	}
	for i := range s.matches {
		s.matches[i].start -= done
		s.matches[i].end -= done
	}
	s.held = append(s.held[:0], s.held[done:]...)
	if done > limit { // what was replaced is no beginning of anything
		clear(s.matched)
		s.matches = s.matches[:0]
		s.search(0)
	}
	return nil
}

// search finds needles that end in held[from:].
func (s *scanner) search(from int) {
	idle := true
	for _, k := range s.matched {
		idle = idle && k == 0
	}
	for i := from; i < len(s.held); i++ {
		if idle && !s.first[s.held[i]] {
			continue
		}
		c := fold(s.held[i])
		idle = true
		for n := range s.needles {
			needle := &s.needles[n]
			k := needle.next(s.matched[n], c)
			s.matched[n] = k
			if k == len(needle.folded) {
				s.matches = append(s.matches, match{i + 1 - k, i + 1, needle})
				s.matched[n] = needle.fail[k]
			}
			idle = idle && s.matched[n] == 0
		}
	}
}

// settle judges the matches that begin before limit and lets the bytes up to there go on. It
// returns how many bytes are done with.
func (s *scanner) settle(limit int, out output) (done int, err error) {
	slices.SortFunc(s.matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	later := 0
	for _, m := range s.matches {
		if m.start >= limit {
			break
		}
		later++
		if m.start < done {
			continue // a part of what was replaced
		}
		if err := s.pass(s.held[done:m.start], out); err != nil {
			return 0, err
		}
		done = m.start
		f := s.judge(m)
		if f == nil {
			continue
		}
		s.note(f)
		if out == nil {
			continue
		}
		if done, err = s.replace(m, f, out); err != nil {
			return 0, err
		}
	}
	s.matches = append(s.matches[:0], s.matches[later:]...)
	if done < limit {
		err = s.pass(s.held[done:limit], out)
		done = limit
	}
	return done, err
}

// judge says whether a match would run where it stands: the page has been read up to it.
func (s *scanner) judge(m match) *finding {
	value := string(s.held[m.start:m.end])
	if len(m.needle.value) > longest {
		value += m.needle.value[longest:]
	}
	if s.judged += len(value) + 64; s.judged > mostJudged {
		return &finding{why: "too many places show values that could run as script"}
	}
	if why, runs := s.page.Runs(value); runs {
		return &finding{m.needle, s.page.Place(), why}
	}
	return nil
}

// note keeps a finding, one for each needle and place.
func (s *scanner) note(f *finding) {
	for i := range s.found {
		if s.found[i].needle == f.needle && s.found[i].place == f.place {
			return
		}
	}
	s.found = append(s.found, *f)
}

// worst returns the finding that decides what becomes of the page, nil where there is none.
func (s *scanner) worst() *finding {
	for i := range s.found {
		if !s.found[i].curable() {
			return &s.found[i]
		}
	}
	if len(s.found) > 0 {
		return &s.found[0]
	}
	return nil
}

// replace puts something harmless in the place of a match, and of what follows of a long
// value. It returns where it ends.
func (s *scanner) replace(m match, f *finding, out output) (end int, err error) {
	instead, err := out.act(f, s.held[m.start:m.end])
	if err != nil {
		return 0, err
	}
	if instead == nil { // only watching
		return m.start, nil
	}
	s.place = f.place
	if err := s.pass(instead, out); err != nil {
		return 0, err
	}
	end = m.end
	if len(m.needle.value) > longest {
		s.eating = m.needle.value[longest:]
		n := s.eat(s.held[end:])
		if err := s.instead(s.held[end:end+n], out); err != nil {
			return 0, err
		}
		end += n
	}
	return end, nil
}

// eat returns how many bytes at the beginning of p go on with the long value that is made
// harmless.
func (s *scanner) eat(p []byte) int {
	n := 0
	for n < len(p) && n < len(s.eating) && fold(p[n]) == fold(s.eating[n]) {
		n++
	}
	s.eating = s.eating[n:]
	if n < len(p) {
		s.eating = ""
	}
	return n
}

// instead passes on what stands for bytes of a value.
func (s *scanner) instead(raw []byte, out output) error {
	if len(raw) == 0 || s.place == active.Tag || s.place == active.Link {
		return nil // "x" or a URL stands for all of it
	}
	return s.pass(harmless(s.place, raw), out)
}

// pass reads bytes as the page's and lets them go on.
func (s *scanner) pass(p []byte, out output) error {
	s.page.Read(p)
	if out == nil || len(p) == 0 {
		return nil
	}
	return out.emit(p)
}
