// Command bench measures Fumehood beside its peers, in one run on one machine, and prints
// Markdown tables. It stops no attack. It starts everything by itself on loopback, and
// keeps what it found in bench/results.
//
//	go run ./bench [flags] [hello|slow|invalid|memory|stream|guards|abuse]...
//
// It needs Go, Python 3 and wrk, and the network once, to make .cache/bench-venv.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// bench is what all measurements share.
type bench struct {
	root    string // of the repository
	temp    string
	python  string
	seconds time.Duration // length of one round
	rounds  rounds
	extra   bool   // also the rows that have no bar
	old     string // another binary to compare with, or ""
}

// measurement is one kind of figure. It returns a Markdown report.
type measurement struct {
	name string
	what string
	run  func(context.Context, *bench) (string, error)
}

func measurements() []measurement {
	return []measurement{
		{"hello", "requests per second and CPU per request", runHello},
		{"slow", "1,000 slow connections and one normal client", runSlow},
		{"invalid", "gunicorn's invalid requests on the wire", runInvalid},
		{"memory", "memory of the front, and of the shim in a worker", runMemory},
		{"stream", "memory while 1 GB goes each way", runStream},
		{"guards", "what the guards of the browser's side cost, and a cross-site flood", runGuards},
		{"abuse", "what the guards against abuse cost, and a flood of guesses", runAbuse},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	b := &bench{}
	flag.DurationVar(&b.seconds, "time", 4*time.Second, "length of one round of hello; slow runs 15 times as long")
	flag.IntVar(&b.rounds.count, "rounds", 5, "rounds of hello")
	flag.BoolVar(&b.extra, "extra", true, "also the rows of hello that have no bar")
	flag.StringVar(&b.old, "old", "", "an older binary of Fumehood, for more rows of hello")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./bench [flags] [what]...    (all, when nothing is named)")
		for _, m := range measurements() {
			fmt.Fprintf(os.Stderr, "  %-10s %s\n", m.name, m.what)
		}
		flag.PrintDefaults()
	}
	flag.Parse()
	chosen, err := choose(flag.Args())
	if err != nil {
		return err
	}
	defer func() { os.RemoveAll(b.temp) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, m := range chosen {
		report, err := m.run(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		report = "# " + m.what + "\n\n" + report + "\n" + b.machine(ctx, m.name)
		fmt.Println(report)
		if err := os.WriteFile(filepath.Join(b.root, "bench", "results", m.name+".md"), []byte(report), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func choose(names []string) ([]measurement, error) {
	if len(names) == 0 {
		return measurements(), nil
	}
	var chosen []measurement
next:
	for _, name := range names {
		for _, m := range measurements() {
			if m.name == name {
				chosen = append(chosen, m)
				continue next
			}
		}
		return nil, fmt.Errorf("there is no measurement %q", name)
	}
	return chosen, nil
}

// prepare builds the binary and makes the virtual environment of the peers.
func (b *bench) prepare(ctx context.Context) (err error) {
	root, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	b.root = root
	if b.temp, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	if _, err := output(ctx, "go", "build", "-C", b.root, "-o", "bin/fumehood", "./cmd/fumehood"); err != nil {
		return err
	}
	venv := filepath.Join(b.root, ".cache", "bench-venv")
	b.python = filepath.Join(venv, "bin", "python")
	wanted, err := os.ReadFile(filepath.Join(b.root, "bench", "requirements.txt"))
	if err != nil {
		return err
	}
	stamp := filepath.Join(venv, "requirements.txt")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == string(wanted) {
		return nil
	}
	if _, err := output(ctx, "python3", "-m", "venv", "--clear", venv); err != nil {
		return err
	}
	_, err = output(ctx, b.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"--requirement", filepath.Join(b.root, "bench", "requirements.txt"))
	if err != nil {
		return err
	}
	return os.WriteFile(stamp, wanted, 0o644)
}

// machine says what the figures were measured on.
func (b *bench) machine(ctx context.Context, what string) string {
	versions := tables.Words(ctx, b.python, "-c", "import platform; from importlib.metadata import version as v; "+
		"print('Python', platform.python_version()+',', 'Flask', v('flask')+',', 'gunicorn', v('gunicorn')+',', 'granian', v('granian'))")
	return fmt.Sprintf("%s\n\n    go run ./bench -time %v -rounds %d %s\n", tables.Machine(ctx, versions), b.seconds, b.rounds.count, what)
}

// output runs a command to its end and returns what it wrote, without space around it.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, said.String())
	}
	return strings.TrimSpace(string(out)), nil
}
