package canon

import (
	"net/http"
	"strings"
)

// secret stands in the files that nobody may read.
const secret = "the-owners-own-secret"

// Strewn are files that lie about in the folder of an app, by their names. In those that
// are of a kind that programs read, the secret is where they have it.
func Strewn() map[string]string {
	env := "DEBUG=0\nSECRET_KEY=" + secret + "\nDATABASE_URL=postgresql://notes:" + secret + "@db/notes\n"
	ini := "[database]\nuser = notes\npassword = " + secret + "\n"
	program := "from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = \"" + secret + "\"\n"
	return map[string]string{
		".env":                      env,
		".env.production":           env,
		".flaskenv":                 env,
		".git/config":               "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://notes:" + secret + "@git.example/notes.git\n",
		".git/HEAD":                 "ref: refs/heads/" + secret + "\n",
		".svn/entries":              "12\n" + secret + "\n",
		".ssh/id_ed25519":           "-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret + "\n-----END OPENSSH PRIVATE KEY-----\n",
		"key.pem":                   "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\n",
		"config.ini":                ini,
		"settings.py":               program,
		"settings.py.bak":           program,
		"settings.py~":              program,
		".settings.py.swp":          "b0VIM 9.0\x00\x00" + program,
		"config.yml":                "database:\n  user: notes\n  password: " + secret + "\n",
		"config.json":               `{"database": {"user": "notes", "password": "` + secret + `"}}`,
		"notes.db":                  "SQLite format 3\x00" + strings.Repeat("\x00", 100) + secret,
		"backup.sql":                "-- dump\nCREATE TABLE users (name TEXT, password TEXT);\nINSERT INTO users VALUES ('admin', '" + secret + "');\n",
		"backup.zip":                zipped("settings.py", program),
		"__pycache__/settings.pyc":  "\xa7\x0d\x0d\x0a\x00\x00\x00\x00" + secret,
		"fumehood-old.toml":         "[app]\ntarget = \"" + secret + "\"\n",
		"error.log":                 "2026-11-22 10:14:03 ERROR login of admin with " + secret + " failed\n",
		"shelf/books/a book.txt":    "Once upon a time\n",
		"shelf/books/more/book.txt": "Once more\n",
		"shelf/secret.txt":          secret + "\n",
	}
}

// configLeak are files that lie in the app's folder and are not for visitors.
func configLeak() []Attack {
	var attacks []Attack
	add := func(name string, request func(s *Scene) *http.Request) {
		attacks = append(attacks, Attack{Name: name, App: "homely", Gain: "the keys, the passwords, the source", Works: func(s *Scene) bool {
			return s.reads(request(s))
		}})
	}
	get := func(path string, header ...string) func(s *Scene) *http.Request {
		return func(s *Scene) *http.Request { return s.Request(http.MethodGet, path, "", header...) }
	}
	for _, name := range []string{
		".env", ".env.production", ".flaskenv", ".git/config", ".git/HEAD", ".svn/entries", ".ssh/id_ed25519", "key.pem", "config.ini",
		"settings.py", "settings.py.bak", "settings.py~", ".settings.py.swp", "config.yml", "config.json", "notes.db", "backup.sql",
		"backup.zip", "__pycache__/settings.pyc", "fumehood-old.toml", "error.log",
	} {
		add("/"+name, get("/"+name))
		add("/static/"+name, get("/static/"+name))
	}
	add("a part of /settings.py", get("/settings.py", "Range", "bytes=50-"))
	add("a part of /static/config.ini", get("/static/config.ini", "Range", "bytes=15-"))
	add("/settings.py to keep", get("/settings.py?keep=1"))
	for _, path := range []string{
		"/%2eenv", "/%2Egit/config", "/.%67it/config", "/settings%2epy", "/config.in%69", // encoded
		"/./.env", "/templates/../.env", "/.git/./config", "/templates/%2e%2e/settings.py", // by detours
	} {
		add(path, func(s *Scene) *http.Request { return s.Raw(path) })
	}
	add("the name in the query", get("/show?name=../../.env"))
	add("the source by the name in the query", get("/read?name=../../settings.py"))
	add("the database by the name in the query", get("/read?name=../../notes.db&keep=1"))
	return attacks
}

// traversal are paths that leave their folder.
func traversal() []Attack {
	var attacks []Attack
	try := func(reading string, paths ...string) {
		for _, path := range paths {
			attacks = append(attacks, Attack{Name: reading + ": " + path, App: "homely", Gain: "every file that the app may read",
				Works: func(s *Scene) bool { return s.reads(s.Raw(path)) }})
		}
	}
	for _, d := range detours() {
		for _, name := range d.names {
			try(d.reading, "/shelf/"+d.view+"/"+name)
		}
	}
	try("the name in the query", "/read?name=../secret.txt", "/read?name=%2e%2e%2fsecret.txt", "/read?name=more/../../secret.txt", "/read?keep&name=..%2Fsecret.txt")
	try("an absolute path in the query", "/read?name=/proc/self/cwd/shelf/secret.txt")
	try("the text of a file by its name", "/show?name=../secret.txt", "/show?name=%2e%2e%2fsecret.txt")
	return attacks
}

// detour is a way out of a folder, in the way that one kind of app reads a path.
type detour struct {
	view, reading string
	names         []string
}

func detours() []detour {
	return []detour{
		{"plain", "dots", []string{"../secret.txt"}},
		{"plain", "encoded dots", []string{"%2e%2e/secret.txt", ".%2e/secret.txt", "%2E./secret.txt"}},
		{"plain", "encoded slashes", []string{"..%2fsecret.txt", "%2e%2e%2Fsecret.txt"}},
		{"plain", "into a folder and out of it", []string{"more/../../secret.txt", "./../secret.txt", "more/.././../secret.txt"}},
		{"plain", "far up and down again", []string{"../../shelf/secret.txt", "more/../../books/../secret.txt"}},
		{"twice", "decoded twice", []string{"%252e%252e/secret.txt", "%252e%252e%252fsecret.txt", "..%252fsecret.txt", "%25%32%65%252e/secret.txt"}},
		{"windows", "backslashes", []string{"..%5csecret.txt", "%2e%2e%5Csecret.txt", "more%5c..%5c..%5csecret.txt", `..\secret.txt`}},
		{"cleaned", "cleaned once", []string{"....//secret.txt", "..././secret.txt", "%2e%2e%2e%2e//secret.txt"}},
		{"trimmed", "spaces after the dots", []string{"..%20/secret.txt", "%20../secret.txt"}},
		{"parameters", "parameters after the dots", []string{"..;/secret.txt", "..;a=b/secret.txt", "..%3b/secret.txt"}},
		{"unicode", "dots of other scripts", []string{"%ef%bc%8e%ef%bc%8e/secret.txt", "%e2%80%a5/secret.txt", "..%ef%bc%8fsecret.txt", ".%ef%bc%8e/secret.txt"}},
		{"lenient", "overlong UTF-8", []string{"%c0%ae%c0%ae/secret.txt", "..%c0%afsecret.txt", "%e0%80%ae%e0%80%ae/secret.txt"}},
		{"cut", "a byte that ends the name", []string{"../secret.txt%00.png", "more/../../secret.txt%00"}},
	}
}

// Escapes asks for the secret by every detour from a folder of the site that lies in the
// app's own, each time as somebody else, and returns the paths that lead to it.
func (s *Scene) Escapes(folder string) (paths []string) {
	s.Helper()
	for _, d := range detours() {
		for _, name := range d.names {
			path := folder + strings.Replace(name, "secret.txt", "shelf/secret.txt", 1)
			client := s.ClientFrom(s.Elsewhere())
			if strings.Contains(s.Try(client, s.Raw(path)).Text, secret) {
				paths = append(paths, path)
			}
			client.CloseIdleConnections()
		}
	}
	return paths
}

// reads sends a request and says whether the answer has the secret in it.
func (s *Scene) reads(r *http.Request) bool {
	s.Helper()
	answer := s.Try(s.Client(), r)
	s.Logf("%d %.60q", answer.Status, answer.Text)
	return strings.Contains(answer.Text, secret)
}
