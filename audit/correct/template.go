package correct

import (
	"cmp"
	"sort"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
)

// Template is the corrected output of a template, "" where it cannot be told.
func Template(t *jinja.Template, f *finding.Finding) string {
	if f.Rule != "xss" || f.Place.EndLine != f.Place.Line {
		return ""
	}
	offset := func(column int) int {
		return sort.Search(len(t.Source), func(i int) bool {
			l, c := t.Position(int32(i))
			return cmp.Or(cmp.Compare(l, f.Place.Line), cmp.Compare(c, column)) >= 0
		})
	}
	start, end := offset(f.Place.Column), offset(f.Place.EndColumn)
	if end-start < len("{{}}") || end > len(t.Source) {
		return ""
	}
	inner, ok := strings.CutPrefix(t.Source[start:end], "{{")
	inner, ok2 := strings.CutSuffix(inner, "}}")
	if !ok || !ok2 || strings.ContainsAny(inner, "\r\n") {
		return ""
	}
	value, safe := unsafe(strings.TrimSpace(strings.Trim(inner, "-+")))
	filtered := value
	if strings.ContainsAny(value, " ~+*/%") {
		filtered = "(" + value + ")" // filters bind closer
	}
	switch {
	case strings.HasSuffix(f.Message, " reaches a page, without escaping") && safe:
		return "{{ " + value + " }}"
	case strings.HasSuffix(f.Message, " reaches an attribute without quotes") && whole(t.Source, start, end):
		return `"{{ ` + value + ` }}"`
	case strings.HasSuffix(f.Message, " reaches a script"):
		return "{{ " + filtered + "|tojson }}"
	}
	return ""
}

// whole reports whether an output is all of an attribute's value: class={{ x }}.
func whole(source string, start, end int) bool {
	return start > 0 && source[start-1] == '=' && (end == len(source) || strings.IndexByte(" \t\r\n>", source[end]) >= 0)
}

// unsafe takes the filter safe from the end of an expression.
func unsafe(text string) (string, bool) {
	rest, ok := strings.CutSuffix(text, "safe")
	rest, bar := strings.CutSuffix(strings.TrimSpace(rest), "|")
	if !ok || !bar {
		return text, false
	}
	return strings.TrimSpace(rest), true
}
