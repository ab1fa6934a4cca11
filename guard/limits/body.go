package limits

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// capped is a body of unknown length that ends with a refusal where it passes its cap.
type capped struct {
	src   io.ReadCloser
	limit fumehood.Size
	left  int64
	err   error
	over  atomic.Bool // read by the handler while an http.Transport may still be reading
}

func (c *capped) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if int64(len(p)) > c.left+1 { // one byte more tells a body of the cap from a longer one
		p = p[:c.left+1]
	}
	n, err := c.src.Read(p)
	if int64(n) <= c.left {
		c.left -= int64(n)
		c.err = err
		return n, err
	}
	n = int(c.left)
	c.left = 0
	c.err = tooLarge(c.limit, errors.New("the body, sent without a length, passed the cap"))
	c.over.Store(true)
	return n, c.err
}

func (c *capped) Close() error { return c.src.Close() }

// What is read, and thrown away, of a body that was refused.
const (
	drainBytes = 64 << 20
	drainTime  = 30 * time.Second
	drainIdle  = 2 * time.Second
)

// drain ends a request on HTTP/1 whose body was not read. Where the sender is likely to be
// at it still, it reads on after the answer was written: a connection that is closed with
// unread bytes is reset, and most clients then never read the answer (RFC 9112 section
// 9.6). What passes the bounds is cut. HTTP/2 and 3 end one stream instead.
func drain(w http.ResponseWriter, r *http.Request, sending bool) {
	if r.ProtoMajor != 1 || r.Body == nil || r.Body == http.NoBody {
		return
	}
	control, patience := http.NewResponseController(w), drainIdle
	if sending && control.Flush() == nil {
		discard(control, r.Body)
		patience = 0
	}
	// net/http reads on by itself, and would wait for ever. An error means that w has no
	// deadlines, thus no connection that could be held.
	_ = control.SetReadDeadline(time.Now().Add(patience))
}

func discard(control *http.ResponseController, body io.Reader) {
	end := time.Now().Add(drainTime)
	buf := make([]byte, 16<<10)
	for left := drainBytes; left > 0; {
		deadline := time.Now().Add(drainIdle)
		if deadline.After(end) {
			deadline = end
		}
		if control.SetReadDeadline(deadline) != nil {
			return
		}
		n, err := body.Read(buf)
		left -= n
		if err != nil {
			return
		}
	}
}
