package strict

import (
	"sync"
	"time"
)

// deadlines keeps the read deadline that http.Server asks for apart from the one that an
// incomplete head has. http.Server begins to count when it sees the first bytes of a
// request; on a connection that is kept open Conn shows it none before the head is
// complete, so Conn has to count itself.
type deadlines struct {
	mu    sync.Mutex // SetReadDeadline is called during a Read, to end it
	asked time.Time
	head  time.Time // zero when no head is awaited
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.dl.mu.Lock()
	defer c.dl.mu.Unlock()
	c.dl.asked = t
	return c.Conn.SetReadDeadline(c.dl.earlier())
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.Conn.SetWriteDeadline(t)
}

// setHeadDeadline adds a deadline for the head that is incomplete; zero takes it away.
func (c *Conn) setHeadDeadline(t time.Time) {
	c.dl.mu.Lock()
	defer c.dl.mu.Unlock()
	c.dl.head = t
	c.Conn.SetReadDeadline(c.dl.earlier()) // an error shows in the next Read
}

func (d *deadlines) earlier() time.Time {
	if d.asked.IsZero() || !d.head.IsZero() && d.head.Before(d.asked) {
		return d.head
	}
	return d.asked
}
