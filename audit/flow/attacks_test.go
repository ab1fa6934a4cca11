package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestAttacks: a visitor's text q gets to where it does harm, or what is in the way holds. Each
// stands for one condition that all other tests would not miss.
func TestAttacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		kind flow.Kinds
		gets bool
	}{
		"a workbook by its name":              {"import openpyxl\nopenpyxl.load_workbook(q)", flow.Path, true},
		"a picture by its name":               {"import cv2\ncv2.imread('up/' + q)", flow.Path, true},
		"weights that are any pickle":         {"import torch\ntorch.load(q, weights_only=False)", flow.Deserialise, true},
		"weights only":                        {"import torch\ntorch.load(q, weights_only=True)", flow.Deserialise, false},
		"a template of an environment":        {"import jinja2\njinja2.Environment().from_string(q)", flow.Template, true},
		"a template by its class":             {"from jinja2.environment import Template\nTemplate(q).render()", flow.Template, true},
		"a module by its name":                {"import importlib\nimportlib.import_module(q)", flow.Code, true},
		"entities that are loaded":            {"import xml.sax\nfrom xml.sax.handler import feature_external_ges\np = xml.sax.make_parser()\np.setFeature(feature_external_ges, True)\np.parse(q)", flow.XML, true},
		"another feature of the parser":       {"import xml.sax\nfrom xml.sax.handler import feature_namespaces\np = xml.sax.make_parser()\np.setFeature(feature_namespaces, True)\np.parse(q)", flow.XML, false},
		"a parser without entities":           {"import xml.sax\np = xml.sax.make_parser()\np.parse(q)", flow.XML, false},
		"a filter that compares only":         {"from pymongo import MongoClient\nMongoClient().a.b.find({'n': {'$in': [q]}})", flow.NoSQL, false},
		"a parser of arguments":               {"from flask_restful import reqparse\nos.system(reqparse.RequestParser().parse_args()['x'])", flow.Command, true},
		"what a try leaves half done":         {"s = 'a'\ntry:\n    work()\n    s = q\n    work()\nexcept OSError:\n    pass\nos.system(s)", flow.Command, true},
		"what the try before it did":          {"s = q\ntry:\n    work()\nexcept OSError:\n    s = 'a'\nos.system(s)", flow.Command, true},
		"a process that ended":                {"if not q.isalnum():\n    os._exit(1)\nos.system(q)", flow.Command, false},
		"a process that was told to end":      {"if not q.isalnum():\n    print('no')\nos.system(q)", flow.Command, true},
		"a list in a list":                    {"os.system([['ls', q]][0][1])", flow.Command, true},
		"a pair of a list":                    {"for a, b in [('x', q)]:\n    os.system(b)", flow.Command, true},
		"a rest of arguments":                 {"def run(*all):\n    os.system(all[0])\nrun(q)", flow.Command, true},
		"a default that is overruled":         {"def run(a='ls'):\n    os.system(a)\nrun(a=q)", flow.Command, true},
		"reduced":                             {"from functools import reduce\nos.system(reduce(lambda a, b: a + b, ['ls ', q]))", flow.Command, true},
		"filtered by a check":                 {"for x in filter(str.isalnum, [q]):\n    os.system(x)", flow.Command, false},
		"filtered by a lambda":                {"for x in filter(lambda x: x.isalnum(), [q]):\n    os.system(x)", flow.Command, false},
		"filtered by nothing":                 {"for x in filter(None, [q]):\n    os.system(x)", flow.Command, true},
		"a decorated method":                  {"def log(f):\n    def inner(*a, **k):\n        return f(*a, **k)\n    return inner\nclass C:\n    @log\n    def run(self, x):\n        os.system(x)\nC().run(q)", flow.Command, true},
		"a generator of another function":     {"def each():\n    yield 'ls'\n    yield q\nfor x in each():\n    os.system(x)", flow.Command, true},
		"a store with sections":               {"import configparser\np = configparser.ConfigParser()\np.set('a', 'b', q)\nos.system(p.get('a', 'b'))", flow.Command, true},
		"another section of the store":        {"import configparser\np = configparser.ConfigParser()\np.set('a', 'b', q)\np.set('c', 'b', 'ls')\nos.system(p.get('c', 'b'))", flow.Command, false},
		"a pattern of anything":               {"import re\nif re.match('[^x]+', q):\n    os.system(q)", flow.Command, true},
		"a pattern of capitals":               {"import re\nif re.fullmatch('[A-Z]+', q):\n    os.system(q)", flow.Command, false},
		"a pattern of what a shell acts on":   {"import re\nif re.fullmatch('[!-~]+', q):\n    os.system(q)", flow.Command, true},
		"a pattern of too wide a range":       {"import re\nif re.fullmatch('[A-z]+', q):\n    os.system(q)", flow.Command, true},
		"a pattern with a backtick":           {"import re\nif re.match('^[a-z`]+$', q):\n    os.system(q)", flow.Command, true},
		"a pattern with an open alternative":  {"import re\nif re.match('[a-z]+|[0-9]+$', q):\n    os.system(q)", flow.Command, true},
		"a pattern with alternatives":         {"import re\nif re.match('^([a-z]+|[0-9]+)$', q):\n    os.system(q)", flow.Command, false},
		"a pattern of closed alternatives":    {"import re\nif re.match('^[a-z]+$|^[0-9_-]+$', q):\n    os.system(q)", flow.Command, false},
		"a pattern with an open start":        {"import re\nif re.search('^[a-z]+$|[0-9]+$', q):\n    os.system(q)", flow.Command, true},
		"a pattern of one line":               {"import re\nif re.match('^[a-z]+$', q, re.M):\n    os.system(q)", flow.Command, true},
		"a pattern of small letters":          {"import re\nif re.match('^[a-z]+$', q, flags=re.I):\n    os.system(q)", flow.Command, false},
		"a pattern that begins so":            {"import re\nif re.match('[a-z]+', q):\n    os.system(q)", flow.Command, true},
		"checked the other way round":         {"if q.isalnum():\n    abort(400)\nos.system(q)", flow.Command, true},
		"checked in one of two branches":      {"def check(x):\n    if os.name:\n        if not x.isalnum(): abort(400)\ncheck(q)\nos.system(q)", flow.Command, true},
		"checked in both branches":            {"def check(x):\n    if os.name:\n        if not x.isalnum(): abort(400)\n    else:\n        if not x.isdigit(): abort(400)\ncheck(q)\nos.system(q)", flow.Command, false},
		"a number of a format":                {"os.system('ls {:d}'.format(q))", flow.Command, false},
		"a width of a format":                 {"os.system('ls {:>5}'.format(q))", flow.Command, true},
		"a number with zeros":                 {"os.system('ls %05d' % q)", flow.Command, false},
		"a text after a percent":              {"os.system('100%% %s' % q)", flow.Command, true},
		"a sanitizer of pages, in a shell":    {"from tools import sanitize_html\nos.system(sanitize_html(q))", flow.Command, true},
		"a sanitizer of pages":                {"def sanitize_html(x):\n    return x.replace(*rules)\nreturn sanitize_html(q)", flow.HTML, false},
		"a sanitizer that undoes":             {"from tools import unescape_html\nreturn unescape_html(q)", flow.HTML, true},
		"a page without escaping":             {"return '<p>' + q", flow.HTML, true},
		"a message that is shown raw":         {"flash(q)\nreturn render_template_string('{% for m in get_flashed_messages() %}{{ m|safe }}{% endfor %}')", flow.HTML, true},
		"a variable of a template":            {"return render_template_string('{% with x = n %}{{ x|safe }}{% endwith %}', n=q)", flow.HTML, true},
		"a loop's own number":                 {"return render_template_string('{% for x in n %}{{ loop.index|safe }}{% endfor %}', n=q)", flow.HTML, false},
		"escaped for a text, not for a link":  {"return render_template_string('<a href=\"{{ n|e }}\">', n=q)", flow.URL, true},
		"back to this site":                   {"if not q.startswith('/') or q.startswith('//'):\n    q = '/'\nreturn redirect(q)", flow.Redirect, false},
		"to what begins with a slash":         {"if not q.startswith('/'):\n    q = '/'\nreturn redirect(q)", flow.Redirect, true},
		"checked by a function that is wrong": {"def is_safe_url(target):\n    return urljoin(request.host_url, target)\nif is_safe_url(q):\n    return redirect(q)", flow.Redirect, true},
		"a thread":                            {"from threading import Thread\nThread(None, os.system, None, (q,)).start()", flow.Command, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if has(follow(t, view(c.body)), c.kind) != c.gets {
				t.Errorf("found: %v\n%s", !c.gets, c.body)
			}
		})
	}
}

// TestParameters: what a URL hands over is a visitor's, but for what its converter or the app
// makes of it.
func TestParameters(t *testing.T) {
	t.Parallel()
	for route, gets := range map[string]bool{
		"@app.route('/<x>')\ndef v(x):": true, "@app.route('/<path:x>')\ndef v(x):": true, "@app.route('/<any(a, b):x>')\ndef v(x):": false,
		"@app.route('/<int:x>')\ndef v(x):": false, "@app.route('/<float:x>')\ndef v(x):": false, "@app.route('/<uuid:x>')\ndef v(x):": false,
		"@app.route('/')\n@app.route('/<x>')\ndef v(x='ls'):": true, "@app.route('/', defaults={'x': 'ls'})\ndef v(x):": false,
	} {
		source := "from flask import *\nimport os\napp = Flask(__name__)\n" + route + "\n    os.system('ls ' + str(x))\n"
		if has(follow(t, source), flow.Command) != gets {
			t.Errorf("found: %v\n%s", !gets, source)
		}
	}
}

// TestSetInABranch: what a template sets in an if lives on behind it, and in a loop it does not.
func TestSetInABranch(t *testing.T) {
	t.Parallel()
	for page, gets := range map[string]bool{
		"{% if a %}{% set y = q|safe %}{% endif %}{{ y }}":                                                                 true,
		"{% set y = 1 %}{% if a %}{% set y = q %}{% endif %}{{ y|safe }}":                                                  true,
		"{% set y = q %}{% if a %}{% set y = 1 %}{% endif %}{{ y|safe }}":                                                  true,
		"{% set y = q %}{% if a %}{% set y = 1 %}{% elif b %}{% set y = 2 %}{% endif %}{{ y|safe }}":                       true,
		"{% set y = q %}{% if a %}{% set y = 1 %}{% else %}{% endif %}{{ y|safe }}":                                        true,
		"{% if q not in ['a', 'b'] %}{% set q = 'a' %}{% endif %}{{ q|safe }}":                                             false,
		"{% if not q %}{% set q = 1 %}{% endif %}{{ q|safe }}":                                                             true,
		"{% if a %}{% if b %}{% set y = q %}{% endif %}{% endif %}{{ y|safe }}":                                            true,
		"{% set y = q %}{% if a %}{% set y = 1 %}{% else %}{% set y = 2 %}{% endif %}{{ y|safe }}":                         false,
		"{% if a %}{% set y = q %}{% set y = 1 %}{% endif %}{{ y|safe }}":                                                  false,
		"{% set y = 1 %}{% for a in b %}{% set y = q %}{% endfor %}{{ y|safe }}":                                           false,
		"{% set y = 1 %}{% with %}{% set y = q %}{% endwith %}{{ y|safe }}":                                                false,
		"{% set y = 1 %}{% for a in b %}{% if a %}{% set y = q %}{% endif %}{{ y|safe }}{% endfor %}":                      true,
		"{% set y = 1 %}{% for a in b %}{% if a %}{% set y = q %}{% endif %}{% endfor %}{% if y %}{{ y|safe }}{% endif %}": false,
	} {
		source := view("return render_template('a.html', q=q)") + "\n-- templates/a.html --\n" + page + "\n"
		if has(follow(t, source), flow.HTML) != gets {
			t.Errorf("found: %v\n%s", !gets, page)
		}
	}
}

// TestMethodsUnderOtherNames: a method that has a name of its own is called without what it
// belongs to in sight.
func TestMethodsUnderOtherNames(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"import configparser\np = configparser.ConfigParser()\nput, get = p.set, p.get\nput('a', 'b', q)\nos.system(get('a', 'b'))",
		"import xml.sax\np = xml.sax.make_parser()\non, parse = p.setFeature, p.parse\non('external', True)\nparse(q)",
		"import jinja2\nmake = jinja2.Environment().from_string\nmake('{{ x }}').render(x=q)",
		"put = [].append\nput(q)", "get = request.args.get\nget(q)",
	} {
		p, templates := read(t, view(body))
		if _, crashed := flow.Follow(t.Context(), p, flow.Link(templates), nil); len(crashed) > 0 {
			t.Errorf("%s\n%s", crashed[0].Reason, body)
		}
	}
}
