package python_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
)

// shape is the tree without places, and the errors after it with theirs.
func shape(f *python.File) string {
	d := &dumper{f: f, pattern: true}
	for _, s := range f.Body {
		if bad, ok := s.(*python.BadStmt); ok {
			d.put(fmt.Sprintf("BadStmt %q\n", f.Text(bad)))
			continue
		}
		d.stmt(s, 0)
	}
	for _, e := range f.Errors {
		line, column := f.Position(e.Span.Start)
		d.put(fmt.Sprintf("%d:%d %s\n", line, column, e.Message))
	}
	return d.b.String()
}

// TestRecover: what stands around an error is read.
func TestRecover(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, source, want string }{
		{"Python 2", "print 'a' % x\nexec 'b' in c\nraise D, 'e'\nx = 0777\nif a <> b:\n    c\ny\n", `BadStmt "print 'a' % x"
BadStmt "exec 'b' in c"
BadStmt "raise D, 'e'"
BadStmt "x = 0777"
If (Compare (Name a) < [(BadExpr)])
body
  Expr (Name c)
Expr (Name y)
1:7 invalid syntax
2:6 invalid syntax
3:8 invalid syntax
4:5 invalid number
5:7 invalid syntax
`},
		{"open call", "def f():\n    x = g(1, 2\n    y = 3\n    return y\nz\n", `FunctionDef f <> () - []
body
  BadStmt
  Assign [(Name y)] (Number 3)
  Return (Name y)
Expr (Name z)
3:5 invalid syntax: expected , or ) in the arguments
`},
		{"open list", "x = [\n  1,\n  2\n\nimport os\n", `BadStmt "x = [\n  1,\n  2"
Import os as -
5:1 a bracket is not closed: expected , or ]
`},
		{"open bracket up to the end", "x = (\ny = 1, a(\nb\n", `BadStmt "x = ("
BadStmt "y = 1, a("
Expr (Name b)
2:3 a bracket is not closed: expected , or )
4:1 a bracket is not closed
`},
		{"decorators after an open call", "x = f(a\n\n\n@b\n@c(1)\nclass D: e\n", `BadStmt "x = f(a"
ClassDef D <> [] {} [(Name b) (Call (Name c) [(Number 1)] {})]
body
  Expr (Name e)
6:1 invalid syntax: expected , or ) in the arguments
`},
		{"open decorator", "@a(\ndef f():\n    return 1\ny\n", `FunctionDef f <> () - [(Call (Name a) [(BadExpr)] {})]
body
  Return (Number 1)
Expr (Name y)
2:1 invalid syntax
`},
		{"open heads", "def f(self:\n    a = b\n    c\nif d((e):\n    f = 1\nfor g{, h in i:\n    j = 1\n    k\nx = (y\nif z:\n    l\n", `FunctionDef f <> (1:self:(Name a)=(Name b)) - []
body
  Assign [(Name a)] (Name b)
  Expr (Name c)
If (Call (Name d) [(Name e)] {})
body
  Assign [(Name f)] (Number 1)
For (Name g) (BadExpr)
body
  Assign [(Name j)] (Number 1)
  Expr (Name k)
BadStmt "x = (y"
If (Name z)
body
  Expr (Name l)
3:5 invalid syntax: expected , in the parameters
4:9 invalid syntax: expected , or ) in the arguments
6:6 expected in
10:5 expected else after the if of an expression
`},
		{"closed later", "x = {\n  'a': f(,\n  'b': 1,\n}\ny\n", `BadStmt "x = {\n  'a': f(,\n  'b': 1,\n}"
Expr (Name y)
2:10 invalid syntax
`},
		{"heads", "def f(a, b)\n    c\nif x = 3:\n    d\nelse:\n    e\nclass A(:\n    def g(self): h\ny\n", `FunctionDef f <> (1:a:-=- 1:b:-=-) - []
body
  Expr (Name c)
If (Name x)
body
  Expr (Name d)
else
  Expr (Name e)
ClassDef A <> [(BadExpr)] {} []
body
  FunctionDef g <> (1:self:-=-) - []
  body
    Expr (Name h)
Expr (Name y)
1:12 expected :
3:6 expected :
7:9 invalid syntax
`},
		{"open parameters", "def f(a,\n    return a\ny\n", `FunctionDef f <> (1:a:-=-) - []
body
  Return (Name a)
Expr (Name y)
2:5 expected a name
`},
		{"indentation", "  a\nif b:\n        c\n    d\n    e\nf\n", `Expr (Name a)
If (Name b)
body
  Expr (Name c)
  Expr (Name d)
  Expr (Name e)
Expr (Name f)
1:3 unexpected indent
4:5 unindent does not match any outer indentation level
`},
		{"tabs", "if a:\n        b\n\tc\n", `If (Name a)
body
  Expr (Name b)
  Expr (Name c)
3:2 inconsistent use of tabs and spaces in indentation
`},
		{"strings", "a = 'x\nb = f'{c d}'\ne = f'{g\nh\ni = \"\"\"x\nj\n", `BadStmt "a = 'x"
BadStmt "b = f'{c d}'"
BadStmt "e = f'{g"
Expr (Name h)
BadStmt "i = \"\"\"x"
Expr (Name j)
1:5 a string is not closed
2:10 expected } in an f-string
4:1 expected } in an f-string
5:5 a string is not closed
`},
		{"parts of statements", "else:\n    a\n@b\nc = 1\ntry:\n    d\ne\nmatch f:\n    case 1: g\n    h\n    case 2: i\n", `BadStmt "else:"
Expr (Name a)
BadStmt "@b"
Assign [(Name c)] (Number 1)
Try
body
  Expr (Name d)
Expr (Name e)
Expr (Name h)
Match (Name f)
case (Number 1) -
  Expr (Name g)
case (Number 2) -
  Expr (Name i)
1:1 invalid syntax
3:1 expected a function or a class after a decorator
5:1 expected except or finally
10:5 expected case
`},
		{"templates", "{% if a %}\nimport x\n{% endif %}\n", `BadStmt "{% if a %}"
Import x as -
BadStmt "{% endif %}"
1:2 invalid syntax
3:2 invalid syntax
`},
		{"errors that leave the tree whole", "f(a=1, b)\n1 = c\ndef g(d=1, e): pass\n", `Expr (Call (Name f) [(Name b)] {a=(Number 1)})
Assign [(Number 1)] (Name c)
FunctionDef g <> (1:d:-=(Number 1) 1:e:-=-) - []
body
  Pass
1:8 positional argument follows keyword argument
2:1 cannot assign to this expression
3:12 a parameter without a default follows one with a default
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := shape(python.Parse("a.py", test.source)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			crlf := shape(python.Parse("a.py", strings.ReplaceAll(test.source, "\n", "\r\n")))
			if want := strings.ReplaceAll(test.want, `\n`, `\r\n`); crlf != want {
				t.Errorf("with CRLF\n%s\nwant\n%s", crlf, want)
			}
		})
	}
}
