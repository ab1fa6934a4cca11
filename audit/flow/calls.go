package flow

import "slices"

// adder adds what some functions do.
type adder func(spec callSpec, paths ...string)

// knownCalls is what the functions of well-known packages do. Sources: their reference docs;
// the CWE of each kind is in audit/rules.
func knownCalls() map[string]callSpec {
	all := map[string]callSpec{}
	add := func(spec callSpec, paths ...string) {
		for _, p := range paths {
			all[p] = spec
		}
	}
	add(callSpec{}, "graphene.Schema().execute", "strawberry.Schema().execute", "strawberry.Schema().execute_sync") // no SQL
	all["flask_multipass.Multipass().logout"] = callSpec{uses: uses(Redirect, 0, "return_url")}
	programCalls(add)
	codeCalls(add)
	pathCalls(add)
	addressCalls(add)
	sqlCalls(add)
	add(callSpec{uses: uses(Deserialise, 0, "data")}, "pickle.loads", "pickle.load", "pickle.Unpickler", "_pickle.loads", "_pickle.load", "cPickle.loads", "cPickle.load",
		"dill.loads", "dill.load", "marshal.loads", "marshal.load", "yaml.unsafe_load", "yaml.full_load", "yaml.unsafe_load_all", "yaml.full_load_all",
		"jsonpickle.decode", "jsonpickle.loads", "jsonpickle.unpickler.decode", "shelve.open", "joblib.load", "cloudpickle.loads", "cloudpickle.load", "pandas.read_pickle",
		"ruamel.yaml.YAML(unsafe).load", "keras.models.load_model", "tensorflow.keras.models.load_model")
	add(callSpec{special: dumped}, "pickle.dumps", "_pickle.dumps", "cPickle.dumps", "dill.dumps", "marshal.dumps", "cloudpickle.dumps", "jsonpickle.encode")
	add(callSpec{gives: givesFirst}, "xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.parse", "xmltodict.parse")
	add(callSpec{uses: uses(Regex, 0, "pattern")}, "re.match", "re.search", "re.findall", "re.fullmatch", "re.finditer")
	for _, n := range logMethods() {
		add(callSpec{special: logLine}, "logging."+n)
	}
	add(callSpec{uses: uses(XPath, 0, "path"), gives: givesNothing}, "lxml.etree.XPath", "lxml.etree.ETXPath")
	add(callSpec{uses: uses(XPath, 1, "path"), gives: givesNothing}, "elementpath.select")
	all["ldap3.Connection().search"] = callSpec{uses: []argUse{{LDAP, 0, "search_base"}, {LDAP, 1, "search_filter"}}}

	add(callSpec{gives: givesTraceback}, "traceback.format_exc", "traceback.format_exception", "traceback.format_tb", "traceback.format_stack")
	add(callSpec{gives: givesInternal}, "traceback.format_exception_only", "sys.exc_info")

	for _, status := range []string{"HTTPException", "BadRequest", "Unauthorized", "Forbidden", "NotFound", "MethodNotAllowed", "NotAcceptable", "Conflict", "Gone", "PreconditionFailed", "UnsupportedMediaType",
		"UnprocessableEntity", "TooManyRequests", "InternalServerError", "NotImplemented", "BadGateway", "ServiceUnavailable", "GatewayTimeout"} {
		add(callSpec{uses: uses(Exposure, 0, "description")}, "werkzeug.exceptions."+status) // Flask's page shows it
	}
	sanitizers(add)
	add(callSpec{never: true}, "sys.exit", "os._exit", "builtins.exit", "builtins.quit")
	add(callSpec{never: true, uses: []argUse{{Exposure, 1, "description"}, {Exposure, 9, "message"}}}, "flask.abort", "werkzeug.exceptions.abort", "flask_restful.abort", "flask_restx.abort",
		"flask_restx.Api().abort", "flask_restx.Namespace().abort", "flask_smorest.abort")
	return all
}

// programCalls run other programs.
func programCalls(add adder) {
	add(callSpec{uses: uses(Command, 0, "cmd")}, "os.system", "os.popen", "os.popen2", "os.popen3", "os.popen4", "commands.getoutput", "commands.getstatusoutput",
		"subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell", "popen2.popen2", "popen2.popen3")
	add(callSpec{uses: uses(Command, 0, "command")}, "fabric.Connection().run", "fabric.Connection().sudo", "fabric.Connection().local", "fabric.api.run", "fabric.api.sudo",
		"fabric.api.local", "invoke.run", "invoke.sudo", "invoke.Context().run", "invoke.Context().sudo", "invoke.context.Context().run", "fabric.connection.Connection().run",
		"asyncssh.connect().run", "paramiko.SSHClient().exec_command", "paramiko.client.SSHClient().exec_command")
	add(callSpec{uses: uses(Program, 0, "path")}, "os.startfile", "pty.spawn")
	add(callSpec{uses: uses(Program, 0, "program")}, "asyncio.create_subprocess_exec")
}

// codeCalls run Python, or render what is given as a template.
func codeCalls(add adder) {
	add(callSpec{uses: uses(Code, 0, "source")}, "builtins.eval", "builtins.exec", "builtins.compile", "builtins.execfile", "code.InteractiveInterpreter().runsource",
		"code.InteractiveInterpreter().runcode", "code.InteractiveConsole().push", "js2py.eval_js", "execjs.eval", "timeit.timeit", "timeit.repeat", "pandas.eval",
		"numexpr.evaluate", "sympy.sympify", "sympy.parse_expr", "sympy.parsing.sympy_parser.parse_expr", "cexprtk.evaluate_expression")
	add(callSpec{uses: uses(Code, 0, "name")}, "builtins.__import__", "runpy.run_path", "runpy.run_module")
	add(callSpec{uses: uses(Code, 1, "pathname")}, "imp.load_source", "imp.load_module")
	add(callSpec{uses: uses(Template, 0, "source")}, "mako.template.Template", "tornado.template.Template", "chameleon.PageTemplate", "chameleon.PageTextTemplate",
		"mako.lookup.TemplateLookup().put_string", "genshi.template.MarkupTemplate", "genshi.template.TextTemplate")
}

// pathCalls open, change or list files.
func pathCalls(add adder) {
	add(callSpec{uses: uses(Path, 0, "path")}, "os.remove", "os.unlink", "os.rmdir", "os.mkdir", "os.makedirs", "os.listdir", "os.scandir", "os.open", "os.chmod",
		"shutil.rmtree", "os.walk", "os.chdir", "os.truncate", "os.readlink", "os.removedirs", "flask.send_file", "werkzeug.utils.send_file", "linecache.getlines")
	add(callSpec{uses: uses(Path, 0, "path")}, existenceChecks()...)
	add(callSpec{uses: uses(Path, 0, "file")}, "builtins.open", "io.open", "codecs.open", "builtins.file", "aiofiles.open", "gzip.open", "bz2.open", "lzma.open", "wave.open")
	add(callSpec{uses: uses(Path, 0, "directory")}, "flask.send_from_directory", "werkzeug.utils.send_from_directory")
	add(callSpec{uses: uses(Path, 0, "pathname")}, "glob.glob", "glob.iglob", "pathlib.Path().glob", "pathlib.Path().rglob")
	add(callSpec{uses: []argUse{{Path, 0, "src"}, {Path, 1, "dst"}}}, "os.rename", "os.replace", "shutil.copy", "shutil.copyfile", "shutil.copy2",
		"shutil.move", "shutil.copytree", "os.symlink", "os.link")
	add(callSpec{uses: []argUse{{Path, 0, "filename"}, {Path, 1, "extract_dir"}}}, "shutil.unpack_archive")
	add(callSpec{uses: []argUse{{Path, 0, "base_name"}, {Path, 2, "root_dir"}}}, "shutil.make_archive")
	add(callSpec{uses: uses(Path, 0, "filename")}, "openpyxl.load_workbook", "fitz.open", "cv2.imread", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile", "PyPDF2.PdfReader", "pypdf.PdfReader",
		"docx.Document", "PIL.Image.open", "sqlite3.connect")
	// The names in an archive are those of whoever made it.
	add(callSpec{uses: uses(Path, 0, "file"), gives: givesAll, undo: Path}, "zipfile.ZipFile", "tarfile.open", "tarfile.TarFile", "tarfile.TarFile.open")
	add(callSpec{special: readTable}, "pandas.read_csv", "pandas.read_table", "pandas.read_json", "pandas.read_excel", "pandas.read_html", "pandas.read_xml",
		"pandas.read_parquet", "pandas.read_feather")
	for _, p := range []string{"open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "exists", "is_file", "is_dir", "iterdir", "touch", "rename", "replace"} {
		add(callSpec{on: Path}, "pathlib.Path()."+p)
	}
}

// existenceChecks are the functions that only tell whether there is a file, and what kind of.
func existenceChecks() []string {
	return []string{"os.path.exists", "os.path.isfile", "os.stat", "pathlib.Path().exists", "pathlib.Path().is_file", "pathlib.Path().is_dir"}
}

// ChecksExistence reports whether a flow ends where a file is only looked for: less harm is done there
// than where it is opened.
func (f *Flow) ChecksExistence() bool { return checksExistence(f.Kind, f.What) }

func checksExistence(kind Kinds, what string) bool {
	return kind == Path && slices.Contains(existenceChecks(), what)
}

// addressCalls connect to other hosts.
func addressCalls(add adder) {
	first := callSpec{uses: uses(Address, 0, "url")}
	for _, m := range []string{"get", "post", "put", "delete", "head", "patch", "options"} {
		for _, client := range []string{"requests", "requests.Session()", "requests.session()", "requests.sessions.Session()", "httpx", "httpx.Client()", "httpx.AsyncClient()",
			"aiohttp.ClientSession()", "requests_html.HTMLSession()", "cloudscraper.create_scraper()"} {
			add(first, client+"."+m)
		}
	}
	add(first, "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.request.Request", "urllib.urlopen", "urllib2.urlopen", "urllib2.Request",
		"http.client.HTTPConnection", "http.client.HTTPSConnection", "feedparser.parse", "wget.download", "aiohttp.ClientSession().ws_connect", "websocket.create_connection",
		"websockets.connect", "urllib.request.build_opener().open", "newspaper.Article", "pdfkit.from_url", "imgkit.from_url")
	add(callSpec{uses: uses(Address, 1, "url")}, "requests.request", "httpx.request", "httpx.stream", "requests.Session().request", "requests.session().request",
		"httpx.Client().request", "httpx.AsyncClient().request", "httpx.Client().stream", "httpx.AsyncClient().stream", "aiohttp.ClientSession().request",
		"aiohttp.request", "urllib3.PoolManager().request", "urllib3.PoolManager().urlopen", "urllib3.request")
	add(callSpec{uses: uses(Address, 1, "value")}, "pycurl.Curl().setopt")
	add(callSpec{uses: uses(Address, 0, "address")}, "socket.create_connection", "socket.socket().connect", "socket.socket().connect_ex")
	add(callSpec{uses: uses(Address, 0, "host")}, "ftplib.FTP", "ftplib.FTP_TLS", "telnetlib.Telnet", "paramiko.SSHClient().connect", "paramiko.client.SSHClient().connect", "paramiko.Transport", "asyncio.open_connection")
}

// sqlCalls build or run statements. What cursors and connections do is in knownMethods.
func sqlCalls(add adder) {
	add(callSpec{uses: uses(SQL, 0, "text"), gives: givesFirst, safe: SQL}, "sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "flask_sqlalchemy.SQLAlchemy().text",
		"sqlalchemy.literal_column", "sqlalchemy.sql.literal_column", "sqlalchemy.sql.expression.literal_column")
	add(callSpec{uses: uses(SQL, 0, "sql"), gives: givesFirst, safe: SQL}, "peewee.SQL", "psycopg2.sql.SQL", "psycopg.sql.SQL", "pony.orm.raw_sql", "pony.orm.core.raw_sql")
	add(callSpec{uses: uses(SQL, 0, "sql")}, "pandas.read_sql", "pandas.read_sql_query", "duckdb.sql", "duckdb.query", "duckdb.execute", "pony.orm.Database().select", "pony.orm.Database().get",
		"pony.orm.Database().exists", "pony.orm.select_by_sql", "google.cloud.bigquery.Client().query", "google.cloud.bigquery.Client().query_and_wait", "dataset.connect().query",
		"dataset.Database().query", "records.Database().query", "records.Database().query_file", "databases.Database().iterate", "influxdb.InfluxDBClient().query",
		"neo4j.GraphDatabase.driver().session().run", "py2neo.Graph().run", "clickhouse_connect.get_client().query", "clickhouse_connect.get_client().command",
		"boto3.client().execute_statement")
}

// sanitizers give back what they are given, made harmless for some uses.
func sanitizers(add adder) {
	add(callSpec{gives: givesFirst, safe: HTML | Header | Log}, "markupsafe.escape", "flask.escape", "html.escape", "cgi.escape", "xml.sax.saxutils.escape",
		"jinja2.escape", "werkzeug.utils.escape", "markupsafe.escape_silent")
	add(callSpec{gives: givesFirst, safe: Markup}, "bleach.clean", "nh3.clean", "lxml.html.clean.clean_html", "flask.json.htmlsafe_dumps", "lxml_html_clean.clean_html")
	add(callSpec{gives: givesFirst, safe: Command | Program}, "shlex.quote", "pipes.quote")
	add(callSpec{gives: givesFirst, safe: Path | Command | HTML | Header}, "werkzeug.utils.secure_filename", "werkzeug.secure_filename")
	add(callSpec{gives: givesFirst, safe: Path}, "os.path.basename", "ntpath.basename", "posixpath.basename", "django.utils._os.safe_join")
	add(callSpec{gives: givesAll, safe: Path}, "werkzeug.security.safe_join", "werkzeug.utils.safe_join", "flask.safe_join", "flask.helpers.safe_join")
	add(callSpec{gives: givesFirst, safe: normal}, "os.path.realpath", "os.path.abspath", "os.path.normpath")
	add(callSpec{special: samePath(normal)}, "pathlib.Path().resolve")
	add(callSpec{special: samePath(0)}, "pathlib.Path().absolute", "pathlib.Path().expanduser", "pathlib.Path().with_suffix")
	add(callSpec{special: belowFolder}, "pathlib.Path().relative_to")
	add(callSpec{gives: givesFirst, safe: Every &^ Address}, "ipaddress.ip_address", "ipaddress.ip_network", "ipaddress.IPv4Address", "ipaddress.IPv6Address",
		"socket.gethostbyname", "socket.getaddrinfo")
	add(callSpec{gives: givesFirst, safe: HTML | URL | HTMLAttr | Script | Header | Log | Redirect | Address | Path | Command | SQL}, "urllib.parse.quote", "urllib.parse.quote_plus", "urllib.quote",
		"urllib.parse.urlencode", "werkzeug.urls.url_quote", "werkzeug.urls.url_encode")
	add(callSpec{gives: givesFirst, safe: LDAP}, "ldap.filter.escape_filter_chars", "ldap3.utils.conv.escape_filter_chars", "ldap.dn.escape_dn_chars",
		"ldap3.utils.dn.escape_rdn")
	add(callSpec{gives: givesAll, safe: LDAP}, "ldap.filter.filter_format")
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
