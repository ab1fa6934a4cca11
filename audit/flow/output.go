package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
)

// output is {{ ... }}: whether a value does harm there depends on what surrounds it.
func (f *frame) output(n *jinja.Output) {
	v := f.eval(n.Expr)
	escaped := n.Escaped && !v.raw
	where := f.loc(n)
	if f.inlined != (Loc{}) {
		where = f.inlined
	}
	for _, m := range v.deep() {
		kind, note := harm(n.Context, escaped || m.Safe&HTML != 0)
		if m.Safe&jsonText != 0 {
			kind, note = harmOfJSON(n.Context)
		}
		if kind == 0 || m.Safe&encoded != 0 || m.Safe&kind != 0 || kind == asText && m.Safe&HTML != 0 {
			continue
		}
		u := pageUse{kind: kind, where: where, note: note, safe: m.Safe &^ jsonText, way: m.Way}
		switch m.From.Source {
		case Param:
			u.variable, u.path = splitVariable(m.From.Path)
			f.weakOutput(v, kind, where, note)
			f.page.use(u)
		case Internal:
		default:
			if kind != asText {
				f.e.found(f.fn, f.sum, kind, where, note, moved([]Mark{m}, where, note))
			}
		}
	}
}

// weakOutput notes that a variable of which nothing is known is put out without escaping.
func (f *frame) weakOutput(v *Value, kind Kinds, where Loc, note string) {
	if kind&Markup == 0 || kind == Style || f.page.quiet || f.inlined != (Loc{}) {
		return
	}
	key := flowKey{kind, where}
	if kind == HTML && !v.raw { // nothing in this template is escaped, for one reason
		if first, ok := f.e.bare[where.File]; ok && first != where {
			return
		}
		f.e.bare[where.File] = where
	}
	if f.e.weak[key] == nil {
		f.e.weak[key] = &Flow{Kind: kind, Use: where, What: note, Func: f.fn, Idle: true, // as long as nobody speaks of it
			Origin: Origin{Source: Unproven, Where: where, Note: "a variable of the template"}}
	}
}

// splitVariable parts "note.body" into the variable and the path.
func splitVariable(s string) (variable, path string) {
	if i := strings.IndexAny(s, ".["); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// ScriptAddress is what a value is given to that says where a script comes from.
const ScriptAddress = "the address of a script"

// harm is what a value from outside can do in a place; 0 for nothing.
func harm(c jinja.Context, escaped bool) (Kinds, string) {
	switch {
	case c.Kind == jinja.NotHTML:
		return asText, "a text, without escaping"
	case c.Note && (c.Kind == jinja.ScriptData || c.Event):
		return Script, "a comment of a script, which it can end"
	case c.Kind == jinja.StyleData || c.Kind == jinja.StyleString || c.Kind == jinja.ScriptJSON || c.Note:
		if !escaped {
			return HTML, "a page, without escaping"
		}
		if c.Kind == jinja.StyleData && !c.Note {
			return Style, "a style"
		}
		return 0, ""
	case c.Event:
		return Script, "a script in an attribute"
	case c.Kind == jinja.ScriptData:
		return Script, "a script"
	case c.Kind == jinja.ScriptString:
		if escaped && c.Quote != '`' {
			return 0, "" // quotes and tags are escaped
		}
		return Script, "a text of a script"
	case c.Kind == jinja.TagName || c.Kind == jinja.AttrName:
		return HTMLAttr, "a tag"
	case c.Kind == jinja.AttrUnquoted:
		return HTMLAttr, "an attribute without quotes"
	case !escaped:
		return HTML, "a page, without escaping"
	case c.Attr == "srcdoc" && c.Tag == "iframe":
		return HTMLAttr, "an attribute that is a page of its own"
	case c.URL && c.Start && c.Attr == "src" && c.Tag == "script":
		return Script, ScriptAddress
	case c.URL && c.Start && linkAttr(c):
		return URL, "the start of an address"
	case c.Style:
		return Style, "a style"
	}
	return 0, ""
}

// harmOfJSON is what JSON that was made for a page can do: its double quotes end an attribute
// that stands in such, and its blanks one without quotes.
func harmOfJSON(c jinja.Context) (Kinds, string) {
	switch c.Kind {
	case jinja.AttrDouble:
		return HTMLAttr, "an attribute in double quotes, which JSON ends"
	case jinja.AttrUnquoted, jinja.AttrName, jinja.TagName:
		return HTMLAttr, "an attribute without quotes"
	}
	return 0, ""
}

// linkAttr tells the attributes whose address is followed as a page, where javascript: runs.
func linkAttr(c jinja.Context) bool {
	switch c.Attr {
	case "href":
		return c.Tag != "link"
	case "action", "formaction", "xlink:href":
		return true
	case "src":
		return c.Tag == "iframe" || c.Tag == "embed" || c.Tag == "frame"
	case "data":
		return c.Tag == "object"
	}
	return false
}

// variable is a name that the template does not bind: what it is rendered with.
func (f *frame) variable(name string, n python.Node) *Value {
	switch name {
	case "request":
		return f.e.api(f.e.program.APIs.Module("flask").Attr("request"))
	case "session", "g", "config", "url_for", "get_flashed_messages", "csrf_token", "range", "dict", "lipsum", "cycler", "joiner", "namespace", "_", "gettext", "ngettext", "current_user":
		return f.e.api(f.e.program.APIs.Module("flask").Attr(name))
	case "loop", "self", "super", "caller", "varargs", "kwargs", "true", "false", "none":
		return f.e.unknown
	}
	if m := f.page.macros[name]; m != nil {
		return &Value{fn: &callable{macros: f.page, macro: m}}
	}
	return &Value{Marks: []Mark{{From: &Origin{Source: Param, Param: -1, Path: name, Where: f.where(n)}}}}
}

// filter is x|name(...): args[0] is x.
func (f *frame) filter(name string, a *arguments, e *python.Call) *Value {
	v := a.get(0, "")
	if v == nil {
		return f.e.unknown
	}
	switch name {
	case "safe":
		c := *v
		c.raw = true
		return &c
	case "escape", "e":
		if v.raw {
			return v
		}
		return &Value{Marks: safe(v.deep(), HTML), raw: true}
	case "forceescape":
		return &Value{Marks: safe(undone(v.deep(), jsonText), HTML), raw: true}
	case "striptags":
		return &Value{Marks: v.deep()} // tags that were written as entities come back
	case "tojson":
		return &Value{Marks: safe(v.deep(), Markup&^HTMLAttr|jsonText), raw: true}
	case "format", "replace":
		if v.raw {
			return f.withMarkup(v, &Value{Marks: a.from(1)})
		}
	case "urlencode", "int", "float", "length", "count", "filesizeformat", "round", "abs", "sum", "wordcount", "pprint", "datetimeformat", "strftime", "format_datetime", "format_date", "naturaltime", "timeago":
		return f.e.unknown
	case "xmlattr", "urlize":
		return &Value{Marks: safe(v.deep(), HTML), raw: true}
	case "first", "last", "random", "max", "min":
		return f.item(v)
	case "list", "sort", "reverse", "unique", "slice", "batch", "selectattr", "rejectattr", "select", "reject", "dictsort":
		return v
	case "map":
		for _, n := range a.named {
			if s, ok := n.Value.str(); ok && n.Key == "attribute" {
				return &Value{Obj: &Object{Rest: f.attribute(f.item(v), s, nil), region: -1}}
			}
		}
		return v
	case "attr":
		if s, ok := a.get(1, "").strOf(); ok {
			return f.attribute(v, s, nil)
		}
	case "default", "d":
		return join(v, a.get(1, ""))
	case "join":
		return &Value{Marks: merge(f.any(v).deep(), a.marks())}
	}
	return f.ownFilter(name, v, a, e)
}

// ownFilter is a filter of the project, or one that gives back what it is given.
func (f *frame) ownFilter(name string, v *Value, a *arguments, e *python.Call) *Value {
	if fn := f.e.program.Filters[name]; fn != nil {
		return f.own(f.e.function(fn), a, e)
	}
	low := strings.ToLower(name)
	if strings.Contains(low, "unescape") {
		return &Value{Marks: merge(undone(v.deep(), Markup), a.marks()), raw: v.raw}
	}
	if strings.Contains(low, "sanitize") || strings.Contains(low, "clean") || strings.Contains(low, "bleach") || strings.Contains(low, "escape") || strings.Contains(low, "json") {
		return &Value{Marks: safe(v.deep(), Markup), raw: v.raw}
	}
	return &Value{Marks: merge(v.deep(), a.marks()), raw: v.raw}
}
