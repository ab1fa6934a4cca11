package correct

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// off makes a True a False.
func (w *work) off() bool {
	switch n := w.target().(type) {
	case *python.Constant:
		if n.Kind == python.True {
			w.put(n.Span, "False")
		}
	case *python.Assign:
		if c, ok := n.Value.(*python.Constant); ok && c.Kind == python.True {
			w.put(c.Span, "False")
		}
	}
	return true
}

// key takes a key from the environment: what is assigned, or the default that stands beside
// one. It is called as what it is assigned to.
func (w *work) key() bool {
	name := ""
	value, _ := w.target().(python.Expr)
	if a, ok := w.target().(*python.Assign); ok && len(a.Targets) == 1 {
		value, name = a.Value, variable(a.Targets[0])
	}
	switch v := value.(type) {
	case *python.Str:
		if name != "" {
			w.put(v.Span, `os.environ["`+name+`"]`)
		}
	case *python.Call:
		text := w.file.Text(v.Func)
		if len(v.Args) != 2 || len(v.Keywords) > 0 || text != "os.environ.get" && text != "os.getenv" {
			return false
		}
		if _, ok := v.Args[1].(*python.Str); ok {
			w.put(v.Span, "os.environ["+w.file.Text(v.Args[0])+"]")
		}
	}
	return true
}

// variable is what a variable of the environment may be called for what is assigned.
func variable(target python.Expr) string {
	name := strings.ToUpper(python.NameOrKey(target))
	switch name {
	case "KEY", "SECRET", "PASSWORD", "PASS", "PASSWD", "TOKEN", "VALUE": // of many things
		return ""
	}
	if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return ""
	}
	return name
}

// value gives a keyword of a call another value.
func (w *work) value(call *python.Call, name, text string) bool {
	for _, k := range call.Keywords {
		if k.Name == name {
			w.put(k.Value.At(), text)
			return true
		}
	}
	return false
}

// flags gives a cookie those that it lacks.
func (w *work) flags(call *python.Call) bool {
	if method(call) != "set_cookie" || len(call.Args) == 0 || len(call.Args) > 6 || scriptReads(call) {
		return false
	}
	missing := ""
	for _, flag := range [][2]string{{"secure", "True"}, {"httponly", "True"}, {"samesite", `"Lax"`}} {
		there := false
		for _, k := range call.Keywords {
			switch c, constant := k.Value.(*python.Constant); {
			case k.Name == "":
				return false // **more says what nobody sees here
			case k.Name == flag[0]:
				there = true
				if constant && c.Kind != python.True {
					w.put(c.Span, flag[1])
				}
			}
		}
		if !there {
			missing += ", " + flag[0] + "=" + flag[1]
		}
	}
	if missing != "" {
		w.after(call, missing)
	}
	return true
}

// scriptReads reports whether scripts of the site must read the cookie: a token against
// forged forms, or a preference.
func scriptReads(call *python.Call) bool {
	s, ok := call.Args[0].(*python.Str)
	name := ""
	if ok {
		name = strings.ToLower(s.Value)
	}
	return strings.Contains(name, "csrf") || strings.Contains(name, "xsrf")
}

// after puts a text behind the last argument of a call.
func (w *work) after(call *python.Call, text string) {
	end := int32(0)
	for _, a := range call.Args {
		end = max(end, a.At().End)
	}
	for _, k := range call.Keywords {
		end = max(end, k.Value.At().End)
	}
	if end == 0 {
		end, text = call.End-1, strings.TrimPrefix(text, ", ")
	}
	end = w.closed(end, call)
	w.put(python.Span{Start: end, End: end}, text)
}

// closed is where an argument of a call that ends at a byte ends with the brackets around it.
func (w *work) closed(end int32, call *python.Call) int32 {
	for at := end; at < call.End-1; at++ {
		switch w.file.Source[at] {
		case ')':
			end = at + 1
		case ' ', '\t', '\r', '\n':
		default:
			return end
		}
	}
	return end
}

// safeLoad has YAML read without objects.
func (w *work) safeLoad(call *python.Call) bool {
	if text := w.file.Text(call.Func); text != "yaml.load" && text != "yaml.unsafe_load" && text != "yaml.full_load" || len(call.Args) == 0 {
		return false
	}
	w.put(call.Span, "yaml.safe_load("+w.file.Text(call.Args[0])+")")
	return true
}

// filter has tarfile refuse what leads out of the folder; zipfile has no such argument.
func (w *work) filter(call *python.Call) bool {
	owner, ok := call.Func.(*python.Attribute)
	if !ok || owner.Attr != "extractall" || !strings.Contains(strings.ToLower(w.file.Text(owner.Value)), "tar") {
		return false
	}
	for _, k := range call.Keywords {
		if k.Name == "filter" || k.Name == "" {
			return false
		}
	}
	w.after(call, `, filter="data"`)
	return true
}

// sendFrom has Flask look whether a file is in its folder.
func (w *work) sendFrom(call *python.Call) bool {
	send, ok := call.Func.(*python.Name)
	if !ok || send.ID != "send_file" || len(call.Args) != 1 {
		return false
	}
	join, ok := call.Args[0].(*python.Call)
	if !ok || w.file.Text(join.Func) != "os.path.join" || len(join.Args) != 2 || len(join.Keywords) > 0 {
		return false
	}
	folder := w.file.Text(join.Args[0])
	if _, many := join.Args[1].(*python.Starred); many || strings.Contains(folder, "request") {
		return false
	}
	w.put(send.Span, "send_from_directory")
	w.put(join.Span, folder+", "+w.file.Text(join.Args[1]))
	return true
}

// rename calls another function of a module's in place of one that is called by its name.
func (w *work) rename(call *python.Call, module string, names map[string]string) bool {
	f, ok := call.Func.(*python.Attribute)
	if !ok || w.file.Text(f.Value) != module || names[f.Attr] == "" {
		return false
	}
	if module == "random" && len(call.Args) != 1 {
		return false
	}
	w.put(f.Span, names[f.Attr])
	return true
}

func method(call *python.Call) string {
	if a, ok := call.Func.(*python.Attribute); ok {
		return a.Attr
	}
	return ""
}
