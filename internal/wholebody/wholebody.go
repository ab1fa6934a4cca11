// Package wholebody has request bodies that have arrived, as guards and package wsgi hand
// them on: in memory, or in a file without a name that a worker gets as a descriptor, so
// that nothing is copied on the way.
//
// It stops no attack by itself. guard/body makes such a body of what arrives, guard/upload
// of what it has left of a form; whoever comes after asks whether Request.Body is a Whole.
package wholebody

import (
	"io"
	"net/http"
	"os"
	"sync"
)

// Whole is a request's body that is there from its first byte to its last.
type Whole interface {
	Bytes() []byte  // nil where it is in a file
	File() *os.File // at the body's start; nil where it is in memory
	Size() int64    // bytes
}

// Body is a Whole in memory or in a file, or what a guard has left of one: all that come
// from one body end with it.
type Body struct {
	*store
	other  []byte // in the place of what the store has
	skip   int64  // bytes at the beginning of the store that do not count
	size   int64
	offset int64 // of the next Read
}

// store is what several views of a body share.
type store struct {
	mu     sync.Mutex
	mem    []byte
	file   *os.File
	closed bool
	free   func()
}

// InMemory returns a Body that has mem. Closing it calls free, unless that is nil.
func InMemory(mem []byte, free func()) *Body {
	if mem == nil {
		mem = []byte{}
	}
	b := withRoom(int64(len(mem)))
	b.mem, b.free = mem, free
	return b
}

// InFile returns a Body that has the size bytes of file, and closes it.
func InFile(file *os.File, size int64) *Body {
	b := withRoom(size)
	b.file = file
	return b
}

// withRoom returns a Body with a store that is empty, in one allocation.
func withRoom(size int64) *Body {
	var room struct {
		of Body
		in store
	}
	room.of = Body{store: &room.in, size: size}
	return &room.of
}

// Size returns the number of bytes.
func (b *Body) Size() int64 { return b.size }

// Bytes returns the body, or nil when it is in a file or closed.
func (b *Body) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes()
}

// bytes is Bytes, for who has the lock.
func (b *Body) bytes() []byte {
	switch {
	case b.closed:
		return nil
	case b.other != nil:
		return b.other
	case b.mem == nil:
		return nil
	}
	return b.mem[b.skip:]
}

// File returns the file that has the body, positioned at its start, or nil when it is in
// memory or closed. The file has no name. Reading it does not move what Read returns.
func (b *Body) File() *os.File {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil || b.closed {
		return nil
	}
	if _, err := b.file.Seek(b.skip, io.SeekStart); err != nil {
		return nil // no body is better than one from somewhere in the middle
	}
	return b.file
}

// After returns b without its first n bytes; n must be less than b's size. A file is not
// copied: it is positioned behind them.
func (b *Body) After(n int64) io.ReadCloser {
	if b.other != nil {
		return b.With(b.other[n:])
	}
	return &Body{store: b.store, skip: b.skip + n, size: b.size - n}
}

// With returns a body that has the bytes of mem in the place of b's, which must be in
// memory.
func (b *Body) With(mem []byte) io.ReadCloser {
	if mem == nil {
		mem = []byte{}
	}
	return &Body{store: b.store, other: mem, size: int64(len(mem))}
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.offset >= b.size:
		return 0, io.EOF
	case b.file != nil:
		p = p[:min(int64(len(p)), b.size-b.offset)]
		if n, err = b.file.ReadAt(p, b.skip+b.offset); n > 0 && err == io.EOF {
			err = nil
		}
	default:
		n = copy(p, b.bytes()[b.offset:])
	}
	b.offset += int64(n)
	return n, err
}

// Close gives back the memory or the file. Only the first call does anything.
func (b *Body) Close() (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed, b.mem, b.other = true, nil, nil
	if b.free != nil {
		b.free()
	}
	if b.file != nil {
		err, b.file = b.file.Close(), nil
	}
	return err
}
