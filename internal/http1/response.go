package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
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

// outs has buffers for what is about to be sent.
var outs = sync.Pool{New: func() any { b := make([]byte, 0, outFirst); return &b }}

// response is the http.ResponseWriter of one request. It is made anew for each: a handler
// may leave goroutines behind that still hold it.
type response struct {
	c      *conn
	req    *http.Request
	url    url.URL
	cancel context.CancelFunc
	body   *body // nil without
	header http.Header

	status  int    // as the handler gave it, 0 before
	out     []byte // what is to be sent
	pooled  *[]byte
	held    []byte // the beginning of a body of unknown length
	length  int64  // Content-Length as the handler gave it, or -1
	written int64  // bytes of the body from the handler
	fields  fields // what begin has seen in the header
	err     error  // of a write

	isHead, http10, closing bool
	committed               bool // the head is in out, or sent
	chunked                 bool
	fullDuplex              bool
	hijacked                bool
	readTimed               bool // the handler has set a deadline for reads

	expects   bool       // the client waits for 100 Continue
	waiting   sync.Mutex // guards continued
	continued bool       // there is nothing more to wait for
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	switch {
	case w.hijacked, w.status != 0:
		w.complain("WriteHeader comes too late and does nothing")
		return
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
	if w.hijacked {
		return 0, http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
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
		if w.length < 0 && len(w.held)+len(p) <= holdMost {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		first := p
		if len(w.held) > 0 {
			first = w.held
		}
		w.commit(first, false)
		held := w.held
		w.held = nil
		if err := w.send(held); err != nil {
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

// bodyAllowed says whether the status goes with a body (RFC 9110, section 6.4.1).
func (w *response) bodyAllowed() bool {
	return w.status >= 200 && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

// send puts p on its way as a part of the body.
func (w *response) send(p []byte) error {
	if len(p) == 0 || w.isHead {
		return w.err
	}
	if !w.chunked {
		return w.emit(p)
	}
	w.out = appendChunkSize(w.out, len(p))
	if err := w.emit(p); err != nil {
		return err
	}
	w.out = append(w.out, "\r\n"...)
	return nil
}

// emit collects p, or sends it when there is enough.
func (w *response) emit(p []byte) error {
	for len(w.out)+len(p) > outMost && w.err == nil {
		n := 0
		if len(w.out) > 0 { // one full packet rather than a short one and p
			n = max(0, outMost-len(w.out))
			w.out = append(w.out, p[:n]...)
			w.push()
		} else {
			n = len(p)
			w.write(p)
		}
		p = p[n:]
	}
	if w.err != nil {
		return w.err
	}
	w.out = append(w.out, p...)
	return nil
}

// push sends what was collected.
func (w *response) push() {
	if len(w.out) > 0 {
		w.write(w.out)
		w.out = w.out[:0]
	}
}

func (w *response) write(p []byte) {
	if w.err != nil {
		return
	}
	if _, w.err = w.c.nc.Write(p); w.err != nil {
		w.cancel() // the client is gone
	}
}

// FlushError is what http.ResponseController asks for.
func (w *response) FlushError() error {
	if w.hijacked {
		return http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.committed {
		w.commit(w.held, false)
		held := w.held
		w.held = nil
		w.send(held)
	}
	w.push()
	return w.err
}

// Flush implements http.Flusher.
func (w *response) Flush() { w.FlushError() }

// ReadFrom implements io.ReaderFrom: the kernel can send a file to a TCP connection.
func (w *response) ReadFrom(src io.Reader) (n int64, err error) {
	if w.hijacked {
		return 0, http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	to, direct := w.c.nc.(io.ReaderFrom)
	if !direct || w.length < 0 || w.isHead || !w.bodyAllowed() {
		return w.copyFrom(src)
	}
	if w.fields.sniff && !w.committed {
		if n, err = w.copyFrom(io.LimitReader(src, sniffLength)); err != nil || n < sniffLength {
			return n, err
		}
	}
	if !w.committed {
		w.commit(nil, false)
	}
	if w.push(); w.err != nil {
		return n, w.err
	}
	limited := &io.LimitedReader{R: src, N: w.length - w.written}
	if from, ok := src.(*io.LimitedReader); ok && from.N <= limited.N {
		limited = from // package net sees through one, not through two
	}
	m, err := to.ReadFrom(limited)
	w.written += m
	if err != nil {
		w.err = err
		w.cancel()
	}
	return n + m, err
}

func (w *response) copyFrom(src io.Reader) (int64, error) {
	buffer := make([]byte, 32<<10)
	return io.CopyBuffer(onlyWriter{w}, src, buffer)
}

// onlyWriter hides ReadFrom, so that io.Copy does not come back to it.
type onlyWriter struct{ io.Writer }

// Hijack implements http.Hijacker.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.hijacked {
		return nil, nil, http.ErrHijacked
	}
	c := w.c
	w.endContinue()
	c.endWatch()
	if w.status != 0 {
		if !w.committed {
			w.commit(w.held, false)
		}
		w.push()
	}
	w.hijacked, c.taken = true, true
	w.release()
	if raw, ok := c.nc.(interface{ Raw() }); ok {
		raw.Raw()
	}
	if c.hasOne { // it belongs to whoever reads on
		c.br.Peek(c.br.Buffered() + 1)
	}
	c.nc.SetDeadline(time.Time{})
	return c.nc, bufio.NewReadWriter(c.br, bufio.NewWriter(c.nc)), nil
}

// SetReadDeadline is for http.ResponseController.
func (w *response) SetReadDeadline(t time.Time) error {
	w.readTimed = true
	return w.c.nc.SetReadDeadline(t)
}

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error { return w.c.nc.SetWriteDeadline(t) }

// EnableFullDuplex is for http.ResponseController.
func (w *response) EnableFullDuplex() error {
	w.fullDuplex = true
	return nil
}

// sendContinue tells a client that waits for it to send its body.
func (w *response) sendContinue() {
	w.waiting.Lock()
	defer w.waiting.Unlock()
	if !w.continued {
		w.continued = true
		w.c.nc.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n")) // an error shows in the Read
	}
}

// endContinue sees to it that none is sent once the answer has begun, and tells whether
// it was sent.
func (w *response) endContinue() {
	if !w.expects {
		return
	}
	w.waiting.Lock()
	defer w.waiting.Unlock()
	if !w.continued {
		w.continued = true
		w.closing = true // whether the body comes now, nobody can say (RFC 9110, section 10.1.1)
	}
}

// finish ends the answer, and reports whether the connection can take another request.
func (w *response) finish() (again bool) {
	if w.hijacked {
		w.cancel()
		return false
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.committed {
		w.commit(w.held, true)
		w.send(w.held)
	}
	if w.chunked && !w.isHead {
		w.endChunks()
	}
	w.push()
	whole := w.err == nil && (w.length < 0 || w.written == w.length || w.isHead || !w.bodyAllowed())
	w.release()
	w.c.endWatch()
	w.cancel()
	if w.body != nil && !w.body.atEnd() {
		again = w.unread()
	} else {
		again = true
	}
	if w.closing || !whole {
		if w.body != nil && !w.body.atEnd() {
			w.c.linger()
		}
		return false
	}
	return again
}

// unread deals with a body that nobody has read to its end, after the answer.
func (w *response) unread() (again bool) {
	if !w.closing {
		w.timeReads()
		again = w.body.skip()
		if again {
			return true
		}
	}
	w.body.Close()
	w.closing = true
	return false
}

// timeReads gives reading on a deadline where the handler has set none.
func (w *response) timeReads() {
	if !w.readTimed {
		w.c.nc.SetReadDeadline(time.Now().Add(unreadTime))
	}
}

// abandon ends an answer that must not look complete.
func (w *response) abandon() {
	if w.hijacked {
		w.cancel()
		return
	}
	if w.committed { // what the handler has written before goes out, as far as it came
		w.push()
	}
	w.release()
	w.c.endWatch()
	w.cancel()
	if w.body != nil {
		w.body.Close()
	}
}

func (w *response) release() {
	if w.pooled != nil && cap(w.out) <= 2*outMost {
		*w.pooled = w.out[:0]
		outs.Put(w.pooled)
	}
	w.pooled, w.out, w.held = nil, nil, nil
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
