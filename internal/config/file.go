package config

import (
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/fumehood/fumehood/internal/hint"
)

// file puts what the TOML in data says into the configuration. Mistakes are noted; what
// is right is set all the same, so that one run finds them all.
func (l *Loaded) file(name string, data []byte) {
	values := map[string]any{}
	if err := toml.Unmarshal(data, &values); err != nil {
		mistake := Mistake{Origin: Origin{File: name}, Text: strings.TrimPrefix(err.Error(), "toml: "),
			Hint: "a line of TOML is a [table] or key = value, each once; strings stand in quotes"}
		var syntax *toml.DecodeError
		if errors.As(err, &syntax) {
			mistake.Origin.Line, _ = syntax.Position()
		}
		l.note(mistake)
		return
	}
	f := fileWalk{loaded: l, name: name, lines: keyLines(data)}
	f.table(l.schema, reflect.ValueOf(&l.Config).Elem(), values, "")
}

// fileWalk carries a decoded file into the configuration.
type fileWalk struct {
	loaded *Loaded
	name   string
	lines  map[string]int
}

func (f *fileWalk) origin(path string) Origin {
	return Origin{File: f.name, Line: f.lines[path]}
}

func (f *fileWalk) wrong(path, hint, format string, args ...any) {
	f.loaded.note(Mistake{Origin: f.origin(path), Key: path, Text: fmt.Sprintf(format, args...), Hint: hint})
}

// table sets what table says below n; v is Config, or the element of a list that n's
// values are found from, and path is n's key with the numbers of the elements.
func (f *fileWalk) table(n *node, v reflect.Value, table map[string]any, path string) {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		at := join(path, name)
		child := n.child(name)
		switch {
		case child == nil:
			f.unknown(n, name, at)
		case child.list:
			f.list(child, v.FieldByIndex(child.index), table[name], at)
		case child.kind == kindMap:
			f.entries(child, v.FieldByIndex(child.index), table[name], at)
		case child.kind == kindTable:
			sub, ok := table[name].(map[string]any)
			if !ok {
				f.wrong(at, "write it so: "+asTable(child, at, table[name]), "is %s, not a table", tomlType(table[name]))
				continue
			}
			f.table(child, v, sub, at)
		default:
			err := child.fromTOML(v.FieldByIndex(child.index), table[name], f.name)
			f.loaded.set(child, at, f.origin(at), err)
			f.elements(child, v.FieldByIndex(child.index), at, err)
		}
	}
}

// list sets a [[list]] of tables.
func (f *fileWalk) list(n *node, v reflect.Value, value any, path string) {
	hint := "write it so: [[" + n.key + "]]"
	tables, ok := value.([]any)
	if !ok {
		f.wrong(path, hint, "is %s, not a list of tables", tomlType(value))
		return
	}
	v.Set(reflect.Zero(v.Type()))
	for i, item := range tables {
		at := path + "[" + strconv.Itoa(i) + "]"
		element := reflect.New(n.typ).Elem()
		if table, ok := item.(map[string]any); ok {
			f.table(n, element, table, at)
		} else {
			f.wrong(at, hint, "is %s, not a table", tomlType(item))
		}
		v.Set(reflect.Append(v, element))
		f.loaded.origins[at] = f.origin(at)
	}
}

// entries sets a table of tables, whose names the owner of the file chooses.
func (f *fileWalk) entries(n *node, v reflect.Value, value any, path string) {
	tables, ok := value.(map[string]any)
	if !ok {
		f.wrong(path, "write it so: "+n.name+" = "+n.example(), "is %s, not a table of tables", tomlType(value))
		return
	}
	f.loaded.set(n, path, f.origin(path), nil)
	v.Set(reflect.Zero(v.Type()))
	for name, item := range tables {
		at := join(path, name)
		f.loaded.origins[at] = f.origin(at)
		table, ok := item.(map[string]any)
		switch {
		case name == "" || strings.ContainsFunc(name, unicode.IsControl):
			f.wrong(at, "give it a name of letters", "is no name")
			continue
		case !ok:
			f.wrong(at, "write it so: "+strings.TrimPrefix(at, path+".")+" = "+n.entry(), "is %s, not a table", tomlType(item))
			continue
		}
		element := reflect.New(n.typ).Elem()
		for inner, item := range table {
			if _, nested := item.(map[string]any); nested && n.child(inner) == nil { // name.inner = { ... }
				f.wrong(join(at, inner), "write "+quote(name+"."+inner)+" in quotes", "unknown; a name with a point stands in quotes")
				delete(table, inner)
			}
		}
		f.table(n, element, table, at)
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		v.SetMapIndex(reflect.ValueOf(name), element)
	}
}

// elements records where each element of a list of strings stands.
func (f *fileWalk) elements(n *node, v reflect.Value, path string, err error) {
	if n.kind != kindList || err != nil {
		return
	}
	for i := range v.Len() {
		at := path + "[" + strconv.Itoa(i) + "]"
		f.loaded.origins[at] = f.origin(at)
	}
}

func (f *fileWalk) unknown(n *node, name, path string) {
	root := f.loaded.schema
	if near := hint.Nearest(name, n.names()); near != "" {
		f.wrong(path, "write "+near+" for "+name, "unknown; did you mean %s?", near)
		return
	}
	for _, v := range root.values() { // the right key in the wrong table
		if v.name == hint.Fold(name) && !v.inList {
			f.wrong(path, "[TABLE] lines say which table the keys below them belong to", "unknown; did you mean %s?", v.key)
			return
		}
	}
	if top := root.child(name); top != nil && n != root && (top.kind == kindTable || top.list) {
		f.wrong(path, "it is a table of its own", "unknown; did you mean [%s]?", top.key)
		return
	}
	what := strings.Join(n.names(), ", ")
	f.wrong(path, "there are "+what, "unknown")
}

// asTable shows how to write the table n, where somebody has written a value: a mode, most often.
func asTable(n *node, path string, value any) string {
	inner := n.child("mode")
	text, isText := value.(string)
	switch {
	case inner != nil && isText && inner.fromText(reflect.New(inner.typ).Elem(), text) == nil:
		return n.name + " = { mode = " + strconv.Quote(text) + " }"
	case strings.Contains(path, "["): // of a list: it has no line of its own
		return n.name + " = { " + n.names()[0] + " = ... }"
	}
	return "[" + path + "]"
}

// join makes the key of a child; a name that is no bare TOML key is quoted, so that it
// cannot look like another.
func join(path, name string) string {
	bare := name != ""
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			bare = false
		}
	}
	if !bare {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// keyLines returns the line of every key of a valid TOML document, by the key as join
// writes it, with the numbers of list elements: "route[0].match".
func keyLines(data []byte) map[string]int {
	k := &keyLiner{lines: map[string]int{}, counts: map[string]int{}, data: data}
	k.parser.Reset(data)
	table := ""
	for k.parser.NextExpression() {
		switch e := k.parser.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = k.header(e)
		case unstable.KeyValue:
			k.keyValue(e, table)
		}
	}
	return k.lines
}

type keyLiner struct {
	parser unstable.Parser
	data   []byte
	at     int // offset up to which newlines have been counted
	line   int // newlines before at
	lines  map[string]int
	counts map[string]int // elements of each list of tables so far
}

// note records the line of n under path, if nothing did before.
func (k *keyLiner) note(path string, n *unstable.Node) {
	if _, ok := k.lines[path]; ok || int(n.Raw.Offset) > len(k.data) {
		return
	}
	offset := int(n.Raw.Offset)
	if offset < k.at { // keys come in order, but for a value noted by its key
		k.at, k.line = 0, 0
	}
	for ; k.at < offset; k.at++ {
		if k.data[k.at] == '\n' {
			k.line++
		}
	}
	k.lines[path] = k.line + 1
}

// header records a [table] or [[table]] line and returns its path.
func (k *keyLiner) header(e *unstable.Node) string {
	path := ""
	for it := e.Key(); it.Next(); {
		path = join(path, string(it.Node().Data))
		k.note(path, it.Node())
		if e.Kind == unstable.ArrayTable && it.IsLast() {
			k.counts[path]++
		}
		if n := k.counts[path]; n > 0 {
			path += "[" + strconv.Itoa(n-1) + "]"
			k.note(path, it.Node())
		}
	}
	return path
}

func (k *keyLiner) keyValue(e *unstable.Node, path string) {
	var last *unstable.Node
	for it := e.Key(); it.Next(); {
		last = it.Node()
		path = join(path, string(last.Data))
		k.note(path, last)
	}
	k.value(e.Value(), path, last)
}

// value records what stands inside a value; name is its key.
func (k *keyLiner) value(v *unstable.Node, path string, name *unstable.Node) {
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				k.keyValue(it.Node(), path)
			}
		}
	case unstable.Array:
		i := 0
		for it := v.Children(); it.Next(); {
			item := it.Node()
			if item.Kind == unstable.Comment {
				continue
			}
			at := path + "[" + strconv.Itoa(i) + "]"
			if item.Raw.Length > 0 {
				k.note(at, item)
			} else {
				k.note(at, name) // nested arrays have no place of their own
			}
			k.value(item, at, name)
			i++
		}
	}
}
