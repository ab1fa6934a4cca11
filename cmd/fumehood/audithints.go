package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/internal/hint"
)

// with is the command as it was typed, with an option set to another value. Words that are the
// same elsewhere, such as PATH, stay.
func (o *auditOptions) with(flag, value string) string {
	short := map[string]string{"--format": "-f", "--output": "-o"}[flag]
	words := []string{"fumehood", "audit"}
	done, next := false, false
	for _, arg := range o.args {
		switch {
		case next:
			arg, next, done = value, false, true
		case arg == flag || short != "" && arg == short:
			next = true
		case strings.HasPrefix(arg, flag+"="):
			arg, done = flag+"="+value, true
		case short != "" && strings.HasPrefix(arg, short) && !strings.HasPrefix(arg, "--"):
			arg, done = short+value, true
		}
		words = append(words, hint.Shell(arg))
	}
	if !done {
		words = append(words, flag, hint.Shell(value))
	}
	return strings.Join(words, " ")
}

// without is the command as it was typed, with an option that has no value left out, and with
// others in its place.
func without(args []string, flag string, more ...string) string {
	words := []string{"fumehood", "audit"}
	for _, arg := range args {
		if arg != flag {
			words = append(words, hint.Shell(arg))
		}
	}
	return strings.Join(append(words, more...), " ")
}

// wrongAuditFlag is the error of an option that audit does not have, or that has no value: what
// other tools call it is known, and so is a value that works.
func wrongAuditFlag(err error, args []string) error {
	var empty *pflag.ValueRequiredError
	if errors.As(err, &empty) {
		name := empty.GetSpecifiedName()
		if long, ok := map[string]string{"f": "format", "o": "output"}[name]; ok {
			name = long
		}
		value, ok := map[string]string{
			"format": "sarif", "output": "audit.txt", "fail-on": "medium", "min-severity": "medium", "min-confidence": "low", "only": "sql-injection", "skip": "sql-injection",
			"exclude": "migrations", "baseline": "audit-baseline.json", "write-baseline": "audit-baseline.json", "diff": "HEAD", "explain": "sql-injection",
		}[name]
		if ok {
			return usage(err, without(args, "", value))
		}
	}
	for _, arg := range args {
		switch arg {
		case "--json", "--sarif", "--text":
			return usage(err, without(args, arg, "--format", arg[2:]))
		case "-q", "--quiet", "--silent":
			return usage(err, "the exit code alone: "+without(args, arg, "> /dev/null"))
		case "-r", "--recursive": // a folder is read with all that is below it
			return usage(err, without(args, arg))
		}
	}
	return err
}

// rulesLike are the rules that a word may mean, the worst first: one with a slip in it, the
// number of a weakness, the name of a practice, or a part of a name or a title.
func rulesLike(word string) (ids []string) {
	all := audit.Rules()
	slices.SortStableFunc(all, func(a, b finding.Rule) int { return cmp.Compare(b.Severity, a.Severity) })
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.ID
	}
	near := hint.Nearest(word, names)
	word = strings.ToLower(word)
	number, _ := strconv.Atoi(strings.TrimLeft(strings.TrimPrefix(word, "cwe"), "-_ "))
	for _, is := range []func(finding.Rule) bool{
		func(r finding.Rule) bool { return r.CWE == number },
		func(r finding.Rule) bool { return slices.Contains(strings.Split(r.ID, "-"), word) },
		func(r finding.Rule) bool { return r.ID == near },
		func(r finding.Rule) bool { return slices.Contains(r.Canon, word) },
		func(r finding.Rule) bool { return slices.Contains(strings.Fields(strings.ToLower(r.Title)), word) },
	} {
		for _, r := range all {
			if is(r) {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// noRule is the error for a name that no rule has.
func noRule(id string, command func(near string) string) error {
	const most = 4
	near := rulesLike(id)
	if len(near) == 0 || len(near) > most {
		return usage(fmt.Errorf("there is no rule %q", id), "fumehood audit --rules")
	}
	meant := strings.Join(near, ", ")
	if last := len(near) - 1; last > 0 {
		meant = strings.Join(near[:last], ", ") + " or " + near[last]
	}
	return usage(fmt.Errorf("there is no rule %q; did you mean %s?", id, meant), command(near[0]))
}
