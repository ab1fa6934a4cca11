package static_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/static"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// site is a folder with a Flask app, its static folder, and what must not get out.
func site(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("app.py", "from flask import Flask\napp = Flask(__name__)\n@app.errorhandler(404)\ndef missing(error):\n    return \"the app's own 404\", 404\n")
	write("secret.txt", "treasure")
	write("static/hello.txt", "0123456789")
	write("static/app.css", "body{}")
	write("static/sub/deep.js", "deep")
	write("static/no-type.unknownext", "<html>")
	write("static/a b+c%d.txt", "odd name")
	write("static/é.txt", "beyond ASCII")
	plain := write("static/page.js", strings.Repeat("plain ", 100))
	stale := write("static/stale.js", "new")
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	io.WriteString(zip, strings.Repeat("plain ", 100))
	zip.Close()
	write("static/page.js.gz", packed.String())
	write("static/page.js.br", "as if it were brotli")
	write("static/stale.js.gz", "old")
	old := time.Now().Add(-time.Hour)
	os.Chtimes(plain, old, old)
	os.Chtimes(filepath.Join(dir, "static/stale.js.gz"), old, old)
	os.Chtimes(stale, time.Now(), time.Now())
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("../secret.txt", "static/out.txt")
	link(filepath.Join(dir, "secret.txt"), "static/out-absolute.txt")
	link("..", "static/up")
	link("hello.txt", "static/inside.txt")
	link("loop.txt", "static/loop.txt")
	link("gone.txt", "static/dangling.txt")
	link("../secret.txt", "static/hello.txt.gz") // a variant that leads out
	if err := syscall.Mkfifo(filepath.Join(dir, "static/fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(dir, "static/socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return dir
}

// start serves the site: with static files from Go in front of the app, and by the app alone.
func start(t testing.TB) (front, alone string) {
	t.Helper()
	app := testapp.Start(t, site(t), wsgi.Config{Target: "app:app"})
	var mounts []static.Mount
	for _, m := range app.Pool().About().Static {
		mounts = append(mounts, static.Mount{Prefix: m[0], Folder: m[1], MaxAge: m[2]})
	}
	files, err := static.New(mounts)
	if err != nil || len(files.Prefixes()) != 1 {
		t.Fatal(files.Prefixes(), err)
	}
	t.Cleanup(files.Close)
	server := httptest.NewServer(files.Handler(app))
	t.Cleanup(server.Close)
	return server.URL, app.Server.URL
}

// get asks for target exactly as it is written.
func get(t testing.TB, base, method, target string, fields ...string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", method, target)
	for _, field := range fields {
		fmt.Fprintf(c, "%s\r\n", field)
	}
	fmt.Fprint(c, "\r\n")
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	res, err := http.ReadResponse(newReader(answer), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: %v in %q", target, err, answer)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %v: the answer breaks off: %v", target, fields, err)
	}
	return res, string(body)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	front, alone := start(t)
	plain := strings.Repeat("plain ", 100)

	for _, c := range []struct {
		name, target, want, kind string
	}{
		{"text", "/static/hello.txt", "0123456789", "text/plain; charset=utf-8"},
		{"style", "/static/app.css", "body{}", "text/css; charset=utf-8"},
		{"script in a folder", "/static/sub/deep.js", "deep", "text/javascript; charset=utf-8"},
		{"type unknown: not guessed from <html>", "/static/no-type.unknownext", "<html>", "application/octet-stream"},
		{"name with a space, plus and percent", "/static/a%20b+c%25d.txt", "odd name", "text/plain; charset=utf-8"},
		{"name beyond ASCII", "/static/%C3%A9.txt", "beyond ASCII", "text/plain; charset=utf-8"},
		{"link that stays inside", "/static/inside.txt", "0123456789", "text/plain; charset=utf-8"},
		{"encoded letter", "/static/%68ello.txt", "0123456789", "text/plain; charset=utf-8"},
		{"variant older than the file is not used", "/static/stale.js", "new", "text/javascript; charset=utf-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := get(t, front, "GET", c.target, "Accept-Encoding: gzip")
			if res.StatusCode != 200 || body != c.want || res.Header.Get("Content-Type") != c.kind {
				t.Errorf("%s %q %s", res.Status, body, res.Header.Get("Content-Type"))
			}
			if res.Header.Get("ETag") == "" || res.Header.Get("Last-Modified") == "" || res.Header.Get("Cache-Control") != "no-cache" {
				t.Errorf("%v", res.Header)
			}
			if head, none := get(t, front, "HEAD", c.target); head.StatusCode != 200 || none != "" || head.ContentLength != int64(len(c.want)) {
				t.Errorf("HEAD: %s %q, length %d", head.Status, none, head.ContentLength)
			}
			if _, theirs := get(t, alone, "GET", c.target); theirs != c.want {
				t.Errorf("Flask serves %q", theirs)
			}
		})
	}

	t.Run("an ETag saves the body", func(t *testing.T) {
		res, _ := get(t, front, "GET", "/static/hello.txt")
		tag := res.Header.Get("ETag")
		for field, want := range map[string]int{
			"If-None-Match: " + tag:                                                             304,
			"If-None-Match: \"x\", W/" + tag:                                                    304,
			"If-None-Match: *":                                                                  304,
			"If-None-Match: \"other\"":                                                          200,
			"If-Modified-Since: " + res.Header.Get("Last-Modified"):                             304,
			"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT":                                  200,
			"If-Match: \"other\"":                                                               412,
			"If-Match: " + tag:                                                                  200,
			"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT":                                412,
			"If-Range: \"other\"\r\nRange: bytes=0-1":                                           200,
			"If-Range: " + tag + "\r\nRange: bytes=0-1":                                         206,
			"If-None-Match: " + tag + "\r\nIf-Modified-Since: not a date":                       304,
			"If-None-Match: \"other\"\r\nIf-Modified-Since: " + res.Header.Get("Last-Modified"): 200,
		} {
			got, body := get(t, front, "GET", "/static/hello.txt", field)
			if got.StatusCode != want || (want == 304) != (body == "" && want != 412) {
				t.Errorf("%s: %s %q, want %d", field, got.Status, body, want)
			}
		}
	})
	t.Run("ranges", func(t *testing.T) {
		for field, want := range map[string]string{
			"bytes=2-4": "206 234", "bytes=-3": "206 789", "bytes=7-": "206 789", "bytes=0-0": "206 0",
			"bytes=5-1000": "206 56789", "bytes=20-": "416", "items=0-1": "416", "bytes=4-2": "416",
		} {
			res, body := get(t, front, "GET", "/static/hello.txt", "Range: "+field)
			if got := fmt.Sprint(res.StatusCode, " ", body); got != want && (res.StatusCode != 416 || want != "416") {
				t.Errorf("%s: %q, want %q", field, got, want)
			}
		}
		res, body := get(t, front, "GET", "/static/hello.txt", "Range: bytes=0-0,2-3")
		if res.StatusCode != 206 || !strings.HasPrefix(res.Header.Get("Content-Type"), "multipart/byteranges") || !strings.Contains(body, "\r\n\r\n23\r\n") {
			t.Errorf("two ranges: %s %q", res.Status, body)
		}
		res, body = get(t, front, "GET", "/static/hello.txt", "Range: bytes="+strings.Repeat("0-9,", 1000)+"0-9")
		if len(body) > 100 {
			t.Errorf("a thousand ranges of ten bytes: %s, %d bytes", res.Status, len(body))
		}
	})
	t.Run("variants", func(t *testing.T) {
		for accept, want := range map[string]string{
			"": "", "identity": "", "gzip": "gzip", "br": "br", "gzip, br": "br", "br;q=0, gzip": "gzip",
			"gzip;q=0": "", "GZIP": "gzip", "deflate": "", "gzip;q=0.5, br;q=0.1": "br", "gzip;q=x": "", "x-gzip": "",
		} {
			res, body := get(t, front, "GET", "/static/page.js", "Accept-Encoding: "+accept)
			if got := res.Header.Get("Content-Encoding"); got != want || res.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%q: encoding %q, want %q; Vary: %q", accept, got, want, res.Header.Get("Vary"))
			}
			if res.ContentLength != int64(len(body)) || want == "" && body != plain || want == "br" && body != "as if it were brotli" {
				t.Errorf("%q: %d %q", accept, res.ContentLength, body)
			}
			if res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
				t.Errorf("%q: %s", accept, res.Header.Get("Content-Type"))
			}
			for _, field := range []string{"If-None-Match: " + res.Header.Get("ETag"), "If-Match: \"other\"", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "Range: bytes=0-3", "Range: bytes=999-"} {
				got, part := get(t, front, "GET", "/static/page.js", "Accept-Encoding: "+accept, field)
				status := map[string]int{"If-N": 304, "If-M": 412, "If-U": 412, "Rang": 206}[field[:4]]
				if field == "Range: bytes=999-" {
					status = 416
				}
				if got.StatusCode != status || status == 206 && part != body[:4] {
					t.Errorf("%q, %s: %s %q, want %d", accept, field, got.Status, part, status)
				}
			}
			if head, none := get(t, front, "HEAD", "/static/page.js", "Accept-Encoding: "+accept); head.ContentLength != res.ContentLength || none != "" {
				t.Errorf("HEAD, %q: %d %q", accept, head.ContentLength, none)
			}
		}
		res, _ := get(t, front, "GET", "/static/hello.txt", "Accept-Encoding: gzip")
		if res.Header.Get("Vary") != "" || res.Header.Get("Content-Encoding") != "" {
			t.Errorf("a variant outside the folder counts: %v", res.Header)
		}
		one, _ := get(t, front, "GET", "/static/page.js", "Accept-Encoding: gzip")
		two, _ := get(t, front, "GET", "/static/page.js")
		if one.Header.Get("ETag") == two.Header.Get("ETag") {
			t.Error("two encodings have the same ETag")
		}
	})
	t.Run("the rest is the app's", func(t *testing.T) {
		for _, target := range []string{"/static/missing.txt", "/static/", "/static", "/static/sub", "/static/sub/", "/staticx", "/static/hello.txt/x", "/static/socket", "/static/dangling.txt", "/static/" + strings.Repeat("x", 300)} {
			if res, body := get(t, front, "GET", target); res.StatusCode != 404 || body != "the app's own 404" {
				t.Errorf("%.80s: %s %.100q", target, res.Status, body)
			}
		}
		if res, _ := get(t, front, "POST", "/static/hello.txt"); res.StatusCode != 405 {
			t.Errorf("POST: %s", res.Status)
		}
	})
}

// TestTraversal: no spelling of a path leads out of the folder.
func TestTraversal(t *testing.T) {
	t.Parallel()
	front, alone := start(t)
	ups := []string{"..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "..%00", "..;", "..;/", "%c0%ae%c0%ae", "..%20", "...", "%e0%80%ae."}
	slashes := []string{"/", "%2f", "%2F", "\\", "%5c", "//", "/./", "%252f", "%c0%af", "/%00/"}
	for _, up := range ups {
		for _, slash := range slashes {
			for _, prefix := range []string{"/static/", "/static" + slash, "/static/sub/" + up + slash, "/static/./", "/static//"} {
				target := prefix + up + slash + "secret.txt"
				res, body := get(t, front, "GET", target)
				if res.StatusCode < 300 || strings.Contains(body, "treasure") {
					t.Errorf("%s: %s %q", target, res.Status, body)
				}
			}
		}
	}
	for _, target := range []string{"/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/C:/x", "/static/file:///etc/passwd", "/static/hello.txt%00", "/static/hello.txt%00.png", "/static/~", "/static/.", "/static/up/secret.txt", "/static/up/app.py"} {
		if res, body := get(t, front, "GET", target); res.StatusCode < 300 || strings.Contains(body, "treasure") {
			t.Errorf("%s: %s %q", target, res.Status, body)
		}
	}
	// Links out of the folder: Flask follows them, Go does not.
	for _, target := range []string{"/static/out.txt", "/static/out-absolute.txt", "/static/up/secret.txt"} {
		if res, body := get(t, alone, "GET", target); res.StatusCode != 200 || body != "treasure" {
			t.Errorf("%s: Flask alone does not follow it: %s %q", target, res.Status, body)
		}
		for _, method := range []string{"GET", "HEAD"} {
			if res, body := get(t, front, method, target); res.StatusCode != 404 || strings.Contains(body, "treasure") {
				t.Errorf("%s %s: %s %q", method, target, res.Status, body)
			}
		}
	}
}

// TestOddFiles: a pipe, a socket and a link to itself neither hang nor break anything.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "app", http.StatusTeapot) })
	dir := site(t)
	files, err := static.New([]static.Mount{{Prefix: "/static", Folder: filepath.Join(dir, "static"), MaxAge: "3600"}, {Prefix: "/none", Folder: filepath.Join(dir, "none")}})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	server := httptest.NewServer(files.Handler(app))
	defer server.Close()
	for target, want := range map[string]int{"/static/fifo": 418, "/static/socket": 418, "/static/loop.txt": 404, "/none/x": 418, "/static/hello.txt": 200} {
		res, _ := get(t, server.URL, "GET", target)
		if res.StatusCode != want {
			t.Errorf("%s: %s, want %d", target, res.Status, want)
		}
		if want == 200 && res.Header.Get("Cache-Control") != "public, max-age=3600" {
			t.Errorf("%v", res.Header)
		}
	}
	if _, err := static.New([]static.Mount{{Prefix: "/s", Folder: filepath.Join(dir, "secret.txt")}}); err == nil {
		t.Error("a file is taken for a folder")
	}
}

// TestFolderThatIsReplaced: the handler keeps serving what was opened, never what stands there later.
func TestFolderThatIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "static")
	os.Mkdir(folder, 0o755)
	os.WriteFile(filepath.Join(folder, "a.txt"), []byte("ours"), 0o644)
	os.WriteFile(filepath.Join(dir, "a.txt"), []byte("not ours"), 0o644)
	files, err := static.New([]static.Mount{{Prefix: "/static", Folder: folder}})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	server := httptest.NewServer(files.Handler(http.NotFoundHandler()))
	defer server.Close()
	os.Rename(folder, folder+".old")
	os.Symlink(".", folder)
	if _, body := get(t, server.URL, "GET", "/static/a.txt"); body != "ours" {
		t.Errorf("%q", body)
	}
}

func newReader(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }
