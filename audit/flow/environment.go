package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// What is known of Jinja's own objects is kept in fields that no program has.
const (
	escapeField = "\x00escape" // whether it escapes
	nameField   = "\x00name"   // of a template
	sourceField = "\x00source" // likewise, where it is written in the program
)

// environments are Jinja's own classes. Other than Flask, they escape only where they are
// told to, and what they render is a page only where it is sent as one.
func environments(s map[string]special) {
	for _, n := range []string{"jinja2.Environment", "jinja2.environment.Environment", "jinja2.sandbox.SandboxedEnvironment", "jinja2.sandbox.ImmutableSandboxedEnvironment", "jinja2.nativetypes.NativeEnvironment"} {
		s[n] = newEnvironment
		for _, m := range []string{"get_template", "select_template", "get_or_select_template"} {
			s[n+"()."+m] = getTemplate
		}
		s[n+"().from_string"] = fromString
	}
	for _, n := range []string{"jinja2.Template", "jinja2.environment.Template"} {
		s[n] = fromString
	}
	for _, m := range []string{"render", "generate", "stream", "render_async"} {
		s["jinja2.Template()."+m] = renderObject
	}
	s["jinja2.select_autoescape"], s["jinja2.utils.select_autoescape"] = selectEscape, selectEscape
	for _, n := range []string{"flask.Flask().jinja_env", "flask.current_app.jinja_env"} {
		s[n+".get_template"], s[n+".select_template"], s[n+".from_string"] = getTemplate, getTemplate, fromString
	}
}

// escapeOf is whether autoescape=v escapes in pages; what cannot be told is taken to.
func escapeOf(v *Value) *Value {
	if v == nil {
		return boolean(false)
	}
	if is, known := v.truth(); known {
		return boolean(is)
	}
	if v.Obj != nil && v.Obj.get(escapeField) != nil {
		return v.Obj.get(escapeField)
	}
	return boolean(true)
}

func newEnvironment(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	return &Value{API: api.Call(), Obj: &Object{Fields: []Field{{escapeField, escapeOf(a.get(-1, "autoescape"))}}, region: f.region}}
}

// selectEscape is select_autoescape(enabled, disabled, ..., default): what matters is HTML.
func selectEscape(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	html := !holds(a.get(1, "disabled_extensions"), "html")
	if enabled := a.get(0, "enabled_extensions"); html && enabled != nil && enabled.Obj != nil && !holds(enabled, "html") {
		otherwise := a.get(3, "default")
		html = otherwise != nil && !isFalse(otherwise)
	}
	return &Value{API: api.Call(), Obj: &Object{Fields: []Field{{escapeField, boolean(html)}}, region: f.region}}
}

// holds reports whether a list of extensions has one.
func holds(list *Value, name string) bool {
	return list != nil && list.Obj != nil && slices.ContainsFunc(list.Obj.constants(), func(s string) bool { return strings.TrimPrefix(s, ".") == name })
}

// template is a value that stands for a template.
func (f *frame) template(fields ...Field) *Value {
	return &Value{API: f.e.program.APIs.Module("jinja2").Attr("Template").Call(), Obj: &Object{Fields: fields, region: -1}}
}

// receiverOf is what a method was called on.
func (f *frame) receiverOf(e *python.Call) *Value {
	if attr, ok := e.Func.(*python.Attribute); ok {
		return f.eval(attr.Value)
	}
	return f.e.unknown
}

// environmentEscape is whether the environment escapes on which a method was called. An app's
// own does so by the name of the template.
func (f *frame) environmentEscape(e *python.Call) *Value {
	to := f.receiverOf(e)
	if to.Obj != nil {
		if v := to.Obj.get(escapeField); v != nil {
			return v
		}
	}
	if to.API != nil && strings.HasSuffix(to.API.Path, "jinja_env") {
		return f.e.unknown
	}
	return boolean(true)
}

func getTemplate(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	name := a.get(0, "name")
	if name == nil {
		return f.e.unknown
	}
	f.used(Path, name, e, TemplateName)
	return f.template(Field{nameField, name}, Field{escapeField, f.environmentEscape(e)})
}

// fromString is Template(source) and env.from_string(source).
func fromString(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	source := a.get(0, "source")
	if source == nil {
		return f.e.unknown
	}
	if !strings.Contains(api.Path, "sandbox") {
		f.used(Template, source, e, api.Path)
	}
	escape := escapeOf(a.get(-1, "autoescape"))
	if lastName(api.Path) == "from_string" {
		escape = f.environmentEscape(e)
	}
	return f.template(Field{sourceField, source}, Field{escapeField, escape})
}

// fromNamed is from_string of something that is an environment by its name only.
func fromNamed(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	attr, ok := e.Func.(*python.Attribute)
	if !ok {
		return f.e.unknown
	}
	name := strings.ToLower(api.Path)
	switch of := attr.Value.(type) {
	case *python.Name:
		name += of.ID
	case *python.Attribute:
		name += of.Attr
	}
	if name = strings.ToLower(name); !strings.Contains(name, "env") && !strings.Contains(name, "jinja") && !strings.Contains(name, "template") {
		return f.e.api(api.Call())
	}
	return fromString(f, api, a, e)
}

// renderObject is template.render(...): its result is a page if it is sent as one.
func renderObject(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	to := f.receiverOf(e)
	if to.Obj == nil {
		return f.e.unknown
	}
	escapes, known := true, false
	if v := to.Obj.get(escapeField); v != nil {
		escapes, known = v.truth()
	}
	if v := to.Obj.get(sourceField); v != nil {
		s, ok := v.str()
		if !ok {
			return &Value{Marks: v.deep()}
		}
		return f.render(f.e.inline(s, f.loc(e), escapes || !known), a, e, false)
	}
	v := to.Obj.get(nameField)
	if v == nil {
		return f.e.unknown
	}
	s, ok := v.str()
	if !ok {
		return f.e.unknown
	}
	pg := f.e.pages.find(s, f.fn.Module.Path)
	if pg == nil {
		return f.e.unknown
	}
	if known && escapes != pg.t.Escapes {
		pg = pg.other()
	}
	return f.render(f.e.usesOf(pg), a, e, !known)
}

// other is the page as an environment renders it that escapes where Flask does not, or the
// other way round.
func (p *page) other() *page {
	if p.twin == nil {
		p.twin = newPage(jinja.Parse(p.t.Name, p.t.Source, jinja.Options{Autoescape: !p.t.Escapes}))
		p.twin.quiet = true
	}
	return p.twin
}
