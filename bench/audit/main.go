// Command audit measures fumehood audit: how many labelled faults it finds, how often it is
// wrong, how long it takes, and the same for any other tool that writes SARIF. It stops no
// attack itself. The corpora are not part of the repository; nothing of them is executed.
//
//	go run ./bench/audit -labels labels.csv -sources DIR    # DIR/owner+name@commit/...
//	go run ./bench/audit -owasp DIR                         # OWASP BenchmarkPython
//	go run ./bench/audit -speed DIR                         # time and memory, beside Bandit and Semgrep:
//	        -small DIR -large DIR -semgrep-rules DIR        # of an app of 500 lines, of a million too
//	go run ./bench/audit -tool 'bandit -r -f sarif {}' ...  # another tool on the same labels
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// options are the command line.
type options struct {
	labels, sources string
	owasp           string
	speed           string
	small, large    string
	rules           string
	patience        time.Duration
	tool            string
	out             string
	misses          bool
}

func main() {
	var o options
	flag.StringVar(&o.labels, "labels", "", "a CSV of labels: repo, ref, file, line, class, note, source")
	flag.StringVar(&o.sources, "sources", "", "the folder with owner+name@commit/ of every label")
	flag.StringVar(&o.owasp, "owasp", "", "a checkout of OWASP BenchmarkPython")
	flag.StringVar(&o.speed, "speed", "", "a project to time, such as indico")
	flag.StringVar(&o.small, "small", "", "an app of about 500 lines to time")
	flag.StringVar(&o.large, "large", "", "a million lines to time")
	flag.StringVar(&o.rules, "semgrep-rules", "", "a folder of rules; Semgrep is timed too, if it is there")
	flag.DurationVar(&o.patience, "patience", 10*time.Minute, "how long another tool is waited for")
	flag.StringVar(&o.tool, "tool", "", "a command that writes SARIF to its output, {} is the folder; none: this fumehood")
	flag.StringVar(&o.out, "out", "", "also write the report to this file")
	flag.BoolVar(&o.misses, "misses", false, "list what is missed, and what is found beside the labels (never into -out)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "audit: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "bench-audit")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := &tool{command: strings.Fields(o.tool)}
	if o.tool == "" {
		bin := filepath.Join(dir, "fumehood")
		if err := build(ctx, bin); err != nil {
			return err
		}
		t.command = []string{bin, "audit", "--format", "sarif", "--fail-on", "never", "{}"}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# what the audit finds, where it is wrong, and what it costs\n\n")
	did := false
	for _, part := range []struct {
		wanted bool
		run    func() error
	}{
		{o.labels != "", func() error { return scoreLabels(ctx, &b, o, t) }},
		{o.owasp != "", func() error { return scoreOWASP(ctx, &b, o, t) }},
		{o.speed+o.small+o.large != "", func() error { return speed(ctx, &b, o, t) }},
	} {
		if part.wanted {
			did = true
			if err := part.run(); err != nil {
				return err
			}
		}
	}
	if !did {
		return errors.New("nothing to do: one of -labels with -sources, -owasp, -speed, -small, -large")
	}
	fmt.Fprintf(&b, "%s\n\n    go run ./bench/audit%s\n", tables.Machine(ctx), said(o))
	fmt.Print(b.String())
	if o.out != "" {
		return os.WriteFile(o.out, []byte(b.String()), 0o644)
	}
	return nil
}

// said is the command line without the names of folders, which say nothing to others.
func said(o options) string {
	s := ""
	for _, f := range []struct{ name, value string }{{"labels", o.labels}, {"sources", o.sources}, {"owasp", o.owasp}, {"speed", o.speed}, {"small", o.small}, {"large", o.large}, {"semgrep-rules", o.rules}} {
		if f.value != "" {
			s += " -" + f.name + " " + filepath.Base(f.value)
		}
	}
	return s
}
