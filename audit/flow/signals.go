package flow

import (
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// signals are those of Blinker, which Flask uses too: who sends one calls all functions that
// were connected to it.
func signals(s map[string]special) {
	for _, n := range []string{"blinker.Signal", "blinker.NamedSignal", "blinker.base.Signal", "blinker.signal", "blinker.Namespace().signal", "blinker.base.Namespace().signal",
		"flask.signals.Namespace().signal"} {
		s[n] = newSignal
		s[n+"().connect"] = connect
		s[n+"().send"], s[n+"().send_async"] = sendSignal, sendSignal
	}
	for _, n := range []string{"celery.Celery().send_task", "celery.current_app.send_task", "celery.execute.send_task"} {
		s[n] = sendTask
	}
}

// newSignal makes a signal, which is known by its name, or by where it is made.
func newSignal(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	name, ok := a.get(0, "name").strOf()
	if !ok || lastName(api.Path) == "Signal" {
		at := f.loc(e)
		name = at.File + ":" + strconv.Itoa(int(at.Span.Start))
	}
	return &Value{API: api.Call(), Obj: &Object{Fields: []Field{{nameField, text(name)}}, region: -1}}
}

// connect is signal.connect(function).
func connect(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "receiver")
	if v == nil {
		return f.e.unknown
	}
	f.connected(f.receiverOf(e), v)
	return v
}

func (f *frame) connected(signal, fn *Value) {
	if signal.Obj == nil || !fn.callable() {
		return
	}
	if name, ok := signal.Obj.get(nameField).strOf(); ok {
		f.store("signal", name, fn)
	}
}

// sendSignal is signal.send(sender, name=value).
func sendSignal(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	to := f.receiverOf(e)
	if to.Obj == nil {
		return f.e.unknown
	}
	name, ok := to.Obj.get(nameField).strOf()
	if fn := f.shared("signal", name); ok && fn.callable() {
		f.invoke(fn, a, e)
	}
	return f.e.unknown
}

// handOver tells of functions that a decorator keeps: those that a signal calls, and tasks that
// are called by name.
func (f *frame) handOver(path string, d python.Expr, fn *program.Function) {
	switch {
	case strings.HasSuffix(path, "ignal().connect"):
		if a, ok := d.(*python.Attribute); ok {
			f.connected(f.eval(a.Value), f.function(fn))
		}
	case strings.HasSuffix(path, "ignal().connect_via()"):
		if c, ok := d.(*python.Call); ok {
			f.connected(f.receiverOf(c), f.function(fn))
		}
	case strings.HasPrefix(path, "celery."):
		name := f.fn.Module.Name + "." + fn.Name
		if c, ok := d.(*python.Call); ok {
			for i := range c.Keywords {
				if s, ok := c.Keywords[i].Value.(*python.Str); ok && c.Keywords[i].Name == "name" {
					name = s.Value
				}
			}
		}
		f.store("task", name, f.function(fn))
	}
}

// sendTask is app.send_task(name, args, kwargs).
func sendTask(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	name, ok := a.get(0, "name").strOf()
	if !ok {
		return f.e.api(api.Call())
	}
	given := &arguments{node: e}
	given.spread(a.get(1, "args"), a.get(2, "kwargs"))
	if fn := f.shared("task", name); fn.callable() {
		f.invoke(fn, given, e)
	}
	return f.e.api(api.Call())
}
