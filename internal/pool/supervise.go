package pool

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

// Start starts every worker and returns when all are ready. When one cannot import the
// app, all are stopped and its BootError is returned: nothing stays half-started.
// Afterwards each slot is kept filled until Close.
func (p *Pool) Start(ctx context.Context) error {
	first := make(chan error, p.cfg.Workers)
	for slot := 1; slot <= p.cfg.Workers; slot++ {
		p.slots.Add(1)
		go func() {
			defer p.slots.Done()
			p.keep(slot, first)
		}()
	}
	go p.tickLoop()
	for range p.cfg.Workers {
		var err error
		select {
		case err = <-first:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			stopped, cancel := context.WithCancel(ctx)
			cancel() // nobody waits for an answer yet
			p.Close(stopped)
			return err
		}
	}
	return nil
}

// The waits between two attempts to start a worker that keeps failing.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 10 * time.Second
	backoffWell  = time.Second      // when it could start: what it was asked ended it
	settled      = 10 * time.Second // a worker that lived this long was well
)

// keep fills one slot again and again until the pool closes.
func (p *Pool) keep(slot int, first chan<- error) {
	backoff := time.Duration(0)
	for attempt := 0; ; attempt++ {
		if backoff > 0 && !p.isClosed() {
			p.log.Warn("worker starts again", "worker", slot, "after_ms", backoff.Milliseconds())
			select {
			case <-time.After(backoff):
			case <-p.done:
				return
			}
		}
		if p.isClosed() {
			return
		}
		w, err := p.boot(slot)
		if attempt == 0 {
			first <- err
			if err != nil {
				return
			}
		}
		lived := time.Duration(0)
		if err == nil {
			began := time.Now()
			select {
			case <-w.retired:
			case <-p.done:
				return
			}
			lived = time.Since(began)
			p.explainEnd(w)
		} else if !p.isClosed() {
			p.log.Error("worker cannot start", "worker", slot, "cause", err)
		}
		most := backoffMost
		if err == nil {
			most = backoffWell
		}
		switch {
		case lived >= settled || err == nil && w.replaced.Load():
			backoff = 0
		case backoff == 0 && err == nil:
			backoff = time.Millisecond // the first failure is made good at once
		default:
			backoff = min(max(2*backoff, backoffFirst), most)
		}
	}
}

// boot starts a worker and waits until it is ready.
func (p *Pool) boot(slot int) (*worker, error) {
	w, err := p.spawn(slot)
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(p.cfg.BootTimeout)
	defer timer.Stop()
	select {
	case err = <-w.booted:
	case <-timer.C:
		w.abort() // with its last words, where it was
		err = hint.With(fmt.Errorf("the app was not imported within %v (workers.boot_timeout)", p.cfg.BootTimeout),
			"where it waits is in the log above; if it starts a server itself, put that under: "+
				`if __name__ == "__main__":`)
	case <-p.done:
		err = ErrClosed
	}
	if err != nil {
		w.kill()
		<-w.retired
		select { // the error may speak of what is in the log
		case <-w.said:
		case <-time.After(lastBreath): // a child of the app holds on to its output
		}
		return nil, err
	}
	p.log.Debug("worker ready", "worker", slot, "pid", w.proc.Pid, "after_ms", time.Since(w.started).Milliseconds())
	p.mu.Lock()
	p.refill(w, time.Now())
	p.mu.Unlock()
	w.flush()
	return w, nil
}

func (p *Pool) explainEnd(w *worker) {
	select {
	case <-w.exited:
		if w.state.now() == Gone && !p.isClosed() {
			p.log.Error("worker ended", "worker", w.slot, "pid", w.proc.Pid, "cause", w.describeExit())
		}
	default: // it drains; its successor starts now
	}
}

func (p *Pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// replace gives w's slot a new process and ends w once the requests it has are answered,
// at the latest after DrainTimeout.
func (w *worker) replace(reason error) {
	if !w.state.move(Ready, Draining) {
		return
	}
	p := w.pool
	w.replaced.Store(true)
	p.log.Warn("worker is replaced", "worker", w.slot, "pid", w.proc.Pid, "cause", reason)
	w.retire()
	p.mu.Lock()
	if len(w.calls) == w.abandoned {
		w.finished()
	}
	p.mu.Unlock()
	go func() {
		timer := time.NewTimer(p.cfg.DrainTimeout)
		defer timer.Stop()
		select {
		case <-w.drained:
		case <-timer.C:
		case <-p.done:
			return // Close ends it
		}
		w.stop(stopGrace)
	}()
}

// stopGrace is how long an interpreter may take to end by itself: its exit handlers run.
const stopGrace = 3 * time.Second

// stop asks the worker to end, then ends it.
func (w *worker) stop(grace time.Duration) {
	importing := w.state.now() == Importing
	if !w.state.reach(Stopping) {
		return
	}
	if importing { // it listens to nobody yet
		w.kill()
	}
	w.ring(bellStop, 0)
	select {
	case <-w.exited:
	case <-time.After(grace):
		w.abort()
		<-w.exited
	}
}

// Close stops all workers: those that have requests may finish them until ctx ends.
func (p *Pool) Close(ctx context.Context) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.slots.Wait()
		return
	}
	p.closed = true
	for c := p.head; c != nil; {
		next := c.next
		c.next = nil
		c.fail(ErrClosed)
		c = next
	}
	p.head, p.tail, p.waiting = nil, nil, 0
	workers := append([]*worker(nil), p.workers...)
	p.mu.Unlock()
	var stopping sync.WaitGroup
	for _, w := range workers {
		stopping.Go(func() {
			w.state.move(Ready, Draining)
			p.mu.Lock()
			if len(w.calls) == w.abandoned {
				w.finished()
			}
			p.mu.Unlock()
			select {
			case <-w.drained:
			case <-ctx.Done():
			}
			w.stop(stopGrace)
			select { // its reader has let go of it too
			case <-w.retired:
			case <-time.After(lastBreath): // somebody that it started holds its channel
			}
		})
	}
	stopping.Wait()
	close(p.done)
	p.slots.Wait()
}

// tick is how often workers and deadlines are looked at while anything is under way.
const tick = 2 * time.Millisecond

// sweepEvery is how many ticks pass between two looks at the deadlines.
const sweepEvery = 10

func (p *Pool) tickLoop() {
	for {
		select {
		case <-p.kick:
		case <-p.done:
			return
		}
		ticker := time.NewTicker(tick)
		for n := 1; ; n++ {
			select {
			case <-ticker.C:
			case <-p.done:
				ticker.Stop()
				return
			}
			if n%sweepEvery == 0 {
				p.sweep(time.Now())
			}
			if !p.ringSilent() {
				break
			}
		}
		ticker.Stop()
	}
}

// patience is how many ticks a worker may be silent before its bell rings: with one, a
// busy machine alone would set it off.
const patience = 2

// deaf is how many times a bell rings in vain before the worker is given nothing new:
// something holds its interpreter's lock, so that no thread of it can answer.
const deaf = 40

// ringSilent rings the bell of each worker that has frames to deal with and has said
// nothing for some ticks: the thread that leads is busy inside the app. It returns false
// when nothing is under way in the whole pool.
func (p *Pool) ringSilent() bool {
	p.mu.Lock()
	var silent []*worker
	for _, w := range p.workers {
		if w.sent == w.read || w.heard != w.heardTick || w.state.now() == Importing {
			w.silence, w.rung, w.heardTick = 0, 0, w.heard
		} else if w.silence++; w.silence >= patience {
			w.silence, w.streak = 0, 0
			w.rung++
			silent = append(silent, w)
		}
	}
	busy := p.outstanding > 0 || p.waiting > 0
	p.ticking = busy
	p.mu.Unlock()
	for _, w := range silent {
		w.ring(bellWake, 0)
	}
	return busy
}

// sweep fails what has waited too long: in the queue, or for the app.
func (p *Pool) sweep(now time.Time) {
	type late struct {
		w   *worker
		id  uint32
		err error
	}
	var stuck []late
	p.mu.Lock()
	for c := p.head; c != nil; {
		next := c.next
		if !c.deadline.IsZero() && now.After(c.deadline) && p.unqueue(c) {
			c.fail(ErrQueueTimeout)
		}
		c = next
	}
	for _, w := range p.workers {
		for id, c := range w.calls {
			if c != nil && c.begun {
				c.lag()
			}
			if c == nil || c.begun {
				continue
			}
			if !c.running && int32(w.read-c.sent) >= 0 {
				c.run(now)
			}
			if c.deadline.IsZero() || now.Before(c.deadline) {
				continue
			}
			c.begun = true // its time is up once only
			if !c.running {
				c.fail(ErrQueueTimeout)
				continue
			}
			c.fail(ErrTimeout)
			stuck = append(stuck, late{w, id, fmt.Errorf("request %d: %w", id, ErrTimeout)})
		}
		if w.state.now() != Ready {
			continue
		}
		if id, err := w.stuckOrphan(now); err != nil {
			stuck = append(stuck, late{w, id, err})
		}
	}
	p.mu.Unlock()
	for _, s := range stuck {
		s.w.ring(bellDump, s.id)
		s.w.replace(s.err)
	}
}

// stuckOrphan returns a request whose client has left and that is a reason to replace w:
// its answer should have begun by now, or too many threads still work for nobody.
func (w *worker) stuckOrphan(now time.Time) (uint32, error) {
	old, oldest := 0, uint32(0)
	for id, o := range w.orphans {
		if !o.running {
			if int32(w.read-o.sent) < 0 {
				continue
			}
			// A thread took it after all, before it heard that the client has left.
			if o.running, o.since = true, now; o.timeout > 0 {
				o.deadline = now.Add(o.timeout)
			}
			w.orphans[id] = o
		}
		if !o.deadline.IsZero() && now.After(o.deadline) {
			delete(w.orphans, id) // it is a reason once only
			return id, fmt.Errorf("request %d, whose client has left: %w", id, ErrTimeout)
		}
		if now.Sub(o.since) > w.pool.cfg.DrainTimeout {
			old, oldest = old+1, id
		}
	}
	if old > 0 && 2*old >= w.pool.cfg.Threads {
		return oldest, fmt.Errorf("%d of %d threads work for clients that have left", old, w.pool.cfg.Threads)
	}
	return 0, nil
}
