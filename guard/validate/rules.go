package validate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/hint"
)

// Fault is one thing that is wrong with the fields of a request. It never holds the value.
type Fault struct {
	Field  string `json:"field"`  // the name, "address.zip" and "tags[]" as the rules have it
	Rule   string `json:"rule"`   // "required", "type", "min", "max", "pattern", "enum", "unknown", "once"
	Detail string `json:"detail"` // what it must be: "must be at least 18"
}

// mostFaults is how many are told of one request.
const mostFaults = 20

// faults collects those of one request.
type faults struct {
	list   []Fault
	refuse bool // what is not named is a fault
}

func (f *faults) add(name string, fault *Fault) {
	if f == nil || fault == nil || len(f.list) >= mostFaults {
		return
	}
	one := *fault
	one.Field = name
	if !slices.Contains(f.list, one) {
		f.list = append(f.list, one)
	}
}

func (f *faults) unknown(name []byte) {
	if f == nil || !f.refuse || len(f.list) >= mostFaults {
		return
	}
	const most = 64 // characters of a name that the client has chosen
	shown := strings.ToValidUTF8(string(name[:min(len(name), most*utf8.UTFMax)]), "\uFFFD")
	if utf8.RuneCountInString(shown) > most {
		shown = string([]rune(shown)[:most]) + "…"
	}
	f.add(shown, &Fault{Rule: "unknown", Detail: "is not known here"})
}

// node is where a rule stands in JSON: a key of an object, or the elements of an array. All
// methods take a nil node, where nothing is asked for.
type node struct {
	name     string
	field    *field // nil where only what is below has rules
	index    int    // among its object's keys
	required bool
	children map[string]*node
	order    []*node
	unseen   []bool // one false for each child
	elem     *node
}

// rules are those of a table of fields.
type rules struct {
	root   *node
	fields map[string]*field
	names  []string // sorted
}

// newRules makes the rules of a table, or says every mistake in it. In forms and queries a
// name is what it is; in JSON it leads into objects and arrays.
func newRules(key string, table map[string]Field, json bool) (*rules, error) {
	if len(table) == 0 {
		return nil, nil
	}
	r := &rules{root: &node{}, fields: map[string]*field{}, names: slices.Sorted(maps.Keys(table))}
	var mistakes []error
	for _, name := range r.names {
		at := key + "." + name
		if strings.ContainsAny(name, ".[] ") {
			at = key + `."` + name + `"`
		}
		f, err := newField(at, table[name])
		if err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		r.fields[name] = f
		if !json {
			continue
		}
		if err := r.root.add(name, f); err != nil {
			mistakes = append(mistakes, hint.With(fmt.Errorf("%s: %w", at, err), `write a name such as "email", "address.zip" or "tags[]"`))
		}
	}
	r.root.finish()
	return r, errors.Join(mistakes...)
}

// add puts a field where its name leads.
func (n *node) add(name string, f *field) error {
	at, path := n, ""
	for part := range strings.SplitSeq(name, ".") {
		key := strings.TrimRight(part, "[]")
		if key == "" || strings.ContainsAny(key, "[]") || strings.Trim(strings.ReplaceAll(part[len(key):], "[]", ""), " ") != "" {
			return errors.New("is not a name of a field")
		}
		path = strings.TrimPrefix(path+"."+key, ".")
		if at.children == nil {
			at.children = map[string]*node{}
		}
		if at.children[key] == nil {
			at.children[key] = &node{name: path, index: len(at.order)}
			at.order = append(at.order, at.children[key])
			at.unseen = append(at.unseen, false)
		}
		at = at.children[key]
		for range (len(part) - len(key)) / 2 {
			path += "[]"
			if at.elem == nil {
				at.elem = &node{name: path}
			}
			at = at.elem
		}
	}
	at.field = f
	return nil
}

// finish finds out what is required because something in it is.
func (n *node) finish() (required bool) {
	for _, child := range n.order {
		if child.finish() {
			required = true
		}
	}
	if n.elem != nil {
		n.elem.finish()
	}
	if n.field != nil {
		required = n.field.required
	}
	n.required = required
	return required
}

func (n *node) object(f *faults) *node {
	switch {
	case n == nil:
		return nil
	case n.field != nil && n.field.kind != kindObject, n.field == nil && n.elem != nil:
		n.wrongType(f)
		return nil
	}
	return n
}

func (n *node) array(f *faults) *node {
	switch {
	case n == nil:
		return nil
	case n.field != nil && n.field.kind != kindArray, n.field == nil && n.elem == nil:
		n.wrongType(f)
		return nil
	}
	return n
}

// wrongType notes that a value is of another type than the rules say, or let expect.
func (n *node) wrongType(f *faults) {
	switch {
	case n.field != nil:
		f.add(n.name, n.field.wrongType())
	case n.elem != nil:
		f.add(n.name, &Fault{Rule: "type", Detail: kindDetails[kindArray]})
	default:
		f.add(n.name, &Fault{Rule: "type", Detail: kindDetails[kindObject]})
	}
}

func (n *node) text(f *faults, text []byte) {
	switch {
	case n == nil, len(text) == 0 && (n.field == nil || n.field.kind.text()):
	case n.field == nil:
		n.wrongType(f)
	default:
		f.add(n.name, n.field.checkText(text))
	}
}

func (n *node) number(f *faults, number []byte) {
	switch {
	case n == nil:
	case n.field == nil:
		n.wrongType(f)
	default:
		f.add(n.name, n.field.checkNumber(number))
	}
}

func (n *node) boolean(f *faults, value bool) {
	switch {
	case n == nil:
	case n.field == nil || n.field.kind != kindBoolean:
		n.wrongType(f)
	case len(n.field.enum) > 0 && !slices.Contains(n.field.enum, fmt.Sprint(value)):
		f.add(n.name, &n.field.notOneOf)
	}
}

// child returns the rules for a key of the object; one without is noted where that is a fault.
func (n *node) child(f *faults, key []byte) *node {
	if n == nil || n.children == nil { // nothing is said of what is in it
		return nil
	}
	child := n.children[string(key)]
	if child == nil && f != nil && f.refuse {
		name := key
		if n.name != "" {
			name = append([]byte(n.name+"."), key...)
		}
		f.unknown(name)
	}
	return child
}

// missing notes what the object should have had.
func (n *node) missing(f *faults, seen []bool) {
	if n == nil {
		return
	}
	for i, child := range n.order {
		if child.required && !seen[i] {
			child.absent(f)
		}
	}
}

func (n *node) absent(f *faults) {
	if n != nil && n.required {
		f.add(n.name, &Fault{Rule: "required", Detail: "is missing"})
	}
}

func (n *node) element() *node {
	if n == nil {
		return nil
	}
	return n.elem
}

func (n *node) elements(f *faults, count int) {
	if n != nil && n.field != nil {
		f.add(n.name, n.field.bounded(float64(count)))
	}
}

// keys compares the number of an object's keys with its rules.
func (n *node) keys(f *faults, count int) {
	if n != nil && n.field != nil {
		f.add(n.name, n.field.bounded(float64(count)))
	}
}
