package rules_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
)

// TestApp: the command that serves a project names its own app.
func TestApp(t *testing.T) {
	t.Parallel()
	const made = "from flask import Flask\napp = Flask(__name__)\n"
	const factory = "from flask import Flask\ndef create_app(config=None, **more):\n    app = Flask(__name__)\n    return app\n"
	for name, c := range map[string]struct{ sample, want string }{
		"in a file":               {"-- web.py --\n" + made, "fumehood run --chdir shop web:app"},
		"under another name":      {"-- web.py --\nimport flask\nsite = flask.Flask('web')\n", "fumehood run --chdir shop web:site"},
		"in a package":            {"-- src/shop/__init__.py --\n\n-- src/shop/web.py --\n" + made, "fumehood run --chdir shop/src shop.web:app"},
		"the package itself":      {"-- shop/__init__.py --\n" + made, "fumehood run --chdir shop shop:app"},
		"a function":              {"-- shop/__init__.py --\n" + factory, "fumehood run --chdir shop 'shop:create_app()'"},
		"a function, called":      {"-- shop/__init__.py --\n" + factory + "-- wsgi.py --\nfrom shop import create_app\napplication = create_app()\n", "fumehood run --chdir shop wsgi:application"},
		"a function with a need":  {"from flask import Flask\ndef create_app(config):\n    return Flask(config)\n", "fumehood run --chdir shop MODULE:APP"},
		"beside an example":       {"-- docs/a.py --\n" + made + "-- web.py --\n" + made, "fumehood run --chdir shop web:app"},
		"an example only":         {"-- examples/a.py --\n" + made, "fumehood run --chdir shop/examples a:app"},
		"a test only":             {"-- tests/a.py --\n" + made, "fumehood run --chdir shop MODULE:APP"},
		"in a method":             {"from flask import Flask\nclass Site:\n    def make(self):\n        return Flask('x')\n", "fumehood run --chdir shop MODULE:APP"},
		"nowhere":                 {"x = 1\n", "fumehood run --chdir shop MODULE:APP"},
		"given on, without names": {"from flask import Flask\nrun(Flask('x'))\n", "fumehood run --chdir shop MODULE:APP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parsed []*python.File
			for file, source := range files(c.sample) {
				parsed = append(parsed, python.Parse(file, source))
			}
			work := rules.Start(t.Context(), rules.All(), program.New(parsed), nil)
			if got := work.App().Command("shop"); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
