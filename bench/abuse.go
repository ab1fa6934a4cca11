package main

import (
	"context"
	"fmt"
	"strings"
)

// abuseBar is the CPU of a hello with the guards against abuse on, as a multiple of that
// with them off.
const abuseBar = 1.05

// runAbuse measures what the guards against abuse cost, and how many guesses of a password
// a second are refused.
func runAbuse(ctx context.Context, b *bench) (string, error) {
	var report strings.Builder
	fmt.Fprintf(&report, "Flask, 2 workers; wrk -t1 on the same machine (bench/apps/*.lua); median of %d starts of %d rounds of %v in turns.\n\n", starts, b.rounds.count, b.seconds)
	t := newTable("what", "server", "requests/s", "p50 ms", "CPU/request", "figure", "bar")
	err := b.guardCost(ctx, t, 32, abuseBar, off("RATELIMIT", "LOGIN", "UPLOAD", "PATHS", "VALIDATE"))
	if err != nil {
		return "", err
	}
	err = b.flood(ctx, t, floodOf{"guesses of a password", "guess", "login:app", "login:limited()", "gunicorn, Flask-Limiter", true})
	if err != nil {
		return "", err
	}
	report.WriteString(t.String())
	return report.String(), nil
}
