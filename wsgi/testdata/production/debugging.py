"""An app as it looks the day before it goes online: everything for development is on."""
from flask import Blueprint, Flask, render_template, render_template_string
from werkzeug.debug import DebuggedApplication

app = Flask(__name__, template_folder="pages")
app.debug = True
app.config["TESTING"] = True
app.config["SESSION_COOKIE_NAME"] = "who"
admin = Blueprint("admin", __name__, template_folder="admin/admin_pages", url_prefix="/admin")


@app.route("/state")
def state():
    return {"debug": app.debug, "testing": app.testing}


@app.route("/raise")
def fail():
    raise RuntimeError("on purpose")


@app.route("/page")
def page():
    return render_template("page.html")


@app.route("/two")
def two():
    return render_template("page.html") + render_template_string("{{ 1 + 1 }}")


@admin.route("/")
def of_admin():
    return render_template("of_admin.html")


app.register_blueprint(admin)
wrapped = DebuggedApplication(app, evalex=True)
