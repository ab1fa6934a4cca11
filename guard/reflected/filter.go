package reflected

import (
	"errors"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/active"
	"github.com/fumehood/fumehood/internal/answer"
)

// mostDecoded is how much of the beginning of a compressed page is decoded before its head
// leaves (bytes).
const mostDecoded = 1 << 20

// errCut ends a page that cannot be made harmless: it must not look complete.
var errCut = errors.New("reflected: a script of the request stands in the page, which was cut before it")

// filter is the sink that makes values harmless.
type filter struct {
	*scanner
	next   answer.Sink
	r      *http.Request
	refuse bool
	noted  int
	cut    bool
}

// Write implements answer.Sink.
func (f *filter) Write(p []byte) (int, error) {
	if f.cut {
		return 0, errCut
	}
	if err := f.read(p, false, f); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush implements answer.Sink. What may be the beginning of a value stays.
func (f *filter) Flush() error { return f.next.Flush() }

// Close implements answer.Sink.
func (f *filter) Close() error {
	if f.cut {
		return errCut
	}
	if err := f.read(nil, true, f); err != nil {
		return err
	}
	return f.next.Close()
}

// emit implements output.
func (f *filter) emit(p []byte) error {
	_, err := f.next.Write(p)
	return err
}

// act implements output.
func (f *filter) act(found *finding, raw []byte) ([]byte, error) {
	if f.refuse || !found.curable() {
		f.cut = true
		if x := fumehood.ExchangeOf(f.r.Context()); x != nil {
			x.Refused = found.refusal()
		}
		return nil, errCut
	}
	for ; f.noted < len(f.found); f.noted++ {
		fumehood.Note(f.r, f.found[f.noted].refusal())
	}
	switch found.place {
	case active.Tag:
		return []byte("x"), nil
	case active.Link:
		return []byte("about:blank#blocked"), nil
	}
	return harmless(found.place, raw), nil
}

// harmless returns raw with character references for what ends a text or an attribute.
func harmless(place active.Place, raw []byte) []byte {
	out := make([]byte, 0, len(raw)+32)
	for _, c := range raw {
		switch {
		case c == '<':
			out = append(out, "&lt;"...)
		case c == '>':
			out = append(out, "&gt;"...)
		case c == '"':
			out = append(out, "&#34;"...)
		case c == '\'':
			out = append(out, "&#39;"...)
		case c == '&' && place == active.Text:
			out = append(out, "&amp;"...)
		default:
			out = append(out, c)
		}
	}
	return out
}

// tee is the sink that only watches.
type tee struct {
	*scanner
	next    answer.Sink
	inflate answer.Sink // undoes the content coding; nil: there is none
	r       *http.Request
	noted   int
	blind   bool // the coding was broken
}

// Write implements answer.Sink.
func (t *tee) Write(p []byte) (int, error) {
	n, err := t.next.Write(p)
	t.look(p, false)
	return n, err
}

// look reads a piece of the page, and notes what there is.
func (t *tee) look(p []byte, last bool) {
	switch {
	case t.blind:
		return
	case t.inflate == nil:
		t.scan(p, last)
	case last:
		t.blind = t.inflate.Close() != nil
	default:
		_, err := t.inflate.Write(p)
		t.blind = err != nil
	}
}

func (t *tee) scan(p []byte, last bool) {
	_ = t.read(p, last, nil) // without an output there is no error
	for ; t.noted < len(t.found); t.noted++ {
		fumehood.Note(t.r, t.found[t.noted].refusal())
	}
}

// Flush implements answer.Sink.
func (t *tee) Flush() error { return t.next.Flush() }

// Close implements answer.Sink.
func (t *tee) Close() error {
	t.look(nil, true)
	return t.next.Close()
}

// watcher takes the decoded bytes of a page that a tee passes on as they are.
type watcher struct{ t *tee }

// Write implements answer.Sink.
func (w *watcher) Write(p []byte) (int, error) {
	w.t.scan(p, false)
	return len(p), nil
}

// Flush implements answer.Sink.
func (w *watcher) Flush() error { return nil }

// Close implements answer.Sink.
func (w *watcher) Close() error {
	w.t.scan(nil, true)
	return nil
}

// start takes the decoded beginning of a page.
type start struct {
	*scanner
	size int
}

var errEnough = errors.New("reflected: enough of the page was read")

// Write implements answer.Sink.
func (s *start) Write(p []byte) (int, error) {
	if s.size += len(p); s.size > mostDecoded {
		return 0, errEnough
	}
	return len(p), s.read(p, false, nil)
}

// Flush implements answer.Sink.
func (s *start) Flush() error { return nil }

// Close implements answer.Sink.
func (s *start) Close() error { return s.read(nil, true, nil) }
