package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestConditions: conditions of columns are no statements, also where rows hold what a
// visitor sent; a text among them is one.
func TestConditions(t *testing.T) {
	t.Parallel()
	const head = `from flask import *
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.Text)
    text = db.Column(db.Text)
@app.route('/new', methods=['POST'])
def new():
    db.session.add(Note(title=request.form['title'] + '', text=f"{request.form['text']}"))
    return ''
@app.route('/')
def v():
    q = request.args['q']
    return str(Note.query.`
	for condition, found := range map[string]bool{
		"filter(Note.title.ilike(f'%{q}%'))":                                 false,
		"filter((Note.title.ilike(f'%{q}%')) | (Note.text.ilike(f'%{q}%')))": false,
		"filter((Note.title == q) & ~(Note.text == q))":                      false,
		"order_by(Note.title)":                                               false,
		"order_by(Note.title + Note.text)":                                   false,
		"filter('title = ' + q)":                                             true,
		"filter((Note.title == 'a') | text('title = ' + q))":                 true,
		"order_by(f'{Note.query.first().title} desc')":                       true,
		"filter('%s' % q)":                                                   true,
	} {
		if got := has(follow(t, head+condition+".all())\n"), flow.SQL); got != found {
			t.Errorf("%s: found %v", condition, got)
		}
	}
}

// TestNumbers: a document's number that was made of what a visitor sent chooses by nothing else.
func TestNumbers(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nfrom pymongo import MongoClient\nfrom bson import ObjectId\napp = Flask(__name__)\ndb = MongoClient().a\ndef number(x):\n    try:\n        return ObjectId(x)\n    except ValueError:\n        abort(404)\n@app.route('/', methods=['POST'])\ndef v():\n    q = request.json['id']\n    db.notes.find_one({'_id': "
	for number, found := range map[string]bool{"q": true, "ObjectId(q)": false, "number(q)": false, "ObjectId('1') and q": true} {
		if got := has(follow(t, head+number+"})\n"), flow.NoSQL); got != found {
			t.Errorf("%s: found %v", number, got)
		}
	}
}
