package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
)

// injection are the rules for a visitor's text that is run, rendered or sent as something
// else than text.
func injection() []*Rule {
	return []*Rule{sqlInjection(), commandInjection(), codeInjection(), templateInjection(), deserialisation(), ldapInjection(), xpathInjection(), xxe(), nosqlInjection()}
}

func sqlInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "sql-injection", Title: "SQL injection", CWE: 89, OWASP: "A03:2021", ASVS: []string{"1.2.4"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of an SQL statement. Whoever sends a quote and more SQL reads or changes any table.",
			Fix:   `db.execute("select * from users where name = ?", (name,))`,
			Guard: "guard/sinks",
		},
		Flows: flow.SQL,
		Bad: []string{`import sqlite3
from flask import Flask, request
app = Flask(__name__)

@app.route("/login", methods=["POST"])
def login():
    db = sqlite3.connect("users.db")
    name = request.form["name"]
    sql = "select * from users where name = '" + name + "'"
    return str(db.execute(sql).fetchone() is not None)  # <- sql-injection
`, `-- app.py --
from flask import Flask, request
from store import find
app = Flask(__name__)

@app.get("/find")
def search():
    return {"rows": find(request.args.get("q", ""))}
-- store.py --
import psycopg2

def find(words):
    cur = psycopg2.connect("dbname=shop").cursor()
    cur.execute(f"select name from items where name like '%{words}%'")  # <- sql-injection
    return cur.fetchall()
`},
		Good: []string{`import sqlite3
from flask import Flask, request
app = Flask(__name__)

@app.route("/login", methods=["POST"])
def login():
    db = sqlite3.connect("users.db")
    row = db.execute("select * from users where name = ?", (request.form["name"],)).fetchone()
    page = int(request.args.get("page", 1))
    db.execute(f"select * from users limit 10 offset {page * 10}")
    order = request.args.get("order", "name")
    if order not in ("name", "age"):
        order = "name"
    db.execute("select * from users order by " + order)
    return str(row is not None)
`},
	}
}

func commandInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "command-injection", Title: "Command injection", CWE: 78, OWASP: "A03:2021", ASVS: []string{"1.2.5"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a command line. Whoever sends a semicolon and a program runs that program on the server.",
			Fix:   `subprocess.run(["ping", "-c", "1", "--", host])`,
			Guard: "guard/sinks",
		},
		Flows: flow.Command | flow.Program,
		Bad: []string{`import os, subprocess
from flask import Flask, request
app = Flask(__name__)

@app.route("/ping")
def ping():
    host = request.args["host"]
    subprocess.run("ping -c 1 " + host, shell=True)  # <- command-injection
    return os.popen(f"dig {host}").read()  # <- command-injection
`},
		Good: []string{`import shlex, subprocess
from flask import Flask, request
app = Flask(__name__)

@app.route("/ping")
def ping():
    host = request.args["host"]
    subprocess.run(["ping", "-c", "1", "--", host])
    subprocess.run("ping -c 1 " + shlex.quote(host), shell=True)
    return "done"
`},
	}
}

func codeInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "code-injection", Title: "Code injection", CWE: 94, OWASP: "A03:2021", ASVS: []string{"1.3.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text is run as Python. Whoever sends an expression runs whatever they like in the app's process.",
			Fix:   `value = ast.literal_eval(text)`,
			Guard: "guard/sinks",
		},
		Flows: flow.Code,
		Bad: []string{`from flask import Flask, request
app = Flask(__name__)

@app.route("/sum")
def total():
    return str(eval(request.args["expr"]))  # <- code-injection
`},
		Good: []string{`import ast
from flask import Flask, request
app = Flask(__name__)

@app.route("/sum")
def total():
    return {"value": ast.literal_eval(request.args["expr"])}
`},
	}
}

func templateInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "template-injection", Title: "Template injection", CWE: 1336, OWASP: "A03:2021", ASVS: []string{"1.3.7"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a template's source. Whoever sends {{ ... }} reads the app's configuration and runs programs.",
			Fix:   `render_template_string("Hello {{ name }}", name=name)`,
			Guard: "guard/sinks",
		},
		Flows: flow.Template,
		Bad: []string{`from flask import Flask, request, render_template_string
app = Flask(__name__)

@app.route("/hello")
def hello():
    return render_template_string("Hello %s" % request.args["name"])  # <- template-injection
`},
		Good: []string{`from flask import Flask, request, render_template_string
app = Flask(__name__)

@app.route("/hello")
def hello():
    return render_template_string("Hello {{ name }}", name=request.args["name"])
`},
	}
}

func deserialisation() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "unsafe-deserialisation", Title: "Unsafe deserialisation", CWE: 502, OWASP: "A08:2021", ASVS: []string{"1.5.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "Bytes from a visitor are read by a loader that can make any object. Whoever sends a made-up pickle runs code on the server.",
			Fix:   `data = json.loads(text)`,
			Guard: "guard/sinks",
		},
		Flows: flow.Deserialise,
		Bad: []string{`import base64, pickle
from flask import Flask, request
app = Flask(__name__)

@app.route("/cart")
def cart():
    return {"items": pickle.loads(base64.b64decode(request.cookies["cart"]))}  # <- unsafe-deserialisation
`},
		Good: []string{`import json
from flask import Flask, request
app = Flask(__name__)

@app.route("/cart")
def cart():
    return {"items": json.loads(request.cookies["cart"])}
`},
	}
}

func ldapInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "ldap-injection", Title: "LDAP injection", CWE: 90, OWASP: "A03:2021", ASVS: []string{"1.2.6"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a directory filter. Whoever sends *)(uid=* finds entries that they should not, or logs in as another.",
			Fix:   `conn.search_s(base, ldap.SCOPE_SUBTREE, "(uid=%s)" % escape_filter_chars(uid))`,
			Guard: "guard/injection",
		},
		Flows: flow.LDAP,
		Bad: []string{`import ldap
from flask import Flask, request
app = Flask(__name__)

@app.route("/person")
def person():
    conn = ldap.initialize("ldap://directory")
    found = conn.search_s("dc=shop", ldap.SCOPE_SUBTREE, "(uid=%s)" % request.args["uid"])  # <- ldap-injection
    return {"found": len(found)}
`},
		Good: []string{`import ldap
from ldap.filter import escape_filter_chars
from flask import Flask, request
app = Flask(__name__)

@app.route("/person")
def person():
    conn = ldap.initialize("ldap://directory")
    found = conn.search_s("dc=shop", ldap.SCOPE_SUBTREE, "(uid=%s)" % escape_filter_chars(request.args["uid"]))
    return {"found": len(found)}
`},
	}
}

func xpathInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "xpath-injection", Title: "XPath injection", CWE: 643, OWASP: "A03:2021", ASVS: []string{"1.2.7"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of an XPath expression. Whoever sends a quote and more reads the whole document.",
			Fix:   `tree.xpath("//user[@name = $name]", name=name)`,
			Guard: "guard/injection",
		},
		Flows: flow.XPath,
		Bad: []string{`from lxml import etree
from flask import Flask, request
app = Flask(__name__)

@app.route("/user")
def user():
    tree = etree.parse("users.xml")
    return {"found": len(tree.xpath("//user[@name='" + request.args["name"] + "']"))}  # <- xpath-injection
`},
		Good: []string{`from lxml import etree
from flask import Flask, request
app = Flask(__name__)

@app.route("/user")
def user():
    tree = etree.parse("users.xml")
    return {"found": len(tree.xpath("//user[@name=$name]", name=request.args["name"]))}
`},
	}
}

func xxe() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "xxe", Title: "XML with external entities", CWE: 611, OWASP: "A05:2021", ASVS: []string{"1.5.1"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's XML is read by a parser that loads entities. Whoever declares one reads files of the server, or has it ask other hosts.",
			Fix:   `etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))`,
			Guard: "guard/injection",
		},
		Flows: flow.XML,
		Bad: []string{`from lxml import etree
from flask import Flask, request
app = Flask(__name__)

@app.route("/order", methods=["POST"])
def order():
    doc = etree.fromstring(request.data)  # <- xxe
    return {"items": len(doc)}
`},
		Good: []string{`from lxml import etree
from flask import Flask, request
app = Flask(__name__)

@app.route("/order", methods=["POST"])
def order():
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    doc = etree.fromstring(request.data, parser)
    return {"items": len(doc)}
`},
	}
}

func nosqlInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "nosql-injection", Title: "Injection into a document store's query", CWE: 943, OWASP: "A03:2021", ASVS: []string{"1.2.4"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A visitor's JSON becomes a query. Whoever sends {\"$ne\": null} in the place of a password logs in without one.",
			Fix:   `users.find_one({"name": str(data["name"])})`,
			Guard: "guard/injection",
		},
		Flows: flow.NoSQL,
		Bad: []string{`from flask import Flask, request
from pymongo import MongoClient
app = Flask(__name__)
users = MongoClient().shop.users

@app.route("/login", methods=["POST"])
def login():
    data = request.get_json()
    user = users.find_one({"name": data["name"], "password": data["password"]})  # <- nosql-injection
    return {"ok": user is not None}
`},
		Good: []string{`from flask import Flask, request
from pymongo import MongoClient
app = Flask(__name__)
users = MongoClient().shop.users

@app.route("/login", methods=["POST"])
def login():
    data = request.get_json()
    user = users.find_one({"name": str(data["name"])})
    return {"ok": user is not None}
`},
	}
}
