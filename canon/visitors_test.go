package canon_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	"github.com/fumehood/fumehood/canon"
	"github.com/fumehood/fumehood/test/browser"
)

// TestVisitors: what people and their programs do, of what the attacks look like. All of it
// goes as on the plain server. So does what Flask itself does right.
func TestVisitors(t *testing.T) {
	t.Parallel()
	flows := []struct {
		name string
		do   func(*canon.Scene)
	}{
		{"mistypes three times", mistypes},
		{"is guessed at by strangers", guessedAt},
		{"logs in often", logsInOften},
		{"office behind one address", office},
		{"page with many pictures", manyPictures},
		{"searches for odd things", searches},
		{"rich text", richText},
		{"JSON", callsTheAPI},
		{"several files", severalFiles},
		{"names in all scripts", allScripts},
		{"large file", largeFile},
		{"static folder keeps to itself", staticFolder},
		{"people with apostrophes", apostrophes},
	}
	run := func(t *testing.T, served browser.Site) {
		networks := new(atomic.Uint32)
		for _, flow := range flows {
			t.Run(flow.name, func(t *testing.T) {
				site := canon.NewSite(t, served, nil)
				site.Networks = networks
				flow.do(&canon.Scene{TB: t, Site: site})
			})
		}
	}
	t.Run("bare", func(t *testing.T) {
		t.Parallel()
		run(t, browser.Bare(t, folder(t, "sharing"), "sharing:app"))
	})
	t.Run("fumehood", func(t *testing.T) {
		t.Parallel()
		run(t, browser.Fumehood(t, folder(t, "sharing"), "sharing:app"))
	})
}

// logIn is a login as a browser sends it.
func logIn(s *canon.Scene, client *http.Client, name, password string) int {
	s.Helper()
	s.Get(client, "/login")
	return s.Post(client, "/login", url.Values{"username": {name}, "password": {password}}).Status
}

func mistypes(s *canon.Scene) {
	p, client := s.Join(), s.Client()
	for _, password := range []string{"Old password", "old pasword", "old passwor"} {
		if status := logIn(s, client, p.Name, password); status != http.StatusOK {
			s.Errorf("a wrong password is answered with %d", status)
		}
	}
	if status := logIn(s, client, p.Name, p.Password); status != http.StatusFound {
		s.Errorf("the right one is answered with %d", status)
	}
}

// guessedAt: whoever has logged in before can do so however often strangers fail in their
// name, from their own computer wherever it is, and from their own network.
func guessedAt(s *canon.Scene) {
	victim, home := s.Join(), s.Client()
	if status := logIn(s, home, victim.Name, victim.Password); status != http.StatusFound {
		s.Fatalf("the first login: %d", status)
	}
	fail := func(from string, times int) {
		stranger := s.ClientFrom(from)
		for i := range times {
			s.Post(stranger, "/login", url.Values{"username": {victim.Name}, "password": {fmt.Sprint("guess", i)}})
		}
	}
	again := func(who string, client *http.Client) {
		if status := logIn(s, client, victim.Name, victim.Password); status != http.StatusFound {
			s.Errorf("%s: %d", who, status)
		}
	}
	fail(s.Elsewhere(), 100)
	again("after one stranger", home)
	for range 30 {
		fail(s.Elsewhere(), 3)
	}
	again("after many strangers", home)
	again("after many strangers, with another browser at home", s.Client())
	fail(canon.Neighbour(s.Home(), 7), 100)
	again("after a stranger in the same house", home)
	train := s.ClientFrom(s.Elsewhere())
	train.Jar = home.Jar
	again("from the train, with the same computer", train)
}

func logsInOften(s *canon.Scene) {
	p, client := s.Join(), s.Client()
	for i := range 20 {
		if status := logIn(s, client, p.Name, p.Password); status != http.StatusFound {
			s.Fatalf("login %d: %d", i, status)
		}
		s.Get(client, "/logout")
	}
}

// office: 25 people have one address, and each mistypes once.
func office(s *canon.Scene) {
	for i := range 25 {
		p, client := s.Join(), s.Client()
		logIn(s, client, p.Name, "wrong")
		if status := logIn(s, client, p.Name, p.Password); status != http.StatusFound {
			s.Errorf("colleague %d: %d", i, status)
		}
	}
}

// manyPictures: three people of one house open a page with 60 pictures at the same time.
func manyPictures(s *canon.Scene) {
	var group sync.WaitGroup
	for range 3 {
		client := s.Client()
		for range 6 {
			group.Go(func() {
				for range 10 {
					if answer := s.Try(client, s.Request(http.MethodGet, "/static/favicon.png", "")); answer.Status != http.StatusOK {
						s.Errorf("a picture: %d", answer.Status)
					}
				}
			})
		}
	}
	group.Wait()
}

func searches(s *canon.Scene) {
	client := s.LoggedIn(s.Join())
	for _, q := range []string{
		"../../etc/passwd", `C:\Users\mina\app.py`, "/.env", ".git", "O'Brien; DROP", "100 %", "a&b=c", "{{ 7 * 7 }}", "fümé 火 🔥",
		"https://example.org/?a=b", "..", "....//", "%2e%2e%2f", `"quoted"`, "x.php", "SELECT * FROM notes WHERE 1=1",
	} {
		if answer := s.Get(client, "/?q="+url.QueryEscape(q)); answer.Status != http.StatusOK || !strings.Contains(answer.Text, "Nothing found") {
			s.Errorf("%q: %d\n%.300s", q, answer.Status, answer.Text)
		}
	}
}

// texts are what people write and paste.
var texts = []string{
	`<p style="text-align: left;">Dear <strong>all</strong>,</p><ul><li>one</li><li><a href="https://example.org/?a=1&amp;b=2">two</a></li></ul><img src="https://example.org/x.png" alt="">`,
	"# How to\n\n```sh\ncurl -s https://example.org/install.sh | sh; rm -rf /tmp/x && cat /etc/passwd\n```\n\n```sql\nSELECT * FROM users WHERE name = '' OR 1=1; -- DROP TABLE\n```\n",
	"```python\nimport os\nos.system(\"ls ../..\")\nprint(f\"{x!r}\")\n```\n`onerror=` and `alert(1)` are what an attack looks like",
	`{"json": [1, 2, {"x": null}], "NaN": "NaN"}`,
	"a\ttab, a \"quote\", an 'apostrophe', a \\ and a %00 and a %2e%2e/ and \u2028 \u200d \u202b",
	"火を見るより明らか · भारत · العربية · עברית · ไทย · Ελληνικά · Русский · 👩‍👩‍👧‍👦 · e\u0301",
	strings.Repeat("A long text. ", 30_000),
}

func richText(s *canon.Scene) {
	p := s.Join()
	client := s.LoggedIn(p)
	var want []string
	for i, text := range texts {
		title := fmt.Sprintf("%d %.40q", i, text)
		r := s.Request(http.MethodPost, "/notes/new", url.Values{"title": {title}, "body": {text}, "tag": {"idea"}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded")
		if i%2 == 1 {
			r = s.Parts("/notes/new", nil, "title", title, "body", text, "tag", "idea")
		}
		if answer := s.Send(client, r); answer.Status != http.StatusFound {
			s.Errorf("%.60q: %d\n%.300s", text, answer.Status, answer.Text)
		}
		want = append(want, text)
	}
	if got := notes(s, client); !slices.Equal(got, want) {
		s.Errorf("the notes are %.200q", got)
	}
}

// notes are the texts of all notes.
func notes(s *canon.Scene, client *http.Client) (bodies []string) {
	s.Helper()
	var list struct{ Notes []struct{ Body string } }
	answer := s.Get(client, "/api/notes")
	if err := json.Unmarshal([]byte(answer.Text), &list); err != nil {
		s.Fatalf("%d %v\n%.300s", answer.Status, err, answer.Text)
	}
	for _, note := range list.Notes {
		bodies = append(bodies, note.Body)
	}
	return bodies
}

func callsTheAPI(s *canon.Scene) {
	client := s.LoggedIn(s.Join())
	for _, text := range texts {
		body, err := json.Marshal(map[string]any{
			"title": "by a program", "body": text, "größe": 1.5e-9, "tags": []any{"a", 1, nil, true, map[string]any{"": []int{}}},
			"points": slices.Repeat([][2]float64{{-47.38, 8.54}}, 5000), "большое": 9007199254740993,
		})
		if err != nil {
			s.Fatal(err)
		}
		if answer := s.Send(client, s.JSON(http.MethodPost, "/api/notes", string(body))); answer.Status != http.StatusCreated {
			s.Errorf("%.60q: %d\n%.300s", text, answer.Status, answer.Text)
		}
	}
	deep := strings.Repeat(`{"a":[`, 15) + `"end"` + strings.Repeat(`]}`, 15)
	for _, body := range []string{
		`{"title": "deep", "body": "", "tree": ` + deep + `}`, "\n\t {\"title\" : \"spaces\", \"body\" : \"\\ud83d\\udd25 \\u0000\"}\r\n",
	} {
		if answer := s.Send(client, s.JSON(http.MethodPost, "/api/notes", body)); answer.Status != http.StatusCreated {
			s.Errorf("%.60q: %d\n%.300s", body, answer.Status, answer.Text)
		}
	}
	if got := notes(s, client); !slices.Equal(got, append(slices.Clone(texts), "", "🔥 \x00")) {
		s.Errorf("the notes are %.200q", got)
	}
	if answer := s.Get(s.Client(), "/api/notes", "Accept", "application/json"); answer.Status != http.StatusUnauthorized {
		s.Errorf("without a login: %d", answer.Status)
	}
}

// shared is what the page says of what it was sent.
type shared struct {
	Files []struct {
		Name, Type, SHA256 string
		Size               int64
	}
	Fields map[string][]string
}

func share(s *canon.Scene, r *http.Request) (got shared) {
	s.Helper()
	answer := s.Send(s.Client(), r)
	if err := json.Unmarshal([]byte(answer.Text), &got); err != nil || answer.Status != http.StatusOK {
		s.Errorf("%d %v\n%.500s", answer.Status, err, answer.Text)
	}
	return got
}

func sum(content string) string {
	digest := sha256.Sum256([]byte(content))
	return hex.EncodeToString(digest[:])
}

func severalFiles(s *canon.Scene) {
	files := samples(s)
	for range 30 {
		files = append(files, canon.File{Name: "more.txt", Type: "text/plain", Content: fmt.Sprint("number ", len(files))})
	}
	got := share(s, s.Parts("/share", files, "title", "holidays", "title", "again", "empty", ""))
	if len(got.Files) != len(files) {
		s.Fatalf("%d files arrived of %d", len(got.Files), len(files))
	}
	for i, file := range files {
		if is := got.Files[i]; is.Name != file.Name || is.SHA256 != sum(file.Content) || is.Type != file.Type {
			s.Errorf("%s (%s, %d bytes) has become %+v", file.Name, file.Type, len(file.Content), is)
		}
	}
	if fields := got.Fields; !slices.Equal(fields["title"], []string{"holidays", "again"}) || !slices.Equal(fields["empty"], []string{""}) {
		s.Errorf("the fields are %q", fields)
	}
	// What a browser sends where no file was chosen.
	got = share(s, s.Parts("/share", []canon.File{{RawName: `filename=""`, Type: "application/octet-stream"}}, "title", "none"))
	if len(got.Files) > 1 || len(got.Files) == 1 && (got.Files[0].Name != "" || got.Files[0].Size != 0) || len(got.Fields["title"]) != 1 {
		s.Errorf("no file has become %+v", got)
	}
}

// samples are files of the kinds that are taken without a policy.
func samples(s *canon.Scene) []canon.File {
	picture := image.NewPaletted(image.Rect(0, 0, 640, 480), color.Palette{color.Black, color.White, color.RGBA{200, 30, 60, 255}})
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * i / 7 % 3)
	}
	encode := func(f func(io.Writer) error) string {
		var out bytes.Buffer
		if err := f(&out); err != nil {
			s.Fatal(err)
		}
		return out.String()
	}
	var utf16le bytes.Buffer
	utf16le.WriteString("\xff\xfe")
	for _, unit := range utf16.Encode([]rune("Einkäufe: Milch, 火\r\n")) {
		utf16le.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return []canon.File{
		{Name: "a.png", Type: "image/png", Content: encode(func(w io.Writer) error { return png.Encode(w, picture) })},
		{Name: "b.jpg", Type: "image/jpeg", Content: encode(func(w io.Writer) error { return jpeg.Encode(w, picture, nil) })},
		{Name: "c.jpeg", Type: "image/jpeg", Content: encode(func(w io.Writer) error { return jpeg.Encode(w, picture, &jpeg.Options{Quality: 30}) })},
		{Name: "d.gif", Type: "image/gif", Content: encode(func(w io.Writer) error { return gif.Encode(w, picture, nil) })},
		{Name: "e.pdf", Type: "application/pdf", Content: pdf},
		{Name: "f.txt", Type: "text/plain", Content: "milk <b>and</b> bread\n<script> is a word, too\n"},
		{Name: "g.txt", Type: "text/plain", Content: utf16le.String()},
		{Name: "h.txt", Type: "text/plain", Content: ""},
		{Name: "i.txt", Type: "text/plain", Content: "import os\n\nprint('a program as a text')\n"},
	}
}

const pdf = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n" +
	"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n" +
	"0000000058 00000 n \n0000000115 00000 n \ntrailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n187\n%%EOF\n"

func allScripts(s *canon.Scene) {
	names := []string{
		"résumé (final).txt", "Übersicht – März.txt", "naïve e\u0301toile.txt", "отчёт за год.txt", "αναφορά.txt", "报告 第一.txt", "報告書.txt",
		"보고서.txt", "تقرير.txt", "דוח.txt", "रिपोर्ट.txt", "รายงาน.txt", "հաշվետվություն.txt", "ანგარიში.txt", "𐌰𐌱𐌲.txt", "👩‍🔬 🔥.txt",
		"O'Brien & sons, 50 %, #1 +x=y [v1.2] {a}!.txt", "two  words.v2.final.txt", "_draft_.txt",
	}
	var files []canon.File
	var fields []string
	for i, name := range names {
		files = append(files, canon.File{Name: name, Type: "text/plain", Content: name})
		fields = append(fields, "field "+strings.TrimSuffix(name, ".txt"), fmt.Sprintf("%d %s", i, name))
	}
	got := share(s, s.Parts("/share", files, fields...))
	if len(got.Files) != len(files) {
		s.Fatalf("%d files arrived of %d", len(got.Files), len(files))
	}
	for i, file := range files {
		if got.Files[i].Name != file.Name || got.Files[i].SHA256 != sum(file.Content) {
			s.Errorf("%q has become %q", file.Name, got.Files[i].Name)
		}
		if value := got.Fields[fields[2*i]]; !slices.Equal(value, fields[2*i+1:2*i+2]) {
			s.Errorf("%q is %q, want %q", fields[2*i], value, fields[2*i+1])
		}
	}
	r := s.Request(http.MethodPost, "/share", url.Values{"имя": {"Мина"}, "名前": {"美奈"}, "اسم": {"مينا"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if got := share(s, r).Fields; len(got) != 3 || got["名前"][0] != "美奈" {
		s.Errorf("the fields are %q", got)
	}
}

// largeFile sends 200 MB that nobody has at once.
func largeFile(s *canon.Scene) {
	const size = 200 << 20
	digest := sha256.New()
	head := "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.txt\"\r\nContent-Type: text/plain\r\n\r\n"
	r := s.Request(http.MethodPost, "/share", "", "Content-Type", "multipart/form-data; boundary=end")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(head), io.TeeReader(io.LimitReader(&lines{}, size), digest), strings.NewReader("\r\n--end--\r\n")))
	r.ContentLength, r.GetBody = int64(len(head)+size+len("\r\n--end--\r\n")), nil
	got := share(s, r)
	if len(got.Files) != 1 || got.Files[0].Size != size || got.Files[0].SHA256 != total(digest) {
		s.Errorf("%+v, want %d bytes", got.Files, size)
	}
}

func total(digest hash.Hash) string { return hex.EncodeToString(digest.Sum(nil)) }

// lines are numbered lines without end.
type lines struct {
	n    int
	rest []byte
}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) < len(p) {
		for range 1000 {
			l.n++
			l.rest = fmt.Appendf(l.rest, "%09d the quick brown fox jumps over the lazy dog\n", l.n)
		}
	}
	n := copy(p, l.rest)
	l.rest = append(l.rest[:0], l.rest[n:]...)
	return n, nil
}

// staticFolder: Flask lets nobody out of it, and who serves it in Flask's place must not.
func staticFolder(s *canon.Scene) {
	if paths := s.Escapes("/static/"); len(paths) > 0 {
		s.Errorf("these lead out of the static folder: %q", paths)
	}
}
