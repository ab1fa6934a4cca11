package validate

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
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

// bodyOf returns the body of r: what guard/body has made of it, or what arrives. That is read
// up to the cap for JSON, and r.Body becomes what has been read.
func (g *Guard) bodyOf(r *http.Request, kind content) (*held, error) {
	if whole, ok := r.Body.(wholeBody); ok {
		return &held{whole.Bytes(), whole.File(), whole.Size()}, nil
	}
	most := int64(g.caps.json)
	if kind == urlencodedContent && g.fields == nil {
		most = max(most, r.ContentLength) // guard/limits has the cap for it
	}
	mem, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		r.Body = restored{io.MultiReader(bytes.NewReader(mem), failing{err}), r.Body}
		return nil, broken(err)
	}
	if int64(len(mem)) > most {
		r.Body = restored{io.MultiReader(bytes.NewReader(mem), r.Body), r.Body}
		return nil, g.bodyTooLong()
	}
	r.Body = &arrived{Reader: bytes.NewReader(mem), mem: mem, below: r.Body}
	r.ContentLength, r.TransferEncoding = int64(len(mem)), nil
	if len(mem) == 0 {
		r.Body = http.NoBody
	}
	return &held{mem: mem, size: int64(len(mem))}, nil
}

// arrived is a body that has been read into memory.
type arrived struct {
	*bytes.Reader
	mem   []byte
	below io.Closer
}

// Bytes, File and Size are what package wsgi looks for, so that nothing is copied.
func (a *arrived) Bytes() []byte { return a.mem }

// File is nil: the body is in memory.
func (a *arrived) File() *os.File { return nil }

// Size returns the number of bytes.
func (a *arrived) Size() int64 { return int64(len(a.mem)) }

// Close closes what the body came from.
func (a *arrived) Close() error { return a.below.Close() }

// restored is a body of which some has been read, as it was.
type restored struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
