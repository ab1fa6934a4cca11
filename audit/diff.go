package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// changes are the lines that changed since a revision; nil are all lines.
//
// Git is asked for names and contents of the old files only, and the lines are compared here.
// `git diff` would read the working tree, and for that run what the audited repository's own
// configuration names: clean filters, a file system monitor, text converters.
type changes struct {
	base  string
	tree  string            // the revision that is compared with
	blobs map[string]string // the old files below base, by name
	lines map[string][]bool // by file: which lines are new, from 1
}

// changesSince finds the revision: ref, or where the work of HEAD left it, so that what others
// did since is not counted as a change. "" is no comparison.
func changesSince(ctx context.Context, ref, base string) (*changes, error) {
	if ref == "" {
		return nil, nil
	}
	c := &changes{base: base, blobs: map[string]string{}, lines: map[string][]bool{}}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, wrongUse(errors.New("--diff needs git, which is not installed"), "fumehood audit --baseline FILE tells new findings without git")
	}
	if _, err := c.git(ctx, nil, "rev-parse", "--git-dir"); err != nil {
		return nil, wrongUse(fmt.Errorf("--diff %s: %w", ref, err), "the audited folder must be in a git repository of yours")
	}
	out, err := c.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return nil, wrongUse(fmt.Errorf("--diff %s: git knows no such revision", ref), "fumehood audit --diff HEAD, or fetch it first: a shallow clone has only the newest commit")
	}
	c.tree = strings.TrimSpace(string(out))
	if out, err := c.git(ctx, nil, "merge-base", c.tree, "HEAD"); err == nil {
		c.tree = strings.TrimSpace(string(out))
	}
	out, err = c.git(ctx, nil, "ls-tree", "-r", "-z", c.tree)
	if err != nil {
		return nil, fmt.Errorf("--diff %s: %w", ref, err)
	}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		about, name, _ := strings.Cut(entry, "\t")
		if parts := strings.Fields(about); len(parts) == 3 && parts[1] == "blob" {
			c.blobs[name] = parts[2]
		}
	}
	return c, nil
}

// git runs git in the audited folder, with an environment that has nothing of git's in it
// and with what could run other programs or ask the network turned off.
func (c *changes) git(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	args = append([]string{"--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Stdin = c.base, stdin
	for _, pair := range os.Environ() {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "USER", "SYSTEMROOT":
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		if first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); first != "" {
			return nil, errors.New(strings.TrimPrefix(first, "fatal: "))
		}
		return nil, err
	}
	return out.Bytes(), nil
}

// load compares the files that findings and their steps are in with the old ones.
func (c *changes) load(ctx context.Context, found []finding.Finding, t *texts) error {
	if c == nil {
		return nil
	}
	var names []string
	var ask strings.Builder
	add := func(name string) {
		if _, ok := c.lines[name]; ok {
			return
		}
		c.lines[name] = nil
		if blob := c.blobs[name]; blob != "" {
			names = append(names, name)
			ask.WriteString(blob + "\n")
		}
	}
	for i := range found {
		add(found[i].Place.File)
		for _, s := range found[i].Steps {
			add(s.Place.File)
		}
	}
	if len(names) == 0 {
		return nil
	}
	out, err := c.git(ctx, strings.NewReader(ask.String()), "cat-file", "--batch")
	if err != nil {
		return fmt.Errorf("--diff: %w", err)
	}
	in := bufio.NewReader(bytes.NewReader(out))
	for _, name := range names {
		old, err := nextBlob(in)
		if err != nil {
			return fmt.Errorf("--diff: %s: %w", name, err)
		}
		if kindOf(name)&pythonFile != 0 {
			old = python.Parse(name, old).Source // without the mark and in the encoding that now has
		}
		before := &texts{sources: map[string]string{name: old}, lines: map[string][]string{}}
		c.lines[name] = changedLines(before.of(name), t.of(name))
	}
	return nil
}

// nextBlob reads one answer of git cat-file --batch: "ID blob SIZE", the bytes, a line end.
func nextBlob(in *bufio.Reader) (string, error) {
	head, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	parts := strings.Fields(head)
	if len(parts) != 3 {
		return "", errors.New("the old file is not in the repository: " + strings.TrimSpace(head))
	}
	size, err := strconv.Atoi(parts[2])
	if err != nil {
		return "", err
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(in, data); err != nil {
		return "", err
	}
	return string(data[:size]), nil
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
	if c.blobs[p.File] == "" {
		return true // a new file
	}
	lines := c.lines[p.File]
	for n := p.Line; n <= max(p.Line, p.EndLine) && n < len(lines); n++ {
		if lines[n] {
			return true
		}
	}
	return false
}
