package pool

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/frame"
)

// Why a call has no answer.
var (
	ErrBusy         = errors.New("every worker is busy and the queue is full")
	ErrQueueTimeout = errors.New("no worker became free in time")
	ErrTimeout      = errors.New("the app did not begin its answer in time")
	ErrDied         = errors.New("the worker ended while it had the request")
	ErrClosed       = errors.New("the server is stopping")
)

// window is how many bytes of one answer a worker may have on the way; it and pieceCost
// are the same numbers as in the shim.
const (
	window    = 256 << 10
	pieceCost = 512
)

// Event is one part of an answer, in the order in which the worker sent it. Its bytes
// are valid until the next call of Wait.
type Event struct {
	Kind    frame.Kind
	End     bool
	Payload []byte
	File    *os.File // with frame.File; the receiver closes it

	at int // where Payload begins in the arena, until Wait hands it out
	n  int
}

// Call is one request on its way through the pool and back.
type Call struct {
	Frame   []byte        // a whole Request frame; the pool fills in its ID
	File    *os.File      // body in a file, passed as a descriptor
	OwnFile bool          // Close closes File
	Timeout time.Duration // until the answer begins, 0 for none

	// Set when a worker took the call.
	Slot   int
	Queued time.Duration

	pool   *Pool
	signal chan struct{}

	// Guarded by pool.mu.
	worker   *worker
	id       uint32
	deadline time.Time // for being taken by a thread, then for the answer
	sent     uint32    // the worker's count of frames with this one
	running  bool      // a thread of the worker has taken it
	begun    bool      // the first part of the answer is there
	over     bool      // the last part is there, or the call failed
	next     *Call     // in the queue
	queuedAt time.Time

	mu       sync.Mutex
	err      error
	events   []Event
	arena    []byte
	spareEv  []Event
	spareBuf []byte
	held     int // bytes delivered and not yet credited back
	owed     int // bytes consumed and not yet told the worker
	bodyRoom int // bytes of a streamed request body that may be sent
	roomCond *sync.Cond

	spool   *spool // what is on disk, nil for nothing
	noSpool bool   // the disk failed
	free    int    // bytes to be consumed that the worker has credit for already
	moved   int    // bytes consumed since the last sweep
	slow    int    // sweeps in a row at which the client held up the app
}

// NewCall returns an empty call. Close gives it back.
func (p *Pool) NewCall() *Call {
	c, _ := p.calls.Get().(*Call)
	if c == nil {
		c = &Call{pool: p, signal: make(chan struct{}, 1)}
		c.roomCond = sync.NewCond(&c.mu)
	}
	c.Frame = append(c.Frame[:0], make([]byte, frame.HeaderSize)...)
	c.bodyRoom = 0 // until a worker has taken it
	return c
}

// Wait returns what of the answer has arrived, at least one part. It returns the error
// of a call that failed, or ctx's.
func (c *Call) Wait(ctx context.Context) ([]Event, error) {
	for {
		c.mu.Lock()
		s := c.spool
		if s != nil && s.read < s.written {
			return s.next(c)
		}
		if s == nil || !s.moving { // else it is on its way to the disk
			if s != nil { // the client has caught up
				s = c.endSpool()
			}
			events, err := c.inMemory()
			if s != nil {
				s.drop(c.pool.depot, 0)
			}
			if len(events) > 0 || err != nil {
				return events, err
			}
		} else {
			c.mu.Unlock()
		}
		select {
		case <-c.signal:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// inMemory returns what waits in memory, or why nothing will come. It is called with c.mu
// held and gives it up.
func (c *Call) inMemory() ([]Event, error) {
	events, arena, err := c.events, c.arena, c.err
	if len(events) == 0 {
		c.mu.Unlock()
		return nil, err
	}
	c.events, c.arena = c.spareEv[:0], c.spareBuf[:0]
	c.spareEv, c.spareBuf = events, arena
	c.mu.Unlock()
	for i := range events {
		e := &events[i]
		e.Payload = arena[e.at : e.at+e.n : e.at+e.n]
	}
	return events, nil
}

// Pending says whether more of the answer has arrived already.
func (c *Call) Pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.events) > 0 || c.spool != nil && (c.spool.moving || c.spool.read < c.spool.written)
}

// mostEvents is more parts than an honest worker can have on the way: the window bounds
// them, and the head and a few hints come on top.
const mostEvents = 2*window/pieceCost + 64

// deliver adds a part of the answer. It reports false when the worker sent more than its
// window allows.
func (c *Call) deliver(h frame.Header, payload []byte, file *os.File) bool {
	c.mu.Lock()
	if len(c.events) >= mostEvents || len(c.arena) > 2*window+frame.MaxPayload {
		c.mu.Unlock()
		if file != nil {
			file.Close()
		}
		return false
	}
	c.events = append(c.events, Event{
		Kind: h.Kind, End: h.Flags&frame.End != 0, File: file, at: len(c.arena), n: len(payload),
	})
	c.arena = append(c.arena, payload...)
	if h.Kind == frame.Piece {
		c.held += max(len(payload), pieceCost)
	}
	fits := c.held <= 2*window
	if c.spool != nil {
		c.spool.more.Signal()
	}
	c.mu.Unlock()
	return fits
}

// fail ends the wait for an answer. It is called with pool.mu held: outside it, c may
// already serve another request.
func (c *Call) fail(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.roomCond.Broadcast()
	if c.spool != nil {
		c.spool.more.Signal()
	}
	c.mu.Unlock()
	c.wake()
}

func (c *Call) wake() {
	select {
	case c.signal <- struct{}{}:
	default:
	}
}

// run begins the time that the app has for its answer. pool.mu is held.
func (c *Call) run(now time.Time) {
	c.running, c.deadline = true, time.Time{}
	if c.Timeout > 0 {
		c.deadline = now.Add(c.Timeout)
	}
}

// Consumed tells the worker that n bytes of one part of a body have left for the client.
// It is told in batches.
func (c *Call) Consumed(n int) {
	c.mu.Lock()
	cost := max(n, pieceCost)
	c.moved += cost
	if c.free > 0 {
		c.free -= cost
	} else {
		c.held -= cost
		c.owed += cost
	}
	due := c.due()
	c.mu.Unlock()
	if due > 0 {
		c.pool.sendFor(c, frame.Header{Kind: frame.Credit}, credit(due))
	}
}

// due returns how much credit the worker is to be given now; c.mu is held.
func (c *Call) due() int {
	due := c.owed
	if due < window/4 {
		return 0
	}
	c.owed = 0
	return due
}

func credit(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// SendBody sends the next part of a streamed request body and waits while the app has
// not read enough of what went before. end marks the last part.
func (c *Call) SendBody(b []byte, end bool) error {
	for {
		c.mu.Lock()
		for c.bodyRoom <= 0 && c.err == nil {
			c.roomCond.Wait()
		}
		n := min(len(b), c.bodyRoom, 32<<10)
		c.bodyRoom -= n
		err := c.err
		c.mu.Unlock()
		if err != nil {
			return err
		}
		h := frame.Header{Kind: frame.Body}
		if end && n == len(b) {
			h.Flags = frame.End
		}
		if !c.pool.sendFor(c, h, b[:n]) {
			return ErrClosed // the answer is over: nobody reads on
		}
		if b = b[n:]; len(b) == 0 {
			return nil
		}
	}
}

func (c *Call) taken(n int) {
	c.mu.Lock()
	c.bodyRoom += n
	c.roomCond.Broadcast()
	c.mu.Unlock()
}

// Fail ends the wait for an answer with err; the worker is told by Close.
func (c *Call) Fail(err error) {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.fail(err)
}

// Abandon makes SendBody return: nobody will read more of the request body.
func (c *Call) Abandon() { c.Fail(ErrClosed) }

// Close ends the call. When the answer is not over, the worker is told that nobody waits
// for it, and what it still sends is dropped.
func (c *Call) Close() {
	c.pool.forget(c)
	c.mu.Lock()
	for i := range c.events {
		if f := c.events[i].File; f != nil {
			f.Close()
		}
	}
	c.events, c.arena, c.spareEv = c.events[:0], c.arena[:0], c.spareEv[:0]
	c.err, c.held, c.owed = nil, 0, 0
	s := c.spool
	if s != nil {
		s = c.endSpool()
	}
	c.noSpool, c.free, c.moved, c.slow = false, 0, 0, 0
	oversized := cap(c.arena)+cap(c.spareBuf)+cap(c.Frame) > 4*window
	c.mu.Unlock()
	if s != nil {
		s.drop(c.pool.depot, 0)
	}
	select {
	case <-c.signal:
	default:
	}
	if c.OwnFile {
		c.File.Close()
		c.OwnFile = false
	}
	c.File, c.Timeout, c.Slot, c.Queued = nil, 0, 0, 0
	c.worker, c.id, c.begun, c.over, c.running, c.next = nil, 0, false, false, false, nil
	if !oversized { // one large answer must not keep its memory for ever
		c.pool.calls.Put(c)
	}
}
