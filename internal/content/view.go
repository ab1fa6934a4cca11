package content

import (
	"errors"
	"fmt"
	"io"
)

// What Inspect may cost for one file, however large it is.
const (
	headSize = 4096       // bytes for the magic
	tailSize = 22 + 1<<16 // bytes at the end in which readers look for the end record of a zip archive
	blockLen = 32 << 10   // bytes of one read
	maxWalk  = 256 << 20  // bytes that a walk reads
	maxSteps = 1 << 20    // parts that a walk steps over
	maxText  = 8 << 20    // bytes of a text that are looked at
	maxPad   = 64 << 10   // zeros and blanks behind the end
)

// view reads a file in blocks, within a budget.
type view struct {
	r    io.ReaderAt
	size int64

	block  []byte // the bytes at offset
	buffer []byte
	offset int64
	read   int64
	steps  int

	names []string // what the magic library calls it, most precise first
	zip   string   // the kind of the zip archive that it is
}

// fault says what is wrong with a structure.
func fault(reason Reason, format string, args ...any) error {
	return &Mismatch{Reason: reason, What: fmt.Sprintf(format, args...)}
}

// at returns n bytes at off, which are valid until the next call. n is at most blockLen.
// Bytes behind the end of the file are a fault.
func (v *view) at(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off > v.size-int64(n) {
		return nil, fault(Broken, "it ends too early")
	}
	if off < v.offset || off+int64(n) > v.offset+int64(len(v.block)) {
		if err := v.fill(off); err != nil {
			return nil, err
		}
	}
	i := off - v.offset
	return v.block[i : i+int64(n)], nil
}

// rest returns the bytes from off to the end of the block that holds it, at least one.
func (v *view) rest(off int64) ([]byte, error) {
	if _, err := v.at(off, 1); err != nil {
		return nil, err
	}
	return v.block[off-v.offset:], nil
}

func (v *view) fill(off int64) error {
	if v.buffer == nil {
		v.buffer = make([]byte, blockLen)
	}
	n := min(v.size-off, blockLen)
	if v.read += n; v.read > maxWalk {
		return fault(Broken, "it is too large to be looked through")
	}
	v.block = nil
	if got, err := v.r.ReadAt(v.buffer[:n], off); int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	v.offset, v.block = off, v.buffer[:n]
	return nil
}

// step counts one more part of a walk.
func (v *view) step() error {
	if v.steps++; v.steps > maxSteps {
		return fault(Broken, "it has too many parts")
	}
	return nil
}

// end says whether the file may end at off: there, or with zeros or blanks behind it, as
// some programs pad files.
func (v *view) end(off int64) error {
	if off > v.size {
		return fault(Broken, "it ends too early")
	}
	if v.size-off > maxPad {
		return fault(Trailing, "%d bytes lie behind its end", v.size-off)
	}
	for at := off; at < v.size; {
		block, err := v.rest(at)
		if err != nil {
			return err
		}
		for _, c := range block {
			if c != 0 && c != '\n' && c != '\r' && c != ' ' {
				return fault(Trailing, "%d bytes lie behind its end", v.size-off)
			}
		}
		at += int64(len(block))
	}
	return nil
}
