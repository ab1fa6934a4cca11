package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

const (
	slowEach     = 500             // connections of each kind
	slowPause    = 2 * time.Second // between two bytes
	probePause   = 100 * time.Millisecond
	probeGood    = time.Second
	headDeadline = 10 * time.Second // server.header_timeout
	bodyDeadline = 15 * time.Second // body.idle; body.min_rate cuts earlier
	leeway       = 2 * time.Second
	never        = time.Hour // the latency of a request that failed
)

// slowKind is a way to hold a connection without ever finishing a request.
type slowKind struct {
	name     string
	head     string // sent at once; then one byte at a time
	deadline time.Duration
}

func slowKinds() []slowKind {
	return []slowKind{
		{"slow header", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", headDeadline},
		{"slow body", "POST /length HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n", bodyDeadline},
	}
}

// runSlow holds 1,000 slow connections against each server while a normal client sends a
// request every 100 ms on a connection of its own.
func runSlow(ctx context.Context, b *bench) (string, error) {
	length := 15 * b.seconds
	var report strings.Builder
	fmt.Fprintf(&report, "%d connections of each kind, opened at once, one byte every %v, for %v; meanwhile a normal request "+
		"every %v. A connection is cut in time within its deadline (%v for a header, %v for a body) and %v.\n\n",
		slowEach, slowPause, length, probePause, headDeadline, bodyDeadline, leeway)
	t := tables.New("server", "normal requests", "answered under 1 s", "p50 ms", "p99 ms", "slow headers cut in time", "at",
		"slow bodies cut in time", "at", "bar")
	for _, start := range []starter{b.fumehood, b.gunicorn} {
		server, err := start(ctx, setup{workers: 2, threads: 4})
		if err != nil {
			return "", err
		}
		err = slowRow(ctx, t, server, length)
		server.stop()
		if err != nil {
			return "", err
		}
	}
	report.WriteString(t.String())
	return report.String(), nil
}

func slowRow(ctx context.Context, t *tables.Table, server *process, length time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var group sync.WaitGroup
	kinds := slowKinds()
	cuts := make([][]time.Duration, len(kinds)) // 0: never
	for k, kind := range kinds {
		cuts[k] = make([]time.Duration, slowEach)
		for i := range slowEach {
			group.Go(func() { cuts[k][i] = drip(ctx, server.addr, kind.head) })
		}
	}
	latencies := probe(ctx, server.url+"/")
	group.Wait()
	if context.Cause(ctx) == context.Canceled {
		return ctx.Err()
	}
	good := 0
	var ms []float64
	for _, latency := range latencies {
		ms = append(ms, float64(latency)/float64(time.Millisecond))
		if latency < probeGood {
			good++
		}
	}
	slices.Sort(ms)
	share := 100 * float64(good) / float64(len(ms))
	cells := []string{server.name, fmt.Sprint(len(ms)), fmt.Sprintf("%d (%.2f %%)", good, share),
		millis(ms[len(ms)/2]), millis(ms[len(ms)*99/100])}
	met := share >= 99
	for k, kind := range kinds {
		text, all := cutCells(cuts[k], kind.deadline+leeway)
		cells = append(cells, text...)
		met = met && all
	}
	bar := ""
	if server.name == "fumehood" {
		bar = ">= 99 %, every one cut: " + tables.Verdict(met)
	}
	t.Row(append(cells, bar)...)
	return nil
}

// millis writes a latency; what never was answered counts as an hour.
func millis(ms float64) string {
	if ms >= float64(never/time.Millisecond) {
		return "never"
	}
	return fmt.Sprintf("%.1f", ms)
}

// cutCells says how many were cut in time, and when the first and the last were.
func cutCells(cuts []time.Duration, deadline time.Duration) (cells []string, all bool) {
	inTime := 0
	var first, last time.Duration
	for _, cut := range cuts {
		if cut == 0 {
			continue
		}
		if cut <= deadline {
			inTime++
		}
		if first == 0 || cut < first {
			first = cut
		}
		last = max(last, cut)
	}
	when := "never"
	if last > 0 {
		when = fmt.Sprintf("%.1f to %.1f s", first.Seconds(), last.Seconds())
	}
	return []string{fmt.Sprintf("%d of %d", inTime, len(cuts)), when}, inTime == len(cuts)
}

// drip holds a connection with one byte now and then, until the server ends it or ctx
// does. It returns how long the server took to end it, or 0 when it did not.
func drip(ctx context.Context, addr, head string) time.Duration {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0
	}
	defer conn.Close()
	opened := time.Now()
	if _, err := conn.Write([]byte(head)); err != nil {
		return time.Since(opened)
	}
	ended := make(chan time.Duration, 1)
	go func() { // an answer to an unfinished request is a refusal: the cut
		conn.Read(make([]byte, 1))
		ended <- time.Since(opened)
	}()
	ticker := time.NewTicker(slowPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return 0
		case cut := <-ended:
			return cut
		case <-ticker.C:
			conn.Write([]byte("x")) // the reader sees it when this fails
		}
	}
}

// probe sends a normal request every 100 ms, whether or not the last one was answered,
// until ctx ends. It returns how long each took, never where it failed.
func probe(ctx context.Context, url string) []time.Duration {
	var mu sync.Mutex
	var latencies []time.Duration
	var group sync.WaitGroup
	c := client(5 * time.Second)
	ticker := time.NewTicker(probePause)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			group.Go(func() {
				began := time.Now()
				latency := never
				if res, err := c.Get(url); err == nil {
					res.Body.Close()
					if res.StatusCode == http.StatusOK {
						latency = time.Since(began)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				latencies = append(latencies, latency)
			})
		}
	}
	group.Wait()
	return latencies
}
