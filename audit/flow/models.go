package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// models is what is known of the world outside of the project.
type models struct {
	sources map[string]sourceSpec          // by path
	calls   map[string]callSpec            // by the path of the function
	methods map[string]callSpec            // by the name of a method, whatever it is called on
	attrs   map[string]Kinds               // assigned attributes of outside things that are dangerous
	special map[string]special             // functions that no table can tell
	within  map[string]map[string]callSpec // methods of whatever a package gives, by the package
	silent  []string                       // prefixes of functions that give nothing of what they are given
}

type special func(f *frame, api *program.API, a *arguments, e *python.Call) *Value

// sourceSpec is an outside thing that a visitor has written.
type sourceSpec struct {
	source Source
	note   string
	safe   Kinds
}

// callSpec is what calling an outside function does.
type callSpec struct {
	uses  []argUse
	on    Kinds // dangerous uses of what the method is called on
	gives gives
	safe  Kinds
	undo  Kinds // what was safe before is not any more
	never bool  // it does not come back

	special special // does all of it
}

// argUse is a dangerous use of an argument; pos < 0 means all of them.
type argUse struct {
	kinds Kinds
	pos   int
	name  string
}

// gives says what the result of a call carries.
type gives uint8

const (
	givesNothing gives = iota
	givesAll           // what all arguments and the receiver carry
	givesFirst         // what the first argument carries
	givesStored
	givesRequest
	givesInternal
	givesTraceback
)

func newModels() models {
	return models{
		sources: requestSources(),
		calls:   knownCalls(),
		methods: namedSpecials(knownMethods()),
		attrs:   map[string]Kinds{"data": HTML, "location": Redirect},
		special: specials(),
		within:  packageMethods(),
		silent:  silentPrefixes(),
	}
}

// requests are the names under which Flask's request is known.
func requests() []string {
	return []string{"flask.request", "flask.Request()", "quart.request", "flask_restful.request", "flask.globals.request", "flask_restx.request", "werkzeug.wrappers.Request()", "connexion.request",
		"werkzeug.Request()", "werkzeug.wrappers.request.Request()", "flask.wrappers.Request()", "quart.Request()", "quart.wrappers.Request()", "quart.websocket", "flask.request._get_current_object()",
		"flask.globals.request_ctx.request", "flask._request_ctx_stack.top.request"}
}

// TemplateName is what a flow reaches where it chooses the template that is shown.
const TemplateName = "the name of a template"

// Referrer is the note of what came from the Referer field.
const Referrer = "the Referer field"

// hostField is the note of the name by which a visitor has called this site.
const hostField = "the Host field"

// Traceback is the note of a traceback: it names the app's own files, a text of an exception
// need not.
const Traceback = "a traceback"

// requestSources are the attributes of a request that a visitor writes: the fixed list of
// werkzeug.wrappers.Request of Werkzeug 3.1.
func requestSources() map[string]sourceSpec {
	notes := map[string]string{
		"args": "the query of the URL", "form": "a form's field", "values": "a field of the form or the URL", "json": "the JSON body",
		"get_json": "the JSON body", "data": "the body", "get_data": "the body", "cookies": "a cookie", "headers": "a header field",
		"files": "an uploaded file", "path": "the URL's path", "full_path": "the URL's path", "url": "the URL", "base_url": "the URL",
		"query_string": "the query of the URL", "referrer": Referrer, "user_agent": "the User-Agent field",
		"view_args": "part of the URL", "environ": "a header field", "stream": "the body", "authorization": "the Authorization field",
		"host": hostField, "host_url": hostField, "url_root": hostField, "origin": "the Origin field",
		"access_route": "the X-Forwarded-For field", "get_cookie": "a cookie", "content_type": "the Content-Type field",
		"mimetype": "the Content-Type field", "mimetype_params": "the Content-Type field", "content_encoding": "a header field", "pragma": "a header field", "cache_control": "a header field",
		"if_match": "a header field", "if_none_match": "a header field", "if_range": "a header field", "range": "a header field", "accept_mimetypes": "a header field",
		"accept_languages": "a header field", "accept_charsets": "a header field", "accept_encodings": "a header field", "access_control_request_headers": "a header field",
		"access_control_request_method": "a header field", "input_stream": "the body", "remote_user": "the name of the login", "root_url": "the Host field", "receive": "a message", "receive_json": "a message",
	}
	all := map[string]sourceSpec{}
	for _, r := range requests() {
		for name, note := range notes {
			spec := sourceSpec{Request, note, NoSQL}
			switch name {
			case "json", "get_json", "data", "get_data", "stream", "input_stream", "receive", "receive_json":
				spec.safe = 0
			case "files": // what is in a file is no file's name
				spec.safe = NoSQL | Path | Address
			case "referrer":
				spec.safe = NoSQL | URL // browsers send no javascript: there
			case "host", "host_url", "url_root", "root_url":
				spec.safe = Every &^ Address
			case "path", "full_path", "url", "base_url":
				spec.safe = Redirect | URL // it begins as this site does
			}
			all[r+"."+name] = spec
		}
	}
	for _, p := range []string{"flask_restful.reqparse.RequestParser().parse_args", "flask_restx.reqparse.RequestParser().parse_args",
		"webargs.flaskparser.parser.parse", "flask_graphql.GraphQLView().get_query"} {
		all[p] = sourceSpec{Request, "the request's arguments", 0}
	}
	return all
}

func (m *models) source(path string) *sourceSpec {
	if s, ok := m.sources[path]; ok {
		return &s
	}
	return nil
}

// knows reports whether it is known what a function does, such as a method that a class of
// the project has from an outside one.
func (m *models) knows(path string) bool {
	_, ok := m.calls[path]
	return ok || m.special[path] != nil
}

// inert reports whether a function gives back nothing of what it is given.
func (m *models) inert(path string) bool {
	for _, p := range m.silent {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

func silentPrefixes() []string {
	return []string{
		"builtins.len", "builtins.int", "builtins.float", "builtins.bool", "builtins.isinstance", "builtins.issubclass", "builtins.hasattr",
		"builtins.type", "builtins.id", "builtins.range", "builtins.hash", "builtins.ord", "builtins.print", "builtins.open", "builtins.super",
		"builtins.callable", "builtins.any", "builtins.all", "builtins.round", "builtins.abs", "builtins.sum", "builtins.pow", "builtins.complex",
		"hashlib.", "hmac.", "random.", "secrets.", "uuid.", "bson.ObjectId", "bson.objectid.ObjectId", "time.", "datetime.", "logging.", "threading.", "socket.", "smtplib.",
		"requests.", "httpx.", "urllib.request.", "urllib3.", "aiohttp.", "subprocess.", "sqlite3.", "psycopg2.", "psycopg.", "pymysql.", "MySQLdb.",
		"mysql.", "sqlalchemy.", "flask_sqlalchemy.", "pymongo.", "redis.", "bcrypt.", "passlib.", "werkzeug.security.", "os.path.exists",
		"os.path.isfile", "os.path.isdir", "os.path.getsize", "os.listdir", "os.stat", "os.makedirs", "os.mkdir", "os.remove", "os.environ", "os.getenv",
		"flask.Flask", "flask.Blueprint", "flask.jsonify", "flask.url_for", "flask.flash", "flask.abort", "flask_login.", "flask_jwt_extended.",
		"jwt.encode", "decimal.", "fractions.", "math.", "struct.", "zlib.crc32", "celery.", "flask_mail.", "smtplib.",
	}
}

func uses(kinds Kinds, pos int, name string) []argUse { return []argUse{{kinds, pos, name}} }

// knownMethods are methods that are dangerous on whatever they are called.
func knownMethods() map[string]callSpec {
	sql := callSpec{uses: uses(SQL, 0, "sql")}
	return map[string]callSpec{
		"execute": {uses: []argUse{{SQL, 0, "sql"}}}, "executemany": sql, "executescript": sql, "execute_sql": sql, "exec_driver_sql": sql,
		"raw": sql, "mogrify": sql, "read_sql": sql, "from_statement": sql, "literal_column": sql, "copy_expert": sql,
		"fetchrow": sql, "fetchval": sql, "fetch_one": sql, "fetch_all": sql, "fetch_val": sql, "execute_async": sql, "execute_query": sql, "execute_query_dict": sql,
		"exec_command": {uses: uses(Command, 0, "command")},
		"fetchone":     {gives: givesStored}, "fetchall": {gives: givesStored}, "fetchmany": {gives: givesStored},
		"extractall": {uses: nil}, "set_cookie": {uses: uses(Header, 0, "key")},
		"search_s": {uses: []argUse{{LDAP, 2, "filterstr"}, {LDAP, 0, "base"}}}, "search_ext_s": {uses: []argUse{{LDAP, 2, "filterstr"}, {LDAP, 0, "base"}}},
		"search_st": {uses: []argUse{{LDAP, 2, "filterstr"}}}, "xpath": {uses: uses(XPath, 0, "_path")},
		"from_string": {special: fromNamed},
		"save":        {special: saved}, "relative_to": {special: belowFolder}, "resolve": {special: samePath(normal)}, "write_text": {gives: givesNothing}, "read_text": {uses: nil}, "isoformat": {}, "strftime": {},
		"best_match": {}, "hexdigest": {}, "digest": {}, "timestamp": {},
		"simple_bind_s": {special: bindDirectory}, "simple_bind": {special: bindDirectory}, "bind_s": {special: bindDirectory},
		"writerow": {uses: uses(CSV, 0, "row")}, "writerows": {uses: uses(CSV, 0, "rows")},
	}
}

// namedSpecials are methods that are special whatever they are called on.
func namedSpecials(all map[string]callSpec) map[string]callSpec {
	for _, n := range storeMethods() {
		all[n] = callSpec{special: askStore}
	}
	for _, n := range logMethods() {
		all[n] = callSpec{special: logLine}
	}
	return all
}

// packageMethods are methods of whatever a package gives, by the package.
func packageMethods() map[string]map[string]callSpec {
	all := map[string]map[string]callSpec{}
	add := func(spec callSpec, packages string, names ...string) {
		for _, p := range strings.Fields(packages) {
			if all[p] == nil {
				all[p] = map[string]callSpec{}
			}
			for _, n := range names {
				all[p][n] = spec
			}
		}
	}
	add(callSpec{uses: uses(Code, 0, "expr")}, "pandas", "query", "eval")
	add(callSpec{uses: uses(SQL, 0, "query")}, "duckdb", "sql", "query", "execute", "executemany")
	add(callSpec{uses: uses(SQL, 0, "query")}, "asyncpg", "fetch", "fetchrow", "fetchval", "execute", "executemany", "cursor", "prepare")
	add(callSpec{uses: uses(XPath, 0, "path")}, "xml lxml", "find", "findall", "findtext", "iterfind")
	add(callSpec{special: askStore}, "pymongo flask_pymongo motor mongomock flask_mongoengine mongoengine", append(storeMethods(), "find", "aggregate", "distinct", "count", "remove", "update")...)
	return all
}

// specials are the functions that no table can tell.
func specials() map[string]special {
	same := func(f *frame, _ *program.API, a *arguments, _ *python.Call) *Value {
		if v := a.get(0, ""); v != nil {
			return v
		}
		return &Value{Obj: &Object{List: true, region: f.region}}
	}
	s := map[string]special{
		"builtins.list": same, "builtins.tuple": same, "builtins.set": same, "builtins.frozenset": same,
		"builtins.reversed": same, "builtins.iter": same, "copy.copy": same, "copy.deepcopy": same, "flask.make_response": makeResponse,
		"builtins.type": typeOf, "random.choice": choice, "secrets.choice": choice,
		"builtins.dict": makeDict, "builtins.str": makeText, "builtins.map": mapped, "builtins.next": next,
		"builtins.getattr": getAttr, "builtins.setattr": setAttr, "builtins.enumerate": enumerate, "builtins.zip": zip,
		"flask.render_template": renderTemplate, "flask.stream_template": renderTemplate, "flask.Response": response, "werkzeug.wrappers.Response": response,
		"werkzeug.Response": response, "flask.wrappers.Response": response, "flask.current_app.response_class": response, "flask.Flask().response_class": response, "flask.render_template_string": renderText,
		"flask.stream_template_string": renderText, "collections.OrderedDict": makeDict, "collections.defaultdict": makeDict,
		"configparser.ConfigParser().set": storeSet, "configparser.ConfigParser().get": storeGet,
		"os.path.join": pathJoin, "urllib.parse.urljoin": pathJoin, "flask.jsonify": jsonAnswer, "flask.flash": flash, "flask.get_flashed_messages": flashed,
		"flask.json.jsonify": jsonAnswer, "flask.redirect": redirect, "werkzeug.utils.redirect": redirect, "flask.Flask().redirect": redirect,
		"flask.current_app.redirect": redirect, "shlex.split": splitCommand, "numpy.load": numpyLoad, "torch.load": torchLoad, "lxml.etree.iterparse": lxmlParse,
		"pathlib.Path().joinpath": joinPath, "os.path.splitext": splitExt, "ruamel.yaml.YAML": rueYAML, "importlib.import_module": importModule,
	}
	moreSpecials(s)
	callers(s)
	signals(s)
	s["lxml.etree.XMLParser"] = keeps
	for _, n := range []string{"yaml.load", "yaml.load_all", "ruamel.yaml.load", "ruamel.yaml.load_all"} {
		s[n] = yamlLoad
	}
	for _, n := range []string{"add", "set", "extend", "update", "setdefault", "add_header"} {
		s["flask.Response().headers."+n] = setHeader
	}
	for _, n := range []string{"run", "call", "Popen", "check_call", "check_output"} {
		s["subprocess."+n] = subprocess
	}
	for _, n := range []string{"lxml.etree.fromstring", "lxml.etree.parse", "lxml.etree.XML", "lxml.objectify.fromstring", "lxml.objectify.parse"} {
		s[n] = lxmlParse
	}
	for _, n := range []string{"xml.sax.parseString", "xml.sax.parse", "xml.dom.minidom.parseString", "xml.dom.minidom.parse", "xml.dom.pulldom.parseString", "xml.dom.pulldom.parse"} {
		s[n] = saxParse
	}
	s["xml.sax.make_parser().setFeature"] = saxFeature
	s["xml.sax.make_parser().parse"] = saxRun
	return s
}
