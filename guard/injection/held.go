package injection

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/fumehood/fumehood/internal/wholebody"
)

// readsHere says whether r has a form or JSON that nobody has read yet.
func (g *Guard) readsHere(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 || g.site.Streams {
		return false
	}
	if _, whole := r.Body.(wholebody.Whole); whole {
		return false
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.Trim(kind, " \t"))
	return kind == "" || strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "multipart/") ||
		kind == "application/x-www-form-urlencoded" || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml")
}

// held returns r with its body in memory, or, where it is longer than most or breaks off, with
// a body that is still on its way and has lost nothing.
func held(r *http.Request, most int64) *http.Request {
	inner := *r
	mem, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil || int64(len(mem)) > most {
		rest := io.Reader(r.Body)
		if err != nil {
			rest = failing{err}
		}
		inner.Body = joined{io.MultiReader(bytes.NewReader(mem), rest), r.Body, mem}
		return &inner
	}
	inner.Body = closing{wholebody.InMemory(mem, nil), r.Body}
	inner.ContentLength, inner.TransferEncoding = int64(len(mem)), nil
	return &inner
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
