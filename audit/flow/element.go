package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// item is an element of v that is not known further: what a loop over it gives.
func (f *frame) item(v *Value) *Value {
	switch {
	case v == nil:
		return f.e.unknown
	case v.Checked || v.Const.Kind == ConstStr && len(v.Marks) == 0:
		return &Value{Checked: true}
	case v.query() != nil:
		return f.row(v.query())
	case v.Class != nil && isModel(v.Class):
		return f.row(v.Class)
	case v.Class != nil && isEnum(v.Class):
		return f.e.instance(v.Class)
	}
	var own *Value
	if v.Obj != nil {
		own = v.Obj.everything(3)
	}
	if v.API != nil {
		a := v.API.Item()
		if len(v.Marks) == 0 && own == nil {
			return f.e.api(a)
		}
		return join(own, &Value{API: a, Marks: partsOf(v.Marks, keyStep(""))})
	}
	if len(v.Marks) > 0 {
		own = join(own, f.e.value(Value{Marks: partsOf(v.Marks, keyStep("")), Of: v.Of}))
	}
	if own == nil {
		return f.nameOf(v)
	}
	return own
}

// nth is the i-th element.
func (f *frame) nth(v *Value, i int) *Value {
	if v.Obj != nil && i < len(v.Obj.Items) && i >= 0 {
		return join(v.Obj.Items[i], v.Obj.Rest)
	}
	return f.item(v)
}

// keyed is v[key] for a constant key.
func (f *frame) keyed(v *Value, key string) *Value {
	if v.isReferrer(key) {
		return v.referrer()
	}
	if v.ofServer(key) {
		return f.e.unknown
	}
	if v.Of != nil && v.Obj == nil && isModel(v.Of) { // a row as a dict
		return f.instanceAttr(v, key, nil)
	}
	if v.API != nil && isSession(v.API.Path) {
		return f.shared(sessionPlace, key)
	}
	if v.Obj != nil {
		own := join(v.Obj.get(key), v.Obj.Rest)
		if len(v.Marks) > 0 {
			own = join(own, &Value{Marks: partsOf(v.Marks, keyStep(key))})
		}
		if own == nil {
			return f.e.unknown
		}
		return own
	}
	if v.API != nil {
		a := v.API.Item()
		if len(v.Marks) == 0 {
			return f.e.api(a)
		}
		return &Value{API: a, Marks: partsOf(v.Marks, keyStep(key))}
	}
	if len(v.Marks) == 0 {
		return f.e.unknown
	}
	return &Value{Marks: partsOf(v.Marks, keyStep(key))}
}

// isReferrer reports whether a key of the request's headers is the page that the visitor comes
// from. No other site can have a browser send another one than its own.
func (v *Value) isReferrer(key string) bool {
	if v.API == nil || len(v.Marks) == 0 || !strings.HasSuffix(key, "eferer") && !strings.HasSuffix(key, "REFERER") {
		return false
	}
	name := lastName(v.API.Path)
	return (name == "headers" || name == "environ") && strings.Contains(v.API.Path, "request.")
}

// referrer is the Referer of a request's headers.
func (v *Value) referrer() *Value {
	c := &Value{API: v.API.Item()}
	for _, m := range v.Marks {
		o := *m.From
		o.Note = Referrer
		c.Marks = append(c.Marks, Mark{&o, m.Safe | URL, m.Way})
	}
	return c
}

func (f *frame) subscript(e *python.Subscript) *Value {
	v := f.eval(e.Value)
	if s, ok := e.Index.(*python.Slice); ok {
		return f.slice(v, s)
	}
	k := f.eval(e.Index)
	switch k.Const.Kind {
	case ConstStr:
		if kept := f.keptItem(v, e.Value, k.Const.Str); kept != nil {
			return kept
		}
		return f.keyed(v, k.Const.Str)
	case ConstInt:
		i := int(k.Const.Int)
		if s, ok := v.str(); ok && i >= 0 && i < len(s) {
			return text(s[i : i+1])
		}
		if v.Obj != nil && v.Obj.get("#"+itoa(k.Const.Int)) != nil {
			return f.keyed(v, "#"+itoa(k.Const.Int))
		}
		if v.Obj != nil && v.Obj.List && i < 0 {
			i += len(v.Obj.Items)
		}
		if v.parts() != nil {
			return &Value{Marks: v.Marks}
		}
		return f.nth(v, i)
	}
	return f.any(v)
}

func (f *frame) slice(v *Value, s *python.Slice) *Value {
	bound := func(e python.Expr) *Value {
		if e == nil {
			return none
		}
		return f.eval(e)
	}
	low, high := bound(s.Low), bound(s.High)
	if s.Step != nil {
		f.eval(s.Step)
	} else if cut, ok := sliceText(v, low, high); ok {
		return cut
	}
	if v.Obj != nil && v.Obj.List && low.Const.Kind != NoConst && high.Const.Kind != NoConst && s.Step == nil {
		n := len(v.Obj.Items)
		from, to := limit(low, 0, n), limit(high, n, n)
		return &Value{Marks: v.Marks, Obj: &Object{List: true, Items: v.Obj.Items[min(from, to):to:to], region: f.region}}
	}
	cut := &Value{Marks: v.Marks, Obj: v.Obj, Checked: len(v.Marks) == 0 && v.fixedText()}
	if c := v.query(); c != nil {
		cut.own().query = c
	}
	return cut
}
