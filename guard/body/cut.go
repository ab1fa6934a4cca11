package body

import (
	"io"
	"net/http"
	"os"
	"sync"
)

// Part is what a guard has left of a Whole. It has at least one byte. Closing it closes
// the Whole.
type Part struct {
	whole *Whole
	mem   []byte // in the place of the Whole's memory; nil for a file
	skip  int64  // bytes at the beginning of the file that do not count

	mu     sync.Mutex
	offset int64 // of the next Read, from skip on
}

// After returns b without its first n bytes; n must be less than b's size. A file is not
// copied: it is positioned behind them.
func (b *Whole) After(n int64) io.ReadCloser {
	if mem := b.Bytes(); mem != nil {
		return &Part{whole: b, mem: mem[n:]}
	}
	return &Part{whole: b, skip: n}
}

// With returns a body that has the bytes of mem in the place of b's, which must be in
// memory.
func (b *Whole) With(mem []byte) io.ReadCloser { return &Part{whole: b, mem: mem} }

// Size returns the number of bytes.
func (p *Part) Size() int64 {
	if p.mem != nil {
		return int64(len(p.mem))
	}
	return p.whole.Size() - p.skip
}

// Bytes returns the body, or nil when it is in a file or closed.
func (p *Part) Bytes() []byte {
	if p.whole.Bytes() == nil {
		return nil
	}
	return p.mem
}

// File returns the file that has the body, positioned at its start, or nil when it is in
// memory or closed.
func (p *Part) File() *os.File {
	file := p.whole.File()
	if file == nil {
		return nil
	}
	if _, err := file.Seek(p.skip, io.SeekStart); err != nil {
		return nil // no body is better than one with bytes that were cut off
	}
	return file
}

// Read implements io.Reader.
func (p *Part) Read(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mem, file := p.Bytes(), p.whole.File()
	switch {
	case mem == nil && file == nil:
		return 0, http.ErrBodyReadAfterClose
	case p.offset >= p.Size():
		return 0, io.EOF
	case file != nil:
		if n, err = file.ReadAt(b, p.skip+p.offset); n > 0 && err == io.EOF {
			err = nil
		}
	default:
		n = copy(b, mem[p.offset:])
	}
	p.offset += int64(n)
	return n, err
}

// Close closes the Whole.
func (p *Part) Close() error { return p.whole.Close() }
