package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/internal/hint"
)

// changes are the lines that changed since a revision; nil are all lines.
//
// Git is asked for names and contents of the old files only, and the lines are compared here.
// `git diff` would read the working tree, and for that run what the audited repository's own
// configuration names: clean filters, a file system monitor, text converters.
type changes struct {
	base  string
	old   map[string]blob   // the old files below base, by name
	lines map[string][]bool // by file: which lines are new, from 1; nil of a file that is new
	notes []string          // what makes more count than should
}

// changesSince finds the revision: ref, or where the work of HEAD left it, so that what others
// did since is not counted as a change. "" is no comparison.
func changesSince(ctx context.Context, ref, base, root string) (*changes, error) {
	if ref == "" {
		return nil, nil
	}
	instead := "a baseline tells what is new without git: fumehood audit --write-baseline audit-baseline.json" + at(root)
	c := &changes{base: base, old: map[string]blob{}, lines: map[string][]bool{}}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, wrongUse(errors.New("--diff needs git, which is not installed"), instead)
	}
	if _, err := git(ctx, base, nil, "rev-parse", "--git-dir"); err != nil {
		err := fmt.Errorf("--diff %s: %w", ref, err)
		fix := instead
		if strings.Contains(err.Error(), "dubious ownership") {
			if full, err := filepath.Abs(base); err == nil {
				fix = "if you trust it: git config --global --add safe.directory " + hint.Shell(full)
			}
		}
		return nil, wrongUse(err, fix)
	}
	commit, ok := gitCommit(ctx, base, ref)
	if !ok {
		return nil, noCommit(ctx, base, ref, root)
	}
	if common, err := gitLine(ctx, base, "merge-base", commit, "HEAD"); err == nil {
		commit = common
	} else {
		c.notes = append(c.notes, "git has no commit that "+ref+" and HEAD come from, as in a shallow clone: what changed in "+ref+" since counts too")
	}
	lost, err := gitFiles(ctx, base, "", commit, c.old)
	if err != nil {
		return nil, fmt.Errorf("--diff %s: %w", ref, err)
	}
	for _, name := range lost {
		c.notes = append(c.notes, "git does not have the commit that "+ref+" names for the submodule "+name+": all of its lines count as changed")
	}
	return c, nil
}

// load compares the files that findings and their steps are in with the old ones.
func (c *changes) load(ctx context.Context, found []finding.Finding, t *texts) error {
	if c == nil {
		return nil
	}
	for i := range found {
		c.lines[found[i].Place.File] = nil
		for _, s := range found[i].Steps {
			c.lines[s.Place.File] = nil
		}
	}
	var fresh []string
	from := map[string][]string{} // which old files each may come from
	for name := range c.lines {
		if _, ok := c.old[name]; ok {
			from[name] = []string{name}
		} else if name != "" {
			fresh = append(fresh, name)
		}
	}
	if len(fresh) > 0 {
		gone := c.gone()
		for _, name := range fresh {
			from[name] = movedFrom(name, gone)
		}
	}
	var want []blob
	for _, names := range from {
		for _, n := range names {
			want = append(want, c.old[n])
		}
	}
	texts, err := gitBlobs(ctx, want)
	if err != nil {
		return fmt.Errorf("--diff: %w", err)
	}
	missing := 0
	for name, names := range from {
		now := t.of(name)
		old, ok := c.like(name, names, now, texts)
		if ok {
			c.lines[name] = changedLines(old, now)
		} else if len(names) == 1 && names[0] == name {
			missing++
		}
	}
	if missing > 0 {
		c.notes = append(c.notes, fmt.Sprintf("git does not have the old text of %d files, as in a partial clone: all of their lines count as changed", missing))
	}
	return nil
}

// gone are the old files that are no longer there, sorted.
func (c *changes) gone() []string {
	var all []string
	for name := range c.old {
		if kindOf(name)&audited == 0 {
			continue
		}
		if _, err := os.Lstat(filepath.Join(c.base, filepath.FromSlash(name))); err != nil {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// mostMoved is with how many old files a new one is compared.
const mostMoved = 50

// movedFrom are the old files that a new one may be under another name: of the same kind,
// those that are called the same first.
func movedFrom(name string, gone []string) []string {
	var same, other []string
	for _, old := range gone {
		switch {
		case path.Base(old) == path.Base(name):
			same = append(same, old)
		case path.Ext(old) == path.Ext(name):
			other = append(other, old)
		}
	}
	all := append(same, other...)
	return all[:min(mostMoved, len(all))]
}

// like are the lines of the old file that a file comes from: the one of its own name, or the
// one that it shares most lines with, if that is half of them.
func (c *changes) like(name string, names, now []string, texts map[blob]string) (lines []string, ok bool) {
	most := 0
	for _, n := range names {
		text, there := texts[c.old[n]]
		if !there {
			continue
		}
		old := oldLines(n, text)
		if n == name {
			return old, true
		}
		if same := inCommon(old, now); same > most && 2*same >= max(len(old), len(now)) {
			most, lines = same, old
		}
	}
	return lines, lines != nil
}

func oldLines(name, text string) []string {
	if kindOf(name)&pythonFile != 0 {
		text = python.Parse(name, text).Source // without the mark and in the encoding that now has
	}
	if kindOf(name)&configFile != 0 {
		text = strings.TrimPrefix(text, "\ufeff")
	}
	before := &texts{sources: map[string]string{name: text}, lines: map[string][]string{}}
	return before.of(name)
}

// inCommon is how many lines two files share, in any order.
func inCommon(a, b []string) int {
	count := make(map[string]int, len(a))
	for _, line := range a {
		count[line]++
	}
	n := 0
	for _, line := range b {
		if count[line] > 0 {
			count[line]--
			n++
		}
	}
	return n
}

// touch reports whether a finding, or a step of its way, is on a line that changed.
func (c *changes) touch(f *finding.Finding) bool {
	if c == nil || c.touched(f.Place) {
		return true
	}
	for _, s := range f.Steps {
		if c.touched(s.Place) {
			return true
		}
	}
	return false
}

func (c *changes) touched(p finding.Place) bool {
	lines := c.lines[p.File]
	if lines == nil {
		return true // a new file
	}
	for n := p.Line; n <= max(p.Line, p.EndLine) && n < len(lines); n++ {
		if lines[n] {
			return true
		}
	}
	return false
}
