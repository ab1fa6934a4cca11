package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// subprocess runs a program: with a shell, or through one that is named, every part of the
// command line is dangerous; without one it is the program's name.
func subprocess(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "args")
	if v == nil {
		return f.e.api(api.Call())
	}
	shell := a.get(-1, "shell")
	switch {
	case shell != nil && !isFalse(shell):
		f.used(Command, v, e, api.Path)
	case v.Obj != nil && len(v.Obj.Items) > 0 || v.Obj != nil && v.Obj.Rest != nil:
		if viaShell(v.Obj) {
			f.used(Command, v, e, api.Path)
		} else if len(v.Obj.Items) > 0 {
			f.used(Program, v.Obj.Items[0], e, api.Path)
		}
	case v.parts() == nil || v.parts()[0].Value != nil:
		f.used(Program, v, e, api.Path)
	}
	return f.e.api(api.Call())
}

// viaShell reports whether a list of arguments runs a shell with a command line.
func viaShell(o *Object) bool {
	shell, option := false, false
	look := func(v *Value) {
		s, _ := v.str()
		switch s = strings.ToLower(s[strings.LastIndexByte(s, '/')+1:]); s {
		case "sh", "bash", "zsh", "dash", "ksh", "cmd", "cmd.exe", "powershell", "powershell.exe", "ssh":
			shell = true
		case "-c", "/c", "-command", "-lc":
			option = true
		}
	}
	for _, i := range o.Items {
		look(i)
	}
	for _, s := range o.texts() {
		look(text(s))
	}
	return shell && option
}

// yamlLoad is yaml.load, which makes any object unless its loader is a safe one.
func yamlLoad(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v, loader := a.get(0, "stream"), a.get(1, "Loader")
	if v == nil {
		return f.e.unknown
	}
	if loader == nil || loader.API == nil || !strings.Contains(loader.API.Path, "Safe") && !strings.Contains(loader.API.Path, "BaseLoader") {
		f.used(Deserialise, v, e, api.Path)
	}
	return &Value{API: api.Call(), Marks: v.deep()}
}

// lxmlParse reads XML with lxml, which resolves entities unless its parser was told not to.
func lxmlParse(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "text")
	if v == nil {
		return f.e.api(api.Call())
	}
	parser := a.get(1, "parser")
	option := a.get(-1, "resolve_entities")
	if parser != nil && parser.Obj != nil {
		option = parser.Obj.get("resolve_entities")
	}
	if !isFalse(option) && (option == nil || option.Const.Str != "internal") && (parser == nil || parser.API == nil || !strings.Contains(parser.API.Path, "HTMLParser")) {
		f.used(XML, v, e, api.Path)
	}
	return &Value{API: api.Call(), Marks: v.deep()}
}

func isFalse(v *Value) bool {
	if v == nil {
		return false
	}
	is, known := v.truth()
	return known && !is
}

// saxParse reads XML with a parser of the standard library. Since Python 3.7.1 these load no
// external entities unless the parser was told to.
func saxParse(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v, parser := a.get(0, "string"), a.get(1, "parser")
	if v == nil {
		return f.e.api(api.Call())
	}
	if parser != nil && parser.Obj != nil && parser.Obj.get("external") != nil {
		f.used(XML, v, e, api.Path)
	}
	return &Value{API: api.Call(), Marks: v.deep()}
}

// saxFeature notes that a parser was told to load external entities.
func saxFeature(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	feature, on := a.get(0, "name"), a.get(1, "state")
	if feature == nil || on == nil || isFalse(on) {
		return f.e.unknown
	}
	name, _ := feature.str()
	if feature.API != nil {
		name = feature.API.Path
	}
	if strings.Contains(name, "external") || strings.Contains(name, "_ges") || strings.Contains(name, "_pes") {
		f.note(e, "external", boolean(true))
	}
	return f.e.unknown
}

// saxRun is parser.parse(source).
func saxRun(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	to, v := f.receiverOf(e), a.get(0, "source")
	if v != nil && to.Obj != nil && to.Obj.get("external") != nil {
		f.used(XML, v, e, api.Path)
	}
	return f.e.unknown
}

// note keeps something about the object on which a method was called.
func (f *frame) note(e *python.Call, key string, v *Value) {
	attr, ok := e.Func.(*python.Attribute)
	if !ok {
		return
	}
	n, ok := attr.Value.(*python.Name)
	if !ok {
		return
	}
	to := f.eval(n)
	if to.Obj == nil {
		c := *to
		c.Obj = &Object{region: f.region}
		to = &c
		f.bind(n.ID, to)
	}
	f.writeField(to.Obj, key, v)
}
