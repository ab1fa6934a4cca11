package correct_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/correct"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
)

// spot takes the marks « and » from a source and returns the place between them.
func spot(t *testing.T, source string) (string, finding.Place) {
	t.Helper()
	before, rest, ok := strings.Cut(source, "«")
	inner, after, ok2 := strings.Cut(rest, "»")
	if !ok || !ok2 {
		t.Fatalf("no place in %s", source)
	}
	at := func(text string) (line, column int) {
		return strings.Count(text, "\n") + 1, len([]rune(text[strings.LastIndex(text, "\n")+1:])) + 1
	}
	var p finding.Place
	p.Line, p.Column = at(before)
	p.EndLine, p.EndColumn = at(before + inner)
	return before + inner + after, p
}

func corrected(t *testing.T, rule, message, source string) string {
	t.Helper()
	text, place := spot(t, source)
	file := python.Parse("app.py", text)
	if len(file.Errors) > 0 {
		t.Errorf("%s: %v", source, file.Errors)
	}
	fix := correct.Python(file, &finding.Finding{Rule: rule, Message: message, Place: place})
	if fix != "" {
		body := fix
		if strings.HasSuffix(body, ":") {
			body += "\n    pass"
		}
		if again := python.Parse("app.py", body+"\n"); len(again.Errors) > 0 {
			t.Errorf("%s: the fix is no Python: %s: %v", source, fix, again.Errors)
		}
	}
	return fix
}

// TestSQL: values become parameters, as the driver marks them; what is no value, or stands
// where SQL has a name, is left to the rule's own words.
func TestSQL(t *testing.T) {
	t.Parallel()
	const lite, pg, alchemy = "sqlite3.connect().execute", "psycopg2.connect().cursor().execute", "flask_sqlalchemy.SQLAlchemy().session.execute"
	for _, c := range []struct{ sink, source, want string }{
		{lite, `«db.execute(f"select * from users where name='{name}'")»`, `db.execute("select * from users where name=?", (name,))`},
		{lite, `«db.execute("select * from a where b = '" + request.args["b"] + "' and c = " + str(c))»`, `db.execute("select * from a where b = ? and c = ?", (request.args["b"], c))`},
		{lite, `«db.execute("select * from a where b = '%s' and c = %d" % (b, x.c))»  # why`, `db.execute("select * from a where b = ? and c = ?", (b, x.c))`},
		{lite, `«db.execute("select * from a where b = '{}' and c = '{c}'".format(b, c=d["c"]))»`, `db.execute("select * from a where b = ? and c = ?", (b, d["c"]))`},
		{lite, `rows = «db.execute(f"select * from a where b like '%{q}%'")».fetchall()`, `rows = db.execute("select * from a where b like ?", ("%" + q + "%",)).fetchall()`},
		{lite, `«db.execute("select * from a where b like '" + (q or w) + "%'")»`, ""},
		{lite, `«db.execute(f"insert into a values ('{x}', {y})")»`, `db.execute("insert into a values (?, ?)", (x, y))`},
		{lite, `«db.execute(f'select * from a where b = "{b}" limit {n}')»`, `db.execute("select * from a where b = ? limit ?", (b, n))`},
		{pg, `«cur.execute("select * from a where b = '%s'" % b)»`, `cur.execute("select * from a where b = %s", (b,))`},
		{pg, `«cur.execute(f"select * from a where b = '{b}' and c like 'x%'")»`, ""},
		{alchemy, `«db.session.execute(text(f"select * from a where b = '{user.name}' and c = '{name}'"))»`, `db.session.execute(text("select * from a where b = :name and c = :value2"), {"name": user.name, "value2": name})`},
		{alchemy, `«db.session.execute(f"select * from a where b = '{b}'")»`, ""},
		{"other.execute", `«db.execute(f"select * from a where b = '{b}'")»`, ""},
		{lite, "def f(b):\n    q = f\"select * from a where b = '{b}'\"\n    «db.execute(q)»\n", "q = \"select * from a where b = ?\"\ndb.execute(q, (b,))"},
		{lite, "def g(b):\n    q = 'select 1'\n    db.execute(q)\ndef f(b):\n    r = 1\n    q = f\"select * from a where b = '{b}'\"\n    «db.execute(q)»\n", "q = \"select * from a where b = ?\"\ndb.execute(q, (b,))"},
		{lite, "def f(b):\n    q, r = f\"select * from a where b = '{b}'\", 1\n    «db.execute(q)»\n", ""},
		{lite, "«db.execute('select * from \"a\" where b = \\'' + b + \"'\")»", "db.execute('select * from \"a\" where b = ?', (b,))"},
		{lite, "«db.execute((f\"select * from a where b = '{b}'\"))»", "db.execute((\"select * from a where b = ?\"), (b,))"},
		{lite, "def f(b):\n    q = f\"select * from a where b = '{b}'\"\n    log(q)\n    «db.execute(q)»\n", ""},
		{lite, "def f(b):\n    q = 'select * from a where b = '\n    q += b\n    «db.execute(q)»\n", ""},
		{lite, "def f(b):\n    x = «db.execute(\"select * from a where b = '%s'\"  # one\n                   % b)».one()\n", "x = db.execute(\"select * from a where b = ?\", (b,)).one()"},
		{lite, `«db.execute(f"select * from {table} where b = '{b}'")»`, ""},
		{lite, `«db.execute(f"select {col} from a")»`, ""},
		{lite, `«db.execute(f"select * from a order by {col}")»`, ""},
		{lite, `«db.execute(f"update a set {col} = '{b}'")»`, ""},
		{lite, `«db.execute(f"select * from a where b = 'x {b} y'")»`, ""},
		{lite, `«db.execute(f"select * from a where b = '{b!r}'")»`, ""},
		{lite, `«db.execute(f"select * from a where b = '{b:>3}'")»`, ""},
		{lite, `«db.execute("select * from a where b = '%r'" % b)»`, ""},
		{lite, `«db.execute("select * from a where b = '%(b)s'" % d)»`, ""},
		{lite, `«db.execute("select * from a where b = ? and c = '%s'" % c)»`, ""},
		{lite, `«db.execute(f"select * from a where b = '{b}'", x)»`, ""},
		{lite, `«db.executescript(f"select * from a where b = '{b}'")»`, ""},
		{lite, `«db.execute(request.args["q"])»`, ""},
		{lite, `«db.execute("select 1")»`, ""},
	} {
		if got := corrected(t, "sql-injection", "a form's field reaches "+c.sink, c.source); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.source, got, c.want)
		}
	}
}

// TestCalls: what is one word, or one argument.
func TestCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, source, want string }{
		{"debug-on", `if x: app.run(host="h", debug=«True»)  # on`, `if x: app.run(host="h", debug=False)`},
		{"debug-on", `«app.config["DEBUG"] = True»`, `app.config["DEBUG"] = False`},
		{"secret-key", `«app.secret_key = "dev"»`, `app.secret_key = os.environ["SECRET_KEY"]`},
		{"secret-key", `«app.secret_key = os.environ.get("KEY", "dev")»`, `app.secret_key = os.environ["KEY"]`},
		{"secret-key", `«app.secret_key = os.environ.get("KEY") or "dev"»`, ""},
		{"hardcoded-secret", `«DB["pass-word"] = "x"»`, ""},
		{"hardcoded-secret", "def f(self):\n    «self.mail_token = \"x\"»\n", `self.mail_token = os.environ["MAIL_TOKEN"]`},
		{"bind-all", `«app.run(host='0.0.0.0', port=8000)»`, `app.run(host="127.0.0.1", port=8000)`},
		{"bind-all", `«app.run('0.0.0.0')»`, ""},
		{"tls-verify-off", `r = «requests.get(url, verify=False)».json()`, `r = requests.get(url, verify=True).json()`},
		{"cookie-flags", `«r.set_cookie("a", b)»`, `r.set_cookie("a", b, secure=True, httponly=True, samesite="Lax")`},
		{"cookie-flags", "«r.set_cookie(\n    \"a\",\n    b,\n    secure=False, samesite=\"None\",\n)»", "r.set_cookie(\n    \"a\",\n    b,\n    secure=True, samesite=\"None\", httponly=True,\n)"},
		{"cookie-flags", `«r.set_cookie("a", b, **flags)»`, ""},
		{"unsafe-deserialisation", `x = «yaml.load(data, Loader=yaml.Loader)»`, `x = yaml.safe_load(data)`},
		{"unsafe-deserialisation", `x = «pickle.loads(data)»`, ""},
		{"unsafe-extraction", `«tar.extractall(d)»`, `tar.extractall(d, filter="data")`},
		{"unsafe-extraction", `«tarfile.open(f).extractall()»`, `tarfile.open(f).extractall(filter="data")`},
		{"unsafe-extraction", `«tar.extractall((d))»`, `tar.extractall((d), filter="data")`},
		{"unsafe-extraction", `«tar.extractall(d, filter="fully_trusted")»`, ""},
		{"hardcoded-secret", `«app.config["SECRET"] = "x"»`, ""},
		{"cookie-flags", `«r.set_cookie("csrf_token", b)»`, ""},
		{"cookie-flags", `«r.set_cookie("a", (b))»`, `r.set_cookie("a", (b), secure=True, httponly=True, samesite="Lax")`},
		{"path-traversal", `x = «send_file(os.path.join(DIR, *parts))»`, ""},
		{"weak-hash", `h = «blake.md5(x)»`, ""},
		{"weak-random", `t = «random.choice(x, y)»`, ""},
		{"unsafe-extraction", `«zip.extractall(d)»`, ""},
		{"path-traversal", `return_value = «send_file(os.path.join(DIR, request.args["n"]))»`, `return_value = send_from_directory(DIR, request.args["n"])`},
		{"path-traversal", `x = «open(os.path.join(DIR, n))»`, ""},
		{"path-traversal", `x = «send_file(os.path.join(request.args["d"], n))»`, ""},
		{"weak-hash", `h = «hashlib.md5(x)».hexdigest()`, `h = hashlib.sha256(x).hexdigest()`},
		{"weak-hash", `h = «md5(x)»`, ""},
		{"weak-random", `t = «random.choice(x)»`, `t = secrets.choice(x)`},
		{"weak-random", `t = «random.randint(1, 2)»`, ""},
		{"statements-printed", `«c.set_trace_callback(print)»`, `c.set_trace_callback(None)`},
		{"code-injection", `«eval(x)»`, ""},
	} {
		if got := corrected(t, c.rule, "", c.source); got != c.want {
			t.Errorf("%s: %s:\n%s\nwant\n%s", c.rule, c.source, got, c.want)
		}
	}
}

// TestTemplate: an output that is escaped, quoted, or JSON.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ to, source, want string }{
		{"a page, without escaping", "<p>«{{ q|safe }}»</p>", "{{ q }}"},
		{"a page, without escaping", "<p>«{{- a.b | safe -}}»</p>", "{{ a.b }}"},
		{"a page, without escaping", "<p>«{{ q }}»</p>", ""},
		{"a page, without escaping", "<p>«{{ unsafe }}»</p>", ""},
		{"an attribute without quotes", "«{{ q }}»", ""},
		{"an attribute without quotes", "<p class=a«{{ q }}»>", ""},
		{"an attribute without quotes", "<p class=«{{ q }}»-b>", ""},
		{"an attribute without quotes", "<p class=«{{q}}»>", `"{{ q }}"`},
		{"a script", "<script>x = «{{ a ~ b }}»</script>", "{{ (a ~ b)|tojson }}"},
		{"a text of a script", `<script>x = "«{{ q|safe }}»"</script>`, ""},
		{"the start of an address", `<a href="«{{ q }}»">`, ""},
		{"a page, without escaping", "<p>«{% include q %}»</p>", ""},
	} {
		text, place := spot(t, c.source)
		got := correct.Template(jinja.Parse("a.html", text, jinja.Options{Autoescape: true}), &finding.Finding{Rule: "xss", Message: "the query of the URL reaches " + c.to, Place: place})
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.source, got, c.want)
		}
	}
}

// FuzzCorrect: no source and no place is a panic, and what is written is Python.
func FuzzCorrect(f *testing.F) {
	f.Add("db.execute(f\"select * from a where b = '{b}'\")", 1, 1, 1, 47)
	f.Add("x = yaml.load(a, b)", 1, 5, 1, 20)
	f.Fuzz(func(t *testing.T, source string, line, column, endLine, endColumn int) {
		file := python.Parse("app.py", source)
		for _, rule := range []string{"sql-injection", "debug-on", "secret-key", "hardcoded-secret", "cookie-flags", "unsafe-deserialisation", "path-traversal"} {
			correct.Python(file, &finding.Finding{Rule: rule, Message: "x reaches sqlite3.execute", Place: finding.Place{Line: line, Column: column, EndLine: endLine, EndColumn: endColumn}})
		}
	})
}
