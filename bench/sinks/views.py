"""What is measured: single statements, and Flask views that ask a database.

Nothing here knows whether the hooks are there.
"""
import os
import sqlite3
import tempfile
import types

ROWS, PAGE = 10000, 20
TEMPLATE = """<!doctype html>
<title>{% block title %}{{ title }}{% endblock %}</title>
<nav><a href="{{ url_for('page') }}">Home</a></nav>
<h1>{{ title }}</h1><p>{{ count }} posts</p>
{% for post in posts %}
<article><header><h2>{{ post.title }}</h2><div>by {{ post.author }} on {{ post.created }}</div></header>
<p>{{ post.body }}</p></article>
{% else %}<p>Nothing here.</p>{% endfor %}
"""
BARE = "<p>{{ name }} has {{ count }}</p>"
TABLE = """create table posts (id integer primary key, title varchar(80) not null, author varchar(40) not null,
created varchar(20) not null, body text not null)"""
COUNT = "select count(*) as n from posts where id > %s"
LIST = "select id, title, author, created, body from posts order by id desc limit 20"
INSERT = "insert into posts values (%s, %s, %s, %s, %s)"


def posts(total=ROWS):
    return [(n, "Post no. %d" % n, "Anna & Ben", "2026-11-%02d" % (n % 28 + 1), "What it says, <b>%d</b>. " % n * 4)
            for n in range(1, total + 1)]


def sqlite_file():
    handle, path = tempfile.mkstemp(".sqlite")
    os.close(handle)
    db = sqlite3.connect(path)
    db.execute(TABLE)
    db.executemany(INSERT.replace("%s", "?"), posts())
    db.commit()
    db.close()
    return path


def app_of(view):
    import flask
    import jinja2
    app = flask.Flask("views")
    app.jinja_loader = jinja2.DictLoader({"list.html": TEMPLATE, "bare.html": BARE})
    app.add_url_rule("/", "page", view)
    return app


# -- views ---------------------------------------------------------------------------------

def bare(ask):
    """connect, two statements, render, close"""
    from flask import render_template

    def view():
        db = sqlite3.connect(":memory:")
        count = db.execute("select 1").fetchone()[0]
        name = db.execute("select ?", ("Anna",)).fetchone()[0]
        db.close()
        return render_template("bare.html", name=name, count=count)

    return app_of(view)


def listed(ask):
    """a list page as in Flask's tutorial: a connection for each request, a count, 20 rows of 10,000"""
    from flask import g, render_template
    path = sqlite_file()

    def database():
        if "db" not in g:
            g.db = sqlite3.connect(path, detect_types=sqlite3.PARSE_DECLTYPES)
            g.db.row_factory = sqlite3.Row
        return g.db

    def view():
        count = database().execute(COUNT % "?", (ROWS - 500,)).fetchone()["n"]
        return render_template("list.html", title="Posts", count=count, posts=database().execute(LIST).fetchall())

    app = app_of(view)

    @app.teardown_appcontext
    def close(error):
        db = g.pop("db", None)
        if db is not None:
            db.close()

    return app


def alchemy(ask, url=None):
    """the same page with Flask-SQLAlchemy's models and pool"""
    from flask import render_template
    from flask_sqlalchemy import SQLAlchemy
    db = SQLAlchemy()

    class Post(db.Model):
        __tablename__ = "posts"
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(80))
        author = db.Column(db.String(40))
        created = db.Column(db.String(20))
        body = db.Column(db.Text)

    def view():
        count = db.session.scalar(db.select(db.func.count()).select_from(Post).where(Post.id > ROWS - 500))
        found = db.session.scalars(db.select(Post).order_by(Post.id.desc()).limit(PAGE)).all()
        return render_template("list.html", title="Posts", count=count, posts=found)

    app = app_of(view)
    app.config["SQLALCHEMY_DATABASE_URI"] = url or "sqlite:///" + sqlite_file()
    db.init_app(app)
    return app


def filled_postgresql(ask):
    import psycopg2
    db = psycopg2.connect(host=ask["postgresql"]["Folder"], user=ask["postgresql"]["User"],
                          dbname=ask["postgresql"]["Database"])
    with db, db.cursor() as cursor:
        cursor.execute("drop table if exists posts")
        cursor.execute(TABLE)
        cursor.executemany(INSERT, posts())
    return db


def postgresql(ask):
    """the same page with psycopg2 and a connection that is kept"""
    import psycopg2.extras
    from flask import render_template
    db = filled_postgresql(ask)

    def view():
        with db, db.cursor(cursor_factory=psycopg2.extras.DictCursor) as cursor:
            cursor.execute(COUNT, (ROWS - 500,))
            count = cursor.fetchone()["n"]
            cursor.execute(LIST)
            return render_template("list.html", title="Posts", count=count, posts=cursor.fetchall())

    return app_of(view)


def postgresql_alchemy(ask):
    """the same page with Flask-SQLAlchemy and psycopg"""
    filled_postgresql(ask).close()
    return alchemy(ask, "postgresql+psycopg://%s@/%s?host=%s" % (
        ask["postgresql"]["User"], ask["postgresql"]["Database"], ask["postgresql"]["Folder"]))


# -- statements ----------------------------------------------------------------------------

def asked(cursor, statement):
    def run():
        cursor.execute(statement, (7,))
        cursor.fetchone()
    return run


def kept(ask):
    """a cursor that is kept"""
    return asked(sqlite3.connect(":memory:").cursor(), "select ?")


def fresh(ask):
    """Connection.execute"""
    db = sqlite3.connect(":memory:")
    return lambda: db.execute("select ?", (7,)).fetchone()


def connected(ask):
    """no statement: connect(":memory:") and close"""
    return lambda: sqlite3.connect(":memory:").close()


def psycopg2(ask):
    """to PostgreSQL"""
    import psycopg2 as module
    return asked(module.connect(host=ask["postgresql"]["Folder"], user=ask["postgresql"]["User"],
                                dbname=ask["postgresql"]["Database"]).cursor(), "select %s")


def psycopg(ask):
    """to PostgreSQL"""
    import psycopg as module
    return asked(module.connect(host=ask["postgresql"]["Folder"], user=ask["postgresql"]["User"],
                                dbname=ask["postgresql"]["Database"]).cursor(), "select %s")


def pymysql(ask):
    """to MariaDB"""
    import pymysql as module
    return asked(module.connect(unix_socket=ask["mariadb"]["Socket"], user=ask["mariadb"]["User"],
                                database=ask["mariadb"]["Database"]).cursor(), "select %s")


def mysqlclient(ask):
    """to MariaDB"""
    import MySQLdb
    return asked(MySQLdb.connect(unix_socket=ask["mariadb"]["Socket"], user=ask["mariadb"]["User"],
                                 database=ask["mariadb"]["Database"]).cursor(), "select %s")
