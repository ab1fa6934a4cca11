package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Setting is one value of a loaded configuration. Value and Default are what JSON has:
// a string, number, bool or list of strings; sizes and durations are strings; a map has what
// each entry sets.
type Setting struct {
	Key     string `json:"key"`
	Value   any    `json:"value"`
	Default any    `json:"default"`
	Origin  string `json:"origin"`
	IsMode  bool   `json:"-"` // it is a fumehood.Mode
}

// Changed says whether the value differs from the default.
func (s Setting) Changed() bool { return !reflect.DeepEqual(s.Value, s.Default) }

// Settings returns every value, in the order of the struct; those of routes last.
func (l *Loaded) Settings() []Setting {
	var all []Setting
	l.visit(func(_ *node, s Setting, _ reflect.Value) { all = append(all, s) })
	return all
}

// visit calls f for every value with the reflection of it.
func (l *Loaded) visit(f func(*node, Setting, reflect.Value)) {
	root := reflect.ValueOf(&l.Config).Elem()
	defaults := Default()
	rootDefaults := reflect.ValueOf(&defaults).Elem()
	one := func(n *node, key string, v, def reflect.Value) {
		f(n, Setting{key, n.plain(v), n.plain(def), l.origin(key).String(), n.typ == reflect.TypeFor[fumehood.Mode]()}, v)
	}
	for _, n := range l.schema.settable() {
		one(n, n.key, root.FieldByIndex(n.index), rootDefaults.FieldByIndex(n.index))
	}
	for _, list := range l.schema.children {
		if !list.list {
			continue
		}
		elements := root.FieldByIndex(list.index)
		for i := range elements.Len() {
			for _, n := range list.values() {
				v := elements.Index(i).FieldByIndex(n.index)
				def := reflect.Zero(v.Type())
				if general := n.general(l.schema); general != nil {
					def = root.FieldByIndex(general.index)
				}
				one(n, n.inElement(list, i), v, def)
			}
		}
	}
}

// TOML writes the configuration as a file that loads to the same values: what differs
// from the defaults, each with its origin as a comment; all adds the rest, commented out.
func (l *Loaded) TOML(all bool) string {
	type row struct{ table, text, origin string }
	var rows []row
	wide := 0
	l.visit(func(n *node, s Setting, v reflect.Value) {
		table, name := cutLast(s.Key)
		if n.inList { // "route[0]" and "headers.frame"
			table, name, _ = strings.Cut(s.Key, "].")
			table += "]"
		}
		r := row{table, name + " = " + n.toml(v), s.Origin}
		if !s.Changed() {
			if !all {
				r.text = ""
			} else {
				r.text = "# " + r.text
			}
		}
		rows = append(rows, r)
		if len(r.text) <= 48 { // one long list shall not push all comments away
			wide = max(wide, len(r.text))
		}
	})
	var b strings.Builder
	table := ""
	for _, r := range rows {
		list := strings.Contains(r.table, "[")
		if r.table != table && (r.text != "" || list) {
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			header := "[" + r.table + "]"
			if list {
				name, _, _ := strings.Cut(r.table, "[")
				header = "[[" + name + "]]"
			}
			fmt.Fprintln(&b, header)
			table = r.table
		}
		switch {
		case r.text == "":
		case r.origin == "default":
			fmt.Fprintln(&b, r.text)
		default:
			origin := strings.ReplaceAll(strconv.Quote(r.origin), `\"`, `"`) // a file may be called anything
			fmt.Fprintf(&b, "%-*s  # %s\n", wide, r.text, origin[1:len(origin)-1])
		}
	}
	return b.String()
}

// cutLast splits "workers.count" into "workers" and "count".
func cutLast(key string) (table, name string) {
	at := strings.LastIndex(key, ".")
	if at < 0 {
		return "", key
	}
	return key[:at], key[at+1:]
}

// Explanation is all there is to know of one setting, or of a table with Keys.
type Explanation struct {
	Key      string   `json:"key"`
	Doc      string   `json:"doc"`
	Kind     string   `json:"kind"`
	Allowed  string   `json:"allowed,omitempty"`
	Default  any      `json:"default"`
	Value    any      `json:"value"`
	Origin   string   `json:"origin"`
	File     string   `json:"file"`           // an example for the file
	Env      string   `json:"env,omitempty"`  // the environment variable
	Flag     string   `json:"flag,omitempty"` // the option with its value, "-w, --workers NUMBER"
	Route    string   `json:"route"`          // the route setting that overrides it, or ""
	PerRoute bool     `json:"per_route"`      // it is a setting of each route
	Keys     []string `json:"keys,omitempty"` // of a table
}

// Explain says what there is to know of key, which may be the key, the option or the
// environment variable.
func (l *Loaded) Explain(key string) (*Explanation, error) {
	n := l.named(key)
	if n == nil {
		return nil, l.unknownKey(key)
	}
	e := &Explanation{Key: n.key, Doc: n.doc, Kind: n.kindName(), Origin: l.origin(n.key).String()}
	if n.kind == kindTable {
		for _, v := range n.values() {
			e.Keys = append(e.Keys, v.key)
		}
		e.File, e.Origin = "["+n.key+"]", ""
		if n.list {
			e.File = "[[" + n.key + "]]"
		}
		return e, nil
	}
	e.Allowed, e.Flag, e.Env, e.Route = n.allowed(), n.option(), n.env(), n.overriddenBy(l.schema)
	table, name := cutLast(n.key)
	e.File = "[" + table + "]\n" + name + " = " + n.example()
	if n.inList {
		table, name, _ = strings.Cut(n.key, ".")
		e.File = "[[" + table + "]]\n" + name + " = " + n.example()
	}
	l.visit(func(at *node, s Setting, _ reflect.Value) {
		if at == n && !n.inList {
			e.Value, e.Default = s.Value, s.Default
		}
	})
	if n.inList {
		e.Origin, e.PerRoute = "", true
	}
	return e, nil
}

// named finds a node by key, option or environment variable.
func (l *Loaded) named(name string) *node {
	if n := l.schema.find(name); n != nil {
		return n
	}
	flag := strings.TrimPrefix(strings.TrimLeft(name, "-"), "no-")
	for _, n := range l.schema.values() {
		if n.flag != "" && strings.HasPrefix(name, "-") && (n.flag == flag || n.flag == strings.TrimLeft(name, "-") || name == "-"+n.short) ||
			n.env() != "" && n.env() == name {
			return n
		}
	}
	return nil
}

// unknownKey says what key may have been meant to be.
func (l *Loaded) unknownKey(key string) error {
	err := fmt.Errorf("%q is no setting", key)
	if err, found := l.meant(err, key); found {
		return err
	}
	table, name, _ := strings.Cut(key, ".")
	if t := l.schema.child(table); t != nil {
		return suggest(err, table+" has "+strings.Join(t.names(), ", "))
	}
	if err, found := l.meant(err, name); found {
		return err
	}
	return suggest(err, "fumehood config show --all lists the settings")
}

// meant adds to err the settings that key is near to, if there are any.
func (l *Loaded) meant(err error, key string) (error, bool) {
	if key == "" {
		return nil, false
	}
	var keys, last []string
	for _, table := range l.schema.children {
		keys = append(keys, table.key)
	}
	for _, n := range l.schema.values() {
		keys = append(keys, n.key)
		if n.name == hint.Fold(key) || n.flag == key {
			last = append(last, n.key)
		}
	}
	if near := hint.Nearest(key, keys); near != "" && len(last) == 0 {
		last = []string{near}
	}
	if len(last) == 0 {
		return nil, false
	}
	slices.Sort(last)
	return suggest(fmt.Errorf("%w; did you mean %s?", err, strings.Join(last, " or ")), "fumehood config explain "+last[0]), true
}

// kindName names the kind without an article.
func (n *node) kindName() string {
	if n.list {
		return "list of tables"
	}
	name := strings.TrimPrefix(n.article(), "a ")
	if len(n.enum) > 0 {
		name = "word"
	}
	return name
}

// allowed describes the values that are taken, "" when the kind says it.
func (n *node) allowed() string {
	switch {
	case len(n.enum) > 0 && n.def == "":
		return strings.Join(n.enum, ", ") + ", or empty"
	case len(n.enum) > 0:
		return strings.Join(n.enum, ", ")
	case n.min != "" || n.max != "":
		return n.bounds()
	}
	return ""
}

// option writes the option with its letter and value, "" when there is none.
func (n *node) option() string {
	switch {
	case n.arg != "":
		return n.arg
	case n.flag == "":
		return ""
	case n.kind == kindBool && n.def == "true":
		return "--[no-]" + n.flag
	}
	text := "--" + n.flag
	if n.short != "" {
		text = "-" + n.short + ", " + text
	}
	if n.kind != kindBool {
		text += " " + n.placeholder()
	}
	return text
}
