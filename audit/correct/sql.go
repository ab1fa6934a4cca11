package correct

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// sql gives the values of a statement as parameters: of a call that takes the statement
// itself, or a variable that one assignment in the same function gives its text.
func (w *work) sql() bool {
	call, ok := w.target().(*python.Call)
	if !ok || len(call.Args) != 1 || len(call.Keywords) > 0 {
		return false
	}
	mark := w.mark()
	if name := method(call); mark == "" || name != "execute" && name != "exec_driver_sql" {
		return false
	}
	statement := call.Args[0]
	end := w.closed(statement.At().End, call)
	if mark == ":" {
		text, ok := statement.(*python.Call)
		if !ok || len(text.Args) != 1 || len(text.Keywords) > 0 || !slices.Contains([]string{"text", "sa.text", "db.text", "sqlalchemy.text"}, w.file.Text(text.Func)) {
			return false
		}
		statement = text.Args[0]
	}
	value := statement
	if n, ok := statement.(*python.Name); ok {
		if value = w.assigned(n.ID); value == nil {
			return false
		}
	}
	parts, ok := w.parts(value)
	if !ok {
		return false
	}
	text, params, ok := w.parameters(parts, mark)
	if !ok {
		return false
	}
	w.put(value.At(), text)
	w.put(python.Span{Start: end, End: end}, ", "+params)
	return true
}

// mark is how the driver marks a parameter, "" where that is not known.
func (w *work) mark() string {
	_, sink, _ := strings.Cut(w.f.Message, " reaches ")
	sink = strings.ToLower(sink)
	switch {
	case strings.Contains(sink, "sqlalchemy"):
		return ":"
	case strings.Contains(sink, "sqlite3"):
		return "?"
	case strings.Contains(sink, "psycopg"), strings.Contains(sink, "mysql"):
		return "%s"
	}
	return ""
}

// assigned is what the one assignment to a name in the innermost function gives it.
func (w *work) assigned(name string) python.Expr {
	for _, n := range slices.Backward(w.path) {
		function, ok := n.(*python.Function)
		if !ok {
			continue
		}
		var value python.Expr
		bound := 0
		python.Inspect(function, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				if len(n.Targets) == 1 && isName(n.Targets[0], name) {
					value = n.Value
					bound++
				}
			case *python.AugAssign:
				if isName(n.Target, name) {
					bound += 2
				}
			}
			return true
		})
		if uses := strings.Count(w.file.Text(function), name); bound != 1 || uses != 2 {
			return nil // it is used elsewhere, or made in several steps
		}
		return value
	}
	return nil
}

func isName(e python.Expr, name string) bool {
	n, ok := e.(*python.Name)
	return ok && n.ID == name
}

// part is a piece of a text: as written, or a value.
type part struct {
	text  string
	value python.Expr
}

// parts takes a text apart that is built of literals and values.
func (w *work) parts(e python.Expr) ([]part, bool) {
	switch e := e.(type) {
	case *python.Str:
		return []part{{text: e.Value}}, true
	case *python.FString:
		return formatted(e)
	case *python.BinOp:
		if e.Op == python.Mod {
			return w.percent(e)
		}
		left, ok := w.parts(e.Left)
		right, ok2 := w.parts(e.Right)
		return append(left, right...), ok && ok2 && e.Op == python.Add
	case *python.Call:
		if text, ok := e.Func.(*python.Attribute); ok && text.Attr == "format" {
			if s, ok := text.Value.(*python.Str); ok {
				return braces(s.Value, e)
			}
			return nil, false
		}
		if isName(e.Func, "str") && len(e.Args) == 1 && len(e.Keywords) == 0 {
			return []part{{value: e.Args[0]}}, true
		}
		return []part{{value: e}}, true
	case *python.Name, *python.Attribute, *python.Subscript:
		return []part{{value: e}}, true
	}
	return nil, false
}

func formatted(e *python.FString) ([]part, bool) {
	var all []part
	for _, p := range e.Parts {
		switch p := p.(type) {
		case *python.Str:
			all = append(all, part{text: p.Value})
		case *python.Interpolation:
			if p.Conversion != 0 || p.Format != nil || p.Debug {
				return nil, false
			}
			all = append(all, part{value: p.Value})
		}
	}
	return all, !e.Template
}

// percent takes "..." % values apart.
func (w *work) percent(e *python.BinOp) ([]part, bool) {
	text, ok := e.Left.(*python.Str)
	values := []python.Expr{e.Right}
	if t, isTuple := e.Right.(*python.Tuple); isTuple {
		values = t.Elts
	}
	if _, isDict := e.Right.(*python.Dict); !ok || isDict {
		return nil, false
	}
	var all []part
	rest := text.Value
	for {
		at := strings.IndexByte(rest, '%')
		if at < 0 {
			return append(all, part{text: rest}), len(values) == 0
		}
		all = append(all, part{text: rest[:at]})
		verb := rest[at+1 : min(at+2, len(rest))]
		rest = rest[min(at+2, len(rest)):]
		switch {
		case verb == "%":
			all = append(all, part{text: "%"})
		case (verb == "s" || verb == "d") && len(values) > 0:
			all, values = append(all, part{value: values[0]}), values[1:]
		default:
			return nil, false
		}
	}
}

// braces takes "{}".format(values) apart.
func braces(rest string, call *python.Call) ([]part, bool) {
	var all []part
	used := 0
	for {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			return append(all, part{text: rest}), used == len(call.Args)+len(call.Keywords)
		}
		all = append(all, part{text: rest[:at]})
		name, after, closed := strings.Cut(rest[at+1:], "}")
		if rest[at] == '}' || !closed {
			return nil, false
		}
		i := slices.IndexFunc(call.Keywords, func(k python.Keyword) bool { return name != "" && k.Name == name })
		switch {
		case i >= 0:
			all = append(all, part{value: call.Keywords[i].Value})
		case name == "" && used < len(call.Args):
			all = append(all, part{value: call.Args[used]})
		default:
			return nil, false
		}
		used++
		rest = after
	}
}
