package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// table is what the program's own statements say of a table.
type table struct {
	columns map[string]bool
	created []string // in the order of the statement that creates it
}

// tables are the tables that the program's statements create or fill, by name in lower case.
func (f *Facts) tables() map[string]*table {
	if f.tableOf != nil {
		return f.tableOf
	}
	f.tableOf = map[string]*table{}
	for _, m := range f.program.Modules {
		if m.Test || !f.speaksSQL(m) {
			continue
		}
		for _, s := range m.File.Body {
			python.Inspect(s, func(n python.Node) bool {
				switch n := n.(type) {
				case *python.Str:
					f.schema(n.Value)
				case *python.FString:
					if len(n.Parts) > 0 {
						text, _ := literal(n.Parts[0])
						f.schema(text)
					}
				}
				return true
			})
		}
	}
	return f.tableOf
}

func (f *Facts) speaksSQL(m *program.Module) bool {
	source := m.File.Source
	return f.sourceHas(m, "create table") && (strings.Contains(source, "CREATE TABLE") || strings.Contains(source, "create table")) ||
		f.sourceHas(m, "insert into") && (strings.Contains(source, "INSERT INTO") || strings.Contains(source, "insert into"))
}

// schema reads create table x (a, b) and insert into x (a, b), of which a text may have
// several.
func (f *Facts) schema(text string) {
	for part := range strings.SplitSeq(text, ";") {
		words := strings.FieldsFunc(strings.ToLower(upTo(part, '(')), isBlank)
		if len(words) < 3 || words[0] != "create" && words[0] != "insert" {
			continue
		}
		name := bare(words[len(words)-1])
		_, rest, ok := strings.Cut(part, "(")
		if !ok || name == "" || name == "values" {
			continue
		}
		t := f.tableOf[name]
		if t == nil {
			t = &table{columns: map[string]bool{}}
			f.tableOf[name] = t
		}
		if words[0] == "insert" {
			rest = upTo(rest, ')')
		}
		for column := range strings.SplitSeq(rest, ",") {
			if fields := strings.FieldsFunc(strings.ToLower(column), isBlank); len(fields) > 0 {
				t.columns[bare(fields[0])] = true
				if words[0] == "create" {
					t.created = append(t.created, bare(fields[0]))
				}
			}
		}
	}
}

func isBlank(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' }

func upTo(s string, c byte) string {
	if i := strings.IndexByte(s, c); i >= 0 {
		return s[:i]
	}
	return s
}

// bare is a name without quotes and without its schema.
func bare(name string) string {
	name = strings.Trim(name, "`\"'[]()")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// statementText is the text of a statement that a call is given, as far as it is written out:
// what is put into it is "?".
func statementText(c *python.Call, scope *program.Scope) string {
	if len(c.Args) == 0 {
		return ""
	}
	return textOf(c.Args[0], scope, maxText)
}

// maxText bounds how deep a text is put together.
const maxText = 40

// textOf is the text of an expression, with "?" for what is not written out.
func textOf(e python.Expr, scope *program.Scope, depth int) string {
	if depth == 0 {
		return "?"
	}
	switch e := e.(type) {
	case *python.Str:
		return e.Value
	case *python.FString:
		return filled(e, "?")
	case *python.BinOp:
		if e.Op == python.Mod {
			return textOf(e.Left, scope, depth-1)
		}
		return textOf(e.Left, scope, depth-1) + textOf(e.Right, scope, depth-1)
	case *python.Call: // text("...") and "...".format(x)
		if a, ok := e.Func.(*python.Attribute); ok && a.Attr == "format" {
			return textOf(a.Value, scope, depth-1)
		}
		if python.NameOrKey(e.Func) == "text" && len(e.Args) > 0 {
			return textOf(e.Args[0], scope, depth-1)
		}
	case *python.Name: // query = "..."; execute(query)
		if sym, at := scope.Find(e.ID); sym != nil && len(sym.Values) == 1 && !sym.Other {
			return textOf(sym.Values[0], at, depth-1)
		}
	}
	return "?"
}

// withoutSubselects is a statement in lower case with "?" for each select in brackets.
func withoutSubselects(text string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '(')
		if open < 0 {
			return b.String() + text
		}
		inner := strings.TrimLeft(text[open+1:], " \n\t\r")
		if !strings.HasPrefix(inner, "select") {
			b.WriteString(text[:open+1])
			text = text[open+1:]
			continue
		}
		b.WriteString(text[:open] + "?")
		text = text[closing(text, open):]
	}
}

// closing is where the text goes on after the bracket that opens at open; its end without one.
func closing(text string, open int) int {
	depth := 0
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// query is a statement that is about the rows of one table.
type query struct {
	verb  string   // select, update, delete
	table string   // in lower case
	by    []string // the columns that rows are chosen by
}

// parseQuery reads the parts of a statement, those of its subselects left out; nil if it chooses
// no rows.
func parseQuery(text string) *query {
	low := withoutSubselects(strings.ToLower(text))
	at := strings.Index(low, "where")
	if at < 0 {
		return nil
	}
	words := strings.FieldsFunc(low[:at], isBlank)
	if len(words) < 2 {
		return nil
	}
	q := &query{verb: words[0]}
	for i, w := range words[:len(words)-1] {
		if w == "from" || w == "update" && i == 0 {
			q.table = bare(words[i+1])
			break
		}
	}
	if q.table == "" || q.verb != "select" && q.verb != "update" && q.verb != "delete" {
		return nil
	}
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(strings.ReplaceAll(low[at+5:], " and ", "\x00"), " or ", "\x00"), func(r rune) bool { return r == 0 }) {
		column, _, ok := strings.Cut(part, "=")
		if !ok {
			column, _, ok = strings.Cut(part, " in ")
		}
		if ok {
			q.by = append(q.by, bare(strings.TrimSpace(column)))
		}
	}
	return q
}
