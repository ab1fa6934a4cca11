package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/internal/hint"
)

// auditHeap is how much memory an audit takes before the collector runs for the first time:
// most are over by then.
const auditHeap = 288 << 20

// collectLate leaves the collector out until there is auditHeap to look through, and then has
// it run whenever as much again was taken. Whoever sets it by the environment is obeyed.
func (e *env) collectLate() {
	if e.getenv("GOGC") != "" || e.getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(auditHeap)
	first := &struct{ self any }{} // the first run finds it unused
	runtime.AddCleanup(first, func(int) {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
	}, 0)
}

func runAudit(e *env, args []string) error {
	o, err := e.auditOptions(args)
	switch {
	case err != nil:
		return err
	case o.list || o.explain != "":
		return e.explainRules(o)
	}
	e.collectLate()
	var out bytes.Buffer // of --output, and of text, which is written at the end anyway
	result := &result{Handler: e.auditHandler(o, &out), failOn: o.failOn, openOnly: o.open, noProgress: o.output != "" || isFile(e.stdout)}
	err = e.untilStopped(func() error { return audit.Run(e.ctx, o.Options, result) })
	if closed := result.Close(); err == nil {
		err = closed
	}
	var wrong audit.UsageError
	switch {
	case errors.As(err, &wrong):
		return usage(wrong, hint.Of(wrong))
	case err != nil && e.ctx.Err() != nil:
		return errors.New("stopped before the end: the report is not complete")
	case err != nil:
		return err
	}
	if err := e.writeAudit(o, out.Bytes(), result); err != nil {
		return err
	}
	switch {
	case o.write == "" && result.failing > 0:
		return errFindings
	case result.sum.Blind:
		return hint.With(errors.New("nothing of the Python source could be read, so the audit says nothing about the app"),
			`the report says why, file by file; "python3 -m py_compile FILE" tells more`)
	case result.sum.Crashes > 0:
		return hint.With(fmt.Errorf("the audit failed at %d places, so this is not all", result.sum.Crashes),
			"it is a fault of fumehood: please report what stands at the end of the report")
	}
	return nil
}

// leave is how long a run that is to stop has for it. What takes longer ends with the process.
const leave = 50 * time.Millisecond

// untilStopped waits for a run, but not much longer than until the verb is to stop.
func (e *env) untilStopped(run func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	select {
	case err := <-ended:
		return err
	case <-e.ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(leave):
		return e.ctx.Err()
	}
}

// auditHandler is what shows the run, and its progress where somebody looks.
func (e *env) auditHandler(o *auditOptions, buffer *bytes.Buffer) finding.Handler {
	out := e.stdout
	width, color := e.screen()
	if o.output != "" {
		out, width, color = buffer, 0, false
	}
	var h finding.Handler
	switch {
	case o.format == "json":
		h = report.NewJSON(out)
	case o.format == "sarif":
		h = report.NewSARIF(out)
	case o.write != "" && o.output == "":
		h = report.NewText(io.Discard, report.TextOptions{}) // what is written down is not shown too
	default:
		text := report.TextOptions{Width: width, Color: color, FailOn: o.failOn}
		if width > 0 {
			text.Most = shownPlaces
		} else if o.output == "" {
			text.Width, _ = strconv.Atoi(e.getenv("COLUMNS"))
		}
		h = report.NewText(out, text)
	}
	if e.tty && (o.format == "text" || o.output != "" || width == 0) {
		h = report.NewProgress(h, e.stderr)
	}
	return h
}

// shownPlaces is how many places of a rule are shown on a terminal: nobody scrolls through
// thousands. What is written elsewhere has them all.
const shownPlaces = 40

// screen is how wide the terminal is that standard output is, and whether it takes colours;
// 0 if it is none.
func (e *env) screen() (width int, color bool) {
	file, ok := e.stdout.(*os.File)
	if !ok {
		return 0, false
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	if size.Col == 0 { // a terminal that does not say
		size.Col = 80
	}
	return int(size.Col), e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"
}

// writeAudit writes the files that were asked for, and says so.
func (e *env) writeAudit(o *auditOptions, data []byte, r *result) error {
	if o.output != "" {
		if err := audit.ReplaceFile(o.output, data); err != nil {
			return hint.With(fmt.Errorf("--output: %w", err), o.writableHint("--output", o.output))
		}
		fmt.Fprintf(e.stderr, "%s\nwrote %s\n", report.Line(r.sum), o.output)
	}
	if o.write == "" {
		return nil
	}
	list := append(r.found, r.known...)
	if err := audit.WriteBaseline(o.write, list); err != nil {
		return hint.With(fmt.Errorf("--write-baseline: %w", err), o.writableHint("--write-baseline", o.write))
	}
	out := e.stderr
	if o.format == "text" && o.output == "" {
		out = e.stdout
		fmt.Fprintln(out, report.Line(r.sum))
	}
	known := "1 finding is"
	if len(list) != 1 {
		known = fmt.Sprintf("%d findings are", len(list))
	}
	_, err := fmt.Fprintf(out, "wrote %s: %s known from now on\n\n  next  fumehood audit --baseline %s %s\n", o.write, known, hint.Shell(o.write), hint.Shell(o.Root))
	return err
}

// isFile reports whether out is a file on a disk, where nobody waits for progress.
func isFile(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// result counts what decides the exit code, and keeps what a baseline takes. It takes no more
// messages once it is closed: a run that was stopped may still be sending them.
type result struct {
	finding.Handler
	mu         sync.Mutex
	closed     bool
	failOn     finding.Severity
	openOnly   bool // what is silenced is not handed on
	noProgress bool // a file needs none
	failing    int
	found      []finding.Finding
	known      []finding.Finding // those of the baseline that were found again
	sum        finding.Summary
}

// Handle implements finding.Handler.
func (r *result) Handle(m finding.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return context.Canceled
	case m.Finding != nil:
		r.found = append(r.found, *m.Finding)
		if r.failOn > 0 && m.Finding.Severity >= r.failOn {
			r.failing++
		}
	case m.Suppressed != nil:
		if m.Suppressed.By == "baseline" {
			r.known = append(r.known, m.Suppressed.Finding)
		}
		if r.openOnly {
			return nil
		}
	case m.Progress != nil && r.noProgress:
		return nil
	case m.Summary != nil:
		r.sum = *m.Summary
	}
	return r.Handler.Handle(m)
}

// Close implements finding.Handler. Where whoever reads the report keeps a message waiting there
// is nothing to close.
func (r *result) Close() error {
	if !r.mu.TryLock() {
		return nil
	}
	defer r.mu.Unlock()
	r.closed = true
	return r.Handler.Close()
}

// explainRules prints the rules, or one of them.
func (e *env) explainRules(o *auditOptions) error {
	known := audit.Rules()
	if o.explain != "" {
		for _, r := range known {
			if r.ID != o.explain {
				continue
			}
			if o.format == "json" {
				return e.printJSON(r)
			}
			bad, good := samplesOf(o.explain)
			_, err := io.WriteString(e.stdout, report.Explain(r, bad, good))
			return err
		}
	}
	if o.format == "json" {
		return e.printJSON(known)
	}
	_, err := io.WriteString(e.stdout, report.List(known))
	return err
}

// samplesOf are the first bad and the first good sample of a rule.
func samplesOf(id string) (bad, good string) {
	for _, r := range rules.All() {
		if r.ID == id && len(r.Bad) > 0 && len(r.Good) > 0 {
			return r.Bad[0], r.Good[0]
		}
	}
	return "", ""
}
