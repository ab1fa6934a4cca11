package audit

import (
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/audit/settings"
)

// ignore is a comment that silences findings of some rules at one line:
//
//	# fumehood: ignore[sql-injection] the table is one of ours until 2027-01-31
//
// It stands at the end of the line, or alone above it; in a template it is {# ... #}.
type ignore struct {
	place  finding.Place // of the comment
	line   int           // what it silences
	rules  []string
	reason string
	until  string // YYYY-MM-DD, or what stands in its place
	ended  bool
	noDate bool // until is no day that there is, so it has ended too
	used   bool
}

// The rules about ignores.
const (
	ignoreExpired       = "ignore-expired"
	ignoreWithoutReason = "ignore-without-reason"
)

// described is what rules say of themselves, with the two that are about ignores.
func described(all []*rules.Rule) []finding.Rule {
	list := []finding.Rule{{
		ID: ignoreExpired, Title: "Ignore that has ended", CWE: 710, OWASP: "A05:2021", ASVS: []string{},
		Severity: finding.Low, Confidence: finding.Sure,
		Why:   "A comment silences a finding until a day that has passed. Somebody wanted it to be looked at again by then.",
		Fix:   "# fumehood: ignore[sql-injection] the table is one of ours until 2027-01-31",
		Canon: []string{"ci-audit"},
	}, {
		ID: ignoreWithoutReason, Title: "Ignore without a reason", CWE: 710, OWASP: "A05:2021", ASVS: []string{},
		Severity: finding.Low, Confidence: finding.Sure,
		Why:   "A comment silences a finding and does not say why that is right. Whoever reads it next cannot tell whether it still is.",
		Fix:   "# fumehood: ignore[sql-injection] the table is one of ours",
		Canon: []string{"ci-audit"},
	}}
	for _, r := range all {
		list = append(list, r.Rule)
	}
	slices.SortFunc(list, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// noted are the comments of a project that silence something, by file, and those that name no
// rule, which silence nothing.
type noted struct {
	ignores    map[string][]*ignore
	unreadable []finding.Place
}

// ignores are all such comments.
func (r *run) ignores(t *texts) noted {
	all := noted{ignores: map[string][]*ignore{}}
	add := func(place finding.Place, comment string) {
		i, ok := parseIgnore(comment, r.Now)
		if i == nil {
			if ok {
				all.unreadable = append(all.unreadable, place)
			}
			return
		}
		i.place, i.line = place, silenced(t, place)
		all.ignores[place.File] = append(all.ignores[place.File], i)
	}
	for _, f := range r.files {
		if strings.Contains(f.Source, mark) {
			for _, span := range f.Comments {
				add(rules.Place(f, span), f.Source[span.Start:span.End])
			}
		}
	}
	for _, p := range r.pages {
		if strings.Contains(p.Source, mark) {
			for _, span := range p.Comments {
				add(templatePlace(p, span), p.Text(located{span}))
			}
		}
	}
	for _, c := range r.configs {
		if strings.Contains(c.Source, mark) {
			configIgnores(t, c, add)
		}
	}
	return all
}

// configIgnores are the comments of a file of settings, which start with # or, in some, with
// another sign. In a form that has no comments there is nothing but the baseline.
func configIgnores(t *texts, file *settings.File, add func(finding.Place, string)) {
	for n, line := range t.of(file.Name) {
		at := strings.Index(line, mark)
		if at < 0 {
			continue
		}
		from := strings.LastIndexAny(strings.TrimRight(line[:at], " \t"), "#;!")
		if from < 0 || strings.TrimSpace(line[from+1:at]) != "" {
			continue
		}
		column := utf8.RuneCountInString(line[:from]) + 1
		if !endsWord(line[:from]) && inValue(file, n+1, column) {
			continue
		}
		add(finding.Place{File: file.Name, Line: n + 1, Column: column, EndLine: n + 1, EndColumn: column + utf8.RuneCountInString(line[from:])}, line[from:])
	}
}

// endsWord reports whether a comment may start behind a text: a word ends there, and no quote
// is open.
func endsWord(before string) bool {
	return strings.TrimRight(before, " \t") != before && strings.Count(before, `"`)%2 == 0 && strings.Count(before, "'")%2 == 0
}

// inValue reports whether a place is in the value of a setting that speaks of an ignore.
func inValue(file *settings.File, line, column int) bool {
	return slices.ContainsFunc(file.Settings, func(s settings.Setting) bool {
		if !strings.Contains(s.Value, mark) {
			return false
		}
		p := rules.Place(file, s.Span)
		return (line > p.Line || line == p.Line && column >= p.Column) && (line < p.EndLine || line == p.EndLine && column < p.EndColumn)
	})
}

// located is a span as a node.
type located struct{ jinja.Span }

// mark is in every ignore.
const mark = "fumehood"

// parseIgnore reads a comment. Without an ignore it returns nil; ok is then whether the
// comment looks like one.
func parseIgnore(comment string, now time.Time) (i *ignore, ok bool) {
	_, rest, found := strings.Cut(comment, mark)
	rest, colon := strings.CutPrefix(strings.TrimLeft(rest, " \t"), ":")
	rest = strings.TrimSpace(rest)
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(rest)
	}
	switch word := strings.ToLower(rest[:end]); {
	case !found:
		return nil, false
	case !colon: // a sentence may be about fumehood and about what is ignored
		return nil, word == "ignore" && strings.HasPrefix(rest[end:], "[")
	case word != "ignore":
		return nil, slices.Contains([]string{"ignored", "disable", "disabled", "allow", "skip", "suppress", "noqa", "nosec"}, word)
	}
	rest = strings.TrimSpace(strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(rest[end:]), "#}"), "-+ \t"))
	list, open := strings.CutPrefix(rest, "[")
	list, reason, closed := strings.Cut(list, "]")
	if !open || !closed {
		return nil, true
	}
	i = &ignore{}
	for id := range strings.SplitSeq(list, ",") {
		if id = strings.TrimSpace(id); id != "" {
			i.rules = append(i.rules, id)
		}
	}
	if len(i.rules) == 0 {
		return nil, true
	}
	reason = " " + reason
	if at := strings.LastIndex(reason, " until "); at >= 0 {
		if date := strings.TrimRight(strings.TrimSpace(reason[at+len(" until "):]), "."); startsWithDigit(date) {
			reason, i.until = reason[:at], date
			day, err := time.ParseInLocation(time.DateOnly, date, now.Location())
			i.noDate = err != nil
			i.ended = i.noDate || !now.Before(day.AddDate(0, 0, 1))
		}
	}
	i.reason = strings.Trim(reason, " \t,;:-")
	if !strings.ContainsFunc(i.reason, unicode.IsLetter) {
		i.reason = ""
	}
	return i, true
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// silenced is the line that a comment is about: its own, or the next one with code if it
// stands alone.
func silenced(t *texts, p finding.Place) int {
	before := t.line(p.File, p.Line)[:t.offset(p.File, p.Line, p.Column)]
	if strings.TrimSpace(before) != "" {
		return p.Line
	}
	if strings.TrimSpace(t.from(p.File, p.EndLine, p.EndColumn)) != "" {
		return p.EndLine
	}
	if n := t.nextCode(p.File, p.EndLine); n > 0 {
		return n
	}
	return p.Line
}

// valid reports whether the ignore silences anything: it has a reason and has not ended.
func (i *ignore) valid() bool { return i.reason != "" && !i.ended }

// about are those ignores of a file that are about a finding. Ignores are in the order of
// the lines that they silence.
func about(ignores []*ignore, f *finding.Finding) (all []*ignore) {
	first := sort.Search(len(ignores), func(n int) bool { return ignores[n].line >= f.Place.Line })
	for _, i := range ignores[first:] {
		if i.line > max(f.Place.Line, f.Place.EndLine) {
			break
		}
		if slices.Contains(i.rules, f.Rule) {
			all = append(all, i)
		}
	}
	return all
}

// complaint is the finding about an ignore that does not count, nil for one that does.
func (i *ignore) complaint() *finding.Finding {
	f := &finding.Finding{Severity: finding.Low, Confidence: finding.Sure, Place: i.place}
	names := strings.Join(i.rules, ", ")
	switch {
	case i.reason == "":
		f.Rule, f.Message = ignoreWithoutReason, "the ignore of "+names+" has no reason, and does not count"
	case i.noDate:
		f.Rule, f.Message = ignoreExpired, "the ignore of "+names+" ends on no day that there is: "+i.until+" (YYYY-MM-DD)"
	case i.ended:
		f.Rule, f.Message = ignoreExpired, "the ignore of "+names+" ended on "+i.until
	default:
		return nil
	}
	return f
}
