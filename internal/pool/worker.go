package pool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/rawio"
)

// What the bell says; the numbers stand in the shim too.
const (
	bellWake   = 1
	bellCancel = 2
	bellDump   = 3
	bellStop   = 4
)

// worker is one Python process and the sockets to it.
type worker struct {
	pool    *Pool
	slot    int
	state   machine
	proc    *os.Process
	started time.Time

	channel *net.UnixConn // frames, both ways
	io      *rawio.IO     // the same, for what does not wait
	bell    *net.UnixConn // short orders to the watcher thread
	files   *net.UnixConn // descriptors, both ways

	booted   chan error      // nil once it is ready, else why it never will be
	retired  chan struct{}   // closed when the slot needs another process
	drained  chan struct{}   // closed when nothing that somebody waits for is left
	exited   chan struct{}   // closed when the process has been waited for
	said     <-chan struct{} // closed when all that it printed has been logged
	exit     *os.ProcessState
	killed   atomic.Bool // by the front
	replaced atomic.Bool // by the front, in an orderly way

	toLog []remark // the reader's own

	once struct{ booted, retired, drained sync.Once }

	// Guarded by pool.mu.
	calls     map[uint32]*Call // nil: nobody waits for that answer any more
	abandoned int
	orphans   map[uint32]orphan // of the abandoned
	lastID    uint32
	out       []byte // frames to be written
	spare     []byte
	writing   bool
	sent      uint32 // frames sent
	read      uint32 // frames that the worker says it has read
	heard     uint64 // frames received
	heardTick uint64 // the same at the last tick
	silence   int    // ticks without a word
	rung      int    // times in a row that the bell rang in vain
	answered  time.Time
	streak    int // answers that each came soon after the one before
}

// orphan is a request whose client has left and that the worker still has.
type orphan struct {
	since    time.Time
	sent     uint32        // as in Call
	running  bool          // as in Call; what is not is dropped when its turn comes
	timeout  time.Duration // as in Call
	deadline time.Time     // for the beginning of the answer, zero for none
}

func (w *worker) load() int { return len(w.calls) }

// limit is how many requests w may have. Only a worker that has been quick for a while is
// sent more than it has threads: what waits inside a worker cannot go to another one.
func (w *worker) limit(now time.Time) int {
	if now.Sub(w.answered) >= brisk {
		return w.pool.cfg.Threads
	}
	return w.pool.cfg.Threads + min(prefetch, w.streak/prefetch)
}

func (w *worker) newID() uint32 {
	for {
		w.lastID++
		if _, used := w.calls[w.lastID]; !used && w.lastID != 0 {
			return w.lastID
		}
	}
}

func (w *worker) bootedWith(err error) {
	w.once.booted.Do(func() { w.booted <- err; close(w.booted) })
}
func (w *worker) retire()   { w.once.retired.Do(func() { close(w.retired) }) }
func (w *worker) finished() { w.once.drained.Do(func() { close(w.drained) }) }

// flush writes what is queued for the worker. It never blocks: what the socket does not
// take at once is left to a goroutine, because the caller may be the one that reads.
func (w *worker) flush() {
	p := w.pool
	p.mu.Lock()
	if w.writing {
		p.mu.Unlock()
		return // whoever writes takes ours along
	}
	w.writing = true
	for len(w.out) > 0 {
		buf := w.out
		w.out = w.spare[:0]
		p.mu.Unlock()
		n, _ := w.io.TryWrite(buf) // an error shows in the reader
		if n < len(buf) {
			rest := append([]byte(nil), buf[n:]...)
			p.mu.Lock()
			w.spare = buf
			p.mu.Unlock()
			go w.writeRest(rest)
			return
		}
		p.mu.Lock()
		w.spare = buf
	}
	w.writing = false
	p.mu.Unlock()
}

func (w *worker) writeRest(rest []byte) {
	p := w.pool
	for {
		if _, err := w.channel.Write(rest); err != nil {
			return // the worker is gone; writing stays set so that nobody tries again
		}
		p.mu.Lock()
		if len(w.out) == 0 {
			w.writing = false
			p.mu.Unlock()
			return
		}
		rest, w.out = w.out, nil
		p.mu.Unlock()
	}
}

// ring gives the watcher thread an order. It never waits: a full bell is no loss, for the
// worker has more orders than it can take and its process is watched from outside as well.
func (w *worker) ring(order, id uint32) {
	var message [8]byte
	binary.LittleEndian.PutUint32(message[:], order)
	binary.LittleEndian.PutUint32(message[4:], id)
	raw, err := w.bell.SyscallConn()
	if err != nil {
		return
	}
	raw.Write(func(fd uintptr) bool {
		syscall.Write(int(fd), message[:])
		return true
	})
}

// passTime bounds how long one deaf worker may keep all others waiting.
const passTime = 10 * time.Millisecond

// passFile sends a descriptor ahead of the frame that speaks of it. Both orders are kept
// by pool.mu, which the caller holds, so it hardly waits: the socket has room for far more
// descriptors than a worker has requests.
func (w *worker) passFile(f *os.File) error {
	raw, err := w.files.SyscallConn()
	if err != nil {
		return err
	}
	rights := syscall.UnixRights(int(f.Fd()))
	// Without the deadline first: on a busy machine it may pass before the first attempt.
	var sent error
	err = raw.Control(func(fd uintptr) {
		sent = syscall.Sendmsg(int(fd), []byte{'f'}, rights, nil, syscall.MSG_DONTWAIT)
	})
	if err = errors.Join(err, sent); !errors.Is(err, syscall.EAGAIN) {
		return err
	}
	w.files.SetWriteDeadline(time.Now().Add(passTime))
	_, _, err = w.files.WriteMsgUnix([]byte{'f'}, rights, nil)
	return err
}

// takeFile takes the descriptor that came ahead of a frame. It never waits: pool.mu is
// held, and an honest worker has sent it by now.
func (w *worker) takeFile() (*os.File, error) {
	var b [1]byte
	var n int
	oob := make([]byte, syscall.CmsgSpace(4))
	raw, err := w.files.SyscallConn()
	if err != nil {
		return nil, err
	}
	var received error
	err = raw.Read(func(fd uintptr) bool {
		_, n, _, _, received = syscall.Recvmsg(int(fd), b[:], oob, syscall.MSG_DONTWAIT)
		return true
	})
	if err = errors.Join(err, received); err != nil {
		return nil, fmt.Errorf("%w: no descriptor came with the frame: %w", frame.ErrGarbage, err)
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) != 1 {
		return nil, errors.New("no descriptor came with the frame")
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, errors.New("no descriptor came with the frame")
	}
	syscall.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "file of the app"), nil
}

// condemn ends a worker that cannot be trusted or used any more. It is called without
// pool.mu held, for a log may be slow; the reader does the rest when the socket closes.
func (w *worker) condemn(err error) {
	w.pool.log.Error("worker condemned", "worker", w.slot, "pid", w.proc.Pid, "cause", err)
	w.kill()
}

// abort ends the process, which says first where it was: its threads cannot do that while
// one of them holds the interpreter's lock.
func (w *worker) abort() {
	w.killed.Store(true)
	w.proc.Signal(syscall.SIGABRT)
	select {
	case <-w.exited:
	case <-time.After(lastBreath):
	}
	w.kill()
}

// kill ends the process at once.
func (w *worker) kill() {
	w.killed.Store(true)
	w.proc.Kill()
}

// lost is called once, when the channel has ended: nothing more will come.
func (w *worker) lost() {
	p := w.pool
	p.mu.Lock()
	w.state.reach(Gone)
	for id, c := range w.calls {
		if c != nil {
			c.over = true
			c.fail(ErrDied)
		}
		delete(w.calls, id)
		p.outstanding--
	}
	w.abandoned = 0
	w.finished()
	for i, other := range p.workers {
		if other == w {
			p.workers = append(p.workers[:i], p.workers[i+1:]...)
			break
		}
	}
	p.mu.Unlock()
	select {
	case <-w.exited: // it went by itself, for the reason that exit tells
	case <-time.After(lastBreath):
		w.kill() // a process without its channel serves nobody
	}
	w.channel.Close()
	w.bell.Close()
	w.files.Close()
	<-w.exited
	w.bootedWith(hint.With(fmt.Errorf("the worker ended while it imported the app (%s)", w.describeExit()),
		"what the app said before is in the log above"))
	w.retire()
}
