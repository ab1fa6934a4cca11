package validate

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/unnamed"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// held is a body that can be read as often as it is needed.
type held struct {
	mem  []byte
	file *os.File
	size int64
}

func (h *held) reader() io.Reader {
	if h.file != nil {
		return io.NewSectionReader(h.file, 0, h.size) // the worker gets the file at its start
	}
	return bytes.NewReader(h.mem)
}

// bytes returns the body in memory, nil when it is longer than most.
func (h *held) bytes(most int) ([]byte, error) {
	switch {
	case h.size > int64(most):
		return nil, nil
	case h.file == nil:
		return h.mem, nil
	}
	b := make([]byte, h.size)
	if _, err := h.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, broken(err)
	}
	return b, nil
}

// inMemory is how much of a body that arrives is kept in memory (bytes). Bodies of many
// requests at once must not fill it.
const inMemory = 64 << 10

// mostForm is the longest form without rules that is read where guard/body has not done it.
const mostForm = 20 << 20

// bodyOf returns the body of r: what guard/body has made of it, or what arrives. That is read
// up to the cap for it, into memory or an unnamed file, and r.Body becomes what was read.
func (g *Guard) bodyOf(r *http.Request, kind content) (*held, error) {
	if whole, ok := r.Body.(wholebody.Whole); ok {
		return &held{whole.Bytes(), whole.File(), whole.Size()}, nil
	}
	below, most := r.Body, int64(g.caps.json)
	if kind == urlencodedContent && g.fields == nil {
		most = max(most, mostForm)
	}
	mem, err := io.ReadAll(io.LimitReader(below, min(most, inMemory)+1))
	a := &arrived{held: held{mem: mem, size: int64(len(mem))}, below: below}
	if err == nil && len(mem) > inMemory && most > inMemory {
		err = a.spill(g.tempDir, most)
	}
	r.Body = a
	switch {
	case err != nil:
		a.Reader = io.MultiReader(a.reader(), failing{err})
		return nil, broken(err)
	case a.size > most:
		a.Reader = io.MultiReader(a.reader(), below)
		return nil, g.bodyTooLong()
	case a.size == 0:
		r.Body = http.NoBody
	default:
		a.Reader = a.reader()
		r.Body = atHand{a}
	}
	r.ContentLength, r.TransferEncoding = a.size, nil
	return &a.held, nil
}

// arrived is a body that has been read.
type arrived struct {
	io.Reader
	held
	below io.ReadCloser
}

// spill puts what is in memory and what follows, up to one byte more than most, into a file.
func (a *arrived) spill(dir string, most int64) error {
	file, err := unnamed.File(dir)
	if err != nil {
		return &fumehood.Refusal{Status: http.StatusInternalServerError, Code: "validate.storage",
			Public: "Something went wrong on the server.", Err: err}
	}
	a.file = file
	n, err := file.Write(a.mem)
	if err == nil {
		var more int64
		more, err = io.Copy(file, io.LimitReader(a.below, most+1-int64(n)))
		a.size = int64(n) + more
	}
	if _, seek := file.Seek(0, io.SeekStart); err == nil {
		err = seek
	}
	a.mem = nil
	return err
}

// Close closes the file and what the body came from.
func (a *arrived) Close() error {
	if a.file != nil {
		a.file.Close()
		a.file = nil
	}
	return a.below.Close()
}

// atHand is a body that is whole, with the methods that guard/body's bodies have: package
// wsgi looks for them, so that nothing is copied.
type atHand struct{ *arrived }

// Bytes returns the body where it is in memory.
func (b atHand) Bytes() []byte { return b.mem }

// File returns the file with the body, at its start, where it is in one.
func (b atHand) File() *os.File { return b.file }

// Size returns the number of bytes.
func (b atHand) Size() int64 { return b.size }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
