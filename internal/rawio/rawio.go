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
	once            bool // write what goes without waiting
}

// New returns an IO for a socket.
func New(socket syscall.Conn) (*IO, error) {
	conn, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	x := &IO{conn: conn}
	x.onRead, x.onWrite = x.tryRead, x.tryWrite
	return x, nil
}

// Read implements io.Reader.
func (x *IO) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	x.in, x.read, x.readErr = b, 0, nil
	err := x.conn.Read(x.onRead)
	x.in = nil
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

func (x *IO) tryRead(fd uintptr) (done bool) {
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
func (x *IO) Write(b []byte) (int, error) { return x.write(b, false) }

// TryWrite writes what the socket takes without waiting.
func (x *IO) TryWrite(b []byte) (int, error) { return x.write(b, true) }

func (x *IO) write(b []byte, once bool) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	x.out, x.wrote, x.outErr, x.once = b, 0, nil, once
	err := x.conn.Write(x.onWrite)
	x.out = nil
	if err == nil {
		err = x.outErr
	}
	return x.wrote, err
}

func (x *IO) tryWrite(fd uintptr) (done bool) {
	for x.wrote < len(x.out) {
		n, errno := rawWrite(fd, x.out[x.wrote:])
		switch errno {
		case 0:
			x.wrote += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return x.once
		default:
			x.outErr = errno
			return true
		}
	}
	return true
}
