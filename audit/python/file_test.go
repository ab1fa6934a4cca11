package python_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
)

// TestDecode: byte order marks, coding cookies (PEP 263), line ends, and what is no text.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, source, value, problem string }{
		{"UTF-8", "'é€'", "é€", ""},
		{"byte order mark", "\ufeff'é'", "é", ""},
		{"latin-1", "# -*- coding: latin-1 -*-\n'\xe9'", "é", ""},
		{"on the second line", "#!x\r\n# vim: set fileencoding=iso-8859-15 :\r\n'\xa4'", "€", ""},
		{"after a blank line", "\n# coding=cp1252\n'\x80'", "€", ""},
		{"Cyrillic", "# coding: koi8-r\n'\xc1'", "а", ""},
		{"too late", "\n\n# coding: latin-1\n'\xc3\xa9'", "é", ""},
		{"after code", "'é'\n# coding: latin-1\n", "é", ""},
		{"Emacs", "# coding: utf-8-unix\n'é'", "é", ""},
		{"unknown", "# coding: klingon\n'\xe9'", "é", "1:11 unknown encoding klingon: the file was read as latin-1"},
		{"not here", "# coding: shift_jis\n'\x83\x65'", "\u0083e", "1:11 the encoding shift_jis is not known here: the file was read as latin-1"},
		{"ASCII in an encoding that is not here", "# coding: shift_jis\n'a'", "a", ""},
		{"neither", "'\xe9'", "é", "1:1 the file is not UTF-8: it was read as latin-1"},
		{"a mark against the cookie", "\ufeff# coding: latin-1\n'é'", "é", "1:11 a file with a byte order mark must be utf-8, not latin-1"},
		{"CR", "'''a\rb'''\rx", "a\nb", ""},
		{"CRLF", "'''a\r\nb\\\r\nc'''", "a\nbc", ""},
		{"form feed", "if a:\n\f  pass\n", "", ""},
		{"NUL", "a = 1\n\x00", "", "2:1 the file holds a NUL byte: it is binary, not Python"},
		{"UTF-16", "\xff\xfea\x00", "", "1:1 the file is not UTF-8: it was read as latin-1"},
	} {
		f := python.Parse("a.py", test.source)
		problem := ""
		if len(f.Errors) > 0 {
			line, column := f.Position(f.Errors[0].Span.Start)
			problem = fmt.Sprintf("%d:%d %s", line, column, f.Errors[0].Message)
		}
		if problem != test.problem {
			t.Errorf("%s: error %q, want %q", test.name, problem, test.problem)
		}
		value := ""
		if len(f.Body) > 0 {
			if s, ok := f.Body[0].(*python.ExprStmt); ok {
				value = s.Value.(*python.Str).Value
			}
		}
		if value != test.value {
			t.Errorf("%s: %q, want %q", test.name, value, test.value)
		}
	}
}

// TestPosition: lines end in three ways, columns are characters, far into a line too.
func TestPosition(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 3000)
	for _, test := range []struct {
		source       string
		offset       int32
		line, column int
	}{
		{"", 0, 1, 1}, {"a", 1, 1, 2}, {"a\n", 2, 2, 1}, {"a\nb", 2, 2, 1}, {"a\r\nb", 2, 1, 3}, {"a\r\nb", 3, 2, 1},
		{"a\rb\r\rc", 5, 4, 1}, {"é = ü", 5, 1, 5}, {"é\n# " + long, 5 + 4000, 2, 2003}, {"é\n# " + long + "\nx = 1", 5 + 6000 + 5, 3, 5},
		{"a", -1, 1, 1}, {"a", 99, 1, 2},
	} {
		f := python.Parse("a.py", test.source)
		if line, column := f.Position(test.offset); line != test.line || column != test.column {
			t.Errorf("%.20q at %d: %d:%d, want %d:%d", test.source, test.offset, line, column, test.line, test.column)
		}
	}
}

func TestComments(t *testing.T) {
	t.Parallel()
	source := "#!x\na = '#'  # b\n(c, # d\n# e\n)\nif f:\n    # g\n    h # i\n  # j\nmatch k: # l\n    # m\n    case 1: pass\nwith (a, b): # n\n    (o p # q\n    ) # r\n# s"
	f := python.Parse("a.py", source)
	var got []string
	for _, c := range f.Comments {
		got = append(got, source[c.Start:c.End])
	}
	want := []string{"#!x", "# b", "# d", "# e", "# g", "# i", "# j", "# l", "# m", "# n", "# q", "# r", "# s"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestInspect: every node is met once, in the order of the source.
func TestInspect(t *testing.T) {
	t.Parallel()
	source := `@a(b)
class c(d, e=f, *g):
    def h(self, i: j = k, *l: m) -> n: return o[p:q:r], s if t else u
    for v in w: x = {y: z, **aa}
    with bb as cc: dd(ee, ff=gg, *hh)
    try: ii
    except jj: kk
    match ll:
        case mm(nn, oo=pp) if qq: f"{rr:{ss}}"
[tt for uu in vv if ww] ; lambda xx=yy: zz
`
	f := python.Parse("a.py", source)
	if len(f.Errors) > 0 {
		t.Fatal(f.Errors)
	}
	var names []string
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if name, ok := n.(*python.Name); ok {
				names = append(names, name.ID)
			}
			return true
		})
	}
	want := "a b d f g j k m n o p q r s t u v w x y z aa bb cc dd ee gg hh ii jj kk ll mm nn pp qq rr ss tt uu vv ww yy zz"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	count := 0
	python.Inspect(f.Body[0], func(python.Node) bool { count++; return false })
	if count != 1 {
		t.Errorf("%d nodes below one that was declined", count)
	}
}

// TestHolding: of a block the statements are taken in which a place is.
func TestHolding(t *testing.T) {
	t.Parallel()
	source := "a\nb; c\nif d:\n  e\nf\n"
	f := python.Parse("a.py", source)
	for text, want := range map[string]string{"a": "a", "b": "b", "c": "c", "d": "if d:\n  e", "e": "if d:\n  e", "f": "f"} {
		i := int32(strings.LastIndex(source, text))
		var got []string
		for _, s := range python.Holding(f.Body, python.Span{Start: i, End: i + 1}) {
			got = append(got, f.Text(s))
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%q is in %q, want %q", text, got, want)
		}
	}
	if list := python.Holding(nil, python.Span{}); len(list) > 0 {
		t.Error(list)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0 true", "00_0": "0 true", "1_000": "1000 true", "0xFF": "255 true", "0o17": "15 true", "0B1_0": "2 true",
		"9223372036854775807": "9223372036854775807 true", "9223372036854775808": "9223372036854775807 false", "1.0": "0 false", "1j": "0 false",
	} {
		v, ok := (&python.Number{Text: text}).Int()
		if got := fmt.Sprint(v, ok); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	f := python.Parse("a.py", "x = (a . b)(c)\n")
	if got := f.Text(f.Body[0].(*python.Assign).Value); got != "(a . b)(c)" {
		t.Errorf("%q", got)
	}
	if got := f.Text(&python.Name{Span: python.Span{Start: 3, End: 99}}); got != "" {
		t.Errorf("%q for a place that there is not", got)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	f := python.Parse("a.py", "a\r\n\nb\rc")
	var got []string
	for n := range f.Lines() + 2 {
		got = append(got, f.Line(n))
	}
	if want := []string{"", "a", "", "b", "c", ""}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
