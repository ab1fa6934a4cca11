// Command sinks measures what the guards inside a worker (wsgi/shim) cost where a request has
// nothing risky: one statement of each driver, and Flask views that ask a database. It stops no
// attack itself.
//
//	go run ./bench/sinks [-python PYTHON] [-starts 8] [-turns 200] [-only bare,listed] [-out bench/results/sinks.md]
//
// PYTHON has what test/python/sql.txt lists. PostgreSQL and MariaDB are those of
// test/databases. arms.py and views.py, beside this file, are what runs.
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/bench/internal/tables"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/test/databases"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// The bars: microseconds for a statement, and a share of a view.
const (
	statementBar = 1.0
	viewBar      = 0.01
)

//go:embed arms.py
var arms string

//go:embed views.py
var views string

// measured is a function of views.py.
type measured struct {
	what, name string
	bar        func(added, share float64) bool // nil: none
}

// options are the command line.
type options struct {
	python string
	starts int
	turns  int
	only   string
	out    string
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", cmp.Or(os.Getenv("FUMEHOOD_TEST_PYTHON_SQL"), ".cache/py/sql/bin/python"), "the interpreter")
	flag.IntVar(&o.starts, "starts", 8, "how often the processes of a row are started anew")
	flag.IntVar(&o.turns, "turns", 200, "turns of each process, of 2 ms")
	flag.StringVar(&o.only, "only", "", "only these functions of views.py, such as bare,listed")
	flag.StringVar(&o.out, "out", "", "also write the report to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "sinks: error:", err)
		os.Exit(1)
	}
}

// rows are those of the table.
func rows(only string) []measured {
	statement := func(added, _ float64) bool { return added <= statementBar }
	view := func(_, share float64) bool { return share <= viewBar }
	all := []measured{
		{"kept", "statement: sqlite3, a cursor that is kept", statement},
		{"fresh", "statement: sqlite3, Connection.execute", statement},
		{"psycopg2", "statement: psycopg2", statement},
		{"psycopg", "statement: psycopg", statement},
		{"pymysql", "statement: PyMySQL", statement},
		{"mysqlclient", "statement: mysqlclient", statement},
		{"connected", "no statement: sqlite3, connect and close", nil},
		{"bare", "view: sqlite3 in memory, connect, two statements, a line rendered, close", view},
		{"listed", "view: sqlite3, connect, a count, 20 rows of 10,000 rendered, close", view},
		{"alchemy", "view: the same by Flask-SQLAlchemy, with its pool", view},
		{"postgresql", "view: the same by psycopg2, PostgreSQL, one connection", view},
		{"postgresql_alchemy", "view: the same by Flask-SQLAlchemy, psycopg, PostgreSQL", view},
	}
	if only != "" {
		all = slices.DeleteFunc(all, func(m measured) bool { return !slices.Contains(strings.Split(only, ","), m.what) })
	}
	return all
}

// ask is what arms.py reads.
type ask struct {
	Source string          `json:"source"`
	Sinks  json.RawMessage `json:"sinks"`
	What   string          `json:"what"`
	Turns  int             `json:"turns"`
	Warm   int             `json:"warm"`
	CPU    int             `json:"cpu"`

	PostgreSQL *databases.Server `json:"postgresql"`
	MariaDB    *databases.Server `json:"mariadb"`
}

// times are the nanoseconds of a call in each turn.
type times struct {
	Off   []float64 `json:"off"`
	On    []float64 `json:"on"`
	Again []float64 `json:"off again"`
}

func run(ctx context.Context, o options) error {
	settings, err := sinks.Settings(sinks.Config{})
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "bench-sinks")
	if err != nil {
		return err
	}
	defer func() { os.RemoveAll(temp) }()
	for name, text := range map[string]string{"arms.py": arms, "views.py": views} {
		if err := os.WriteFile(filepath.Join(temp, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	var h host
	defer h.end()
	given := ask{Source: shim.Source(), Sinks: settings, Turns: o.turns, Warm: 10,
		PostgreSQL: databases.PostgreSQL(&h), MariaDB: databases.MariaDB(&h)}
	table := tables.New("what", "without, us", "added, us", "lowest to highest", "added, %", "by medians, %", "without against itself, %", "bar")
	for _, m := range rows(o.only) {
		f, err := measure(ctx, o, temp, given, m.what)
		if err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
		bar := tables.Verdict(m.bar == nil || m.bar(f.added, f.share))
		switch {
		case m.bar == nil:
			bar = ""
		case strings.HasPrefix(m.name, "view"):
			bar = fmt.Sprintf("<= %.0f %%: %s", 100*viewBar, bar)
		default:
			bar = fmt.Sprintf("<= %.0f us: %s", statementBar, bar)
		}
		table.Row(m.name, fmt.Sprintf("%.2f", f.without), fmt.Sprintf("%+.2f", f.added), fmt.Sprintf("%+.2f to %+.2f", f.least, f.most),
			fmt.Sprintf("%+.1f", 100*f.share), fmt.Sprintf("%+.1f", 100*f.middle), fmt.Sprintf("%+.1f", 100*f.noise), bar)
		fmt.Fprintln(os.Stderr, "measured:", m.name)
	}
	report := fmt.Sprintf("# what the guards in the worker cost where nothing is risky\n\n"+
		"CPU time of the worker. Processes without the guards, with them, and without once more run in turns of 2 ms; "+
		"the fastest turn of each counts, as the rest is what else the machine did. Median of %d starts of %d turns. "+
		"Views are called by the worker's own code, behind Flask; statements go to real databases.\n\n%s\n%s\n\n    go run ./bench/sinks -starts %d -turns %d\n",
		o.starts, o.turns, table, tables.Machine(ctx, versions(ctx, o.python)), o.starts, o.turns)
	fmt.Println(report)
	if o.out == "" {
		return nil
	}
	return os.WriteFile(o.out, []byte(report), 0o644)
}

// figures are a row of the table: microseconds, and shares of the time without guards.
type figures struct{ without, added, least, most, share, middle, noise float64 }

// measure starts the processes of a row again and again.
func measure(ctx context.Context, o options, folder string, given ask, what string) (f figures, err error) {
	var without, added, share, middle, noise []float64
	for start := range o.starts {
		given.What, given.CPU = what, start
		in, err := json.Marshal(given)
		if err != nil {
			return f, err
		}
		var out, said bytes.Buffer
		cmd := exec.CommandContext(ctx, o.python, "-B", filepath.Join(folder, "arms.py"))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &said
		cmd.Env = append(os.Environ(), "TMPDIR="+folder)
		if err := cmd.Run(); err != nil {
			return f, fmt.Errorf("%w\n%s", err, said.String())
		}
		var t times
		if err := json.Unmarshal(out.Bytes(), &t); err != nil {
			return f, err
		}
		if len(t.Off) == 0 || len(t.On) == 0 || len(t.Again) == 0 {
			return f, fmt.Errorf("no turns: %s", out.String())
		}
		off, on, again := slices.Min(t.Off), slices.Min(t.On), slices.Min(t.Again)
		middle = append(middle, 2*tables.Median(t.On)/(tables.Median(t.Off)+tables.Median(t.Again))-1)
		plain := (off + again) / 2
		without, added = append(without, plain/1e3), append(added, (on-plain)/1e3)
		share, noise = append(share, on/plain-1), append(noise, again/off-1)
	}
	return figures{tables.Median(without), tables.Median(added), slices.Min(added), slices.Max(added),
		tables.Median(share), tables.Median(middle), tables.Median(noise)}, nil
}

func versions(ctx context.Context, python string) string {
	return tables.Words(ctx, python, "-c", "import platform, sqlite3; from importlib.metadata import version as v; "+
		"print('Python', platform.python_version()+', SQLite', sqlite3.sqlite_version+',', "+
		"', '.join(n+' '+v(n) for n in 'Flask SQLAlchemy psycopg2-binary psycopg PyMySQL mysqlclient'.split()))")
}

// host has package databases start its servers outside of a test.
type host struct {
	testing.TB
	ends []func()
}

func (h *host) Helper()           {}
func (h *host) Cleanup(f func())  { h.ends = append(h.ends, f) }
func (h *host) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (h *host) end() {
	for _, f := range slices.Backward(h.ends) {
		f()
	}
}
