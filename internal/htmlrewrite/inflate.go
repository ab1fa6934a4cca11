package htmlrewrite

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/fumehood/fumehood/internal/answer"
)

// errAbandoned is what a write finds when the request is over.
var errAbandoned = errors.New("htmlrewrite: the request is over")

// inflater is a sink that takes compressed bytes. The packages of the standard library pull
// theirs, so it runs in a coroutine, and only while a write or Close waits for it: next is
// never used by two goroutines at once.
type inflater struct {
	next answer.Sink

	mu     sync.Mutex // Write and the end of the request
	resume func() (struct{}, bool)
	stop   func()
	forget func() bool // the end of the request does not matter any more

	in    []byte // not read yet
	ended bool   // no more comes
	over  bool   // the request is
	done  bool   // the coroutine has returned
	err   error  // why
}

// Inflate returns a sink that takes bytes in coding, "gzip" or "deflate", and writes them
// decoded to next. When ctx ends, what it holds is given back.
func Inflate(ctx context.Context, coding string, next answer.Sink) answer.Sink {
	d := &inflater{next: next}
	d.resume, d.stop = iter.Pull(func(yield func(struct{}) bool) {
		d.err = d.decode(coding, &feed{d: d, yield: yield})
		d.done = true
	})
	d.forget = context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.over = true
		d.stop()
	})
	return d
}

// decode runs in the coroutine.
func (d *inflater) decode(coding string, src *feed) error {
	first, err := src.ReadByte()
	if err == io.EOF {
		return nil // an empty body
	}
	if err != nil {
		return err
	}
	src.again, src.has = first, true
	plain, err := open(coding, first, src)
	if err != nil {
		return err
	}
	piece := make([]byte, 16<<10)
	for {
		n, err := plain.Read(piece)
		if n > 0 {
			if _, err := d.next.Write(piece[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// open returns the decoder. "deflate" is zlib's format (RFC 9110, section 8.4.1.2), but
// some servers send a bare stream, and browsers take both.
func open(coding string, first byte, src *feed) (io.Reader, error) {
	switch {
	case coding == "gzip":
		return gzip.NewReader(src)
	case first&0x0f == 8 && first>>4 <= 7:
		return zlib.NewReader(src)
	}
	return flate.NewReader(src), nil
}

// Write implements answer.Sink.
func (d *inflater) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return 0, errAbandoned
	}
	d.in = p
	d.resume()
	d.in = nil
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil // what comes after the end of the stream is dropped
}

// Flush implements answer.Sink.
func (d *inflater) Flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next.Flush()
}

// Close implements answer.Sink.
func (d *inflater) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget()
	if d.over {
		return errAbandoned
	}
	d.ended = true
	if !d.done {
		d.resume()
	}
	d.stop()
	if d.err != nil {
		return d.err
	}
	return d.next.Close()
}

// feed is where the decoder reads. It reads byte by byte where it can, so that it never
// takes more than it needs before it gives what it has.
type feed struct {
	d     *inflater
	yield func(struct{}) bool
	again byte // read once already
	has   bool
}

var _ interface {
	io.Reader
	io.ByteReader
} = (*feed)(nil)

// wait returns when there are bytes.
func (f *feed) wait() error {
	for len(f.d.in) == 0 {
		if f.d.ended {
			return io.EOF
		}
		if !f.yield(struct{}{}) {
			return errAbandoned
		}
	}
	return nil
}

// ReadByte implements io.ByteReader.
func (f *feed) ReadByte() (byte, error) {
	if f.has {
		f.has = false
		return f.again, nil
	}
	if err := f.wait(); err != nil {
		return 0, err
	}
	c := f.d.in[0]
	f.d.in = f.d.in[1:]
	return c, nil
}

// Read implements io.Reader.
func (f *feed) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if f.has {
		p[0], f.has = f.again, false
		return 1, nil
	}
	if err := f.wait(); err != nil {
		return 0, err
	}
	n := copy(p, f.d.in)
	f.d.in = f.d.in[n:]
	return n, nil
}
