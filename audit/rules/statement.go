package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// valueOf is what a call gives for the column of passwords of a statement that inserts or
// updates, where its values are listed beside the statement; nil where that cannot be told.
func valueOf(text string, c *python.Call) python.Expr {
	at := placeOfPassword(text)
	if at < 0 || len(c.Args) < 2 {
		return nil
	}
	var values []python.Expr
	switch list := c.Args[1].(type) {
	case *python.Tuple:
		values = list.Elts
	case *python.List:
		values = list.Elts
	default:
		return nil
	}
	if at >= len(values) {
		return nil
	}
	return values[at]
}

// placeOfPassword says the how-manieth of a statement's placeholders is for its password,
// counted from 0; -1 where it has none.
func placeOfPassword(text string) int {
	low := strings.ToLower(strings.TrimSpace(text))
	if strings.HasPrefix(low, "update") {
		set, _, _ := strings.Cut(low, "where")
		at := 0
		for part := range strings.SplitSeq(set, ",") {
			column, value, ok := strings.Cut(part, "=")
			if words := strings.FieldsFunc(column, isBlank); ok && len(words) > 0 && speaksOfPassword(bare(words[len(words)-1])) {
				if placeholders(value) == 1 {
					return at
				}
				return -1
			}
			at += placeholders(part)
		}
		return -1
	}
	_, rest, ok := strings.Cut(low, "(")
	columns, rest, closed := strings.Cut(rest, ")")
	_, rest, given := strings.Cut(rest, "(")
	if !ok || !closed || !given {
		return -1
	}
	i := slices.IndexFunc(strings.Split(columns, ","), func(column string) bool { return speaksOfPassword(bare(strings.TrimSpace(column))) })
	items := strings.Split(rest, ",")
	if i < 0 || i >= len(items) || placeholders(items[i]) != 1 {
		return -1
	}
	at := 0
	for _, item := range items[:i] {
		at += placeholders(item)
	}
	return at
}

// placeholders counts ? and %s.
func placeholders(text string) int { return strings.Count(text, "?") + strings.Count(text, "%s") }
