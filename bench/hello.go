package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// arm is one server under load, and what its rounds gave.
type arm struct {
	name   string
	server *process
	path   string
	conns  int
	script string // for wrk, or ""
	rounds []sample
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
		"median of %d starts of %d rounds of %v in turns, after a warm-up. \"times\" and \"cost\" are the medians of the rounds' ratios. "+
		"CPU is that of all server processes, for one request. \"Others\" is what programs that are not part of the measurement took of the machine; "+
		"rounds in which it was more than %.0f %% are repeated, up to %d times as many.\n\n", starts, b.rounds.count, b.seconds, 100*quiet, mostRounds)
	t := tables.New("what", "server", "requests/s", "lowest to highest", "p50 ms", "p99 ms", "CPU/request", "front + workers", "others", "errors", "times", "cost", "bar")
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
	if b.old != "" {
		if err := b.measureOld(ctx, t, four); err != nil {
			return "", err
		}
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
	arms, err := b.inTurns(ctx,
		side{b.fumehood, s, arm{path: path, conns: conns}},
		side{b.gunicorn, s, arm{path: path, conns: conns}})
	if err == nil {
		p.ours, p.peer = arms[0], arms[1]
	}
	return err
}

// measureOld measures two binaries and gunicorn in the same turns.
func (b *bench) measureOld(ctx context.Context, t *tables.Table, s setup) error {
	load, older := arm{path: "/", conns: 32}, s
	older.binary = b.old
	arms, err := b.inTurns(ctx, side{b.fumehood, s, load}, side{b.fumehood, older, load}, side{b.gunicorn, s, load})
	if err != nil {
		return err
	}
	arms[1].name = "fumehood, older"
	for _, p := range []*pair{
		{what: "hello, http, three in turns: with the older one", ours: arms[0], peer: arms[1]},
		{what: "the same rounds: with gunicorn", ours: arms[0], peer: arms[2]},
		{what: "the same rounds: the older one with gunicorn", ours: arms[1], peer: arms[2]},
	} {
		p.print(t)
	}
	return nil
}

// side is how one of two servers that are compared is started and loaded.
type side struct {
	start starter
	setup setup
	load  arm
}

// starts is how often the servers of a comparison are started anew: where a process comes
// to lie in memory and on the processors makes a tenth of its speed, for as long as it lives.
const starts = 3

// inTurns loads two servers in turns, with all rounds of all their starts together.
func (b *bench) inTurns(ctx context.Context, sides ...side) ([]*arm, error) {
	var all []*arm
	for range starts {
		now := make([]*arm, len(sides))
		for i, s := range sides {
			var err error
			if now[i], err = warmArm(ctx, s.start, s.setup, s.load); err != nil {
				return nil, err
			}
			defer now[i].server.stop()
		}
		if err := b.rounds.run(ctx, b.seconds, now...); err != nil {
			return nil, err
		}
		for i, a := range now {
			a.server.stop()
			if len(all) == i {
				all = append(all, a)
			} else {
				all[i].rounds = append(all[i].rounds, a.rounds...)
			}
		}
	}
	return all, nil
}

// warmArm starts a server and loads it for a second that does not count.
func warmArm(ctx context.Context, start starter, s setup, load arm) (*arm, error) {
	server, err := start(ctx, s)
	if err != nil {
		return nil, err
	}
	a := &load
	a.name, a.server = server.name, server
	if _, err := a.load(ctx, time.Second); err != nil {
		server.stop()
		return nil, fmt.Errorf("%s: %w\n%s", server.name, err, server.said())
	}
	return a, nil
}

// measureOther measures a server that is shown for information.
func (b *bench) measureOther(ctx context.Context, t *tables.Table, start starter, s setup) error {
	a, err := warmArm(ctx, start, s, arm{path: "/", conns: 32})
	if err != nil {
		return err
	}
	defer a.server.stop()
	if err := b.rounds.run(ctx, b.seconds, a); err != nil {
		return err
	}
	a.print(t, "hello, http, alone", "", "", "")
	return nil
}

func (p *pair) print(t *tables.Table) {
	var faster, cheaper []float64
	for i := range p.ours.rounds {
		ours, peer := p.ours.rounds[i], p.peer.rounds[i]
		faster = append(faster, ours.rps/peer.rps)
		cheaper = append(cheaper, float64(peer.cost())/float64(ours.cost()))
	}
	bar := ""
	if p.bar > 0 {
		bar = fmt.Sprintf(">= %.1f times: %s", p.bar, tables.Verdict(tables.Median(faster) >= p.bar))
	}
	p.ours.print(t, p.what, fmt.Sprintf("%.2f", tables.Median(faster)), fmt.Sprintf("1/%.2f", tables.Median(cheaper)), bar)
	p.peer.print(t, "", "", "", "")
}

func (a *arm) print(t *tables.Table, what, faster, cheaper, bar string) {
	values := func(of func(sample) float64) (all []float64) {
		for _, s := range a.rounds {
			all = append(all, of(s))
		}
		return all
	}
	middle := func(of func(sample) float64) float64 { return tables.Median(values(of)) }
	rps := values(func(s sample) float64 { return s.rps })
	errors := 0
	for _, s := range a.rounds {
		errors += s.errors
	}
	front := middle(func(s sample) float64 { return float64(s.parent) / float64(s.requests) })
	workers := middle(func(s sample) float64 { return float64(s.children) / float64(s.requests) })
	t.Row(what, a.name, tables.Whole(tables.Median(rps)), tables.Whole(slices.Min(rps))+" to "+tables.Whole(slices.Max(rps)),
		fmt.Sprintf("%.1f", middle(func(s sample) float64 { return s.p50 })),
		fmt.Sprintf("%.1f", middle(func(s sample) float64 { return s.p99 })),
		tables.Micro(time.Duration(middle(func(s sample) float64 { return float64(s.cost()) }))),
		tables.Micro(time.Duration(front))+" + "+tables.Micro(time.Duration(workers)),
		fmt.Sprintf("%.0f %%", 100*middle(func(s sample) float64 { return s.others })),
		strconv.Itoa(errors), faster, cheaper, bar)
}
