package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/internal/hint"
)

func helpAudit(bool) string {
	return `  fumehood audit                             the project in this folder
  fumehood audit --format sarif --output audit.sarif .
  fumehood audit --diff origin/main .        only what your work has touched
  fumehood audit --explain sql-injection     one rule, with samples

Find what is insecure in the source, the templates and the configuration of a Flask project.
Nothing of the project is executed. PATH is a folder or a file; without it, this folder.

Usage: fumehood audit [options] [PATH]

Options:
  -f, --format text|json|sarif  for people, one JSON message a line, or SARIF 2.1.0 (text)
  -o, --output FILE             write the report there
      --fail-on SEVERITY        exit with 3 from this severity on: high, medium, low or never (high)
      --min-severity SEVERITY   leave out what is below: high, medium or low (low)
      --min-confidence LEVEL    leave out what is less sure: high, medium or low (medium)
      --only RULE,...           apply these rules only
      --skip RULE,...           do not apply these
      --exclude PATTERN,...     do not read files and folders that match, such as migrations or
                                "tests/data/*"
      --baseline FILE           findings in this file are known and do not count
      --write-baseline FILE     write what is found into such a file
      --diff REF                only findings on lines that changed since the git revision, or with
                                such a line on their way; git runs nothing of the repository for it
      --no-ignores              comments such as "# fumehood: ignore[rule] reason" do not count
      --open-only               leave out of the report what a comment or the baseline silences:
                                some forges show it like the rest
      --rules                   list the rules
      --explain RULE            say what a rule finds, why, and what to do
  -h, --help                    this help

Exit codes: 0 nothing at or above --fail-on, 1 the audit failed, or could read nothing of the
Python source, 2 wrong use, or nothing to audit, 3 findings at or above --fail-on. Files that
cannot be read are listed, never passed over.
`
}

// auditOptions are the options of the verb.
type auditOptions struct {
	audit.Options
	args           []string // as they were typed
	format, output string
	write          string
	failOn         finding.Severity // 0 for never
	open           bool             // what is silenced is left out of the report
	list           bool
	explain        string
}

func (e *env) auditOptions(args []string) (*auditOptions, error) {
	o := &auditOptions{args: args}
	o.Version = version()
	flags := pflag.NewFlagSet("audit", pflag.ContinueOnError)
	flags.StringVarP(&o.format, "format", "f", "text", "")
	flags.StringVarP(&o.output, "output", "o", "", "")
	failOn := flags.String("fail-on", "high", "")
	severity := flags.String("min-severity", "low", "")
	confidence := flags.String("min-confidence", "medium", "")
	flags.StringSliceVar(&o.Only, "only", nil, "")
	flags.StringSliceVar(&o.Skip, "skip", nil, "")
	flags.StringSliceVar(&o.Exclude, "exclude", nil, "")
	flags.StringVar(&o.Baseline, "baseline", "", "")
	flags.StringVar(&o.write, "write-baseline", "", "")
	flags.StringVar(&o.Diff, "diff", "", "")
	flags.BoolVar(&o.NoIgnores, "no-ignores", false, "")
	flags.BoolVar(&o.open, "open-only", false, "")
	flags.BoolVar(&o.list, "rules", false, "")
	flags.StringVar(&o.explain, "explain", "", "")
	rest, err := e.parse(flags, args)
	if err != nil {
		return nil, wrongAuditFlag(err, args)
	}
	levels := []string{"high", "medium", "low"}
	if o.failOn.UnmarshalText([]byte(*failOn)) != nil && *failOn != "never" {
		return nil, o.wrongValue("--fail-on", *failOn, append(levels, "never"))
	}
	if o.MinSeverity.UnmarshalText([]byte(*severity)) != nil {
		return nil, o.wrongValue("--min-severity", *severity, levels)
	}
	if o.MinConfidence.UnmarshalText([]byte(*confidence)) != nil {
		return nil, o.wrongValue("--min-confidence", *confidence, levels)
	}
	if formats := []string{"text", "json", "sarif"}; !slices.Contains(formats, o.format) {
		return nil, o.wrongValue("--format", o.format, formats)
	}
	if err := o.notEmpty(rest, flags); err != nil {
		return nil, err
	}
	if o.output == "-" { // as others call standard output
		o.output = ""
	}
	for _, check := range []func() error{
		o.checkRules, func() error { return o.root(rest) }, o.checkFiles,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// wrongValue is the error of an option that takes one of some words.
func (o *auditOptions) wrongValue(name, value string, words []string) error {
	near := hint.Nearest(value, words)
	if near == "" {
		near = words[0]
	}
	last := len(words) - 1
	return usage(fmt.Errorf("%s %s: %s or %s", name, value, strings.Join(words[:last], ", "), words[last]), o.with(name, near))
}

// notEmpty finds options and paths without a value: a variable of a script that is not set
// must not mean all.
func (o *auditOptions) notEmpty(rest []string, flags *pflag.FlagSet) error {
	for _, name := range []string{"output", "baseline", "write-baseline", "diff", "explain", "only", "skip", "exclude"} {
		f := flags.Lookup(name)
		text := f.Value.String()
		if list, ok := f.Value.(pflag.SliceValue); ok {
			text = strings.Join(list.GetSlice(), "")
		}
		if f.Changed && text == "" {
			return usage(fmt.Errorf("--%s is empty", name), "leave it out, or: fumehood help audit")
		}
	}
	if slices.Contains(rest, "") {
		return usage(errors.New("PATH is empty"), "fumehood audit .")
	}
	return nil
}

func isRule(id string) bool {
	return slices.ContainsFunc(audit.Rules(), func(r finding.Rule) bool { return r.ID == id })
}

func (o *auditOptions) checkRules() error {
	for _, id := range slices.Concat(o.Only, o.Skip, []string{o.explain}) {
		if id == "" && o.explain == "" || isRule(id) {
			continue
		}
		return noRule(id, func(near string) string { return instead("audit", o.args, id, near) })
	}
	return nil
}

// root finds what is audited, or what may be meant.
func (o *auditOptions) root(rest []string) error {
	o.Root = "."
	if len(rest) > 0 {
		o.Root = rest[0]
	}
	switch {
	case len(rest) == 2 && rest[0] == "explain":
		return usage(errors.New("audit takes one path"), "fumehood audit --explain "+hint.Shell(rest[1]))
	case len(rest) > 1:
		return usage(errors.New("audit takes one path: what one file gets, another uses"), "fumehood audit "+hint.Shell(folderOf(rest)))
	case strings.HasPrefix(o.Root, "http://") || strings.HasPrefix(o.Root, "https://"):
		return usage(errors.New("audit reads source, not sites"), "fumehood audit .")
	case o.list || o.explain != "":
		return nil
	}
	if _, err := os.Lstat(o.Root); !errors.Is(err, fs.ErrNotExist) {
		return nil // what else is wrong with it the run says
	}
	err := errors.New("there is no " + o.Root)
	switch {
	case isRule(o.Root):
		return usage(err, "fumehood audit --explain "+o.Root)
	case o.Root == "rules":
		return usage(err, "fumehood audit --rules")
	}
	folder, name := filepath.Split(o.Root)
	entries, _ := os.ReadDir(filepath.Join(folder, "."))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := hint.Nearest(name, names); near != "" {
		return usage(fmt.Errorf("%w; did you mean %s?", err, folder+near), instead("audit", o.args, o.Root, folder+near))
	}
	return usage(err, "fumehood audit .")
}

// folderOf is the folder that has all of the paths.
func folderOf(paths []string) string {
	common := filepath.Clean(paths[0])
	for _, p := range paths[1:] {
		for !strings.HasPrefix(filepath.Clean(p)+"/", strings.TrimSuffix(common, "/")+"/") && common != "." && common != "/" {
			common = filepath.Dir(common)
		}
	}
	return common
}

// checkFiles finds what is wrong with the files that are to be written, before they are.
func (o *auditOptions) checkFiles() error {
	if o.write != "" && (o.Diff != "" || len(o.Only)+len(o.Skip) > 0) {
		return usage(errors.New("--write-baseline writes all that is found, so it goes with no --diff, --only or --skip"), "fumehood audit --write-baseline "+hint.Shell(o.write))
	}
	if o.list || o.explain != "" {
		return nil
	}
	for _, other := range [][2]string{{"--baseline", o.Baseline}, {"--write-baseline", o.write}} {
		if o.output != "" && other[1] != "" && sameFile(o.output, other[1]) {
			return usage(fmt.Errorf("--output and %s are the same file", other[0]), o.with("--output", o.reportName()))
		}
	}
	for _, file := range [][2]string{{"--output", o.output}, {"--write-baseline", o.write}} {
		name := file[1]
		if name == "" {
			continue
		}
		switch ext := strings.ToLower(filepath.Ext(name)); ext {
		case ".py", ".pyw", ".html", ".htm", ".jinja", ".jinja2", ".j2":
			if o.Root != "." {
				return usage(fmt.Errorf("%s %s: it would take the place of source", file[0], name), o.with(file[0], o.reportName()))
			}
			return usage(fmt.Errorf("%s %s: it would take the place of source", file[0], name), "fumehood audit "+file[0]+" "+o.reportName()+" "+hint.Shell(name))
		}
		if err := audit.Writable(name); err != nil {
			return hint.With(fmt.Errorf("%s: %w", file[0], err), o.writableHint(file[0], name))
		}
	}
	if err := audit.MayReplace(o.write); o.write != "" && err != nil {
		return usage(err, o.with("--write-baseline", freeName(o.write)))
	}
	return nil
}

// reportName is a name for a report.
func (o *auditOptions) reportName() string {
	if o.format == "text" {
		return "audit.txt"
	}
	return "audit." + o.format
}

// writableHint says how a file could be written.
func (o *auditOptions) writableHint(flag, name string) string {
	folder := filepath.Dir(name)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return "mkdir -p " + hint.Shell(folder)
	}
	other := o.reportName()
	if flag == "--write-baseline" {
		other = "audit-baseline.json"
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() && audit.Writable(filepath.Join(name, other)) == nil {
		return o.with(flag, filepath.Join(name, other))
	}
	return o.with(flag, filepath.Join(os.TempDir(), other))
}

// freeName is a name for a baseline beside a file that is none.
func freeName(name string) string {
	folder := filepath.Dir(name)
	if other := filepath.Join(folder, "audit-baseline.json"); audit.MayReplace(other) == nil {
		return other
	}
	return filepath.Join(folder, "audit-baseline-new.json")
}

// sameFile reports whether two names are of one file, which may not be there yet.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	second, err2 := os.Stat(b)
	if err == nil && err2 == nil {
		return os.SameFile(first, second)
	}
	return filepath.Clean(a) == filepath.Clean(b)
}
