package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestRows: a text that one view puts into a row, and another function takes out of one. In
// the twins another column is read.
func TestRows(t *testing.T) {
	t.Parallel()
	const peewee = "from peewee import *\ndb = SqliteDatabase('x')\nclass Base(Model):\n    class Meta:\n        database = db\nclass Feed(Base):\n    url = CharField()\n    kind = CharField()\n"
	const alchemy = "from flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import insert, select, update\ndb = SQLAlchemy()\nclass Feed(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    url = db.Column(db.String)\n    kind = db.Column(db.String)\n"
	const mongo = "from mongoengine import *\nclass Feed(Document):\n    url = StringField()\n    kind = StringField()\n"
	const tortoise = "from tortoise.models import Model\nfrom tortoise import fields\nclass Feed(Model):\n    url = fields.CharField(max_length=100)\n    kind = fields.CharField(max_length=9)\n"
	const pony = "from pony.orm import *\ndb = Database()\nclass Feed(db.Entity):\n    url = Required(str)\n    kind = Required(str)\n"
	const sqlmodel = "from sqlmodel import SQLModel, Field, Session, select\nclass Feed(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    url: str\n    kind: str\n"
	for name, c := range map[string]struct{ model, put, task string }{
		"create":                   {peewee, "Feed.create(url=q, kind='a')", "for f in Feed.select():\n        os.system(f.COL)"},
		"get_or_create":            {peewee, "feed, made = Feed.get_or_create(url=q)", "for f in Feed.select().where(Feed.id > 3):\n        os.system(f.COL)"},
		"what it gives":            {peewee, "feed, made = Feed.get_or_create(url=q, defaults={'kind': 'a'})\n    run(feed)", "pass\ndef run(feed):\n    os.system(feed.COL)"},
		"defaults":                 {peewee, "Feed.get_or_create(id=1, defaults={'url': q})", "os.system(Feed.get(Feed.id == 1).COL)"},
		"insert":                   {peewee, "Feed.insert(url=q, kind='b').execute()", "os.system(Feed.get_or_none(Feed.id == 1).COL)"},
		"insert_many":              {peewee, "Feed.insert_many([{'url': q, 'kind': 'b'}]).execute()", "os.system(Feed.get_by_id(1).COL)"},
		"update":                   {peewee, "Feed.update(url=q).where(Feed.id == 1).execute()", "os.system(Feed.select().first().COL)"},
		"save":                     {peewee, "f = Feed.get_by_id(1)\n    f.url = q\n    f.save()", "for f in Feed.select().order_by(Feed.kind):\n        os.system(f.COL)"},
		"a method":                 {peewee + "    def run(self):\n        os.system(self.COL)\n", "Feed.create(url=q)", "Feed.get_by_id(1).run()"},
		"dicts":                    {peewee, "Feed.create(url=q)", "for f in Feed.select().dicts():\n        os.system(f['COL'])"},
		"merge":                    {alchemy, "db.session.merge(Feed(id=1, url=q))", "os.system(db.session.get(Feed, 1).COL)"},
		"bulk_insert_mappings":     {alchemy, "db.session.bulk_insert_mappings(Feed, [{'url': q}])", "for f in Feed.query.all():\n        os.system(f.COL)"},
		"bulk_save_objects":        {alchemy, "db.session.bulk_save_objects([Feed(url=q)])", "os.system(Feed.query.first().COL)"},
		"values of an insert":      {alchemy, "db.session.execute(insert(Feed).values(url=q))", "for f in db.session.execute(select(Feed)).scalars():\n        os.system(f.COL)"},
		"values of an update":      {alchemy, "db.session.execute(update(Feed).where(Feed.id == 1).values({'url': q}))", "os.system(db.session.scalars(select(Feed).where(Feed.id == 1)).first().COL)"},
		"a manager of documents":   {mongo, "Feed.objects.create(url=q)", "for f in Feed.objects(kind='a'):\n        os.system(f.COL)"},
		"a document":               {mongo, "Feed(url=q).save()", "os.system(Feed.objects.get(id=1).COL)"},
		"awaited":                  {tortoise, "await Feed.create(url=q)", "for f in await Feed.all():\n        os.system(f.COL)"},
		"awaited filter":           {tortoise, "await Feed.update_or_create(id=1, defaults={'url': q})", "f = await Feed.filter(id=1).first()\n    os.system(f.COL)"},
		"an entity":                {pony, "Feed(url=q, kind='a')", "for f in select(f for f in Feed):\n        os.system(f.COL)"},
		"an entity by its key":     {pony, "Feed(url=q, kind='a')", "os.system(Feed[1].COL)"},
		"an entity that is sought": {pony, "Feed.get(id=1).set(url=q)", "os.system(Feed.get(id=1).COL)"},
		"a session's exec":         {sqlmodel, "Feed(url=q, kind='a')", "for f in Session(engine).exec(select(Feed)).all():\n        os.system(f.COL)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := func(column string) string {
				return "-- models.py --\nimport os\n" + replaceAll(c.model, "COL", column) + "-- tasks.py --\nimport os\nfrom models import *\ndef work():\n    " + replaceAll(c.task, "COL", column) + "\n" +
					"-- app.py --\nfrom flask import Flask, request\nfrom models import *\nfrom tasks import *\napp = Flask(__name__)\n@app.route('/add', methods=['POST'])\nasync def add():\n    q = request.form['q']\n    " + c.put + "\n    return ''\n"
			}
			twins{source("url"), source("kind")}.check(t, flow.Command)
		})
	}
}

// TestSetAll: all that a visitor sends is laid on an object. In the twins the program writes
// which names may be set.
func TestSetAll(t *testing.T) {
	t.Parallel()
	const head = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
	const model = "class User(Mixin, db.Model):\n    name = db.Column(db.String)\n    admin = db.Column(db.Boolean)\n"
	with := func(methods string) string { return head + "class Mixin:\n" + methods + model }
	loop := "    def change(self, **values):\n        for k, v in values.items():\n            setattr(self, k, v)\n"
	checked := "    def change(self, **values):\n        for k, v in values.items():\n            if hasattr(self, k):\n                setattr(self, k, v)\n"
	dict := "    def change(self, data):\n        for k in data:\n            setattr(self, k, data[k])\n"
	items := "    def change(self, data):\n        for k, v in data.items():\n            setattr(self, k, v)\n"
	for name, c := range map[string]twins{
		"**values":         {app(with(loop), "User.query.first().change(**request.get_json())"), app(with(loop), "User.query.first().change(name=request.get_json()['name'])")},
		"with hasattr":     {app(with(checked), "User.query.first().change(**request.get_json())"), app(with(checked), "User.query.first().change(name=q)")},
		"a form":           {app(with(loop), "User.query.first().change(**request.form.to_dict())"), app(with(loop), "User.query.first().change(name=request.form['name'], admin=False)")},
		"a dict":           {app(with(items), "User.query.first().change(request.json)"), app(with(items), "User.query.first().change({'name': request.json['name']})")},
		"a dict's keys":    {app(with(dict), "User.query.first().change(request.json)"), app(with(dict), "User.query.first().change({'name': request.json['name']})")},
		"__dict__":         {app(with("    def change(self, data):\n        self.__dict__.update(data)\n"), "User.query.first().change(request.json)"), app(with("    def change(self, data):\n        self.__dict__.update(data)\n"), "User.query.first().change({'name': q})")},
		"vars":             {app(with("    def change(self, **data):\n        vars(self).update(data)\n"), "User.query.first().change(**request.json)"), app(with("    def change(self, **data):\n        vars(self).update(data)\n"), "User.query.first().change(name=q)")},
		"from_dict":        {app(head+"class User(db.Model):\n    name = db.Column(db.String)\n    @classmethod\n    def make(cls, data):\n        return cls(**data)\n", "User.make(request.get_json())"), app(head+"class User(db.Model):\n    name = db.Column(db.String)\n    @classmethod\n    def make(cls, data):\n        return cls(**data)\n", "User.make({'name': q})")},
		"of a mixin":       {app(with("    @classmethod\n    def make(cls, **data):\n        return cls(**data)\n"), "User.make(**request.get_json())"), app(with("    @classmethod\n    def make(cls, **data):\n        return cls(**data)\n"), "User.make(name=q)")},
		"a helper":         {app(with("    pass\n")+"def lay(obj, data):\n    for k, v in data.items():\n        setattr(obj, k, v)\n", "lay(User.query.first(), request.json)"), app(with("    pass\n")+"def lay(obj, data):\n    for k, v in data.items():\n        setattr(obj, k, v)\n", "lay(User.query.first(), {'name': q})")},
		"create of peewee": {app("from peewee import *\nclass User(Model):\n    name = CharField()\n", "User.create(**request.json)"), app("from peewee import *\nclass User(Model):\n    name = CharField()\n", "User.create(name=request.json['name'])")},
		"a list of names":  {"", app(with("    def change(self, **values):\n        for k in ('name', 'title'):\n            setattr(self, k, values[k])\n"), "User.query.first().change(**request.get_json())")},
		"names in a list":  {"", app(with("    def change(self, **values):\n        for k, v in values.items():\n            if k in ('name', 'title'):\n                setattr(self, k, v)\n"), "User.query.first().change(**request.get_json())")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Attributes)
		})
	}
}
