package rawio

import (
	"syscall"
	"unsafe"
)

// maxOnce bounds one call, as package poll does: it must stay a matter of microseconds.
const maxOnce = 256 << 10

func rawRead(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(min(len(b), maxOnce)))
	return int(n), errno
}

func rawWrite(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(min(len(b), maxOnce)))
	return int(n), errno
}
