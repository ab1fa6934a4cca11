package pool

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/rawio"
)

// fakeWorker is a ready worker whose process has ended already: the test speaks for it.
func fakeWorker(t testing.TB, dead *os.Process) (p *Pool, w *worker, channel, files net.Conn) {
	t.Helper()
	p, err := New(Config{Target: "x:y", Python: "/none", Workers: 1, Threads: 4, Queue: 4})
	if err != nil {
		t.Fatal(err)
	}
	var ours [3]*net.UnixConn
	var theirs [3]net.Conn
	for i := range ours {
		conn, file, err := socketPair()
		if err != nil {
			t.Fatal(err)
		}
		if theirs[i], err = net.FileConn(file); err != nil {
			t.Fatal(err)
		}
		file.Close()
		ours[i] = conn
		t.Cleanup(func() { theirs[i].Close() })
	}
	raw, err := rawio.New(ours[0])
	if err != nil {
		t.Fatal(err)
	}
	w = &worker{
		pool: p, slot: 1, started: time.Now(), proc: dead,
		channel: ours[0], io: raw, bell: ours[1], files: ours[2],
		calls: map[uint32]*Call{}, orphans: map[uint32]orphan{},
		booted: make(chan error, 1), retired: make(chan struct{}),
		drained: make(chan struct{}), exited: make(chan struct{}),
	}
	close(w.exited)
	w.state.reach(Probing)
	w.state.reach(Ready)
	p.workers = append(p.workers, w)
	p.ticking = true // there is no tick loop to kick
	return p, w, theirs[0], theirs[2]
}

// deadProcess is a child that has ended and been waited for.
func deadProcess(t testing.TB) *os.Process {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process
}

// FuzzWorkerGarbage: whatever a worker writes, the reader of its channel neither panics nor
// hangs, every request comes to an end, and nothing is left over.
func FuzzWorkerGarbage(f *testing.F) {
	add := func(parts ...[]byte) {
		var b []byte
		for _, part := range parts {
			b = append(b, part...)
		}
		f.Add(b, byte(len(b)/2))
	}
	frameOf := func(kind frame.Kind, flags uint8, id uint32, payload string) []byte {
		return frame.Append(nil, frame.Header{Kind: kind, Flags: flags, ID: id}, []byte(payload))
	}
	head := "\x03\x00\x00\x00\x01\x00\x00\x00200body"
	add([]byte("hello from the app\n"))
	add(frameOf(frame.Answer, frame.End, 1, head), frameOf(frame.Answer, 0, 2, head), frameOf(frame.Piece, frame.End, 2, "more"))
	add(frameOf(frame.Answer, frame.End, 1, head), frameOf(frame.Answer, frame.End, 1, head))
	add(frameOf(frame.Piece, 0, 1, "no head"), frameOf(frame.Piece, 0, 9, "no request"))
	add(frameOf(frame.File, frame.End, 1, "0123456789abcdef"))
	add(frameOf(frame.Ready, 0, 0, `{"python": "3.99"}`), frameOf(frame.Failed, 0, 0, "{"), frameOf(frame.Pong, 0, 0, ""))
	add(frameOf(frame.Taken, 0, 1, "\xff\xff\xff\xff"), frameOf(frame.Taken, 0, 1, "short"), frameOf(frame.Error, frame.End, 1, "traceback"))
	add(frameOf(frame.Error, 0, 0, "later"), frameOf(frame.Stack, 0, 1, "stack"), frameOf(frame.Hints, 0, 1, "\x02\x00\x00\x00Link\x00x"))
	add(frameOf(frame.Request, 0, 1, ""), frameOf(99, 0xff, 1, ""))
	dead := deadProcess(f)
	f.Fuzz(func(t *testing.T, garbage []byte, cut byte) {
		p, w, channel, files := fakeWorker(t, dead)
		var calls sync.WaitGroup
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for range 2 {
			c := p.NewCall()
			if err := p.Submit(c); err != nil {
				t.Fatal(err)
			}
			calls.Go(func() {
				defer c.Close()
				readAnswer(ctx, t, c)
			})
		}
		go io.Copy(io.Discard, channel)
		done := make(chan struct{})
		go func() { w.readLoop(); close(done) }()
		at := min(int(cut), len(garbage))
		channel.Write(garbage[:at])
		channel.Write(garbage[at:])
		channel.Close()
		files.Close()
		select {
		case <-done:
		case <-ctx.Done():
			t.Fatal("the reader hangs")
		}
		calls.Wait()
		if p.outstanding != 0 || len(w.calls) != 0 || len(p.workers) != 0 || w.state.now() != Gone {
			t.Errorf("%d outstanding, %d calls, %d workers, %v", p.outstanding, len(w.calls), len(p.workers), w.state.now())
		}
	})
}

func readAnswer(ctx context.Context, t *testing.T, c *Call) {
	for {
		events, err := c.Wait(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			t.Error("a request never ends")
		}
		if err != nil {
			return
		}
		for _, e := range events {
			if e.File != nil {
				e.File.Close()
			}
			if e.Kind == frame.Piece {
				c.Consumed(len(e.Payload))
			}
			if e.End {
				return
			}
		}
	}
}

// TestWindowIsEnforced: a worker that sends without waiting for credit is ended before it
// fills the front's memory; one that keeps to its window is not.
func TestWindowIsEnforced(t *testing.T) {
	t.Parallel()
	dead := deadProcess(t)
	for name, c := range map[string]struct {
		kind    frame.Kind
		payload int
		times   int
		ended   bool
	}{
		"honest":              {frame.Piece, 64 << 10, 4, false},
		"honest, small parts": {frame.Piece, 1, 512, false},
		"large parts":         {frame.Piece, 1 << 20, 3, true},
		"empty parts":         {frame.Piece, 0, 5000, true},
		"hints without end":   {frame.Hints, 100 << 10, 200, true},
		"empty hints":         {frame.Hints, 0, 5000, true},
		"heads without end":   {frame.Answer, 1 << 20, 20, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, w, channel, _ := fakeWorker(t, dead)
			call := p.NewCall()
			defer call.Close()
			if err := p.Submit(call); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() { w.readLoop(); close(done) }()
			part := frame.Append(nil, frame.Header{Kind: c.kind, ID: 1}, make([]byte, c.payload))
			go func() {
				for range c.times {
					channel.Write(part)
				}
			}()
			if c.ended {
				select {
				case <-done:
				case <-time.After(10 * time.Second):
					t.Error("it is not ended")
				}
				return
			}
			got := 0
			for got < c.times*c.payload {
				events, err := call.Wait(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					got += len(e.Payload)
				}
			}
			channel.Close()
			<-done
		})
	}
}

// TestFileThatNeverCame: a worker that announces a descriptor and passes none does not hold
// the pool while others wait.
func TestFileThatNeverCame(t *testing.T) {
	t.Parallel()
	p, w, channel, _ := fakeWorker(t, deadProcess(t))
	call := p.NewCall()
	defer call.Close()
	if err := p.Submit(call); err != nil {
		t.Fatal(err)
	}
	var payload [16]byte
	binary.LittleEndian.PutUint64(payload[8:], 100)
	channel.Write(frame.Append(nil, frame.Header{Kind: frame.File, Flags: frame.End, ID: 1}, payload[:]))
	began := time.Now()
	w.readLoop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the pool was held for %v", took)
	}
	if _, err := call.Wait(context.Background()); !errors.Is(err, ErrDied) {
		t.Errorf("%v", err)
	}
}

// TestLogIsWrittenUnlocked: whoever reads the log may take as long as they like, and may
// ask the pool something, while other requests go on.
func TestLogIsWrittenUnlocked(t *testing.T) {
	t.Parallel()
	p, w, channel, _ := fakeWorker(t, deadProcess(t))
	log := &asking{pool: p}
	p.log = slog.New(log)
	var frames []byte
	frames = frame.Append(frames, frame.Header{Kind: frame.Stack}, []byte("where it was"))
	frames = frame.Append(frames, frame.Header{Kind: frame.Error}, []byte("too late"))
	channel.Write(frames)
	channel.Close()
	done := make(chan struct{})
	go func() { w.readLoop(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the pool is locked while its log is written")
	}
	if log.lines.Load() != 2 {
		t.Errorf("%d lines", log.lines.Load())
	}
}

// asking is a log that asks the pool how it is.
type asking struct {
	slog.Handler
	pool  *Pool
	lines atomic.Int32
}

func (a *asking) Enabled(context.Context, slog.Level) bool { return true }

func (a *asking) Handle(context.Context, slog.Record) error {
	a.pool.Snapshot()
	a.lines.Add(1)
	return nil
}
