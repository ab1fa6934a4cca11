package http1

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
)

// body is the body of one request. It may be read by another goroutine than the one that
// writes the answer.
type body struct {
	w *response

	ended atomic.Bool  // everything was read, and nobody reads on
	left  atomic.Int64 // bytes to come; -1 for a chunked body

	mu     sync.Mutex
	chunks io.Reader // decodes a chunked body
	err    error     // for every further Read
	closed bool
}

func newBody(w *response, length int64) *body {
	b := &body{w: w}
	b.left.Store(length)
	if length < 0 {
		b.chunks = httputil.NewChunkedReader(w.c.br)
	}
	return b
}

// Read implements io.Reader. What package strict refuses comes as its refusal.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.read(p)
}

// read is Read, for who has b.mu.
func (b *body) read(p []byte) (n int, err error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.w.expects {
		b.w.sendContinue()
	}
	if b.chunks != nil {
		n, err = b.readChunks(p)
	} else {
		left := b.left.Load()
		n, err = b.w.c.br.Read(p[:min(int64(len(p)), left)])
		switch {
		case b.left.Add(int64(-n)) == 0:
			err = io.EOF
		case errors.Is(err, io.EOF):
			err = io.ErrUnexpectedEOF
		}
	}
	switch {
	case err == nil || isTimeout(err):
		return n, err
	case err == io.EOF:
		b.w.c.watchSoon(b.w)
		b.ended.Store(true) // last: from here on the connection may go on
	default:
		b.w.cancel() // the client is gone, or cannot be understood
	}
	b.err = err
	return n, err
}

func (b *body) readChunks(p []byte) (int, error) {
	n, err := b.chunks.Read(p)
	if err != io.EOF {
		return n, err
	}
	for fields := 0; ; fields++ {
		line, err := b.w.c.br.ReadSlice('\n')
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return n, io.EOF
		}
		b.trailer(string(line))
	}
}

func (b *body) trailer(line string) {
	name, value, _ := strings.Cut(line, ":")
	r := b.w.req
	if r.Trailer == nil {
		r.Trailer = http.Header{}
	}
	r.Trailer.Add(textproto.CanonicalMIMEHeaderKey(name), strings.Trim(value, " \t"))
}

// Close implements io.Closer. What is left is read or cut when the request ends.
func (b *body) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return nil
}

// skip reads what is left, if that is little, also after a Close, and reports whether it
// came to the end.
func (b *body) skip() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	io.CopyN(io.Discard, unlocked{b}, mostUnread+1)
	return b.ended.Load()
}

// unlocked is a body for who has its mu.
type unlocked struct{ b *body }

func (u unlocked) Read(p []byte) (int, error) { return u.b.read(p) }
