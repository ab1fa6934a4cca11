package pool

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/rawio"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// socketBuffer is asked for on each side of the channel, so that an answer of the usual
// size is one write.
const socketBuffer = 512 << 10

// spawn starts a worker's process and sends it the shim. The worker is Importing.
func (p *Pool) spawn(slot int) (*worker, error) {
	var ours [3]*net.UnixConn
	var theirs [3]*os.File
	started := false
	defer func() {
		for i := range theirs {
			if theirs[i] != nil {
				theirs[i].Close()
			}
			if ours[i] != nil && !started {
				ours[i].Close()
			}
		}
	}()
	for i := range ours {
		var err error
		if ours[i], theirs[i], err = socketPair(); err != nil {
			return nil, err
		}
	}
	raw, err := rawio.New(ours[0])
	if err != nil {
		return nil, err
	}
	w := &worker{
		pool: p, slot: slot, started: time.Now(),
		channel: ours[0], io: raw, bell: ours[1], files: ours[2],
		calls: map[uint32]*Call{}, orphans: map[uint32]orphan{},
		booted: make(chan error, 1), retired: make(chan struct{}),
		drained: make(chan struct{}), exited: make(chan struct{}),
	}
	cmd := exec.Command(p.cfg.Python, "-c", shim.Bootstrap)
	cmd.Dir = p.cfg.Dir
	cmd.Env = p.environment()
	cmd.ExtraFiles = theirs[:]
	// Its own process group: Ctrl-C at the terminal is for the front, which stops the
	// workers once their requests are answered.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, said, err := p.captureOutput(cmd, slot)
	if err != nil {
		return nil, err
	}
	err = cmd.Start()
	output.Close()
	if err != nil {
		return nil, hint.With(fmt.Errorf("cannot start %s: %w", p.cfg.Python, err),
			"name the app's interpreter: fumehood run --python PATH ...")
	}
	w.proc, w.said, started = cmd.Process, said, true
	go w.reap()
	p.mu.Lock()
	p.workers = append(p.workers, w)
	p.mu.Unlock()
	if err := p.sendShim(w); err != nil {
		w.kill()
	}
	go w.readLoop()
	return w, nil
}

// lastWords is how long the reader may take for what a worker said before it ended.
const lastWords = 2 * time.Second

func (w *worker) reap() {
	w.exit, _ = w.proc.Wait()
	close(w.exited)
	// The reader still takes the worker's last words, up to the end of the channel. A child
	// of the app may hold that open: the worker is gone all the same.
	w.channel.SetReadDeadline(time.Now().Add(lastWords))
}

func (p *Pool) sendShim(w *worker) error {
	told := map[string]any{
		"target": p.cfg.Target, "threads": p.cfg.Threads, "workers": p.cfg.Workers,
		"bell": 4, "files": 5,
	}
	maps.Copy(told, p.cfg.Setup)
	setup, err := json.Marshal(told)
	if err != nil {
		return err
	}
	parts := shim.Parts()
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(parts)))
	for _, part := range append(parts, string(setup)) {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	w.channel.SetWriteDeadline(time.Now().Add(p.cfg.BootTimeout))
	defer w.channel.SetWriteDeadline(time.Time{})
	_, err = w.channel.Write(b)
	return err
}

// socketPair returns our end, for Go's poller, and the other, for a child process.
func socketPair() (*net.UnixConn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	for _, fd := range fds {
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, socketBuffer)
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, socketBuffer)
	}
	theirs := os.NewFile(uintptr(fds[1]), "worker's end")
	mine := os.NewFile(uintptr(fds[0]), "front's end")
	defer mine.Close() // FileConn works on a copy
	conn, err := net.FileConn(mine)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return conn.(*net.UnixConn), theirs, nil
}

// maxLine is the longest line of an app's output that becomes one log line.
const maxLine = 8 << 10

// captureOutput makes the app's standard output and error log lines. The returned file
// is the child's end, to be closed once it has started; said is closed when nothing more
// can come.
func (p *Pool) captureOutput(cmd *exec.Cmd, slot int) (_ io.Closer, said <-chan struct{}, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.Close()
		lines := bufio.NewReaderSize(r, maxLine)
		for {
			line, long, err := lines.ReadLine()
			if err != nil {
				return
			}
			if len(line) > 0 {
				p.log.Info("app", "worker", slot, "says", printable(line))
			}
			for long && err == nil { // the rest of a line without end
				_, long, err = lines.ReadLine()
			}
		}
	}()
	return w, done, nil
}

// printable makes a line of unknown origin safe to show: no control characters, valid
// UTF-8.
func printable(line []byte) string {
	s := strings.ToValidUTF8(string(line), string(utf8.RuneError))
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// describeExit says how the process of w ended, once it has been waited for.
func (w *worker) describeExit() string {
	state := w.exit
	if state == nil {
		return "no exit status"
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		if w.killed.Load() {
			return "killed by the front"
		}
		if status.Signal() == syscall.SIGKILL {
			return "killed by signal 9: the system may have been out of memory"
		}
		return "killed by " + status.Signal().String()
	}
	return state.String()
}

var errNoPython = errors.New("there is no Python interpreter")
