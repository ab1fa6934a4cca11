package record

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// recorder is an http.ResponseWriter that notes what passes. It is made anew for each
// request: a handler may leave goroutines behind that still hold it.
type recorder struct {
	w        http.ResponseWriter
	x        fumehood.Exchange
	ids      [2]string // the X-Request-Id of the request and of the answer
	status   int       // the final status, 0 before it
	bytes    int64     // of the body, as the handler wrote it
	first    time.Time // when the final head was written
	head     bool      // the request is a HEAD: its body is dropped by net/http
	hijacked net.Conn
}

func (rec *recorder) Header() http.Header { return rec.w.Header() }

// Unwrap is for http.ResponseController: deadlines, full duplex.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.w }

// WriteHeader notes the first final status; 1xx answers but 101 are not final.
func (rec *recorder) WriteHeader(status int) {
	if rec.status != 0 || status < 200 && status != http.StatusSwitchingProtocols {
		rec.w.WriteHeader(status)
		return
	}
	rec.begin()
	rec.w.WriteHeader(status) // panics if it is no status: then nothing was written
	rec.status = status
}

// begin is called before the final head is written.
func (rec *recorder) begin() {
	rec.w.Header()["X-Request-Id"] = rec.ids[1:2:2] // the app does not name requests
	rec.first = time.Now()
}

func (rec *recorder) implicit() {
	if rec.status == 0 && rec.hijacked == nil {
		rec.begin()
		rec.status = http.StatusOK
	}
}

func (rec *recorder) Write(p []byte) (int, error) {
	rec.implicit()
	n, err := rec.w.Write(p)
	rec.bytes += int64(n)
	return n, err
}

func (rec *recorder) WriteString(s string) (int, error) {
	rec.implicit()
	n, err := io.WriteString(rec.w, s)
	rec.bytes += int64(n)
	return n, err
}

// FlushError is what http.ResponseController asks for first.
func (rec *recorder) FlushError() error {
	rec.implicit()
	return http.NewResponseController(rec.w).Flush()
}

func (rec *recorder) Flush() { _ = rec.FlushError() }

// sent is the number of body bytes that the client was given.
func (rec *recorder) sent() int64 {
	if rec.head {
		return 0
	}
	return rec.bytes
}

func (rec *recorder) closeHijacked() {
	if rec.hijacked != nil {
		rec.hijacked.Close()
	}
}

// withOptions returns rec with the optional methods that its ResponseWriter has, and no
// others: code asks for them by type, and HTTP/2 for one cannot be hijacked. The wrappers
// are a single pointer each, so that this allocates nothing.
func (rec *recorder) withOptions() http.ResponseWriter {
	_, hijacker := rec.w.(http.Hijacker)
	_, readerFrom := rec.w.(io.ReaderFrom)
	_, pusher := rec.w.(http.Pusher)
	switch {
	case hijacker && readerFrom:
		return recorder1{hijackable{rec}}
	case hijacker:
		return hijackable{rec}
	case pusher:
		return recorder2{rec}
	}
	return rec
}

// recorder2 is a recorder for HTTP/2.
type recorder2 struct{ *recorder }

func (rec recorder2) Push(target string, opts *http.PushOptions) error {
	return rec.w.(http.Pusher).Push(target, opts)
}

type hijackable struct{ *recorder }

// Hijack gives the connection away. A connection with a method Raw is told that what comes
// now is no HTTP any more.
func (rec hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := rec.w.(http.Hijacker).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if raw, ok := conn.(interface{ Raw() }); ok {
		raw.Raw()
	}
	rec.hijacked = conn
	if rec.status == 0 {
		rec.status, rec.first = http.StatusSwitchingProtocols, time.Now()
	}
	return conn, buffered, nil
}

// recorder1 is a recorder for HTTP/1. Without its ReadFrom, files would be copied through
// memory instead of being sent by the kernel.
type recorder1 struct{ hijackable }

func (rec recorder1) ReadFrom(src io.Reader) (int64, error) {
	rec.implicit()
	n, err := rec.w.(io.ReaderFrom).ReadFrom(src)
	rec.bytes += n
	return n, err
}
