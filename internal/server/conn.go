package server

import (
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/rawio"
)

// conn is one accepted connection, below TLS. It counts against the cap until it is
// closed, and a peer that takes nothing for the time patience ends it.
type conn struct {
	net.Conn
	raw      *rawio.IO // the socket of Conn, or nil when it has none
	set      *connSet
	patience time.Duration
	closing  sync.Once

	first    byte // read to tell TLS from plain http; Read gives it out again
	hasFirst bool

	writing sync.Mutex // one at a time: raw cannot do more, and who hijacks may do what a net.Conn allows

	phase  atomic.Int32
	since  atomic.Int64 // when the phase began: nanoseconds since 1970
	reads  readDeadline
	wait   func()       // reads.enter, made once
	writes atomic.Int64 // deadline for writes that was asked for: nanoseconds since 1970, or 0
}

// The phases of a connection; a stop treats them differently.
const (
	silent  int32 = iota // it has sent nothing
	shaking              // the TLS handshake goes on
	fresh                // handed on, no request yet
	active               // there was a request
)

// stride is how many bytes one write deadline covers: at least stride/patience bytes a
// second must flow, 1 KB/s with the defaults.
const stride = 64 << 10

func (c *conn) enter(phase int32) {
	c.since.Store(time.Now().UnixNano())
	c.phase.Store(phase)
}

func (c *conn) Read(b []byte) (int, error) {
	if c.hasFirst && len(b) > 0 {
		c.hasFirst = false
		b[0] = c.first
		return 1, nil
	}
	if c.raw == nil {
		return c.Conn.Read(b)
	}
	if c.wait == nil {
		c.wait = func() { c.reads.enter(c.Conn) }
	}
	if err := c.reads.revive(c.Conn); err != nil {
		return 0, err
	}
	n, err := c.raw.ReadBefore(b, c.wait)
	c.reads.leave()
	return n, err
}

// readDeadline keeps a deadline from the socket until a Read has to wait. Servers
// set some for each request, most of them for nothing.
type readDeadline struct {
	mu      sync.Mutex
	asked   time.Time
	set     time.Time // what the socket has
	waiting bool
}

// revived is more than a Read takes that does not wait: a deadline must not end in it.
const revived = time.Second

// revive is called before a Read: a socket whose deadline is over reads nothing, and the
// one that is asked for now may be another.
func (d *readDeadline) revive(c net.Conn) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.set.IsZero() || d.set.Equal(d.asked) || time.Until(d.set) > revived {
		return nil
	}
	return d.apply(c)
}

// enter is called when a Read is about to wait. An error shows in the Read.
func (d *readDeadline) enter(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = true
	_ = d.apply(c)
}

func (d *readDeadline) leave() {
	d.mu.Lock()
	d.waiting = false
	d.mu.Unlock()
}

func (d *readDeadline) ask(c net.Conn, t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = t
	if !d.waiting {
		return nil
	}
	return d.apply(c)
}

func (d *readDeadline) apply(c net.Conn) error {
	if d.set.Equal(d.asked) {
		return nil
	}
	d.set = d.asked
	return c.SetReadDeadline(d.asked)
}

// sniff reads the first byte.
func (c *conn) sniff() (byte, error) {
	var one [1]byte
	if _, err := io.ReadFull(c, one[:]); err != nil {
		return 0, err
	}
	c.first, c.hasFirst = one[0], true
	return c.first, nil
}

func (c *conn) arm() {
	deadline := time.Now().Add(c.patience)
	if asked := c.writes.Load(); asked != 0 && asked < deadline.UnixNano() {
		deadline = time.Unix(0, asked)
	}
	c.Conn.SetWriteDeadline(deadline)
}

func (c *conn) writer() io.Writer {
	if c.raw != nil {
		return c.raw
	}
	return c.Conn
}

func (c *conn) Write(b []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.raw != nil && c.writes.Load() == 0 { // what the socket takes at once needs no deadline
		if n, err = c.raw.TryWrite(b); err != nil || n == len(b) {
			return n, err
		}
	}
	for {
		part := b[n:min(n+stride, len(b))]
		c.arm()
		m, err := c.writer().Write(part)
		n += m
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// ReadFrom lets the kernel send a file where it can, a stride at a time.
func (c *conn) ReadFrom(src io.Reader) (n int64, err error) {
	limited, ok := src.(*io.LimitedReader) // net sees through one of these, not through two
	if !ok {
		limited = &io.LimitedReader{R: src, N: 1<<63 - 1}
	}
	to, ok := c.Conn.(io.ReaderFrom)
	if !ok || !isRegular(limited.R) { // it may have to be waited for, while others write
		return io.Copy(writeOnly{c}, src)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	part := &io.LimitedReader{R: limited.R}
	for limited.N > 0 {
		part.N = min(stride, limited.N)
		want := part.N
		c.arm()
		m, err := to.ReadFrom(part)
		n += m
		limited.N -= want - part.N
		if err != nil || part.N > 0 { // part.N > 0: the source ended
			return n, err
		}
	}
	return n, nil
}

func isRegular(src io.Reader) bool {
	file, ok := src.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// writeOnly hides ReadFrom, so that io.Copy does not come back to it.
type writeOnly struct{ io.Writer }

func (c *conn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() {
		c.writes.Store(0)
	} else {
		c.writes.Store(t.UnixNano())
	}
	return c.Conn.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.raw == nil {
		return c.Conn.SetReadDeadline(t)
	}
	return c.reads.ask(c.Conn, t)
}

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// CloseWrite ends the sending side.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}

func (c *conn) Close() error {
	err := net.ErrClosed
	c.closing.Do(func() {
		err = c.Conn.Close()
		c.set.remove(c)
	})
	return err
}

// below returns the conn under what the HTTP servers were given: strict and TLS lie between.
func below(nc net.Conn) *conn {
	for {
		switch v := nc.(type) {
		case *conn:
			return v
		case interface{ NetConn() net.Conn }:
			nc = v.NetConn()
		default:
			return nil
		}
	}
}

// connSet has the open connections and a place for each.
type connSet struct {
	places chan struct{}
	mu     sync.Mutex
	open   map[*conn]struct{}
}

func newConnSet(most int) *connSet {
	return &connSet{places: make(chan struct{}, max(most, 1)), open: map[*conn]struct{}{}}
}

func (s *connSet) add(c *conn) {
	s.mu.Lock()
	s.open[c] = struct{}{}
	s.mu.Unlock()
}

func (s *connSet) remove(c *conn) {
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	<-s.places
}

// close closes the connections whose phase is at most phase and says how many they were.
func (s *connSet) close(phase int32) int {
	list := s.list(func(c *conn) bool { return c.phase.Load() <= phase })
	for _, c := range list {
		c.Close()
	}
	return len(list)
}

// settle closes connections that have asked for nothing since a while, and says whether
// there are none left that may be about to ask.
func (s *connSet) settle(before time.Time) bool {
	waiting := s.list(func(c *conn) bool { return c.phase.Load() < active })
	left := len(waiting)
	for _, c := range waiting {
		if c.phase.Load() != shaking && c.since.Load() < before.UnixNano() {
			c.Close()
			left--
		}
	}
	return left == 0
}

func (s *connSet) list(which func(*conn) bool) (list []*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if which(c) {
			list = append(list, c)
		}
	}
	return list
}
