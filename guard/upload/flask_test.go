package upload_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// startSite starts a copy of the site in testdata/app, which saves what it gets.
func startSite(t testing.TB) (app http.Handler, dir string) {
	t.Helper()
	dir = t.TempDir()
	source, err := os.ReadFile("testdata/app/app.py")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app.py"), source, 0o600); err != nil {
		t.Fatal(err)
	}
	return testapp.Start(t, dir, wsgi.Config{Target: "app:app"}), dir
}

// saved is what the site says of an upload.
type saved struct {
	Files []struct {
		Field, Filename, Type, Path, SHA256 string
		Original                            *string
		Size                                int64
	}
	Fields [][2]string
}

func readSaved(t testing.TB, w *httptest.ResponseRecorder) (s saved) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &s); w.Code != 200 || err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return s
}

// tree is what is in the site's folder: path and content.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "__pycache__") {
			return err
		}
		data, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAttacksOnAFlaskSite: each file lies where the attacker wants it on the bare site, and
// nowhere on the guarded one.
func TestAttacksOnAFlaskSite(t *testing.T) {
	t.Parallel()
	const php, page, module = "<?php system($_GET[0]);", "<script>alert(1)</script>", "import os; os.system('id')"
	bareApp, bareDir := startSite(t)
	app, dir := startSite(t)
	bare := readWhole(t, t.TempDir(), bareApp)
	temp := t.TempDir()
	h := behind(t, upload.Config{Types: []string{"png", "jpg", "gif", "pdf", "txt", "zip"}}, temp, app)
	for _, tt := range []struct{ filename, media, data, lies string }{
		{"x.php", "image/png", php, "uploads/x.php"},
		{"x.php", "image/png", pngFile() + php, "uploads/x.php"},
		{"x.html", "text/html", page, "uploads/x.html"},
		{"x.html", "image/png", page, "uploads/x.html"},
		{"x.svg", "image/svg+xml", svgWithScript, "uploads/x.svg"},
		{"x.gif", "image/gif", "GIF89a/*" + strings.Repeat("\x00", 64) + "*/=1;alert(1)//;", "uploads/x.gif"},
		{"x.jpg.php", "image/jpeg", jpgFile(), "uploads/x.jpg.php"},
		{"x.php.jpg", "image/jpeg", withComment(jpgFile(), php), "uploads/x.php.jpg"},
		{"x.php.", "image/png", php, "uploads/x.php."},
		{"x.php ", "image/png", php, "uploads/x.php "},
		{"x.html ", "image/png", pngFile(), "uploads/x.html "},
		{"__init__.py", "text/plain", module, "uploads/__init__.py"},
		{"x.pth", "text/plain", module, "uploads/x.pth"},
		{"uwsgi.ini", "text/plain", "[uwsgi]\nexec-asap=id", "uploads/uwsgi.ini"},
		{".htaccess", "text/plain", "AddType application/x-httpd-php .png", "uploads/.htaccess"},
		{".user.ini", "text/plain", "auto_prepend_file=x.png", "uploads/.user.ini"},
		{"web.config", "text/plain", "<configuration/>", "uploads/web.config"},
		{"../app.py", "text/plain", module, "app.py"},
		{"./../app.py", "text/plain", module, "app.py"},
		{filepath.Join(bareDir, "app.py"), "text/plain", module, "app.py"},
		{"../static.txt", "text/plain", "defaced", "static.txt"},
		{"../uploads/../robots.txt", "text/plain", "defaced", "robots.txt"},
		{"x.zip", "application/zip", zipFile(map[string]string{"../../app.py": module}), "uploads/x.zip"},
		{"x.txt", "text/plain", page, "uploads/x.txt"},
	} {
		if w := post(bare, file(tt.filename, tt.media, tt.data)); w.Code != 200 || tree(t, bareDir)[tt.lies] != tt.data {
			t.Fatalf("%q: the attack on the bare site fails: %d %s", tt.filename, w.Code, w.Body)
		}
		before := tree(t, dir)
		w := post(h, file(tt.filename, tt.media, tt.data))
		after := tree(t, dir)
		if after[tt.lies] == tt.data || after["app.py"] != before["app.py"] {
			t.Errorf("%q: it lies there: %d %s", tt.filename, w.Code, w.Body)
		}
		for path := range after {
			if filepath.Dir(path) != "uploads" && path != "app.py" {
				t.Errorf("%q: it lies at %s", tt.filename, path)
			}
		}
	}
	for _, encoded := range []string{`..\x.txt`, "..%2fx.txt", "%2e%2e/x.txt", "%2e%2e%2fx.txt", "%252e%252e%252fx.txt", "..%5cx.txt", "..%c0%afx.txt", "..%u2215x.txt", "．．／x.txt", "‥/x.txt", "..;/x.txt", "....//x.txt"} {
		w := post(h, file(encoded, "text/plain", "x"))
		if w.Code == 415 && strings.HasPrefix(encoded, ".") {
			continue // a hidden file
		}
		for _, f := range readSaved(t, w).Files {
			if strings.Contains(f.Filename, "..") || strings.ContainsAny(f.Filename, `/\`) || strings.Contains(f.Filename, "%") || filepath.Dir(f.Path) != "uploads" {
				t.Errorf("%q became %q at %s", encoded, f.Filename, f.Path)
			}
		}
	}
	if left := leftovers(t, temp); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

// What a visitor's browser would run on the bare site is given to save.
func TestAttackPageAmongTheUploads(t *testing.T) {
	t.Parallel()
	app, dir := startSite(t)
	// As it came in before there was a guard, or by another way.
	if err := os.WriteFile(filepath.Join(dir, "uploads", "old.html"), []byte("<script>alert(1)</script>"), 0o600); err != nil {
		t.Fatal(err)
	}
	bare, guarded := get(app, "/uploads/old.html"), get(newGuard(t, upload.Config{}).Handler(app), "/uploads/old.html")
	if bare.Code != 200 || !strings.HasPrefix(bare.Header().Get("Content-Type"), "text/html") || !strings.HasPrefix(bare.Header().Get("Content-Disposition"), "inline") {
		t.Fatalf("the attack on the bare site fails: %v", bare.Header())
	}
	if h := guarded.Header(); !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=old.html") || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", h)
	}
}

func TestTenThousandParts(t *testing.T) {
	t.Parallel()
	app, dir := startSite(t)
	calls := 0
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { calls++; app.ServeHTTP(w, r) })
	fields, files := make([]item, 10_000), make([]item, 200)
	for i := range fields {
		fields[i] = item{name: "a", data: "b"}
	}
	for i := range files {
		files[i] = file(fmt.Sprintf("%d.txt", i), "text/plain", "x")
	}
	if s := readSaved(t, post(readWhole(t, t.TempDir(), counted), fields...)); len(s.Fields) != 10_000 {
		t.Fatalf("the bare site got %d fields", len(s.Fields))
	}
	if s := readSaved(t, post(readWhole(t, t.TempDir(), counted), files...)); len(s.Files) != 200 || len(tree(t, dir)) != 201 {
		t.Fatalf("the bare site got %d files", len(s.Files))
	}
	h := behind(t, upload.Config{}, t.TempDir(), counted)
	if w := post(h, fields...); calls != 2 || codeOf(w) != "upload.parts" {
		t.Errorf("%d calls, %d %s", calls, w.Code, w.Body)
	}
	if w := post(h, files...); calls != 2 || codeOf(w) != "upload.files" {
		t.Errorf("%d calls, %d %s", calls, w.Code, w.Body)
	}
}

// The app sees an ordinary form.
func TestFlaskSeesAnOrdinaryForm(t *testing.T) {
	t.Parallel()
	app, _ := startSite(t)
	fields := [][2]string{{"rich", "<p>\"caf\u00e9\" \u7d75 \U0001f600</p>\r\n--x\r\n\r\n"}, {"tag", "1"}, {"tag", "2"}, {"empty", ""}, {"na\"me", "v"}}
	items := make([]item, 0, 16)
	for _, f := range fields {
		items = append(items, item{name: f[0], data: f[1]})
	}
	names := []string{"photo.png", "r\u00e9sum\u00e9.png", "\u0444\u043e\u0442\u043e.png", "\u5199\u771f.png", "\u0635\u0648\u0631\u0629.png", "\u05ea\u05de\u05d5\u05e0\u05d4.png", "\u092b\u094b\u091f\u094b.png", "\U0001f469\u200d\U0001f52c.png"}
	for _, name := range names {
		items = append(items, file(name, "image/png", pngFile()))
	}
	items = append(items, item{"none", "", "application/octet-stream", ""})
	for _, way := range []string{"safe", "keep", "random"} {
		s := readSaved(t, post(behind(t, upload.Config{Names: way}, t.TempDir(), app), items...))
		if !reflect.DeepEqual(s.Fields, fields) || len(s.Files) != len(names)+1 {
			t.Fatalf("%s: %+v", way, s)
		}
		sum := sha256.Sum256([]byte(pngFile()))
		for i, name := range names {
			f := s.Files[i]
			if f.SHA256 != hex.EncodeToString(sum[:]) || f.Type != "image/png" || way != "random" && f.Filename != name ||
				way == "random" && (len(f.Filename) != 20 || f.Original == nil || *f.Original != name) {
				t.Errorf("%s: %s arrives as %+v", way, name, f)
			}
		}
		if none := s.Files[len(names)]; none.Field != "none" || none.Filename != "" || none.Size != 0 {
			t.Errorf("%s: the empty input arrives as %+v", way, none)
		}
	}
}

// lines gives size bytes of text between head and tail, without keeping them.
type lines struct{ size, at int64 }

func (l *lines) Read(p []byte) (int, error) {
	const line = "the quick brown fox jumps over the lazy dog 0123456789 +-*/ =====\n"
	p = p[:min(int64(len(p)), l.size-l.at)]
	if len(p) == 0 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = line[(l.at+int64(i))%int64(len(line))]
	}
	l.at += int64(len(p))
	return len(p), nil
}

// TestLargeFileInConstantMemory is not parallel: it measures what the process allocates.
func TestLargeFileInConstantMemory(t *testing.T) {
	const size = 200 << 20
	app, _ := startSite(t)
	dir := t.TempDir()
	h := behind(t, upload.Config{Max: 256 * fumehood.MB, Names: "random"}, dir, app)
	contentType, form := formOf(item{name: "a", data: "b"}, file("x.txt", "text/plain", "CONTENT"))
	head, tail, _ := bytes.Cut(form, []byte("CONTENT"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w := send(h, "POST", "/upload", contentType, io.MultiReader(bytes.NewReader(head), &lines{size: size}, bytes.NewReader(tail)))
	runtime.ReadMemStats(&after)
	s := readSaved(t, w)
	sum := sha256.New()
	io.Copy(sum, &lines{size: size})
	if len(s.Files) != 1 || s.Files[0].Size != size || s.Files[0].SHA256 != hex.EncodeToString(sum.Sum(nil)) {
		t.Errorf("%+v", s)
	}
	if all := after.TotalAlloc - before.TotalAlloc; all > 8<<20 {
		t.Errorf("%d bytes of memory for it", all)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}
