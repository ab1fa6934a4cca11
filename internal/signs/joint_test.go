package signs_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// TestCommandsBehindAnySeparator: what stands before a command, and how it is joined, does not
// matter.
func TestCommandsBehindAnySeparator(t *testing.T) {
	t.Parallel()
	heads := []string{"", "x", "192.0.2.7", "a.png", "7", "x'", `x"`, "x)", "anna@a.example", "http://a.example/", "en_US", "2030-01-02"}
	joints := []string{";", "|", "||", "&&", "; ", " ; ", " | ", " || ", " && ", "|&", "%0a", "%0d%0a"}
	commands := []string{
		"id", "whoami", "uname -a", "cat /etc/passwd", "ls -la", "curl http://a.example", "wget http://a.example/x", "nc 192.0.2.1 80", "bash -c 'id'",
		"python3 -c 'import os'", "perl -e 'print 1'", "ping -c 1 192.0.2.1", "sleep 5", "/bin/ls -al", "/usr/bin/id", "cat index.php", "cat .env", "echo $PATH",
		"nslookup a.example", "dig a.example", "rm -rf /", "chmod 777 x", "touch /tmp/x", "find / -name x", "ps -ef", "netstat -an", "ipconfig /all", "dir /s",
		"type win.ini", "net user", "powershell -c ls", "kill -9 1", "tail -n 1 x", "sudo -l", "docker ps", "mysql -u root", "ls ..", "ls *", "cat *", "id 2>&1",
		"lsof -i", "systeminfo", "tasklist", "hostname", "ifconfig",
	}
	for _, head := range heads {
		for _, joint := range joints {
			for _, command := range commands {
				value := head + joint + command
				score := signs.Judge(value)
				if _, points, _ := score.Top(); points < signs.Refuse {
					t.Errorf("%q has %d points", value, points)
				}
			}
		}
	}
}

// TestListsAndSentencesPass: the same separators between words of which some are programs.
func TestListsAndSentencesPass(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"Salt & pepper; sort of", "tea; date", "news | sports | time", "dog;cat", "cats;dogs;find", "rock & roll; top 10", "Slides; watch https://a.example/x",
		"See you; join https://a.example/j/1", "Price: 10; set 5", "php & mysql", "Linux & bash", "Bash | Perl", "docker | kubectl", "vim | emacs", "perl; awk",
		"name;date;time", "cat food & dog food", "a && b", "time & date", "copy & paste; move", "Top 5; more inside", "flour; split peas; date syrup", "first;last",
		"TV; PS 5", "Su & Ed", "type 2; type 3", "fish & dash 5", "fork;knife", "up & at 'em", "tab; at 5", "Phone & mail", "head; tail", "Column A; column B",
		"save | cancel", "start; stop", "5; more", "100 & more", "2024; history", "Bob\nmail", "first\nlast", "Title\r\nmore", "bash\npython", "tea\ndate\nsalt",
		"time flies", "nice dress", "env variables", "exec summary", "watch this", "tar pit", "source files", "SIZE=10 inch", "cc-by-sa", "dd-wrt router", "nc-17 rated",
		"git status", "npm install lodash", "> quoted text", "$50 Get-together", "IF DEFINED BY LAW", "if exist doubts, say so", "for /r on the list",
		"ls; ps", "cat /dog", "head /tea", "100% & more", "5% | top", "50 & more", "a `b c` `d e`", "while(!true);", "while(false)", "while (true) you wait", "process[42]: done", "require [x]",
		"${name}cat", "if/when it rains", "if/or: a", "pi > () ng", "tool --launcher", "the launcher=x", "; $a month", "kill 'em all", "kill \"Bill\"", "; cream tea", "x; .sh is a suffix",
		"'`<`\n    `true` if the left side is lower.'", "x; ${name}", "a && $(b)",
	} {
		score := signs.Judge(value)
		if class, points, why := score.Top(); points >= signs.Refuse {
			t.Errorf("%q has %d points as %v (%s)", value, points, class, why)
		}
	}
}

// TestLinesOfAShell: whole values that a shell or cmd.exe runs, each for one rule.
func TestLinesOfAShell(t *testing.T) {
	t.Parallel()
	for kind, values := range map[string][]string{
		"runs another":       {"time id", "sudo -u anna id", "timeout 5 id", "env id", "nohup id &", "busybox sh", "FOO=1 ls", "LD_PRELOAD=./x.so id", "eval id", "xargs id"},
		"groups":             {"{ id; }", "id &", "whoami #", "ls --"},
		"own arguments":      {"tar xzf a.tgz", "ps faux", "date +%s", "chmod +x a", "cp a.txt b.txt", "echo x>y.php", "head -5 x", "cat ./x", "ss -lntp", "java -jar x"},
		"to a file":          {"> /tmp/x", ">>/var/www/x", "id > x.txt"},
		"objects":            {"(New-Object Net.WebClient).DownloadFile('a','b')", "$x=New-Object Net.WebClient", `& 'c:\x.exe'`},
		"hidden":             {`wh\oami`, "wh${x}oami", `gr\ep x`},
		"computed":           {"x;${x:-id}", "192.0.2.1|$'id'", "; $(printf id)", "a && $(printf id)", ";/*/cat", "x;/bin/c??", "| `id`", ";x=id;$x", "192.0.2.1|x=id&&$x"},
		"loops":              {"x;while :; do id; done", "; for i in 1 2; do ls; done", "x; if true; then id; fi", "| [ -f x ]"},
		"a file as commands": {"; . ./x", "x;. /tmp/x.sh", ";./x.sh"},
		"cmd.exe":            {"& if defined X del x", "IF NOT ERRORLEVEL 1 x", "IF EXIST a.txt CMD", "IF DEFINED x CMD", "& for /r . %G in (*) do type x", "&& IF /I a==b whoami"},
		"an editor's":        {`;ex x \!whoami wq`, ";vi -c :!id"},
		"mail servers":       {"x\r\nA1 LOGIN a b", "x\r\nRETR 1", "x\r\nEHLO a.example", "\r\na001 APPEND x (\\Seen) {9}"},
		"LDAP":               {"x)|(uid=*", "x)&(cn=a", "*(|(mail=*))", "admin)(&)", "*)(uid=*))(|(uid=*", "x*)(|(a=*", "x)(!(b=c"},
		"document stores":    {"1;sleep(9)", "7;while(true){}", "x;db.users.drop()", "db.a.insert({b:1});return 1"},
		"formulas":           {"=cmd|'/c calc'!A0", "@SUM(1+1)*cmd|'/c x'!A0"},
		"archives":           {"jar:http://a.example/x.jar!/y", "jar:file:///x.zip!/y"},
		"SQLite":             {";.shell id", "1;\n.system id", "x;.dump"},
		"comparisons":        {"{{1==1}}", "${2>1}", "<%= 1<2 %>", "{{1 != 2}}"},
		"loops of code":      {"while(!0);", "while(Infinity){}", "for(;;);", "while(!'')", "while(true);", "while(!false)", "while((x)))", "while(new Tea);", "while(this){}"},
		"objects of Node":    {`process["argv"]`, "require[x.y", "module.exports=x", `console['log'](7)`},
		"glued":              {"whoami;0'0'", "pi>()ng a.example", "p<()s -ef", "x|${tea7.4}gcc7.4", "`cut tea``dig cake`", ";{w$x\\ho$y,-a}", "@^p^i^n^g a.example", "/[e//]tc"},
		"variables":          {";$a cat tea.txt", "|$x ls b"},
		"quoted options":     {"kill '-'9", "kill \"-9\" 7"},
		"launches":           {"tool --x-launcher=\"id\"", "tea '--gpu-launcher=id'"},
		"long calls":         {"eval('echo " + strings.Repeat("X", 700) + "')", ":phpversion();", "x';phpversion();//"},
		"short names":        {";iwmi -class A_b -name Create", "time; tea-run all cake.rb"},
		"a slash":            {"if/i a==b tea", "IF/I \"a\"==\"b\" tea"},
		"SQLite, in quotes":  {`1;.\'shell id`, `1;.\"system id`, "1;.sh id"},
		"functions":          {`tea' (function(){do{x=1;}while(1)})() '`},
	} {
		for _, value := range values {
			score := signs.Judge(value)
			if _, points, why := score.Top(); points < signs.Refuse || why == "" {
				t.Errorf("%s: %q has %d points (%s)", kind, value, points, why)
			}
		}
	}
}

// TestFiltersPass: searches with brackets, and filters of LDAP that are a whole value.
func TestFiltersPass(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"(objectClass=person)", "(&(objectClass=user)(uid=%s))", "a) b (c", "f(x)*(y=1", ":) (c) 2030", "x) => (y", "1) (a) 2) (b)", "while (true) we sleep", "for(i=0;i<3;i++)",
		"{self.__class__.__name__}: started", "{{1=value}}", "{{Main|1=x}}", "db.users.find()", "wait; sleep (8 hours)", "=SUM(A1:A3)", "ends; .open to all", "x | 'y' | z",
	} {
		score := signs.Judge(value)
		if class, points, why := score.Top(); points >= signs.Refuse {
			t.Errorf("%q has %d points as %v (%s)", value, points, class, why)
		}
	}
}
