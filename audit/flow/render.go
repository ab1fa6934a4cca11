package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// What is known of the values that templates and functions are given for a use, as bits.
const (
	harmlessPassed uint8 = 1 << iota
	unknownPassed
)

// render gives a template its variables. Where it is sent as a page for sure, what does harm
// in it is found; else it is part of the result, and found where that is sent.
func (f *frame) render(all []pageUse, a *arguments, e *python.Call, page bool) *Value {
	context := a.context()
	var result []Mark
	for _, u := range all {
		v := a.get(-1, u.variable)
		if v == nil && context != nil {
			v = f.keyed(context, u.variable)
		}
		if v == nil {
			v = a.rest
		}
		if v == nil {
			continue
		}
		v = f.part(v, u.path)
		if f.e.probe == nil {
			f.e.pass(flowKey{u.kind, u.where}, v)
		}
		marks := moved(safe(v.deep(), u.safe), f.loc(e), "passed to the template as "+u.variable)
		if page && u.kind != asText {
			f.e.found(f.fn, f.sum, u.kind, u.where, u.note, moved(marks, u.where, u.note))
			continue
		}
		for _, m := range marks {
			if m.Safe&u.kind == 0 && (u.kind != asText || m.Safe&HTML == 0) {
				result = merge(result, []Mark{{m.From, m.Safe | Every&^HTML, m.Way.step(u.where, u.note)}})
			}
		}
	}
	for _, n := range a.named {
		f.used(Exposure, n.Value, e, "the page")
	}
	if len(result) == 0 {
		return f.e.unknown
	}
	return &Value{Marks: result}
}

// context is the dict that a template's variables are given in; nil without one.
func (a *arguments) context() *Value {
	if len(a.list) > 0 && a.list[0].Obj != nil && !a.list[0].Obj.List {
		return a.list[0]
	}
	return nil
}

// pass keeps whether a template was given something harmless for a use.
func (e *Engine) pass(key flowKey, v *Value) {
	harmless := v.Const.Kind != NoConst || v.isNumber() || v.API != nil && makesMarkup(v.API.Path)
	if v.Checked || v.parts() != nil {
		harmless = harmless || v.written(3)
	}
	for _, m := range v.deep() {
		harmless = harmless && m.Safe&key.kind != 0
	}
	if harmless {
		e.passed[key] |= harmlessPassed
		return
	}
	e.passed[key] |= unknownPassed
}

// flash keeps a message that a later page shows.
func flash(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	if v := a.get(0, "message"); v != nil {
		f.store("flash", "message", &Value{Marks: v.deep()})
	}
	return jsonAnswer(f, api, a, e)
}

// flashed is get_flashed_messages(), or with_categories a list of pairs.
func flashed(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	v := f.shared("flash", "message")
	if pairs := a.get(0, "with_categories"); pairs != nil && !isFalse(pairs) {
		v = &Value{Obj: &Object{List: true, Items: []*Value{f.e.unknown, v}, region: -1}}
	}
	return &Value{Obj: &Object{Rest: v, region: -1}}
}
