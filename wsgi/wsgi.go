// Package wsgi is an http.Handler that serves one Python WSGI app (PEP 3333): the environ
// is built here, the app runs in worker processes, and its answer is checked here before
// a byte of it goes out.
//
// It stops header smuggling into the environ (underscore twins, Proxy, hop-by-hop), a
// broken or hostile answer (CR, LF or NUL in a field, a length that lies), and a worker
// from taking more than its own requests along. It does not judge what the request asks
// for: that is what the guards outside it do. It belongs innermost, after guard/body,
// which hands it whole bodies; without guard/body it streams them.
package wsgi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// Config says which app to serve and with what.
type Config struct {
	Target string // "module:callable", "module:create_app()", "module"
	Dir    string // the folder that the app is imported from
	Python string // interpreter; empty: found as [pool.Interpreter] describes
	Env    []string

	Workers int // processes
	Threads int // most threads in each
	Queue   int // most requests that wait for a worker

	QueueTimeout time.Duration // for a place in a worker, then 503
	BootTimeout  time.Duration // for the import of the app
	DrainTimeout time.Duration // for the requests of a worker that is replaced

	// Spool is how much of the answers that slow clients have not taken yet may lie on
	// disk, all together; one answer may have a 32nd of what is left of it. What is beyond
	// holds the thread that makes it. 0 means 1 GB, below 0 nothing.
	Spool fumehood.Size

	// TempDir is the folder for that and for long request bodies; empty means the
	// system's. Such files have no name.
	TempDir string

	// Timeout is how long the app may take to begin the answer to r, 0 for ever.
	Timeout func(r *http.Request) time.Duration

	Sinks    Sinks
	Listener Listener
	Logger   *slog.Logger
}

// App serves one WSGI app. It is an http.Handler once Start has returned.
type App struct {
	pool     *pool.Pool
	listener Listener
	tempDir  string
	timeout  func(*http.Request) time.Duration
	log      *slog.Logger
	sinks    Sinks
	said     sinkNews
	flood    flood
}

// defaultSpool is what Config.Spool means when it is 0.
const defaultSpool = fumehood.GB

// New checks cfg and returns an App that has not started a process.
func New(cfg Config) (*App, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	python, _, err := pool.Interpreter(cfg.Python, cfg.Dir, os.Getenv)
	if err != nil {
		return nil, err
	}
	if cfg.Spool == 0 {
		cfg.Spool = defaultSpool
	}
	a := &App{listener: cfg.Listener, tempDir: cfg.TempDir, timeout: cfg.Timeout, log: cfg.Logger, sinks: cfg.Sinks}
	a.flood.log = cfg.Logger
	a.pool, err = pool.New(pool.Config{
		Target: cfg.Target, Dir: cfg.Dir, Python: python, Env: cfg.Env,
		Workers: cfg.Workers, Threads: cfg.Threads, Queue: cfg.Queue,
		QueueTimeout: cfg.QueueTimeout, BootTimeout: cfg.BootTimeout, DrainTimeout: cfg.DrainTimeout,
		Spool: int64(cfg.Spool), TempDir: cfg.TempDir, Logger: cfg.Logger,
		Setup: cfg.Sinks.setup(), News: a.news,
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Start starts the workers and returns when all are ready, or why the app cannot be
// imported (see [pool.BootError]).
func (a *App) Start(ctx context.Context) error { return a.pool.Start(ctx) }

// Close ends the workers; the requests they have may finish until ctx ends.
func (a *App) Close(ctx context.Context) {
	a.pool.Close(ctx)
	a.flood.end()
}

// Pool is what runs the workers.
func (a *App) Pool() *pool.Pool { return a.pool }

// inlineBody is the longest body that travels inside its frame.
const inlineBody = 64 << 10

// ServeHTTP implements http.Handler.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := a.pool.NewCall()
	defer call.Close()
	streamed, err := a.prepare(call, r)
	if err != nil {
		fumehood.Refuse(w, r, err)
		return
	}
	if err := a.pool.Submit(call); err != nil {
		fumehood.Refuse(w, r, refusalFor(err))
		return
	}
	if streamed {
		defer a.startPump(w, r, call)()
	}
	answer := answer{app: a, w: w, r: r, call: call, left: -1}
	defer answer.moreHits() // also where run panics, to end the connection
	answer.run()
	if x := fumehood.ExchangeOf(r.Context()); x != nil {
		x.Worker, x.Queued = call.Slot, call.Queued
	}
}

// prepare builds the request's frame.
func (a *App) prepare(call *pool.Call, r *http.Request) (streamed bool, err error) {
	size := int64(-1)
	var inline []byte
	flags := uint8(0)
	switch body := r.Body.(type) {
	case nil:
	case wholebody.Whole: // guard/body has made it
		size, inline = body.Size(), body.Bytes()
		if f := body.File(); f != nil {
			call.File = f
		}
	default:
		if body != http.NoBody && r.ContentLength != 0 {
			streamed, flags, size = true, frame.Streamed, r.ContentLength
		}
	}
	if size < 0 && !streamed && r.Method != http.MethodGet && r.Method != http.MethodHead {
		size = 0
	}
	if len(inline) > inlineBody {
		if call.File, err = spill(a.tempDir, inline); err != nil {
			return false, err
		}
		call.OwnFile, inline = true, nil
	}
	call.Frame, err = appendEnviron(call.Frame, r, a.listener, size)
	if err != nil {
		return false, &fumehood.Refusal{
			Status: http.StatusBadRequest, Code: "wsgi.nul",
			Public: "The request holds a character that is never valid.", Err: err,
		}
	}
	if a.sinks.Settings != nil {
		var some bool
		if call.Frame, some, err = appendValues(call.Frame, r); err != nil {
			return false, err
		}
		if some {
			flags |= frame.WithValues
		}
	}
	call.Frame = append(call.Frame, inline...)
	call.Frame[3] = flags
	if a.timeout != nil {
		call.Timeout = a.timeout(r)
	}
	return streamed, nil
}

// lastBytes is how long the end of a streamed body is waited for once the app has
// answered.
const lastBytes = 50 * time.Millisecond

// startPump sends the request body to the worker as it arrives. The returned function
// ends that: r.Body must not be read once the handler has returned.
func (a *App) startPump(w http.ResponseWriter, r *http.Request, call *pool.Call) (stop func()) {
	// Without it, net/http reads the rest of the body itself when the answer begins.
	http.NewResponseController(w).EnableFullDuplex()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := pump(call, r.Body); err != nil {
			call.Fail(err) // the app must not take a part for the whole
		}
	}()
	return func() {
		call.Abandon()
		select {
		case <-done:
			return
		case <-time.After(lastBytes):
		}
		// The answer came before the end of the body: no more of it is wanted. net/http
		// takes a passed deadline for a client that went away, so it must not be set
		// while the end of the body may already have been read.
		rc := http.NewResponseController(w)
		if r.Context().Err() == nil {
			rc.Flush()
		}
		rc.SetReadDeadline(time.Unix(1, 0))
		<-done
	}
}

func pump(call *pool.Call, body io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		end := errors.Is(err, io.EOF)
		if n > 0 || end {
			if call.SendBody(buf[:n], end) != nil {
				return nil // the answer is over
			}
		}
		if end {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// refusalFor says to the client what a call without an answer means.
func refusalFor(err error) error {
	refusal := &fumehood.Refusal{Status: http.StatusServiceUnavailable, RetryAfter: 2 * time.Second, Err: err}
	switch {
	case errors.Is(err, pool.ErrBusy):
		refusal.Code, refusal.Public = "pool.busy", "The server has too much to do right now."
	case errors.Is(err, pool.ErrQueueTimeout):
		refusal.Code, refusal.Public = "pool.queue-timeout", "The server has too much to do right now."
	case errors.Is(err, pool.ErrClosed):
		refusal.Code, refusal.Public = "pool.stopping", "The server is being restarted."
	case errors.Is(err, pool.ErrTimeout):
		refusal.Status, refusal.RetryAfter = http.StatusGatewayTimeout, 0
		refusal.Code, refusal.Public = "pool.timeout", "The site took too long to answer."
	case errors.Is(err, pool.ErrDied):
		refusal.Status, refusal.RetryAfter = http.StatusBadGateway, 0
		refusal.Code, refusal.Public = "pool.worker-died", "The site stopped while it worked on this request."
	case errors.Is(err, io.ErrUnexpectedEOF):
		refusal.Status, refusal.RetryAfter = http.StatusBadRequest, 0
		refusal.Code, refusal.Public = "wsgi.body-truncated", "The request broke off."
	default:
		return err
	}
	return refusal
}
