package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// numpyLoad is numpy.load, which reads pickles only where it is told to.
func numpyLoad(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v, pickles := a.get(0, "file"), a.get(2, "allow_pickle")
	if v == nil {
		return f.e.unknown
	}
	f.used(Path, v, e, api.Path)
	if pickles != nil && !isFalse(pickles) {
		f.used(Deserialise, v, e, api.Path)
	}
	return f.e.api(api.Call())
}

// torchLoad is torch.load, which reads any pickle unless it is told to take weights only.
func torchLoad(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v, weights := a.get(0, "f"), a.get(-1, "weights_only")
	if v == nil {
		return f.e.unknown
	}
	if weights == nil || isFalse(weights) {
		f.used(Deserialise, v, e, api.Path)
	} else {
		f.used(Path, v, e, api.Path)
	}
	return f.e.api(api.Call())
}

// dumped is what pickle.dumps makes: to load it again makes no more than there was.
func dumped(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	return &Value{API: api.Call(), Marks: safe(a.marks(), Deserialise), Checked: true}
}

// rueYAML is ruamel.yaml.YAML: only one of type unsafe makes any object.
func rueYAML(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	if kind := a.get(-1, "typ"); kind != nil && kind.Const.Str == "unsafe" {
		return f.e.api(f.e.program.APIs.Module("ruamel.yaml").Attr("YAML(unsafe)"))
	}
	return f.e.api(api.Call())
}

// readTable is one of pandas' readers: what it is given is a file's name or an address.
func readTable(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	for _, name := range []string{"filepath_or_buffer", "path_or_buf", "io", "path"} {
		v := a.get(0, name)
		switch {
		case v == nil:
			continue
		case v.asParts()[0].Text != "":
			f.used(Path, v, e, api.Path)
		default:
			f.used(Address, v, e, api.Path)
		}
		break
	}
	return f.e.api(api.Call())
}

// splitExt is os.path.splitext: an extension holds neither a slash nor a second dot.
func splitExt(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	v := a.get(0, "p")
	if v == nil {
		return f.e.unknown
	}
	return pair(v.deep(), safe(v.deep(), Path))
}

// pair is a tuple of two.
func pair(first, second []Mark) *Value {
	return &Value{Obj: &Object{List: true, Items: []*Value{{Marks: first}, {Marks: second}}, region: -1}}
}

// split is text.split(separator): what is left of a name between its dots is no way up.
func split(to *Value, name string, a *arguments) *Value {
	if sep, ok := a.get(0, "sep").strOf(); ok && sep != " " {
		if sep != "." {
			return &Value{Obj: &Object{Rest: &Value{Marks: to.Marks}, region: -1}}
		}
		if name == "rsplit" {
			return pair(to.Marks, safe(to.Marks, Path))
		}
		return &Value{Obj: &Object{Rest: &Value{Marks: safe(to.Marks, Path)}, region: -1}}
	}
	if len(a.list) == 0 && len(a.named) == 0 && name == "split" { // no line breaks are left
		to = to.marked(safe(to.Marks, Log|Header))
	}
	return words(to)
}

// joinPath is Path(...).joinpath(name).
func joinPath(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	attr, ok := e.Func.(*python.Attribute)
	if !ok {
		return f.e.unknown
	}
	to := f.eval(attr.Value)
	return &Value{API: to.API, Marks: moved(merge(to.Marks, a.marks()), f.loc(e), becomes)}
}
