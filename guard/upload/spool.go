package upload

import (
	"fmt"
	"io"
	"os"

	"github.com/fumehood/fumehood/internal/unnamed"
	"github.com/fumehood/fumehood/internal/wholebody"
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
func (s *spool) body() *wholebody.Body {
	mem, file := s.mem, s.file
	s.mem, s.file = nil, nil
	if file != nil {
		return wholebody.InFile(file, s.size)
	}
	return wholebody.InMemory(mem, nil)
}
