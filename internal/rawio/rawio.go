// Package rawio reads from and writes to sockets without telling Go's scheduler about
// each system call.
//
// It stops no attack. A call on a socket that does not block takes a few microseconds,
// but on a busy machine the kernel may run something else in the middle of it; the
// runtime's monitor then takes the processor away from the goroutine and starts another
// thread, and stays awake to look every 20 µs. Serving small answers, that was a sixth of
// the front's CPU (docs/decisions/0004). Waiting still goes through the runtime's poller,
// so deadlines and Close work as always.
package rawio

import (
	"io"
	"syscall"
)

// IO does plain reads and writes on one socket. One goroutine at a time may read, and
// one may write.
type IO struct {
	conn syscall.RawConn

	// What the callbacks work on: stored here, so that no call allocates.
	in, out         []byte
	read, wrote     int
	readErr, outErr error
	onRead, onWrite func(fd uintptr) bool
	push            func(fd uintptr)
	before          func() // called when a Read is about to wait, or nil
}

// New returns an IO for a socket.
func New(socket syscall.Conn) (*IO, error) {
	conn, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	x := &IO{conn: conn}
	x.onRead, x.onWrite = x.readOrWait, x.writeMost
	x.push = func(fd uintptr) { x.writeMost(fd) }
	return x, nil
}

// Read implements io.Reader.
func (x *IO) Read(b []byte) (int, error) { return x.ReadBefore(b, nil) }

// ReadBefore is Read that calls before when there is nothing yet and it is about to wait:
// the place to set a deadline that is only for waiting.
func (x *IO) ReadBefore(b []byte, before func()) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	x.in, x.before = b, before
	return x.result(x.conn.Read(x.onRead))
}

func (x *IO) readOrWait(fd uintptr) (done bool) {
	if x.readOnce(fd) {
		return true
	}
	if before := x.before; before != nil {
		x.before = nil
		before()
	}
	return false
}

func (x *IO) result(err error) (int, error) {
	x.in, x.before = nil, nil
	switch {
	case err != nil:
		return 0, err
	case x.readErr != nil:
		return 0, x.readErr
	case x.read == 0:
		return 0, io.EOF
	}
	return x.read, nil
}

// readOnce says whether there was anything, if only an end or an error.
func (x *IO) readOnce(fd uintptr) (done bool) {
	x.read, x.readErr = 0, nil
	for {
		n, errno := rawRead(fd, x.in)
		switch errno {
		case 0:
			x.read = n
			return true
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			x.readErr = errno
			return true
		}
	}
}

// Write implements io.Writer.
func (x *IO) Write(b []byte) (int, error) {
	x.out, x.wrote, x.outErr = b, 0, nil
	return x.written(x.conn.Write(x.onWrite))
}

// TryWrite writes what the socket takes without waiting, whatever the deadline.
func (x *IO) TryWrite(b []byte) (int, error) {
	x.out, x.wrote, x.outErr = b, 0, nil
	return x.written(x.conn.Control(x.push))
}

func (x *IO) written(err error) (int, error) {
	x.out = nil
	if err == nil {
		err = x.outErr
	}
	return x.wrote, err
}

// writeMost says whether all was written, or nothing more can be.
func (x *IO) writeMost(fd uintptr) (done bool) {
	for x.wrote < len(x.out) {
		n, errno := rawWrite(fd, x.out[x.wrote:])
		switch errno {
		case 0:
			x.wrote += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			x.outErr = errno
			return true
		}
	}
	return true
}
