package csp_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/templates"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
	"github.com/fumehood/fumehood/wsgi"
)

// TestTheNotesAppRuns: an app that knows nothing of policies works under the strict one,
// with the names of the templates that its worker gives. A violation is an error on the
// console and fails the test.
func TestTheNotesAppRuns(t *testing.T) {
	t.Parallel()
	dir := browser.Notes(t)
	set, err := templates.Read(templates.Folders{
		Templates: []string{filepath.Join(dir, "templates")}, Static: []string{filepath.Join(dir, "static")},
	})
	if err != nil {
		t.Fatal(err)
	}
	app := testapp.Start(t, dir, wsgi.Config{Target: "app:app"})
	reports := csp.NewReports()
	guard := newGuard(t, csp.Config{}, csp.Site{Templates: set, StaticPrefixes: []string{"/static/"}, Reports: reports})
	inner := guard.Handler(app.App)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{Scheme: "http"}
		inner.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	}))
	t.Cleanup(site.Close)

	ctx := browser.Open(t, browser.Options{})
	browser.Do(t, ctx, chromedp.Navigate(site.URL+"/login"), chromedp.Click(chromedp.CSS("button.link")))
	browser.Follow(t, ctx, chromedp.Click(chromedp.CSS("form.card button")))
	browser.Do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#live[data-events='5']")))
	browser.Do(t, ctx, chromedp.Navigate(site.URL+"/chart"), chromedp.WaitVisible(chromedp.CSS("#chart .fill")))
	if n := browser.Get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll("#chart .row").length`)); n != 5 {
		t.Errorf("the chart has %d rows: its script holds template data and has to match", n)
	}
	before := browser.Get(t, ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
	browser.Do(t, ctx, chromedp.Click(chromedp.CSS("header button")))
	if after := browser.Get(t, ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`)); before == after {
		t.Errorf("the theme button changed nothing: %s", after)
	}
	for _, path := range []string{"/notes/new", "/notes/1/edit", "/files", "/password", "/user_profile/1"} {
		browser.Do(t, ctx, chromedp.Navigate(site.URL+path))
	}
	for _, g := range reports.Snapshot() {
		if g.Enforced {
			t.Errorf("refused: %+v", g)
		}
	}
}
