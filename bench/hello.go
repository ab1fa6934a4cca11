package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// arm is one server under load, and what its rounds gave.
type arm struct {
	name     string
	server   *process
	path     string
	conns    int
	rps      []float64
	p50, p99 []float64 // milliseconds
	parent   time.Duration
	children time.Duration
	requests int
	errors   int
}

// pair is Fumehood beside gunicorn, round by round.
type pair struct {
	what string
	bar  float64 // lowest ratio, 0 for none
	ours *arm
	peer *arm
}

// starter runs one server.
type starter func(context.Context, setup) (*process, error)

// runHello measures the throughput of a small Flask app. The servers of a pair run in
// turns, A B A B, so that a noisy neighbour meets both.
func runHello(ctx context.Context, b *bench) (string, error) {
	var report strings.Builder
	fmt.Fprintf(&report, "Flask, 2 workers with the same number of threads each; wrk -t1 with keep-alive on the same machine; "+
		"median of %d rounds of %v in turns, after a warm-up. The ratio is the median of the rounds' ratios. "+
		"CPU is that of all server processes, for one request.\n\n", b.rounds, b.seconds)
	t := newTable("what", "server", "requests/s", "lowest to highest", "p50 ms", "p99 ms", "CPU/request", "front + workers", "errors", "ratio", "bar")
	four := setup{workers: 2, threads: 4}
	secure, logged := four, four
	secure.tls, logged.access = true, true
	many := setup{workers: 2, threads: 32}
	rows := []struct {
		what  string
		path  string
		conns int
		setup setup
		bar   float64
	}{
		{"hello, http", "/", 32, four, 2},
		{"hello, https", "/", 32, secure, 0},
		{"hello, http, access log", "/", 32, logged, 0},
		{"JSON, http", "/json", 32, four, 0},
		{"SQLite, http", "/db", 32, four, 0},
		{"10 ms sleep, http, 32 threads, 256 connections", "/sleep", 256, many, 0},
	}
	for i, row := range rows {
		if i > 2 && !b.extra {
			break
		}
		p := &pair{what: row.what, bar: row.bar}
		if err := b.measurePair(ctx, p, row.setup, row.path, row.conns); err != nil {
			return "", err
		}
		p.print(t)
	}
	if b.extra {
		for _, start := range []starter{b.granian, b.waitress} {
			if err := b.measureOther(ctx, t, start, four); err != nil {
				return "", err
			}
		}
	}
	report.WriteString(t.String())
	return report.String(), nil
}

func (b *bench) measurePair(ctx context.Context, p *pair, s setup, path string, conns int) error {
	var err error
	if p.ours, err = warmArm(ctx, b.fumehood, s, path, conns); err != nil {
		return err
	}
	defer p.ours.server.stop()
	if p.peer, err = warmArm(ctx, b.gunicorn, s, path, conns); err != nil {
		return err
	}
	defer p.peer.server.stop()
	for range b.rounds {
		for _, a := range []*arm{p.ours, p.peer} {
			if err := a.load(ctx, b.seconds); err != nil {
				return err
			}
		}
	}
	return nil
}

// warmArm starts a server and loads it for a second that does not count.
func warmArm(ctx context.Context, start starter, s setup, path string, conns int) (*arm, error) {
	server, err := start(ctx, s)
	if err != nil {
		return nil, err
	}
	warm := arm{name: server.name, server: server, path: path, conns: conns}
	counted := warm
	if err := warm.load(ctx, time.Second); err != nil {
		server.stop()
		return nil, fmt.Errorf("%s: %w\n%s", server.name, err, server.said())
	}
	return &counted, nil
}

// measureOther measures a server that is shown for information.
func (b *bench) measureOther(ctx context.Context, t *table, start starter, s setup) error {
	a, err := warmArm(ctx, start, s, "/", 32)
	if err != nil {
		return err
	}
	defer a.server.stop()
	for range b.rounds {
		if err := a.load(ctx, b.seconds); err != nil {
			return err
		}
	}
	a.print(t, "hello, http, alone", "", "")
	return nil
}

func (p *pair) print(t *table) {
	var ratios []float64
	for i := range p.ours.rps {
		ratios = append(ratios, p.ours.rps[i]/p.peer.rps[i])
	}
	bar := ""
	if p.bar > 0 {
		bar = fmt.Sprintf(">= %.1f: %s", p.bar, verdict(median(ratios) >= p.bar))
	}
	p.ours.print(t, p.what, fmt.Sprintf("%.2f", median(ratios)), bar)
	p.peer.print(t, "", "", "")
}

func (a *arm) print(t *table, what, ratio, bar string) {
	lowest, highest := a.rps[0], a.rps[0]
	for _, v := range a.rps {
		lowest, highest = min(lowest, v), max(highest, v)
	}
	n := time.Duration(max(a.requests, 1))
	t.row(what, a.name, whole(median(a.rps)), whole(lowest)+" to "+whole(highest),
		fmt.Sprintf("%.1f", median(a.p50)), fmt.Sprintf("%.1f", median(a.p99)),
		micro((a.parent+a.children)/n), micro(a.parent/n)+" + "+micro(a.children/n),
		strconv.Itoa(a.errors), ratio, bar)
}

// load runs wrk once and adds what it found.
func (a *arm) load(ctx context.Context, length time.Duration) error {
	parent, children := a.server.cpu()
	text, err := output(ctx, "wrk", "-t1", "-c", strconv.Itoa(a.conns), "-d", fmt.Sprintf("%.0fs", length.Seconds()),
		"--latency", a.server.url+a.path)
	if err != nil {
		return err
	}
	parentAfter, childrenAfter := a.server.cpu()
	a.parent += parentAfter - parent
	a.children += childrenAfter - children
	return a.read(text)
}

// read takes the figures from what wrk printed.
func (a *arm) read(text string) error {
	find := func(pattern string) string {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	rps, err := strconv.ParseFloat(find(`Requests/sec:\s+([\d.]+)`), 64)
	if err != nil {
		return fmt.Errorf("wrk printed no rate: %s", text)
	}
	a.rps = append(a.rps, rps)
	for percentile, to := range map[string]*[]float64{`50%`: &a.p50, `99%`: &a.p99} {
		d, err := time.ParseDuration(find(`\s` + percentile + `\s+(\S+)`))
		if err != nil {
			return fmt.Errorf("wrk printed no %s: %s", percentile, text)
		}
		*to = append(*to, float64(d)/float64(time.Millisecond))
	}
	n, err := strconv.Atoi(find(`(\d+) requests in`))
	if err != nil {
		return fmt.Errorf("wrk printed no number of requests: %s", text)
	}
	a.requests += n
	for _, pattern := range []string{`Non-2xx or 3xx responses: (\d+)`, `connect (\d+)`, `read (\d+)`, `write (\d+)`, `timeout (\d+)`} {
		if n, err := strconv.Atoi(find(pattern)); err == nil {
			a.errors += n
		}
	}
	return nil
}
