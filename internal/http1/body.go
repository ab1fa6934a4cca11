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
)

// body is the body of one request. It may be read by another goroutine than the one that
// writes the answer.
type body struct {
	w *response

	mu     sync.Mutex
	left   int64     // bytes to come; -1 for a chunked body
	chunks io.Reader // decodes a chunked body
	err    error     // for every further Read
	closed bool
}

func newBody(w *response, length int64) *body {
	b := &body{w: w, left: length}
	if length < 0 {
		b.chunks = httputil.NewChunkedReader(w.c.br)
	}
	return b
}

// Read implements io.Reader. What package strict refuses comes as its refusal.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.err != nil:
		return 0, b.err
	case len(p) == 0:
		return 0, nil
	}
	if b.w.expects {
		b.w.sendContinue()
	}
	var n int
	var err error
	if b.chunks != nil {
		n, err = b.readChunks(p)
	} else {
		n, err = b.w.c.br.Read(p[:min(int64(len(p)), b.left)])
		b.left -= int64(n)
		switch {
		case b.left == 0:
			err = io.EOF
		case errors.Is(err, io.EOF):
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil && !isTimeout(err) {
		b.err = err
	}
	if err == io.EOF {
		b.w.c.watchSoon()
	}
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

// atEnd says whether everything was read.
func (b *body) atEnd() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err == io.EOF
}

// reopen lets the connection read on in a body that the handler has closed.
func (b *body) reopen() {
	b.mu.Lock()
	b.closed = false
	b.mu.Unlock()
}

// skip reads what is left, if that is little, and reports whether it came to the end.
func (b *body) skip() bool {
	b.mu.Lock()
	left := b.left
	b.mu.Unlock()
	if left > mostUnread {
		return false
	}
	b.reopen()
	io.CopyN(io.Discard, b, mostUnread+1)
	b.Close()
	return b.atEnd()
}
