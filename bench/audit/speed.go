package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// arm is one tool that is timed.
type arm struct {
	name    string
	command []string // {} is the folder
	worst   int      // the highest exit code of a run that has done its work
}

// project is a folder that is timed, and what is promised for it; 0 is no promise.
type project struct {
	dir     string
	rounds  int // of fumehood; others take long, and once is enough to tell
	seconds float64
	mb      float64
	ratio   float64 // how many times as fast as the others
}

// speed times fumehood on the projects that are named, beside the tools that are here. Half of
// fumehood's rounds come after the others': if the machine has become slower or faster
// meanwhile, all have had their share of it.
func speed(ctx context.Context, w io.Writer, o options, t *tool) error {
	ours := arm{"fumehood audit", t.command, 0}
	if o.tool != "" {
		ours = arm{filepath.Base(t.command[0]), t.command, 1}
	}
	peers, absent := peersHere(ctx, o)
	fmt.Fprintf(w, "Seconds are the median of all rounds, from the start of the process to its end; others have one round.\n")
	for _, a := range peers {
		fmt.Fprintf(w, "%s. ", a.name)
	}
	fmt.Fprintf(w, "%s%s\n\n", absent, load())
	for _, p := range []project{
		{dir: o.speed, rounds: 6, seconds: 1, mb: 300, ratio: 20},
		{dir: o.small, rounds: 20, seconds: 0.05},
		{dir: o.large, rounds: 4, seconds: 10},
	} {
		if p.dir == "" {
			continue
		}
		if err := p.time(ctx, w, append([]arm{ours}, peers...), o.patience); err != nil {
			return err
		}
	}
	return nil
}

// peersHere are the other tools that can be run, and a word on those that cannot.
func peersHere(ctx context.Context, o options) (all []arm, absent string) {
	have := func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	}
	if have("bandit") {
		first, _, _ := strings.Cut(tables.Words(ctx, "bandit", "--version"), "\n")
		all = append(all, arm{first, []string{"bandit", "-q", "-r", "-f", "json", "{}"}, 1})
	} else {
		absent = "Bandit is not here. "
	}
	switch {
	case !have("semgrep"):
		absent += "Semgrep is not here. "
	case o.rules == "":
		absent += "Semgrep has no rules: -semgrep-rules names their folder. "
	default:
		all = append(all, arm{"semgrep " + tables.Words(ctx, "semgrep", "--version", "--disable-version-check") + ", rules of " + filepath.Base(o.rules),
			[]string{"semgrep", "scan", "--config", o.rules, "--metrics", "off", "--disable-version-check", "--json", "-q", "-j", "2", "{}"}, 1})
	}
	return all, absent
}

// load tells how busy the machine is with other things.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(b), " ")
	return "Load of the machine before: " + first + "."
}

// time writes the table of one project.
func (p project) time(ctx context.Context, w io.Writer, arms []arm, patience time.Duration) error {
	ours := arms[0]
	var all []usage
	turns := func(n int) error {
		for range n {
			u, err := once(ctx, ours, p.dir, patience)
			if err != nil {
				return err
			}
			all = append(all, u)
		}
		return nil
	}
	if err := turns(p.rounds / 2); err != nil {
		return err
	}
	others := make([]usage, len(arms)-1)
	for i, a := range arms[1:] {
		var err error
		if others[i], err = once(ctx, a, p.dir, patience); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	if err := turns(p.rounds - p.rounds/2); err != nil {
		return err
	}
	files, lines := size(p.dir)
	m := middle(all)
	fmt.Fprintf(w, "%s: %d Python files and templates, %d lines of Python. %s\n\n%s\n", filepath.Base(p.dir), files, lines, p.verdict(m, others), p.table(arms, m, others))
	return nil
}

// verdict says which promises are kept.
func (p project) verdict(ours usage, others []usage) string {
	var all []string
	bar := func(text string, met bool) { all = append(all, text+": "+tables.Verdict(met)) }
	if p.seconds > 0 {
		bar(fmt.Sprintf("<= %g s", p.seconds), ours.wall <= p.seconds)
	}
	if p.mb > 0 {
		bar(fmt.Sprintf("<= %g MB", p.mb), ours.mb <= p.mb)
	}
	if p.ratio > 0 && len(others) > 0 {
		met := true
		for _, u := range others {
			met = met && u.wall >= p.ratio*ours.wall
		}
		bar(fmt.Sprintf(">= %g times as fast as each of the others", p.ratio), met)
	}
	return "Bars: " + strings.Join(all, ", ") + "."
}

func (p project) table(arms []arm, ours usage, others []usage) *tables.Table {
	t := tables.New("tool", "seconds", "CPU seconds", "MB", "slower than fumehood")
	for i, u := range append([]usage{ours}, others...) {
		seconds, slower := fmt.Sprintf("%.3f", u.wall), fmt.Sprintf("%.1fx", u.wall/ours.wall)
		if u.cut {
			seconds, slower = "> "+seconds, "> "+slower
		}
		t.Row(arms[i].name, seconds, fmt.Sprintf("%.2f", u.cpu), fmt.Sprintf("%.0f", u.mb), slower)
	}
	return t
}

// usage is what one run took.
type usage struct {
	wall, cpu, mb float64
	cut           bool // it was stopped before its end
}

// middle is the median of each; of memory it is the most, as that is what a machine must have.
func middle(all []usage) usage {
	var wall, cpu []float64
	var m usage
	for _, u := range all {
		wall, cpu = append(wall, u.wall), append(cpu, u.cpu)
		m.mb = max(m.mb, u.mb)
	}
	m.wall, m.cpu = tables.Median(wall), tables.Median(cpu)
	return m
}

func once(ctx context.Context, a arm, dir string, patience time.Duration) (usage, error) {
	args := make([]string, len(a.command))
	for i, word := range a.command {
		args[i] = strings.ReplaceAll(word, "{}", dir)
	}
	limited, stop := context.WithTimeout(ctx, patience)
	defer stop()
	cmd := exec.CommandContext(limited, args[0], args[1:]...)
	var said strings.Builder
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // some have processes of their own
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	began := time.Now()
	err := cmd.Run()
	u := usage{wall: time.Since(began).Seconds()}
	if cmd.ProcessState == nil {
		return u, err
	}
	u.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.mb = float64(r.Maxrss) / 1024 // kilobytes, on Linux
	}
	switch {
	case limited.Err() != nil:
		u.cut = true
		return u, limited.Err()
	case cmd.ProcessState.ExitCode() > a.worst || cmd.ProcessState.ExitCode() < 0:
		return u, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return u, nil
}

// size counts what there is to audit.
func size(dir string) (files, lines int) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		switch filepath.Ext(path) {
		case ".py":
			if b, err := os.ReadFile(path); err == nil {
				lines += strings.Count(string(b), "\n")
			}
			files++
		case ".html", ".jinja", ".j2":
			files++
		}
		return nil
	})
	return files, lines
}
