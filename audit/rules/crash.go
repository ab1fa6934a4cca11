package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/settings"
)

// crashes are the panics of rules, the first one of each: a rule that fails at one node is
// still shown the others.
type crashes struct {
	all  []finding.Skipped
	seen map[string]bool
}

func (c *crashes) add(pass *Pass, place finding.Place, recovered any) {
	if c.seen[pass.rule.ID] {
		return
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[pass.rule.ID] = true
	c.all = append(c.all, finding.Crashed(place, pass.rule.ID, recovered))
}

// guard runs a part of a rule, which is about span of file; a nil file stands for all of them.
func (c *crashes) guard(pass *Pass, file *python.File, span python.Span, part func()) {
	defer func() {
		if r := recover(); r != nil {
			var place finding.Place
			if file != nil {
				place = Place(file, span)
			}
			c.add(pass, place, r)
		}
	}()
	part()
}

// functionFrom is callFrom for functions; words are those that stand in it.
func (w *walker) functionFrom(i int, f *program.Function, words uint64) (next int) {
	next = i
	defer func() {
		if r := recover(); r != nil {
			w.failed.add(w.functions[next], Place(f.Module.File, f.Node.Span), r)
			next++
		}
	}()
	for ; next < len(w.functions); next++ {
		if pass := w.functions[next]; pass.wantsFunction(f, words) {
			pass.rule.Function(pass, f)
		}
	}
	return next
}

// compareFrom is callFrom for comparisons.
func (w *walker) compareFrom(i int, c *Comparison) (next int) {
	next = i
	defer func() {
		if r := recover(); r != nil {
			w.failed.add(w.tests[next], Place(c.Func.Module.File, c.Node.Span), r)
			next++
		}
	}()
	for ; next < len(w.tests); next++ {
		w.tests[next].rule.Compare(w.tests[next], c)
	}
	return next
}

// textFrom is callFrom for strings.
func (w *walker) textFrom(i int, t *Text) (next int) {
	next = i
	defer func() {
		if r := recover(); r != nil {
			w.failed.add(w.texts[next], Place(t.Func.Module.File, t.Node.At()), r)
			next++
		}
	}()
	for ; next < len(w.texts); next++ {
		w.texts[next].rule.Text(w.texts[next], t)
	}
	return next
}

// settings shows all settings to the rules that want them. A panic costs the rule that setting.
func (c *crashes) settings(passes []*Pass, configs []*settings.File) {
	for _, pass := range passes {
		if pass.rule.Setting == nil {
			continue
		}
		for _, f := range configs {
			for i := 0; i < len(f.Settings); {
				i = c.settingFrom(pass, f, i)
			}
		}
	}
}

func (c *crashes) settingFrom(pass *Pass, f *settings.File, i int) (next int) {
	next = i
	defer func() {
		if r := recover(); r != nil {
			c.add(pass, Place(f, f.Settings[next].Span), r)
			next++
		}
	}()
	for ; next < len(f.Settings); next++ {
		pass.rule.Setting(pass, &f.Settings[next])
	}
	return next
}

// whole runs what the rules have in common for a function, such as finding its calls. After a
// panic of that no rule sees the rest of the function.
func (c *crashes) whole(f *program.Function, part func()) {
	defer func() {
		if r := recover(); r != nil {
			place := finding.Place{File: f.Module.Path, Line: 1, Column: 1, EndLine: 1, EndColumn: 1}
			if f.Node != nil {
				place = Place(f.Module.File, f.Node.Span)
			}
			c.all = append(c.all, finding.Crashed(place, "", r))
		}
	}()
	part()
}

// callFrom shows a call to the rules from the i-th on. After a panic it returns the number of
// the next one: one defer for all rules together costs nothing that can be measured.
func (w *walker) callFrom(i int, s *Site) (next int) {
	next = i
	defer func() {
		if r := recover(); r != nil {
			w.failed.add(w.calls[next], Place(s.Func.Module.File, s.Call.Span), r)
			next++
		}
	}()
	for ; next < len(w.calls); next++ {
		w.calls[next].rule.Call(w.calls[next], s)
	}
	return next
}

// setFrom is callFrom for assignments.
func (w *walker) setFrom(i int, a *Assignment) (next int) {
	next = i
	defer func() {
		if r := recover(); r != nil {
			w.failed.add(w.sets[next], Place(a.Func.Module.File, a.Node.At()), r)
			next++
		}
	}()
	for ; next < len(w.sets); next++ {
		w.sets[next].rule.Assign(w.sets[next], a)
	}
	return next
}
