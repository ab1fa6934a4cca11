package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// test is one case of OWASP BenchmarkPython.
type test struct {
	name, category string
	real           bool
	cwe            int
}

func readTests(dir string) ([]test, error) {
	names, err := filepath.Glob(filepath.Join(dir, "expectedresults-*.csv"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%s has no expectedresults-*.csv", dir)
	}
	f, err := os.Open(names[len(names)-1])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.FieldsPerRecord = '#', -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var all []test
	for _, row := range rows {
		cwe, err := strconv.Atoi(strings.TrimSpace(row[3]))
		if err != nil {
			return nil, fmt.Errorf("%s: CWE %q", row[0], row[3])
		}
		all = append(all, test{row[0], row[1], row[2] == "true", cwe})
	}
	return all, nil
}

// fitting are the weaknesses that count as one of the benchmark's: the same fault under the
// number of another tool.
func fitting(cwe int) []int {
	for _, same := range [][]int{
		{22, 23, 36, 73}, {78, 77, 88}, {94, 95}, {327, 328, 916}, {330, 338}, {614, 1004}, {611, 827}, {643}, {79, 80}, {89}, {90}, {501}, {502}, {601},
	} {
		if slices.Contains(same, cwe) {
			return same
		}
	}
	return []int{cwe}
}

// counts are those of one category.
type counts struct{ tp, fn, fp, tn int }

func (c counts) rates() (tpr, fpr float64) {
	return float64(c.tp) / float64(max(c.tp+c.fn, 1)), float64(c.fp) / float64(max(c.fp+c.tn, 1))
}

func scoreOWASP(ctx context.Context, w io.Writer, o options, t *tool) error {
	tests, err := readTests(o.owasp)
	if err != nil {
		return err
	}
	all, err := t.audit(ctx, o.owasp)
	if err != nil {
		return err
	}
	byFile := map[string][]found{}
	for _, f := range all {
		name := strings.TrimSuffix(filepath.Base(f.File), ".py")
		byFile[name] = append(byFile[name], f)
	}
	categories := map[string]*counts{}
	for _, c := range tests {
		fits := fitting(c.cwe)
		hit := slices.ContainsFunc(byFile[c.name], func(f found) bool {
			return slices.ContainsFunc(f.CWEs, func(n int) bool { return slices.Contains(fits, n) })
		})
		if categories[c.category] == nil {
			categories[c.category] = &counts{}
		}
		n := categories[c.category]
		switch {
		case c.real && hit:
			n.tp++
		case c.real:
			n.fn++
		case hit:
			n.fp++
		default:
			n.tn++
		}
		if o.misses && c.real != hit {
			fmt.Printf("wrong\t%s\t%s\treal=%t\n", c.name, c.category, c.real)
		}
	}
	reportOWASP(w, categories)
	return nil
}

func reportOWASP(w io.Writer, categories map[string]*counts) {
	names := make([]string, 0, len(categories))
	for name := range categories {
		names = append(names, name)
	}
	slices.Sort(names)
	t := tables.New("category", "found", "of", "false", "of", "TPR - FPR")
	sum, least := 0.0, 100.0
	for _, name := range names {
		c := categories[name]
		tpr, fpr := c.rates()
		score := 100 * (tpr - fpr)
		sum, least = sum+score, min(least, score)
		t.Row(name, fmt.Sprint(c.tp), fmt.Sprint(c.tp+c.fn), fmt.Sprint(c.fp), fmt.Sprint(c.fp+c.tn), fmt.Sprintf("%.1f", score))
	}
	mean := sum / float64(max(len(names), 1))
	t.Row("mean", "", "", "", "", fmt.Sprintf("%.1f (>= 70: %s)", mean, tables.Verdict(mean >= 70)))
	t.Row("least", "", "", "", "", fmt.Sprintf("%.1f (>= 30: %s)", least, tables.Verdict(least >= 30)))
	fmt.Fprintf(w, "OWASP BenchmarkPython 0.1, one test a file; a result counts if its CWE is the test's, or another number of the same fault.\n\n%s\n", t)
}
