package flow

import (
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
		if strings.Contains(inner, c) {
			kinds |= replaced(c, with)
		}
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
