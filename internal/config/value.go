package config

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// fromText sets v from what the environment or a flag says.
func (n *node) fromText(v reflect.Value, text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not UTF-8")
	}
	switch n.kind {
	case kindBool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is not true or false", text)
		}
		v.SetBool(b)
	case kindInt:
		i, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		return n.setInt(v, i, strconv.FormatInt(i, 10))
	case kindList:
		var items []string
		if text != "" {
			items = strings.Split(text, ",")
		}
		for i := range items {
			items[i] = strings.TrimSpace(items[i])
		}
		return n.setList(v, items)
	default:
		return n.setString(v, text)
	}
	return nil
}

// fromTOML sets v from a decoded TOML value; file is the file that it stands in.
func (n *node) fromTOML(v reflect.Value, value any, file string) error {
	switch value := value.(type) {
	case string:
		switch n.kind {
		case kindBool, kindInt, kindList, kindNumber:
		default:
			return n.setString(v, n.resolve(value, file))
		}
	case bool:
		if n.kind == kindBool {
			v.SetBool(value)
			return nil
		}
	case int64:
		if n.kind == kindInt || n.kind == kindSize {
			return n.setInt(v, value, strconv.FormatInt(value, 10))
		}
		if n.kind == kindNumber {
			return n.setNumber(v, float64(value))
		}
	case float64:
		if n.kind == kindNumber {
			return n.setNumber(v, value)
		}
	case []any:
		if n.kind == kindList {
			items := make([]string, len(value))
			for i, item := range value {
				s, ok := item.(string)
				if !ok {
					return fmt.Errorf("[%d] is %s, not a string", i, tomlType(item))
				}
				items[i] = s
			}
			return n.setList(v, items)
		}
	}
	return hint.With(fmt.Errorf("is %s, not %s", tomlType(value), n.article()), "write it so: "+n.name+" = "+n.example())
}

// resolve makes a path of the file start at the file's folder.
func (n *node) resolve(value, file string) string {
	dir := filepath.Dir(file)
	if n.path == "" || value == "" || dir == "." || filepath.IsAbs(value) ||
		n.path == "program" && !strings.Contains(value, "/") {
		return value
	}
	return filepath.Join(dir, value)
}

func (n *node) setString(v reflect.Value, text string) error {
	switch n.kind {
	case kindDuration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration: write 500ms, 30s, 10m or 1h", text)
		}
		return n.setInt(v, int64(d), formatDuration(d))
	case kindSize:
		var size fumehood.Size
		if err := size.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		return n.setInt(v, int64(size), size.String())
	}
	if at := strings.IndexFunc(text, unicode.IsControl); at >= 0 {
		return fmt.Errorf("holds a control character at byte %d", at)
	}
	if len(n.enum) > 0 && (text != "" || n.def != "") {
		if err := n.inEnum(text); err != nil {
			return err
		}
	}
	v.SetString(text)
	return nil
}

func (n *node) inEnum(text string) error {
	for _, word := range n.enum {
		if text == word {
			return nil
		}
	}
	err := fmt.Errorf("%q is not one of %s", text, strings.Join(n.enum, ", "))
	if near := hint.Nearest(text, n.enum); near != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return err
}

// setNumber sets a number that may have a point.
func (n *node) setNumber(v reflect.Value, value float64) error {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return errors.New("is no number")
	}
	v.Set(reflect.ValueOf(&value))
	return nil
}

// setInt sets a number, a size or a duration that is in its range; text is how it is
// shown.
func (n *node) setInt(v reflect.Value, i int64, text string) error {
	low, high := n.limit(n.min), n.limit(n.max)
	if i < 0 || n.min != "" && i < low || n.max != "" && i > high || v.OverflowInt(i) {
		return fmt.Errorf("%s is out of range: %s", text, n.bounds())
	}
	v.SetInt(i)
	return nil
}

func (n *node) setList(v reflect.Value, items []string) error {
	for i, item := range items {
		if item == "" {
			return fmt.Errorf("[%d] is empty", i)
		}
		if at := strings.IndexFunc(item, unicode.IsControl); at >= 0 {
			return fmt.Errorf("[%d] holds a control character at byte %d", i, at)
		}
	}
	if len(items) == 0 {
		items = nil // so that a list set to nothing equals one never set
	}
	v.Set(reflect.ValueOf(items))
	return nil
}

// limit reads a min or max tag; a wrong tag is a programmer's error.
func (n *node) limit(tag string) int64 {
	if tag == "" {
		return 0
	}
	switch n.kind {
	case kindDuration:
		d, err := time.ParseDuration(tag)
		if err != nil {
			panic("config: " + n.key + ": " + err.Error())
		}
		return int64(d)
	case kindSize:
		var size fumehood.Size
		if err := size.UnmarshalText([]byte(tag)); err != nil {
			panic("config: " + n.key + ": " + err.Error())
		}
		return int64(size)
	default:
		i, err := strconv.ParseInt(tag, 10, 32)
		if err != nil {
			panic("config: " + n.key + ": " + err.Error())
		}
		return i
	}
}

// bounds describes the range: "1 to 1024", "at least 1s".
func (n *node) bounds() string {
	low := n.min
	if low == "" {
		low = "0"
	}
	if n.max != "" {
		return low + " to " + n.max
	}
	return "at least " + low
}

// article names the kind with its article, for "is a string, not a whole number".
func (n *node) article() string {
	return [...]string{
		kindTable: "a table", kindString: "a string", kindBool: "true or false",
		kindInt: "a whole number", kindDuration: "a duration", kindSize: "a size",
		kindList: "a list of strings", kindNumber: "a number", kindMap: "a table of tables",
	}[n.kind]
}

// example is a right value in TOML.
func (n *node) example() string {
	switch n.kind {
	case kindBool:
		return "true"
	case kindInt:
		if n.def != "" && n.def != "0" {
			return n.def
		}
		return "4"
	case kindDuration, kindSize:
		if n.def != "" {
			return quote(n.def)
		}
		return [...]string{kindDuration: `"30s"`, kindSize: `"20MB"`}[n.kind]
	case kindList:
		return `["...", "..."]`
	case kindNumber:
		return "10"
	case kindMap:
		return "{ name = " + n.entry() + " }"
	}
	if len(n.enum) > 0 {
		return quote(n.enum[0])
	}
	return `"..."`
}

// entry is a right entry of a map in TOML.
func (n *node) entry() string {
	return "{ " + n.children[0].name + " = " + n.children[0].example() + " }"
}

// tomlType names the type of a decoded value, with its article.
func tomlType(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a point"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// formatDuration is time.Duration.String without the parts that are nothing: "10m".
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// plain returns the value as JSON has it: a string, number, bool or list of strings; for a map,
// what each entry sets.
func (n *node) plain(v reflect.Value) any {
	switch n.kind {
	case kindBool:
		return v.Bool()
	case kindInt:
		return v.Int()
	case kindDuration:
		return formatDuration(time.Duration(v.Int()))
	case kindSize:
		return fumehood.Size(v.Int()).String()
	case kindList:
		items := make([]string, v.Len()) // never nil: JSON shall say [], not null
		reflect.Copy(reflect.ValueOf(items), v)
		return items
	case kindNumber:
		if v.IsNil() {
			return nil
		}
		return v.Elem().Float()
	case kindMap:
		entries := map[string]any{}
		for _, name := range v.MapKeys() {
			entry := map[string]any{}
			for _, c := range n.children {
				if field := v.MapIndex(name).FieldByIndex(c.index); !field.IsZero() {
					entry[c.name] = c.plain(field)
				}
			}
			entries[name.String()] = entry
		}
		return entries
	}
	return n.shown(v)
}

// shown is a string as others may see it: a secret only where it is the default, and says
// nothing.
func (n *node) shown(v reflect.Value) string {
	if v.Type() == reflect.TypeFor[fumehood.Secret]() && v.String() != "" && v.String() != n.def {
		return fumehood.Secret(v.String()).String()
	}
	return v.String()
}

// toml writes the value as the file has it.
func (n *node) toml(v reflect.Value) string {
	switch value := n.plain(v).(type) {
	case bool:
		return strconv.FormatBool(value)
	case int64:
		return strconv.FormatInt(value, 10)
	case []string:
		quoted := make([]string, len(value))
		for i, item := range value {
			quoted[i] = quote(item)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case string:
		return quote(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case map[string]any:
		return n.tomlMap(v)
	}
	panic("config: " + n.key + " has no TOML form")
}

// tomlMap writes a map on one line.
func (n *node) tomlMap(v reflect.Value) string {
	names := make([]string, 0, v.Len())
	for _, name := range v.MapKeys() {
		names = append(names, name.String())
	}
	slices.Sort(names)
	for i, name := range names {
		var set []string
		entry := v.MapIndex(reflect.ValueOf(name))
		for _, c := range n.children {
			if field := entry.FieldByIndex(c.index); !field.IsZero() {
				set = append(set, c.name+" = "+c.toml(field))
			}
		}
		names[i] = bareKey(name) + " = " + braces(set)
	}
	return braces(names)
}

func braces(items []string) string {
	if len(items) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

// bareKey writes a name as a key in TOML.
func bareKey(name string) string {
	if join("", name) == name {
		return name
	}
	return quote(name)
}

// quote writes a TOML basic string. No value holds a control character.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
