package answer

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"

	fumehood "github.com/fumehood/fumehood"
)

// mostHooks is more than a chain has guards; further ones get a writer of their own.
const mostHooks = 16

// entry is one hook and the request as its guard passed it on.
type entry struct {
	hook Hook
	r    *http.Request
}

// Writer is the http.ResponseWriter that guards share. It is made anew for each request:
// a handler may leave goroutines behind that still hold it.
type Writer struct {
	w http.ResponseWriter
	r *http.Request

	hooks [mostHooks]entry
	count int

	head     Head
	status   int // as the app gave it, 0 before
	want     int // bytes of the body to see before the head leaves
	held     []byte
	left     bool // the head has left
	hijacked bool
	dropping bool // the app's body does not count any more
	sink     Sink // nil: straight to w
	refused  *fumehood.Refusal
}

func (aw *Writer) answerWriter() *Writer { return aw }

// join adds a hook, or puts it in the place of one of its kind. It reports false when
// there is no room.
func (aw *Writer) join(hook Hook, r *http.Request) bool {
	for i := range aw.count {
		if aw.hooks[i].hook.Kind() == hook.Kind() {
			aw.hooks[i] = entry{hook, r}
			return true
		}
	}
	if aw.count == mostHooks {
		return false
	}
	aw.hooks[aw.count] = entry{hook, r}
	aw.count++
	return true
}

// Refusing is called by fumehood.Refuse, before it writes.
func (aw *Writer) Refusing(refusal *fumehood.Refusal) { aw.refused = refusal }

// Header implements http.ResponseWriter.
func (aw *Writer) Header() http.Header { return aw.w.Header() }

// Unwrap is for http.ResponseController: deadlines, full duplex.
func (aw *Writer) Unwrap() http.ResponseWriter { return aw.w }

// WriteHeader implements http.ResponseWriter.
func (aw *Writer) WriteHeader(status int) {
	switch {
	case aw.hijacked || status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		aw.w.WriteHeader(status)
		return
	case aw.status != 0:
		return // as net/http does, without its complaint: the first one counts
	}
	if status < 100 || status > 999 {
		aw.w.WriteHeader(status) // panics, as it does without us
	}
	aw.status = status
	aw.head = Head{Status: status, Header: aw.w.Header(), Refused: aw.refused}
	for i := aw.count - 1; i >= 0; i-- {
		if l, ok := aw.hooks[i].hook.(Looker); ok {
			aw.head.Request = aw.hooks[i].r
			aw.want = max(aw.want, l.Look(&aw.head))
		}
	}
	aw.head.Request = aw.r
	if aw.want == 0 || !aw.head.HasBody() {
		aw.leave(false)
	}
}

// leave runs the hooks and lets the head go, then what was held of the body. whole says
// that nothing comes after that.
func (aw *Writer) leave(whole bool) (err error) {
	if aw.left {
		return nil
	}
	aw.left = true
	h := &aw.head
	h.Body, h.Whole = aw.held, whole
	for i := aw.count - 1; i >= 0; i-- {
		h.Request = aw.hooks[i].r
		aw.hooks[i].hook.Head(h)
	}
	h.Request = aw.r
	if len(h.filters) > 0 {
		aw.sink = bottom{aw.w}
		for i := len(h.filters) - 1; i >= 0; i-- { // the innermost guard's filter sees the app's bytes
			aw.sink = h.filters[i](aw.sink)
		}
	} else if h.replaced && h.HasBody() {
		h.Header["Content-Length"] = []string{strconv.Itoa(len(h.instead))}
	}
	aw.w.WriteHeader(h.Status)
	body := aw.held
	aw.held = nil
	if h.replaced {
		body, aw.dropping = h.instead, true
	}
	if len(body) > 0 && h.HasBody() {
		_, err = aw.pass(body)
	}
	return err
}

// pass gives body bytes to the filters, or to the client.
func (aw *Writer) pass(p []byte) (int, error) {
	if aw.sink != nil {
		return aw.sink.Write(p)
	}
	return aw.w.Write(p)
}

// Write implements http.ResponseWriter.
func (aw *Writer) Write(p []byte) (int, error) {
	if aw.hijacked {
		return 0, http.ErrHijacked
	}
	if aw.status == 0 {
		aw.WriteHeader(http.StatusOK)
	}
	if aw.left {
		if aw.dropping {
			return len(p), nil
		}
		return aw.pass(p)
	}
	n := min(len(p), aw.want-len(aw.held))
	aw.held = append(aw.held, p[:n]...)
	if n == len(p) && len(aw.held) < aw.want {
		return n, nil
	}
	if err := aw.leave(false); err != nil {
		return 0, err
	}
	m, err := aw.Write(p[n:])
	return n + m, err
}

// FlushError is what http.ResponseController asks for first.
func (aw *Writer) FlushError() error {
	if aw.status == 0 {
		aw.WriteHeader(http.StatusOK)
	}
	if aw.head.Hold && !aw.left && aw.head.HasBody() {
		return nil // more must be seen first
	}
	if err := aw.leave(false); err != nil {
		return err
	}
	if aw.sink != nil {
		return aw.sink.Flush()
	}
	return http.NewResponseController(aw.w).Flush()
}

// Flush implements http.Flusher.
func (aw *Writer) Flush() { _ = aw.FlushError() }

// finish ends the answer of a handler that has returned.
func (aw *Writer) finish() {
	if aw.hijacked {
		return
	}
	if aw.status == 0 {
		aw.WriteHeader(http.StatusOK)
	}
	err := aw.leave(true)
	if err == nil && aw.sink != nil {
		err = aw.sink.Close()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // it must not look complete
	}
}

// readFrom is ReadFrom for a writer that has one below it.
func (aw *Writer) readFrom(src io.Reader) (n int64, err error) {
	if aw.status == 0 {
		aw.WriteHeader(http.StatusOK)
	}
	for !aw.left {
		piece := make([]byte, max(aw.want-len(aw.held), 1))
		m, err := io.ReadFull(src, piece)
		n += int64(m)
		if m > 0 {
			if _, err := aw.Write(piece[:m]); err != nil {
				return n, err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	var m int64
	if below, ok := aw.w.(io.ReaderFrom); ok && aw.sink == nil && !aw.dropping {
		m, err = below.ReadFrom(src)
	} else {
		m, err = io.Copy(writeOnly{aw}, src)
	}
	return n + m, err
}

// writeOnly hides ReadFrom, so that io.Copy does not come back to it.
type writeOnly struct{ io.Writer }

// bottom is the end of the filters: the client.
type bottom struct{ w http.ResponseWriter }

func (b bottom) Write(p []byte) (int, error) { return b.w.Write(p) }
func (b bottom) Flush() error                { return http.NewResponseController(b.w).Flush() }
func (b bottom) Close() error                { return nil }

// withOptions returns aw with the optional methods that the writer below it has, and no
// others: code asks for them by type. The wrappers are a single pointer each, so that
// this allocates nothing.
func (aw *Writer) withOptions() http.ResponseWriter {
	_, hijacker := aw.w.(http.Hijacker)
	_, readerFrom := aw.w.(io.ReaderFrom)
	_, pusher := aw.w.(http.Pusher)
	switch {
	case hijacker && readerFrom:
		return http1{hijackable{aw}}
	case hijacker:
		return hijackable{aw}
	case pusher:
		return http2{aw}
	}
	return aw
}

type hijackable struct{ *Writer }

// Hijack implements http.Hijacker. No hook sees what goes over the connection then.
func (aw hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := aw.w.(http.Hijacker).Hijack()
	if err == nil {
		aw.hijacked = true
	}
	return conn, buffered, err
}

// http1 is a writer for HTTP/1. Without its ReadFrom, files would be copied through memory
// instead of being sent by the kernel.
type http1 struct{ hijackable }

func (aw http1) ReadFrom(src io.Reader) (int64, error) { return aw.readFrom(src) }

// http2 is a writer for HTTP/2.
type http2 struct{ *Writer }

func (aw http2) Push(target string, opts *http.PushOptions) error {
	return aw.w.(http.Pusher).Push(target, opts)
}
