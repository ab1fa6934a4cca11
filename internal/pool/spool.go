package pool

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/unnamed"
)

// depot is the room on disk for what clients have not taken yet of their answers.
type depot struct {
	most    int64 // bytes of all answers together, 0 for none
	open    func() (*os.File, error)
	used    atomic.Int64
	failing atomic.Bool // the last attempt to use the disk was in vain
}

func newDepot(cfg *Config) *depot {
	return &depot{most: max(cfg.Spool, 0), open: func() (*os.File, error) { return unnamed.File(cfg.TempDir) }}
}

// reserve takes n bytes more for an answer that has some already. It may have a 32nd of
// what is then left: after a hundred slow clients with answers of any length, the next one
// still finds a twentieth of what the first one found.
func (d *depot) reserve(has int64, n int) bool {
	left := d.most - d.used.Add(int64(n))
	if has+int64(n) <= left/32 {
		return true
	}
	d.used.Add(-int64(n))
	return false
}

// spoolPart is how much of a spool is read at once (bytes).
const spoolPart = 32 << 10

// spool is the part of one answer that is on disk: after what its client is being sent,
// before what is in Call.events. It ends when the client has taken all of it; a client
// that falls behind once more gets a new one.
type spool struct {
	file *os.File   // nil until something is written
	more *sync.Cond // on Call.mu: something has changed that move waits for

	// Guarded by Call.mu.
	read, written int64
	running       bool // move is at work
	moving        bool // it is writing: what it has is neither on disk nor in Call.events
}

// lag is called at every sweep, with pool.mu held, while an answer is under way. When half
// of the window has waited for two sweeps (40 ms) and less than a quarter of it went to the
// client in each, at most 3 MB/s, the client holds up the app: what waits goes to disk.
func (c *Call) lag() {
	c.mu.Lock()
	defer c.mu.Unlock()
	moved := c.moved
	c.moved = 0
	s := c.spool
	if c.held < window/2 || moved >= window/4 || c.noSpool || s != nil && s.running {
		c.slow = 0
		return
	}
	if c.slow++; c.slow < 2 || c.pool.depot.most == 0 {
		return
	}
	if s == nil {
		s = &spool{more: sync.NewCond(&c.mu)}
		c.spool = s
	}
	s.running = true
	// What the client is being sent counts as taken: it is in memory in any case.
	inHand := c.held
	for _, e := range c.events {
		if e.Kind == frame.Piece {
			inHand -= max(e.n, pieceCost)
		}
	}
	c.free += inHand
	c.held -= inHand
	c.owed += inHand
	go s.move(c, c.worker, c.id)
}

// spoolable returns how many of the first parts may go to disk: plain pieces of a body. The
// last part of an answer stays where it is, and what should not be there at all.
func (c *Call) spoolable() (parts, size, cost int) {
	for _, e := range c.events {
		if e.Kind != frame.Piece || e.End {
			break
		}
		parts++
		size += e.n
		cost += max(e.n, pieceCost)
	}
	return parts, size, cost
}

// move writes to disk what comes for c, and has the worker send more, until the client has
// caught up, the answer is over, or there is no room. c may be another request by the time
// that it returns from a write.
func (s *spool) move(c *Call, w *worker, id uint32) {
	p := c.pool
	c.mu.Lock()
	for c.spool == s {
		if due := c.due(); due > 0 {
			c.mu.Unlock()
			p.grant(c, w, id, due)
			c.mu.Lock()
			continue
		}
		parts, size, cost := c.spoolable()
		if parts == 0 {
			if len(c.events) > 0 || c.err != nil {
				break
			}
			s.more.Wait()
			continue
		}
		if !p.depot.reserve(s.written, size) {
			break
		}
		events, bytes := c.takeFirst(parts, size)
		s.moving = true
		c.mu.Unlock()
		err := s.write(p, bytes)
		c.mu.Lock()
		s.moving = false
		if c.spool != s { // the call is closed, and left the rest to this
			c.mu.Unlock()
			s.drop(p.depot, size)
			return
		}
		if err != nil {
			p.depot.used.Add(-int64(size))
			c.putBack(events, bytes)
			c.noSpool = true
			break
		}
		s.written += int64(size)
		c.held -= cost
		c.owed += cost
		c.wake()
	}
	s.running = false
	c.mu.Unlock()
	c.wake()
}

// write appends b to the file. The log is told when that begins to be impossible.
func (s *spool) write(p *Pool, b []byte) (err error) {
	if s.file == nil {
		s.file, err = p.depot.open()
	}
	if err == nil {
		_, err = s.file.WriteAt(b, s.written)
	}
	if err == nil {
		p.depot.failing.Store(false)
	} else if p.depot.failing.CompareAndSwap(false, true) {
		p.log.Warn("no room on disk for answers that clients take slowly: the app's threads wait for them", "cause", err)
	}
	return err
}

// drop gives the disk back: what was written, and more bytes that were reserved.
func (s *spool) drop(d *depot, more int) {
	d.used.Add(-s.written - int64(more))
	if s.file != nil {
		s.file.Close()
	}
}

// takeFirst takes the first parts, which have size bytes, out of what waits in memory. It
// leaves no buffer behind that is larger than what is in it: there may be many slow clients.
func (c *Call) takeFirst(parts, size int) (events []Event, bytes []byte) {
	events, bytes = c.events[:parts:parts], c.arena[:size:size]
	c.events = append([]Event(nil), c.events[parts:]...)
	c.arena = append([]byte(nil), c.arena[size:]...)
	for i := range c.events {
		c.events[i].at -= size
	}
	return events, bytes
}

// putBack undoes takeFirst; more may have come since.
func (c *Call) putBack(events []Event, bytes []byte) {
	for i := range c.events {
		c.events[i].at += len(bytes)
	}
	c.events = append(events, c.events...)
	c.arena = append(bytes, c.arena...)
}

// next returns the next part of s as an Event. It is called with c.mu held and gives it up.
func (s *spool) next(c *Call) ([]Event, error) {
	n := min(int(s.written-s.read), spoolPart)
	at := s.read
	s.read += int64(n)
	c.free += max(n, pieceCost)
	if cap(c.spareBuf) < n || cap(c.spareBuf) > 2*spoolPart {
		c.spareBuf = make([]byte, spoolPart)
	}
	b := c.spareBuf[:n]
	c.spareEv = append(c.spareEv[:0], Event{Kind: frame.Piece, Payload: b, n: n})
	events := c.spareEv
	c.mu.Unlock()
	if _, err := s.file.ReadAt(b, at); err != nil {
		return nil, fmt.Errorf("what the client had not taken yet is lost: %w", err)
	}
	return events, nil
}

// endSpool ends c's spool, with c.mu held, and returns what the caller drops once c.mu is
// released; nil when move does that. Only who waits for c, or closes it, may call it.
func (c *Call) endSpool() *spool {
	s := c.spool
	c.spool = nil
	s.more.Signal()
	if s.moving {
		return nil
	}
	return s
}
