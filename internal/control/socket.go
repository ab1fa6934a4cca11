package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

// longestPath is what every system takes as the path of a socket (bytes): 104 with the zero
// at the end on the BSDs and macOS, 108 on Linux (unix(7)).
const longestPath = 103

// listener removes its socket when it is closed, and lets in only whom it serves.
type listener struct {
	*net.UnixListener
	path  string
	close sync.Once
}

// Listen makes a socket of this server's own in dir, which must be a folder that belongs to
// this user only. Sockets at which nobody answers any more are removed.
func Listen(dir string) (net.Listener, error) {
	if err := own(dir); err != nil {
		return nil, err
	}
	sweep(dir)
	name := prefix + rand.Text()[:8] + ".sock" // a pid may be taken in another container
	short, done, err := shorten(dir, name)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen for commands in %s: %w", dir, err)
	}
	l.SetUnlinkOnClose(false)
	made := &listener{UnixListener: l, path: filepath.Join(dir, name)}
	if err := os.Chmod(made.path, 0o600); err != nil { // until now the folder has kept others out
		made.Close()
		return nil, err
	}
	return made, nil
}

// sweep removes the sockets that killed servers have left. A young one may be that of a
// server which is about to listen.
func sweep(dir string) {
	for _, name := range sockets(dir) {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		conn, err := dial(context.Background(), dir, name)
		if err == nil {
			conn.Close()
		} else if isDead(err) {
			os.Remove(path)
		}
	}
}

// own checks that nobody else reaches what is in dir.
func own(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if perm := info.Mode().Perm(); !info.IsDir() || perm&0o077 != 0 {
		return hint.With(fmt.Errorf("%s is open to other users (mode %04o)", dir, perm), "chmod 700 '"+dir+"'")
	}
	return nil
}

// Accept implements net.Listener. Whoever is neither this user nor root gets no answer.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		uid, err := peer(conn)
		if err == nil && (uid == 0 || uid == os.Geteuid()) {
			return conn, nil
		}
		conn.Close()
	}
}

// Addr has the whole path of the socket.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close implements net.Listener.
func (l *listener) Close() error {
	l.close.Do(func() { os.Remove(l.path) })
	return l.UnixListener.Close()
}

// peer returns the user at the other end.
func peer(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { uid, failed = peerOf(int(fd)) }); err != nil {
		return 0, err
	}
	return uid, failed
}

func dial(ctx context.Context, dir, name string) (net.Conn, error) {
	short, done, err := shorten(dir, name)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	return d.DialContext(ctx, "unix", short)
}

// isDead says whether nobody listens at a socket, or it has gone meanwhile.
func isDead(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)
}
