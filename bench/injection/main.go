// Command injection measures guard/injection beside two engines that run the Core Rule Set,
// Coraza and nginx with ModSecurity: which attacks each refuses, which honest values, and
// what each adds to the time of a request. It stops no attack itself. All of it runs on
// loopback, in one run.
//
//	go run ./bench/injection -corpus DIR [-place form] [-out bench/results/injection.md]
//
// The corpus is not part of the repository. DIR has attack/CLASS.txt and benign/CLASS.txt,
// one JSON string a line; meta/attack/CLASS.src may say of each line where it is from, and
// dropped.txt what was left out of the lists and why.
// nginx, its ModSecurity module and Debian's modsecurity-crs must be installed.
package main

import (
	"context"
	"encoding/json"
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
	corpus   string
	place    string
	servers  string
	out      string
	verdicts string
	classes  string
	list     bool
	seconds  time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.corpus, "corpus", "", "the folder with attack/ and benign/")
	flag.StringVar(&o.place, "place", "form", "where a value is sent: query, form or json")
	flag.StringVar(&o.servers, "servers", "ours,coraza,nginx", "the servers to ask")
	flag.StringVar(&o.out, "out", "", "also write the report to this file")
	flag.StringVar(&o.verdicts, "verdicts", "", "write every verdict to this file, as JSON lines")
	flag.StringVar(&o.classes, "classes", "", "only these classes, such as sqli,prose")
	flag.BoolVar(&o.list, "list", false, "print our misses and false refusals with their values (never into -out)")
	flag.DurationVar(&o.seconds, "time", 4*time.Second, "time for each request and server in the table of latencies; 0: no such table")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "injection: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	classes, err := readCorpus(o.corpus, o.classes)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "bench-injection")
	if err != nil {
		return err
	}
	defer func() { os.RemoveAll(temp) }()
	var report strings.Builder
	report.WriteString("# which attacks and which honest values are refused, and what that costs\n\n")
	if err := judgeAll(ctx, o, temp, classes, &report); err != nil {
		return err
	}
	if o.seconds > 0 {
		if err := latencies(ctx, o, temp, classes, &report); err != nil {
			return err
		}
	}
	if dropped, err := os.ReadFile(filepath.Join(o.corpus, "dropped.txt")); err == nil {
		fmt.Fprintf(&report, "\nLeft out when the lists were read, by reason:\n\n```\n%s```\n", dropped)
	}
	fmt.Fprintf(&report, "\n%s\n\n    go run ./bench/injection -corpus DIR -place %s -time %v\n", machine(ctx), o.place, o.seconds)
	fmt.Println(report.String())
	if o.out == "" {
		return nil
	}
	return os.WriteFile(o.out, []byte(report.String()), 0o644)
}

// judgeAll sends every value to every server.
func judgeAll(ctx context.Context, o options, temp string, classes []class, report *strings.Builder) error {
	table := newTally(classes, strings.Split(o.servers, ","))
	var log *json.Encoder
	if o.verdicts != "" {
		file, err := os.Create(o.verdicts)
		if err != nil {
			return err
		}
		defer file.Close()
		log = json.NewEncoder(file)
		log.SetEscapeHTML(false)
	}
	for _, name := range table.servers {
		for i, c := range classes {
			// A new server for each class: what ours remembers of a field is of that class.
			s, err := start(ctx, name, temp)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for n, value := range c.values {
				refused, why, err := s.judge(ctx, o.place, value)
				if err != nil {
					s.stop()
					return fmt.Errorf("%s: %s line %d: %w", name, c.name, n+1, err)
				}
				v := verdict{Server: name, Kind: c.kind, Class: c.name, Line: n + 1, Source: c.source(n), Value: value, Refused: refused, Why: why}
				table.add(i, v)
				if log != nil {
					if err := log.Encode(v); err != nil {
						return err
					}
				}
			}
			s.stop()
		}
	}
	table.write(report, o)
	return nil
}

// machine says what the figures were measured on.
func machine(ctx context.Context) string {
	module := func(path string) string { return tables.Words(ctx, "go", "list", "-m", "-f", "{{.Version}}", path) }
	return tables.Machine(ctx, strings.TrimPrefix(tables.Words(ctx, "nginx", "-v"), "nginx version: "),
		"ModSecurity's CRS "+tables.Words(ctx, "dpkg-query", "-W", "-f", "${Version}", "modsecurity-crs"),
		"Coraza "+module("github.com/corazawaf/coraza/v3")+" with CRS "+module("github.com/corazawaf/coraza-coreruleset/v4"))
}
