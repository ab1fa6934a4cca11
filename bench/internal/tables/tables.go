// Package tables writes what the benchmarks have found: Markdown tables, and what they were
// measured on. It stops no attack and belongs to no chain.
package tables

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Table is a Markdown table.
type Table struct {
	text strings.Builder
}

// New returns a table that has no rows yet.
func New(columns ...string) *Table {
	t := &Table{}
	t.Row(columns...)
	t.text.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	return t
}

// Row adds a row.
func (t *Table) Row(cells ...string) {
	t.text.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// String returns the Markdown.
func (t *Table) String() string { return t.text.String() }

// Median returns the middle of values, 0 for none.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Whole writes a number without decimals.
func Whole(v float64) string { return fmt.Sprintf("%.0f", v) }

// Micro writes a time in microseconds.
func Micro(d time.Duration) string {
	return fmt.Sprintf("%.0f us", float64(d)/float64(time.Microsecond))
}

// Mega writes a size in MB.
func Mega(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

// Verdict says whether a bar is met.
func Verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// Machine says what figures were measured on: the processors, Linux, Go, then versions of
// other programs, the commit of the folder that the program runs in, and the day.
func Machine(ctx context.Context, versions ...string) string {
	parts := []string{
		Words(ctx, "sh", "-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *//; s/ / x /'"),
		"Linux " + Words(ctx, "uname", "-r"), Words(ctx, "go", "env", "GOVERSION"),
	}
	parts = append(append(parts, versions...), "commit "+Words(ctx, "git", "describe", "--always", "--dirty"),
		time.Now().UTC().Format("2006-01-02"))
	return strings.Join(parts, ", ") + "."
}

// Words is what a program says, without space around it; "?" where it fails.
func Words(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(out))
}
