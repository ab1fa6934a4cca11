package csp

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

// Limits of what is kept of reports: anybody can send them.
const (
	mostGroups    = 500 // the one that was seen longest ago makes room
	mostPerSecond = 100
	longestText   = 200 // runes of each text of a report
	longestSample = 40
)

// What is one kind of violation.
type What struct {
	Directive string `json:"directive"`        // "script-src-elem"
	Blocked   string `json:"blocked"`          // an origin, or a word such as "inline"
	Page      string `json:"page"`             // the path of the document, without query
	Source    string `json:"source,omitempty"` // origin and path of the script that did it
	Enforced  bool   `json:"enforced"`         // refused; else only reported
}

// Group is all reports of one kind.
type Group struct {
	What
	Count  int       `json:"count"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Sample string    `json:"sample,omitempty"` // the beginning of an inline script or style
	Line   int       `json:"line,omitempty"`   // in the page or in Source
}

// Reports keeps what browsers report. It may be used by several goroutines; nil throws
// everything away.
type Reports struct {
	mu     sync.Mutex
	groups map[What]*Group
	second int64 // the one that taken counts
	taken  int
	now    func() time.Time
}

// NewReports returns an empty store.
func NewReports() *Reports {
	return &Reports{groups: map[What]*Group{}, now: time.Now}
}

// room says whether one more request with reports may be read now.
func (rs *Reports) room() bool {
	if rs == nil {
		return false
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if now := rs.now().Unix(); now != rs.second {
		rs.second, rs.taken = now, 0
	}
	rs.taken++
	return rs.taken <= mostPerSecond
}

// add counts one report.
func (rs *Reports) add(what What, sample string, line int) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	now := rs.now().UTC()
	g := rs.groups[what]
	if g == nil {
		if len(rs.groups) >= mostGroups {
			delete(rs.groups, rs.oldest())
		}
		g = &Group{What: what, First: now}
		rs.groups[what] = g
	}
	g.Count++
	g.Last = now
	if g.Sample == "" {
		g.Sample, g.Line = sample, line
	}
}

func (rs *Reports) oldest() What {
	var what What
	var last time.Time
	for w, g := range rs.groups {
		if last.IsZero() || g.Last.Before(last) {
			what, last = w, g.Last
		}
	}
	return what
}

// Snapshot returns all groups, the most frequent first.
func (rs *Reports) Snapshot() []Group {
	if rs == nil {
		return nil
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := make([]Group, 0, len(rs.groups))
	for _, g := range rs.groups {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Directive, b.Directive),
			cmp.Compare(a.Page, b.Page), cmp.Compare(a.Blocked, b.Blocked), cmp.Compare(a.Source, b.Source))
	})
	return all
}

// WriteFile writes all groups as JSON, whole or not at all, readable by this user only.
func (rs *Reports) WriteFile(path string) error {
	data, err := json.MarshalIndent(rs.Snapshot(), "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".csp-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ReadReports reads what WriteFile has written. No file means no reports.
func ReadReports(path string) ([]Group, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Group
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, hint.With(fmt.Errorf("%s: %w", path, err), "remove it, and reports are gathered anew")
	}
	return all, nil
}

// Restore puts groups that were read from a file into an empty store, as at a restart.
func (rs *Reports) Restore(groups []Group) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, g := range groups {
		if len(rs.groups) < mostGroups {
			rs.groups[g.What] = &g
		}
	}
}
