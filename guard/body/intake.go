package body

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/unnamed"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// The buffer that a body begins in (bytes): what a client has not sent yet costs nothing.
const (
	firstKnown   = 32 << 10
	firstUnknown = 4 << 10
	passing      = 16 << 10 // where there is no memory and all goes on to the file
)

// intake is a body on its way in.
type intake struct {
	g        *Guard
	declared int64 // -1 for unknown
	buf      []byte
	used     int      // of buf
	reserved int      // of the memory that all bodies share
	file     *os.File // nil as long as buf has everything
	written  int64    // to file
	probe    [1]byte
}

// read reads src to its end. The caller closes what it returns.
func (g *Guard) read(src io.Reader, declared int64) (*Whole, error) {
	in := &intake{g: g, declared: declared}
	first := int64(firstUnknown)
	if declared >= 0 {
		first = min(declared, firstKnown)
	}
	if declared != 0 {
		if err := in.grow(min(first, int64(g.cfg.Memory))); err != nil {
			return nil, in.fail(err)
		}
	}
	for {
		room := in.buf[in.used:]
		complete := declared >= 0 && in.written+int64(in.used) == declared
		if complete {
			room = in.probe[:] // only the end can come now
		} else if len(room) == 0 {
			if err := in.makeRoom(); err != nil {
				return nil, in.fail(err)
			}
			room = in.buf[in.used:]
		}
		n, err := src.Read(room)
		if complete && n > 0 {
			return nil, in.fail(truncated(fmt.Errorf("more than the declared %d bytes", declared)))
		}
		in.used += n
		if err == io.EOF {
			return in.whole()
		}
		if err != nil {
			return nil, in.fail(err)
		}
	}
}

// makeRoom is called when buf is full: it grows, or what it has goes to the file.
func (in *intake) makeRoom() error {
	has, memory := int64(len(in.buf)), int64(in.g.cfg.Memory)
	switch {
	case in.file != nil || has >= memory || in.declared > memory:
		return in.flush()
	case in.declared >= 0:
		return in.grow(in.declared)
	}
	return in.grow(min(4*has, memory))
}

// grow gives buf n bytes, or turns to the file where the memory that all bodies share has
// no room for them.
func (in *intake) grow(n int64) error {
	more := int(n) - len(in.buf)
	if n == 0 || !in.g.memory.reserve(more) {
		return in.flush()
	}
	in.reserved += more
	larger := make([]byte, n)
	copy(larger, in.buf[:in.used])
	in.buf = larger
	return nil
}

// flush writes what buf has to the file.
func (in *intake) flush() error {
	if in.file == nil {
		file, err := unnamed.File(in.g.cfg.TempDir)
		if err != nil {
			return storage(err)
		}
		in.file = file
	}
	if len(in.buf) == 0 {
		in.buf = make([]byte, passing)
	}
	n, err := in.file.Write(in.buf[:in.used])
	in.written += int64(n)
	in.used = 0
	if err != nil {
		return storage(err)
	}
	return nil
}

// whole returns what has come in, which is everything.
func (in *intake) whole() (*Whole, error) {
	if in.file == nil {
		return wholebody.InMemory(in.buf[:in.used:in.used], in.giveBack), nil
	}
	if err := in.flush(); err != nil {
		return nil, in.fail(err)
	}
	in.giveBack()
	return wholebody.InFile(in.file, in.written), nil
}

// fail lets go of everything and returns err.
func (in *intake) fail(err error) error {
	in.giveBack()
	if in.file != nil {
		in.file.Close()
	}
	return err
}

func (in *intake) giveBack() {
	in.g.memory.held.Add(-int64(in.reserved))
	in.buf, in.reserved = nil, 0
}

// storage is the refusal of a body that could not be written to its file.
func storage(cause error) error {
	refusal := &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "body.storage",
		Public: "Something went wrong on the server.", Err: cause, CloseConn: true,
	}
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		refusal.Status, refusal.Code = http.StatusInsufficientStorage, "body.no-space"
		refusal.Public = "The server has no room for the body of this request at the moment."
	}
	return refusal
}
