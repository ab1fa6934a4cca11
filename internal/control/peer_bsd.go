//go:build darwin || freebsd

package control

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/hint"
)

// solLocal is SOL_LOCAL, the level of options of Unix sockets (sys/un.h).
const solLocal = 0

// peerOf returns the user who has connected (unix(4), LOCAL_PEERCRED).
func peerOf(fd int) (uid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}

// shorten returns the path to name in dir, if it fits into the address of a socket.
func shorten(dir, name string) (path string, done func(), err error) {
	if path = filepath.Join(dir, name); len(path) > longestPath {
		return "", nil, hint.With(fmt.Errorf("the path of the control socket is too long: %s", path),
			"take a shorter folder: --tls-storage /var/lib/fumehood")
	}
	return path, func() {}, nil
}
