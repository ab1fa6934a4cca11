package python_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/internal/testapp"
	oracle "github.com/fumehood/fumehood/test/python"
)

// definition is a function or a class by its name and where that stands.
type definition struct {
	name  string
	start int
}

// damage is one way to break a file: at a place, so many bytes become a text.
type damage struct {
	name string
	find string // the place is before it, in the middle of the file or later
	cut  int
	put  string
}

func damages() []damage {
	return []damage{
		{"no opening bracket", "(", 1, ""},
		{"no closing bracket", ")", 1, ""},
		{"a bracket too many", "\n", 0, " ("},
		{"a bracket that nothing opened", "\n", 0, ")"},
		{"no colon", ":\n", 1, ""},
		{"no quote", "'", 1, ""},
		{"an assignment without a value", "\n", 0, "\nx =\n"},
		{"half an expression", "\n", 0, "\nx = y.\n"},
		{"half a call", "\n", 0, "\nx = f(a, b=\n"},
		{"half a dict", "\n", 0, "\nx = {'a': 1, 'b'\n"},
		{"half a function", "\n", 0, "\ndef\n"},
		{"a merge", "\n", 0, "\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs"},
		{"old print", "\n", 0, "\nprint 'a', b\n"},
		{"a template's tag", "\n", 0, "\n{% if a %}"},
		{"a wrong indent", "\n", 0, "\n   x = 1"},
		{"a control character", "\n", 0, "\x01"},
	}
}

// TestSurvivorsLikeTreeSitter: of broken files at least as many functions and classes are
// read as tree-sitter saves, for each kind of damage. What a real file loses is what we
// measure: definitions that stand whole, before or after the damage.
func TestSurvivorsLikeTreeSitter(t *testing.T) {
	t.Parallel()
	interpreter, _ := oracle.Newest(t)
	all := library(t, interpreter)
	dir := t.TempDir()
	var files []string
	intact := map[string][]definition{}
	of := map[string]string{}
	for i, damage := range damages() {
		for n := i; n < len(all); n += len(all) / 5 {
			f, problem := parse(t, all[n])
			if problem != "" || len(f.Source) > 60_000 {
				continue
			}
			broken, kept := damage.do(f)
			name := filepath.Join(dir, strconv.Itoa(i)+"_"+strconv.Itoa(n)+".py")
			if err := os.WriteFile(name, []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			files, intact[name], of[name] = append(files, name), kept, damage.name
		}
	}
	type score struct{ all, ours, theirs int }
	scores := map[string]score{}
	for _, tree := range oracle.Dumps(t, testapp.Python(t), "testdata/treesitter.py", files, "names") {
		f, _ := parse(t, tree.Name)
		s := scores[of[tree.Name]]
		ours, theirs := definitions(f), listed(tree.Text)
		for _, d := range intact[tree.Name] {
			s.all++
			if ours[d] {
				s.ours++
			}
			if theirs[d] {
				s.theirs++
			}
		}
		scores[of[tree.Name]] = s
	}
	for name, s := range scores {
		t.Logf("%s: of %d definitions %d are read, %d by tree-sitter", name, s.all, s.ours, s.theirs)
		if s.ours < s.theirs || s.all == 0 {
			t.Errorf("%s: of %d definitions %d are read, %d by tree-sitter", name, s.all, s.ours, s.theirs)
		}
	}
}

// do returns the broken text, and the definitions that it holds whole, where they are now.
func (d damage) do(f *python.File) (string, []definition) {
	at := len(f.Source) / 2
	if i := strings.Index(f.Source[at:], d.find); i >= 0 {
		at += i
	}
	end := min(at+d.cut, len(f.Source))
	var whole []definition
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			name, where, head := headOf(n)
			switch {
			case name == "":
			case int(head.End) <= at:
				whole = append(whole, definition{name, int(where.Start)})
			case int(head.Start) > end:
				whole = append(whole, definition{name, int(where.Start) + len(d.put) - (end - at)})
			}
			return true
		})
	}
	return f.Source[:at] + d.put + f.Source[end:], whole
}

// headOf is the name of a function or a class, its place, and what stands before its block.
func headOf(n python.Node) (name string, where, head python.Span) {
	switch n := n.(type) {
	case *python.Function:
		return n.Name, n.NameAt, python.Span{Start: n.Start, End: n.Body[0].At().Start}
	case *python.Class:
		return n.Name, n.NameAt, python.Span{Start: n.Start, End: n.Body[0].At().Start}
	}
	return "", python.Span{}, python.Span{}
}

// definitions are all that were read of a file.
func definitions(f *python.File) map[definition]bool {
	all := map[definition]bool{}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				all[definition{n.Name, int(n.NameAt.Start)}] = true
			case *python.Class:
				all[definition{n.Name, int(n.NameAt.Start)}] = true
			}
			return true
		})
	}
	return all
}

// listed are the definitions that testdata/treesitter.py has written.
func listed(text string) map[definition]bool {
	all := map[definition]bool{}
	for line := range strings.Lines(text) {
		var d definition
		var end int
		if _, err := fmt.Sscan(line, &d.name, &d.start, &end); err == nil {
			all[d] = true
		}
	}
	return all
}
