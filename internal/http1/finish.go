package http1

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// run calls the handler and reports whether the connection can take another request.
func (w *response) run() (again bool) {
	returned := false
	defer func() {
		if returned {
			return
		}
		fault := recover() // nil: runtime.Goexit
		w.abandon()
		if fault != nil && fault != http.ErrAbortHandler {
			w.c.srv.Logger.LogAttrs(w.req.Context(), slog.LevelError, "panic in a handler",
				slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
		}
	}()
	w.c.srv.Handler.ServeHTTP(w, w.req)
	again = w.finish()
	returned = true
	return again
}

// finish ends the answer, and reports whether the connection can take another request.
func (w *response) finish() (again bool) {
	again = w.conclude()
	if w.hijacked {
		w.cancel()
		return false
	}
	if soon := w.c.endWatch(); !soon || w.body != nil {
		w.c.now = time.Now() // the head may have left long ago
	}
	w.cancel()
	w.removeForm()
	if w.body == nil || w.body.ended.Load() {
		return again
	}
	if again && w.body.left.Load() <= mostUnread {
		w.timeReads()
		if w.body.skip() {
			w.c.now = time.Now()
			return true
		}
	}
	w.closeBody()
	w.c.linger()
	return false
}

// conclude sends the rest of the answer. It reports whether it was whole, and another one
// may follow.
func (w *response) conclude() (again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.hijacked || w.sending {
		return false
	}
	if w.status == 0 {
		w.start(http.StatusOK)
	}
	if !w.committed {
		w.commit(w.held, true)
		w.sendHeld()
	}
	if w.chunked && !w.isHead {
		w.endChunks()
	}
	w.push()
	w.release()
	whole := w.length < 0 || w.written == w.length || w.isHead || !w.bodyAllowed()
	return w.err == nil && whole && !w.closing
}

// abandon ends an answer that must not look complete.
func (w *response) abandon() {
	w.mu.Lock()
	w.over = true
	if w.committed && !w.hijacked && !w.sending {
		w.push() // what the handler has written before goes out, as far as it came
	}
	if !w.hijacked {
		w.release()
	}
	w.mu.Unlock()
	w.cancel()
	w.removeForm()
	if w.hijacked {
		return
	}
	w.c.endWatch()
	if w.body != nil && !w.body.ended.Load() {
		w.closeBody()
	}
}

// closeBody ends the reading of a body, also where a goroutine of the handler waits in it.
func (w *response) closeBody() {
	w.c.nc.SetReadDeadline(longAgo())
	w.body.Close()
}

// removeForm removes the files of a form that was parsed.
func (w *response) removeForm() {
	if form := w.req.MultipartForm; form != nil {
		form.RemoveAll()
	}
}

// linger lets the client read the answer before the connection goes, where it may still
// be sending: closing with unread bytes resets the connection (RFC 9112, section 9.6).
func (c *conn) linger() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	c.nc.SetReadDeadline(time.Now().Add(lingerTime))
	io.Copy(io.Discard, c)
}

// Hijack implements http.Hijacker.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return nil, nil, err
	}
	c := w.c
	w.endContinue()
	c.endWatch()
	if w.status != 0 {
		w.flush()
	}
	if w.body != nil && !w.body.ended.Load() {
		w.closeBody() // what is left of it is the caller's
	}
	w.hijacked, c.taken = true, true
	w.release()
	c.srv.remove(c)
	if raw, ok := c.nc.(interface{ Raw() }); ok {
		raw.Raw()
	}
	if n := c.br.Buffered(); c.hasOne { // it belongs to whoever reads on
		if n == c.br.Size() {
			c.br = bufio.NewReaderSize(c.br, 2*n)
			c.br.Peek(n)
		}
		c.br.Peek(n + 1)
	}
	c.nc.SetDeadline(time.Time{})
	return c.nc, bufio.NewReadWriter(c.br, bufio.NewWriter(c.nc)), nil
}

// EnableFullDuplex is for http.ResponseController.
func (w *response) EnableFullDuplex() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	w.fullDuplex = true
	return nil
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
