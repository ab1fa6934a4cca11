package http1

import "time"

// longAgo is a deadline that ends a Read.
func longAgo() time.Time { return time.Unix(1, 0) }

// enter makes w the request that the connection is at.
func (c *conn) enter(w *response) {
	c.mu.Lock()
	c.current = w
	c.mu.Unlock()
}

// watchSoon begins to look out for a client that leaves, after a moment. There must be
// nothing of the request left to read.
func (c *conn) watchSoon(w *response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != w {
		return // the request is over
	}
	c.armed = true
	if c.timer == nil {
		c.timer = time.AfterFunc(watchDelay, c.look)
	} else {
		c.timer.Reset(watchDelay)
	}
}

// look waits for a byte, or the end of the connection. The timer may call it late, when
// the next request has begun: what counts is armed.
func (c *conn) look() {
	c.mu.Lock()
	if !c.armed || c.looking || c.hasOne {
		c.mu.Unlock()
		return
	}
	c.armed, c.looking = false, true
	c.nc.SetReadDeadline(time.Time{})
	leave := c.current.cancel
	c.mu.Unlock()

	n, err := c.nc.Read(c.one[:])

	c.mu.Lock()
	c.looking, c.hasOne = false, n == 1
	c.ended.Broadcast()
	c.mu.Unlock()
	if err != nil && !isTimeout(err) { // endWatch is the only one that sets a deadline
		leave()
	}
}

// endWatch ends the look-out and makes the connection the caller's: it may read, and
// nothing that the handler has left behind can set a deadline. soon says that the moment
// before the look-out was not over.
func (c *conn) endWatch() (soon bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.current; w != nil && w.writeTimed {
		c.nc.SetWriteDeadline(time.Time{}) // it was for that answer
	}
	c.current = nil
	if soon = c.armed; soon {
		c.armed = false
		c.timer.Stop()
	}
	if c.looking {
		c.nc.SetReadDeadline(longAgo())
		for c.looking {
			c.ended.Wait()
		}
		c.nc.SetReadDeadline(time.Time{})
	}
	return soon
}

// SetReadDeadline is for http.ResponseController. It is about the body of the request; a
// deadline that is over does not end the request.
func (w *response) SetReadDeadline(t time.Time) error {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != w {
		return errOver
	}
	w.readUntil = t
	if c.looking {
		return nil // there is nothing left to read, and it would end the look-out
	}
	return c.nc.SetReadDeadline(t)
}

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != w {
		return errOver
	}
	w.writeTimed = true
	return c.nc.SetWriteDeadline(t)
}

// timeReads sets a deadline for reading on, if the handler has set no earlier one.
func (w *response) timeReads() {
	until := time.Now().Add(unreadTime)
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if w.readUntil.IsZero() || w.readUntil.After(until) {
		w.c.nc.SetReadDeadline(until)
	}
}

// untimeReads gives the handler's own deadline back.
func (w *response) untimeReads() {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.c.nc.SetReadDeadline(w.readUntil)
}
