package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/wsgi"
)

const cspOptions = `      --json    print it as JSON
      --all     also what is allowed by its hash
      --forget  forget what browsers have reported so far
`

func helpCSP(bool) string {
	return `  fumehood csp app:app

Show what the Content-Security-Policy makes of the app: which scripts of its templates run,
which do not or are only reported, and why; then what browsers have reported while
fumehood run served it. Each line has the fix, and the policy line that would allow it.
The app is imported for it, and asked nothing.

Usage: fumehood csp [options] [options of run] TARGET

Options:
` + cspOptions
}

// cspReport is what `fumehood csp` knows.
type cspReport struct {
	Known    bool          `json:"templates_known"`
	Files    int           `json:"templates"`
	Pieces   []csp.Finding `json:"pieces"`
	Reported []reported    `json:"reported"`
}

type reported struct {
	csp.Group
	csp.Explanation
}

func runCSP(e *env, args []string) error {
	flags := pflag.NewFlagSet("csp", pflag.ContinueOnError)
	asJSON, all, forget := flags.Bool("json", false, ""), flags.Bool("all", false, ""), flags.Bool("forget", false, "")
	loaded, err := e.load(args, config.NeedApp, flags)
	if err != nil {
		return err
	}
	cfg := loaded.Config
	data, err := openData(cfg)
	if err != nil {
		return err
	}
	if *forget {
		if err := os.Remove(data.Path(reportsFile)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	groups, err := csp.ReadReports(data.Path(reportsFile))
	if err != nil {
		return err
	}
	about, err := e.ask(cfg)
	if err != nil {
		return e.bootFailure(err)
	}
	set, err := readTemplates(about, cfg.App.Templates)
	if err != nil {
		return err
	}
	guard, err := csp.New(cfg.CSP, csp.Site{Templates: set})
	if err != nil {
		return err
	}
	report := cspReport{Known: set != nil, Pieces: []csp.Finding{}, Reported: []reported{}}
	if set != nil {
		report.Files = len(set.All())
		report.Pieces = append(report.Pieces, guard.Listing()...)
	}
	for _, g := range groups {
		report.Reported = append(report.Reported, reported{g, csp.Explain(g, set)})
	}
	if *asJSON {
		return e.printJSON(report)
	}
	_, err = io.WriteString(e.stdout, report.text(*all, cfg.App.Chdir))
	return err
}

// ask imports the app in one worker and returns what it says of itself; nothing for an
// upstream.
func (e *env) ask(cfg config.Config) (pool.About, error) {
	if cfg.App.Upstream != "" {
		return pool.About{}, nil
	}
	python, _, err := pool.Interpreter(cfg.App.Python, cfg.App.Chdir, e.getenv)
	if err != nil {
		return pool.About{}, err
	}
	if e.tty {
		fmt.Fprintf(e.stderr, "importing %s ...\n", cfg.App.Target)
	}
	app, err := wsgi.New(wsgi.Config{
		Target: cfg.App.Target, Dir: cfg.App.Chdir, Python: python, Env: e.environ,
		Workers: 1, Threads: 1, BootTimeout: cfg.Workers.BootTimeout, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return pool.About{}, err
	}
	if err := app.Start(e.ctx); err != nil {
		return pool.About{}, err
	}
	about := app.Pool().About()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	app.Close(ctx)
	return about, nil
}

// text is the report for people.
func (r cspReport) text(all bool, folder string) string {
	var b strings.Builder
	if !r.Known {
		b.WriteString("The app does not say where its templates are: inline scripts and styles are only reported.\n")
	} else {
		count := map[csp.Verdict]int{}
		for _, f := range r.Pieces {
			count[f.Verdict]++
		}
		fmt.Fprintf(&b, "%d inline scripts, handlers and styles in %d templates\n\n", len(r.Pieces), r.Files)
		for _, row := range []struct {
			verdict csp.Verdict
			what    string
		}{
			{csp.Hashed, "run: their hashes are in the policy"},
			{csp.Matched, "run where the template data in them is only data"},
			{csp.Allowed, "run, and so would others of their kind on the same page"},
			{csp.Reported, "run, and so would injected ones: their pages are only reported"},
			{csp.Refused, "do not work any more"},
		} {
			if count[row.verdict] == 0 && row.verdict != csp.Hashed {
				continue
			}
			fmt.Fprintf(&b, "  %3d  %s\n", count[row.verdict], row.what)
			for _, f := range r.Pieces {
				if f.Verdict == row.verdict && (all || f.Verdict != csp.Hashed) {
					piece(&b, f, folder)
				}
			}
		}
	}
	if len(r.Reported) == 0 {
		b.WriteString("\nNo browser has reported anything.\n")
		return b.String()
	}
	b.WriteString("\nReported by browsers\n")
	for _, g := range r.Reported {
		state := "only reported"
		if g.Enforced {
			state = "refused"
		}
		fmt.Fprintf(&b, "\n  %d x  %s  %s  on %s  (%s, last %s)\n", g.Count, g.Directive, g.Blocked, g.Page, state, g.Last.Local().Format("2006-01-02 15:04"))
		if g.Sample != "" {
			fmt.Fprintf(&b, "       %s\n", g.Sample)
		}
		fmt.Fprintf(&b, "       %s\n", g.Why)
		advice(&b, "       ", g.Fix, g.Policy)
	}
	return b.String()
}

func piece(b *strings.Builder, f csp.Finding, folder string) {
	file := f.File
	if base, err := filepath.Abs(folder); err == nil {
		if rel, err := filepath.Rel(base, f.File); err == nil && !strings.HasPrefix(rel, "..") {
			file = rel
		}
	}
	what := string(f.Kind)
	if f.Name != "" {
		what = f.Name
	}
	fmt.Fprintf(b, "       %s:%d  %s  %s\n", file, f.Line, what, f.Text)
	if f.Reason != "" {
		fmt.Fprintf(b, "         %s\n", f.Reason)
	}
	advice(b, "         ", f.Fix, f.Policy)
}

func advice(b *strings.Builder, indent, fix, policy string) {
	if fix != "" {
		fmt.Fprintf(b, "%sfix    %s\n", indent, fix)
	}
	if policy != "" {
		fmt.Fprintf(b, "%sallow  %s\n", indent, policy)
	}
}
