package body

import (
	"io"
	"net/http"
	"os"
	"sync"
)

// Whole is a body that has arrived. It has at least one byte.
type Whole struct {
	mu     sync.Mutex
	mem    []byte
	file   *os.File
	size   int64
	offset int64 // of the next Read
	closed bool
	free   func() // gives back the memory
}

// Size returns the number of bytes.
func (b *Whole) Size() int64 { return b.size }

// Bytes returns the body, or nil when it is in a file or closed.
func (b *Whole) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mem
}

// File returns the file that has the body, positioned at its start, or nil when it is in
// memory or closed. The file has no name. Reading it does not move what Read returns.
func (b *Whole) File() *os.File {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file
}

// Read implements io.Reader.
func (b *Whole) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.offset >= b.size:
		return 0, io.EOF
	}
	var n int
	var err error
	if b.file != nil {
		if n, err = b.file.ReadAt(p, b.offset); n > 0 && err == io.EOF {
			err = nil
		}
	} else {
		n = copy(p, b.mem[b.offset:])
	}
	b.offset += int64(n)
	return n, err
}

// Close gives back the memory or the file. Only the first call does anything.
func (b *Whole) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed, b.mem = true, nil
	b.free()
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}
