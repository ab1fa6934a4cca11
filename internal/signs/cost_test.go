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
