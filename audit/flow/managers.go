package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// entered is what `with v as x` binds x to: what a generator yields that was made a context
// manager, or what __enter__ gives back.
func (f *frame) entered(v *Value, from python.Expr) *Value {
	if v.Of != nil {
		for _, name := range [...]string{"__enter__", "__aenter__"} {
			if m := v.Of.Method(name); m != nil && m != f.fn {
				return f.apply(m, []*Value{v}, f.loc(from))
			}
		}
	}
	if c, ok := from.(*python.Call); ok && v.Obj != nil && v.Of == nil {
		if to := f.eval(c.Func); to.Func != nil && isManager(to.Func) {
			return f.item(v)
		}
	}
	return v
}

func isManager(fn *program.Function) bool {
	if fn.Node == nil {
		return false
	}
	for _, d := range fn.Node.Decorators {
		if strings.HasSuffix(python.LastName(d), "contextmanager") {
			return true
		}
	}
	return false
}
