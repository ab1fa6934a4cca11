package pool

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/unnamed"
)

// honest is a worker's side of one answer: pieces whose bytes are counted through, never
// more on the way than the window allows.
type honest struct {
	channel net.Conn
	mu      sync.Mutex
	news    *sync.Cond
	credit  int
	gone    bool
	sent    atomic.Int64
}

func newHonest(channel net.Conn) *honest {
	h := &honest{channel: channel, credit: window}
	h.news = sync.NewCond(&h.mu)
	go h.listen()
	return h
}

// listen takes the credit that comes.
func (h *honest) listen() {
	header := make([]byte, frame.HeaderSize)
	for {
		_, err := io.ReadFull(h.channel, header)
		payload := make([]byte, binary.LittleEndian.Uint32(header[8:]))
		if err == nil {
			_, err = io.ReadFull(h.channel, payload)
		}
		h.mu.Lock()
		if err != nil {
			h.gone = true
		} else if frame.Kind(header[2]) == frame.Credit {
			h.credit += int(binary.LittleEndian.Uint32(payload))
		}
		h.news.Broadcast()
		h.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// answer sends size bytes in pieces that random chooses.
func (h *honest) answer(size int, random *rand.Rand) {
	for done := 0; done < size; {
		n := min(1+random.IntN([]int{10, 2000, 64 << 10}[random.IntN(3)]), size-done)
		cost := max(n, pieceCost)
		h.mu.Lock()
		for h.credit < cost && !h.gone {
			h.news.Wait()
		}
		h.credit -= cost
		gone := h.gone
		h.mu.Unlock()
		if gone {
			return
		}
		piece := make([]byte, n)
		for i := range piece {
			piece[i] = counted(done + i)
		}
		h.channel.Write(frame.Append(nil, frame.Header{Kind: frame.Piece, ID: 1}, piece))
		done += n
		h.sent.Store(int64(done))
	}
	h.channel.Write(frame.Append(nil, frame.Header{Kind: frame.Piece, Flags: frame.End, ID: 1}, nil))
}

// counted is what stands at place i of an answer.
func counted(i int) byte { return byte(i) ^ byte(i>>8) ^ byte(i>>16) }

// spoolSetup is a call on a fake worker, its head taken, whose pool may use most bytes of
// disk. files counts the files made.
func spoolSetup(t *testing.T, most int64) (p *Pool, c *Call, h *honest, files *atomic.Int64) {
	t.Helper()
	p, w, channel, _ := fakeWorker(t, deadProcess(t))
	files = new(atomic.Int64)
	dir := t.TempDir()
	p.depot = newDepot(&Config{Spool: most})
	p.depot.open = func() (*os.File, error) {
		files.Add(1)
		return unnamed.File(dir)
	}
	c = p.NewCall()
	if err := p.Submit(c); err != nil {
		t.Fatal(err)
	}
	h = newHonest(channel)
	done := make(chan struct{})
	go func() { w.readLoop(); close(done) }()
	t.Cleanup(func() { channel.Close(); <-done })
	head := "\x03\x00\x00\x00\x01\x00\x00\x00200"
	channel.Write(frame.Append(nil, frame.Header{Kind: frame.Answer, ID: 1}, []byte(head)))
	if _, err := c.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	return p, c, h, files
}

// consume takes the answer as a client does that pause lets go on, and checks each byte.
func consume(t *testing.T, c *Call, size int, pause func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	got := 0
	for {
		events, err := c.Wait(ctx)
		if err != nil {
			t.Errorf("after %d bytes of %d: %v", got, size, err)
			return
		}
		for _, e := range events {
			if e.Kind != frame.Piece {
				continue
			}
			for i, b := range e.Payload {
				if b != counted(got+i) {
					t.Fatalf("byte %d is wrong", got+i)
				}
			}
			got += len(e.Payload)
			pause()
			c.Consumed(len(e.Payload))
			if e.End {
				if got != size {
					t.Errorf("%d bytes of %d", got, size)
				}
				return
			}
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// TestSpoolTakesTheWholeAnswer: for a client that takes nothing the worker is free after
// two looks at it, and the client gets every byte in the end.
func TestSpoolTakesTheWholeAnswer(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	p, c, h, files := spoolSetup(t, 256<<20)
	go h.answer(size, rand.New(rand.NewPCG(1, 1)))
	eventually(t, "the window is full", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.held > window/2+window/4 })
	p.sweep(time.Now())
	if files.Load() != 0 {
		t.Error("one look is no reason yet")
	}
	p.sweep(time.Now())
	eventually(t, "the worker is done", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.outstanding == 0 })
	eventually(t, "all is on disk", func() bool { return p.depot.used.Load() == size })
	c.mu.Lock()
	if waits := cap(c.arena); waits > 64<<10 {
		t.Errorf("%d bytes of memory for what is on disk", waits)
	}
	c.mu.Unlock()
	consume(t, c, size, func() {})
	c.Close()
	if used := p.depot.used.Load(); used != 0 || files.Load() != 1 {
		t.Errorf("%d bytes on disk, %d files", used, files.Load())
	}
}

// TestSpoolKeepsOrder: clients that stop and go on, at every possible moment, with room for
// little or much: no byte is lost, doubled or moved, and the bound holds.
func TestSpoolKeepsOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 2))
		most := int64(4<<20) << random.IntN(8)
		size := 1<<20 + random.IntN(4<<20)
		t.Run("", func(t *testing.T) {
			t.Parallel()
			p, c, h, _ := spoolSetup(t, most)
			go h.answer(size, rand.New(rand.NewPCG(seed, 3)))
			over := make(chan struct{})
			var sweeping sync.WaitGroup
			sweeping.Go(func() {
				for {
					select {
					case <-over:
						return
					case <-time.After(200 * time.Microsecond):
						p.sweep(time.Now())
						if used := p.depot.used.Load(); used > most/32 {
							t.Errorf("%d bytes on disk, of %d", used, most/32)
							return
						}
					}
				}
			})
			consume(t, c, size, func() {
				if random.IntN(20) == 0 {
					time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
				}
			})
			close(over)
			sweeping.Wait()
			c.Close()
			eventually(t, "the disk is given back", func() bool { return p.depot.used.Load() == 0 })
		})
	}
}

// TestSpoolIsNotForQuickClients: a client that takes a quarter of the window between two
// looks never costs a file.
func TestSpoolIsNotForQuickClients(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	p, c, h, files := spoolSetup(t, 1<<30)
	go h.answer(size, rand.New(rand.NewPCG(4, 4)))
	taken := 0
	consume(t, c, size, func() {
		if taken++; taken%400 == 0 { // 400 pieces of at least pieceCost
			p.sweep(time.Now())
		}
	})
	c.Close()
	if files.Load() != 0 {
		t.Errorf("%d files", files.Load())
	}
}

// TestSpoolWithoutRoom: with a full disk or none at all, the worker waits for the client as
// it would without a spool, nothing is lost, and the log is told once.
func TestSpoolWithoutRoom(t *testing.T) {
	t.Parallel()
	const size = 2 << 20
	for name, open := range map[string]func() (*os.File, error){
		"full":   func() (*os.File, error) { return os.OpenFile("/dev/full", os.O_RDWR, 0) },
		"absent": func() (*os.File, error) { return nil, os.ErrNotExist },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c, h, _ := spoolSetup(t, 1<<30)
			var log strings.Builder
			p.log = slog.New(slog.NewTextHandler(&log, nil))
			p.depot.open = open
			go h.answer(size, rand.New(rand.NewPCG(5, 5)))
			eventually(t, "the window is full", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.held > window/2+window/4 })
			for range 10 {
				p.sweep(time.Now())
			}
			eventually(t, "it has been tried", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.noSpool && !c.spool.running
			})
			for range 10 {
				p.sweep(time.Now())
			}
			if sent := h.sent.Load(); sent > 2*window {
				t.Errorf("the worker sent %d bytes that nobody took", sent)
			}
			consume(t, c, size, func() {})
			c.Close()
			if used := p.depot.used.Load(); used != 0 {
				t.Errorf("%d bytes on disk", used)
			}
			if n := strings.Count(log.String(), "no room on disk"); n != 1 {
				t.Errorf("%d lines in the log", n)
			}
		})
	}
}

// TestSpoolOfACallThatIsClosed, at whatever moment, leaves no file and no worker waiting.
func TestSpoolOfACallThatIsClosed(t *testing.T) {
	t.Parallel()
	for _, during := range []bool{false, true} {
		p, c, h, _ := spoolSetup(t, 1<<30)
		inner := p.depot.open
		opened, goOn := make(chan *os.File, 1), make(chan struct{})
		p.depot.open = func() (*os.File, error) {
			f, err := inner()
			opened <- f
			<-goOn
			return f, err
		}
		go h.answer(1<<20, rand.New(rand.NewPCG(6, 6)))
		eventually(t, "the window is full", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.held > window/2+window/4 })
		p.sweep(time.Now())
		p.sweep(time.Now())
		file := <-opened
		if !during {
			close(goOn)
			eventually(t, "something is on disk", func() bool { return p.depot.used.Load() > 0 && !c.spoolMoving() })
		}
		c.Close()
		if during {
			close(goOn)
		}
		eventually(t, "the file is closed", func() bool {
			_, err := file.Stat()
			return errors.Is(err, os.ErrClosed) && p.depot.used.Load() == 0
		})
	}
}

func (c *Call) spoolMoving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spool != nil && c.spool.moving
}

// TestSpoolIsShared: however many greedy answers came before, another one finds some room,
// and all together stay within the bound.
func TestSpoolIsShared(t *testing.T) {
	t.Parallel()
	const most = 1 << 30
	d := newDepot(&Config{Spool: most})
	for n := range 500 {
		has := int64(0)
		for d.reserve(has, 64<<10) {
			has += 64 << 10
		}
		if n == 0 && has < 30<<20 {
			t.Errorf("the first got %d bytes", has)
		}
		if n == 100 && has < 1<<20 {
			t.Errorf("after %d greedy ones, another got %d bytes", n, has)
		}
	}
	if used := d.used.Load(); used > most {
		t.Errorf("%d bytes in all", used)
	}
	if newDepot(&Config{}).reserve(0, 1) {
		t.Error("room where there is none")
	}
}
