package errorpages

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf16"
)

// kind is what a text found in an answer says about it.
type kind uint8

const (
	nothing   kind = iota
	traceback      // a traceback, of whatever program
	database       // an error of a database or of the library that talks to it
	server         // an internal that counts in a 5xx only
	frame          // a traceback frame of this app: proof
	osError        // an OSError about a file of this app: proof
	debugger       // a debugger's page: proof
	console        // Werkzeug's console: proof
)

// proof says whether the answer is replaced whatever its status.
func (k kind) proof() bool { return k >= frame }

// pattern is a text that the scanner looks for.
type pattern struct {
	text   []byte
	kind   kind
	name   string
	before string // must stand within the bytes before it, see lookBehind
	quoted bool   // a quote, in any form, must stand right before it
}

// mark is a row of the tables below.
type mark struct {
	text   string
	source string // where the text comes from
}

// debuggerMarks are markup of debuggers' pages. In a text on a page "<" is escaped, so
// they are no quotation.
func debuggerMarks() []mark {
	return []mark{
		{`<script src="?__debugger__=yes`, "Werkzeug 2.0 to 3.1, debug/tbtools.py, HEADER"},
		{`<link rel="stylesheet" href="?__debugger__=yes`, "Werkzeug 0.9 to 3.1, debug/tbtools.py, HEADER"},
		{`<textarea name="content" id="traceback_area"`, "Django 1.0 to 5.2, views/templates/technical_500.html"},
		{`<title>Starlette Debugger</title>`, "Starlette 0.12 to 1.10, middleware/errors.py, TEMPLATE"},
		{`<div id="flDebug" `, "Flask-DebugToolbar 0.9 to 0.16, templates/base.html"},
		{`<body bgcolor="#f0f0f8"><font color="#f0f0f8" size="-5"> -->`, "Python 2.2 to 3.12, cgitb.py, reset"},
	}
}

// consoleMark stands in the head of a page of Werkzeug's debugger that is a console.
const consoleMark = "var CONSOLE_MODE = true,"

// databaseMarks are at least 12 bytes long: the shortest decides how fast the scanner is.
func databaseMarks() []mark {
	return []mark{
		{"sqlite3.OperationalError", "Python 3.11, sqlite3"},
		{"sqlite3.IntegrityError", "Python 3.11, sqlite3"},
		{"sqlite3.ProgrammingError", "Python 3.11, sqlite3"},
		{"sqlite3.DatabaseError", "Python 3.11, sqlite3"},
		{"sqlite3.InterfaceError", "Python 3.11, sqlite3"},
		{"no such table: ", "SQLite 3.40"},
		{"no such column: ", "SQLite 3.40"},
		{"no such function: ", "SQLite 3.40"},
		{"ambiguous column name: ", "SQLite 3.40"},
		{"unrecognized token: ", "SQLite 3.40"},
		{"UNIQUE constraint failed: ", "SQLite 3.40"},
		{"NOT NULL constraint failed: ", "SQLite 3.40"},
		{"CHECK constraint failed: ", "SQLite 3.40"},
		{"FOREIGN KEY constraint failed", "SQLite 3.40"},
		{"SELECTs to the left and right of ", "SQLite 3.40"},
		{"unable to open database file", "SQLite 3.40"},
		{"attempt to write a readonly database", "SQLite 3.40"},
		{"You can only execute one statement at a time", "Python 3.11, sqlite3"},
		{"Incorrect number of bindings supplied", "Python 3.11, sqlite3"},
		{"psycopg2.errors.", "psycopg2 2.9"},
		{"psycopg2.OperationalError", "psycopg2 2.9"},
		{"psycopg.errors.", "psycopg 3.2"},
		{"psycopg.OperationalError", "psycopg 3.2"},
		{"asyncpg.exceptions.", "asyncpg 0.30"},
		{"syntax error at or near ", "PostgreSQL 17, parser/scan.l"},
		{"unterminated quoted string at or near ", "PostgreSQL 17, parser/scan.l"},
		{"duplicate key value violates unique constraint", "PostgreSQL 17, access/nbtree/nbtinsert.c"},
		{" violates foreign key constraint", "PostgreSQL 17, utils/adt/ri_triggers.c"},
		{" violates not-null constraint", "PostgreSQL 17, executor/execMain.c"},
		{"invalid input syntax for type ", "PostgreSQL 17, utils/adt"},
		{"password authentication failed for user", "PostgreSQL 17, libpq/auth.c"},
		{"pymysql.err.", "PyMySQL 1.2"},
		{"MySQLdb.OperationalError", "mysqlclient 2.2"},
		{"MySQLdb.ProgrammingError", "mysqlclient 2.2"},
		{"MySQLdb.IntegrityError", "mysqlclient 2.2"},
		{"MySQLdb._exceptions.", "mysqlclient 1.4 to 2.2"},
		{"_mysql_exceptions.", "MySQL-python 1.2"},
		{"mysql.connector.errors.", "MySQL Connector/Python 9"},
		{"You have an error in your SQL syntax", "MySQL 8.4, share/messages_to_clients.txt, ER_PARSE_ERROR"},
		{"The used SELECT statements have a different number of columns", "MySQL 8.4, ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT"},
		{"Can't connect to MySQL server on", "MySQL 8.4, CR_CONN_HOST_ERROR"},
		{"sqlalchemy.exc.", "SQLAlchemy 1.4 to 2.1"},
		{"(Background on this error at: https://sqlalche.me/", "SQLAlchemy 1.4 to 2.1, exc.py"},
		{"peewee.OperationalError", "peewee 3.17"},
		{"peewee.IntegrityError", "peewee 3.17"},
		{"oracledb.exceptions.", "python-oracledb 2"},
		{"cx_Oracle.DatabaseError", "cx_Oracle 8"},
		{"Unclosed quotation mark after the character string", "SQL Server 2022, message 105"},
		{"[Microsoft][ODBC", "ODBC Driver 18 for SQL Server"},
		{"pymongo.errors.", "PyMongo 4"},
		{"E11000 duplicate key error collection", "MongoDB 7"},
		{"Topology Description: <TopologyDescription", "PyMongo 4, topology_description.py"},
		{"redis.exceptions.", "redis-py 5"},
		{"Error 111 connecting to ", "redis-py 5, connection.py"},
	}
}

// serverMarks count in a 5xx answer only, where whatever an exception says is too much.
func serverMarks() []mark {
	return []mark{
		{"Traceback (most recent call", "Python 3.11, traceback.py, and 3.13's rich tracebacks"},
		{"During handling of the above exception, another exception occurred", "Python 3.11, traceback.py"},
		{"The above exception was the direct cause of the following exception", "Python 3.11, traceback.py"},
		{"Fatal Python error: ", "Python 3.11, faulthandler"},
		{"// Werkzeug Debugger</title>", "Werkzeug 2.0 to 3.1, debug/tbtools.py"},
		{"Werkzeug powered traceback interpreter", "Werkzeug 0.9 to 3.1, debug/tbtools.py"},
		{"seeing this error because you have <code>DEBUG = True</code>", "Django 1.0 to 5.2, views/templates/technical_500.html"},
		{"seeing this error because you have DEBUG = True", "Django 1.0 to 5.2, views/templates/technical_500.txt"},
		{`class="traceback-title"`, "Starlette 0.12 to 1.10, middleware/errors.py"},
		{`", line `, "Python 3.11, traceback.py, StackSummary.format"},
		{`&#34;, line `, "the same, escaped by MarkupSafe"},
		{`&quot;, line `, "the same, escaped by html.escape"},
		{"[SQL: ", "SQLAlchemy 1.4 to 2.1, exc.py"},
		{"SQLSTATE[", "PDO"},
		{"ORA-0", "Oracle Database error messages"},
		{"ORA-1", "Oracle Database error messages"},
		{"[Errno ", "Python 3.11, OSError.__str__"},
		{"Errno 111", "Python 3.11, OSError of a refused connection"},
		{"jinja2.exceptions.", "Jinja2 3.1"},
		{"werkzeug.exceptions.", "Werkzeug 3.1"},
		{"werkzeug.routing.", "Werkzeug 3.1"},
		{"site-packages/", "Python's library folder"},
		{"dist-packages/", "Debian's Python library folder"},
	}
}

// banners are the names that stand before a slash and a version; those in the second list
// also before a space and a version.
func banners() (slash, space []string) {
	return []string{"Werkzeug/", "Flask/", "gunicorn/", "Python/", "CPython/", "uvicorn/", "uWSGI/", "waitress/", "mod_wsgi/",
			"WSGIServer/", "TornadoServer/", "Apache/", "nginx/", "openresty/", "OpenSSL/", "PHP/"},
		[]string{"Werkzeug ", "Flask ", "gunicorn ", "Jinja2 ", "SQLAlchemy "}
}

// doubleQuotes and singleQuotes are how a quote is written: as it is, in JSON, in JSON in
// JSON, in JSON that goes into HTML, and in HTML.
func doubleQuotes() []string {
	return []string{`"`, `\"`, `\\\"`, `\u0022`, "&#34;", "&quot;", "&#x22;"}
}

func singleQuotes() []string {
	return []string{"'", `\'`, `\u0027`, "&#39;", "&#x27;", "&apos;"}
}

// osReasons are what OSErrors about files say before the path (glibc 2.36, strerror).
func osReasons() []string {
	return []string{
		"No such file or directory: ", "Permission denied: ", "Is a directory: ", "Not a directory: ", "File exists: ",
		"Directory not empty: ", "No space left on device: ", "Read-only file system: ", "Too many open files: ",
	}
}

// patternsFor returns what the scanner looks for in an app with these folders.
func patternsFor(roots [][]byte) (all []*pattern) {
	for _, form := range roots {
		for _, quote := range doubleQuotes() {
			all = append(all, &pattern{kind: frame, text: []byte("File " + quote + string(form)), name: "a traceback frame of this app"})
		}
	}
	for _, reason := range osReasons() {
		all = append(all, &pattern{kind: osError, text: []byte(reason), name: "an OSError about a file of this app", before: "[Errno "})
	}
	for _, m := range debuggerMarks() {
		all = append(all, &pattern{kind: debugger, text: []byte(m.text), name: "a debugger's page (" + m.source + ")"})
	}
	all = append(all, &pattern{kind: console, text: []byte(consoleMark), name: "Werkzeug's console"})
	for _, m := range databaseMarks() {
		all = append(all, &pattern{kind: database, text: []byte(m.text), name: fmt.Sprintf("a database error: %q (%s)", m.text, m.source)})
	}
	return append(all,
		&pattern{kind: database, text: []byte(": syntax error"), name: "a database error: near ...: syntax error (SQLite 3.40)", before: "near ", quoted: true},
		&pattern{kind: traceback, text: []byte("(most recent call "), name: "a traceback"})
}

// formsOf returns how texts write a path that ends with a slash: as it is, with the
// slashes escaped (ujson, PHP), with what is not ASCII escaped (json.dumps), and escaped
// for HTML.
func formsOf(path string) (forms [][]byte) {
	seen := map[string]bool{}
	for _, form := range []string{
		path, strings.ReplaceAll(path, "/", `\/`), asciiJSON(path), html.EscapeString(path), strings.ReplaceAll(path, "/", "&#x2F;"),
	} {
		if !seen[form] {
			seen[form] = true
			forms = append(forms, []byte(form))
		}
	}
	return forms
}

// asciiJSON escapes what is not ASCII as JSON does, in UTF-16 units.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
