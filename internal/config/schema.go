package config

import (
	"reflect"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// kind is how a value is written, whatever Go type holds it.
type kind int

const (
	kindTable kind = iota
	kindString
	kindBool
	kindInt
	kindDuration
	kindSize
	kindList   // of strings
	kindNumber // with a point or without; only in a map's entries, nil when it is not set
	kindMap    // of tables by names that the owner chooses
)

// node is one key of the configuration: a table ("workers"), a list of tables ("route")
// or a value ("workers.count"). The tree of nodes is read from Config's fields and tags.
type node struct {
	name     string // last part of the key, as in the file
	key      string // whole key; "route.match" in a list of tables
	index    []int  // path of field numbers from Config, or from the element of the list
	typ      reflect.Type
	kind     kind
	doc      string
	children []*node // of a table
	list     bool    // [[name]]
	inList   bool    // below a [[name]] or in a map: set in the file only

	def, min, max    string
	enum             []string
	flag, short, arg string
	valueName        string // what help calls the value
	path             string // "file" or "program"
	overrides        string
}

// newSchema reads the tree from Config; docs are the comments by "package.Type.Field".
func newSchema(docs map[string]string) *node {
	root := &node{typ: reflect.TypeFor[Config]()}
	root.addFields(docs)
	return root
}

func (n *node) addFields(docs map[string]string) {
	t := n.typ
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("toml")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			panic("config: " + t.String() + "." + f.Name + " has no toml tag")
		}
		child := &node{
			name: name, key: name, typ: f.Type, inList: n.list || n.inList || n.kind == kindMap,
			doc: docs[t.String()+"."+f.Name],
			def: f.Tag.Get("default"), min: f.Tag.Get("min"), max: f.Tag.Get("max"),
			flag: f.Tag.Get("flag"), short: f.Tag.Get("short"), arg: f.Tag.Get("arg"),
			valueName: f.Tag.Get("value"), path: f.Tag.Get("path"), overrides: f.Tag.Get("overrides"),
		}
		if n.key != "" {
			child.key = n.key + "." + name
		}
		if child.inList { // set in the file only
			child.flag, child.short = "", ""
		}
		child.index = []int{i}
		if !n.list && n.kind != kindMap { // the fields of an element are found from the element
			child.index = append(append([]int{}, n.index...), i)
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			child.enum = strings.Split(enum, ",")
		}
		child.classify(docs)
		n.children = append(n.children, child)
	}
}

// classify finds the kind from the Go type.
func (n *node) classify(docs map[string]string) {
	switch {
	case n.typ == reflect.TypeFor[time.Duration]():
		n.kind = kindDuration
	case n.typ == reflect.TypeFor[fumehood.Size]():
		n.kind = kindSize
	case n.typ == reflect.TypeFor[fumehood.Mode]():
		n.kind = kindString
		n.enum = []string{string(fumehood.Enforce), string(fumehood.Report), string(fumehood.Off)}
	case n.typ == reflect.TypeFor[[]string]():
		n.kind = kindList
	case n.typ.Kind() == reflect.String:
		n.kind = kindString
	case n.typ.Kind() == reflect.Bool:
		n.kind = kindBool
	case n.typ.Kind() == reflect.Int:
		n.kind = kindInt
	case n.typ.Kind() == reflect.Struct:
		n.doc = docs[n.typ.String()]
		n.addFields(docs)
	case n.typ == reflect.TypeFor[*float64]():
		n.kind = kindNumber
	case n.typ.Kind() == reflect.Map && n.typ.Key().Kind() == reflect.String && n.typ.Elem().Kind() == reflect.Struct:
		n.kind = kindMap
		n.typ = n.typ.Elem()
		n.addFields(docs)
	case n.typ.Kind() == reflect.Slice && n.typ.Elem().Kind() == reflect.Struct:
		n.list = true
		n.typ = n.typ.Elem()
		n.addFields(docs)
	default:
		panic("config: " + n.key + " has a type that no source can write: " + n.typ.String())
	}
}

// child returns the child called name, or nil.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// names returns the names of the children.
func (n *node) names() []string {
	names := make([]string, len(n.children))
	for i, c := range n.children {
		names[i] = c.name
	}
	return names
}

// values returns the values below n in the order of the struct.
func (n *node) values() []*node {
	if n.kind != kindTable {
		return []*node{n}
	}
	var all []*node
	for _, c := range n.children {
		all = append(all, c.values()...)
	}
	return all
}

// settable returns the values that are not in a list of tables: flags and the environment can
// set them all, but for maps.
func (n *node) settable() []*node {
	var all []*node
	for _, v := range n.values() {
		if !v.inList {
			all = append(all, v)
		}
	}
	return all
}

// find returns the node with the whole key, or nil.
func (n *node) find(key string) *node {
	at := n
	for part := range strings.SplitSeq(key, ".") {
		if at = at.child(part); at == nil {
			return nil
		}
	}
	return at
}

// env returns the name of the environment variable, "" when there is none.
func (n *node) env() string {
	if n.inList || n.kind == kindTable || n.kind == kindMap {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(n.key, ".", "_"))
}

// overriddenBy returns the key of the route setting that takes the place of n, or "".
func (n *node) overriddenBy(root *node) string {
	for _, list := range root.children {
		if !list.list || n.inList {
			continue
		}
		if v := list.find(n.key); v != nil {
			return v.key
		}
	}
	for _, v := range root.values() {
		if v.overrides == n.key {
			return v.key
		}
	}
	return ""
}
