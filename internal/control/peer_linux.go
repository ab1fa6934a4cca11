package control

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// peerOf returns the user who has connected (unix(7), SO_PEERCRED).
func peerOf(fd int) (uid int, err error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}

// shorten returns a path to name in dir that fits into the address of a socket: where dir is
// too long, one through a descriptor of it. done gives that back.
func shorten(dir, name string) (path string, done func(), err error) {
	if path = filepath.Join(dir, name); len(path) <= longestPath {
		return path, func() {}, nil
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	path = filepath.Join("/proc/self/fd", strconv.Itoa(fd), name)
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		unix.Close(fd)
		return "", nil, errors.New("the path of the control socket is too long, and /proc is not there: " + dir)
	}
	return path, func() { unix.Close(fd) }, nil
}
