package main

import (
	"context"
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
}

// speed times fumehood on a project, beside the peers that are on this machine, in turns.
func speed(ctx context.Context, w io.Writer, dir string, t *tool) error {
	arms := []arm{{"fumehood audit", t.command}}
	for _, peer := range []arm{
		{"bandit", []string{"bandit", "-q", "-r", "-f", "json", "{}"}},
		{"semgrep, 2 jobs", []string{"semgrep", "scan", "--config", "p/flask", "--metrics", "off", "--json", "-j", "2", "{}"}},
	} {
		if _, err := exec.LookPath(peer.command[0]); err == nil {
			arms = append(arms, peer)
		}
	}
	files, lines := size(dir)
	table := tables.New("tool", "seconds", "CPU seconds", "MB", "slower than fumehood")
	var first float64
	for i, a := range arms {
		rounds := 5
		if i > 0 {
			rounds = 1 // they take long, and one is enough to tell
		}
		var wall, cpu, mem []float64
		for range rounds {
			u, err := once(ctx, a.command, dir)
			if err != nil {
				return err
			}
			wall, cpu, mem = append(wall, u.wall), append(cpu, u.cpu), append(mem, u.mb)
		}
		m := tables.Median(wall)
		if i == 0 {
			first = m
		}
		table.Row(a.name, fmt.Sprintf("%.2f", m), fmt.Sprintf("%.2f", tables.Median(cpu)), fmt.Sprintf("%.0f", tables.Median(mem)), fmt.Sprintf("%.1fx", m/first))
	}
	fmt.Fprintf(w, "%s: %d Python files and templates, %d lines of Python. Bars for indico: 1.0 s, 300 MB, 20 times as fast as the others.\n\n%s\n", filepath.Base(dir), files, lines, table)
	return nil
}

// usage is what one run took.
type usage struct{ wall, cpu, mb float64 }

func once(ctx context.Context, command []string, dir string) (usage, error) {
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = strings.ReplaceAll(a, "{}", dir)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if cmd.ProcessState == nil {
		return usage{}, err
	}
	u := usage{wall: took.Seconds(), cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.mb = float64(r.Maxrss) / 1024 // kilobytes, on Linux
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
