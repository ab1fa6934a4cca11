package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

// label is one line of the list.
type label struct {
	repo, ref, file, class, note string
	line                         int
	fix                          string // the commit that mends it, "" where none is told
	trap                         bool   // it looks like the class and is none
}

// fixCommit finds "fix 1a2b3c4" in the source of a label.
var fixCommit = regexp.MustCompile(`fix ([0-9a-f]{7,})`)

func readLabels(path string) ([]label, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var all []label
	for _, r := range rows[1:] {
		l := label{repo: r[0], ref: r[1], file: r[2], class: r[4], note: r[5]}
		if l.line, err = strconv.Atoi(r[3]); err != nil {
			return nil, fmt.Errorf("%s: line %q", path, r[3])
		}
		if m := fixCommit.FindStringSubmatch(r[6]); m != nil {
			l.fix = m[1]
		}
		if rest, ok := strings.CutPrefix(l.class, "trap-"); ok {
			l.class, l.trap = rest, true
		}
		if l.class == "clean-negative" {
			l.trap = true
		}
		all = append(all, l)
	}
	return all, nil
}

// cwes are the weaknesses that fit a class of labels, the best first.
func cwes(class string) []int {
	switch class {
	case "sqli", "sql-injection":
		return []int{89, 564}
	case "xss", "stored-xss", "reflected-xss":
		return []int{79, 80, 83, 116}
	case "ssti", "code-injection":
		return []int{1336, 94, 95, 74}
	case "command-injection":
		return []int{78, 77, 88}
	case "path-traversal", "zip-slip":
		return []int{22, 23, 36, 73, 98}
	case "ssrf":
		return []int{918}
	case "open-redirect":
		return []int{601}
	case "csrf":
		return []int{352}
	case "idor", "broken-access-control", "missing-authz", "missing-auth", "missing-authentication", "auth-decorator-order", "auth-bypass":
		return []int{639, 284, 285, 862, 863, 306, 287, 288, 290, 348}
	case "hardcoded-secret", "hardcoded-credential", "hardcoded-credentials":
		return []int{798, 259, 321, 522, 547}
	case "debug", "security-misconfiguration", "missing-headers", "cors":
		return []int{489, 215, 16, 605, 668, 693, 1021, 942}
	case "cookie-flags", "insecure-cookie", "insecure-session", "unsigned-cookie":
		return []int{614, 1004, 1275, 565, 384, 345, 502}
	case "sensitive-data-exposure", "info-disclosure":
		return []int{200, 201, 209, 312, 532, 256, 522, 359, 489, 798, 306}
	case "plaintext-password", "plaintext-password-storage", "weak-hash", "weak-cryptography":
		return []int{256, 257, 312, 522, 916, 327, 328, 759, 760}
	case "missing-rate-limit", "missing-rate-limiting", "brute-force":
		return []int{307, 770, 799}
	case "deserialization", "insecure-deserialization":
		return []int{502}
	case "denial-of-service", "redos", "regex-injection":
		return []int{400, 770, 730, 1333, 185}
	}
	return rareCWEs(class)
}

func rareCWEs(class string) []int {
	switch class {
	case "xxe":
		return []int{611, 776, 827}
	case "weak-prng", "weak-random", "insecure-randomness":
		return []int{330, 338, 331, 335}
	case "user-enumeration":
		return []int{204, 203, 209, 200}
	case "mass-assignment":
		return []int{915}
	case "log-injection":
		return []int{117, 93}
	case "header-injection":
		return []int{113, 93, 644}
	case "ldap-injection":
		return []int{90}
	case "tls-verify-off":
		return []int{295, 296}
	case "jwt-no-verify", "broken-authentication":
		return []int{347, 345, 287, 290, 327}
	case "proxy-trust":
		return []int{348, 346, 807}
	case "password-complexity-bypass":
		return []int{521}
	case "missing-logging":
		return []int{778, 223}
	}
	return nil
}

// hits are the results that fit a label, within so many lines.
func hits(l label, all []found, near int) []int {
	fits := cwes(l.class)
	var at []int
	for i, f := range all {
		if f.File == l.file && f.Line >= l.line-near && f.Line <= l.line+near && slices.ContainsFunc(f.CWEs, func(c int) bool { return slices.Contains(fits, c) }) {
			at = append(at, i)
		}
	}
	return at
}

// near is how far a result may stand from its label: lines of real fixes are exact, those of
// whole apps mark a stretch.
const (
	nearFix = 3
	nearApp = 10
)

func scoreLabels(ctx context.Context, w io.Writer, o options, t *tool) error {
	labels, err := readLabels(o.labels)
	if err != nil {
		return err
	}
	dir := func(l label, ref string) string {
		return filepath.Join(o.sources, strings.ReplaceAll(l.repo, "/", "+")+"@"+ref)
	}
	apps := map[string]bool{} // repositories of which no label has a fix: labelled as a whole
	for _, l := range labels {
		apps[l.repo] = true
	}
	for _, l := range labels {
		if l.fix != "" {
			apps[l.repo] = false
		}
	}
	var s score
	for _, l := range labels {
		all, err := t.audit(ctx, dir(l, l.ref))
		if err != nil {
			return err
		}
		if apps[l.repo] {
			s.app(l, all)
			continue
		}
		s.fixes++
		if len(hits(l, all, nearFix)) == 0 {
			s.missed = append(s.missed, l)
			continue
		}
		s.flagged++
		if l.fix == "" {
			continue
		}
		after, err := t.audit(ctx, dir(l, l.fix))
		if err != nil {
			return err
		}
		s.mended++
		if len(hits(l, after, nearFix)) == 0 {
			s.silent++
		}
	}
	s.report(w)
	if o.misses {
		s.list()
	}
	return nil
}

// score counts.
type score struct {
	fixes, flagged, mended, silent int
	right, wrong                   int // labels of whole apps that are found, or not
	traps, trapped                 int
	results, matched               map[string]map[int]bool // of whole apps, by repository
	missed                         []label
	beside                         map[string][]found
}

func (s *score) app(l label, all []found) {
	if s.results == nil {
		s.results, s.matched, s.beside = map[string]map[int]bool{}, map[string]map[int]bool{}, map[string][]found{}
	}
	if s.results[l.repo] == nil {
		s.results[l.repo], s.matched[l.repo] = map[int]bool{}, map[int]bool{}
		for i := range all {
			s.results[l.repo][i] = true
		}
		s.beside[l.repo] = all
	}
	at := hits(l, all, nearApp)
	switch {
	case l.trap:
		s.traps++
		if len(at) > 0 {
			s.trapped++
		}
	case len(at) > 0:
		s.right++
		for _, i := range at {
			s.matched[l.repo][i] = true
		}
	default:
		s.wrong++
		s.missed = append(s.missed, l)
	}
}

func (s *score) report(w io.Writer) {
	results, matched := 0, 0
	for repo := range s.results {
		results += len(s.results[repo])
		matched += len(s.matched[repo])
	}
	part := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	t := tables.New("what", "count", "share", "bar")
	row := func(what string, n, of int, bar float64, least bool) {
		met := part(n, of) >= bar
		sign := ">="
		if !least {
			met, sign = part(n, of) <= bar, "<="
		}
		t.Row(what, fmt.Sprintf("%d of %d", n, of), fmt.Sprintf("%.1f %%", 100*part(n, of)), fmt.Sprintf("%s %.0f %%: %s", sign, 100*bar, tables.Verdict(met)))
	}
	row("lines of real faults, flagged before the fix", s.flagged, s.fixes, 0.60, true)
	row("of those, silent after it", s.silent, s.mended, 0.90, true)
	row("labels of whole apps, found", s.right, s.right+s.wrong, 0.55, true)
	row("results in whole apps that fit a label", matched, results, 0.60, true)
	row("traps that are hit", s.trapped, s.traps, 0.05, false)
	fmt.Fprintf(w, "Labels: file, class and line; a result fits if its CWE fits the class, within %d lines of a real fault and %d in whole apps.\n\n%s\n", nearFix, nearApp, t)
}

// list prints what was missed, and what was found beside the labels.
func (s *score) list() {
	for _, l := range s.missed {
		fmt.Printf("missed\t%s\t%s:%d\t%s\t%s\n", l.repo, l.file, l.line, l.class, l.note)
	}
	for repo, all := range s.beside {
		for i, f := range all {
			if !s.matched[repo][i] {
				fmt.Printf("beside\t%s\t%s:%d\t%s\n", repo, f.File, f.Line, f.Rule)
			}
		}
	}
}
