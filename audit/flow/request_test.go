package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestRequestParts: whatever a visitor writes of a request gets to a shell; the twins cannot
// carry what they like.
func TestRequestParts(t *testing.T) {
	t.Parallel()
	for _, part := range []string{
		"args['a']", "args.get('a')", "args.getlist('a')[0]", "args.to_dict()['a']", "args.to_dict(flat=False)['a'][0]", "values['a']", "values.get('a', '')",
		"form.get('a')", "form.lists()", "form.listvalues()", "form.keys()", "get_data(as_text=True)", "data", "data.decode()", "stream.read()", "stream.readline()", "json", "get_json()", "get_json(force=True)['a']",
		"files['f'].read()", "files['f'].filename", "files.get('f').filename", "files['f'].headers['x']", "files['f'].content_type", "files['f'].mimetype", "files['f'].name", "files['f'].stream.read()", "files.getlist('f')[0].filename", "cookies.get('c')", "cookies['c']",
		"headers.get('X-A')", "headers['X-A']", "headers.environ['HTTP_X']", "environ['HTTP_X']", "environ.get('QUERY_STRING')", "view_args['a']", "url", "base_url", "full_path", "path",
		"referrer", "user_agent.string", "user_agent", "authorization.username", "authorization['password']", "authorization.password", "authorization.token", "authorization.parameters['a']",
		"access_route[0]", "access_route", "remote_user", "if_none_match", "if_match", "accept_languages", "accept_mimetypes", "accept_charsets", "accept_languages.best", "query_string", "query_string.decode()", "content_type",
		"mimetype", "mimetype_params['a']", "origin", "input_stream.read()", "pragma", "if_range", "range", "cache_control", "access_control_request_headers", "content_encoding",
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			source := "from flask import Flask, request\nimport os\napp = Flask(__name__)\n@app.route('/<path:a>')\ndef v(a):\n    os.system('x %s' % request." + part + ")\n    return ''\n"
			if !has(follow(t, source), flow.Command) {
				t.Error("not found")
			}
		})
	}
	for _, part := range []string{"method", "endpoint", "blueprint", "is_json", "is_secure", "content_length", "scheme", "date", "max_forwards", "remote_addr", "url_rule", "accept_languages.best_match(['de', 'en'])"} {
		t.Run("harmless "+part, func(t *testing.T) {
			t.Parallel()
			source := "from flask import Flask, request\nimport os\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    os.system('x %s' % request." + part + ")\n    return ''\n"
			if has(follow(t, source), flow.Command) {
				t.Error("found")
			}
		})
	}
}

// TestRequestNames: the request under all the names that programs give it.
func TestRequestNames(t *testing.T) {
	t.Parallel()
	const route = "app = Flask(__name__)\n@app.route('/')\n"
	for name, c := range map[string]twins{
		"as another name":      {"from flask import Flask, request as req\nimport os\n" + route + "def v():\n    os.system(req.args['a'])\n", "from flask import Flask, request as req\nimport os\n" + route + "def v():\n    os.system(req.method)\n"},
		"by its module":        {"import flask, os\nfrom flask import Flask\n" + route + "def v():\n    os.system(flask.request.args['a'])\n", "import flask, os\nfrom flask import Flask\n" + route + "def v():\n    os.system(flask.request.method)\n"},
		"a module as another":  {"import flask as f\nimport os\nfrom flask import Flask\n" + route + "def v():\n    os.system(f.request.values['a'])\n", ""},
		"in the function":      {"from flask import Flask\nimport os\n" + route + "def v():\n    from flask import request\n    os.system(request.args['a'])\n", ""},
		"given to a function":  {"from flask import Flask, request\nimport os\ndef go(r):\n    os.system(r.args.get('a'))\n" + route + "def v():\n    go(request)\n", "from flask import Flask, request\nimport os\ndef go(r):\n    os.system(r.method)\n" + route + "def v():\n    go(request)\n"},
		"kept in an object":    {"from flask import Flask, request\nimport os\nclass H:\n    def __init__(self, request):\n        self.request = request\n    def go(self):\n        os.system(self.request.args['a'])\n" + route + "def v():\n    H(request).go()\n", "from flask import Flask, request\nimport os\nclass H:\n    def __init__(self, request):\n        self.request = request\n    def go(self):\n        os.system(self.request.method)\n" + route + "def v():\n    H(request).go()\n"},
		"annotated":            {"from flask import Flask, Request\nimport os\ndef go(r: Request):\n    os.system(r.args['a'])\n", "from flask import Flask, Request\nimport os\ndef go(r: Request):\n    os.system(r.method)\n"},
		"werkzeug's":           {"from werkzeug import Request\nimport os\ndef go(environ):\n    os.system(Request(environ).args['a'])\n", "from werkzeug import Request\nimport os\ndef go(environ):\n    os.system(Request(environ).method)\n"},
		"of its wrappers":      {"from werkzeug.wrappers import Request\nimport os\ndef go(environ, start):\n    r = Request(environ)\n    os.system(r.cookies['a'])\n", ""},
		"before each":          {"from flask import Flask, request, g\nimport os\napp = Flask(__name__)\n@app.before_request\ndef b():\n    g.q = request.args['q']\n@app.route('/')\ndef v():\n    os.system(g.q)\n", "from flask import Flask, request, g\nimport os\napp = Flask(__name__)\n@app.before_request\ndef b():\n    g.q = int(request.args['q'])\n@app.route('/')\ndef v():\n    os.system('x %s' % g.q)\n"},
		"in before_request":    {"from flask import Flask, request\nimport os\napp = Flask(__name__)\n@app.before_request\ndef b():\n    os.system(request.headers['X-A'])\n", ""},
		"quart":                {"from quart import Quart, request\nimport os\napp = Quart(__name__)\n@app.route('/')\nasync def v():\n    os.system((await request.form)['a'])\n", "from quart import Quart, request\nimport os\napp = Quart(__name__)\n@app.route('/')\nasync def v():\n    os.system(request.method)\n"},
		"quart's body":         {"from quart import Quart, request\nimport os\napp = Quart(__name__)\n@app.route('/')\nasync def v():\n    d = await request.get_json()\n    os.system(d['a'])\n", ""},
		"quart's data":         {"from quart import Quart, request\nimport os\napp = Quart(__name__)\n@app.route('/')\nasync def v():\n    os.system(await request.get_data(as_text=True))\n", ""},
		"quart's files":        {"from quart import Quart, request\nimport os\napp = Quart(__name__)\n@app.route('/')\nasync def v():\n    f = (await request.files)['f']\n    os.system(f.filename)\n", ""},
		"a websocket":          {"from quart import Quart, websocket\nimport os\napp = Quart(__name__)\n@app.websocket('/')\nasync def v():\n    os.system(await websocket.receive())\n", ""},
		"the context's":        {"import flask, os\nfrom flask import Flask\n" + route + "def v():\n    os.system(flask.globals.request.args['a'])\n", ""},
		"the real object":      {"from flask import Flask, request\nimport os\n" + route + "def v():\n    r = request._get_current_object()\n    os.system(r.args['a'])\n", ""},
		"getattr":              {"from flask import Flask, request\nimport os\n" + route + "def v():\n    os.system(getattr(request, 'args')['a'])\n", ""},
		"a copy of the values": {"from flask import Flask, request\nimport os\n" + route + "def v():\n    d = dict(request.args)\n    os.system(d['a'])\n", ""},
		"joined values":        {"from flask import Flask, request\nimport os\n" + route + "def v():\n    d = {**request.args, **request.form}\n    os.system(d['a'])\n", ""},
		"a part by walrus":     {"from flask import Flask, request\nimport os\n" + route + "def v():\n    if a := request.args.get('a', type=str):\n        os.system(a)\n", "from flask import Flask, request\nimport os\n" + route + "def v():\n    if a := request.args.get('a', type=int):\n        os.system('x %s' % a)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}
