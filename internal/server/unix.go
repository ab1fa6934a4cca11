package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/fumehood/fumehood/internal/hint"
)

// unixMode lets the owner and the group connect: the group is the front server's.
const unixMode = 0o660

// unixListener removes its socket when it is closed, if it is still its own.
type unixListener struct {
	*net.UnixListener
	path string
	made os.FileInfo
	once sync.Once
}

// Addr has the path that was asked for; the socket was made under another name.
func (l *unixListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

func (l *unixListener) Close() error {
	l.once.Do(func() {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
			os.Remove(l.path)
		}
	})
	return l.UnixListener.Close()
}

// listenUnix makes the socket under a name of its own and renames it, so that it never
// exists with other permissions, and a dead one in its place is replaced at one stroke.
func listenUnix(path string) (net.Listener, error) {
	if err := checkUnixPath(path); err != nil {
		return nil, err
	}
	own := path + "." + strconv.Itoa(os.Getpid())
	os.Remove(own) // left by a process that had this number before
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: own, Net: "unix"})
	if err != nil {
		return nil, unixError(path, err)
	}
	l.SetUnlinkOnClose(false)
	made, err := os.Lstat(own)
	if err == nil {
		err = os.Chmod(own, unixMode)
	}
	if err == nil {
		err = os.Rename(own, path)
	}
	if err != nil {
		os.Remove(own)
		l.Close()
		return nil, unixError(path, err)
	}
	return &unixListener{UnixListener: l, path: path, made: made}, nil
}

// checkUnixPath refuses a path where there is something else than a dead socket.
func checkUnixPath(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unixError(path, err)
	case info.Mode().Type() != fs.ModeSocket:
		return hint.With(fmt.Errorf("%s exists and is not a socket", path), "take another path: --bind unix:"+path+".sock")
	}
	conn, err := net.Dial("unix", path)
	switch {
	case err == nil:
		conn.Close()
		return hint.With(fmt.Errorf("another program listens on %s", path),
			"stop it, or take another path: --bind unix:"+path+"2")
	case errors.Is(err, syscall.ECONNREFUSED): // nobody answers: left by a server that was killed
		return nil
	}
	return unixError(path, err)
}

func unixError(path string, err error) error {
	advice := "make its folder, writable for the user that runs fumehood"
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENAMETOOLONG) {
		advice = "take a shorter path: a socket's may have about 100 characters"
	}
	return hint.With(fmt.Errorf("listen on unix:%s: %w", path, err), advice)
}
