package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// logMethods are those of loggers and of the module logging.
func logMethods() []string {
	return []string{"debug", "info", "warning", "warn", "error", "critical", "exception"}
}

// logLine writes a line: what is put in by %r or as a number cannot break it.
func logLine(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	if len(a.list) == 0 {
		return f.e.unknown
	}
	f.used(Log, a.list[0], e, api.Path)
	format, _ := a.list[0].str()
	kinds := conversions(format)
	for i, v := range a.list[1:] {
		if i < len(kinds) && kinds[i] != 's' {
			continue
		}
		f.used(Log, v, e, api.Path)
	}
	f.used(Log, a.rest, e, api.Path)
	return f.e.unknown
}

// conversions are the letters of a format's % conversions, in order.
func conversions(format string) []byte {
	var all []byte
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i+1 >= len(format) {
			return all
		}
		format = strings.TrimLeft(format[i+1:], "0123456789.+-# *")
		if format == "" {
			return all
		}
		if format[0] != '%' && format[0] != '(' {
			all = append(all, format[0])
		}
		format = format[1:]
	}
}

// bindDirectory logs in to a directory: a visitor's text in the middle of a name of it can
// make that another name.
func bindDirectory(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	if v := a.get(0, "who"); v != nil && v.built() {
		f.used(LDAP, v, e, api.Path)
	}
	return f.e.unknown
}
