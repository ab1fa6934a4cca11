package wsgi

import (
	"log/slog"
	"sync"
	"time"
)

// What a flood of one attack leaves in the log: the first lines of each minute, and one that says
// how many more there were. Each request has its record besides.
const (
	mostEqual   = 20
	equalPeriod = time.Minute
	mostKinds   = 1024 // of lines that are told apart
)

// equal is what lines have in common that say the same.
type equal struct{ message, client, sink, where, field string }

// flood counts lines that say the same.
type flood struct {
	log *slog.Logger

	mu   sync.Mutex
	seen map[equal]int // since the period began; nil outside of one
}

// more counts one line. It says whether there were so many that it is left out.
func (f *flood) more(line equal) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[equal]int{}
		time.AfterFunc(equalPeriod, f.end)
	}
	if _, known := f.seen[line]; !known && len(f.seen) >= mostKinds {
		line = equal{message: line.message}
	}
	f.seen[line]++
	return f.seen[line] > mostEqual
}

// end ends the period, and says what was left out.
func (f *flood) end() {
	f.mu.Lock()
	seen := f.seen
	f.seen = nil
	f.mu.Unlock()
	for line, n := range seen {
		if n > mostEqual {
			f.log.Warn(line.message, "more", n-mostEqual, "client", line.client, "sink", line.sink, "where", line.where, "field", line.field)
		}
	}
}
