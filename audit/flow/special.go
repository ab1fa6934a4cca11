package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func makeDict(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	o := &Object{region: f.region}
	if v := a.get(0, ""); v != nil {
		for _, fd := range fieldsOf(v) {
			o.set(fd.Key, fd.Value)
		}
		o.Rest = v.rest()
		o.addKeys(keysOf(v))
		o.takesIn(v)
	}
	o.addKeys(a.keys)
	if a.node != nil && len(a.node.Keywords) > len(a.named) {
		o.leaveOpen() // **more
	}
	for _, n := range a.named {
		o.set(n.Key, n.Value)
	}
	o.Rest = join(o.Rest, a.rest)
	return &Value{Obj: o}
}

// makeText is str(x).
func makeText(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	v := a.get(0, "object")
	switch {
	case v == nil:
		return text("")
	case v.Const.Kind == ConstStr || v.parts() != nil:
		return v
	case v.Const.Kind == ConstInt:
		return text(itoa(v.Const.Int))
	}
	if marks := v.deep(); len(marks) > 0 {
		return &Value{Marks: safe(marks, NoSQL)}
	}
	if v.Checked || v.isNumber() {
		return &Value{Checked: true}
	}
	return f.e.unknown
}

// keeps is a constructor whose options matter later.
func keeps(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	return &Value{API: api.Call(), Marks: a.marks(), Obj: &Object{Fields: a.named, region: f.region}}
}

// mapped is map(function, list): the function is called with each element.
func mapped(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	fn, list := a.get(0, ""), a.get(1, "")
	if fn == nil || list == nil {
		return f.e.unknown
	}
	v := f.invoke(fn, &arguments{list: []*Value{f.item(list)}, node: e}, e)
	return &Value{Obj: &Object{Rest: v, region: -1}}
}

func next(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	v := a.get(0, "")
	if v == nil {
		return f.e.unknown
	}
	if d := a.get(1, ""); d != nil {
		return join(f.item(v), d)
	}
	return f.item(v)
}

func getAttr(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	v, name := a.get(0, ""), a.get(1, "")
	if v == nil || name == nil {
		return f.e.unknown
	}
	if s, ok := name.str(); ok {
		return join(f.attribute(v, s, e), a.get(2, ""))
	}
	return join(f.methodLike(v, name), join(&Value{Marks: v.Marks}, a.get(2, "")))
}

// methodLike is any of the methods that a name can mean of which the program writes the start.
func (f *frame) methodLike(v, name *Value) *Value {
	of, start := v.Of, name.asParts()[0].Text
	if of == nil {
		of = v.Class
	}
	if of == nil || len(start) < 2 {
		return nil
	}
	var names []string
	for _, k := range of.Line() {
		for n := range k.Methods.All() {
			if strings.HasPrefix(n, start) && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	slices.Sort(names)
	var any *Value
	for _, n := range names {
		any = join(any, f.attribute(v, n, nil))
	}
	return any
}

func setAttr(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	to, name, v := a.get(0, ""), a.get(1, ""), a.get(2, "")
	if to == nil || name == nil || v == nil {
		return f.e.unknown
	}
	f.used(Attributes, name, e, "setattr")
	s, ok := name.str()
	if ok && to.Of != nil {
		f.store(to.Of, s, v)
	}
	if ok && len(e.Args) > 0 && isTheApp(to, e.Args[0]) {
		f.store(appPlace, s, v)
	}
	return f.e.unknown
}

func enumerate(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	v := a.get(0, "")
	if v == nil {
		return f.e.unknown
	}
	pair := &Value{Obj: &Object{List: true, Items: []*Value{f.e.unknown, f.item(v)}, region: -1}}
	return &Value{Obj: &Object{Rest: pair, region: -1}}
}

func zip(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	tuple := &Object{List: true, region: -1}
	for _, v := range a.list {
		tuple.Items = append(tuple.Items, f.item(v))
	}
	return &Value{Obj: &Object{Rest: &Value{Obj: tuple}, region: -1}}
}

// renderTemplate puts variables into a template: those that land where they can run are used
// dangerously there.
func renderTemplate(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	name := a.get(0, "template_name_or_list")
	if name == nil {
		return f.e.unknown
	}
	f.used(Path, name, e, TemplateName)
	if s, ok := name.str(); ok {
		return f.render(f.e.usesOf(f.e.pages.find(s, f.fn.Module.Path)), a, e, true)
	}
	return f.e.unknown
}

// renderText is render_template_string: its first argument is the template itself.
func renderText(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	source := a.get(0, "source")
	if source == nil {
		return f.e.unknown
	}
	f.used(Template, source, e, api.Path)
	if s, ok := source.str(); ok {
		return f.render(f.e.inline(s, f.loc(e), true), a, e, true)
	}
	return f.e.unknown
}

// makeResponse is make_response(body) or make_response((body, status, headers)).
func makeResponse(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "")
	if v == nil {
		return f.e.unknown
	}
	parts := a.list
	if v.Obj != nil && v.Obj.List && len(v.Obj.Items) > 0 {
		parts = v.Obj.Items
	}
	for _, h := range parts[1:] {
		if h.Obj != nil {
			f.headers(h, e)
		}
	}
	made := f.e.program.APIs.Module("flask").Attr("Response").Call()
	if parts[0].Obj != nil || parts[0].isRows() || len(parts) > 1 && jsonHeaders(parts[len(parts)-1]) { // JSON
		return &Value{API: made, Marks: safe(parts[0].deep(), Markup)}
	}
	return &Value{API: made, Marks: parts[0].Marks}
}

// response is Response(body, mimetype=...): a page unless its type says otherwise.
func response(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	made := f.e.program.APIs.Module("flask").Attr("Response").Call()
	v := a.get(0, "response")
	if v == nil {
		return f.e.api(made)
	}
	kind := a.get(4, "mimetype")
	if kind == nil {
		kind = a.get(5, "content_type")
	}
	h := a.get(2, "headers")
	if h != nil {
		f.headers(h, e)
	}
	if kind != nil && otherType(kind) || h != nil && jsonHeaders(h) {
		return &Value{API: made, Marks: safe(v.deep(), Markup)}
	}
	return &Value{API: made, Marks: v.deep()}
}

// otherType reports whether a content type is none that a browser runs scripts of. One that
// the program computes is not either: who sends pages leaves it at its default.
func otherType(kind *Value) bool {
	s, ok := kind.str()
	if !ok {
		return len(kind.deep()) == 0 && kind.Const.Kind == NoConst
	}
	return !strings.Contains(s, "html") && !strings.Contains(s, "svg") && !strings.Contains(s, "xml")
}

// retyped makes an answer whose content type is assigned afterwards none that is a page.
func (f *frame) retyped(answer python.Expr, kind *Value) {
	n, ok := answer.(*python.Name)
	if !ok || !otherType(kind) {
		return
	}
	if v := f.eval(n); len(v.Marks) > 0 {
		f.typed = append(f.typed, n.ID)
		f.bind(n.ID, v.marked(safe(v.Marks, Markup)))
	}
}

// storeSet and storeGet are stores with a section and a key.
func storeSet(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	attr, ok := e.Func.(*python.Attribute)
	if !ok || len(a.list) < 3 { // put = parser.set
		return f.e.unknown
	}
	n, ok := attr.Value.(*python.Name)
	if !ok {
		return f.e.unknown
	}
	to := f.eval(n)
	if to.Obj == nil {
		c := *to
		c.Obj = &Object{region: f.region}
		to = &c
		f.bind(n.ID, to)
	}
	section, _ := a.list[0].key()
	key, known := a.list[1].key()
	if known {
		f.writeField(to.Obj, section+"\x00"+key, a.list[2])
	} else {
		to.Obj.Rest = join(to.Obj.Rest, a.list[2])
	}
	return f.e.unknown
}

func storeGet(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	attr, ok := e.Func.(*python.Attribute)
	if !ok || len(a.list) < 2 {
		return f.e.unknown
	}
	to := f.eval(attr.Value)
	if to.Obj == nil {
		return f.e.unknown
	}
	section, _ := a.list[0].key()
	if key, known := a.list[1].key(); known {
		if v := join(to.Obj.get(section+"\x00"+key), to.Obj.Rest); v != nil {
			return v
		}
		return f.e.unknown
	}
	return f.any(to)
}

// pathJoin is os.path.join and urljoin: a text put together of its arguments.
func pathJoin(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	var parts []Part
	for i, v := range a.list {
		if i > 0 {
			parts = append(parts, Part{Text: "/"})
		}
		parts = append(parts, v.asParts()...)
	}
	if a.rest != nil {
		parts = append(parts, Part{Value: a.rest})
	}
	v := textOf(parts) // the later may replace the earlier
	if v.Const.Kind == NoConst {
		v = &Value{Marks: moved(v.Marks, f.loc(e), becomes)}
	}
	return v
}

// redirect sends the visitor to an address. Where it begins with a path of this site, or
// with a host that the program has written, the rest does no harm.
func redirect(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "location")
	if v == nil || anchored(v) {
		return f.e.unknown
	}
	f.used(Redirect, v, e, api.Path)
	return f.e.unknown
}

// anchored reports whether a text begins with a literal that fixes its host.
func anchored(v *Value) bool {
	if v.parts() == nil || v.parts()[0].Value != nil {
		return v.parts() != nil && v.parts()[0].Value.isOwnAddress()
	}
	s := v.parts()[0].Text
	if s == "/" && len(v.parts()) > 1 && v.parts()[1].Value != nil { // "/" + x.lstrip("/")
		return allHave(v.parts()[1].Value.Marks, bare)
	}
	if _, host, ok := strings.Cut(s, "://"); ok {
		return strings.ContainsAny(host, "/?#")
	}
	return len(s) > 1 && s[0] == '/' && s[1] != '/' && s[1] != '\\'
}

// isOwnAddress reports whether a value is this site's address with a slash at its end.
func (v *Value) isOwnAddress() bool {
	if v.API == nil {
		return false
	}
	switch lastName(v.API.Path) {
	case "host_url", "url_root":
		return strings.Contains(v.API.Path, "request.")
	}
	return false
}

// headers puts a dict into the headers of the answer.
func (f *frame) headers(all *Value, at python.Node) {
	for _, fd := range fieldsOf(all) {
		f.header(fd.Key, fd.Value, at)
	}
	if r := all.rest(); r != nil {
		f.used(Header, r, at, "a header")
	}
}

// setHeader is response.headers.add(name, value) and its kin.
func setHeader(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	if name, v := a.get(0, ""), a.get(1, ""); v != nil {
		key, _ := name.str()
		f.header(key, v, e)
	} else if name != nil {
		f.headers(name, e)
	}
	return f.e.unknown
}

// jsonAnswer is jsonify and flash: what it is given is sent to the visitor, but is no page.
func jsonAnswer(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	f.used(Exposure, &Value{Marks: a.marks()}, e, "the answer")
	return f.e.api(api.Call())
}
