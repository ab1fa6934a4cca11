package signs_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// moreAttacks are further kinds, beside what people write that looks like them below.
var moreAttacks = map[signs.Class]map[string][]string{
	signs.Command: {
		"inside a word":       {"a`echo b`c", "wh`echo o`ami", "n$(echo s)lookup x", "pi$(true)ng", "b`:`ash", "x$(u)y"},
		"cut by cmd.exe":      {"%PROGRAMDATA:~0,-9%", "%name:~3,1%ir", "& %USERNAME:~-2,1%", "ping%CommonProgramFiles:~10,-18%127.0.0.1"},
		"carets":              {"w^h^o^a^m^i", "n^e^t user", "x & c^md /c dir", "p^ing 127.0.0.1"},
		"brackets in a path":  {"/bi[n]/bash", "/[e]tc/hosts", "cat /[e]tc", "/b[i]n/ls -l", "/usr/b[i]n/id"},
		"named by a variable": {"${SHELL} -c id", "; $u wget http://a.example", "| $SHELL", "$BASH -c id", ";$x -c id", "; ${cmd} http://a.example/x"},
		"unknown programs":    {"time; other-tool -x 192.0.2.1", ";c99 -wrapper sh,-c,id .", "id;tool --exec x", "ls|other -p x", "ls; thing dump db"},
		"process":             {"<(id)", "x <(tool -v)", ">(tee x)", "diff <(a) <(b)"},
		"quoted":              {"' whoami", "\" id", "' ls", "\"; uname", "' id '"},
		"PowerShell":          {"Get-Thing -Path x -Filter y", "Send-MailMessage -From a -To b", "gwmi -Class x -Namespace y", "Resolve-DnsName -Name a.example -Type TXT"},
		"cmd.exe":             {"if /i a==b echo x", "if /i a==b", "for /f %i in (x) do y", "for /f \"tokens=1\" %%i in ('dir') do echo %%i", "if /I x==x (dir)"},
		"lookups":             {"which python", "which nc", "cat `echo /x`", "cat `echo x`", "type $(echo x)"},
		"options that run":    {"--gpu-launcher=\"id>/tmp/x\"", "--use-compress-program=id x", "-wrapper sh,-c,id", "--checkpoint-action=exec=sh x.sh", "-oProxyCommand=id", "--to-command=id", "--renderer-cmd-prefix=id"},
	},
	signs.Template: {
		"statements":  {"{% include 'x.html' %}", "{% extends \"base.html\" %}", "{% block x %}", "{% for a in b %}", "{% if a %}", "{% set a = b %}", "{% import 'x' as y %}", "Hi {% for k, v in config.items() %}", "a b c {% include(name) %}", "{{ dump(_context) }}", "a {{ include(var) }}", "{{config.items()}} there"},
		"filters":     {"{{364|add:733}}", "{{ 'a'|b:'c' }}", "{{7|add:7}} x", "{{3|times: 4}}"},
		"polyglots":   {`${{<%[%'"}}%\`, `{{<%['"`, `{{${<%'"}}%\`, "<%={{${#{"},
		"by a dunder": {`request["__class__"]`, "x['__init__']", `a["__globals__"]["os"]`, `{{ x["__class__"] }}`},
		"programs":    {`System.shell("id")`, "<%= System.cmd(\"id\", []) %>", ":os.cmd('id')", "Kernel.system('id')", "require('child_process')", "global.process.mainModule", "#{Kernel.system('id')}"},
	},
}

// moreLegit looks like moreAttacks and is none. Each must stay below Refuse.
var moreLegit = map[string][]string{
	"ticks":       {"a `word` here", "the `x`s of it", "cost is $(5) now", "`name`d", "use `foo`-like names", "`list`s and `dict`s", "the value `id`s have"},
	"percents":    {"%name%", "%NAME:%", "100%: ~10,5% more", "50%-75%", "%TITLE%", "sale 10:~5%"},
	"carets":      {"x^2", "a^2+b^2=c^2", "2^10", "^_^", "x^y^z", "^o^", "i^2 = -1", "n^th"},
	"brackets":    {"/a[1]/b", "path/to/[id]/page", "/users/[id]", "/[slug]/edit", "and/or[1]"},
	"variables":   {"$name", "${first_name}", "$total is due", "; $5 more", "| $10 |", "I paid; $x is fine", "${name}, hello"},
	"lists":       {"time; place", "time; good-bye -- and so on", "tea; coffee - black", "sort; order - any", "time | place - where", "who; what -", "find; keep -x-"},
	"brackets 2":  {"a <(b)", ">(", "x <( y", "I <(3 you", ">:(", "<(^_^)>"},
	"quotes":      {"' time", "\" last", "'cat", "\"Who?\"", "' 90s", "\" which one\"", "'tis", "\"id", "'ls'"},
	"PowerShell":  {"Get-Together in May", "Set-Up - of it", "Follow-Up -today", "Add-On for 5 - 10"},
	"conditions":  {"if a==b", "for /one", "if I may", "for / against", "if (a == b)"},
	"questions":   {"which cat", "which one", "which date", "which find is best", "cat `food`"},
	"options":     {"--name=x", "-w", "--help", "-- me", "--color=red", "-x y", "--compress", "--use-case=x"},
	"templates":   {"Use {% if x %} and {% endif %} for conditions.", "see {% block content %} in the docs", "{{ name|upper }}", "{{ x | default: 5 }}", "{{Main|5}}", "Dear {{ name }} of {% if a %}b{% endif %}"},
	"delimiters":  {"{{", "<%", "${", "{% ... %}", "${{ x }}", "'\"}}"},
	"indices":     {"a['b']", "x[\"y\"]", "the __init__ method", "a[0]"},
	"calls":       {"a call of System.shell, they say", "System.out", "the Kernel.system of old", "os.cmd"},
	"folders":     {"/usr/news/gotcha", "/tmp/x", "/home/anna/photos", "/opt/thing", "/var/folders", "/usr/games/fortune", "/usr/local/bin"},
	"dumps, runs": {"time; we run home", "date | dump truck"},
}

// TestMoreAttacksAreRefused: kinds that each stand on one rule.
func TestMoreAttacksAreRefused(t *testing.T) {
	t.Parallel()
	for class, kinds := range moreAttacks {
		for kind, values := range kinds {
			for _, value := range values {
				score := signs.Judge(value)
				if _, points, why := score.Top(); points < signs.Refuse || why == "" {
					t.Errorf("%v, %s: %q has %d points (%s)", class, kind, value, points, why)
				}
			}
		}
	}
}

func TestMoreLegitValuesPass(t *testing.T) {
	t.Parallel()
	for kind, values := range moreLegit {
		for _, value := range values {
			score := signs.Judge(value)
			if class, points, why := score.Top(); points >= signs.Refuse {
				t.Errorf("%s: %q has %d points as %v (%s)", kind, value, points, class, why)
			}
		}
	}
}

// TestMoreValuesCostNoMemory leaves out what libinjection, which needs memory, is asked about:
// lone quotes and comparisons.
func TestMoreValuesCostNoMemory(t *testing.T) {
	for _, kinds := range []map[string][]string{moreAttacks[signs.Command], moreAttacks[signs.Template], moreLegit} {
		for kind, values := range kinds {
			for _, value := range values {
				if strings.ContainsAny(value[:1], "'\"") || strings.Contains(value, "= -1") || strings.Contains(value, "(a == b)") {
					continue
				}
				if n := testing.AllocsPerRun(5, func() { signs.Judge(value) }); n > 0 {
					t.Errorf("%s: %q costs %v allocations", kind, value, n)
				}
			}
		}
	}
}

// TestVariablesAreWeak: a lone variable is a placeholder as often.
func TestVariablesAreWeak(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"$name", "${name}", "${MY_NAME}", "$NAME"} {
		if score := signs.Judge(value); score.Points(signs.Command) != signs.Weak {
			t.Errorf("%q has %d points", value, score.Points(signs.Command))
		}
	}
	for _, value := range []string{"$5", "US$", "$name of it", "${}", "$ name"} {
		if score := signs.Judge(value); score.Points(signs.Command) != 0 {
			t.Errorf("%q has %d points", value, score.Points(signs.Command))
		}
	}
}

// TestFolders: where a path leads decides, not that it is one.
func TestFolders(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{
		"/usr/news/gotcha": signs.Weak, "/home/anna/photos": 0, "/opt/thing/x": signs.Weak, "/tmp/x": signs.Weak, "/var/folders/a": signs.Weak,
		"/etc/x/y": signs.Refuse, "/proc/7/x": signs.Refuse, "/root/x": signs.Refuse, "/sys/x/y": signs.Refuse, "/usr/local/app/passwd": signs.Refuse,
		"/home/a/.ssh/known_hosts": signs.Refuse, "/var/lib/php/sessions/sess_1": signs.Refuse, "/home/a/.bash_history": signs.Refuse, "/opt/app/app.log": signs.Refuse,
		"/var/log/x": signs.Refuse, "/tmp/sess_ab12": signs.Refuse, "/opt/a/shadow.bak": signs.Refuse, "/usr/share/keys/a.key": signs.Refuse, "/var/spool/x/y": signs.Refuse,
	} {
		if score := signs.Judge(value); score.Points(signs.Path) != want {
			t.Errorf("%q has %d points of %d", value, score.Points(signs.Path), want)
		}
	}
}
