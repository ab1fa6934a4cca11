package upload_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestWhatPeopleUploadArrives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := &received{}
	h := behind(t, upload.Config{}, dir, app)
	items := []item{
		{name: "title", data: "caf\u00e9 \u7d75 \U0001f600 \"x\" <b>rich</b>\r\n\r\ntext"}, {name: "list[]", data: "1"}, {name: "list[]", data: "2"}, {name: "empty"},
		file("photo.png", "image/png", pngFile()), file("IMG.JPG", "image/jpeg", jpgFile()), file("a.gif", "image/gif", gifFile()),
		file("Vertrag (neu).pdf", "application/pdf", pdfFile()), file("notes.txt", "text/plain", "h\u00e9llo\n"), file("\u5831\u544a.txt", "text/plain", "x"),
		file("", "application/octet-stream", ""),
	}
	if w := post(h, items...); w.Code != 200 || !reflect.DeepEqual(app.items, items) {
		t.Errorf("%d %s\n%.900q\nwant\n%.900q", w.Code, w.Body, app.items, items)
	}
	big := append(items, file("long.txt", "text/plain", strings.Repeat("line\n", 50_000)))
	if w := post(h, big...); w.Code != 200 || !reflect.DeepEqual(app.items, big) {
		t.Errorf("in a file: %d %s", w.Code, w.Body)
	}
	if app.contentType != "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW" {
		t.Errorf("a form that is as it should be was written anew: %s", app.contentType)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

// The types that systems without a table of types declare, and scripts with a Blob.
func TestUnclearTypesArrive(t *testing.T) {
	t.Parallel()
	app := &received{}
	h := behind(t, upload.Config{Types: []string{"png", "txt", "csv"}}, t.TempDir(), app)
	for _, tt := range []struct{ sent, want item }{
		{file("x.png", "application/octet-stream", pngFile()), file("x.png", "image/png", pngFile())},
		{file("x.csv", "application/vnd.ms-excel", "a;b\n1;2\n"), file("x.csv", "text/csv", "a;b\n1;2\n")},
		{file("blob", "image/png", pngFile()), file("blob.png", "image/png", pngFile())},
		{file("empty.txt", "text/plain", ""), file("empty.txt", "text/plain", "")},
	} {
		if w := post(h, tt.sent); w.Code != 200 || len(app.items) != 1 || app.items[0] != tt.want {
			t.Errorf("%q: %d %s %.200q", tt.sent.filename, w.Code, w.Body, app.items)
		}
	}
}

func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	bomb := []byte(pngFile())
	copy(bomb[16:], "\x00\x00\xff\xff\x00\x00\xff\xff")
	many := make([]item, 101)
	for i := range many {
		many[i] = file("x.txt", "text/plain", "x")
	}
	for _, tt := range []struct {
		name, code string
		cfg        upload.Config
		items      []item
	}{
		{"a script for the server", "upload.program", upload.Config{}, []item{file("x.php", "image/png", pngFile())}},
		{"a page", "upload.type", upload.Config{}, []item{file("x.html", "text/html", "<script>alert(1)</script>")}},
		{"a page as text", "upload.mismatch", upload.Config{}, []item{file("x.txt", "text/plain", "<!doctype html><script>alert(1)</script>")}},
		{"an SVG with script", "upload.type", upload.Config{}, []item{file("x.svg", "image/svg+xml", svgWithScript)}},
		{"an SVG as PNG", "upload.mismatch", upload.Config{}, []item{file("x.png", "image/png", svgWithScript)}},
		{"a page declared for a picture", "upload.mismatch", upload.Config{}, []item{file("x.png", "text/html", pngFile())}},
		{"a picture that is a script as well", "upload.mismatch", upload.Config{}, []item{file("x.gif", "image/gif", "GIF89a/*"+strings.Repeat("\x00", 40)+"*/=1;alert(1)//;")}},
		{"a picture with an archive behind it", "upload.mismatch", upload.Config{}, []item{file("x.png", "image/png", pngFile()+zipFile(map[string]string{"a": "b"}))}},
		{"a picture with PHP behind it", "upload.mismatch", upload.Config{}, []item{file("x.png", "image/png", pngFile()+"<?php system($_GET[0]);")}},
		{"an archive", "upload.type", upload.Config{}, []item{file("x.zip", "application/zip", zipFile(map[string]string{"a": "b"}))}},
		{"an extension that nobody knows", "upload.type", upload.Config{}, []item{file("x.weird", "text/plain", "x")}},
		{"a large file", "upload.too-large", upload.Config{Max: 1000}, []item{file("x.txt", "text/plain", strings.Repeat("x", 1001))}},
		{"many files", "upload.files", upload.Config{}, many},
		{"many parts", "upload.parts", upload.Config{Parts: 99}, many[:100]},
		{"a picture of four billion pixels", "upload.pixels", upload.Config{}, []item{file("x.png", "image/png", repaired(bomb))}},
		{"a file without a name", "upload.name", upload.Config{}, []item{file("", "image/png", pngFile())}},
		{"a name that is to be kept", "upload.name", upload.Config{Names: "keep"}, []item{file("../x.png", "image/png", pngFile())}},
		{"a hidden file", "upload.program", upload.Config{Names: "keep"}, []item{file(".htaccess", "text/plain", "x")}},
		{"an archive that leads out", "upload.archive", upload.Config{Types: []string{"zip"}}, []item{file("x.zip", "application/zip", zipFile(map[string]string{"../app.txt": "b"}))}},
		{"an archive with a module", "upload.archive", upload.Config{Types: []string{"zip"}}, []item{file("x.zip", "application/zip", zipFile(map[string]string{"a/__init__.py": "b"}))}},
		{"an archive that grows", "upload.archive", upload.Config{Types: []string{"zip"}, ArchiveTotal: fumehood.MB}, []item{file("x.zip", "application/zip", zipFile(map[string]string{"a": strings.Repeat("\x00", 2<<20)}))}},
		{"a form in another encoding", "upload.malformed", upload.Config{}, []item{{name: "_charset_", data: "utf-7"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			app := &received{}
			if post(readWhole(t, dir, app), tt.items...); app.called != 1 || len(app.items) == 0 {
				t.Fatal("without the guard the app must get it")
			}
			w := post(behind(t, tt.cfg, dir, app), tt.items...)
			if code := codeOf(w); app.called != 1 || code != tt.code {
				t.Errorf("%d %s, want %s; the app was called %d times", w.Code, w.Body, tt.code, app.called)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// strange are the ways to say multipart that only some software understands.
func TestAttackContentTypes(t *testing.T) {
	t.Parallel()
	_, form := formOf(file("x.php", "image/png", "<?php"))
	const b = "; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"
	for _, types := range [][]string{
		{"Multipart/Form-Data" + b}, {"multipart/form-data" + b, "text/plain"}, {"text/plain", "multipart/form-data" + b}, {"multipart/mixed" + b}, {"multipart/related" + b},
		{"multipart/form-data"}, {"multipart/form-data; boundary="}, {"multipart/form-data ,text/plain" + b}, {"text/plain, multipart/form-data" + b}, {" multipart/form-data" + b},
		{"multipart/form-data\t,x" + b}, {"multipart/" + b}, {"multipart" + b}, {"multipart/form-data-x" + b}, {"x-multipart/form-data" + b}, {"multipart\\form-data" + b},
	} {
		app := &received{}
		h := behind(t, upload.Config{}, t.TempDir(), app)
		r := httptest.NewRequest("POST", "/", bytes.NewReader(form))
		r.Header["Content-Type"] = types
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if app.called != 0 || w.Code < 400 || w.Code > 499 {
			t.Errorf("%q: %d", types, w.Code)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	app := &received{}
	random := regexp.MustCompile(`^[a-z2-7]{16}\.png$`)
	sent := file(`..\Fotos "2024"/Grüße.php.png`, "image/png", pngFile())
	for i, want := range []string{"Grüße_php.png", "", "random"} {
		cfg := upload.Config{Names: []string{"safe", "keep", "random"}[i]}
		w := post(behind(t, cfg, t.TempDir(), app), sent)
		switch {
		case want == "":
			if codeOf(w) != "upload.name" {
				t.Errorf("keep: %d %s", w.Code, w.Body)
			}
		case len(app.items) != 1 || app.items[0].data != sent.data:
			t.Errorf("%s: %d %s", cfg.Names, w.Code, w.Body)
		case want == "random":
			if got := app.items[0].filename; !random.MatchString(got) || app.heads[0].Get("X-Original-Filename") != "Grüße_php.png" {
				t.Errorf("random: %q %q", got, app.heads[0])
			}
		case app.items[0].filename != want:
			t.Errorf("%s: %q", cfg.Names, app.items[0].filename)
		}
	}
	kept := file("Was? <ja> 100%.png", "image/png", pngFile())
	if w := post(behind(t, upload.Config{Names: "keep"}, t.TempDir(), app), kept); w.Code != 200 || app.items[0] != kept {
		t.Errorf("keep: %d %s %.100q", w.Code, w.Body, app.items)
	}
}

func TestPicturesAreMadeAnew(t *testing.T) {
	t.Parallel()
	app := &received{}
	h := behind(t, upload.Config{Images: "reencode"}, t.TempDir(), app)
	for _, sent := range []item{
		file("x.jpg", "image/jpeg", withComment(jpgFile(), "<?php secret")), file("x.png", "image/png", pngFile()+"<?php secret"), file("x.gif", "image/gif", gifFile()),
	} {
		w := post(h, item{name: "a", data: "b"}, sent, file("y.txt", "text/plain", "z"))
		if w.Code != 200 || len(app.items) != 3 || app.items[1].filename != sent.filename || app.items[1].media != sent.media || app.items[2].data != "z" {
			t.Errorf("%s: %d %s %.200q", sent.filename, w.Code, w.Body, app.items)
			continue
		}
		if strings.Contains(app.items[1].data, "secret") || app.items[1].data == "" {
			t.Errorf("%s: the secret is still there", sent.filename)
		}
	}
	if w := post(h, file("x.png", "image/png", pngFile()[:60])); w.Code < 400 || w.Code > 499 {
		t.Errorf("half a picture: %d", w.Code)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	app := &received{}
	bad := file("x.html", "text/html", "<script>")
	for _, mode := range []fumehood.Mode{fumehood.Report, fumehood.Off} {
		x := &fumehood.Exchange{}
		contentType, form := formOf(bad)
		h := behind(t, upload.Config{Mode: mode}, t.TempDir(), app)
		r := httptest.NewRequest("POST", "/", bytes.NewReader(form))
		r.Header.Set("Content-Type", contentType)
		r = r.WithContext(fumehood.WithExchange(r.Context(), x))
		h.ServeHTTP(httptest.NewRecorder(), r)
		if len(app.items) != 1 || app.items[0] != bad {
			t.Errorf("%s: the app got %q", mode, app.items)
		}
		if (len(x.Reported) == 1) != (mode == fumehood.Report) {
			t.Errorf("%s: %d were reported", mode, len(x.Reported))
		}
	}
	h := behind(t, upload.Config{Mode: fumehood.Report, Names: "random"}, t.TempDir(), app)
	if good := file("x.txt", "text/plain", "x"); post(h, good).Code != 200 || app.items[0] != good {
		t.Errorf("report changed what it let through: %q", app.items)
	}
	for _, h := range []http.Handler{(*upload.Guard)(nil).Handler(app), new(upload.Guard).Handler(app)} {
		if w := post(h, bad); w.Code != 500 || codeOf(w) != "upload.not-ready" {
			t.Errorf("not ready: %d %s", w.Code, w.Body)
		}
	}
	if err := new(upload.Guard).Check(httptest.NewRequest("GET", "/", nil)); err == nil {
		t.Error("Check of a zero Guard says yes")
	}
}

func TestMistakesAreNamedAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := upload.New(upload.Config{
		Mode: "of", Types: []string{"exe", "svg", "docxx", ".PNG", "py", "rar"}, Max: -1, Names: "secure", Images: "no", Raw: "yes",
		Served: []string{"uploads", "/a/../b/", "/"}, DangerouslyAllowTypes: []string{"png", "php"},
	}, upload.Site{})
	if err == nil {
		t.Fatal("it takes anything")
	}
	for _, want := range []string{`upload.mode: "of"`, `upload.types: "exe" is never allowed`, `upload.types: "svg" is a type that runs`, `"docxx" is no type`, `".PNG" is not how`, `"py" is never`, `a "rar" archive`,
		"upload.max is below zero", `upload.names: "secure"`, `upload.images: "no"`, `upload.raw: "yes"`, `upload.served: "uploads"`, `"/a/../b/"`, `"/" is no path`,
		`nothing to fear in "png"`, `dangerously_allow_types: "php" is never`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing about %s in\n%v", want, err)
		}
	}
	_, err = upload.New(upload.Config{Types: []string{"svg"}}, upload.Site{})
	if got := hint.Of(err); !strings.Contains(got, `upload.dangerously_allow_types = ["svg"]`) {
		t.Errorf("the hint is %q", got)
	}
}

func TestFearedTypes(t *testing.T) {
	t.Parallel()
	app := &received{}
	h := behind(t, upload.Config{DangerouslyAllowTypes: []string{"svg"}}, t.TempDir(), app)
	if w := post(h, file("x.svg", "image/svg+xml", svgWithScript)); w.Code != 200 || len(app.items) != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(h, file("x.html", "text/html", "<script>")); codeOf(w) != "upload.type" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRawBodies(t *testing.T) {
	t.Parallel()
	app := &received{}
	h := behind(t, upload.Config{Raw: "check"}, t.TempDir(), app)
	for _, tt := range []struct{ path, media, body, code string }{
		{"/files/x.png", "image/png", pngFile(), ""},
		{"/files/x.png", "", pngFile(), ""},
		{"/files/x.png", "application/octet-stream", pngFile(), ""},
		{"/files/17", "image/png", pngFile(), ""},
		{"/files/x.png", "image/png", svgWithScript, "upload.mismatch"},
		{"/files/x.html", "text/html", "<script>", "upload.type"},
		{"/files/app.py", "text/plain", "x", "upload.program"},
		{"/files/.htaccess", "text/plain", "x", "upload.program"},
		{"/files/x.png", "application/json", "{}", "upload.mismatch"},
		{"/form", "application/x-www-form-urlencoded", "a=b", ""},
		{"/empty", "", "", ""},
	} {
		before := app.called
		w := send(h, "PUT", tt.path, tt.media, strings.NewReader(tt.body))
		if codeOf(w) != tt.code || (app.called > before) != (tt.code == "") {
			t.Errorf("%s %s: %d %s, want %q", tt.path, tt.media, w.Code, w.Body, tt.code)
		}
	}
	pass := behind(t, upload.Config{}, t.TempDir(), app)
	if w := send(pass, "PUT", "/files/x.bin", "application/octet-stream", strings.NewReader("\x00")); w.Code != 200 {
		t.Errorf("a program's own body: %d", w.Code)
	}
}

// Where no guard has read the body, this one does.
func TestBodiesThatHaveNotArrived(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := &received{}
	g, err := upload.New(upload.Config{Max: 300_000, Files: 1}, upload.Site{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Handler(app)
	for _, size := range []int{10, 200_000} {
		sent := file("x.txt", "text/plain", strings.Repeat("x", size))
		if w := post(h, sent); w.Code != 200 || len(app.items) != 1 || app.items[0] != sent {
			t.Errorf("%d bytes: %d %s", size, w.Code, w.Body)
		}
	}
	contentType, form := formOf(file("x.txt", "text/plain", "x"))
	if w := send(h, "POST", "/", contentType, io.MultiReader(bytes.NewReader(form), &endless{})); codeOf(w) != "upload.body-too-large" {
		t.Errorf("an endless body: %d %s", w.Code, w.Body)
	}
	if w := send(h, "POST", "/", contentType, io.MultiReader(bytes.NewReader(form[:50]), failing{io.ErrUnexpectedEOF})); codeOf(w) != "upload.truncated" {
		t.Errorf("half a body: %d %s", w.Code, w.Body)
	}
	if w := send(h, "POST", "/", contentType, failing{&fumehood.Refusal{Status: 408, Code: "body.idle", Public: "Late."}}); codeOf(w) != "body.idle" {
		t.Errorf("a late body: %d %s", w.Code, w.Body)
	}
	if w := send(h, "POST", "/", contentType, failing{&http.MaxBytesError{Limit: 1}}); codeOf(w) != "upload.body-too-large" {
		t.Errorf("a long body: %d %s", w.Code, w.Body)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// outermost is a guard that looks at answers, as there are others around this one.
type outermost struct{}

func (outermost) Kind() string      { return "outermost" }
func (outermost) Head(*answer.Head) {}

// BenchmarkNothingToDo: the difference is what the guard costs a page.
func BenchmarkNothingToDo(b *testing.B) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) })
	for _, way := range []struct {
		name string
		next http.Handler
	}{{"without", app}, {"with", newGuard(b, upload.Config{}).Handler(app)}} {
		b.Run(way.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/notes/17", nil)
			w := discard{http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
			b.ReportAllocs()
			for b.Loop() {
				answer.Serve(w, r, outermost{}, way.next)
			}
		})
	}
}

func BenchmarkForm(b *testing.B) {
	h := readWhole(b, b.TempDir(), newGuard(b, upload.Config{}).Handler(http.NotFoundHandler()))
	contentType, form := formOf(item{name: "a", data: "b"}, file("x.txt", "text/plain", strings.Repeat("x", 1<<20)))
	b.SetBytes(int64(len(form)))
	b.ReportAllocs()
	for b.Loop() {
		send(h, "POST", "/", contentType, bytes.NewReader(form))
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
