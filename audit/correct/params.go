package correct

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// parameters writes a statement with marks in the places of its values, and the values.
func (w *work) parameters(parts []part, mark string) (text, params string, ok bool) {
	around := []string{""} // the texts before and after each value
	var values []python.Expr
	for _, p := range parts {
		if p.value != nil {
			values, around = append(values, p.value), append(around, "")
		}
		around[len(around)-1] += p.text
	}
	if len(values) == 0 {
		return "", "", false
	}
	var names, sources []string
	statement := ""
	for i, v := range values {
		source := w.file.Text(v)
		if strings.ContainsAny(source, "\r\n#") {
			return "", "", false
		}
		before, after, source, ok := place(statement, around[i], around[i+1], source)
		if !ok || strings.ContainsAny(before, mark[:1]) {
			return "", "", false
		}
		statement, around[i+1] = statement+before+mark, after
		if mark == ":" {
			names = append(names, fresh(v, names))
			statement += names[i]
			source = `"` + names[i] + `": ` + source
		}
		sources = append(sources, source)
	}
	last := around[len(values)]
	if statement += last; strings.ContainsAny(last, mark[:1]) {
		return "", "", false
	}
	params = strings.Join(sources, ", ")
	switch {
	case mark == ":":
		params = "{" + params + "}"
	case len(sources) == 1:
		params = "(" + params + ",)"
	default:
		params = "(" + params + ")"
	}
	text, ok = literal(statement)
	return text, params, ok
}

// place makes room for a mark between two texts. A value between quotes loses them, and takes
// the wildcards inside of them with it; one without is a value only where SQL has no name.
func place(statement, before, after, source string) (left, right, value string, ok bool) {
	inner := strings.TrimSuffix(before, "%")
	for _, quote := range []string{"'", `"`} {
		outer := strings.TrimPrefix(after, "%")
		if !strings.HasSuffix(inner, quote) || !strings.HasPrefix(outer, quote) || strings.Count(inner, quote)%2 == 0 {
			continue
		}
		first, last := len(inner) < len(before), len(outer) < len(after)
		return inner[:len(inner)-1], outer[1:], wild(source, first, last), true
	}
	if strings.Count(before, "'")%2 != 0 || strings.Count(before, `"`)%2 != 0 || after != "" && !strings.ContainsAny(after[:1], " ),;\n\t") {
		return "", "", "", false
	}
	so := strings.ToLower(strings.TrimRight(statement+before, " \n\t"))
	switch {
	case strings.HasSuffix(so, "="), strings.HasSuffix(so, "<"), strings.HasSuffix(so, ">"), strings.HasSuffix(so, " like"), strings.HasSuffix(so, " limit"), strings.HasSuffix(so, " offset"):
		return before, after, source, true
	case (strings.HasSuffix(so, ",") || strings.HasSuffix(so, "(")) && strings.Contains(so, "values"):
		return before, after, source, true
	}
	return "", "", "", false
}

// wild is a value with the wildcards that stood beside it.
func wild(source string, first, last bool) string {
	if (first || last) && strings.Contains(source, " ") {
		source = "(" + source + ")"
	}
	if first {
		source = `"%" + ` + source
	}
	if last {
		source += ` + "%"`
	}
	return source
}

// fresh is a name for a parameter: that of the value where it has one.
func fresh(v python.Expr, taken []string) string {
	name := python.NameOrKey(v)
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || name == "" || slices.Contains(taken, name) {
		name = "value" + strconv.Itoa(len(taken)+1)
	}
	return name
}

// literal writes a text as Python has it.
func literal(text string) (string, bool) {
	quote := `"`
	switch {
	case strings.Contains(text, "\n"):
		quote = `"""`
	case strings.Contains(text, `"`) && !strings.Contains(text, "'"):
		quote = "'"
	}
	for _, r := range text {
		if r != '\n' && !strconv.IsPrint(r) {
			return "", false
		}
	}
	return quote + text + quote, !strings.Contains(text, `\`) && !strings.Contains(text, quote) && !strings.HasSuffix(text, quote[:1])
}
