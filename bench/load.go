package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// quiet is the share of the machine that programs outside the measurement may take in a
// round that counts.
const quiet = 0.05

// mostRounds bounds how often noisy rounds are repeated: so many times the rounds wanted.
const mostRounds = 4

// sample is what one run of wrk gave.
type sample struct {
	rps      float64
	p50, p99 float64 // milliseconds
	requests int
	errors   int
	parent   time.Duration // CPU time of the server's parent process
	children time.Duration // and of its workers
	others   float64       // share of the machine that other programs took
}

// cost is the CPU time of one request.
func (s sample) cost() time.Duration {
	return (s.parent + s.children) / time.Duration(max(s.requests, 1))
}

// rounds is how often a measurement is made.
type rounds struct{ count int }

// run loads the arms in turns and keeps the quietest rounds in each.
func (r rounds) run(ctx context.Context, length time.Duration, arms ...*arm) error {
	type round struct {
		samples []sample
		noise   float64
	}
	var all []round
	for calm := 0; calm < r.count && len(all) < mostRounds*r.count; {
		var now round
		for _, a := range arms {
			s, err := a.load(ctx, length)
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			now.samples = append(now.samples, s)
			now.noise = max(now.noise, s.others)
		}
		all = append(all, now)
		if now.noise <= quiet {
			calm++
		}
	}
	slices.SortStableFunc(all, func(x, y round) int { return cmp.Compare(x.noise, y.noise) })
	for _, kept := range all[:min(r.count, len(all))] {
		for i, a := range arms {
			a.rounds = append(a.rounds, kept.samples[i])
		}
	}
	return nil
}

// load runs wrk once.
func (a *arm) load(ctx context.Context, length time.Duration) (sample, error) {
	parent, children := a.server.cpu()
	busy, total, err := machineTime()
	if err != nil {
		return sample{}, err
	}
	args := []string{"-t1", "-c", strconv.Itoa(a.conns), "-d", fmt.Sprintf("%.0fs", length.Seconds()), "--latency"}
	if a.script != "" {
		args = append(args, "-s", a.script)
	}
	cmd := exec.CommandContext(ctx, "wrk", append(args, a.server.url+a.path)...)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", cmd, err, text.String())
	}
	parentAfter, childrenAfter := a.server.cpu()
	busyAfter, totalAfter, err := machineTime()
	if err != nil {
		return sample{}, err
	}
	s, err := readWrk(text.String())
	s.parent, s.children = parentAfter-parent, childrenAfter-children
	ours := s.parent + s.children + cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.others = max(0, float64(busyAfter-busy-ours)/float64(totalAfter-total))
	return s, err
}

// machineTime returns the time that all CPUs were busy, and all their time, since boot
// (the first line of /proc/stat, proc_stat(5)).
func machineTime() (busy, total time.Duration, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, 0, err
		}
		if i >= 8 { // guest time is part of user time
			break
		}
		total += time.Duration(n) * tick
		if i != 3 && i != 4 { // idle, waiting for a disk
			busy += time.Duration(n) * tick
		}
	}
	return busy, total, nil
}

// readWrk takes the figures from what wrk printed.
func readWrk(text string) (s sample, err error) {
	find := func(pattern string) string {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	if s.rps, err = strconv.ParseFloat(find(`Requests/sec:\s+([\d.]+)`), 64); err != nil {
		return s, fmt.Errorf("wrk printed no rate: %s", text)
	}
	for percentile, to := range map[string]*float64{`50%`: &s.p50, `99%`: &s.p99} {
		d, err := time.ParseDuration(find(`\s` + percentile + `\s+(\S+)`))
		if err != nil {
			return s, fmt.Errorf("wrk printed no %s: %s", percentile, text)
		}
		*to = float64(d) / float64(time.Millisecond)
	}
	if s.requests, err = strconv.Atoi(find(`(\d+) requests in`)); err != nil {
		return s, fmt.Errorf("wrk printed no number of requests: %s", text)
	}
	for _, pattern := range []string{`Non-2xx or 3xx responses: (\d+)`, `connect (\d+)`, `read (\d+)`, `write (\d+)`, `timeout (\d+)`} {
		if n, err := strconv.Atoi(find(pattern)); err == nil {
			s.errors += n
		}
	}
	return s, nil
}
