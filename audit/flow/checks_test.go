package flow_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// checked is a project in which a check stops a visitor's text, and one that looks alike and
// does not stop it.
type checked struct{ harmless, harmful string }

func checks(t *testing.T, kind flow.Kinds, all map[string]checked) {
	t.Helper()
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			twins{c.harmful, c.harmless}.check(t, kind)
		})
	}
}

// TestChecksInTemplates: a template that looks at a value before it puts it out.
func TestChecksInTemplates(t *testing.T) {
	t.Parallel()
	page := func(body string) string {
		return "-- app.py --\nfrom flask import *\napp = Flask(__name__)\nclass T: pass\n@app.route('/v')\ndef v():\n    t = T()\n    t.site = request.args['q']\n    return render_template('a.html', q=request.args['q'], t=t, all=[t], d={'k': request.args['q']})\n" +
			"-- templates/a.html --\n" + body + "\n"
	}
	checks(t, flow.URL, map[string]checked{
		"a scheme": {
			page("{% if q.startswith('http') %}<a href=\"{{ q }}\">x</a>{% endif %}"),
			page("{% if q.endswith('http') %}<a href=\"{{ q }}\">x</a>{% endif %}"),
		},
		"one of two schemes": {
			page("{% if t.site and (t.site.startswith('http://') or t.site.startswith('https://')) %}<a href=\"{{ t.site }}\">x</a>{% endif %}"),
			page("{% if t.site and (t.site.startswith('http://') or t.site.startswith('java')) %}<a href=\"{{ t.site }}\">x</a>{% endif %}"),
		},
		"the other branch": {
			page("{% if not q.startswith('https://') %}no{% else %}<a href=\"{{ q }}\">x</a>{% endif %}"),
			page("{% if q.startswith('https://') %}no{% else %}<a href=\"{{ q }}\">x</a>{% endif %}"),
		},
		"behind it": {
			page("{% if q.startswith('/') %}<a href=\"{{ q }}\">x</a>{% endif %}"),
			page("{% if q.startswith('/') %}y{% endif %}<a href=\"{{ q }}\">x</a>"),
		},
		"each of a list": {
			page("{% for one in all %}{% if one.site.startswith('http') %}<a href=\"{{ one.site }}\">x</a>{% endif %}{% endfor %}"),
			page("{% for one in all %}{% if t.site.startswith('http') %}<a href=\"{{ one.site }}\">x</a>{% endif %}{% endfor %}"),
		},
		"another name in a loop": {
			page("{% if q.startswith('http') %}<a href=\"{{ q }}\">x</a>{% endif %}"),
			page("{% if q.startswith('http') %}{% for q in [t.site] %}<a href=\"{{ q }}\">x</a>{% endfor %}{% endif %}"),
		},
		"an expression": {
			page("<a href=\"{{ q if q.startswith('http') else '#' }}\">x</a>"),
			page("<a href=\"{{ q if q else '#' }}\">x</a>"),
		},
		"one of a few": {
			page("{% if d['k'] in ['a', 'b'] %}<a href=\"{{ d['k'] }}\">x</a>{% endif %}"),
			page("{% if d['k'] in q %}<a href=\"{{ d['k'] }}\">x</a>{% endif %}"),
		},
	})
	checks(t, flow.Script, map[string]checked{
		"where a script comes from": {
			page("{% if q.startswith('https://good.com/') %}<a href=\"{{ q }}\">x</a>{% endif %}"),
			page("{% if q.startswith('http') %}<script src=\"{{ q }}\"></script>{% endif %}"),
		},
	})
}

// TestCollectedErrors: a view that gathers what is wrong and stops where there is anything.
func TestCollectedErrors(t *testing.T) {
	t.Parallel()
	const ok = "def ok(x):\n    return x in ('a', 'b')\n"
	checks(t, flow.Command, map[string]checked{
		"a list": {
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nif errors:\n    return render_template('f.html', errors=errors)\nos.system(q)"),
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nif not errors:\n    return ''\nos.system(q)"),
		},
		"a list that is not looked at": {
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nif len(errors) > 0:\n    return ''\nos.system(q)"),
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nfor e in errors:\n    flash(e)\nos.system(q)"),
		},
		"a list that begins anew": {
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nif errors == []:\n    os.system(q)"),
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nerrors = []\nif errors == []:\n    os.system(q)"),
		},
		"a value that changes": {
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nif not errors:\n    os.system(q)"),
			view("errors = []\nif q not in ('a', 'b'):\n    errors.append('bad')\nq = request.args['x']\nif not errors:\n    os.system(q)"),
		},
		"a dict": {
			view("errors = {}\nif q not in ('a', 'b'):\n    errors['q'] = 'bad'\nif errors:\n    abort(400)\nos.system(q)"),
			view("errors = {}\nif q in ('a', 'b'):\n    errors['q'] = 'bad'\nif errors:\n    abort(400)\nos.system(q)"),
		},
		"a message": {
			view("error = None\nif not q:\n    error = 'needed'\nelif q not in ('a', 'b'):\n    error = 'bad'\nif error is None:\n    os.system(q)"),
			view("error = None\nif not q:\n    error = 'needed'\nelif len(q) > 9:\n    error = 'long'\nif error is None:\n    os.system(q)"),
		},
		"a flag": {
			view("valid = True\nif q not in ('a', 'b'):\n    valid = False\nif valid is False:\n    return ''\nos.system(q)"),
			view("valid = True\nif q not in ('a', 'b'):\n    valid = True\nif valid is False:\n    return ''\nos.system(q)"),
		},
		"a number of errors": {
			view("bad = 0\nif q not in ('a', 'b'):\n    bad += 1\nif bad > 0:\n    return ''\nos.system(q)"),
			view("bad = 0\nif q not in ('a', 'b'):\n    bad -= 0\nif bad > 0:\n    return ''\nos.system(q)"),
		},
		"a flag of a flag": {
			view(ok + "if q:\n    good = ok(q)\nelse:\n    good = True\nerrors = []\nif good is False:\n    errors.append('bad')\nif errors:\n    return ''\nif q:\n    os.system(q)"),
			view(ok + "if q:\n    good = ok(q)\nelse:\n    good = True\nerrors = []\nif good is None:\n    flash('bad')\nif errors:\n    return ''\nif q:\n    os.system(q)"),
		},
		"the result of a check": {
			view(ok + "good = ok(q)\nif not good:\n    raise ValueError\nos.system(q)"),
			view(ok + "good = ok(q)\nif not good:\n    flash('no')\nos.system(q)"),
		},
		"two checks": {
			view(ok + "good = len(q) < 9 and ok(q)\nif good:\n    os.system(q)"),
			view(ok + "good = len(q) < 9 or ok(q)\nif good:\n    os.system(q)"),
		},
		"errors of a function": {
			view("def check(x):\n    errors = []\n    if x not in ('a', 'b'):\n        errors.append('bad')\n    return errors\nerrors = check(q)\nif errors:\n    flash('no')\n    return redirect('/')\nos.system(q)"),
			view("def check(x):\n    errors = []\n    if len(x) > 9:\n        errors.append('bad')\n    return errors\nerrors = check(q)\nif errors:\n    flash('no')\n    return redirect('/')\nos.system(q)"),
		},
		"a message of a function": {
			view("def check(x):\n    if x not in ('a', 'b'):\n        return 'bad'\nerror = check(q)\nif error:\n    return error\nos.system(q)"),
			view("def check(x):\n    if x not in ('a', 'b'):\n        return None\nerror = check(q)\nif error:\n    return error\nos.system(q)"),
		},
		"two results": {
			view("def check(x):\n    if x not in ('a', 'b'):\n        return False, 'bad'\n    return True, None\ngood, error = check(q)\nif not good:\n    return error\nos.system(q)"),
			view("def check(x):\n    if x not in ('a', 'b'):\n        return False, 'bad'\n    return True, None\ngood, error = check(q)\nif good:\n    return ''\nos.system(q)"),
		},
		"the other of two results": {
			view("def check(x):\n    if x not in ('a', 'b'):\n        return None, 'bad'\n    return x, None\nx, error = check(q)\nif error:\n    return error\nos.system(q)"),
			view("def check(x):\n    if x in ('a', 'b'):\n        return None, 'bad'\n    return x, None\nx, error = check(q)\nif error:\n    return error\nos.system(q)"),
		},
		"errors that are added up": {
			view("def check(x):\n    return [] if x in ('a', 'b') else ['bad']\nerrors = []\nerrors += check(q)\nif errors:\n    return ''\nos.system(q)"),
			view("def check(x):\n    return [] if len(x) < 9 else ['bad']\nerrors = []\nerrors += check(q)\nif errors:\n    return ''\nos.system(q)"),
		},
		"what is not there": {
			view("if not q:\n    os.system(q)"),
			view("if q:\n    os.system(q)"),
		},
		"try": {
			view("errors = []\ntry:\n    int(q)\nexcept ValueError:\n    errors.append('bad')\nif errors:\n    return ''\nos.system(q)"),
			view("errors = []\ntry:\n    len(q)\nexcept ValueError:\n    errors.append('bad')\nif errors:\n    return ''\nos.system(q)"),
		},
	})
}

// TestAllowLists: all the ways to see that a text is one of a few, or of a harmless sort.
func TestAllowLists(t *testing.T) {
	t.Parallel()
	const run = "\nos.system(q)"
	const no = ":\n    abort(400)\nos.system(q)"
	checks(t, flow.Command, map[string]checked{
		"a dict":                    {view("A = {'a': 'ls', 'b': 'ps'}\nos.system(A.get(q, 'ls'))"), view("A = {'a': 'ls', 'b': 'ps'}\nos.system(A.get('a', q))")},
		"an element":                {view("A = {'a': 'ls', 'b': 'ps'}\nos.system(A[q])"), view("A = {'a': 'ls', 'b': q}\nos.system(A['b'])")},
		"an element of the form":    {view("if request.args['x'] not in ('a', 'b')" + no[:17] + "os.system(request.args['x'])"), view("if request.args['x'] not in ('a', 'b')" + no[:17] + "os.system(request.args['y'])")},
		"a field by get":            {view("if request.args.get('x') in ('a', 'b'):\n    os.system(request.args.get('x'))"), view("if request.args.get('x') in ('a', 'b'):\n    os.system(request.args.get('y'))")},
		"an enumeration":            {view("import enum\nclass E(enum.Enum):\n    A = 'a'\ntry:\n    E(q)\nexcept ValueError" + no), view("import enum\nclass E(enum.Enum):\n    A = 'a'\ntry:\n    E('a')\nexcept ValueError" + no)},
		"a number":                  {view("try:\n    int(q)\nexcept ValueError" + no), view("try:\n    int(q)\nexcept ValueError:\n    flash('no')" + run)},
		"a UUID":                    {view("import uuid\nuuid.UUID(q)" + run), view("import uuid\nuuid.uuid5(uuid.NAMESPACE_DNS, q)" + run)},
		"a date":                    {view("from datetime import datetime\ntry:\n    datetime.strptime(q, '%Y-%m-%d')\nexcept ValueError" + no), view("from datetime import datetime\ntry:\n    datetime.now().strftime(q)\nexcept ValueError" + no)},
		"an address":                {view("import ipaddress\ntry:\n    ipaddress.ip_address(q)\nexcept ValueError" + no), view("import ipaddress\ntry:\n    ipaddress.ip_address('1.1.1.1')\nexcept ValueError" + no)},
		"a compiled pattern":        {view("import re\nP = re.compile(r'^[a-z0-9_]+$')\nif not P.match(q)" + no), view("import re\nP = re.compile(r'^[a-z0-9_]+')\nif not P.match(q)" + no)},
		"a pattern by search":       {view("import re\nif not re.search(r'^[a-z0-9_]+$', q)" + no), view("import re\nif not re.search(r'[a-z0-9_]+$', q)" + no)},
		"a match that is kept":      {view("import re\nm = re.match(r'^[a-z]+$', q)\nif m is None" + no), view("import re\nm = re.match(r'^.+$', q)\nif m is None" + no)},
		"other characters":          {view("import re\nif re.search(r'[^a-zA-Z0-9_-]', q)" + no), view("import re\nif re.search(r'[^a-zA-Z0-9_;-]', q)" + no)},
		"a class of characters":     {view("import re\nif not re.fullmatch(r'[\\w.-]+', q)" + no), view("import re\nif not re.fullmatch(r'[\\w.;-]+', q)" + no)},
		"classes of characters":     {view("import re\nif not re.match(r'^[a-z][a-z0-9.-]{1,9}$', q)" + no), view("import re\nif not re.match(r'^[a-z][a-z0-9.-]{1,9}', q)" + no)},
		"letters and more":          {view("if not q.replace('_', '').replace('-', '').isalnum()" + no), view("if not q.replace(';', '').isalnum()" + no)},
		"all characters":            {view("import string\nOK = set(string.ascii_letters)\nif not all(c in OK for c in q)" + no), view("OK = request.args['x']\nif not all(c in OK for c in q)" + no)},
		"each character":            {view("if any(not (c.isalnum() or c in '-_') for c in q)" + no), view("if all(not (c.isalnum() or c in '-_') for c in q)" + no)},
		"a text of characters":      {view("s = ''\nfor c in q:\n    if c.isalnum() or c in ['-', '_']:\n        s += c\nos.system(s)"), view("s = ''\nfor c in q:\n    if c.isalnum() or c in [';', '_']:\n        s += c\nos.system(s)")},
		"a set of characters":       {view("if not set(q) <= set('abc')" + no), view("if not set(q) <= set('abc;')" + no)},
		"any of a list":             {view("if not any(q == a for a in ['a', 'b'])" + no), view("if not any(q != a for a in ['a', 'b'])" + no)},
		"a loop over a list":        {view("for a in ['a', 'b']:\n    if q == a:\n        os.system(q)"), view("for a in ['a', 'b']:\n    if q != a:\n        os.system(q)")},
		"a loop with else":          {view("for a in ['a', 'b']:\n    if q == a:\n        break\nelse:\n    abort(400)" + run), view("for a in ['a', 'b']:\n    if q == a:\n        break\nelse:\n    flash('no')" + run)},
		"what a loop found":         {view("found = False\nfor a in ['a', 'b']:\n    if q == a:\n        found = True\n        break\nif not found" + no), view("found = False\nfor a in ['a', 'b']:\n    if q != a:\n        found = True\n        break\nif not found" + no)},
		"match":                     {view("match q:\n    case 'a' | 'b':\n        os.system(q)"), view("match q:\n    case 'a' | 'b':\n        pass\n    case _:\n        os.system(q)")},
		"a function's default":      {view("def clean(x):\n    return x if x in ('a', 'b') else 'a'\nos.system(clean(q))"), view("def clean(x):\n    return x if x else 'a'\nos.system(clean(q))")},
		"a function that raises":    {view("def clean(x):\n    if x not in ('a', 'b'):\n        raise ValueError\n    return x\nos.system(clean(q))"), view("def clean(x):\n    if x in ('a', 'b'):\n        raise ValueError\n    return x\nos.system(clean(q))")},
		"a function that says yes":  {view("def ok(x):\n    if x in ('a', 'b'):\n        return True\n    return False\nif ok(q):\n    os.system(q)"), view("def ok(x):\n    if x in ('a', 'b'):\n        return False\n    return True\nif ok(q):\n    os.system(q)")},
		"a function that says no":   {view("def bad(x):\n    return x not in ('a', 'b')\nif bad(q)" + no), view("def bad(x):\n    return x in ('a', 'b')\nif bad(q)" + no)},
		"a function that tries":     {view("def number(x):\n    try:\n        int(x)\n        return True\n    except ValueError:\n        return False\nif number(q):\n    os.system(q)"), view("def number(x):\n    try:\n        len(x)\n        return True\n    except ValueError:\n        return False\nif number(q):\n    os.system(q)")},
		"a name of an attribute":    {view("class M: pass\nif not hasattr(M, q)" + no), view("class M: pass\nif not hasattr(q, 'x')" + no)},
		"an attribute of an object": {view("class C: pass\nc = C()\nc.x = q\nif c.x not in ('a', 'b')" + no[:17] + "os.system(c.x)"), view("class C: pass\nc = C()\nc.x = q\nif c.x not in ('a', 'b')" + no[:17] + "c.x = q\nos.system(c.x)")},
	})
}

// TestPathChecks: a path that stays in its folder.
func TestPathChecks(t *testing.T) {
	t.Parallel()
	v := func(body string) string {
		return strings.Replace(view(body), "import os", "from pathlib import Path\nimport os", 1)
	}
	const no = ":\n    abort(403)\nopen(p)"
	checks(t, flow.Path, map[string]checked{
		"commonpath":             {v("p = os.path.realpath(os.path.join('/srv', q))\nif os.path.commonpath(['/srv', p]) != '/srv'" + no), v("p = os.path.join('/srv', q)\nif os.path.commonpath(['/srv', p]) != '/srv'" + no)},
		"what it was made of":    {v("if not os.path.realpath(os.path.join('/srv', q)).startswith('/srv/')" + no[:17] + "open(os.path.join('/srv', q))"), v("if not os.path.join('/srv', q).startswith('/srv/')" + no[:17] + "open(os.path.join('/srv', q))")},
		"is_relative_to":         {v("p = (Path('/srv') / q).resolve()\nif not p.is_relative_to('/srv')" + no), v("p = Path('/srv') / q\nif not p.is_relative_to('/srv')" + no)},
		"is_relative_to at once": {v("p = Path(q)\nif not p.resolve().is_relative_to('/srv')" + no), v("p = Path(q).resolve()\nif not p.exists()" + no)},
		"relative_to":            {v("p = Path(q).resolve()\ntry:\n    p.relative_to('/srv')\nexcept ValueError" + no), v("p = Path(q).resolve()\ntry:\n    p.relative_to('/srv')\nexcept ValueError:\n    pass\nopen(p)")},
		"parents":                {v("p = Path(q).resolve()\nif Path('/srv') not in p.parents" + no), v("p = Path(q)\nif Path('/srv') not in p.parents" + no)},
		"relpath":                {v("p = os.path.abspath(q)\nif os.path.relpath(p, '/srv').startswith('..')" + no), v("p = q\nif os.path.relpath(p, '/srv').startswith('x')" + no)},
		"dots among the parts":   {v("p = q\nif '..' in Path(p).parts" + no), v("p = q\nif 'a' in Path(p).parts" + no)},
		"safe_join": {
			v("from werkzeug.utils import safe_join\np = safe_join('/srv', q)\nif p is None" + no),
			v("p = os.path.join('/srv', q)\nif p is None" + no),
		},
		"a helper of another module": {
			"-- paths.py --\nimport os\ndef inside(base, name):\n    full = os.path.realpath(os.path.join(base, name))\n    return full.startswith(base + os.sep)\n-- app.py --\nfrom flask import *\nimport os, paths\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    q = request.args['q']\n    if not paths.inside('/srv', q):\n        abort(403)\n    return open(os.path.join('/srv', q)).read()\n",
			"-- paths.py --\nimport os\ndef inside(base, name):\n    full = os.path.join(base, name)\n    return full.startswith(base + os.sep)\n-- app.py --\nfrom flask import *\nimport os, paths\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    q = request.args['q']\n    if not paths.inside('/srv', q):\n        abort(403)\n    return open(os.path.join('/srv', q)).read()\n",
		},
		"a helper that tries": {
			v("def below(path, folder):\n    try:\n        path.relative_to(folder)\n        return True\n    except ValueError:\n        return False\np = (Path('/srv') / q).resolve()\nif not below(p, '/srv')" + no),
			v("def below(path, folder):\n    try:\n        path.relative_to(folder)\n        return True\n    except ValueError:\n        return False\np = Path('/srv') / q\nif not below(p, '/srv')" + no),
		},
		"a helper that resolves": {
			v("def below(path, folder):\n    try:\n        path.resolve().relative_to(folder)\n        return True\n    except ValueError:\n        return False\np = Path('/srv') / q\nif p == Path('/srv') or not below(p, '/srv')" + no),
			v("def below(path, folder):\n    try:\n        path.resolve().joinpath(folder)\n        return True\n    except ValueError:\n        return False\np = Path('/srv') / q\nif p == Path('/srv') or not below(p, '/srv')" + no),
		},
		"a helper that looks at the start": {
			v("def below(path):\n    return path.startswith('/srv/')\np = os.path.realpath(q)\nif not below(p)" + no),
			v("def below(path):\n    return path.startswith('/srv/')\np = q\nif not below(p)" + no),
		},
		"a helper that gives the path": {
			v("def inside(name):\n    full = os.path.realpath(os.path.join('/srv', name))\n    if not full.startswith('/srv/'):\n        return None\n    return full\nopen(inside(q))"),
			v("def inside(name):\n    full = os.path.realpath(os.path.join('/srv', name))\n    if not full:\n        return None\n    return full\nopen(inside(q))"),
		},
		"a helper that raises by safe_join": {
			v("from werkzeug.utils import safe_join\ndef inside(name):\n    full = safe_join('/srv', name)\n    if full is None:\n        raise ValueError\n    return full\nopen(inside(q))"),
			v("def inside(name):\n    full = '/srv/' + name\n    if full is None:\n        raise ValueError\n    return full\nopen(inside(q))"),
		},
	})
}

// TestHostChecks: an address of a known host.
func TestHostChecks(t *testing.T) {
	t.Parallel()
	v := func(body string) string {
		return strings.Replace(view(body), "import os", "from urllib.parse import urlparse, urljoin\nimport requests, ipaddress, socket, os", 1)
	}
	const no = ":\n    abort(400)\nrequests.get(q)"
	checks(t, flow.Address, map[string]checked{
		"hostname":              {v("if urlparse(q).hostname not in ('good.com', 'x.com')" + no), v("if 'good.com' not in q" + no)},
		"hostname that is kept": {v("host = urlparse(q).hostname\nif host != 'good.com'" + no), v("host = urlparse(q).path\nif host != 'good.com'" + no)},
		"netloc of a parsed":    {v("u = urlparse(q)\nif u.netloc == 'good.com':\n    requests.get(q)"), v("u = urlparse(q)\nif u.scheme == 'https':\n    requests.get(q)")},
		"the end of a host":     {v("if not urlparse(q).hostname.endswith('.good.com')" + no), v("if not urlparse(q).hostname.endswith('good.com')" + no)},
		"the end of a text":     {v("if not q.startswith('https://good.com/')" + no), v("if not q.endswith('.good.com')" + no)},
		"a host without an end": {v("if not q.startswith(('https://good.com/', 'https://x.com/'))" + no), v("if not q.startswith('https://good.com')" + no)},
		"not for visitors":      {v("ip = ipaddress.ip_address(socket.gethostbyname(q))\nif ip.is_private" + no), v("ip = ipaddress.ip_address(socket.gethostbyname(q))\nif ip.is_multicast" + no)},
		"one of a list":         {v("host = urlparse(q).hostname or ''\nif not any(host == h or host.endswith('.' + h) for h in current_app.config['HOSTS'])" + no), v("host = urlparse(q).hostname or ''\nif not any(host == h or host.endswith(h) for h in current_app.config['HOSTS'])" + no)},
		"a helper that raises": {
			v("def public(u):\n    for i in socket.getaddrinfo(urlparse(u).hostname, 80):\n        if not ipaddress.ip_address(i[4][0]).is_global:\n            raise ValueError(u)\npublic(q)\nrequests.get(q)"),
			v("def public(u):\n    for i in socket.getaddrinfo(urlparse(u).hostname, 80):\n        if not ipaddress.ip_address(i[4][0]).is_global:\n            log(u)\npublic(q)\nrequests.get(q)"),
		},
		"a helper that answers": {
			v("def is_public(u):\n    return not ipaddress.ip_address(socket.gethostbyname(urlparse(u).hostname)).is_private\nif not is_public(q)" + no),
			v("def is_public(u):\n    return ipaddress.ip_address(socket.gethostbyname(urlparse(u).hostname)).version == 4\nif not is_public(q)" + no),
		},
		"a helper that says what is inside": {
			v("def is_private(u):\n    return ipaddress.ip_address(u).is_private or ipaddress.ip_address(u).is_loopback\nif is_private(urlparse(q).hostname)" + no),
			v("def is_private(u):\n    return ipaddress.ip_address(u).is_private or ipaddress.ip_address(u).is_loopback\nif not is_private(urlparse(q).hostname)" + no),
		},
		"a helper with a list of the app's": {
			v("def check(u):\n    host = urlparse(u).hostname\n    if host not in current_app.config['HOSTS']:\n        abort(400)\ncheck(q)\nrequests.get(q)"),
			v("def check(u):\n    host = urlparse(u).hostname\n    if host in ('localhost', '127.0.0.1'):\n        abort(400)\ncheck(q)\nrequests.get(q)"),
		},
		"a helper that another one asks": {
			v("def inner(h):\n    return ipaddress.ip_address(h).is_private\ndef check(u):\n    if inner(urlparse(u).hostname):\n        raise ValueError(u)\ncheck(q)\nrequests.get(q)"),
			v("def inner(h):\n    return h.isascii()\ndef check(u):\n    if inner(urlparse(u).hostname):\n        raise ValueError(u)\ncheck(q)\nrequests.get(q)"),
		},
		"a helper that gives back what it lets through": {
			v("def public(h):\n    return all(ipaddress.ip_address(i[4][0]).is_global for i in socket.getaddrinfo(h, None))\ndef check(u):\n    parts = urlparse(u)\n    if not public(parts.hostname):\n        raise ValueError(u)\n    return u\nrequests.get(check(q))"),
			v("def public(h):\n    return all(ipaddress.ip_address(i[4][0]).is_global for i in socket.getaddrinfo(h, None))\ndef check(u):\n    parts = urlparse(u)\n    if not public('example.com'):\n        raise ValueError(u)\n    return u\nrequests.get(check(q))"),
		},
		"a helper": {v("def known(u):\n    return urlparse(u).hostname in ('good.com',)\nif not known(q)" + no), v("def known(u):\n    return 'good.com' in u\nif not known(q)" + no)},
	})
	const to = ":\n    q = '/'\nreturn redirect(q)"
	checks(t, flow.Redirect, map[string]checked{
		"a path of this site": {v("if not q.startswith('/') or q.startswith('//')" + to), v("if not q.startswith('/')" + to)},
		"by a pattern":        {v("import re\nif not re.match(r'^/[a-z0-9_-][a-z0-9/_-]*$', q)" + to), v("import re\nif not re.match(r'^/[a-z0-9/_-]*$', q)" + to)},
		"a pattern, no host":  {v("import re\nif not re.match(r'^/[a-z0-9/_-]*$', q) or q.startswith('//')" + to), v("import re\nif not re.match(r'^[a-z0-9:/_-]*$', q) or q.startswith('//')" + to)},
		"slashes cut off":     {v("return redirect('/' + q.lstrip('/'))"), v("return redirect('/' + q.lstrip('.'))")},
		"a folder":            {v("if not q.startswith('/app/')" + to), v("if not q.startswith('//app/')" + to)},
		"this site's host":    {v("if urlparse(q).netloc != request.host" + to), v("if urlparse(q).path != request.host" + to)},
		"joined, no slashes": {
			v("ref = urlparse(request.host_url)\ntest = urlparse(urljoin(request.host_url, q))\nif ref.netloc != test.netloc or q.startswith(('//', '/a'))" + to),
			v("ref = urlparse(request.host_url)\ntest = urlparse(urljoin(request.host_url, q))\nif ref.netloc != test.netloc or q.startswith('/a')" + to),
		},
		"this site's address": {v("if not q.startswith(request.host_url)" + to), v("if not q.startswith('https://good.com')" + to)},
		"by name": {
			v("from django.utils.http import url_has_allowed_host_and_scheme\nif not url_has_allowed_host_and_scheme(q, request.host)" + to),
			v("ref = urlparse(request.host_url)\ntest = urlparse(urljoin(request.host_url, q))\nif ref.netloc != test.netloc" + to),
		},
	})
}

// TestSaved: only what was uploaded is saved under the name that is given.
func TestSaved(t *testing.T) {
	t.Parallel()
	checks(t, flow.Path, map[string]checked{
		"a store":   {view("from shop import store\nstore.save(q)"), view("request.files['f'].save(q)")},
		"a picture": {view("from shop import Thing\nThing.load(1).file.save(q)"), view("from PIL import Image\nImage.open('a').save(q)")},
		"a helper":  {view("def keep(store, x):\n    store.save(x)\nkeep(1, q)"), view("def keep(f):\n    f.save('up/' + f.filename)\nkeep(request.files['f'])")},
		"a form's":  {view("from shop import form\nform.save(q)"), view("from flask_wtf import FlaskForm\nfrom wtforms import FileField\nclass F(FlaskForm):\n    f = FileField()\nform = F()\nform.f.data.save('up/' + form.f.data.filename)")},
	})
}

// TestWeakChecks: a check that can be passed by is no guard, but says that somebody looked.
func TestWeakChecks(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"p = os.path.realpath(q)\nif p.startswith('/srv'):\n    open(p)":                                                       true,
		"p = os.path.realpath(q)\nif p.startswith('/srv'):\n    pass\nopen(p)":                                                 false,
		"p = q\nif p.startswith('/srv'):\n    open(p)":                                                                         false,
		"from urllib.parse import urlparse\nif not q or urlparse(q).netloc != '':\n    q = '/'\nreturn redirect(q)":            true,
		"from urllib.parse import urlparse\nu = urlparse(q)\nif u.netloc or u.scheme:\n    q = '/'\nreturn redirect(q)":        true,
		"from urllib.parse import urlparse\nif urlparse(q).netloc not in ('', request.host):\n    q = '/'\nreturn redirect(q)": true,
		"from urllib.parse import urlparse\nif not q or urlparse(q).path != '':\n    q = '/'\nreturn redirect(q)":              false,
	} {
		all := follow(t, view(body))
		if !has(all, flow.Path|flow.Redirect) {
			t.Errorf("not found:\n%s", body)
		}
		for _, f := range all {
			if f.Weak != want {
				t.Errorf("weak: %v\n%s", f.Weak, body)
			}
		}
	}
}

// TestBeginnings: a text whose beginning the program has written leads where the program says.
func TestBeginnings(t *testing.T) {
	t.Parallel()
	v := func(body string) string {
		return strings.Replace(view(body), "import os", "from urllib.parse import urljoin\nimport requests, os", 1)
	}
	const get = "def get(u):\n    return requests.get(u)\n"
	checks(t, flow.Address, map[string]checked{
		"a host, handed on":    {v(get + "get('https://good.com/' + q)"), v(get + "get('https://good.com' + q)")},
		"a host of settings":   {v("requests.get(f\"{app.config['API']}/users/{q}\")"), v("requests.get(f\"{app.config['API']}{q}\")")},
		"a scheme of settings": {v("requests.get('%s/x/%s' % (app.config['API'], q))"), v("requests.get('%s://%s/x' % (app.config['API'], q))")},
		"a folder of theirs":   {v("requests.get('{}/{}'.format(app.config['API'], q))"), v("requests.get('{}/{}'.format(q, app.config['API']))")},
		"joined":               {v("requests.get('https://good.com/' + q)"), v("requests.get(urljoin('https://good.com/', q))")},
	})
	checks(t, flow.Redirect, map[string]checked{
		"a path that may end": {v("p = '/app/' + q\nif q:\n    p = p + '?a'\nelse:\n    p = None\nreturn redirect(p)"), v("p = '/' + q\nif q:\n    p = p + '?a'\nelse:\n    p = None\nreturn redirect(p)")},
		"this site":           {v("return redirect(url_for('v') + '?x=' + q)"), v("return redirect(q + '?x=' + url_for('v'))")},
		"the server's port":   {v("return redirect('https://good.com:' + request.environ.get('SERVER_PORT'))"), v("return redirect('https://good.com:' + request.environ.get('HTTP_X_PORT'))")},
	})
	const form = "from flask import *\nfrom flask_sqlalchemy import SQLAlchemy\nfrom flask_pymongo import PyMongo\nfrom flask_wtf import FlaskForm\nfrom wtforms import StringField\napp = Flask(__name__)\ndb = SQLAlchemy(app)\nclass N(db.Model):\n    n = db.Column(db.String)\nclass F(FlaskForm):\n    n = StringField()\n@app.route('/', methods=['POST'])\ndef v():\n"
	checks(t, flow.NoSQL, map[string]checked{
		"a field of a form": {form + "    PyMongo(app).db.n.find_one({'n': F().n.data})\n", form + "    PyMongo(app).db.n.find_one({'n': request.json['n']})\n"},
	})
	checks(t, flow.Attributes, map[string]checked{
		"the fields of a form": {form + "    N(**F().data)\n", form + "    N(**request.form)\n"},
	})
}
