package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// The bars of the guards of the browser's side.
const (
	costBar    = 1.10 // CPU of a hello with them on, as a multiple of that with them off
	latencyBar = 0.2  // milliseconds that they add to the median of a GET
	floodBar   = 20.0 // cross-site posts refused, as a multiple of Flask-WTF's rate
)

// floodOf is a flood that all of two servers' answers should refuse.
type floodOf struct {
	what, script string
	ours, theirs string // the app here, and with its extension under gunicorn
	peer         string // what the peer is called
	limited      bool   // the rate limit may be what refuses
}

// off switches guards off, for the other arm.
func off(guards ...string) (env []string) {
	for _, guard := range guards {
		env = append(env, "FUMEHOOD_"+guard+"_MODE=off")
	}
	return env
}

// runGuards measures what the guards of the browser's side cost, and how many forged posts
// a second they refuse.
func runGuards(ctx context.Context, b *bench) (string, error) {
	var report strings.Builder
	fmt.Fprintf(&report, "Flask, 2 workers; wrk -t1 on the same machine sends what a browser does (bench/apps/*.lua); median of %d starts of %d rounds of %v in turns.\n\n", starts, b.rounds.count, b.seconds)
	t := tables.New("what", "server", "requests/s", "p50 ms", "CPU/request", "figure", "bar")
	for _, conns := range []int{32, 1} {
		if err := b.guardCost(ctx, t, conns, costBar, off("HEADERS", "CSP", "CORS", "ISOLATION", "CSRF",
			"CACHING", "COOKIES", "REDIRECTS", "ERROR_PAGES")); err != nil {
			return "", err
		}
	}
	err := b.flood(ctx, t, floodOf{"cross-site posts", "flood", "forms:app", "forms:protected()", "gunicorn, Flask-WTF", false})
	if err != nil {
		return "", err
	}
	report.WriteString(t.String())
	return report.String(), nil
}

// guardCost compares a page with all guards and one with some of them off.
func (b *bench) guardCost(ctx context.Context, t *tables.Table, conns int, costBar float64, without []string) error {
	four := setup{workers: 2, threads: 4}
	bare := four
	bare.env = without
	load := arm{path: "/", conns: conns, script: b.script("visit")}
	arms, err := b.inTurns(ctx, side{b.fumehood, four, load}, side{b.fumehood, bare, load})
	if err != nil {
		return err
	}
	with, other := arms[0], arms[1]
	var cost, later []float64
	for i, w := range with.rounds {
		o := other.rounds[i]
		cost = append(cost, float64(w.cost())/float64(o.cost()))
		later = append(later, w.p50-o.p50)
	}
	figure, bar := fmt.Sprintf("%.2f times the CPU", tables.Median(cost)), fmt.Sprintf("<= %.2f: %s", costBar, tables.Verdict(tables.Median(cost) <= costBar))
	if conns == 1 {
		figure, bar = fmt.Sprintf("%+.3f ms", tables.Median(later)), fmt.Sprintf("<= %.1f ms: %s", latencyBar, tables.Verdict(tables.Median(later) <= latencyBar))
	}
	what := fmt.Sprintf("a page, %d connections", conns)
	with.scripted(t, what, "guards on", figure, bar)
	other.scripted(t, "", "guards off", "", "")
	return nil
}

// flood compares the rates at which one flood is refused.
func (b *bench) flood(ctx context.Context, t *tables.Table, f floodOf) error {
	load := arm{path: "/", conns: 32, script: b.script(f.script)}
	arms, err := b.inTurns(ctx,
		side{b.fumehood, setup{workers: 2, threads: 4, app: f.ours, limited: f.limited}, load},
		side{b.gunicorn, setup{workers: 2, threads: 4, app: f.theirs}, load})
	if err != nil {
		return err
	}
	ours, peer := arms[0], arms[1]
	var faster, cheaper []float64
	for i, o := range ours.rounds {
		p := peer.rounds[i]
		if o.errors < o.requests*99/100 || p.errors < p.requests*99/100 {
			return fmt.Errorf("%s: %d of %d refused here, %d of %d there", f.script, o.errors, o.requests, p.errors, p.requests)
		}
		faster = append(faster, o.rps/p.rps)
		cheaper = append(cheaper, float64(p.cost())/float64(o.cost()))
	}
	ours.scripted(t, f.what+" refused", "fumehood", fmt.Sprintf("%.1f times the rate, 1/%.0f of the CPU", tables.Median(faster), tables.Median(cheaper)),
		fmt.Sprintf(">= %.0f times: %s", floodBar, tables.Verdict(tables.Median(faster) >= floodBar)))
	peer.scripted(t, "", f.peer, "", "")
	return nil
}

func (b *bench) script(name string) string {
	return filepath.Join(b.root, "bench", "apps", name+".lua")
}

func (a *arm) scripted(t *tables.Table, what, name, figure, bar string) {
	values := func(of func(sample) float64) float64 {
		var all []float64
		for _, s := range a.rounds {
			all = append(all, of(s))
		}
		return tables.Median(all)
	}
	t.Row(what, name, tables.Whole(values(func(s sample) float64 { return s.rps })),
		fmt.Sprintf("%.2f", values(func(s sample) float64 { return s.p50 })),
		tables.Micro(time.Duration(values(func(s sample) float64 { return float64(s.cost()) }))), figure, bar)
}
