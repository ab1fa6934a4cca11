// Package correct writes the line of a finding as it should be, where that follows from the
// line alone. It stops no attack itself and changes no file: what it returns is shown as the
// fix. Where it is not certain it returns nothing, and the fix of the rule is shown.
package correct

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// The most that a corrected piece of code may have: more is no line that somebody copies.
const (
	mostLines = 6
	mostBytes = 600
)

// edit puts a text in the place of a span.
type edit struct {
	python.Span
	text string
}

// work is the correction of one finding.
type work struct {
	file  *python.File
	f     *finding.Finding
	path  []python.Node // from a statement of the module to the node of the finding
	edits []edit
}

// Python is the corrected code of a finding in a file, "" where it cannot be told.
func Python(file *python.File, f *finding.Finding) string {
	w := &work{file: file, f: f}
	if !w.find() || !w.rule() || len(w.edits) == 0 {
		return ""
	}
	return w.text()
}

// rule makes the edits. It reports whether it knows how.
func (w *work) rule() bool {
	switch w.f.Rule {
	case "sql-injection":
		return w.sql()
	case "debug-on":
		return w.off()
	case "secret-key", "hardcoded-secret":
		return w.key()
	}
	call, ok := w.target().(*python.Call)
	if !ok {
		return false
	}
	switch w.f.Rule {
	case "bind-all":
		return w.value(call, "host", `"127.0.0.1"`)
	case "tls-verify-off":
		return w.value(call, "verify", "True")
	case "cookie-flags":
		return w.flags(call)
	case "unsafe-deserialisation":
		return w.safeLoad(call)
	case "unsafe-extraction":
		return w.filter(call)
	case "path-traversal":
		return w.sendFrom(call)
	case "weak-hash":
		return w.rename(call, "hashlib", map[string]string{"md5": "hashlib.sha256", "sha1": "hashlib.sha256"})
	case "weak-random":
		return w.rename(call, "random", map[string]string{"choice": "secrets.choice", "getrandbits": "secrets.randbits"})
	case "statements-printed":
		if len(call.Args) != 1 || method(call) != "set_trace_callback" {
			return false
		}
		w.put(call.Args[0].At(), "None")
	}
	return true
}

// find looks for the node that the finding is about, the outermost of those that stand there.
func (w *work) find() bool {
	p := w.f.Place
	start, end := w.offset(p.Line, p.Column), w.offset(p.EndLine, p.EndColumn)
	if start >= end {
		return false
	}
	found := false
	for _, s := range python.Holding(w.file.Body, python.Span{Start: start, End: end}) {
		python.Inspect(s, func(n python.Node) bool {
			at := n.At()
			if found || at.Start > start || at.End < end {
				return false
			}
			w.path = append(w.path, n)
			_, alone := n.(*python.ExprStmt) // its expression stands at the same place
			found = at.Start == start && at.End == end && !alone
			return !found
		})
		if found {
			return true
		}
		w.path = w.path[:0]
	}
	return false
}

func (w *work) target() python.Node { return w.path[len(w.path)-1] }

// offset is the byte at a line and a column.
func (w *work) offset(line, column int) int32 {
	return int32(sort.Search(len(w.file.Source), func(i int) bool {
		l, c := w.file.Position(int32(i))
		return cmp.Or(cmp.Compare(l, line), cmp.Compare(c, column)) >= 0
	}))
}

func (w *work) put(at python.Span, text string) { w.edits = append(w.edits, edit{at, text}) }

// text is the source of all lines that the finding or an edit is in, edited, without comments
// and without the spaces that all of them start with.
func (w *work) text() string {
	spans := []python.Span{w.target().At()}
	for _, e := range w.edits {
		spans = append(spans, e.Span)
	}
	slices.SortFunc(spans, func(a, b python.Span) int { return cmp.Compare(a.Start, b.Start) })
	var out []string
	for i := 0; i < len(spans); {
		from, to := w.lineStart(spans[i].Start), w.lineEnd(spans[i].End)
		for ; i < len(spans) && spans[i].Start <= to; i++ {
			to = max(to, w.lineEnd(spans[i].End))
		}
		out = append(out, strings.Split(w.edited(from, to), "\n")...)
	}
	out = slices.DeleteFunc(out, func(line string) bool { return strings.TrimSpace(line) == "" })
	text := strings.Join(dedent(out), "\n")
	if len(out) > mostLines || len(text) > mostBytes {
		return ""
	}
	return text
}

// edited is a part of the source with its edits, and without its comments.
func (w *work) edited(from, to int32) string {
	var edits []edit
	for _, e := range w.edits {
		if e.Start >= from && e.End <= to {
			edits = append(edits, e)
		}
	}
	for _, c := range w.file.Comments {
		if c.Start >= from && c.End <= to {
			edits = append(edits, edit{Span: c})
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.Start, b.Start) })
	var b strings.Builder
	for _, e := range edits {
		if e.Start < from {
			continue // inside of one that is done
		}
		b.WriteString(w.file.Source[from:e.Start] + e.text)
		from = e.End
	}
	b.WriteString(w.file.Source[from:to])
	lines := strings.Split(strings.ReplaceAll(b.String(), "\r", ""), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.Join(lines, "\n")
}

func (w *work) lineStart(at int32) int32 {
	return int32(strings.LastIndexAny(w.file.Source[:at], "\r\n") + 1)
}

func (w *work) lineEnd(at int32) int32 {
	if i := strings.IndexAny(w.file.Source[at:], "\r\n"); i >= 0 {
		return at + int32(i)
	}
	return int32(len(w.file.Source))
}

func dedent(lines []string) []string {
	common := ""
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if i == 0 {
			common = indent
		}
		for !strings.HasPrefix(indent, common) {
			common = common[:len(common)-1]
		}
	}
	for i := range lines {
		lines[i] = lines[i][len(common):]
	}
	return lines
}
