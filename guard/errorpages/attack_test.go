package errorpages_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

func newGuard(t testing.TB, cfg errorpages.Config, site errorpages.Site) *errorpages.Guard {
	t.Helper()
	if site.Logger == nil {
		site.Logger = slog.New(slog.DiscardHandler)
	}
	g, err := errorpages.New(cfg, site)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// leaks starts an app of testdata/leaks bare and the guard in front of it.
func leaks(t *testing.T, target string) (bare, guarded string, log *testapp.Log) {
	t.Helper()
	dir, err := filepath.Abs("testdata/leaks")
	if err != nil {
		t.Fatal(err)
	}
	bare = browser.Bare(t, dir, target).URL
	to, err := url.Parse(bare)
	if err != nil {
		t.Fatal(err)
	}
	log = &testapp.Log{}
	guard := newGuard(t, errorpages.Config{}, errorpages.Site{Roots: []string{dir}, Logger: log.Logger()})
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		// ReverseProxy flushes at once where it has no length, and a flush ends the look.
		ModifyResponse: func(resp *http.Response) error {
			if resp.ContentLength >= 0 || resp.Request.URL.Path == "/stream200" {
				return nil
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			return err
		},
	}
	handler := guard.Handler(proxy)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{ID: "7F3K-9QXD"}
		handler.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	}))
	t.Cleanup(server.Close)
	return bare, server.URL, log
}

func get(t *testing.T, target, accept string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequest("GET", target, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestAttackInternalsInAnswers(t *testing.T) {
	t.Parallel()
	bare, guarded, log := leaks(t, "leaks:app")
	for path, tt := range map[string]struct {
		secret string // what only the owner should see
		want   int
	}{
		"/html200":              {"leaks.py", 500},
		"/html-raw200":          {"leaks.py", 500},
		"/stdlib-escape200":     {"leaks.py", 500},
		"/script200":            {"leaks.py", 500},
		"/json200":              {"leaks.py", 500},
		"/json500":              {"leaks.py", 500},
		"/json-in-json200":      {"leaks.py", 500},
		"/plain200":             {"leaks.py", 500},
		"/plain500":             {"leaks.py", 500},
		"/xml200":               {"leaks.py", 500},
		"/js200":                {"leaks.py", 500},
		"/frames200":            {"leaks.py", 500},
		"/group500":             {"ExceptionGroup", 500},
		"/sqlite-json200":       {"unrecognized token", 500},
		"/sqlite-json500":       {"unrecognized token", 500},
		"/sqlite-json200?q='x'": {"syntax error", 500},
		"/sqlite-html200":       {"unrecognized token", 500},
		"/sqlite-nested400":     {"OperationalError", 400},
		"/repr500":              {"KeyError", 500},
		"/banner500":            {"Werkzeug/", 500},
		"/path500":              {"leaks.py", 500},
		"/oserror200":           {"leaks.py", 500},
		"/gzip500":              {"leaks.py", 500},
		"/gzip200":              {"leaks.py", 500},
		"/crash":                {"server encountered an internal error", 500},
		"/abort404":             {"entered the URL manually", 404},
		"/nowhere":              {"entered the URL manually", 404},
	} {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			for _, accept := range []string{"text/html", "application/json"} {
				if _, body, _ := get(t, bare+path, accept); !strings.Contains(body, tt.secret) {
					t.Fatalf("without the guard the app must show %q, got %.500q", tt.secret, body)
				}
				resp, body, err := get(t, guarded+path, accept)
				if err != nil || resp.StatusCode != tt.want || strings.Contains(body, tt.secret) {
					t.Fatalf("%v %d %.500q, want a clean %d", err, resp.StatusCode, body, tt.want)
				}
				page := resp.Header.Get("Content-Type") == "text/html; charset=utf-8" && strings.Contains(body, "<!doctype html>")
				problem := resp.Header.Get("Content-Type") == "application/problem+json" && strings.Contains(body, `"code":"errorpages.`)
				if page != (accept == "text/html") || problem == page || !strings.Contains(body, "7F3K-9QXD") {
					t.Errorf("%s: %q", resp.Header.Get("Content-Type"), body)
				}
			}
		})
	}
	text := log.String()
	for _, want := range []string{"answer replaced", "level=ERROR", "request=7F3K-9QXD", "secret-key-name", "path=/json-in-json200"} {
		if !strings.Contains(text, want) {
			t.Errorf("the owner's log has no %q", want)
		}
	}
}

func TestFineAnswersPassUnchanged(t *testing.T) {
	t.Parallel()
	bare, guarded, log := leaks(t, "leaks:app")
	for _, path := range []string{"/nice500", "/nice404", "/abort400", "/api404", "/api500", "/note"} {
		for _, accept := range []string{"text/html", "application/json"} {
			want, wantBody, _ := get(t, bare+path, accept)
			resp, body, err := get(t, guarded+path, accept)
			if err != nil || resp.StatusCode != want.StatusCode || body != wantBody {
				t.Errorf("%s: %v %d %q, the app said %d %q", path, err, resp.StatusCode, body, want.StatusCode, wantBody)
			}
			for _, name := range []string{"Content-Type", "Content-Length", "Vary", "Cache-Control"} {
				if resp.Header.Get(name) != want.Header.Get(name) {
					t.Errorf("%s: %s is %q, was %q", path, name, resp.Header.Get(name), want.Header.Get(name))
				}
			}
		}
	}
	if log.String() != "" {
		t.Errorf("logged: %s", log)
	}
}

func TestAttackInteractiveDebugger(t *testing.T) {
	t.Parallel()
	bare, guarded, _ := leaks(t, "debugged:app")
	for path, tt := range map[string]struct {
		secret string
		want   int
	}{
		"/crash":   {"Werkzeug Debugger", 500},
		"/console": {"Interactive Console", 404},
		"/?__debugger__=yes&cmd=resource&f=debugger.js":         {"CONSOLE_MODE", 404},
		"/?a=1&%5F_debugger_%5f=yes&cmd=resource&f=debugger.js": {"CONSOLE_MODE", 404},
	} {
		if resp, body, _ := get(t, bare+path, "text/html"); !strings.Contains(body, tt.secret) {
			t.Errorf("%s: without the guard the debugger must answer, got %d %.300q", path, resp.StatusCode, body)
		}
		resp, body, _ := get(t, guarded+path, "text/html")
		if resp.StatusCode != tt.want || strings.Contains(body, tt.secret) || strings.Contains(body, "SECRET") {
			t.Errorf("%s: %d %.300q", path, resp.StatusCode, body)
		}
	}

	// What the console is for: run code in the app.
	secret := func(page string) string {
		_, after, _ := strings.Cut(page, `SECRET = "`)
		key, _, _ := strings.Cut(after, `"`)
		return key
	}
	_, page, _ := get(t, bare+"/console", "text/html")
	command := "/console?__debugger__=yes&frm=0&cmd=40%2B2&s=" + secret(page)
	if _, body, _ := get(t, bare+command, "*/*"); !strings.Contains(body, "42") {
		t.Fatalf("without the guard the console must run code, got %q", body)
	}
	if resp, body, _ := get(t, guarded+command, "*/*"); resp.StatusCode != 404 || strings.Contains(body, "42") {
		t.Errorf("the console ran code: %d %q", resp.StatusCode, body)
	}
}

func TestAttackTracebackInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	bare, guarded, log := leaks(t, "leaks:app")
	if _, body, err := get(t, bare+"/stream200", "text/html"); err != nil || !strings.Contains(body, "leaks.py") || !strings.Contains(body, "the end") {
		t.Fatalf("without the guard the stream must show it: %v", err)
	}
	_, body, err := get(t, guarded+"/stream200", "text/html")
	if err == nil || strings.Contains(body, "leaks.py") || strings.Contains(body, "the end") || !strings.Contains(body, "line 100 ") {
		t.Errorf("%v, %d bytes, ends with %q", err, len(body), body[max(0, len(body)-300):])
	}
	if text := log.String(); !strings.Contains(text, "answer cut") || !strings.Contains(text, "secret-key-name") {
		t.Errorf("logged: %.500s", text)
	}
}

// replay answers with status, type and body, in one piece.
func replay(status int, contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.Copy(w, bytes.NewReader(body))
	}
}
