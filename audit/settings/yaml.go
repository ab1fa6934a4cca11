package settings

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oasdiff/yaml3"
)

// yaml reads all documents of a YAML file. Where one is broken the lines before count, as far
// as they are plain "key: value".
func (f *File) yaml() {
	defer func() { // the library's own fault costs what is left of this file
		if r := recover(); r != nil {
			f.fail(Span{}, fmt.Sprintf("it cannot be read as YAML: %v", r))
		}
	}()
	y := &yamlReader{f: f, starts: yamlLines(f.Source)}
	d := yaml.NewDecoder(strings.NewReader(f.Source))
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			y.broken(err)
			return
		}
		y.node(&doc, yamlPlace{})
	}
}

// yamlReader makes settings of nodes.
type yamlReader struct {
	f      *File
	starts []int // where the lines start, as the library counts them
	count  int
}

// The most settings that one file gives, and how deep they may lie.
const (
	mostSettings = 50_000
	deepest      = 100
)

// yamlPlace is where a node stands in the tree.
type yamlPlace struct {
	section string
	key     string
	env     bool       // what is in it are variables of the environment
	keyNode *yaml.Node // of the key, nil for an entry of a list
	depth   int
}

func (y *yamlReader) node(n *yaml.Node, at yamlPlace) {
	if y.count++; y.count > mostSettings || at.depth > deepest {
		return
	}
	at.depth++
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			y.node(c, at)
		}
	case yaml.MappingNode:
		y.mapping(n, at)
	case yaml.SequenceNode:
		for _, c := range n.Content {
			inner := at
			inner.keyNode = nil
			y.node(c, inner)
		}
	case yaml.ScalarNode:
		y.scalar(n, at)
	}
}

// mapping reads a table. One with only a name and a value is one variable, as Kubernetes and
// others write them.
func (y *yamlReader) mapping(n *yaml.Node, at yamlPlace) {
	if name, value := namedValue(n); name != nil && (at.env || isEnvironment(at.key, at.section)) {
		y.scalar(value, yamlPlace{section: join(at.section, at.key), key: name.Value, env: true, keyNode: name})
		return
	}
	section := at.section
	if at.key != "" {
		section = join(at.section, at.key)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode {
			continue
		}
		inner := yamlPlace{section: section, key: k.Value, keyNode: k, depth: at.depth}
		inner.env = isEnvironment(at.key, at.section)
		if v := n.Content[i+1]; !y.command(v, inner) {
			y.node(v, inner)
		}
	}
}

// command reads a command that is written as the list of its words.
func (y *yamlReader) command(n *yaml.Node, at yamlPlace) bool {
	if n.Kind != yaml.SequenceNode || at.key != "command" && at.key != "entrypoint" && at.key != "cmd" {
		return false
	}
	s := Setting{Span: y.span(n), Section: at.section, Key: at.key, Command: true}
	s.Start = y.offset(at.keyNode.Line, at.keyNode.Column)
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode {
			s.args = append(s.args, c.Value)
		}
	}
	s.Value = strings.Join(s.args, " ")
	y.f.add(s)
	return true
}

// namedValue are the nodes of {name: X, value: Y}.
func namedValue(n *yaml.Node) (name, value *yaml.Node) {
	if len(n.Content) != 4 {
		return nil, nil
	}
	for i := 0; i < 4; i += 2 {
		if n.Content[i+1].Kind != yaml.ScalarNode {
			return nil, nil
		}
		switch strings.ToLower(n.Content[i].Value) {
		case "name", "key":
			name = n.Content[i+1]
		case "value":
			value = n.Content[i+1]
		}
	}
	if name == nil || value == nil {
		return nil, nil
	}
	return name, value
}

// isEnvironment reports whether what is below a key are variables of the environment.
func isEnvironment(key, section string) bool {
	switch strings.ToLower(key) {
	case "environment", "env", "envs", "env_variables", "environment_variables", "envvars", "stringdata":
		return true
	case "args":
		return strings.HasSuffix(section, "build")
	case "variables":
		return true
	}
	return false
}

func (y *yamlReader) scalar(n *yaml.Node, at yamlPlace) {
	if at.key == "" || n.Tag != "" && !strings.HasPrefix(n.Tag, "!!") || n.Tag == "!!null" || n.Tag == "!!binary" {
		return // !vault and !Ref stand for what is elsewhere
	}
	s := Setting{Span: y.span(n), Section: at.section, Key: at.key, Value: n.Value, Env: at.env || envName(at.key)}
	if at.keyNode != nil {
		s.Start = y.offset(at.keyNode.Line, at.keyNode.Column)
	} else if isEnvironment(at.key, at.section) {
		key, value, ok := pair(n.Value)
		if !ok {
			return
		}
		s.Section, s.Key, s.Value, s.Env = join(at.section, at.key), key, value, true
	}
	switch strings.ToLower(at.key) {
	case "command", "entrypoint", "cmd", "run", "script", "startcommand", "start_command":
		s.Command = true
	}
	if at.section == "data" && strings.Contains(y.f.Source, "kind: Secret") {
		if plain, err := base64.StdEncoding.DecodeString(n.Value); err == nil {
			s.Value = string(plain)
		}
	}
	y.f.add(s)
}

func (y *yamlReader) span(n *yaml.Node) Span {
	s := Span{Start: y.offset(n.Line, n.Column), End: y.offset(n.EndLine, n.EndColumn)}
	if s.End < s.Start {
		s.End = s.Start
	}
	s.End = s.Start + int32(len(strings.TrimRight(y.f.Source[s.Start:s.End], " \t\r\n")))
	return s
}

// offset is the byte at a line and a column of the library, whose columns are characters.
func (y *yamlReader) offset(line, column int) int32 {
	if line < 1 || line > len(y.starts) {
		return int32(len(y.f.Source))
	}
	at := y.starts[line-1]
	for n := 1; n < column && at < len(y.f.Source); n++ {
		_, size := utf8.DecodeRuneInString(y.f.Source[at:])
		at += size
	}
	return int32(at)
}

// yamlLines are where lines start: YAML 1.1 ends them at three characters more than others.
func yamlLines(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			i++
		case c == '\r' || c == '\n':
		case c == 0xc2 && strings.HasPrefix(text[i:], "\u0085"):
			i++
		case c == 0xe2 && (strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029")):
			i += 2
		default:
			continue
		}
		starts = append(starts, i+1)
	}
	return starts
}

var (
	yamlLine  = regexp.MustCompile(`line (\d+)`)
	plainLine = regexp.MustCompile(`^\s*(?:- )?["']?([A-Za-z_][\w.-]*)["']?(?::[ \t]+|=)(\S.*)$`)
)

// broken says that a document cannot be read. Its lines of the form "key: value" are read
// all the same: templates of Helm and Ansible are YAML only once they are filled in.
func (y *yamlReader) broken(err error) {
	at := Span{}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatchIndex(message); m != nil {
		n, _ := strconv.Atoi(message[m[2]:m[3]])
		at.Start = y.offset(n, 1)
		at.End = at.Start
		message = strings.TrimLeft(strings.TrimSpace(message[:m[0]]+message[m[1]:]), ": ")
	}
	y.f.fail(at, "it is no YAML, so only lines of key and value were read: "+message)
	y.f.Settings = nil
	for _, r := range y.f.rows() {
		m := plainLine.FindStringSubmatchIndex(r.text)
		if m == nil || strings.HasPrefix(strings.TrimSpace(r.text), "#") || len(y.f.Settings) >= mostSettings {
			continue
		}
		value := bare(r.text[m[4]:m[5]])
		y.f.add(Setting{Span: r.span(m[2], m[4]+len(value)), Key: r.text[m[2]:m[3]], Value: unquote(value), Env: envName(r.text[m[2]:m[3]])})
	}
}
