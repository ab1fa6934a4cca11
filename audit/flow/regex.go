package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// patternField is where the pattern of a compiled one is kept.
const patternField = "\x00pattern"

// compiled is re.compile(pattern).
func compiled(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "pattern")
	if v == nil {
		return f.e.api(api.Call())
	}
	f.used(Regex, v, e, api.Path)
	if _, ok := v.str(); !ok {
		return f.e.api(api.Call())
	}
	return &Value{API: api.Call(), Obj: &Object{Fields: []Field{{patternField, v}}, region: -1}}
}

// substitute is re.sub(pattern, replacement, text), where the replacement stands at a place; it
// may be a function that is given what was found.
func substitute(at int) special {
	return func(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
		text, by := a.get(at+1, "string"), a.get(at, "repl")
		if at > 0 {
			f.used(Regex, a.get(0, "pattern"), e, api.Path)
		}
		if text == nil || by == nil {
			return &Value{API: api.Call(), Marks: a.marks()}
		}
		if by.callable() {
			by = f.invoke(by, &arguments{list: []*Value{{API: f.e.program.APIs.Module("re").Attr("Match"), Marks: text.deep()}}, node: e}, e)
		}
		kept := text.deep()
		if pattern, ok := f.patternOf(a, e, at).str(); ok {
			with, _ := by.str()
			kept = safe(kept, strips(pattern, with))
		}
		return &Value{API: api.Call(), Marks: merge(kept, by.deep())}
	}
}

// splitBy is re.split(pattern, text), where the text stands at a place: its parts hold no more
// than it does.
func splitBy(at int) special {
	return func(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
		if at > 0 {
			f.used(Regex, a.get(0, "pattern"), e, api.Path)
		}
		text := a.get(at, "string")
		if text == nil || len(text.Marks) == 0 {
			return &Value{API: api.Call(), Checked: text != nil && text.written(3)}
		}
		return &Value{Obj: &Object{List: true, Rest: &Value{Marks: text.Marks}, region: -1}}
	}
}

// patternOf is the pattern of re.sub(pattern, ...) and of re.compile(pattern).sub(...).
func (f *frame) patternOf(a *arguments, e *python.Call, at int) *Value {
	v := a.get(0, "pattern")
	if at == 0 {
		v = f.receiverOf(e)
		if v.Obj != nil {
			v = v.Obj.get(patternField)
		}
	}
	if v == nil {
		return f.e.unknown
	}
	return v
}

// strips is what a text cannot be used for in which all that fits a pattern was replaced.
func strips(pattern, with string) Kinds {
	inner, ok := strings.CutPrefix(strings.TrimRight(pattern, "+*"), "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed || strings.Contains(inner, "]") && !strings.Contains(inner, `\]`) {
		return 0
	}
	if kept, not := strings.CutPrefix(inner, "^"); not {
		return allows(kept + with)
	}
	kinds := Kinds(0)
	for _, c := range []string{"/", "'", "\n", "<"} {
		if strings.Contains(inner, c) || c == "\n" && strings.Contains(inner, `\n`) {
			kinds |= replaced(c, with)
		}
	}
	return kinds
}

// classes is what a text cannot be used for all of which a pattern accepts that is made of
// classes of characters only: ^[a-z][a-z0-9.-]*$.
func classes(pattern, how string) Kinds {
	for _, start := range []string{"^", `\A`} {
		if rest, ok := strings.CutPrefix(pattern, start); ok {
			pattern, how = rest, strings.Replace(how, "search", "match", 1)
		}
	}
	for _, end := range []string{"$", `\Z`, `\z`} {
		if rest, ok := strings.CutSuffix(pattern, end); ok {
			pattern, how = rest, strings.Replace(how, "match", "fullmatch", 1)
		}
	}
	if !strings.HasSuffix(how, "fullmatch") {
		return 0
	}
	kinds := Every
	if rest, ok := strings.CutPrefix(pattern, "/"); ok { // an address of this site, unless a second slash follows
		if first, _, _ := strings.Cut(rest, "]"); strings.HasPrefix(first, "[") && !strings.HasPrefix(first, "[^") && !strings.ContainsAny(strings.ReplaceAll(first, `\w`, ""), `/\`) {
			return rooted | Redirect | URL
		}
		return rooted
	}
	for pattern != "" {
		inner, rest, ok := strings.Cut(pattern, "]")
		if !ok || inner[0] != '[' || len(inner) < 2 || inner[1] == '^' || strings.Contains(inner, `\`) && strings.HasSuffix(inner, `\`) {
			return 0
		}
		kinds &= allows(inner[1:])
		if strings.HasPrefix(rest, "{") {
			if _, rest, ok = strings.Cut(rest, "}"); !ok {
				return 0
			}
		}
		pattern = strings.TrimLeft(rest, "+*?")
	}
	return kinds
}

// allows is what a text cannot be used for that is made of some characters only, which are
// written as in a class of a pattern.
func allows(class string) Kinds {
	kinds := Every
	for i := 0; i < len(class); i++ {
		if i+2 < len(class) && class[i+1] == '-' && class[i] != '\\' && !sameSort(class[i], class[i+2]) {
			return 0 // A-z holds more than letters
		}
		switch c := class[i]; {
		case c == '\\':
			if i++; i < len(class) && strings.IndexByte("wd_.-", class[i]) < 0 {
				return 0
			}
		case c == '-' || c == '_' || c == '.' || c == ' ' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		default:
			return 0
		}
	}
	if strings.Contains(class, ".") {
		kinds &^= Path // two dots are a way up
	}
	if strings.Contains(class, " ") {
		kinds &^= SQL | Command | Code | HTMLAttr
	}
	return kinds
}

// sameSort reports whether two characters are both digits, or letters of one case.
func sameSort(a, b byte) bool {
	in := func(low, high byte) bool { return low <= a && a <= high && low <= b && b <= high }
	return in('0', '9') || in('a', 'z') || in('A', 'Z')
}

// narrow reports whether all that a pattern accepts is words, numbers and the like. how is the
// function that looks for it: match, fullmatch or search.
func narrow(pattern, how string) bool {
	depth, from := 0, 0 // of groups, and where an alternative starts
	whole := func(part string) bool {
		return (how != "search" || strings.HasPrefix(part, "^") || strings.HasPrefix(part, `\A`)) &&
			(how == "fullmatch" || strings.HasSuffix(part, "$") || strings.HasSuffix(part, `\Z`) || strings.HasSuffix(part, `\z`))
	}
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			if i++; i < len(pattern) && strings.IndexByte(`wdZzA.-_`, pattern[i]) < 0 {
				return false
			}
		case '.', '/', '\'', '"', '<', ';', '&':
			return false
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 && !whole(pattern[from:i]) {
				return false
			}
			if depth == 0 {
				from = i + 1
			}
		case '[':
			n := narrowClass(pattern[i+1:])
			if n == 0 {
				return false
			}
			i += n
		}
	}
	return whole(pattern[from:])
}

// byLines reports whether a pattern may fit one line of a text only: re.match(p, text, re.M).
func byLines(e *python.Call) bool {
	flags := slices.Clone(e.Args[2:])
	for i := range e.Keywords {
		flags = append(flags, e.Keywords[i].Value)
	}
	return slices.ContainsFunc(flags, func(flag python.Expr) bool {
		switch python.NameOrKey(flag) {
		case "I", "IGNORECASE", "A", "ASCII", "U", "UNICODE":
			return false
		}
		return true
	})
}

// narrowClass is how long the rest of a class is, with its bracket; 0 where it has what a shell
// acts on, quotes, or the way into a folder.
func narrowClass(rest string) int {
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == ']' && i > 0:
			return i + 1
		case c == '\\':
			if i++; i < len(rest) && strings.IndexByte(`wd.-_`, rest[i]) < 0 {
				return 0
			}
		case strings.IndexByte("^./'\"<>;&|$`(){}*?!~#\n", c) >= 0:
			return 0
		case i+2 < len(rest) && rest[i+1] == '-' && rest[i+2] != ']' && !sameSort(c, rest[i+2]):
			return 0
		}
	}
	return 0
}
