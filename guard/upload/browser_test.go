package upload_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/test/browser"
)

// inBrowser shows path of h in a browser.
func inBrowser(t *testing.T, h http.Handler, path string) (ctx context.Context, url string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	ctx = browser.Open(t, browser.Options{Complaints: func([]string) {}})
	browser.Do(t, ctx, chromedp.Navigate(server.URL+path))
	return ctx, server.URL
}

// TestBrowsersForms: what Chromium writes is already as it should be, and Flask reads it.
func TestBrowsersForms(t *testing.T) {
	t.Parallel()
	app, _ := startSite(t)
	var mu sync.Mutex
	var came, went []string // Content-Types
	note := func(into *[]string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			*into = append(*into, r.Header.Get("Content-Type"))
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	}
	h := readWhole(t, t.TempDir(), note(&came, newGuard(t, upload.Config{}).Handler(note(&went, app))))
	ctx, _ := inBrowser(t, h, "/")
	folder := t.TempDir()
	names := []string{"Gr\u00fc\u00dfe & \u5199\u771f.png", "it's 100%.png", "\u0635\u0648\u0631\u0629 (1).png", "\U0001f469\u200d\U0001f52c.png"}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(folder, name)
		if err := os.WriteFile(paths[i], []byte(pngFile()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	browser.Do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS("#file"), paths))
	browser.Follow(t, ctx, chromedp.Click(chromedp.CSS("#send")))
	text := browser.Get(t, ctx, chromedp.Text(chromedp.CSS("body")))
	w := httptest.NewRecorder()
	io.WriteString(w, text)
	s := readSaved(t, w)
	if len(s.Files) != len(names)+1 || len(s.Fields) != 2 || s.Fields[0][1] != "caf\u00e9 \"x\"" || s.Fields[1][1] != "one\r\ntwo" {
		t.Fatalf("%+v", s)
	}
	for i, name := range names {
		if f := s.Files[i]; f.Filename != name || f.Size != int64(len(pngFile())) || f.Type != "image/png" {
			t.Errorf("%q arrives as %+v", name, f)
		}
	}
	// A script's form, with a name that has to be quoted.
	answer := browser.Get(t, ctx, chromedp.Evaluate[string](`(async () => {
		const form = new FormData();
		form.append('a "b"', "c");
		form.append("file", new File(["x"], 'a "b"\\c.txt', {type: "text/plain"}));
		form.append("file", new Blob(["y"], {type: "text/plain"}));
		return (await fetch("/upload", {method: "POST", body: form})).text();
	})()`, chromedp.EvalAwaitPromise))
	w = httptest.NewRecorder()
	io.WriteString(w, answer)
	if s = readSaved(t, w); len(s.Files) != 2 || s.Files[0].Filename != "c.txt" || s.Files[1].Filename != "blob.txt" || s.Fields[0][0] != `a "b"` {
		t.Errorf("%+v", s)
	}
	mu.Lock()
	defer mu.Unlock()
	posted := 0
	for i, contentType := range came {
		if strings.Contains(contentType, "multipart") {
			if posted++; posted == 1 && went[i] != contentType {
				t.Errorf("the browser's own form was written anew: %s became %s", contentType, went[i])
			}
		}
	}
	if posted != 2 {
		t.Errorf("%d forms", posted)
	}
}

// TestAttackPageInTheBrowser: an uploaded page runs on the bare site, and is saved from the
// guarded one; pictures are shown on both.
func TestAttackPageInTheBrowser(t *testing.T) {
	t.Parallel()
	app, dir := startSite(t)
	for name, data := range map[string]string{"x.html": "<title>no</title><script>document.title = 'ran'</script>", "x.png": pngFile()} {
		if err := os.WriteFile(filepath.Join(dir, "uploads", name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const show = `new Promise((done) => { const i = new Image(); i.onload = () => done(i.width); i.onerror = () => done(-1); i.src = "/uploads/x.png"; })`
	bare, _ := inBrowser(t, app, "/uploads/x.html")
	if title := browser.Get(t, bare, chromedp.Title()); title != "ran" {
		t.Fatalf("the attack on the bare site fails: %q", title)
	}
	guarded, url := inBrowser(t, newGuard(t, upload.Config{Served: []string{"/uploads/"}}).Handler(app), "/")
	if err := chromedp.Do(guarded, chromedp.Navigate(url+"/uploads/x.html")); err == nil || !strings.Contains(err.Error(), "ERR_ABORTED") {
		t.Errorf("the page was shown: %v", err)
	}
	if title := browser.Get(t, guarded, chromedp.Title()); title != "files" {
		t.Errorf("the browser shows %q", title)
	}
	if width := browser.Get(t, guarded, chromedp.Evaluate[int](show, chromedp.EvalAwaitPromise)); width != 8 {
		t.Errorf("the picture is %d wide", width)
	}
}
