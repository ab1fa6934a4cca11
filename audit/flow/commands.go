package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// splitCommand is shlex.split: where the text begins with a program that the app has written,
// a visitor's part of it is only an argument.
func splitCommand(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
	v := a.get(0, "s")
	if v == nil {
		return f.e.unknown
	}
	return words(v)
}

// words are those of a command line.
func words(v *Value) *Value {
	o := &Object{Items: []*Value{{Marks: v.deep()}}, Rest: &Value{Marks: v.deep()}, region: -1}
	if first, _, more := strings.Cut(v.asParts()[0].Text, " "); more && first != "" {
		o.Items = []*Value{text(first)}
	}
	return &Value{Obj: o}
}

// startProgram is the family of os.exec and os.spawn: what they are given is a program, or a
// command line where that is a shell.
func startProgram(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	list := a.list
	if strings.HasPrefix(lastName(api.Path), "spawn") && len(list) > 0 {
		list = list[1:] // the mode
	}
	if len(list) == 0 {
		return f.e.unknown
	}
	o := &Object{}
	for _, v := range list {
		if v.Obj != nil {
			o.Items = append(o.Items, v.Obj.Items...)
			o.Rest = join(o.Rest, v.Obj.Rest)
			continue
		}
		o.Items = append(o.Items, v)
	}
	if viaShell(o) {
		f.used(Command, &Value{Obj: o}, e, api.Path)
	} else {
		f.used(Program, list[0], e, api.Path)
	}
	return f.e.unknown
}

// runLine runs a command line without a shell: only who names the program does harm.
func runLine(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	if v := a.get(0, "command"); v != nil && !strings.Contains(v.asParts()[0].Text, " ") {
		f.used(Program, v, e, api.Path)
	}
	return f.e.api(api.Call())
}

// shellOfModule is sh.bash("-c", line) of the package sh.
func shellOfModule(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	o := &Object{Items: append([]*Value{text("sh")}, a.list...)}
	if viaShell(o) {
		f.used(Command, &Value{Obj: o}, e, api.Path)
	}
	return f.e.api(api.Call())
}

// importModule imports by name; below a package that the program names, that is a choice
// among its own modules.
func importModule(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "name")
	if v == nil {
		return f.e.unknown
	}
	if s, ok := v.str(); ok {
		if own := f.e.program.Lookup(s, f.fn.Module); own != nil {
			return f.e.module(own)
		}
	}
	if first := v.asParts()[0].Text; !strings.Contains(first, ".") || first[0] == '.' {
		f.used(Code, v, e, api.Path)
	}
	return f.e.api(api.Call())
}

// moreSpecials are those of files of this package that are about one library each.
func moreSpecials(s map[string]special) {
	for _, n := range []string{"execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe", "spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv",
		"spawnve", "spawnvp", "spawnvpe", "posix_spawn", "posix_spawnp"} {
		s["os."+n] = startProgram
	}
	for _, n := range []string{"pexpect.spawn", "pexpect.run", "pexpect.spawnu", "sh.Command"} {
		s[n] = runLine
	}
	for _, n := range []string{"sh", "bash", "zsh", "dash"} {
		s["sh."+n] = shellOfModule
	}
	environments(s)
	for _, p := range []string{"flask_babel.", "flask_babelex.", "flask_babelplus.", "gettext.", "babel.support.Translations()."} {
		for _, n := range []string{"gettext", "lazy_gettext", "ugettext", "_"} {
			s[p+n] = translated(1)
		}
		for _, n := range []string{"ngettext", "lazy_ngettext", "pgettext", "lazy_pgettext", "ungettext"} {
			s[p+n] = translated(2)
		}
		s[p+"npgettext"] = translated(3)
	}
	for _, n := range []string{"markupsafe.Markup", "flask.Markup", "jinja2.Markup"} {
		s[n] = markup
	}
}

// translated is gettext and its kin: a text, whose translation the named arguments are put
// into. The number by which a plural is chosen is not part of it.
func translated(texts int) special {
	return func(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
		given := arguments{list: a.list[:min(texts, len(a.list))], named: a.named, rest: a.rest}
		if marks := given.marks(); len(marks) > 0 {
			return &Value{API: api.Call(), Marks: marks}
		}
		return f.e.api(api.Call())
	}
}
