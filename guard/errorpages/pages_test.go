package errorpages_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/internal/hint"
)

// folder makes a folder with these files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const frameOfPages = `<!doctype html><title>{{status}} {{ title }}</title><link rel="stylesheet" href="/static/site.css"><p>{{message}} ({{request}})`

func TestOwnPages(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"404.html": frameOfPages + " four-o-four", "4xx.html": frameOfPages + " four", "500.html": frameOfPages + " five hundred",
		"error.html": "\ufeff" + frameOfPages + " any {{status}}", "notes.txt": "not a page", "40x.html": "not a page either", "418.htm": "nor this",
	})
	g := newGuard(t, errorpages.Config{Folder: dir}, site())
	refused := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			fumehood.Refuse(w, r, &fumehood.Refusal{Status: status, Code: "x.y", Public: `<b>"No" & never.`, RetryAfter: 2e9})
		}
	}
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		status  int
		want    []string
	}{
		{"internals", replay(200, "text/html", []byte(own)), 500, []string{"<title>500 Internal Server Error</title>", "Something went wrong on the site. (7F3K-9QXD) five hundred"}},
		{"a bare 404", replay(404, "text/html", []byte("<title>404 Not Found</title><h1>Not Found</h1>")), 404, []string{"There is no such page here.", "four-o-four"}},
		{"a bare 405", replay(405, "text/html", []byte("<title>405 Method Not Allowed</title>")), 405, []string{"405 Method Not Allowed", " four"}},
		{"internals, 503", replay(503, "text/html", []byte(own)), 503, []string{"any 503"}},
		{"a refusal", refused(403), 403, []string{"&lt;b&gt;&#34;No&#34; &amp; never. (7F3K-9QXD) four"}},
		{"a refusal, 503", refused(503), 503, []string{"any 503"}},
	} {
		for _, h := range []http.Handler{g.Handler(tt.handler), g.RefusalPages(g.Handler(tt.handler))} {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept", "text/html")
			r = r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{ID: "7F3K-9QXD"}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			for _, want := range tt.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s: %q has no %q", tt.name, w.Body, want)
				}
			}
			if w.Code != tt.status || !strings.Contains(w.Header().Get("Content-Security-Policy"), "style-src 'self'") || strings.Contains(w.Body.String(), "{{") ||
				strings.Contains(w.Body.String(), "\ufeff") {
				t.Errorf("%s: %d %v", tt.name, w.Code, w.Header())
			}
			if strings.HasPrefix(tt.name, "a refusal") && w.Header().Get("Retry-After") != "2" {
				t.Errorf("%s: Retry-After is gone", tt.name)
			}
		}
	}
	w := httptest.NewRecorder() // a program gets no HTML
	g.RefusalPages(refused(403)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("a program got %v %q", w.Header(), w.Body)
	}
	w = httptest.NewRecorder() // a page of the app's own stays
	g.Handler(replay(404, "text/html", []byte("<h1>My own</h1>"))).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Body.String() != "<h1>My own</h1>" {
		t.Errorf("the app's own page became %q", w.Body)
	}
}

func TestWithoutAFolderRefusalsPassUntouched(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	next := http.NewServeMux()
	if g.RefusalPages(next) != http.Handler(next) {
		t.Error("RefusalPages costs something where it does nothing")
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no page":          {map[string]string{"notfound.html": "x"}, "no error page"},
		"too large":        {map[string]string{"404.html": "<!doctype html>" + strings.Repeat("x", 256<<10)}, "404.html: it is larger than 256 KB"},
		"not UTF-8":        {map[string]string{"500.html": "<!doctype html>\xff"}, "UTF-8"},
		"NUL":              {map[string]string{"500.html": "<!doctype html>\x00"}, "UTF-8"},
		"no HTML":          {map[string]string{"5xx.html": "Sorry!"}, "no HTML page"},
		"an unknown place": {map[string]string{"error.html": "<!doctype html>{{traceback}}"}, "{{traceback}} stands for nothing"},
	} {
		_, err := errorpages.New(errorpages.Config{Folder: folder(t, tt.files)}, errorpages.Site{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "error_pages.folder") || hint.Of(err) == "" {
			t.Errorf("%s: %v (hint %q)", name, err, hint.Of(err))
		}
	}
	dir := folder(t, map[string]string{"500.html": "Sorry!"})
	if err := os.Mkdir(filepath.Join(dir, "404.html"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := errorpages.New(errorpages.Config{Mode: "enfroce", Folder: dir, KeepOriginal: 1 << 20}, errorpages.Site{Roots: []string{"srv/notes"}})
	for _, want := range []string{"enfroce", "404.html: it is no ordinary file", "500.html: it is no HTML", "keep_original", `"srv/notes"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := errorpages.New(errorpages.Config{Folder: filepath.Join(dir, "nowhere")}, errorpages.Site{}); err == nil || hint.Of(err) == "" {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// FuzzPage: whatever a page is, what is filled in comes out escaped, and once.
func FuzzPage(f *testing.F) {
	for _, text := range []string{frameOfPages, "<!doctype html>{{", "<html>{{message}}{{ message }}{{{message}}}", "<html>{{status}", "<html>{{MESSAGE}}"} {
		f.Add(text)
	}
	dir := f.TempDir()
	const message = `<script>{{request}}</script>`
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(dir, "500.html"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := errorpages.New(errorpages.Config{Folder: dir}, errorpages.Site{})
		if err != nil {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fumehood.Refuse(w, r, &fumehood.Refusal{Status: 500, Code: "x.y", Public: message})
		})).ServeHTTP(w, r)
		if strings.Count(w.Body.String(), message) > strings.Count(text, message) {
			t.Fatalf("%q became %q", text, w.Body)
		}
		if want := strings.Count(text, "{{message}}"); strings.Count(w.Body.String(), "&lt;script&gt;{{request}}&lt;/script&gt;") < want {
			t.Fatalf("%q became %q", text, w.Body)
		}
	})
}
