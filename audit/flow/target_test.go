package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestTargets: a redirect that a check of its target comes before; its twin has none that is
// believed.
func TestTargets(t *testing.T) {
	t.Parallel()
	const multipass = "from flask import *\nfrom flask_multipass import Multipass\napp = Flask(__name__)\nclass Login(Multipass): pass\nlogins = Login()\n@app.route('/')\ndef v():\n    q = request.args.get('next')\n"
	for name, c := range map[string]struct{ harmless, harmful string }{
		"a check of an extension": {
			multipass + "    if not logins.validate_next_url(q):\n        q = '/'\n    return logins.logout(q)\n",
			multipass + "    return logins.logout(q or '/')\n",
		},
		"a check of a package": {
			view("from somewhere import is_safe_redirect_url\nif is_safe_redirect_url(q):\n    return redirect(q)\nreturn ''"),
			view("from somewhere import is_long\nif is_long(q):\n    return redirect(q)\nreturn ''"),
		},
		"a check of the project": {
			view("def is_local_url(u):\n    return u.startswith('/') and not u.startswith('//')\nif is_local_url(q):\n    return redirect(q)\nreturn ''"),
			view("def is_safe_url(u):\n    return urlparse(urljoin(request.host_url, u)).netloc == urlparse(request.host_url).netloc\nif is_safe_url(q):\n    return redirect(q)\nreturn ''"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if has(follow(t, c.harmless), flow.Redirect) {
				t.Errorf("found:\n%s", c.harmless)
			}
			if !has(follow(t, c.harmful), flow.Redirect) {
				t.Errorf("not found:\n%s", c.harmful)
			}
		})
	}
}

// TestAttributesNotYetSet: an attribute that is None in its class may be set by anyone.
func TestAttributesNotYetSet(t *testing.T) {
	t.Parallel()
	source := "from flask import *\nimport os\nclass Job:\n    steps = None\n    def run(self):\n        if self.steps is not None:\n            os.system(request.args['q'])\n"
	if !has(follow(t, source), flow.Command) {
		t.Error("not found")
	}
}
