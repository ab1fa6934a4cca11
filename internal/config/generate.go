package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

//go:generate go run ../gen/write

// Generated returns the files under docs/reference that are made from Config, by name.
// The comments are given, as "package.Type.Field", so that the generator can hand in
// those of the source as it is now rather than those it was compiled with.
func Generated(comments map[string]string) map[string][]byte {
	root := newSchema(comments)
	return map[string][]byte{
		"config.md":            []byte(root.reference()),
		"fumehood.schema.json": root.jsonSchema(),
		"fumehood.sample.toml": []byte(root.sample()),
	}
}

// JSONSchema returns the JSON schema (draft 2020-12) of the configuration file.
func JSONSchema() []byte { return newSchema(docs()).jsonSchema() }

// Sample returns a configuration file with every setting commented out.
func Sample() string { return newSchema(docs()).sample() }

const generatedNote = "Made from internal/config/config.go by go generate ./internal/config; do not edit."

func (n *node) reference() string {
	var b strings.Builder
	settings, options := 0, 0
	for _, table := range n.children {
		for _, v := range table.rows() {
			settings++
			if v.flag != "" {
				options++
			}
		}
	}
	fmt.Fprintf(&b, `<!-- %s -->
# Configuration

%d settings, %d of them also options. None is needed: `+"`fumehood run app:app`"+` runs without a file.

A setting is looked for in this order, and the first place that has it wins:

1. the option, such as `+"`--workers 4`"+`; an option for a list may be given several times, or once with commas;
2. the environment, `+"`FUMEHOOD_<TABLE>_<KEY>`"+`, such as `+"`FUMEHOOD_WORKERS_COUNT=4`"+`; a list has commas;
3. the file: `+"`--config FILE`, else `FUMEHOOD_CONFIG`, else `fumehood.toml`"+` in the app's folder;
4. the default.

A key, option or `+"`FUMEHOOD_`"+` variable that does not exist is an error, as is a value of the wrong type or out of its
range: Fumehood then does not start, and says everything that is wrong at once. Durations are written `+"`500ms`, `30s`, `10m`"+`;
sizes `+"`512`, `64KB`, `20MB`, `1GB`"+` (powers of 1024). A relative path in the file starts at the file's folder, elsewhere at
the current folder.

`+"`fumehood config show`"+` prints what differs from the defaults and where it comes from, `+"`fumehood config explain KEY`"+` one
setting, `+"`fumehood config check`"+` every mistake. Editors that know JSON schema can use
[fumehood.schema.json](fumehood.schema.json); [fumehood.sample.toml](fumehood.sample.toml) has every setting, commented out.
`, generatedNote, settings, options)
	for _, table := range n.children {
		name := "[" + table.key + "]"
		if table.list {
			name = "[[" + table.key + "]]"
		}
		fmt.Fprintf(&b, "\n## %s\n%s\n\n", name, table.doc)
		if table.list {
			fmt.Fprintf(&b, "| key | default | allowed | what it is |\n|---|---|---|---|\n")
		} else {
			fmt.Fprintf(&b, "| key | default | allowed | option | what it is |\n|---|---|---|---|---|\n")
		}
		for _, v := range table.rows() {
			v.referenceRow(&b, n)
		}
		table.referenceEntries(&b)
	}
	return b.String()
}

// rows are the settings of a table as the pages list them: a table in an element of a
// list stands for itself, since its settings are those of the general table.
func (n *node) rows() []*node {
	if !n.list {
		return n.values()
	}
	return n.children
}

// referenceEntries describes the entries of a table's maps, those of one kind once.
func (n *node) referenceEntries(b *strings.Builder) {
	of := map[reflect.Type][]string{}
	var first []*node
	for _, v := range n.rows() {
		if v.kind != kindMap {
			continue
		}
		if of[v.typ] == nil {
			first = append(first, v)
		}
		of[v.typ] = append(of[v.typ], "`"+v.name+"`")
	}
	for _, v := range first {
		fmt.Fprintf(b, "\nEach entry of %s is a table with a name of your choice, such as `%s`; neither options nor the\nenvironment can set it. It may have:\n\n",
			strings.Join(of[v.typ], " and "), "name = "+v.entry())
		for _, c := range v.children {
			fmt.Fprintf(b, "- `%s`, %s", c.name, c.article())
			if allowed := c.allowed(); allowed != "" {
				fmt.Fprintf(b, " (%s)", allowed)
			}
			fmt.Fprintf(b, ": %s\n", c.doc)
		}
	}
}

func (n *node) referenceRow(b *strings.Builder, root *node) {
	code := func(s string) string {
		if s == "" {
			return ""
		}
		return "`" + s + "`"
	}
	if n.kind == kindTable {
		fmt.Fprintf(b, "| %s | as in [%s] | table | The settings of [%s](#%s) for this route; what is left out is as it is in general. |\n",
			code(n.name), n.name, n.name, n.name)
		return
	}
	cells := []string{code(n.name), code(n.def), n.kindName()}
	if allowed := n.allowed(); allowed != "" {
		cells[2] += ": " + allowed
	}
	if !n.inList {
		cells = append(cells, code(n.option()))
	}
	doc := n.doc
	if route := n.overriddenBy(root); route != "" && strings.Count(route, ".") == 1 {
		doc += " A route may override it with `" + route + "`."
	}
	cells = append(cells, doc)
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func (n *node) sample() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# A fumehood.toml with every setting at its default. Keep only the lines that you change.\n# %s\n", generatedNote)
	for _, table := range n.children {
		header := "[" + table.key + "]"
		if table.list {
			header = "[[" + table.key + "]]"
		}
		fmt.Fprintln(&b)
		comment(&b, table.doc)
		fmt.Fprintf(&b, "#%s\n", header)
		for _, v := range table.rows() {
			fmt.Fprintln(&b)
			if v.kind == kindTable {
				comment(&b, "The settings of ["+v.name+"] for this route.")
				fmt.Fprintf(&b, "#%s = { %s }\n", v.name, v.children[0].name+" = "+v.children[0].sampleValue())
				continue
			}
			comment(&b, v.doc)
			fmt.Fprintf(&b, "#%s = %s\n", v.name, v.sampleValue())
		}
	}
	return b.String()
}

func comment(b *strings.Builder, text string) {
	for _, line := range Wrap(text, 86) {
		fmt.Fprintf(b, "# %s\n", line)
	}
}

// sampleValue is the default in TOML, or an example where there is none.
func (n *node) sampleValue() string {
	switch {
	case n.kind == kindList:
		return "[]"
	case n.kind == kindMap:
		return "{}"
	case n.kind == kindBool:
		return strconv.FormatBool(n.def == "true")
	case n.kind == kindInt && n.def != "":
		return n.def
	case n.inList && n.kind == kindString && n.def == "":
		return quote("POST /upload")
	case n.inList || n.kind == kindInt:
		return n.example()
	}
	return quote(n.def)
}

func (n *node) jsonSchema() []byte {
	schema := n.tableSchema()
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "fumehood.toml"
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil { // maps of plain values always marshal
		panic(err)
	}
	return append(out, '\n')
}

func (n *node) tableSchema() map[string]any {
	properties := map[string]any{}
	for _, c := range n.children {
		var s map[string]any
		switch {
		case c.list:
			s = map[string]any{"type": "array", "items": c.tableSchema(), "description": c.doc}
		case c.kind == kindTable && c.inList:
			s = map[string]any{"$ref": "#/properties/" + c.name, "description": "The settings of [" + c.name + "] for this route."}
		case c.kind == kindTable:
			s = c.tableSchema()
			s["description"] = c.doc
		default:
			s = c.valueSchema()
		}
		properties[c.name] = s
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

func (n *node) valueSchema() map[string]any {
	s := map[string]any{"type": "string", "description": n.doc}
	if n.def != "" {
		s["default"] = n.def
	}
	switch n.kind {
	case kindBool:
		s["type"], s["default"] = "boolean", n.def == "true"
	case kindInt:
		s["type"], s["minimum"] = "integer", n.limit(n.min)
		if n.def != "" {
			s["default"] = n.limit(n.def)
		}
		if n.max != "" {
			s["maximum"] = n.limit(n.max)
		}
	case kindSize:
		s["type"], s["pattern"], s["minimum"] = []string{"string", "integer"}, `^[0-9]+ *([kKmMgG][iI]?)?[bB]?$`, n.limit(n.min)
		if n.max != "" {
			s["maximum"] = n.limit(n.max)
		}
		s["description"] = n.doc + " (" + n.bounds() + ")"
	case kindDuration:
		s["pattern"] = `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|^\+?0$`
		s["description"] = n.doc + " (" + n.bounds() + ")"
	case kindNumber:
		s["type"] = "number"
	case kindMap:
		s["type"], s["additionalProperties"] = "object", n.tableSchema()
	case kindList:
		s["type"], s["items"] = "array", map[string]any{"type": "string", "minLength": 1}
	default:
		if len(n.enum) > 0 {
			words := n.enum
			if n.def == "" {
				words = append([]string{""}, words...)
			}
			s["enum"] = words
		}
	}
	return s
}
