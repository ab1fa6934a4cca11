package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// pathOf is x of Path(x), str(x) and their kin.
func pathOf(e python.Expr) python.Expr {
	c, ok := e.(*python.Call)
	if !ok || len(c.Args) != 1 {
		return e
	}
	switch python.LastName(c.Func) {
	case "Path", "PurePath", "PurePosixPath", "str", "fspath":
		return pathOf(c.Args[0])
	}
	return e
}

// inFolder believes a check that a path is below a folder if the path was normalised. Where no
// variable holds that path, what it was made of is as safe: it is put together again.
func (f *frame) inFolder(e python.Expr) []refinement {
	v := f.eval(e)
	if !normalised(v) {
		if v.proofOf() != nil {
			return f.about(e, contained)
		}
		return nil
	}
	if all := f.about(e, Path); all != nil {
		return all
	}
	return []refinement{{kinds: Path, marks: v.Marks}}
}

// normalised reports whether a path has no .. in it any more.
func normalised(v *Value) bool {
	return allHave(v.Marks, normal)
}

// allHave reports whether something is known of all of some marks.
func allHave(marks []Mark, fact Kinds) bool {
	return len(marks) > 0 && !slices.ContainsFunc(marks, func(m Mark) bool { return m.Safe&fact == 0 })
}

// inPrefix is inFolder for path.startswith(folder). Where the folder is written without a slash
// behind it, its neighbours begin like it.
func (f *frame) inPrefix(e python.Expr, prefix *Value) []refinement {
	all := f.inFolder(e)
	if s, ok := prefix.str(); ok && !strings.HasSuffix(s, "/") && !strings.HasSuffix(s, `\`) {
		all = slices.Clone(all)
		for i := range all {
			all[i].kinds = all[i].kinds&^(Path|contained) | weakPath
		}
	}
	return all
}

// common is the paths of os.path.commonpath([folder, path]), which is compared with a folder.
func (f *frame) common(e *python.Call) []refinement {
	to := f.eval(e.Func)
	if to.API == nil || to.API.Path != "os.path.commonpath" || len(e.Args) != 1 {
		return nil
	}
	var elts []python.Expr
	switch list := e.Args[0].(type) {
	case *python.List:
		elts = list.Elts
	case *python.Tuple:
		elts = list.Elts
	}
	var all []refinement
	for _, x := range elts {
		all = append(all, f.inFolder(x)...)
	}
	return all
}

// samePath is a method of a path that gives another form of it.
func samePath(kinds Kinds) special {
	return func(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
		to := f.receiverOf(e)
		if len(a.list) > 0 { // a resolver of something else
			return &Value{API: api.Call(), Marks: merge(to.Marks, a.marks())}
		}
		return &Value{API: to.API, Marks: safe(to.Marks, kinds)}
	}
}

// belowFolder is path.relative_to(folder), which raises where the path is not below it.
func belowFolder(f *frame, _ *program.API, _ *arguments, e *python.Call) *Value {
	a, ok := e.Func.(*python.Attribute)
	if !ok {
		return f.e.unknown
	}
	if f.page == nil {
		f.refine(f.inFolder(a.Value))
	}
	return f.eval(a.Value)
}

// saved is x.save(path). Where x is not known to come from a visitor's files, or to be a
// picture or the like, it may keep a record under an id, or take what is to be kept.
func saved(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "dst")
	if v == nil {
		return f.e.api(api.Call())
	}
	if f.savesFile(f.receiverOf(e), v) {
		f.used(Path, v, e, api.Path)
	}
	return f.e.api(api.Call())
}

// savesFile reports whether a value, of which the save method is called, is a file.
func (f *frame) savesFile(to, name *Value) bool {
	if to.API != nil {
		switch first, _, _ := strings.Cut(to.API.Path, "."); first {
		case "PIL", "openpyxl", "docx", "pptx", "xlwt", "matplotlib", "fitz", "pydub", "wtforms", "cairosvg", "qrcode", "gtts", "torch", "numpy", "imageio":
			return true
		}
	}
	for _, m := range to.Marks {
		if m.From.Source == Request && (m.From.Note == "an uploaded file" || strings.HasPrefix(m.From.Note, "a form's field")) {
			return true
		}
		if m.From.Source == Param && (fileWord(m.From.Path) || f.namedFile(m.From.Param) || ofOrigin(partsOf([]Mark{m}, attributeStep("filename")), name.deep())) {
			return true
		}
	}
	return false
}

// namedFile reports whether a parameter is a file by its name.
func (f *frame) namedFile(param int) bool {
	n := f.fn.Node
	return n != nil && param >= 0 && param < len(n.Params.List) && fileWord(n.Params.List[param].Name)
}

// fileWord tells the names of uploaded files.
func fileWord(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"file", "upload", "image", "img", "photo", "picture", "avatar", "attachment", "logo", "media"}, func(w string) bool {
		return strings.Contains(name, w)
	})
}
