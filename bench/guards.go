package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// The bars of the guards of the browser's side.
const (
	costBar    = 1.10 // CPU of a hello with them on, as a multiple of that with them off
	latencyBar = 0.2  // milliseconds that they add to the median of a GET
	floodBar   = 20.0 // cross-site posts refused, as a multiple of Flask-WTF's rate
)

// off switches the guards of the browser's side off, for the other arm.
func off() (env []string) {
	for _, guard := range []string{"HEADERS", "CSP", "CORS", "ISOLATION", "CSRF", "CACHING", "COOKIES", "REDIRECTS", "ERROR_PAGES"} {
		env = append(env, "FUMEHOOD_"+guard+"_MODE=off")
	}
	return env
}

// runGuards measures what the guards of the browser's side cost, and how many forged posts
// a second they refuse.
func runGuards(ctx context.Context, b *bench) (string, error) {
	var report strings.Builder
	fmt.Fprintf(&report, "Flask, 2 workers; wrk -t1 on the same machine sends what a browser does (bench/apps/*.lua); median of %d starts of %d rounds of %v in turns.\n\n", starts, b.rounds.count, b.seconds)
	t := newTable("what", "server", "requests/s", "p50 ms", "CPU/request", "figure", "bar")
	for _, conns := range []int{32, 1} {
		if err := b.guardCost(ctx, t, conns); err != nil {
			return "", err
		}
	}
	if err := b.flood(ctx, t); err != nil {
		return "", err
	}
	report.WriteString(t.String())
	return report.String(), nil
}

func (b *bench) guardCost(ctx context.Context, t *table, conns int) error {
	four := setup{workers: 2, threads: 4}
	bare := four
	bare.env = off()
	load := arm{path: "/", conns: conns, script: b.script("visit")}
	arms, err := b.inTurns(ctx, side{b.fumehood, four, load}, side{b.fumehood, bare, load})
	if err != nil {
		return err
	}
	with, without := arms[0], arms[1]
	var cost, later []float64
	for i, w := range with.rounds {
		o := without.rounds[i]
		cost = append(cost, float64(w.cost())/float64(o.cost()))
		later = append(later, w.p50-o.p50)
	}
	figure, bar := fmt.Sprintf("%.2f times the CPU", median(cost)), fmt.Sprintf("<= %.2f: %s", costBar, verdict(median(cost) <= costBar))
	if conns == 1 {
		figure, bar = fmt.Sprintf("%+.3f ms", median(later)), fmt.Sprintf("<= %.1f ms: %s", latencyBar, verdict(median(later) <= latencyBar))
	}
	what := fmt.Sprintf("a page, %d connections", conns)
	with.scripted(t, what, "guards on", figure, bar)
	without.scripted(t, "", "guards off", "", "")
	return nil
}

func (b *bench) flood(ctx context.Context, t *table) error {
	four := setup{workers: 2, threads: 4, app: "forms:app"}
	protected := four
	protected.app = "forms:protected()"
	load := arm{path: "/", conns: 32, script: b.script("flood")}
	arms, err := b.inTurns(ctx, side{b.fumehood, four, load}, side{b.gunicorn, protected, load})
	if err != nil {
		return err
	}
	ours, peer := arms[0], arms[1]
	var faster []float64
	for i, o := range ours.rounds {
		if p := peer.rounds[i]; o.errors < o.requests || p.errors < p.requests {
			return fmt.Errorf("flood: %d of %d refused here, %d of %d there", o.errors, o.requests, p.errors, p.requests)
		}
		faster = append(faster, o.rps/peer.rounds[i].rps)
	}
	ours.scripted(t, "cross-site posts refused", "fumehood", fmt.Sprintf("%.1f times the rate", median(faster)),
		fmt.Sprintf(">= %.0f times: %s", floodBar, verdict(median(faster) >= floodBar)))
	peer.scripted(t, "", "gunicorn, Flask-WTF", "", "")
	return nil
}

func (b *bench) script(name string) string {
	return filepath.Join(b.root, "bench", "apps", name+".lua")
}

func (a *arm) scripted(t *table, what, name, figure, bar string) {
	values := func(of func(sample) float64) float64 {
		var all []float64
		for _, s := range a.rounds {
			all = append(all, of(s))
		}
		return median(all)
	}
	t.row(what, name, whole(values(func(s sample) float64 { return s.rps })),
		fmt.Sprintf("%.2f", values(func(s sample) float64 { return s.p50 })),
		micro(time.Duration(values(func(s sample) float64 { return float64(s.cost()) }))), figure, bar)
}
