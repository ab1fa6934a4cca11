package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

const (
	frontBar = 40 << 20
	shimBar  = 3 << 20
)

// runMemory measures the idle front, and what a worker needs beyond an interpreter that
// has imported the same app.
func runMemory(ctx context.Context, b *bench) (string, error) {
	server, err := b.fumehood(ctx, setup{workers: 2, threads: 4, tls: true})
	if err != nil {
		return "", err
	}
	defer server.stop()
	time.Sleep(5 * time.Second) // idle
	workers, err := b.workers(server)
	if err != nil {
		return "", err
	}
	bare, err := b.bareInterpreters(len(workers))
	defer func() {
		for _, cmd := range bare {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}()
	if err != nil {
		return "", err
	}
	report := "The front with TLS and two workers, 5 s after its first answer. Of a worker, what it shares with nobody (USS: " +
		"Private_Clean and Private_Dirty of smaps_rollup), beside two interpreters that ran `import hello`.\n\n"
	front, err := memory(server.pid, "status", "VmRSS")
	if err != nil {
		return "", err
	}
	t := tables.New("what", "memory", "bar")
	t.Row("front, RSS", tables.Mega(front), "<= "+tables.Mega(frontBar)+": "+tables.Verdict(front <= frontBar))
	idle, err := unshared(workers)
	if err != nil {
		return "", err
	}
	var pids []int
	for _, cmd := range bare {
		pids = append(pids, cmd.Process.Pid)
	}
	base, err := unshared(pids)
	if err != nil {
		return "", err
	}
	t.Row("worker, idle, USS", tables.Mega(idle), "")
	t.Row("interpreter with the app, USS", tables.Mega(base), "")
	t.Row("the shim's part", tables.Mega(idle-base), "<= "+tables.Mega(shimBar)+": "+tables.Verdict(idle-base <= shimBar))
	if _, err := output(ctx, "wrk", "-t1", "-c32", "-d3s", server.url+"/"); err != nil {
		return "", err
	}
	time.Sleep(time.Second)
	if front, err = memory(server.pid, "status", "VmRSS"); err != nil {
		return "", err
	}
	if idle, err = unshared(workers); err != nil {
		return "", err
	}
	t.Row("front after 3 s of load, RSS", tables.Mega(front), "")
	t.Row("worker after 3 s of load, USS", tables.Mega(idle), "")
	return report + t.String(), nil
}

// workers returns the Python processes of a server.
func (b *bench) workers(server *process) ([]int, error) {
	want, err := filepath.EvalSymlinks(b.python)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, pid := range server.family()[1:] {
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil && exe == want {
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		return nil, fmt.Errorf("%s has no workers", server.name)
	}
	return pids, nil
}

// bareInterpreters starts interpreters that import the app and wait.
func (b *bench) bareInterpreters(n int) (all []*exec.Cmd, err error) {
	for range n {
		cmd := exec.Command(b.python, "-c", "import hello; print('ready', flush=True); import time; time.sleep(1000)")
		cmd.Dir = filepath.Join(b.root, "bench", "apps")
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return all, err
		}
		if err := cmd.Start(); err != nil {
			return all, err
		}
		all = append(all, cmd)
		if _, err := out.Read(make([]byte, 16)); err != nil {
			return all, fmt.Errorf("the bare interpreter: %w", err)
		}
	}
	return all, nil
}

// unshared returns the mean of what each process shares with no other, in bytes.
func unshared(pids []int) (int64, error) {
	var sum int64
	for _, pid := range pids {
		for _, line := range []string{"Private_Clean", "Private_Dirty"} {
			n, err := memory(pid, "smaps_rollup", line)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum / int64(len(pids)), nil
}
