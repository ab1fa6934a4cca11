package strict

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Conn is a connection whose Read yields only bytes that were found to be good HTTP/1.
// Reads must not be concurrent with each other; http.Server takes care of that.
type Conn struct {
	net.Conn // the connection below; Write and the addresses are its own

	p       parser
	buf     *buffer // bytes that could not be delivered yet; nil when there are none
	err     error   // came from below together with bytes
	dl      deadlines
	timed   bool // the head that is incomplete has a deadline
	raw     bool
	closing atomic.Bool
	end     atomic.Pointer[ending]
}

// ending is why a connection yields no more requests. Other goroutines look at it while
// the server reads ahead.
type ending struct {
	refusal *fumehood.Refusal
	nonce   string // in the stand-in; empty when a body was refused
}

// NewConn wraps c, which carries HTTP/1 and nothing else. Over TLS, use [Wrap].
func NewConn(c net.Conn, lim Limits) *Conn {
	s := &Conn{Conn: c}
	s.p.lim = lim.withDefaults()
	s.p.begin()
	return s
}

// NetConn returns the connection that NewConn was given.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Raw makes Read deliver what the client sent as it is, for a connection that was
// hijacked; bytes that Conn holds come first. It must not be called during a Read. After a
// refusal there is nothing to deliver but the end.
func (c *Conn) Raw() {
	c.raw = true
	c.untimeHead()
	if c.end.Load() != nil {
		c.drop()
	}
}

// Read implements net.Conn. Errors from the connection below are returned as they are,
// and a Read after a deadline goes on where the last one stopped. Other errors are a
// [fumehood.Refusal] of the request body.
func (c *Conn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if c.raw {
		return c.readRaw(b)
	}
	for {
		if n := c.deliver(b); n > 0 {
			c.untimeHead()
			return n, nil
		}
		switch c.p.state {
		case bodyRefused:
			return 0, c.end.Load().refusal
		case headRefused:
			if err := c.discard(); err != nil {
				return 0, err
			}
			return 0, io.EOF
		case undecided:
			// the server looks out for the end of the connection by reading one byte beside
			// the handler. It gets none: as long as the handler may hijack the connection,
			// the byte is nobody's. A larger Read is the server asking for the next request.
			if len(b) > 1 {
				c.p.state = inHead
				c.judge()
				continue
			}
			if c.buf != nil {
				return 0, nil
			}
		}
		c.timeHead(len(b) > 1)
		n, err := c.fill(b)
		if n > 0 {
			c.untimeHead()
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// timeHead gives an incomplete head its deadline. It gets none while a handler runs, when
// the server reads one byte only: the end of that Read would end the handler's request.
func (c *Conn) timeHead(asked bool) {
	if asked && !c.timed && c.p.state == inHead && c.buf != nil {
		c.timed = true
		c.setHeadDeadline(time.Now().Add(c.p.lim.HeadTime))
	}
}

func (c *Conn) untimeHead() {
	if c.timed {
		c.timed = false
		c.setHeadDeadline(time.Time{})
	}
}

// deliver copies bytes that were let through already.
func (c *Conn) deliver(b []byte) int {
	if c.buf == nil || c.buf.next == c.buf.good {
		return 0
	}
	n := copy(b, c.buf.bytes[c.buf.next:c.buf.good])
	c.buf.next += n
	if c.buf.next == len(c.buf.bytes) {
		c.drop()
	}
	return n
}

// fill reads from below: into b itself when nothing is held back, which is the usual
// case and costs no copy.
func (c *Conn) fill(b []byte) (int, error) {
	into := b
	if c.buf != nil {
		into = c.buf.room()
	}
	n, err := 0, c.err
	if err == nil {
		n, err = c.Conn.Read(into)
	}
	c.err = nil
	if n == 0 {
		if err == io.EOF && c.cutOff() {
			return 0, nil
		}
		return 0, err
	}
	c.err = err // comes again when the bytes are gone
	if c.buf != nil {
		c.buf.bytes = c.buf.bytes[:len(c.buf.bytes)+n]
		c.judge()
		return 0, nil
	}
	ok, total, bad := c.p.scan(b[:n])
	if ok < total {
		c.hold(b[ok:total])
	}
	if bad != nil {
		c.refuse(bad)
	}
	return ok, nil
}

// judge shows the parser the bytes held back, with those that came since.
func (c *Conn) judge() {
	if c.buf == nil {
		return
	}
	ok, total, bad := c.p.scan(c.buf.bytes[c.buf.good:])
	c.buf.bytes = c.buf.bytes[:c.buf.good+total]
	c.buf.good += ok
	if bad != nil {
		c.refuse(bad)
	} else if len(c.buf.bytes) == c.buf.next {
		c.drop()
	}
}

// cutOff is called at the end of the connection. It tells whether that is in the middle
// of a request, which is then refused.
func (c *Conn) cutOff() bool {
	switch c.p.state {
	case undecided, bodyRefused, headRefused:
		return false
	case inHead:
		if c.buf == nil {
			return false
		}
		c.refuse(refuse(truncatedHead, "the connection ended after %d bytes of a request head", len(c.buf.bytes)))
	default:
		c.refuse(refusal(truncatedBody, fmt.Errorf("the connection ended in a request body: %w", io.ErrUnexpectedEOF)))
	}
	return true
}

// refuse ends the connection for requests. What was let through before stays readable.
func (c *Conn) refuse(why *fumehood.Refusal) {
	if c.p.state != inHead {
		c.p.state = bodyRefused
		c.end.Store(&ending{refusal: why})
		if c.buf != nil {
			c.buf.bytes = c.buf.bytes[:c.buf.good]
			if c.buf.next == c.buf.good {
				c.drop()
			}
		}
		return
	}
	c.p.state = headRefused
	nonce := rand.Text()
	accept := "*/*"
	if c.buf == nil {
		c.hold(nil)
	} else if acceptsHTML(c.buf.bytes[c.buf.good:]) {
		accept = "text/html" // a browser gets a page: its cookies may have grown too large
	}
	c.end.Store(&ending{why, nonce})
	c.buf.bytes = fmt.Appendf(c.buf.bytes[:c.buf.good],
		"GET / HTTP/1.1\r\nHost: invalid\r\nAccept: %s\r\n%s: %s\r\nConnection: close\r\n\r\n",
		accept, nonceField, nonce)
	c.buf.good = len(c.buf.bytes)
}

// acceptsHTML looks for an Accept field with text/html among the lines that came.
func acceptsHTML(head []byte) bool {
	for line := range bytes.Lines(head) {
		if len(line) > 7 && is(line[:6], "accept") && line[6] == ':' && bytes.Contains(line, []byte("text/html")) {
			return true
		}
	}
	return false
}

// discard reads a part of what a refused client still sends, so that closing does not
// throw away the answer that is on its way to it.
func (c *Conn) discard() error {
	scratch := getBuffer()
	defer putBuffer(scratch)
	for range lingerBytes / firstSize {
		if _, err := c.Conn.Read(scratch.bytes[:cap(scratch.bytes)]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) readRaw(b []byte) (int, error) {
	if c.end.Load() != nil {
		return 0, io.EOF
	}
	if c.buf != nil {
		c.buf.good = len(c.buf.bytes)
		return c.deliver(b), nil
	}
	if err := c.err; err != nil {
		c.err = nil
		return 0, err
	}
	return c.Conn.Read(b)
}

// How long a refused client may go on sending before the connection is torn down, and how
// many bytes of it a Read takes.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10
)

// Close closes the connection. After a refusal it first ends the sending side and gives
// the client a moment to read the answer; the caller does not wait for that.
func (c *Conn) Close() error {
	if c.end.Load() == nil || c.raw || c.closing.Swap(true) {
		return c.Conn.Close()
	}
	go func() {
		c.Conn.SetDeadline(time.Now().Add(lingerTime))
		if c.CloseWrite() == nil {
			// However much it is: closing on a client that sends throws the answer away.
			for c.discard() == nil {
			}
		}
		c.Conn.Close()
	}()
	return nil
}

type closeWriter interface{ CloseWrite() error }

// CloseWrite ends the sending side where the connection below can do that.
func (c *Conn) CloseWrite() error {
	if w, ok := c.Conn.(closeWriter); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}

// ReadFrom implements io.ReaderFrom, so that a *net.TCPConn below can have the kernel
// send a file.
func (c *Conn) ReadFrom(src io.Reader) (int64, error) {
	if rf, ok := c.Conn.(io.ReaderFrom); ok {
		return rf.ReadFrom(src)
	}
	// Over TLS each Write is a record of at most 16 KB.
	return io.CopyBuffer(onlyWriter{c.Conn}, src, make([]byte, 32<<10))
}

// onlyWriter hides every other method, so that io.CopyBuffer does not come back here.
type onlyWriter struct{ io.Writer }

// buffer holds bytes that were read and not delivered: bytes[next:good] were let through,
// bytes[good:] are an incomplete unit.
type buffer struct {
	bytes      []byte
	next, good int
}

const (
	firstSize   = 4 << 10
	largestKept = 16 << 10 // larger ones are left to the garbage collector
)

// buffers is shared by all connections: what one gives back the next one takes.
var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, firstSize)} }}

func getBuffer() *buffer { return buffers.Get().(*buffer) }

func putBuffer(b *buffer) {
	if cap(b.bytes) > largestKept {
		return
	}
	b.bytes, b.next, b.good = b.bytes[:0], 0, 0
	buffers.Put(b)
}

// hold starts a buffer with a copy of b.
func (c *Conn) hold(b []byte) {
	c.buf = getBuffer()
	c.buf.bytes = append(c.buf.bytes, b...)
}

func (c *Conn) drop() {
	if c.buf != nil {
		putBuffer(c.buf)
		c.buf = nil
	}
}

// room returns the free part of b, at least one byte. Nothing is waiting for delivery
// when it is called.
func (b *buffer) room() []byte {
	if b.next > 0 {
		b.bytes = b.bytes[:copy(b.bytes, b.bytes[b.next:])]
		b.good -= b.next
		b.next = 0
	}
	if len(b.bytes) == cap(b.bytes) {
		grown := make([]byte, len(b.bytes), 2*cap(b.bytes))
		copy(grown, b.bytes)
		b.bytes = grown
	}
	return b.bytes[len(b.bytes):cap(b.bytes)]
}
