// Package pool runs the worker processes and hands requests to them.
//
// It stops one request from harming another: a worker that hangs, dies, or writes
// garbage loses its own requests and is replaced; a late answer finds no one; the queue
// is bounded, so that overload is refused early and not collected. It does not stop what
// the app itself does (internal/box will). It stands between wsgi and the processes;
// [Pool.Submit] takes a request in, [Call.Wait] gives its answer out.
package pool

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/hint"
)

// Config says what to run and how much of it.
type Config struct {
	Target  string // "module:callable"
	Dir     string // working folder of the workers
	Python  string // interpreter
	Env     []string
	Workers int
	Threads int // most threads in a worker
	Queue   int // most requests that wait for a worker

	QueueTimeout time.Duration // 0: wait for ever
	BootTimeout  time.Duration
	DrainTimeout time.Duration // how long a worker that is replaced may finish what it has

	Spool   int64  // most bytes on disk that clients have not taken yet of their answers; 0 for none
	TempDir string // where they lie; "" for the system's folder

	// Setup is what more the workers are told at their start; News is called with each News
	// frame, and with a Hit that no request waits for, by the goroutine that reads from the worker.
	Setup map[string]any
	News  func(kind frame.Kind, payload []byte)

	Logger *slog.Logger
}

// prefetch is how many requests beyond its threads a brisk worker is sent, so that it has
// something to do while its last answers are on their way: a few short answers leave
// together (RESERVE in the shim is half of this).
const prefetch = 8

// brisk is how recent a worker's last answer must be for that.
const brisk = 5 * time.Millisecond

// Pool is a set of workers behind one bounded queue.
type Pool struct {
	cfg   Config
	log   *slog.Logger
	calls sync.Pool
	depot *depot
	kick  chan struct{} // something is under way: tick
	done  chan struct{}
	slots sync.WaitGroup

	mu          sync.Mutex
	workers     []*worker // every process that is not gone
	head, tail  *Call     // the queue
	waiting     int
	ticking     bool
	closed      bool
	about       About
	outstanding int
}

// New returns a pool that has not started anything.
func New(cfg Config) (*Pool, error) {
	var errs []error
	if cfg.Target == "" {
		errs = append(errs, errors.New("pool: no target"))
	}
	if cfg.Workers < 1 || cfg.Threads < 1 || cfg.Queue < 0 {
		errs = append(errs, fmt.Errorf("pool: %d workers, %d threads, queue of %d", cfg.Workers, cfg.Threads, cfg.Queue))
	}
	if cfg.Python == "" {
		errs = append(errs, errors.New("pool: no interpreter"))
	}
	if info, err := os.Stat(cfg.Dir); cfg.Dir != "" && (err != nil || !info.IsDir()) {
		errs = append(errs, hint.With(fmt.Errorf("%s is not a folder", cfg.Dir),
			"say where the app is: fumehood run --chdir FOLDER "+cfg.Target))
	}
	if cfg.BootTimeout <= 0 {
		cfg.BootTimeout = time.Minute
	}
	if cfg.DrainTimeout <= 0 {
		cfg.DrainTimeout = 30 * time.Second
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Pool{cfg: cfg, log: log, depot: newDepot(&cfg),
		kick: make(chan struct{}, 1), done: make(chan struct{})}, errors.Join(errs...)
}

// Submit gives c to a worker, or puts it into the queue. It returns ErrBusy or ErrClosed
// when there is no place for it; every other failure comes out of c.Wait.
func (p *Pool) Submit(c *Call) error {
	now := time.Now()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	w := p.pick(now)
	if w == nil {
		if p.waiting >= p.cfg.Queue {
			p.mu.Unlock()
			return ErrBusy
		}
		p.enqueue(c, now)
	} else {
		p.assign(w, c, now)
	}
	kick := !p.ticking
	p.ticking = true
	p.mu.Unlock()
	if w != nil {
		w.flush()
	}
	if kick {
		p.kick <- struct{}{}
	}
	return nil
}

// pick returns the ready worker with the least to do, or nil when all are full or deaf.
func (p *Pool) pick(now time.Time) *worker {
	var best *worker
	for _, w := range p.workers {
		if w.state.now() != Ready || w.rung >= deaf {
			continue
		}
		if w.load() < w.limit(now) && (best == nil || w.load() < best.load()) {
			best = w
		}
	}
	return best
}

func (p *Pool) enqueue(c *Call, now time.Time) {
	c.queuedAt = now
	c.deadline = time.Time{}
	if p.cfg.QueueTimeout > 0 {
		c.deadline = now.Add(p.cfg.QueueTimeout)
	}
	if p.tail == nil {
		p.head = c
	} else {
		p.tail.next = c
	}
	p.tail = c
	p.waiting++
}

// unqueue takes c out of the queue and says whether it was there.
func (p *Pool) unqueue(c *Call) bool {
	var before *Call
	for q := p.head; q != nil; before, q = q, q.next {
		if q != c {
			continue
		}
		if before == nil {
			p.head = q.next
		} else {
			before.next = q.next
		}
		if p.tail == q {
			p.tail = before
		}
		q.next = nil
		p.waiting--
		return true
	}
	return false
}

// assign gives c to w. The caller flushes w once p.mu is released.
func (p *Pool) assign(w *worker, c *Call, now time.Time) {
	if !c.queuedAt.IsZero() {
		c.Queued = now.Sub(c.queuedAt)
		c.queuedAt = time.Time{}
	}
	if w.load() < p.cfg.Threads {
		c.run(now) // there is a thread for it
	} else if c.deadline.IsZero() && p.cfg.QueueTimeout > 0 {
		c.deadline = now.Add(p.cfg.QueueTimeout) // until a thread takes it
	}
	c.worker, c.Slot, c.id = w, w.slot, w.newID()
	w.calls[c.id] = c
	p.outstanding++
	h := frame.Header{Kind: frame.Request, ID: c.id, Size: uint32(len(c.Frame) - frame.HeaderSize)}
	h.Flags = c.Frame[3] // what wsgi said of the body
	if h.Flags&frame.Streamed != 0 {
		c.taken(window)
	}
	if c.File != nil {
		h.Flags |= frame.WithFile
		if err := w.passFile(c.File); err != nil {
			go w.condemn(fmt.Errorf("cannot pass a file to it: %w", err)) // it logs; p.mu is held
		}
	}
	frame.Put(c.Frame, h)
	w.out = append(w.out, c.Frame...)
	w.sent++
	c.sent = w.sent
}

// refill gives waiting requests to w while it has room.
func (p *Pool) refill(w *worker, now time.Time) {
	for p.head != nil && w.state.now() == Ready && w.load() < w.limit(now) {
		c := p.head
		p.head = c.next
		if p.head == nil {
			p.tail = nil
		}
		c.next = nil
		p.waiting--
		p.assign(w, c, now)
	}
}

// release takes the call with the given id off its worker.
func (p *Pool) release(w *worker, id uint32) {
	if c := w.calls[id]; c != nil {
		c.over = true
	} else {
		w.abandoned--
		delete(w.orphans, id)
	}
	delete(w.calls, id)
	p.outstanding--
	if w.state.now() == Draining && len(w.calls) == w.abandoned {
		w.finished()
	}
}

// forget is Call.Close's part under the lock.
func (p *Pool) forget(c *Call) {
	p.mu.Lock()
	w := c.worker
	switch {
	case w == nil:
		p.unqueue(c)
		p.mu.Unlock()
		return
	case c.over:
		p.mu.Unlock()
		return
	}
	if w.calls[c.id] == c {
		w.calls[c.id] = nil
		w.abandoned++
		left := orphan{since: time.Now(), sent: c.sent, running: c.running, timeout: c.Timeout}
		if c.running && !c.begun {
			left.deadline = c.deadline // leaving early must not spare a stuck app its end
		}
		w.orphans[c.id] = left
		if w.state.now() == Draining && len(w.calls) == w.abandoned {
			w.finished()
		}
	}
	p.mu.Unlock()
	w.ring(bellCancel, c.id)
}

// sendFor sends a frame that belongs to c's request, if c is still under way.
func (p *Pool) sendFor(c *Call, h frame.Header, payload []byte) bool {
	p.mu.Lock()
	h.ID = c.id
	return p.sendAs(c, c.worker, h, payload)
}

// grant gives w credit for c as long as c is its request with the given id.
func (p *Pool) grant(c *Call, w *worker, id uint32, amount int) {
	if amount > 0 {
		p.mu.Lock()
		p.sendAs(c, w, frame.Header{Kind: frame.Credit, ID: id}, credit(amount))
	}
}

// sendAs sends a frame if it belongs to c. It is called with p.mu held and gives it up.
func (p *Pool) sendAs(c *Call, w *worker, h frame.Header, payload []byte) bool {
	if w == nil || c.over || w.calls[h.ID] != c {
		p.mu.Unlock()
		return false
	}
	w.out = frame.Append(w.out, h, payload)
	w.sent++
	p.mu.Unlock()
	w.flush()
	return true
}

// About returns what the first worker said of the app.
func (p *Pool) About() About {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.about
}

// Status is one worker as it is now.
type Status struct {
	Slot     int
	PID      int
	State    State
	Requests int  // under way
	Deaf     bool // something holds its interpreter's lock: it is given nothing new
	Since    time.Time
}

// Snapshot returns every worker process that is not gone.
func (p *Pool) Snapshot() []Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Status, 0, len(p.workers))
	for _, w := range p.workers {
		list = append(list, Status{w.slot, w.proc.Pid, w.state.now(), len(w.calls), w.rung >= deaf, w.started})
	}
	return list
}

// Waiting returns how many requests wait for a worker.
func (p *Pool) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting
}

// About is what a worker says of the app it imported.
type About struct {
	Python    string      `json:"python"`
	Module    string      `json:"module"`
	Kind      string      `json:"kind"`
	Framework string      `json:"framework"`
	Version   string      `json:"version"`
	Static    [][3]string `json:"static"`   // URL prefix, folder, seconds to cache or ""
	Sessions  [][2]string `json:"sessions"` // cookies that say who somebody is: name, "wide" or ""
	Trim      [2]bool     `json:"trim"`     // Jinja's trim_blocks and lstrip_blocks
	Changed   []string    `json:"changed"`  // what was changed for production

	Roots []string `json:"roots"` // the app's and the interpreter's folders

	// Templates are the folders of the app's templates, each with the prefix that the names
	// from it have; nil when they are not known. An entry without a folder stands for
	// templates that are no files.
	Templates [][2]string `json:"templates"`

	// URLs is a Flask app's URL map, as urlmap.New reads it; nil for another app.
	URLs json.RawMessage `json:"urls"`
	PID  int             `json:"pid"`

	// Sinks is what is watched in the worker: kind ("sql"), name ("sqlite3 3.40"), and why
	// it is not, "" if it is.
	Sinks [][3]string `json:"sinks"`
}

// BootError says why the app could not be imported.
type BootError struct {
	Err       error
	Traceback string // the app's own, may be empty
}

func (e *BootError) Error() string { return e.Err.Error() }
func (e *BootError) Unwrap() error { return e.Err }

// environment is what a worker's process gets.
func (p *Pool) environment() []string {
	env := p.cfg.Env
	if env == nil {
		env = os.Environ()
	}
	kept := make([]string, 0, len(env)+2)
	for _, entry := range env {
		if !strings.HasPrefix(entry, "FLASK_RUN_FROM_CLI=") {
			kept = append(kept, entry)
		}
	}
	// Flask then ignores an app.run() that the module calls while it is imported.
	return append(kept, "FLASK_RUN_FROM_CLI=true")
}
