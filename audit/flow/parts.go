package flow

import (
	"slices"
	"strings"
)

// asParts are the pieces of a value that is used as a text.
func (v *Value) asParts() []Part {
	switch {
	case v == nil:
		return nil
	case v.Const.Kind == ConstStr:
		return []Part{{Text: v.Const.Str}}
	case v.Const.Kind == ConstInt:
		return []Part{{Text: itoa(v.Const.Int)}}
	case v.parts() != nil:
		return v.parts()
	}
	return []Part{{Value: v}}
}

// textOf is the value of a text that is put together of the parts.
func textOf(parts []Part) *Value {
	v := &Value{}
	all, size := true, 0
	for i, p := range parts {
		size += len(p.Text)
		if p.Value != nil {
			all = false
			marks := p.Value.deep()
			if i > 0 && stuck(parts[i-1].Text, true) || i+1 < len(parts) && stuck(parts[i+1].Text, false) {
				marks = affixed(marks)
			}
			v.Marks = merge(v.Marks, marks)
		}
	}
	switch {
	case all && size <= maxText:
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(p.Text)
		}
		return text(b.String())
	case all && size > maxLiterals:
		v.Checked = true
	case len(parts) <= maxParts && size <= maxLiterals:
		v.setParts(joinLiterals(parts))
	}
	return v
}

// settled is textOf, where what follows the beginning of an address changes little of where it
// leads: of "/x?next=" + q, and of config.API + "/users/" + q.
func settled(parts []Part) *Value {
	v := textOf(parts)
	for len(parts) > 0 && parts[0].Value == nil && parts[0].Text == "" {
		parts = parts[1:]
	}
	if len(v.Marks) == 0 || len(parts) == 0 {
		return v
	}
	var kinds Kinds
	switch first := parts[0]; {
	case first.Value == nil:
		kinds = beginning(first.Text) & URL
		if anchored(&Value{rare: &rare{parts: parts}}) {
			kinds |= Redirect | Address
		}
	case len(parts) > 1 && first.Value.Const.Kind == NoConst && parts[1].Value == nil && strings.HasPrefix(parts[1].Text, "/") && !strings.HasPrefix(parts[1].Text, "//"):
		kinds = Redirect | Address | URL
	case first.Value.API != nil && first.Value.API.Path == "flask.url_for()":
		kinds = Redirect | URL
	}
	if kinds == 0 {
		return v
	}
	var own []Mark // of the beginning itself
	if parts[0].Value != nil {
		own = parts[0].Value.deep()
	}
	v.Marks = slices.Clone(v.Marks)
	for i, m := range v.Marks {
		if !ofOrigin([]Mark{m}, own) {
			v.Marks[i].Safe |= kinds
		}
	}
	return v
}

// stuck reports whether a literal before or behind a value is part of the same file's name.
func stuck(s string, before bool) bool {
	if s == "" {
		return false
	}
	c := s[0]
	if before {
		c = s[len(s)-1]
	}
	return c != '/' && c != '\\'
}

// affixed are the marks of a text that stands beside a literal: one without a slash is only
// part of a file's name.
func affixed(marks []Mark) []Mark {
	out := slices.Clone(marks)
	for i := range out {
		out[i].Safe |= beside
	}
	return out
}

// joinLiterals puts neighbouring literals together.
func joinLiterals(parts []Part) []Part {
	out := make([]Part, 0, len(parts))
	for _, p := range parts {
		if n := len(out); p.Value == nil && n > 0 && out[n-1].Value == nil {
			out[n-1].Text += p.Text
			continue
		}
		out = append(out, p)
	}
	return out
}
