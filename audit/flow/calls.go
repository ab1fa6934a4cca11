package flow

import "slices"

// knownCalls is what the functions of well-known packages do. Sources: their reference docs;
// the CWE of each kind is in audit/rules.
func knownCalls() map[string]callSpec {
	all := map[string]callSpec{}
	add := func(spec callSpec, paths ...string) {
		for _, p := range paths {
			all[p] = spec
		}
	}
	shell := callSpec{uses: uses(Command, 0, "cmd")}
	add(shell, "os.system", "os.popen", "commands.getoutput", "commands.getstatusoutput", "subprocess.getoutput", "subprocess.getstatusoutput",
		"asyncio.create_subprocess_shell", "pty.spawn", "popen2.popen2")
	all["flask_multipass.Multipass().logout"] = callSpec{uses: uses(Redirect, 0, "return_url")}
	add(callSpec{uses: uses(Program, 0, "path")}, "os.execv", "os.execl", "os.execve", "os.spawnl", "os.spawnv", "os.startfile")
	code := callSpec{uses: uses(Code, 0, "source")}
	add(code, "builtins.eval", "builtins.exec", "builtins.compile", "builtins.execfile", "code.InteractiveInterpreter().runsource", "js2py.eval_js", "timeit.timeit")
	add(callSpec{uses: uses(Code, 0, "name")}, "importlib.import_module", "builtins.__import__")

	path := callSpec{uses: uses(Path, 0, "path")}
	add(path, "os.remove", "os.unlink", "os.rmdir", "os.mkdir", "os.makedirs", "os.listdir", "os.scandir", "os.open", "os.chmod", "shutil.rmtree",
		"os.walk", "flask.send_file", "werkzeug.utils.send_file", "zipfile.ZipFile", "tarfile.open", "linecache.getlines")
	add(path, probes()...)
	add(callSpec{uses: uses(Path, 0, "file")}, "builtins.open", "io.open", "codecs.open", "builtins.file", "aiofiles.open")
	add(callSpec{uses: uses(Path, 0, "directory")}, "flask.send_from_directory")
	add(callSpec{uses: uses(Path, 0, "pathname")}, "glob.glob", "glob.iglob", "pathlib.Path().glob", "pathlib.Path().rglob")
	add(callSpec{uses: []argUse{{Path, 0, "src"}, {Path, 1, "dst"}}}, "os.rename", "os.replace", "shutil.copy", "shutil.copyfile", "shutil.copy2",
		"shutil.move", "shutil.copytree", "os.symlink", "os.link")
	for _, p := range []string{"open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "iterdir", "exists", "is_file", "is_dir"} {
		all["pathlib.Path()."+p] = callSpec{on: Path}
	}

	add(callSpec{uses: uses(Address, 0, "url")}, "requests.get", "requests.post", "requests.put", "requests.delete", "requests.head", "requests.patch",
		"requests.options", "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.urlopen", "urllib2.urlopen", "httpx.get", "httpx.post", "httpx.put",
		"httpx.head", "httpx.delete", "requests.Session().get", "requests.Session().post", "requests.session().get", "requests.session().post",
		"httpx.Client().get", "httpx.Client().post", "httpx.AsyncClient().get", "aiohttp.ClientSession().get", "aiohttp.ClientSession().post",
		"urllib.request.Request", "http.client.HTTPConnection", "http.client.HTTPSConnection", "feedparser.parse", "wget.download")
	add(callSpec{uses: uses(Address, 1, "url")}, "requests.request", "httpx.request", "requests.Session().request", "urllib3.PoolManager().request")
	add(callSpec{uses: uses(Address, 1, "value")}, "pycurl.Curl().setopt")

	add(callSpec{uses: uses(Deserialise, 0, "data")}, "pickle.loads", "pickle.load", "pickle.Unpickler", "cPickle.loads", "cPickle.load", "dill.loads", "dill.load",
		"marshal.loads", "marshal.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.unsafe_load_all", "jsonpickle.decode", "jsonpickle.loads",
		"shelve.open", "joblib.load", "cloudpickle.loads", "pandas.read_pickle", "numpy.load", "torch.load", "ruamel.yaml.load")
	add(callSpec{gives: givesFirst}, "xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.parse", "xmltodict.parse", "lxml.etree.iterparse")

	add(callSpec{uses: uses(Template, 0, "source")}, "jinja2.Template", "jinja2.Environment().from_string", "mako.template.Template",
		"flask.Flask().jinja_env.from_string", "flask.current_app.jinja_env.from_string", "jinja2.environment.Template", "tornado.template.Template", "chameleon.PageTemplate")
	add(callSpec{uses: nil}, "jinja2.sandbox.SandboxedEnvironment().from_string", "jinja2.sandbox.ImmutableSandboxedEnvironment().from_string")
	add(callSpec{uses: uses(SQL, 0, "text"), gives: givesFirst}, "sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "flask_sqlalchemy.SQLAlchemy().text",
		"sqlalchemy.literal_column", "sqlalchemy.sql.literal_column", "pandas.read_sql", "pandas.read_sql_query")
	add(callSpec{uses: uses(Regex, 0, "pattern")}, "re.compile", "re.match", "re.search", "re.findall", "re.fullmatch", "re.split", "re.finditer")
	add(callSpec{uses: uses(Regex, 0, "pattern"), gives: givesAll}, "re.sub", "re.subn")
	add(callSpec{uses: uses(Log, -1, "")}, "logging.debug", "logging.info", "logging.warning", "logging.error", "logging.critical", "logging.exception", "logging.log")
	add(callSpec{uses: uses(XPath, 0, "path"), gives: givesNothing}, "lxml.etree.XPath", "elementpath.select")
	add(callSpec{uses: uses(XPath, 1, "path"), gives: givesNothing}, "elementpath.select")

	sanitizers(add)
	subprocesses(all)
	add(callSpec{never: true}, "flask.abort", "sys.exit", "os._exit", "werkzeug.exceptions.abort", "flask_restful.abort", "flask_restx.abort", "builtins.exit", "builtins.quit")
	return all
}

// probes are the functions that only tell whether there is a file, and what kind of.
func probes() []string {
	return []string{"os.path.exists", "os.path.isfile", "os.stat", "pathlib.Path().exists", "pathlib.Path().is_file", "pathlib.Path().is_dir"}
}

// Probes reports whether a flow ends where a file is only looked for: less harm is done there
// than where it is opened.
func (f *Flow) Probes() bool { return f.Kind == Path && slices.Contains(probes(), f.What) }

// subprocesses are those that no shell reads, and a few that stand alone.
func subprocesses(all map[string]callSpec) {
	all["asyncio.create_subprocess_exec"] = callSpec{uses: uses(Program, 0, "program")}
	all["ldap3.Connection().search"] = callSpec{uses: []argUse{{LDAP, 0, "search_base"}, {LDAP, 1, "search_filter"}}}
}

// sanitizers give back what they are given, made harmless for some uses.
func sanitizers(add func(callSpec, ...string)) {
	add(callSpec{gives: givesFirst, safe: HTML | Header | Log}, "markupsafe.escape", "flask.escape", "html.escape", "cgi.escape", "xml.sax.saxutils.escape",
		"jinja2.escape", "werkzeug.utils.escape", "markupsafe.escape_silent")
	add(callSpec{gives: givesFirst, safe: Markup}, "bleach.clean", "nh3.clean", "lxml.html.clean.clean_html", "flask.json.htmlsafe_dumps", "lxml_html_clean.clean_html")
	add(callSpec{gives: givesFirst, safe: Command | Program}, "shlex.quote", "pipes.quote")
	add(callSpec{gives: givesFirst, safe: Path | Command | HTML | Header}, "werkzeug.utils.secure_filename", "werkzeug.secure_filename")
	add(callSpec{gives: givesFirst, safe: Path}, "os.path.basename", "ntpath.basename", "posixpath.basename", "django.utils._os.safe_join")
	add(callSpec{gives: givesAll, safe: Path}, "werkzeug.security.safe_join", "werkzeug.utils.safe_join", "flask.safe_join", "flask.helpers.safe_join")
	add(callSpec{gives: givesFirst, safe: normal}, "os.path.realpath", "os.path.abspath", "os.path.normpath", "pathlib.Path().resolve")
	add(callSpec{gives: givesFirst, safe: HTML | URL | HTMLAttr | Script | Header | Log | Redirect | Address | Path | Command | SQL}, "urllib.parse.quote", "urllib.parse.quote_plus", "urllib.quote",
		"urllib.parse.urlencode", "werkzeug.urls.url_quote", "werkzeug.urls.url_encode")
	add(callSpec{gives: givesFirst, safe: LDAP}, "ldap.filter.escape_filter_chars", "ldap3.utils.conv.escape_filter_chars", "ldap.dn.escape_dn_chars")
	add(callSpec{gives: givesFirst, safe: Regex}, "re.escape")
	add(callSpec{gives: givesFirst, safe: Header | Log}, "json.dumps", "builtins.repr", "simplejson.dumps", "flask.json.dumps")
	add(callSpec{gives: givesFirst, safe: encoded}, "base64.b64encode", "binascii.hexlify", "base64.urlsafe_b64encode", "base64.b32encode", "base64.standard_b64encode",
		"binascii.b2a_base64", "base64.encodebytes", "base64.b16encode")
	add(callSpec{gives: givesFirst, undo: Every | encoded}, "base64.b64decode", "base64.urlsafe_b64decode", "base64.b32decode", "binascii.unhexlify", "base64.standard_b64decode",
		"urllib.parse.unquote", "urllib.parse.unquote_plus", "html.unescape", "base64.decodebytes", "base64.b16decode", "binascii.a2b_base64")
	add(callSpec{gives: givesFirst}, "json.loads", "flask.json.loads", "yaml.safe_load",
		"urllib.parse.urlparse", "urllib.parse.urlsplit", "ast.literal_eval", "os.fsdecode", "pathlib.Path", "pathlib.PurePath", "textwrap.dedent")
	add(callSpec{gives: givesFirst, safe: Path}, "io.BytesIO", "io.StringIO") // it is read, not opened
}
