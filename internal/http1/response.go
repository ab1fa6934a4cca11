package http1

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	holdMost = 2 << 10  // bytes of a body of unknown length that are held to learn it
	outMost  = 16 << 10 // bytes of an answer that are collected before they are sent
	outFirst = 4 << 10
)

// What callers get that are late, or two at a time.
var (
	errOver    = errors.New("http1: the handler has returned")
	errSending = errors.New("http1: another goroutine is in ReadFrom")
)

// outs has buffers for what is about to be sent.
var outs = sync.Pool{New: func() any { b := make([]byte, 0, outFirst); return &b }}

// response is the http.ResponseWriter of one request. It is made anew for each: a handler
// may leave goroutines behind that still hold it. What they do to it must not reach the
// connection, which then belongs to the next request.
type response struct {
	c      *conn
	req    *http.Request
	url    url.URL
	cancel context.CancelFunc
	body   *body // nil without
	header http.Header

	mu      sync.Mutex // guards what follows: one method at a time
	status  int        // as the handler gave it, 0 before
	out     []byte     // what is to be sent
	pooled  *[]byte
	held    []byte // the beginning of a body of unknown length or type
	length  int64  // Content-Length as the handler gave it, or -1
	written int64  // bytes of the body from the handler
	fields  fields // what begin has seen in the header
	err     error  // of a write

	isHead, http10, closing bool
	committed               bool // the head is in out, or sent
	chunked                 bool
	fullDuplex              bool
	sending                 bool // ReadFrom is at it, without mu
	hijacked                bool
	over                    bool // the handler has returned

	// Guarded by conn.mu, for a deadline must not wait until a Write ends.
	readUntil  time.Time // deadline that the handler has set
	writeTimed bool      // it has set one for writes

	expects   bool       // the client waits for 100 Continue
	waiting   sync.Mutex // guards continued
	continued bool       // there is nothing more to wait for
}

// usable says whether the handler may still answer.
func (w *response) usable() error {
	switch {
	case w.hijacked:
		return http.ErrHijacked
	case w.over:
		return errOver
	case w.sending:
		return errSending
	}
	return nil
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.usable() != nil || w.status != 0 {
		w.complain("WriteHeader comes too late and does nothing")
		return
	}
	w.start(status)
}

// start begins the answer, or sends an informational one.
func (w *response) start(status int) {
	switch {
	case status < 100 || status > 999:
		panic("http1: invalid status code") // as net/http does
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.inform(status)
		return
	}
	w.status = status
	w.endContinue()
	w.begin()
}

func (w *response) complain(what string) {
	w.c.srv.Logger.LogAttrs(w.req.Context(), slog.LevelDebug, what, slog.String("path", w.req.URL.Path))
}

// Write implements io.Writer.
func (w *response) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return 0, err
	}
	if w.status == 0 {
		w.start(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !w.bodyAllowed() {
		return 0, http.ErrBodyNotAllowed
	}
	w.written += int64(len(p))
	if w.length >= 0 && w.written > w.length {
		return 0, http.ErrContentLength
	}
	if !w.committed {
		if (w.length < 0 || w.fields.sniff) && len(w.held)+len(p) <= holdMost {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		w.commit(w.first(p), false)
		if err := w.sendHeld(); err != nil {
			return 0, err
		}
	}
	if err := w.send(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString implements io.StringWriter.
func (w *response) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// first is the beginning of a body that comes in w.held and p, as much as tells its type.
func (w *response) first(p []byte) []byte {
	n := len(w.held)
	switch {
	case n == 0:
		return p
	case n >= sniffLength || !w.fields.sniff:
		return w.held
	}
	return append(w.held[:n:n], p[:min(len(p), sniffLength-n)]...)
}

// bodyAllowed says whether the status goes with a body (RFC 9110, section 6.4.1).
func (w *response) bodyAllowed() bool {
	return w.status >= 200 && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

// FlushError is what http.ResponseController asks for.
func (w *response) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	if w.status == 0 {
		w.start(http.StatusOK)
	}
	w.flush()
	return w.err
}

// flush sends what there is.
func (w *response) flush() {
	if !w.committed {
		w.commit(w.held, false)
		w.sendHeld()
	}
	w.push()
}

// Flush implements http.Flusher.
func (w *response) Flush() { w.FlushError() }

// ReadFrom implements io.ReaderFrom: the kernel can send a file to a TCP connection.
func (w *response) ReadFrom(src io.Reader) (n int64, err error) {
	begun, direct, err := w.readable()
	if err != nil {
		return 0, err
	}
	if !begun { // nothing is sent before src has given something, and its type may be asked
		if n, err = w.copyFrom(io.LimitReader(src, sniffLength)); err != nil || n < sniffLength {
			return n, err
		}
		if _, direct, err = w.readable(); err != nil {
			return n, err
		}
	}
	if !direct {
		m, err := w.copyFrom(src)
		return n + m, err
	}
	left, err := w.beginSending()
	if err != nil {
		return n, err
	}
	limited := &io.LimitedReader{R: src, N: left}
	if from, ok := src.(*io.LimitedReader); ok && from.N <= left {
		limited = from // package net sees through one, not through two
	}
	m, err := w.c.nc.(io.ReaderFrom).ReadFrom(limited)
	w.endSending(m, err)
	return n + m, err
}

// readable says whether the answer has begun, so that ReadFrom need not read first, and
// whether what it reads can go straight to the connection.
func (w *response) readable() (begun, direct bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return false, false, err
	}
	_, direct = w.c.nc.(io.ReaderFrom)
	direct = direct && w.length >= 0 && !w.isHead && w.bodyAllowed()
	return w.committed || w.status != 0 && !w.fields.sniff, direct, nil
}

// beginSending sends what there is and leaves the connection to ReadFrom, which may take
// long: a handler that returns meanwhile must be noticed.
func (w *response) beginSending() (left int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return 0, err
	}
	if w.flush(); w.err != nil {
		return 0, w.err
	}
	w.sending = true
	return w.length - w.written, nil
}

func (w *response) endSending(sent int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sending = false
	w.written += sent
	if err != nil {
		w.err = err
		w.cancel()
	}
}

func (w *response) copyFrom(src io.Reader) (int64, error) {
	buffer := make([]byte, 32<<10)
	return io.CopyBuffer(onlyWriter{w}, src, buffer)
}

// onlyWriter hides ReadFrom, so that io.Copy does not come back to it.
type onlyWriter struct{ io.Writer }
