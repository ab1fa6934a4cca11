package audit_test

import (
	"slices"
	"testing"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
)

// TestEscapingByTheApp: whether a template is escaped is what the app says, and Flask's rule
// where it says nothing.
func TestEscapingByTheApp(t *testing.T) {
	t.Parallel()
	const app = "from flask import *\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    return render_template('a.jinja2', q=request.args['q'])\n"
	for setting, raw := range map[string]bool{
		"": true,
		"app.jinja_options = {'autoescape': True}\n":                                                          false,
		"app.jinja_options = {'autoescape': False}\n":                                                         true,
		"app.jinja_options.update(autoescape=lambda name: True)\n":                                            false,
		"app.jinja_options = dict(app.jinja_options, autoescape=True)\n":                                      false,
		"app.jinja_env.autoescape = True\n":                                                                   false,
		"from jinja2 import select_autoescape\napp.jinja_env.autoescape = select_autoescape(['jinja2'])\n":    false,
		"from jinja2 import select_autoescape\napp.jinja_env.autoescape = select_autoescape(['html'])\n":      true,
		"def by_name(n):\n    return n.endswith(('.html', '.jinja2'))\napp.jinja_env.autoescape = by_name\n":  false,
		"class F(Flask):\n    def select_jinja_autoescape(self, n):\n        return not n.endswith('.txt')\n": true,
		"class F(Flask):\n    def select_jinja_autoescape(self, n):\n        return n.endswith('.jinja2')\n":  false,
	} {
		dir := project(t, map[string]string{"app.py": app + setting, "templates/a.jinja2": "<p>{{ q }}</p>\n"})
		found := slices.ContainsFunc(run(t, audit.Options{Root: dir}).found, hasRule("xss"))
		if found != raw {
			t.Errorf("%s: found %v", setting, found)
		}
	}
}

// TestNoEscapingByTheApp: an app that switches escaping off does so for HTML too.
func TestNoEscapingByTheApp(t *testing.T) {
	t.Parallel()
	const app = "from flask import *\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    return render_template('a.html', q=request.args['q'])\n"
	for setting, raw := range map[string]bool{
		"":                                   false,
		"app.jinja_env.autoescape = False\n": true,
		"app.jinja_options = {'autoescape': False}\n":                                                                   true,
		"class F(Flask):\n    def select_jinja_autoescape(self, n):\n        return False\n":                            true,
		"class F(Flask):\n    def select_jinja_autoescape(self, n):\n        return False if n is None else 'x' in n\n": false,
	} {
		dir := project(t, map[string]string{"app.py": app + setting, "templates/a.html": "<p>{{ q }}</p>\n"})
		if found := slices.ContainsFunc(run(t, audit.Options{Root: dir}).found, hasRule("xss")); found != raw {
			t.Errorf("%s: found %v", setting, found)
		}
	}
}

// TestDelimitersOfTheApp: templates are read with the delimiters that the app sets.
func TestDelimitersOfTheApp(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"app.py":           "from flask import *\nclass F(Flask):\n    jinja_options = dict(Flask.jinja_options, variable_start_string='[[', variable_end_string=']]')\napp = F(__name__)\n@app.route('/')\ndef v():\n    return render_template('a.html', q=request.args['q'])\n",
		"templates/a.html": "<p>{{ q|safe }} [[ q|safe ]]</p>\n",
	})
	k := run(t, audit.Options{Root: dir})
	if len(k.found) != 1 || k.found[0].Place.Column != 17 {
		t.Errorf("found %v", k.found)
	}
}

// TestAllDelimitersOfTheApp: each option of Jinja's lexer that the app sets is known: read with
// Flask's, what is in comments here would be found, and what is not would be missed.
func TestAllDelimitersOfTheApp(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"app.py": `from flask import *
app = Flask(__name__)
app.jinja_options.update(block_start_string='<%', block_end_string='%>', variable_start_string='<<', variable_end_string='>>',
                         comment_start_string='<#', comment_end_string='#>', line_statement_prefix='%%', line_comment_prefix='%#')
@app.route('/')
def v():
    return render_template('a.html', q=request.args['q'])
`,
		"templates/a.html": "<# << q|safe >> #>\n%# << q|safe >>\n%% if q\n<p><< q|safe >>\n%% endif\n<% raw %><< q|safe >><% endraw %>{{ q|safe }}\n<p><< q|safe >>\n",
	})
	k := run(t, audit.Options{Root: dir, Only: []string{"xss"}})
	var lines []int
	for _, f := range k.found {
		lines = append(lines, f.Place.Line)
	}
	if !slices.Equal(lines, []int{4, 7}) || len(k.skipped) > 0 {
		t.Errorf("found in lines %v, skipped %v", lines, k.skipped)
	}
}

// TestTemplatesOfText: a template without a tag, and whose name does not say HTML, is a text.
func TestTemplatesOfText(t *testing.T) {
	t.Parallel()
	const app = "from flask import *\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    send(render_template('mail.en.j2', q=request.args['q']))\n"
	for text, page := range map[string]bool{"Dear {{ q }}, 1 < 2\n": false, "<b>Dear</b> {{ q }}\n": true} {
		dir := project(t, map[string]string{"app.py": app, "templates/mail.en.j2": text})
		if found := slices.ContainsFunc(run(t, audit.Options{Root: dir}).found, hasRule("xss")); found != page {
			t.Errorf("%s: found %v", text, found)
		}
	}
}

func hasRule(id string) func(finding.Finding) bool {
	return func(f finding.Finding) bool { return f.Rule == id }
}
