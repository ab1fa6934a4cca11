package report

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
)

// Progress shows how far a run is on a terminal, and hands all messages on. What takes less
// than a second shows nothing.
type Progress struct {
	next  finding.Handler
	out   io.Writer
	stop  chan struct{}
	ended sync.WaitGroup
	once  sync.Once

	mu   sync.Mutex
	last finding.Progress
}

// patience is how long nothing is shown, and tick how often it changes then.
const (
	patience = time.Second
	tick     = 200 * time.Millisecond
)

// NewProgress makes a handler in front of next that writes to a terminal.
func NewProgress(next finding.Handler, terminal io.Writer) *Progress {
	p := &Progress{next: next, out: terminal, stop: make(chan struct{})}
	p.ended.Go(p.show)
	return p
}

func (p *Progress) show() {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	for shown := false; ; shown = true {
		select {
		case <-wait.C:
		case <-p.stop:
			if shown {
				fmt.Fprint(p.out, "\r\x1b[K")
			}
			return
		}
		p.mu.Lock()
		now := p.last
		p.mu.Unlock()
		fmt.Fprint(p.out, "\r\x1b[K"+line(now))
		wait.Reset(tick)
	}
}

// line is how far a stage is, where that is known.
func line(now finding.Progress) string {
	switch {
	case now.Total <= 1:
		return now.Stage + " ..."
	case now.Stage == "reading":
		return fmt.Sprintf("%s: %d of %d files", now.Stage, now.Done, now.Total)
	}
	return fmt.Sprintf("%s: %d of %d functions", now.Stage, now.Done, now.Total)
}

// clear ends the line; nothing of it is left when the report follows.
func (p *Progress) clear() {
	p.once.Do(func() { close(p.stop) })
	p.ended.Wait()
}

// Handle implements finding.Handler.
func (p *Progress) Handle(m finding.Message) error {
	switch {
	case m.Progress != nil:
		p.mu.Lock()
		p.last = *m.Progress
		p.mu.Unlock()
	case m.Summary != nil:
		p.clear()
	}
	return p.next.Handle(m)
}

// Close implements finding.Handler.
func (p *Progress) Close() error {
	p.clear()
	return p.next.Close()
}
