package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/rules"
)

// app starts the sources of TestAttacks that have views.
const app = `from flask import *
from flask_login import current_user, login_required
app = Flask(__name__)
`

// closed is an app whose views ask for a login.
const closed = app + `@app.get("/a")
@login_required
def a(): return render_template("a.html")
@app.post("/b")
@login_required
def b(): return render_template("b.html")
@app.post("/c")
@login_required
def c(): return render_template("c.html")
`

// attacks are what an attacker finds, at the lines with a mark, and what only looks like it,
// without one: each stands for a condition that no sample would miss.
var attacks = []struct{ rule, name, source string }{
	{"exposed-files", "the source is listed", app + "AutoIndex(app, browse_root='.')  # <- exposed-files\n"},
	{"exposed-files", "the source is the folder of static files", app + "import os\nweb = Flask('web', static_folder=os.path.dirname(os.path.realpath(__file__)))  # <- exposed-files\n"},
	{"exposed-files", "a file that the app chooses", app + "@app.get('/robots.txt')\ndef robots():\n    return send_from_directory('.', 'robots.txt')\n"},
	{"database-open", "a database for everybody", "-- compose.yml --\nservices:\n  db:\n    image: mariadb:11\n    ports: [\"0.0.0.0:3306:3306\"]  # <- database-open\n    environment:\n      MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: \"1\"\n"},
	{"database-open", "a database with a password", "-- compose.yml --\nservices:\n  db:\n    image: mysql:8\n    ports: [\"3306:3306\"]\n    environment:\n      MYSQL_ALLOW_EMPTY_PASSWORD: \"1\"\n      MYSQL_ROOT_PASSWORD: ${ROOT}\n"},
	{"database-open", "a user without a name in the file", "-- compose.yml --\nservices:\n  db:\n    image: mongo:7\n    ports: [\"27017:27017\"]\n    environment:\n      MONGO_INITDB_ROOT_PASSWORD_FILE: /run/secrets/root\n"},
	{"database-open", "a port of this machine only", "-- compose.yml --\nservices:\n  db:\n    image: redis\n    ports:\n      - target: 6379\n        published: 6379\n        host_ip: 127.0.0.1\n"},
	{"cookie-flags", "a session that scripts read", app + "@app.get('/in')\ndef enter():\n    r = make_response('')\n    r.set_cookie('session_id', make(), secure=True, samesite='Lax', httponly=False)  # <- cookie-flags\n    return r\n"},
	{"cookie-flags", "a cookie that is named by its key", app + "@app.get('/in')\ndef enter():\n    r = make_response('')\n    r.set_cookie(key='session_id', value=make())  # <- cookie-flags\n    return r\n"},
	{"cookie-flags", "a login that every site may use", app + "app.config['REMEMBER_COOKIE_SAMESITE'] = 'None'  # <- cookie-flags\n"},
	{"csrf-off", "a hook that checks who signed", app + "@app.post('/pushed')\n@csrf.exempt\ndef pushed():\n    if not hmac.compare_digest(made(request.data), request.form['mac']): abort(403)\n    db.session.add(Row(request.form['x']))\n    db.session.commit()\n"},
	{"csrf-off", "a form in a page of whoever is logged in", app + "@app.post('/name')\n@login_required\ndef name():\n    form = NameForm(meta={'csrf': False})  # <- csrf-off\n    current_user.name = form.name.data\n    db.session.commit()\n    return ''\n"},
	{"csrf-missing", "a button without a field", app + "@app.post('/close')  # <- csrf-missing\n@login_required\ndef close():\n    db.session.delete(current_user)\n    db.session.commit()\n    return ''\n"},
	{"debug-on", "a debugger for a middleware", "from werkzeug.debug import DebuggedApplication\nfrom web import app\napp = DebuggedApplication(app, True)  # <- debug-on\n"},
	{"debug-on", "a debugger by its place", app + "app.run('0.0.0.0', 80, True)  # <- debug-on\n"},
	{"debug-on", "a debugger where the environment says nothing", app + "import os\napp.run(debug=os.environ.get('DEBUG', 'True').lower() == 'true')  # <- debug-on\n"},
	{"debug-on", "a debugger that the environment asks for", app + "import os\napp.run(debug=os.environ.get('DEBUG') == '1')\n"},
	{"debug-on", "somebody else's default", app + "app.run(debug=options.get('debug', True))\n"},
	{"user-enumeration", "an account that is taken", app + "@app.post('/register')\ndef register():\n    if User.query.filter_by(email=request.form['email']).first():\n        return 'this account already exists'  # <- user-enumeration unsure\n    return ''\n"},
	{"user-enumeration", "a line of the log", app + "@app.post('/login')\ndef login():\n    user = User.query.filter_by(name=request.form['name']).first()\n    if user is None:\n        app.logger.info('unknown user')\n    if user is None or not user.check_password(request.form['password']):\n        abort(401)\n    return ''\n"},
	{"user-enumeration", "another status for who is unknown", app + "@app.post('/login')\ndef login():\n    user = User.query.filter_by(name=request.form['name']).first()\n    if user is None:\n        abort(404)  # <- user-enumeration\n    if not user.check_password(request.form['password']):\n        abort(401)\n    login_user(user)\n    return ''\n"},
	{"secret-in-answer", "a password by its keyword", app + "@app.get('/u/<int:id>')\ndef u(id):\n    user = User.query.get(id)\n    return jsonify(name=user.name, password=user.password)  # <- secret-in-answer\n"},
	{"fast-password-hash", "an old name for hashing", "from passlib.hash import md5_crypt\nkept = md5_crypt.encrypt(password)  # <- fast-password-hash\n"},
	{"fast-password-hash", "a check of an old hash", "from passlib.hash import md5_crypt\nif md5_crypt.verify(password, kept): pass\n"},
	{"fast-password-hash", "a hash that is fed", "import hashlib\ndef keep(user, password):\n    h = hashlib.sha256()  # <- fast-password-hash\n    h.update(password.encode())\n    user.password = h.hexdigest()\n"},
	{"cors-any", "every origin in the settings", app + "app.config['CORS_ORIGINS'] = '*'  # <- cors-any\n"},
	{"cors-any", "an origin that is only asked for its end", app + "@app.after_request\ndef open_up(r):\n    origin = request.headers['Origin']\n    if origin.endswith('shop.example'):\n        r.headers['Access-Control-Allow-Origin'] = origin  # <- cors-any\n        r.headers['Access-Control-Allow-Credentials'] = 'true'\n    return r\n"},
	{"cors-any", "an origin of a list", app + "@app.after_request\ndef open_up(r):\n    origin = request.origin\n    if origin in ALLOWED:\n        r.headers['Access-Control-Allow-Origin'] = origin\n        r.headers['Access-Control-Allow-Credentials'] = 'true'\n    return r\n"},
	{"missing-login", "a list of decorators that ask", app + "class Users(MethodView):\n    decorators = [login_required]\n    def delete(self, id):\n        db.session.delete(User.query.get(id))\n        db.session.commit()\napp.add_url_rule('/admin/users/<id>', view_func=Users.as_view('users'))\n"},
	{"missing-login", "a question before all requests", closed + "def ask():\n    if 'user' not in session: abort(401)\napp.before_request(ask)\n@app.post('/admin/users/delete')\ndef drop():\n    db.session.delete(User.query.get(request.form['id']))\n    db.session.commit()\n"},
	{"missing-login", "what runs before asks nothing", closed + "def count():\n    if request.path == '/x': abort(404)\napp.before_request(count)\n@app.post('/admin/users/delete')  # <- missing-login\ndef drop():\n    db.session.delete(User.query.get(request.form['id']))\n    db.session.commit()\n"},
	{"foreign-object", "who owns it is asked", app + "@app.get('/note/<int:id>')\n@login_required\ndef note(id):\n    note = Note.query.get_or_404(id)\n    if note.user_id != current_user.id: abort(403)\n    return note.text\nclass Note(db.Model):\n    id = db.Column(db.Integer)\n    user_id = db.Column(db.ForeignKey('user.id'))\n"},
	{"foreign-object", "who owns it is not asked", app + "@app.get('/note/<int:id>')\n@login_required\ndef note(id):\n    note = Note.query.get_or_404(id)  # <- foreign-object\n    return note.text\nclass Note(db.Model):\n    id = db.Column(db.Integer)\n    user_id = db.Column(db.ForeignKey('user.id'))\n"},
	{"foreign-object", "deleted by anybody's id", app + "@app.delete('/note/<id>')\n@login_required\ndef note(id):\n    db.notes.find_one_and_delete({'_id': id})  # <- foreign-object\n    return ''\n"},
	{"foreign-object", "deleted by whose it is", app + "@app.delete('/note/<id>')\n@login_required\ndef note(id):\n    db.notes.find_one_and_delete({'_id': id, 'owner': current_user.id})\n    return ''\n"},
	{"plain-password", "a column that hashes itself", app + "class User(db.Model):\n    password = db.Column(PasswordType(schemes=['pbkdf2_sha512']))\n@app.post('/register')\ndef register():\n    db.session.add(User(password=request.form['password']))\n    db.session.commit()\n"},
	{"plain-password", "a constructor that hashes", app + "class User(db.Model):\n    password = db.Column(db.String)\n    def __init__(self, password):\n        self.set_password(password)\n@app.post('/register')\ndef register():\n    db.session.add(User(password=request.form['password']))\n    db.session.commit()\n"},
	{"short-password", "six letters are enough", app + "@app.post('/register')\ndef register():\n    password = request.form['password']\n    if len(password) < 6:  # <- short-password\n        abort(400)\n    create(password)\n"},
	{"short-password", "words are not letters", app + "@app.post('/register')\ndef register():\n    password = request.form['password']\n    if len(password.split()) < 4:\n        abort(400)\n    create(password)\n"},
	{"weak-random", "a token in a dict", "import random\ndef reset(user):\n    return {'reset_token': random.randint(1, 999999)}  # <- weak-random\n"},
	{"weak-reset", "a token that is a hash of a name", app + "@app.post('/forgot')\ndef forgot():\n    user = User.query.filter_by(email=request.form['email']).first()\n    user.reset_token = hashlib.md5(user.email.encode()).hexdigest()  # <- weak-reset\n    db.session.commit()\n    mail(user.email, user.reset_token)\n    return ''\n"},
	{"weak-reset", "a token that is a hash of a secret", app + "@app.post('/forgot')\ndef forgot():\n    user = User.query.filter_by(email=request.form['email']).first()\n    user.reset_token = hashlib.sha256((user.email + current_app.secret_key).encode()).hexdigest()\n    db.session.commit()\n    mail(user.email, user.reset_token)\n    return ''\n"},
	{"role-from-client", "a cookie that says admin", app + "@app.get('/all')\ndef everything():\n    role = request.cookies.get('role')\n    if role == 'admin':  # <- role-from-client\n        return secrets()\n    return ''\n"},
	{"role-from-client", "a role in a cookie in small letters", app + "@app.get('/all')\ndef everything():\n    if request.cookies.get('role').lower() == 'admin':  # <- role-from-client\n        return secrets()\n    return ''\n"},
	{"missing-role-check", "anybody bans", app + "@app.post('/users/<int:id>/ban')\n@login_required\ndef ban_user(id):\n    user = User.query.get(id)\n    user.banned = True\n    db.session.commit()\n    return ''\n"},
	{"hardcoded-secret", "a password in a command", "-- compose.yml --\nservices:\n  cache:\n    image: redis\n    command: redis-server --requirepass n0tThe0ne  # <- hardcoded-secret\n"},
	{"hardcoded-secret", "a password of a variable in a command", "-- compose.yml --\nservices:\n  cache:\n    image: redis\n    command: redis-server --requirepass ${REDIS_PASSWORD}\n"},
	{"hardcoded-secret", "an address in a command", "-- Procfile --\n# <- hardcoded-secret\nworker: celery --broker redis://:s3cr3t@cache.shop.dev:6379/0\n"},
	{"secret-key", "a key in an example to copy", "-- .env.example --\nSECRET_KEY=\n# <- secret-key\nJWT_SECRET_KEY=9c2f7be01d5a48e3b6c0a1f4d7e8923b\n"},
	{"session-fixation", "a session's id from a form", app + "@app.post('/login')\ndef login():\n    sid = request.form['sid']  # <- session-fixation\n    r = redirect('/')\n    r.set_cookie('sessionid', sid)\n    return r\n"},
	{"logout-keeps-session", "there is no logout", app + "@app.get('/logout')\ndef logout():\n    abort(404)\n"},
	{"debug-on", "a section of another tool", "-- config.ini --\n[logging]\ndebug = true\n"},
	{"debug-on", "a section of the app", "-- config.ini --\n[app]\n# <- debug-on\ndebug = true\n"},
	{"tls-verify-off", "no request checks certificates", "import ssl\nssl._create_default_https_context = ssl._create_unverified_context  # <- tls-verify-off\n"},
	{"header-trusted", "an address that anybody writes", app + "@app.get('/internal')\ndef internal():\n    if request.headers.get('X-Forwarded-For') == '127.0.0.1':  # <- header-trusted\n        return secrets()\n    abort(403)\n"},
	{"login-unlimited", "a limiter by name", app + "@app.post('/login')\n@limiter.limit('5 per minute')\ndef login():\n    if not check_password_hash(find(request.form['name']), request.form['password']): abort(401)\n    return ''\n"},
	{"login-unlimited", "a class with a limiter", app + "class Login(MethodView):\n    decorators = [limiter.limit('5 per minute')]\n    def post(self):\n        if not check_password_hash(find(request.form['name']), request.form['password']): abort(401)\n        return ''\napp.add_url_rule('/login', view_func=Login.as_view('login'))\n"},
	{"login-unlimited", "as many as one likes", app + "@app.post('/login')  # <- login-unlimited\ndef login():\n    if not check_password_hash(find(request.form['name']), request.form['password']): abort(401)\n    return ''\n"},
	{"secret-logged", "a password in a sum", app + "@app.post('/login')\ndef login():\n    app.logger.info('in: ' + request.form['password'])  # <- secret-logged\n    return ''\n"},
	{"upload-overwrite", "a name of the app's own", app + "@app.post('/up')\ndef up():\n    f = request.files['f']\n    f.save(os.path.join('up', uuid4().hex))\n    return ''\n"},
	{"hardcoded-secret", "a list of accounts", app + "def seed():\n    users = [('admin', 'Geheim77'), ('eve', 'Sommer99')]  # <- hardcoded-secret\n    for name, password in users:\n        db.session.add(User(name=name, password=password))\n"},
	{"hardcoded-secret", "a list of places", app + "def seed():\n    users = [('Berlin Mitte', 'Geheim77'), ('Hamburg Nord', 'Sommer99')]\n    for name, password in users:\n        db.session.add(User(name=name, password=password))\n"},
}

// TestAttacks: see attacks.
func TestAttacks(t *testing.T) {
	t.Parallel()
	all := map[string]*rules.Rule{}
	for _, r := range rules.All() {
		all[r.ID] = r
	}
	for _, c := range attacks {
		if all[c.rule] == nil {
			t.Errorf("there is no rule %s", c.rule)
			continue
		}
		if want, got := lines(t, all[c.rule], c.source); !slices.Equal(want, got) {
			t.Errorf("%s: %s: found %v, want %v in\n%s", c.rule, c.name, got, want, strings.TrimPrefix(c.source, app))
		}
	}
}
