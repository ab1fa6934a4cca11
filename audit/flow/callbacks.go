package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// callers are the outside functions that are given functions.
func callers(s map[string]special) {
	for _, n := range []string{"functools.wraps()", "functools.update_wrapper", "functools.lru_cache", "functools.lru_cache()", "functools.cache", "functools.singledispatch",
		"builtins.staticmethod", "builtins.classmethod", "asyncio.coroutine", "flask.copy_current_request_context", "flask.stream_with_context"} {
		s[n] = lastGiven
	}
	s["functools.partial"], s["functools.partialmethod"] = partial, partial
	s["functools.reduce"], s["builtins.reduce"] = reduce, reduce
	s["builtins.sorted"], s["builtins.max"], s["builtins.min"] = ordered, pick, pick
	s["builtins.filter"], s["itertools.takewhile"] = filtered, filtered
	s["werkzeug.local.LocalProxy"] = proxy
	s["threading.Thread"], s["multiprocessing.Process"] = worker(1, 3), worker(1, 3)
	s["threading.Timer"] = worker(1, 2)
	s["re.sub"], s["re.subn"], s["re.compile().sub"], s["re.compile().subn"] = substitute(1), substitute(1), substitute(0), substitute(0)
	s["re.compile"] = compiled
	s["re.split"], s["re.compile().split"] = splitBy(1), splitBy(0)
	statements(s)
	s["_thread.start_new_thread"] = worker(0, 1)
}

// lastGiven gives back the function that it is given.
func lastGiven(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	if v := a.get(0, ""); v != nil {
		return v
	}
	return f.e.api(api.Call())
}

// partial is functools.partial(function, ...).
func partial(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	to := a.get(0, "func")
	if to == nil {
		return f.e.api(api.Call())
	}
	given := &arguments{list: a.list[1:], named: a.named, rest: a.rest, node: a.node}
	v := *to
	v.fn = &callable{}
	if to.fn != nil {
		*v.fn = *to.fn
	}
	v.fn.bound = given.after(v.fn.bound)
	return &v
}

// reduce is reduce(function, list, start).
func reduce(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	fn, list := a.get(0, ""), a.get(1, "")
	if fn == nil || list == nil {
		return f.e.unknown
	}
	sum := a.get(2, "")
	if sum == nil {
		sum = f.any(list)
	}
	for range 2 { // what one turn makes the next one is given
		sum = join(sum, f.invoke(fn, &arguments{list: []*Value{sum, f.any(list)}, node: e}, e))
	}
	return sum
}

// ordered is sorted(list, key=function).
func ordered(f *frame, _ *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "")
	if v == nil {
		return f.e.unknown
	}
	if key := a.get(-1, "key"); key != nil && key.callable() {
		f.invoke(key, &arguments{list: []*Value{f.item(v)}, node: e}, e)
	}
	if v.Obj == nil || !v.Obj.List {
		return v
	}
	o := &Object{Rest: v.Obj.everything(3), region: -1}
	o.addTexts(v.Obj.constants()...)
	return &Value{Marks: v.Marks, Obj: o}
}

// pick is max(...) and min(...): one of what it is given.
func pick(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	if len(a.list) == 1 {
		return join(f.any(a.list[0]), a.get(-1, "default"))
	}
	v := a.rest
	for _, x := range a.list {
		v = join(v, x)
	}
	if v == nil {
		return f.e.unknown
	}
	return v
}

// filtered is filter(function, list): what the function lets through.
func filtered(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	by, v := a.get(0, ""), a.get(1, "")
	if v == nil {
		return f.e.unknown
	}
	kinds := f.lets(by)
	if kinds == 0 {
		return v
	}
	return v.tamed(kinds, 2)
}

// lets tells for which uses a text is harmless for which a function is true.
func (f *frame) lets(by *Value) Kinds {
	switch {
	case by.API != nil && strings.HasPrefix(by.API.Path, "builtins.str.is"):
		return Every
	case by.lambda() != nil && len(by.lambda().Params.List) == 1:
		l := by.fn.lambda
		c := f.below(l.fn, l.scope, by.fn.free, f.loc(l.node))
		name := l.node.Params.List[0].Name
		c.extra = append(c.extra, binding{name, marker(-1)})
		var kinds Kinds
		for _, r := range c.check(l.node.Body).then {
			if n, ok := r.on.(*python.Name); ok && n.ID == name {
				kinds |= r.kinds
			}
		}
		return kinds
	case by.Func != nil:
		for _, t := range f.e.summary(by.Func).says {
			for _, g := range t.all {
				if t.at == whole && t.is && (g.param == 0 && by.self() == nil || g.param == 1 && by.self() != nil) {
					return g.kinds
				}
			}
		}
	}
	return 0
}

// proxy is LocalProxy(function): what the function gives.
func proxy(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	to := a.get(0, "local")
	if to == nil || !to.callable() {
		return f.e.api(api.Call())
	}
	return f.invoke(to, &arguments{node: e}, e)
}

// worker runs its target, which stands at one place, with the arguments of another.
func worker(target, args int) special {
	return func(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
		to := a.get(target, "target")
		if to == nil {
			to = a.get(target, "function")
		}
		if to == nil {
			return f.e.api(api.Call())
		}
		given := &arguments{node: e}
		given.spread(a.get(args, "args"), a.get(args+1, "kwargs"))
		f.invoke(to, given, e)
		return f.e.api(api.Call())
	}
}

// spread adds arguments that are given as a list and a dict.
func (a *arguments) spread(list, named *Value) {
	if list != nil && list.Obj != nil {
		a.list, a.rest = append(a.list, list.Obj.Items...), join(a.rest, list.Obj.Rest)
	}
	if named != nil {
		a.named = append(a.named, fieldsOf(named)...)
		a.rest = join(a.rest, named.rest())
	}
}

// runs reports whether an outside function may call the functions that it is given. Most only
// ask about them, or keep them for requests.
func runs(path string) bool {
	first, _, _ := strings.Cut(path, ".")
	if strings.Contains(path, "[]") { // app.extensions[...]
		return true
	}
	switch first {
	case "builtins", "functools", "inspect", "flask", "logging", "typing", "unittest", "pytest", "click", "wtforms", "sqlalchemy", "flask_sqlalchemy", "operator", "signal":
		return false
	}
	return true
}

// callbacks has an outside function call the function that it is given, with what follows it:
// executor.submit(f, x), gevent.spawn(f, x), pool.apply(f, (x,)), scheduler.add_job(f, args=[x]).
// What those calls give may be part of its result.
func (f *frame) callbacks(path string, a *arguments, e *python.Call) []Mark {
	if f.page != nil || !runs(path) {
		return nil
	}
	i := slices.IndexFunc(a.list, func(v *Value) bool { return v.Func != nil || v.lambda() != nil })
	to := a.get(-1, "func")
	switch {
	case i == 0 || i == 1:
		to = a.list[i]
	case to == nil || !to.callable():
		return nil
	}
	given := &arguments{node: e}
	list, named := a.get(-1, "args"), a.get(-1, "kwargs")
	name := lastName(path)
	more := a.list[i+1:]
	switch {
	case list != nil || named != nil:
		given.spread(list, named)
	case i >= 0 && (name == "apply" || name == "apply_async") && len(more) > 0:
		given.spread(more[0], a.get(i+2, "kwds"))
	case i >= 0 && isMap(name):
		for _, v := range more {
			given.list = append(given.list, f.any(v))
		}
	case i >= 0:
		given.list, given.named, given.rest = more, a.named, a.rest
	}
	if len(given.list) == 0 && len(given.named) == 0 && given.rest == nil && (to.fn == nil || len(to.fn.free) == 0) {
		return nil
	}
	return f.invoke(to, given, e).deep()
}

func isMap(name string) bool {
	switch name {
	case "map", "map_async", "imap", "imap_unordered", "starmap":
		return true
	}
	return false
}

// task is a method of a function that a task queue has made one of its tasks: run.delay(x).
func (f *frame) task(to *Value, name string, a *arguments, e *python.Call) *Value {
	given := a
	switch name {
	case "delay", "s", "si", "send", "enqueue", "queue", "submit", "spool", "call_local", "call", "run", "__call__", "signature", "subtask", "schedule":
	case "apply_async", "apply", "send_with_options", "enqueue_call":
		given = &arguments{node: e}
		given.spread(a.get(0, "args"), a.get(1, "kwargs"))
	default:
		return nil
	}
	return f.invoke(to, given, e)
}

// boundTask reports whether a task is given itself first: @celery.task(bind=True).
func boundTask(fn *program.Function) bool {
	for _, d := range fn.Node.Decorators {
		call, ok := d.(*python.Call)
		if !ok {
			continue
		}
		for _, k := range call.Keywords {
			if c, ok := k.Value.(*python.Constant); ok && k.Name == "bind" && c.Kind == python.True {
				return true
			}
		}
	}
	return false
}
