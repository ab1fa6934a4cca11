package upload

import (
	"bytes"
	"io"
)

// windowSize is how much of a body in a file is in memory at once (bytes).
const windowSize = 64 << 10

// source is a body that has arrived, for reading at any place: in memory or in a file.
type source struct {
	mem  []byte      // nil: it is in the file
	file io.ReaderAt // nil: it is in memory
	size int64

	window []byte // what has been read of the file last
	at     int64  // where that begins
	room   []byte
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off < 0 || off >= int64(len(s.mem)) {
		return 0, io.EOF
	}
	n := copy(p, s.mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// peek returns the n bytes at off, fewer where the body ends. n is windowSize at most. They
// are valid until the next call.
func (s *source) peek(off int64, n int) ([]byte, error) {
	if off >= s.size {
		return nil, nil
	}
	n = int(min(int64(n), s.size-off))
	if s.file == nil {
		return s.mem[off : off+int64(n)], nil
	}
	if off < s.at || off+int64(n) > s.at+int64(len(s.window)) {
		if s.room == nil {
			s.room = make([]byte, min(windowSize, s.size))
		}
		want := s.room[:min(int64(len(s.room)), s.size-off)]
		got, err := s.file.ReadAt(want, off)
		if got < len(want) { // the file is ours and has all of it
			return nil, storage(err)
		}
		s.window, s.at = want, off
	}
	from := off - s.at
	return s.window[from : from+int64(n)], nil
}

// index returns where needle is first found at or after from, -1 if it is nowhere.
func (s *source) index(needle []byte, from int64) (int64, error) {
	if s.file == nil {
		if from >= s.size {
			return -1, nil
		}
		if i := bytes.Index(s.mem[from:], needle); i >= 0 {
			return from + int64(i), nil
		}
		return -1, nil
	}
	for s.size-from >= int64(len(needle)) {
		n := windowSize
		if end := s.at + int64(len(s.window)); from >= s.at && end-from >= int64(len(needle)) {
			n = int(end - from) // what is there anyway
		}
		piece, err := s.peek(from, n)
		if err != nil {
			return 0, err
		}
		if i := bytes.Index(piece, needle); i >= 0 {
			return from + int64(i), nil
		}
		from += int64(len(piece) - len(needle) + 1)
	}
	return -1, nil
}
