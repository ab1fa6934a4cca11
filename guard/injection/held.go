package injection

import (
	"bytes"
	"io"
	"net/http"

	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// readsHere says whether r has a body that nobody has read yet.
func (g *Guard) readsHere(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 || g.site.Streams {
		return false
	}
	_, whole := r.Body.(wholebody.Whole)
	return !whole
}

// held returns r with its body in memory, or, where it is longer than most or breaks off, with
// a body that is still on its way and has lost nothing. What is labelled as a file is so, too,
// but for its beginning: JSON that is called a picture is JSON for get_json(force=True).
func held(r *http.Request, most int64) *http.Request {
	inner := *r
	label, start := r.Header.Get("Content-Type"), []byte(nil)
	if inputs.Media(label) {
		start = make([]byte, mostPeeked)
		n, err := r.Body.Read(start) // once: the rest may come when the client has an answer
		start = start[:n]
		if rest := io.MultiReader(bytes.NewReader(start), restOf(r, err)); !inputs.Begins(start, label) {
			inner.Body = struct {
				io.Reader
				io.Closer
			}{rest, r.Body}
			return &inner
		}
	}
	mem, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(start), r.Body), most+1))
	if err != nil || int64(len(mem)) > most {
		inner.Body = joined{io.MultiReader(bytes.NewReader(mem), restOf(r, err)), r.Body, mem}
		return &inner
	}
	inner.Body = closing{wholebody.InMemory(mem, nil), r.Body}
	inner.ContentLength, inner.TransferEncoding = int64(len(mem)), nil
	return &inner
}

// mostPeeked is how much of what is labelled as a file is looked at (bytes).
const mostPeeked = 512

// restOf is what follows in the body of r after a read that has ended with err.
func restOf(r *http.Request, err error) io.Reader {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return r.Body
	}
	return failing{err}
}

// joined is a body of which the beginning was read.
type joined struct {
	io.Reader
	io.Closer
	beginning []byte
}

// Beginning implements inputs.Beginning.
func (j joined) Beginning() []byte { return j.beginning }

// closing is a whole body that closes what it came from.
type closing struct {
	*wholebody.Body
	below io.Closer
}

func (c closing) Close() error {
	c.Body.Close()
	return c.below.Close()
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
