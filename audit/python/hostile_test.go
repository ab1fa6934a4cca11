package python_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit/python"
)

// hostile returns sources that overflow the stack of a careless parser, or make it go over
// the same text again and again. Each grows with n.
func hostile(n int) map[string]string {
	r := strings.Repeat
	return map[string]string{
		"parentheses":           "x = " + r("(", n) + r(")", n) + "\n",
		"open parentheses":      r("(", n) + "\n",
		"a parenthesis a line":  r("(\n", n),
		"a call a line":         r("f(\n", n),
		"lists":                 r("[", n) + r("]", n),
		"dicts":                 r("{1:", n) + "1" + r("}", n),
		"subscripts":            "a" + r("[a", n) + r("]", n),
		"chained subscripts":    "a" + r("[0]", n),
		"calls in calls":        r("f(", n) + r(")", n),
		"chained calls":         "a" + r("()", n),
		"attributes":            "a" + r(".b", n),
		"sums":                  "a" + r("+a", n),
		"sums of sums":          r("(a"+r("+a", 1000)+"+", n/1000) + "a" + r(")", n/1000),
		"powers":                "a" + r("**a", n),
		"ors":                   "a" + r(" or a", n),
		"comparisons":           "a" + r("<a", n),
		"minuses":               r("-", n) + "a",
		"nots":                  r("not ", n) + "a",
		"awaits":                r("await ", n) + "a",
		"lambdas":               r("lambda:", n) + "a",
		"conditions":            r("a if a else ", n) + "a",
		"stars":                 r("*", n) + "a",
		"walruses":              r("(a:=", n) + "a" + r(")", n),
		"yields":                r("(yield ", n) + r(")", n),
		"comprehensions":        r("[a for a in ", n) + "a" + r("]", n),
		"clauses":               "[a" + r(" for a in a", n) + "]",
		"elifs":                 "if a: b\n" + r("elif a: b\n", n),
		"ifs on one line":       r("if a:", n),
		"ifs":                   ifs(min(n, 2000)),
		"f-strings":             r("f'{", n) + r("}'", n),
		"f-strings of 3 quotes": r(`f"""{`, n),
		"formats":               "f'" + r("{a:", n) + r("}", n) + "'",
		"open strings":          r("'a\n", n),
		"one open string":       `"""` + r("a = '''\n", n),
		"escaped triple quotes": r("\\\"\"\"\n", n),
		"open f-strings":        r("f'''{'''\n", n),
		"backslashes":           r("\\\n", n) + "a",
		"backslashes alone":     r("\\ ", n),
		"decorators":            r("@a\n", n) + "def f(): pass\n",
		"or patterns":           "match a:\n case a" + r("|a", n) + ": pass\n",
		"nested patterns":       "match a:\n case " + r("[", n) + r("]", n) + ": pass\n",
		"match calls":           r("match(a)\n", n),
		"with parentheses":      r("with (a, b).c: pass\n", n),
		"targets":               r("(", n) + "a" + r(",)", n) + " = b",
		"assignments":           r("a = ", n) + "b",
		"arguments":             "f(" + r("a, b=c, ", n) + ")",
		"numbers":               "1" + r("0", n),
		"underscores":           "1" + r("_", n),
		"name":                  r("a", n),
		"wide name":             r("ä", n),
		"blanks":                r(" ", n),
		"tabs and feeds":        r("\t\f", n) + "a",
		"comments":              r("#\n", n),
		"comments with CR":      r("#\r", n),
		"semicolons":            r("a;", n),
		"errors":                r("? ", n),
		"error lines":           r("a b\n", n),
		"open blocks":           r("if a:\n", n),
		"binary":                r("\xff\xfe\x01", n),
		"dedents":               r("if a:\n  b\n c\n", n),
		"cases":                 r("case a:\n", n),
		"dots":                  "from " + r(".", n) + " import a",
	}
}

// ifs nests blocks, which takes a square of spaces.
func ifs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "if a:\n")
	}
	return b.String() + strings.Repeat(" ", n) + "b\n"
}

// TestHostile: no input costs more than its length. Where the cost is a square, 100,000
// levels take minutes.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, source := range hostile(100_000) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			f := python.Parse("hostile.py", source+"\nlast = 1\n")
			nodes := 0
			for _, s := range f.Body {
				python.Inspect(s, func(python.Node) bool { nodes++; return true })
			}
			t.Logf("%d bytes, %d nodes, %d errors in %v", len(source), nodes, len(f.Errors), time.Since(start).Round(time.Millisecond))
			if len(f.Errors) > 250 {
				t.Errorf("%d errors", len(f.Errors))
			}
		})
	}
}
