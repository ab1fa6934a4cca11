package rules_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
)

// found are the findings of all rules in a project.
func found(t *testing.T, sample string) []finding.Finding {
	t.Helper()
	var parsed []*python.File
	for name, source := range files(sample) {
		parsed = append(parsed, python.Parse(name, source))
	}
	p := program.New(parsed)
	all, crashed := rules.Run(rules.All(), p, nil, flow.Run(t.Context(), p, nil))
	if len(crashed) > 0 {
		t.Error(crashed)
	}
	return all
}

// TestGraded: how bad a finding is and how sure depends on where it stands.
func TestGraded(t *testing.T) {
	t.Parallel()
	const debug = "from flask import Flask\napp = Flask(__name__)\n"
	const key = "from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'changeme'\n"
	const orders = `from flask import *
from flask_sqlalchemy import SQLAlchemy
from flask_login import login_required
app = Flask(__name__)
db = SQLAlchemy(app)
class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.Text)
    OWNER = db.Column(db.Integer, db.ForeignKey("user.id"))
@app.route("/order/<int:id>")
@login_required
def order(id):
    return {"text": Order.query.get_or_404(id).text}
`
	const table = "import sqlite3\ndef main():\n    c = sqlite3.connect('a').cursor()\n    for name in c.execute('select name from t').fetchall():\n        c.execute('select * from ' + name[0])\n"
	const run = "if __name__ == '__main__':\n"
	for name, c := range map[string]struct {
		sample, rule string
		severity     finding.Severity
		confidence   finding.Confidence
	}{
		"an order of somebody":               {strings.ReplaceAll(orders, "OWNER", "user_id"), "foreign-object", finding.High, finding.Likely},
		"an order of the firm's":             {strings.ReplaceAll(orders, "OWNER", "created_by"), "foreign-object", finding.Medium, finding.Unsure},
		"a statement beside an app":          {table + "from flask import Flask\napp = Flask(__name__)\n" + run + "    main()\n", "sql-injection", finding.Medium, finding.Likely},
		"a statement of a program beside":    {table + run + "    main()\n", "sql-injection", finding.Medium, finding.Unsure},
		"a statement of what is imported":    {"-- a.py --\nimport b\n-- b.py --\n" + table + run + "    main()\n", "sql-injection", finding.Medium, finding.Likely},
		"the name of a template":             {"from flask import *\napp = Flask(__name__)\n@app.route('/<p>')\ndef v(p):\n    return render_template(p)\n", "path-traversal", finding.Medium, finding.Sure},
		"a debugger for others":              {debug + "app.run(host='0.0.0.0', debug=True)\n", "debug-on", finding.High, finding.Sure},
		"a debugger for who knows":           {debug + "app.run(debug=True, **options)\n", "debug-on", finding.High, finding.Sure},
		"a debugger at home":                 {debug + "app.run(debug=True, port=80)\n", "debug-on", finding.Medium, finding.Sure},
		"a debugger at home, said":           {debug + "app.run('127.0.0.1', debug=True)\n", "debug-on", finding.Medium, finding.Sure},
		"a file that is looked for":          {"from flask import *\nimport os\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    return {'a': os.path.exists(request.args['q'])}\n", "path-traversal", finding.Low, finding.Sure},
		"a hash of a signature":              {"import hashlib\ndef f(x):\n    signature = hashlib.sha1(x)\n    return signature\n", "weak-hash", finding.Medium, finding.Likely},
		"a hash of anything":                 {"import hashlib\ndef f(x):\n    return hashlib.sha1(x)\n", "weak-hash", finding.Low, finding.Likely},
		"a hash for a picture":               {"import hashlib\ndef gravatar(x):\n    return hashlib.md5(x)\n", "weak-hash", finding.Low, finding.Unsure},
		"a key of the app":                   {key, "secret-key", finding.High, finding.Sure},
		"a key of an example":                {"-- shop/app.py --\ndef f(): pass\n-- examples/one/app.py --\n" + key, "secret-key", finding.High, finding.Unsure},
		"a key of a file to copy":            {"-- shop/app.py --\ndef f(): pass\n-- settings-sample.py --\nSECRET_KEY = 'changeme'\n", "secret-key", finding.High, finding.Unsure},
		"a key of what is an example only":   {"-- examples/one/app.py --\n" + key, "secret-key", finding.High, finding.Sure},
		"a key of an example that is used":   {"-- run.py --\nfrom demo.app import app\ndef f(): pass\n-- demo/app.py --\n" + key, "secret-key", finding.High, finding.Sure},
		"an example with names of the app's": {"-- app.py --\nimport config\ndef f(): pass\n-- config.py --\n-- examples/config.py --\nSECRET_KEY = 'changeme'\n", "secret-key", finding.High, finding.Unsure},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range found(t, c.sample) {
				if f.Rule == c.rule {
					if f.Severity != c.severity || f.Confidence != c.confidence {
						t.Errorf("%s, %s; want %s, %s", f.Severity, f.Confidence, c.severity, c.confidence)
					}
					return
				}
			}
			t.Error("not found")
		})
	}
}

// TestGuard: what a finding says is stopped at run time is what the guard sees.
func TestGuard(t *testing.T) {
	t.Parallel()
	const head = "from flask import Flask, request, jsonify, flash\nimport traceback\napp = Flask(__name__)\nPAGE = '<form method=post><input type=\"password\" name=p></form>'\n"
	const login = "@app.route('/login', methods=['GET', 'POST'])\ndef login():\n"
	const try = "@app.route('/a')\ndef a():\n    try:\n        work()\n    except Exception as e:\n        "
	for name, c := range map[string]struct{ sample, rule, guard string }{
		"a login by a form":           {head + login + "    return check(request.form['n'], request.form['p']) or PAGE\n", "login-unlimited", "guard/login"},
		"a login by JSON":             {head + login + "    d = request.get_json()\n    return check(d['n'], d['p']) or PAGE\n", "login-unlimited", finding.LoginNamed},
		"a form that nobody shows":    {strings.Replace(head, "password", "text", 1) + login + "    return check(request.form['n'], request.form['p'])\n", "login-unlimited", finding.LoginNamed},
		"a login by a header":         {head + login + "    return check(request.authorization) or PAGE\n", "login-unlimited", ""},
		"the text of an exception":    {head + try + "return jsonify(error=str(e))\n", "error-text", ""},
		"a traceback":                 {head + try + "return jsonify(error=traceback.format_exc())\n", "error-text", "guard/errorpages"},
		"a line of the log":           {head + "@app.route('/a')\ndef a():\n    app.logger.info('a ' + request.args['q'])\n    return ''\n", "log-injection", ""},
		"an upload of the same name":  {head + "from werkzeug.utils import secure_filename\n@app.route('/a', methods=['POST'])\ndef a():\n    f = request.files['f']\n    f.save('x/' + secure_filename(f.filename))\n    return ''\n", "upload-overwrite", ""},
		"an SQL statement":            {head + "import sqlite3\n@app.route('/a')\ndef a():\n    return sqlite3.connect('x').execute('select ' + request.args['q'])\n", "sql-injection", "guard/sinks"},
		"a redirect, only if told to": {head + "from flask import redirect\n@app.route('/a')\ndef a():\n    return redirect(request.args['q'])\n", "open-redirect", "guard/redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range found(t, c.sample) {
				if f.Rule == c.rule {
					if f.Guard != c.guard {
						t.Errorf("%q, want %q", f.Guard, c.guard)
					}
					return
				}
			}
			t.Error("not found")
		})
	}
}

// TestOneCause: a path that a helper in another file opens in several steps is one finding; two
// paths are two.
func TestOneCause(t *testing.T) {
	t.Parallel()
	const helper = "-- store.py --\nimport os, shutil\ndef keep(p):\n    os.remove(p)\n    open(p)\n    shutil.rmtree(p)\n-- app.py --\nfrom flask import *\nimport store\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    store.keep(request.args['a'])\n"
	for sample, want := range map[string]int{helper: 1, helper + "    open(request.args['b'])\n": 2} {
		n := 0
		for _, f := range found(t, sample) {
			if f.Rule == "path-traversal" {
				n++
			}
		}
		if n != want {
			t.Errorf("%d findings, want %d:\n%s", n, want, sample)
		}
	}
}
