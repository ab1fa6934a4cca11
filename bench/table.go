package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table is a Markdown table.
type table struct {
	text strings.Builder
}

func newTable(columns ...string) *table {
	t := &table{}
	t.row(columns...)
	t.text.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	return t
}

func (t *table) row(cells ...string) {
	t.text.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// String returns the Markdown.
func (t *table) String() string { return t.text.String() }

// median returns the middle of values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

func micro(d time.Duration) string {
	return fmt.Sprintf("%.0f us", float64(d)/float64(time.Microsecond))
}

func mega(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

// verdict says whether a bar is met.
func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}
