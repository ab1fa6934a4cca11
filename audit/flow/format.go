package flow

import (
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// percent is the text that "..." % values makes.
func (f *frame) percent(format, values *Value, at python.Node) *Value {
	next := 0
	arg := func(key string) *Value {
		if key != "" {
			return f.keyed(values, key)
		}
		if values.Obj == nil || !values.Obj.List {
			return values
		}
		next++
		return f.nth(values, next-1)
	}
	var parts []Part
	for _, p := range format.asParts() {
		if p.Value != nil {
			parts = append(parts, p)
			continue
		}
		parts = append(parts, percentParts(p.Text, arg)...)
	}
	return f.formatted(parts, at)
}

func (f *frame) formatted(parts []Part, at python.Node) *Value {
	v := settled(parts)
	if len(v.Marks) > 0 {
		v.Marks = moved(v.Marks, f.loc(at), becomes)
	}
	return v
}

// percentParts splits a %-format and puts the values in.
func percentParts(s string, arg func(key string) *Value) []Part {
	var parts []Part
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 || i+1 >= len(s) {
			return append(parts, Part{Text: s})
		}
		parts = append(parts, Part{Text: s[:i]})
		s = s[i+1:]
		if s[0] == '%' {
			parts = append(parts, Part{Text: "%"})
			s = s[1:]
			continue
		}
		key := ""
		if s[0] == '(' {
			if end := strings.IndexByte(s, ')'); end > 0 {
				key, s = s[1:end], s[end+1:]
			}
		}
		j := 0
		for j < len(s) && strings.IndexByte("0123456789.+-# *", s[j]) >= 0 {
			j++
		}
		if j >= len(s) {
			return append(parts, Part{Text: s})
		}
		v := arg(key)
		if strings.IndexByte("diouxXeEfFgG", s[j]) >= 0 {
			v = nil // only a number gets through
		}
		if v == nil {
			parts = append(parts, Part{Text: "0"})
		} else {
			parts = append(parts, v.asParts()...)
		}
		s = s[j+1:]
	}
}

// format is the text that "...".format(...) makes.
func (f *frame) format(format *Value, args []*Value, named []Field, rest *Value, at python.Node) *Value {
	var parts []Part
	next := 0
	for _, p := range format.asParts() {
		if p.Value != nil {
			parts = append(parts, p)
			continue
		}
		s := p.Text
		for {
			i := strings.IndexAny(s, "{}")
			if i < 0 {
				parts = append(parts, Part{Text: s})
				break
			}
			parts = append(parts, Part{Text: s[:i]})
			if i+1 < len(s) && s[i+1] == s[i] {
				parts = append(parts, Part{Text: s[i : i+1]})
				s = s[i+2:]
				continue
			}
			end := strings.IndexByte(s[i:], '}')
			if s[i] == '}' || end < 0 {
				s = s[i+1:]
				continue
			}
			field := s[i+1 : i+end]
			s = s[i+end+1:]
			parts = append(parts, f.formatField(field, &next, args, named, rest)...)
		}
	}
	return f.formatted(parts, at)
}

// formatField is the value of {field}.
func (f *frame) formatField(field string, next *int, args []*Value, named []Field, rest *Value) []Part {
	name, spec, _ := strings.Cut(field, ":")
	name, _, _ = strings.Cut(name, "!")
	base, path := name, ""
	if i := strings.IndexAny(name, ".["); i >= 0 {
		base, path = name[:i], name[i:]
	}
	if spec != "" && strings.IndexByte("dfFeEgGnxXob", spec[len(spec)-1]) >= 0 {
		return []Part{{Text: "0"}}
	}
	var v *Value
	if base == "" {
		base = itoa(int64(*next))
		*next++
	}
	if i, err := strconv.Atoi(base); err == nil {
		if i >= 0 && i < len(args) {
			v = args[i]
		}
	} else {
		for _, n := range named {
			if n.Key == base {
				v = n.Value
			}
		}
	}
	if v == nil {
		v = rest
	}
	if v == nil {
		return []Part{{Value: f.e.unknown}}
	}
	if path != "" {
		v = f.part(v, path)
	}
	return v.asParts()
}
