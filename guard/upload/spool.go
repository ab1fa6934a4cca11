package upload

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/fumehood/fumehood/internal/unnamed"
)

// held is the longest body that is kept in memory (bytes).
const held = 64 << 10

// spool takes bytes in: the first ones into memory, all of them into a file without a name
// once they are too many.
type spool struct {
	dir  string
	most int64 // bytes that it takes; errFull beyond
	mem  []byte
	file *os.File
	size int64
}

// errFull says that a spool was given more than it takes.
type errFull struct{ most int64 }

func (e errFull) Error() string { return fmt.Sprintf("more than %d bytes", e.most) }

// Write implements io.Writer. Its error is errFull or a refusal.
func (s *spool) Write(p []byte) (int, error) {
	if s.size+int64(len(p)) > s.most {
		return 0, errFull{s.most}
	}
	if s.file == nil && s.size+int64(len(p)) <= held {
		s.mem = append(s.mem, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	if err := s.toFile(); err != nil {
		return 0, err
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if err != nil {
		return n, storage(err)
	}
	return n, nil
}

// toFile has what is in memory go to the file.
func (s *spool) toFile() error {
	if s.file != nil {
		return nil
	}
	file, err := unnamed.File(s.dir)
	if err != nil {
		return storage(err)
	}
	s.file = file
	if _, err := file.Write(s.mem); err != nil {
		return storage(err)
	}
	s.mem = nil
	return nil
}

// copyFrom takes the n bytes of src at off. Between two files the kernel copies them.
func (s *spool) copyFrom(src *source, off, n int64) error {
	from, isFile := src.file.(*os.File)
	if s.size+n > s.most {
		return errFull{s.most}
	}
	if src.file == nil {
		_, err := s.Write(src.mem[off : off+n])
		return err
	}
	if !isFile || s.file == nil && s.size+n <= held {
		_, err := io.Copy(s, io.NewSectionReader(src, off, n))
		return err
	}
	if err := s.toFile(); err != nil {
		return err
	}
	if _, err := from.Seek(off, io.SeekStart); err != nil {
		return storage(err)
	}
	copied, err := io.CopyN(s.file, from, n)
	s.size += copied
	if err != nil {
		return storage(err)
	}
	return nil
}

// close lets go of everything.
func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
	s.mem, s.file = nil, nil
}

// body returns what has been taken in as a request's body, which owns it from then on.
func (s *spool) body() *body {
	b := &body{store: &store{file: s.file}, mem: s.mem, size: s.size}
	if s.file == nil && b.mem == nil {
		b.mem = []byte{}
	}
	s.mem, s.file = nil, nil
	return b
}

// body is a request's body that has arrived, in memory or in a file. It gives the bytes to
// whoever is next in the same ways as guard/body does.
type body struct {
	*store
	mem    []byte // nil: it is in the file
	skip   int64  // bytes at the beginning of the file that do not count
	size   int64
	offset int64 // of the next Read
}

// store is what several views of a body share.
type store struct {
	mu     sync.Mutex
	file   *os.File
	closed bool
}

// Size returns the number of bytes.
func (b *body) Size() int64 { return b.size }

// Bytes returns the body, or nil when it is in a file or closed.
func (b *body) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	return b.mem
}

// File returns the file that has the body, positioned at its start, or nil when it is in
// memory or closed. Reading it does not move what Read returns.
func (b *body) File() *os.File {
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

// After returns b without its first n bytes; n must be less than b's size.
func (b *body) After(n int64) io.ReadCloser {
	if b.mem != nil {
		return b.With(b.mem[n:])
	}
	return &body{store: b.store, skip: b.skip + n, size: b.size - n}
}

// With returns a body that has the bytes of mem in the place of b's, which must be in
// memory.
func (b *body) With(mem []byte) io.ReadCloser {
	return &body{store: b.store, mem: mem, size: int64(len(mem))}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.offset >= b.size:
		return 0, io.EOF
	case b.mem != nil:
		n = copy(p, b.mem[b.offset:])
	default:
		p = p[:min(int64(len(p)), b.size-b.offset)]
		if n, err = b.file.ReadAt(p, b.skip+b.offset); n > 0 && err == io.EOF {
			err = nil
		}
	}
	b.offset += int64(n)
	return n, err
}

// Close gives back the memory or the file. Only the first call does anything.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	if b.file == nil {
		return nil
	}
	return b.file.Close()
}
