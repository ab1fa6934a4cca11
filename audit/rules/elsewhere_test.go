package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
)

// TestWordsElsewhere: rules are shown only what may concern them by its words; what is written in
// other letters, or stands elsewhere, is found as well. No line says what it is, as that would be
// a word too.
func TestWordsElsewhere(t *testing.T) {
	t.Parallel()
	far := strings.Repeat("def f():\n    return 1\n", 500)
	for name, c := range map[string]struct{ rule, source string }{
		"a name in full-width letters": {"role-from-client", app + "@app.get('/all')\ndef everything():\n    role = ｒequest.cookies.get('role')\n    if role == 'admin':\n        return ''\n"},
		"an attribute in them":         {"upload-unchecked", app + "@app.post('/up')\ndef up():\n    f = request.ｆiles['f']\n    f.save('static/' + f.filename)\n    return ''\n"},
		"a password in them": {"plain-password", app + "class User(db.Model):\n    name = db.Column(db.String)\n    password = db.Column(db.String)\n" + far +
			"@app.post('/new')\ndef new():\n    ｐassword = request.form['p']\n    db.session.add(User(name=request.form['n'], ｐassword=ｐassword))\n    return ''\n"},
		"a statement that another function sets": {"plain-password", app + "import sqlite3\ndef setup():\n    global ADD\n    ADD = 'INSERT INTO users (name, password) VALUES (?, ?)'\n" + far +
			"@app.post('/new')\ndef new():\n    sqlite3.connect('a').execute(ADD, (request.form['name'], request.form['p']))\n    return ''\n"},
		"a statement of the module": {"plain-password", app + "import sqlite3\nADD = 'INSERT INTO users (name, password) VALUES (?, ?)'\n" + far +
			"@app.post('/new')\ndef new():\n    sqlite3.connect('a').execute(ADD, (request.form['name'], request.form['p']))\n    return ''\n"},
	} {
		p := program.New([]*python.File{python.Parse("app.py", c.source)})
		all := rules.All()
		rule := all[slices.IndexFunc(all, func(r *rules.Rule) bool { return r.ID == c.rule })]
		if found, _ := rules.Run([]*rules.Rule{rule}, p, nil, nil); len(found) == 0 {
			t.Errorf("%s: %s is not found", name, c.rule)
		}
	}
}
