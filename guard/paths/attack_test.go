package paths_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/paths"
)

const secret = "TOP-SECRET"

// TestAttackTraversal: every row reads a file outside its folder from the bare app.
func TestAttackTraversal(t *testing.T) {
	t.Parallel()
	s := start(t, paths.Config{ProbeLimit: 10000})
	for _, row := range rows(t, "traversal.txt") {
		code, target := row[0], "/"+row[1]+"/"+row[2]
		if got := s.raw(t, s.bare, "GET", target); got.body != secret {
			t.Errorf("%s: the attack does not work on the bare app: %d %.60q", target, got.status, got.body)
		}
		if got := s.raw(t, s.guarded, "GET", target); got.status != 400 || got.code != code || strings.Contains(got.body, secret) {
			t.Errorf("%s: %d %s, want %s", target, got.status, got.code, code)
		}
	}
	if got := s.raw(t, s.guarded, "GET", "/files/plain.txt"); got.body != "plain" {
		t.Errorf("%d %q", got.status, got.body)
	}
}

// TestAttackPrivateFiles: files that lie beside what is served. The app's static route is a
// send_file, which passes a descriptor to the kernel.
func TestAttackPrivateFiles(t *testing.T) {
	t.Parallel()
	s := start(t, paths.Config{ProbeLimit: 10000})
	part := "Range: bytes=1-"
	for _, c := range []struct {
		code, target string
		fields       []string
	}{
		{"paths.private", "/static/.env", nil},
		{"paths.private", "/static/.%65nv", nil},
		{"paths.private", "/static/.env.production", nil},
		{"paths.private", "/static/.htpasswd", nil},
		{"paths.private", "/static/.git/config", nil},
		{"paths.private", "/static/app.py.bak", nil},
		{"paths.private", "/static/app.py~", nil},
		{"paths.private", "/static/config.ini", nil},
		{"paths.private", "/static/requirements.txt", nil},
		{"paths.private", "/static/docker-compose.prod.yml", nil},
		{"paths.private", "/static/__pycache__/x.pyc", nil},
		{"paths.private", "/static/index.php", nil},
		{"paths.private", "/static/prod.env", nil},
		{"paths.private", "/static/site.sqlite3", nil},
		{"paths.file", "/static/.unheard/of", nil},
		{"paths.file", "/static/app.py", nil},
		{"paths.file", "/static/app.py", []string{part}},
		{"paths.file", "/static/page.html.j2", nil},
		{"paths.file", "/static/prod.ini", nil},
		{"paths.file", "/static/prod.toml", nil},
		{"paths.file", "/static/prod.yml", nil},
		{"paths.file", "/static/server.key", nil},
		{"paths.file", "/static/server.key", []string{part}},
		{"paths.file", "/static/chain.pem", nil},
		{"paths.file", "/static/app.log", nil},
		{"paths.file", "/static/report.old", nil},
		{"paths.file", "/static/backup.zip", nil},
		{"paths.file", "/static/all.sql", nil},
		{"paths.file", "/static/site.db", nil},
		{"paths.file", "/text/app.py", nil},
		{"paths.file", "/text/app.py?plain=1", nil},
		{"paths.file", "/text/prod.ini", nil},
		{"paths.file", "/text/server.key?plain=1", nil},
		{"paths.file", "/download?name=app.py", nil},
		{"paths.file", "/download?name=app.py&keep=1", nil},
		{"paths.file", "/download?name=.env", nil},
		{"paths.query", "/download?name=../secret.txt", nil},
		{"paths.query", "/download?name=..%2fsecret.txt", nil},
		{"paths.query", "/download?name=%2e%2e%2fsecret.txt&keep=1", nil},
		{"paths.query", "/show?name=../static/app.py", nil},
		{"paths.query", "/show?name=../static/server.key", nil},
		{"paths.file", "/static/typed.py", nil},
		{"paths.file", "/static/mail.yml", nil},
		{"paths.file", "/get/tool.py", nil},
		{"paths.query", "/show?name=../secret.txt&x=S", nil},
		{"paths.query", "/show?name=../secret.txt&x=TOP&y=../SECRET", nil},
		{"paths.query", "/plain?name=../secret.txt", nil},
		{"paths.query", "/download?name=../my+notes.bin", nil},
		{"paths.query", "/show?name=/./etc/passwd", nil},
		{"paths.query", "/show?name=/././/./etc/passwd&x=root", nil},
		{"paths.query", "/show?name=../../../../../../../../../../etc/passwd", nil},
	} {
		bare := s.raw(t, s.bare, "GET", c.target, c.fields...)
		if !strings.Contains(bare.body, secret) && !strings.HasPrefix(bare.body, "root:") {
			t.Errorf("%s: the attack does not work on the bare app: %d %.60q", c.target, bare.status, bare.body)
		}
		got := s.raw(t, s.guarded, "GET", c.target, c.fields...)
		if got.status != 404 || got.code != c.code || strings.Contains(got.body, secret) || strings.Contains(got.body, "root:") || got.header.Get("Last-Modified") != "" {
			t.Errorf("%s: %d %s, want %s", c.target, got.status, got.code, c.code)
		}
	}
}

// TestPagesThatLookLikeFiles: what a route is called does not matter where it gives a page,
// and what is public stays public.
func TestPagesThatLookLikeFiles(t *testing.T) {
	t.Parallel()
	s := start(t, paths.Config{})
	for _, target := range []string{
		"/tags/.net", "/tags/.NET%20Core", "/tags/notes.py", "/tags/report.sql", "/tags/export.db", "/tags/config.yml", "/tags/app.log",
		"/tags/site.zip", "/tags/server.key", "/tags/a~", "/tags/%E2%80%A6and%20justice", "/tags/Makefile", "/tags/readme.bak",
		"/api/x.py", "/api/.foo", "/api/config.toml", "/export/mine.db",
		"/static/openapi.yaml", "/static/values.yml", "/static/ca.pem", "/static/site.js", "/download?name=site.js",
		"/static/config.json", "/static/en.yml", "/static/de.yaml",
		"/ping?page=/home/about", "/ping?u=/media/song.mp3", "/ping?next=/run/5", "/media?path=/mnt/films/holiday.mkv", "/media?path=/home/ann/photo.jpg",
		"/search?q=../x", "/search?q=a..b", "/search?q=%2e%2e%2fx",
	} {
		got, bare := s.raw(t, s.guarded, "GET", target), s.raw(t, s.bare, "GET", target)
		if got.status != 200 || got.body != bare.body || !strings.Contains(got.body, "passes") {
			t.Errorf("%s: %d %s %.60q", target, got.status, got.code, got.body)
		}
	}
	if got := s.raw(t, s.guarded, "GET", "/nothing.py"); got.status != 404 || got.body != "the app's own page" {
		t.Errorf("the app's own 404: %d %s %q", got.status, got.code, got.body)
	}
}

// TestModes: report lets everything pass and says so, off says nothing, allow makes room.
func TestModes(t *testing.T) {
	t.Parallel()
	s := start(t, paths.Config{})
	for _, c := range []struct {
		name         string
		cfg          paths.Config
		target, code string
		works        bool
	}{
		{"report", paths.Config{Mode: "report"}, "/files/../secret.txt", "reported paths.traversal", true},
		{"report", paths.Config{Mode: "report"}, "/static/.env", "reported paths.private", true},
		{"report", paths.Config{Mode: "report"}, "/static/app.py", "reported paths.file", true},
		{"off", paths.Config{Mode: "off"}, "/static/.env", "", true},
		{"allow", paths.Config{Allow: []string{"/static/*.py"}}, "/static/app.py", "", true},
		{"allow", paths.Config{Allow: []string{"/static/.envelope"}}, "/static/.env.production", "paths.private", false},
		{"allow", paths.Config{Allow: []string{"/files/**"}}, "/files/../secret.txt", "paths.traversal", false},
		{"encoded slash", paths.Config{EncodedSlash: "allow"}, "/read/..%2fsecret.txt", "paths.traversal", false},
		{"encoded slash", paths.Config{EncodedSlash: "allow"}, "/twice/..%252fsecret.txt", "paths.traversal", false},
		{"encoded slash", paths.Config{EncodedSlash: "allow"}, "/twice/%252e%252e%252fsecret.txt", "paths.double-encoding", false},
	} {
		got := s.raw(t, s.guard(t, c.cfg), "GET", c.target)
		if strings.Contains(got.body, secret) != c.works || got.code != c.code {
			t.Errorf("%s %s: %d %q", c.name, c.target, got.status, got.code)
		}
	}
}
