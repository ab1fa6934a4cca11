package finding

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Crashed is what is said of a panic: recovered is what recover returned. It is called by
// the deferred function itself, so that the place of the panic is still on the stack.
func Crashed(place Place, rule string, recovered any) Skipped {
	s := Skipped{Place: place, Rule: rule, Crash: true, Reason: fmt.Sprintf("the audit failed here: %v", recovered)}
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for panicked := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			s.Reason += fmt.Sprintf(" (%s:%d)", filepath.Base(f.File), f.Line)
			return s
		}
		if !more {
			return s
		}
	}
}
