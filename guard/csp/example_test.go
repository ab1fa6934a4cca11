package csp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	page := []byte(`<!doctype html><script>hello()</script>`)
	if err := os.WriteFile(filepath.Join(folder, "page.html"), page, 0o600); err != nil {
		panic(err)
	}

	templates, err := csp.ReadTemplates(folder)
	if err != nil {
		panic(err)
	}
	guard, err := csp.New(csp.Config{}, csp.Site{Templates: templates, StaticPrefixes: []string{"/static/"}})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	}))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "https://shop.example/", nil))
	for _, directive := range strings.Split(w.Header().Get("Content-Security-Policy"), "; ")[:3] {
		fmt.Println(directive)
	}
	// Output:
	// default-src 'none'
	// script-src https://shop.example/static/ 'sha256-mTytrf2QssaOZNGNRT1WCtMRd3ocH8LJxQQu5qMUanU=' 'report-sample'
	// script-src-attr 'none'
}

// 'unsafe-inline' in a list of sources would switch the policy off without looking so.
func Example_incorrect() {
	_, err := csp.New(csp.Config{ScriptSources: []string{"'unsafe-inline'"}}, csp.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// csp.script_sources: "'unsafe-inline'" lets injected scripts run
	// hint: if it must be: csp.dangerously_allow_unsafe_inline = true
}
