package audit

import (
	"path"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// setup is how the project's own source sets up Jinja, beyond what Flask does by itself.
type setup struct {
	everywhere bool     // every template is escaped
	nowhere    bool     // none is
	endings    []string // templates whose names end so are escaped too
	options    jinja.Options
}

// setsUp reports whether a file may speak of how templates are read.
func setsUp(text string) bool {
	return strings.Contains(text, "autoescape") || strings.Contains(text, "jinja_options") || strings.Contains(text, "baseframe")
}

// reparse reads the templates again that are set up in another way than Flask's.
func reparse(sources []source) {
	var s setup
	for i := range sources {
		if p := sources[i].file; sources[i].setsUp && !program.IsTest(p.Name) {
			s.read(p)
		}
	}
	if !s.everywhere && !s.nowhere && len(s.endings) == 0 && s.options == (jinja.Options{}) {
		return
	}
	for i := range sources {
		t := sources[i].template
		if t == nil {
			continue
		}
		o := s.options
		o.Autoescape = escapes(t.Name) && !s.nowhere || s.everywhere || slices.ContainsFunc(s.endings, func(e string) bool { return strings.HasSuffix(t.Name, e) })
		if o != (jinja.Options{Autoescape: escapes(t.Name)}) {
			sources[i] = guarded(t.Name, func() source { return parseTemplate(t.Name, t.Source, o) })
		}
	}
}

// read takes what a file says: app.jinja_options = {"autoescape": True}, .jinja_options.update(...),
// app.jinja_env.autoescape = choose, and select_jinja_autoescape of a subclass or of the app.
func (s *setup) read(f *python.File) {
	functions := map[string]*python.Function{}
	see := func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Function:
			functions[n.Name] = n
			if n.Name == "select_jinja_autoescape" {
				s.chosen(n, functions)
			}
		case *python.Assign:
			for _, t := range n.Targets {
				s.assigned(t, n.Value, functions)
			}
		case *python.Call:
			if a, ok := n.Func.(*python.Attribute); ok && a.Attr == "update" && python.LastName(a.Value) == "jinja_options" {
				s.update(n, functions)
			}
		case *python.ImportFrom:
			s.imported(n.Module)
		case *python.Import:
			for _, a := range n.Names {
				s.imported(a.Name)
			}
		}
		return true
	}
	for _, stmt := range f.Body {
		python.Inspect(stmt, see)
	}
}

// imported knows the packages that set it up for the apps that use them.
func (s *setup) imported(module string) {
	if module == "baseframe" {
		s.endings = append(s.endings, ".html.jinja2", ".html.jinja", ".xml.jinja2", ".xml.jinja")
	}
}

func (s *setup) assigned(target, value python.Expr, functions map[string]*python.Function) {
	a, ok := target.(*python.Attribute)
	switch {
	case !ok:
		if n, isName := target.(*python.Name); isName && n.ID == "jinja_options" { // of a class
			s.given(value, functions)
		}
	case a.Attr == "jinja_options":
		s.given(value, functions)
	case a.Attr == "select_jinja_autoescape", a.Attr == "autoescape" && python.LastName(a.Value) == "jinja_env":
		s.chosen(value, functions)
	}
}

// given reads a whole dict of options.
func (s *setup) given(value python.Expr, functions map[string]*python.Function) {
	switch v := value.(type) {
	case *python.Dict:
		for i, k := range v.Keys {
			if key, ok := k.(*python.Str); ok {
				s.option(key.Value, v.Values[i], functions)
			}
		}
	case *python.Call:
		s.update(v, functions)
	}
}

// update reads dict(autoescape=True) and update({...}).
func (s *setup) update(c *python.Call, functions map[string]*python.Function) {
	for i := range c.Keywords {
		s.option(c.Keywords[i].Name, c.Keywords[i].Value, functions)
	}
	for _, a := range c.Args {
		s.given(a, functions)
	}
}

func (s *setup) option(name string, value python.Expr, functions map[string]*python.Function) {
	if name == "autoescape" {
		s.chosen(value, functions)
		return
	}
	text, ok := value.(*python.Str)
	if !ok {
		return
	}
	for _, o := range []struct {
		name string
		to   *string
	}{
		{"block_start_string", &s.options.BlockStart}, {"block_end_string", &s.options.BlockEnd},
		{"variable_start_string", &s.options.VariableStart}, {"variable_end_string", &s.options.VariableEnd},
		{"comment_start_string", &s.options.CommentStart}, {"comment_end_string", &s.options.CommentEnd},
		{"line_statement_prefix", &s.options.LineStatement}, {"line_comment_prefix", &s.options.LineComment},
	} {
		if o.name == name {
			*o.to = text.Value
		}
	}
}

// chosen reads what decides: True, or something that names the endings. A function that names
// none and can give back True is taken to escape everything.
func (s *setup) chosen(by python.Node, functions map[string]*python.Function) {
	if n, ok := by.(*python.Name); ok && functions[n.ID] != nil {
		by = functions[n.ID]
	}
	var endings []string
	yes, no := false, false
	python.Inspect(by, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Str:
			if e := "." + strings.TrimPrefix(n.Value, "."); len(e) > 1 && len(e) < 20 && path.Base(e) == e && !strings.Contains(e, " ") {
				endings = append(endings, e)
			}
		case *python.Constant:
			yes, no = yes || n.Kind == python.True, no || n.Kind == python.False
		}
		return true
	})
	if len(endings) > 0 {
		s.endings = append(s.endings, endings...)
		return
	}
	s.everywhere, s.nowhere = s.everywhere || yes, s.nowhere || no && !yes
}
