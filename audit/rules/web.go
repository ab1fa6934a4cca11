package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
)

// web are the rules for a visitor's text in pages, addresses, paths, headers and logs.
func web() []*Rule {
	return []*Rule{xss(), pathTraversal(), ssrf(), openRedirect(), headerInjection(), logInjection(), massAssignment(), trustBoundary(), errorText()}
}

func xss() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "xss", Title: "Cross-site scripting", CWE: 79, OWASP: "A03:2021", ASVS: []string{"1.2.1", "1.2.3"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a page as it is. Whoever gets a script into it acts as everybody who sees the page.",
			Fix:   `return render_template("hello.html", name=name)`,
			Guard: "guard/csp",
		},
		Flows: flow.HTML | flow.HTMLAttr | flow.URL | flow.Script,
		Bad: []string{`from flask import Flask, request, make_response
from markupsafe import Markup
app = Flask(__name__)

@app.route("/hello")
def hello():
    name = request.args.get("name", "you")
    return f"<h1>Hello {name}</h1>"  # <- xss

@app.route("/page/<title>")
def page(title):
    body = "<title>%s</title>" % title
    return make_response(body)  # <- xss

@app.route("/bio", methods=["POST"])
def bio():
    return {"html": Markup("<b>" + request.form["bio"] + "</b>")}  # <- xss
`},
		Good: []string{`from flask import Flask, Response, jsonify, request
from markupsafe import escape
app = Flask(__name__)

@app.route("/hello")
def hello():
    return f"<h1>Hello {escape(request.args['name'])}</h1>"

@app.route("/raw")
def raw():
    return Response(request.args["text"], mimetype="text/plain")

@app.route("/json")
def data():
    return jsonify(name=request.args["name"])

@app.route("/id/<int:number>")
def by_number(number):
    return f"<h1>{number}</h1>"

@app.route("/dict")
def plain():
    return {"name": request.args["name"]}
`},
	}
}

func pathTraversal() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "path-traversal", Title: "A path that leaves its folder", CWE: 22, OWASP: "A01:2021", ASVS: []string{"5.3.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of the name of a file. Whoever sends ../ reads or writes files outside of the folder that was meant.",
			Fix:   `return send_from_directory("files", name)`,
			Guard: "guard/sinks",
		},
		Flows: flow.Path,
		Bad: []string{`import os
from flask import Flask, request, send_file
app = Flask(__name__)

@app.route("/get")
def get():
    return send_file(os.path.join("files", request.args["name"]))  # <- path-traversal

@app.route("/save", methods=["POST"])
def save():
    f = request.files["doc"]
    f.save("uploads/" + f.filename)  # <- path-traversal
    return "saved"
`},
		Good: []string{`import os
from flask import Flask, abort, request, send_file, send_from_directory
from werkzeug.utils import secure_filename
app = Flask(__name__)

@app.route("/get")
def get():
    return send_from_directory("files", request.args["name"])

@app.route("/save", methods=["POST"])
def save():
    f = request.files["doc"]
    f.save(os.path.join("uploads", secure_filename(f.filename)))
    return "saved"

@app.route("/checked")
def checked():
    path = os.path.realpath(os.path.join("/srv/files", request.args["name"]))
    if not path.startswith("/srv/files/"):
        abort(404)
    return send_file(path)
`},
	}
}

func ssrf() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "ssrf", Title: "Requests to where a visitor says", CWE: 918, OWASP: "A10:2021", ASVS: []string{"1.3.6"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "The server fetches an address that a visitor gave. Whoever gives an inside one reads what only the server may reach, such as the keys of the cloud.",
			Fix:   `if urlparse(url).hostname not in ALLOWED: abort(400)`,
			Guard: "guard/sinks",
		},
		Flows: flow.Address,
		Bad: []string{`import requests
from flask import Flask, request
app = Flask(__name__)

@app.route("/preview")
def preview():
    r = requests.get(request.args["url"], timeout=5)  # <- ssrf
    return {"size": len(r.text)}
`},
		Good: []string{`import requests
from urllib.parse import urlparse
from flask import Flask, abort, request
app = Flask(__name__)
HOSTS = {"api.example.org"}

@app.route("/preview")
def preview():
    url = request.args["url"]
    if urlparse(url).hostname not in HOSTS:
        abort(400)
    r = requests.get(url, timeout=5)
    more = requests.get("https://api.example.org/items/" + request.args["id"], timeout=5)
    return {"size": len(r.text) + len(more.text)}
`},
	}
}

func openRedirect() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "open-redirect", Title: "Redirects to where a visitor says", CWE: 601, OWASP: "A01:2021", ASVS: []string{"3.7.2"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "A link to this site sends people on to any other. Whoever shares such a link borrows the site's good name for a false login page.",
			Fix:   `return redirect(url_for("home"))`,
			Guard: "guard/redirects",
		},
		Flows: flow.Redirect,
		Bad: []string{`from flask import Flask, redirect, request
app = Flask(__name__)

@app.route("/login", methods=["POST"])
def login():
    return redirect(request.args.get("next") or "/")  # <- open-redirect
`},
		Good: []string{`from flask import Flask, redirect, request, url_for
app = Flask(__name__)

@app.route("/login", methods=["POST"])
def login():
    page = request.args.get("page", "home")
    if page == "shop":
        return redirect(url_for("shop"))
    return redirect("/pages/" + page)
`},
	}
}

func headerInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "header-injection", Title: "A visitor's text in a header", CWE: 113, OWASP: "A03:2021", ASVS: []string{"4.1.4"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A visitor's text becomes a header of the answer. Where a server lets line breaks through, it can add headers and a second answer.",
			Fix:   `response.headers["X-Name"] = quote(name)`,
			Guard: "fumehood run",
		},
		Flows: flow.Header,
		Bad: []string{`from flask import Flask, make_response, request
app = Flask(__name__)

@app.route("/lang")
def lang():
    r = make_response("ok")
    r.headers["X-Lang"] = request.args["lang"]  # <- header-injection
    return r
`},
		Good: []string{`from flask import Flask, make_response, request
app = Flask(__name__)

@app.route("/lang")
def lang():
    r = make_response("ok")
    lang = request.args["lang"]
    r.headers["X-Lang"] = lang if lang in ("de", "en") else "en"
    return r
`},
	}
}

func logInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "log-injection", Title: "A visitor's text in a line of the log", CWE: 117, OWASP: "A09:2021", ASVS: []string{"16.4.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A visitor's text is written to the log as it is. Whoever sends a line break forges lines, and hides what they did.",
			Fix:   `log.info("login of %r failed", name)`,
			Guard: "fumehood run",
		},
		Flows: flow.Log,
		Bad: []string{`import logging
from flask import Flask, request
app = Flask(__name__)
log = logging.getLogger(__name__)

@app.route("/login", methods=["POST"])
def login():
    log.warning("login failed: " + request.form["name"])  # <- log-injection
    return "no", 401
`},
		Good: []string{`import logging
from flask import Flask, request
app = Flask(__name__)
log = logging.getLogger(__name__)

@app.route("/login", methods=["POST"])
def login():
    log.warning("login failed: " + repr(request.form["name"]))
    return "no", 401
`},
	}
}

func massAssignment() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "mass-assignment", Title: "A visitor says which attributes are set", CWE: 915, OWASP: "A08:2021", ASVS: []string{"15.3.3"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "Names of attributes come from the request. Whoever adds is_admin to a form becomes one.",
			Fix:   `user.email = data["email"]`,
			Guard: "guard/validate",
		},
		Flows: flow.Attributes,
		Bad: []string{`from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    is_admin = db.Column(db.Boolean)

@app.route("/users", methods=["POST"])
def add():
    user = User(**request.get_json())  # <- mass-assignment
    for key, value in request.form.items():
        setattr(user, key, value)  # <- mass-assignment
    db.session.add(user)
    return {}
`},
		Good: []string{`from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    is_admin = db.Column(db.Boolean)

@app.route("/users", methods=["POST"])
def add():
    data = request.get_json()
    user = User(email=data["email"])
    for key in ("email", "name"):
        setattr(user, key, data[key])
    db.session.add(user)
    return {}
`},
	}
}

func trustBoundary() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "trust-boundary", Title: "A visitor's text kept as if it were our own", CWE: 501, OWASP: "A04:2021", ASVS: []string{"2.2.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "What a visitor sent is put into the session without a check. Code that reads it later takes it for the app's own.",
			Fix:   `session["lang"] = lang if lang in LANGS else "en"`,
			Guard: "",
		},
		Flows: flow.Trust,
		Bad: []string{`from flask import Flask, request, session
app = Flask(__name__)

@app.route("/role", methods=["POST"])
def role():
    session["role"] = request.form["role"]  # <- trust-boundary
    return "ok"
`},
		Good: []string{`from flask import Flask, request, session
app = Flask(__name__)

@app.route("/lang", methods=["POST"])
def lang():
    lang = request.form["lang"]
    if lang in ("de", "en"):
        session["lang"] = lang
    session["page"] = int(request.form["page"])
    return "ok"
`},
	}
}

func errorText() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "error-text", Title: "The text of an exception in an answer", CWE: 209, OWASP: "A05:2021", ASVS: []string{"16.5.1"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "The text of an exception is sent to the visitor. It tells of statements, paths and versions, which the next attack needs.",
			Fix:   `app.logger.exception("..."); return {"error": "Something went wrong."}, 500`,
			Guard: "guard/errors",
		},
		Flows: flow.Exposure,
		Bad: []string{`from flask import Flask, jsonify
app = Flask(__name__)

@app.route("/a")
def a():
    try:
        return {"n": 1 / 0}
    except Exception as e:
        return jsonify({"error": str(e)}), 500  # <- error-text

@app.route("/b")
def b():
    try:
        return {"n": 1 / 0}
    except ZeroDivisionError as e:
        return f"failed: {e}"  # <- error-text
`},
		Good: []string{`from flask import Flask
app = Flask(__name__)

@app.route("/a")
def a():
    try:
        return {"n": 1 / 0}
    except Exception as e:
        app.logger.warning("failed: %s", e)
        return {"error": "Something went wrong."}, 500
`},
	}
}
