package signs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/signs"
)

// TestCleanValuesCostNothing: what most requests are made of must not allocate.
func TestCleanValuesCostNothing(t *testing.T) {
	for name, value := range inputs {
		if n := testing.AllocsPerRun(10, func() { signs.Judge(value) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestTimeIsLinear repeats what makes each judge look further than one byte. What is
// quadratic takes several seconds, what is linear milliseconds.
func TestTimeIsLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{
		"'", `"`, "`", "''", `\'`, "'a", "/*", "*/", "--", "--\n", "#", "#\n ", "(", ")", "1,", "a.", "1+", " or 1", ";select a", ";;", "union ", "from 'a' ", "'a' ",
		".", "..", "./", "../", "%", "%2", "%25", "%2e", "?", "0x2e", "\xc0", "%c0", "/", "\\", "//", ":", "a:", "file:",
		";", "|ls", ";ls a", ";date|date", "&", "&#", "\n", `\n`, `\na`, "$(", "$(ls ", "`ls` ", "``", "{a,", "${", "${a", "$@", "<<<", "<(", "[", "/?",
		"{{", "{{a", "{%", "<%", "#{", "{a(", "{a('", "@(", "[#", "#set(", "{{'\"", "$x.", "{{a ", "%0a", "%0aa:", "\r",
		"<", "<!doctype ", "<!entity", "<xsl:", "<?php", "<!--#exec", "$ne", "$ne:", "'$ne'", ")(", "x)", "a(", "system(", "system('", " system('a", "O:8:\"", "jndi:", "${env:",
		"http://", "a b", "é", "’", "\x00", "a\xa0", "if ", "for %a ", "1e", "1.e(", "[a]",
		";a -", "|a|", "2>", "a.b;", "%a%", "${a", "{{x}}", "{% x %}", "''", ")or(", ";a ", "@a.", "1=1", "a(", "('", "%a:~", "a^", "/[a]", "a`b`", "<(a", "; $a ", "a[\"__a", "{{7|a", "${{<%",
		";/a*", "|{a,", "|${a", "; `a", ";x=a;$x", "time ", "time 1 ", "sudo -a ", "A=1 ", "&if ", "&for /r ", "*(a", ")*(a=", "*(a=)", "((", "|(", "db.", "db.a.find(", ";while(", ";.a", "\nA1 ",
		"\r\nTOP ", ";a b", ";ls -l", "x'|", "|'", "|'a'!", ";. a", "$(a", "&a=", "\\!id ", "a.b,c ",
	} {
		value := strings.Repeat(unit, 1<<17/len(unit))
		start := time.Now()
		signs.Judge(value)
		signs.Judge("x' or " + value)
		if took := time.Since(start); took > time.Second {
			t.Errorf("256 KB of %q took %v", unit, took)
		}
	}
}

// TestNoValueIsSlow: what begins a lot and ends nothing costs little more than prose of the same
// length. Before, {%}} took sixty times as long.
func TestNoValueIsSlow(t *testing.T) {
	// The best of many, for the machine does other things too; enough is reason to stop.
	fastest := func(value string, enough time.Duration) time.Duration {
		best := time.Hour
		for n := 0; n < 40 && best > enough; n++ {
			start := time.Now()
			signs.Judge(value)
			best = min(best, time.Since(start))
		}
		return best
	}
	const size = 1 << 16
	prose := fastest(strings.Repeat(inputs["prose"], size/len(inputs["prose"])), 0)
	for _, unit := range []string{
		"%}{", "{%}}", "(%27}#{", "*{$(}", "}1+{%", "}${{a ", ")@(<(a", "{a(", "{a(}", "{a({a('}", "<!DOCTYPE ", "<!DOCTYPE s", "\xc0<!DOCTYPE sa=", "' or ", "a=", "%2525", "%25",
		"..%", `\na`, "%0aa:", `/<?php\ntime `, "|(", "&#", "$|a|", "${a", "<", "--\n", "|ls ", ";ls a a a ", "$[", "[[${$ne$", "`\n",
	} {
		for _, before := range []string{"", `{"q":"`, "x' or "} {
			if took := fastest(before+strings.Repeat(unit, size/len(unit)), 12*prose); took > 12*prose {
				t.Errorf("%q behind %q took %v, and prose of that length %v", unit, before, took, prose)
			}
		}
	}
}

// TestAttackBehindCostlyFilling: what uses the allowance for looking ahead up does not hide what
// stands behind it.
func TestAttackBehindCostlyFilling(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ filling, attack string }{
		{"%}{", "{{''.__class__.__mro__[1].__subclasses__()}}"},
		{"{%}}", "${T(java.lang.Runtime).getRuntime().exec('id')}"},
		{"{a({a('}", "{system('id')}"},
		{`\na`, ";$(cat /etc/passwd)"},
		{"<!DOCTYPE>", `<!DOCTYPE x SYSTEM "http://a.example/x.dtd">`},
		{"1+", "1 union select name, password from users"},
	} {
		score := signs.Judge(strings.Repeat(tt.filling, 20_000) + tt.attack)
		if _, points, _ := score.Top(); points < signs.Refuse {
			t.Errorf("%q behind %q has %d points", tt.attack, tt.filling, points)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, kinds := range attacks {
		for _, values := range kinds {
			for _, value := range values {
				f.Add(value)
			}
		}
	}
	f.Add("ls -l\v\vx") // blanks of other kinds once made an argument of no length
	f.Add("{{#}}")      // nothing behind the mark
	f.Fuzz(func(t *testing.T, value string) {
		score := signs.Judge(value)
		class, points, why := score.Top()
		if points != 0 && points != signs.Weak && points != signs.Refuse || points > 0 && why == "" {
			t.Errorf("%q: %v, %d points (%s)", value, class, points, why)
		}
		again := signs.Judge(value)
		if again.Merge(&score); again != score {
			t.Errorf("%q is not judged twice alike", value)
		}
	})
}

func FuzzJudgeName(f *testing.F) {
	f.Add("user[$ne]")
	f.Fuzz(func(_ *testing.T, name string) { signs.JudgeName(name) })
}
