package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// measured is one kind of request whose time is measured.
type measured struct {
	name string
	bar  time.Duration // that may be added to the median; 0: no bar
	path string
	form string // "" for a GET
}

// requests are those of the table. The long ones are 10 KB.
func requests(classes []class) []measured {
	const size = 10 << 10
	prose := strings.Repeat("All the things that people say to each other in a shop, in the street and at home. ", 200)
	for _, c := range classes {
		if c.name == "prose" {
			prose = strings.Join(c.values, "\n\n")
		}
	}
	return []measured{
		{"small GET", 500 * time.Microsecond, "/notes?page=2&sort=title", ""},
		{"login POST", 0, "/login", "username=anna&password=correct+horse+battery+staple"},
		{"10 KB POST, one letter", 3 * time.Millisecond, "/notes", "text=" + strings.Repeat("a", size)},
		{"10 KB POST, prose", 3 * time.Millisecond, "/notes", "title=My+day&text=" + url.QueryEscape(cut(prose, size))},
	}
}

// cut returns the first n bytes of s, less what would be half a letter.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// arm is a server, and the one that its time is compared with.
type arm struct{ name, base string }

// latencies measures the time of requests over one connection, all servers in turns.
func latencies(ctx context.Context, o options, temp string, classes []class, report *strings.Builder) error {
	arms := []arm{{"plain", ""}, {"nginx-plain", ""}}
	for _, name := range strings.Split(o.servers, ",") {
		base := "plain"
		if name == "nginx" {
			base = "nginx-plain"
		}
		arms = append(arms, arm{name, base})
	}
	servers := map[string]*server{}
	for _, a := range arms {
		s, err := start(ctx, a.name, temp)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		defer s.stop()
		servers[a.name] = s
	}
	fmt.Fprintf(report, "\nTime of a request over one connection, all servers in turns, %v for each. Added: to the median, beyond the same without a judge.\n\n", o.seconds)
	row(report, "request", "server", "requests", "p50 ms", "p99 ms", "added ms", "bar")
	report.WriteString(strings.Repeat("|---", 7) + "|\n")
	for _, m := range requests(classes) {
		times, err := inTurns(ctx, m, arms, servers, o.seconds)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		for _, a := range arms {
			added, bar := "", ""
			if a.base != "" {
				more := quantile(times[a.name], 0.5) - quantile(times[a.base], 0.5)
				added = fmt.Sprintf("%+.3f", float64(more)/1e6)
				if a.name == "ours" && m.bar > 0 {
					bar = fmt.Sprintf("<= %.1f ms: %s", float64(m.bar)/1e6, map[bool]string{true: "met", false: "MISSED"}[more <= m.bar])
				}
			}
			name := names[a.name]
			if servers[a.name].refuses {
				name += " (refuses it)"
			}
			servers[a.name].refuses = false
			row(report, m.name, name, fmt.Sprint(len(times[a.name])), ms(quantile(times[a.name], 0.5)), ms(quantile(times[a.name], 0.99)), added, bar)
		}
	}
	return nil
}

// inTurns sends a request to all servers, some at a time, until each has had its time.
func inTurns(ctx context.Context, m measured, arms []arm, servers map[string]*server, each time.Duration) (map[string][]time.Duration, error) {
	const turns = 20
	times := map[string][]time.Duration{}
	for turn := range turns + 1 {
		for _, a := range arms {
			for begin := time.Now(); time.Since(begin) < each/turns; {
				took, err := servers[a.name].time(ctx, m)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", a.name, err)
				}
				if turn > 0 { // the first one warms up
					times[a.name] = append(times[a.name], took)
				}
			}
		}
	}
	return times, nil
}

// time sends one request and returns how long its answer took.
func (s *server) time(ctx context.Context, m measured) (time.Duration, error) {
	method, content := "GET", io.Reader(http.NoBody)
	if m.form != "" {
		method, content = "POST", strings.NewReader(m.form)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+m.path, content)
	if err != nil {
		return 0, err
	}
	browser(r)
	if m.form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	begin := time.Now()
	res, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	took := time.Since(begin)
	switch {
	case res.StatusCode == http.StatusForbidden:
		s.refuses = true
	case res.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("status %d", res.StatusCode)
	}
	return took, nil
}

func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[int(q*float64(len(sorted)-1))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.3f", float64(d)/1e6) }
