package errorpages

import (
	"errors"
	"slices"

	"github.com/fumehood/fumehood/internal/answer"
)

// errCut ends an answer in whose middle internals were found.
var errCut = errors.New("the answer was cut: it shows internals")

// watch searches the rest of the answer on its way. The bytes stay as they are, so what
// the app said of them (length, validators) still holds.
func (g *Guard) watch(h *answer.Head, s search) {
	names := [...]string{"Content-Length", "Accept-Ranges", "Etag", "Last-Modified", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest"}
	var kept [len(names)][]string
	for i, name := range names {
		kept[i] = h.Header[name]
	}
	about := answer.Head{Status: h.Status, Header: h.Header, Request: h.Request}
	h.Filter(func(next answer.Sink) answer.Sink {
		w := &watched{next: next, search: s, about: about}
		// The head's part of the body comes through here too; it was searched.
		w.skip = s.seen
		return w
	})
	for i, name := range names {
		if kept[i] != nil {
			h.Header[name] = kept[i]
		}
	}
}

// watched is the Sink of a body that is searched on its way.
type watched struct {
	next   answer.Sink
	search search
	about  answer.Head
	skip   int64 // bytes that were searched before
	cut    bool
	done   bool // it was reported: nothing is searched any more
}

func (w *watched) Write(p []byte) (int, error) {
	if w.cut {
		return 0, errCut
	}
	fresh := p
	if w.skip > 0 {
		n := min(w.skip, int64(len(p)))
		w.skip -= n
		fresh = p[n:]
	}
	if len(fresh) > 0 && !w.done {
		if w.search.feed(fresh) && w.stop(fresh) {
			return 0, errCut
		}
		w.search.remember(fresh)
	}
	return w.next.Write(p)
}

// stop carries out the verdict on a stream and says whether it ends here.
func (w *watched) stop(piece []byte) bool {
	verdict := internals(w.search.found.name + ", in the middle of a stream")
	w.cut = w.search.g.log.cut(&w.about, slices.Concat(w.search.tail, piece), verdict, w.search.g.mode)
	w.done = true
	return w.cut
}

func (w *watched) Flush() error {
	if w.cut {
		return errCut
	}
	return w.next.Flush()
}

func (w *watched) Close() error {
	if w.cut {
		return errCut
	}
	if w.search.server && !w.done { // a path at the very end
		w.search.whole = true
		if w.search.check(w.search.tail, w.search.seen-int64(len(w.search.tail))); w.search.found.kind != nothing && w.stop(nil) {
			return errCut
		}
	}
	return w.next.Close()
}
