package injection_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestWatchedSinksDecide(t *testing.T) {
	t.Parallel()
	sql, script := q("' OR 1=1 --"), q("<script>alert(1)</script>")
	only := func(sinks ...string) func(string) bool {
		return func(s string) bool { return strings.Contains(strings.Join(sinks, " "), s) }
	}
	for _, tt := range []struct {
		name, body   string
		cfg          injection.Config
		watched      func(string) bool
		code, report string
	}{
		{"nobody watches", sql, injection.Config{}, nil, "injection.sql", ""},
		{"the sink is watched", sql, injection.Config{}, only("sql"), "", "injection.sql"},
		{"another sink is", sql, injection.Config{}, only("file"), "injection.sql", ""},
		{"strict", sql, injection.Config{Strict: true}, only("sql"), "injection.sql", ""},
		{"no sink is for scripts", script, injection.Config{}, watchedAll, "injection.html", ""},
		{"both in one request", sql + "&b=" + url.QueryEscape("<script>alert(1)</script>"), injection.Config{}, watchedAll, "injection.html", "injection.sql"},
		{"both in one value", q(`' OR 1=1 -- <script>alert(1)</script>`), injection.Config{}, watchedAll, "injection.html", ""},
		{"report", sql, injection.Config{Mode: fumehood.Report}, nil, "", "injection.sql"},
		{"off", sql, injection.Config{Mode: fumehood.Off}, nil, "", ""},
		{"a field that is skipped", sql, injection.Config{SkipFields: []string{"q"}}, nil, "", ""},
		{"by its beginning", "query.raw=" + url.QueryEscape("' OR 1=1 --"), injection.Config{SkipFields: []string{"query.*"}}, nil, "", ""},
		{"another field", "q2=" + url.QueryEscape("' OR 1=1 --"), injection.Config{SkipFields: []string{"q"}}, nil, "injection.sql", ""},
		{"a password", "password=" + url.QueryEscape("' OR 1=1 --"), injection.Config{}, nil, "", ""},
		{"a name that is no password", "passenger=" + url.QueryEscape("' OR 1=1 --"), injection.Config{}, nil, "injection.sql", ""},
		{"an attack in a name", url.QueryEscape("<script>alert(1)</script>") + "=1", injection.Config{}, nil, "injection.html", ""},
		{"a field with the name of a file", "(file)=" + url.QueryEscape("<script>alert(1)</script>"), injection.Config{}, nil, "injection.html", ""},
		{"an operator in a name", "user[$ne]=1", injection.Config{}, nil, "injection.nosql", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newGuard(t, tt.cfg, injection.Site{Watched: tt.watched}).Handler(echo)
			_, x := send(h, post("/s", tt.body))
			if code(x) != tt.code {
				t.Errorf("%q, want %q", code(x), tt.code)
			}
			report := ""
			for _, r := range x.Reported {
				report = r.Code
			}
			if report != tt.report {
				t.Errorf("noted %q, want %q", report, tt.report)
			}
			if len(x.Risky) == 0 {
				t.Error("the sinks are told of no value")
			}
		})
	}
}

// TestSinksAreTold: what is not judged here gets to the sinks all the same.
func TestSinksAreTold(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(echo)
	_, x := send(h, post("/s?a=1&b=lamp", "password="+url.QueryEscape("' OR 1=1 --")+"&n=5&c="+url.QueryEscape("O%2527Brien")))
	got := ""
	for _, in := range x.Risky {
		got += in.Place + " " + in.Name + "=" + in.Value + " " + strings.Join(in.Decoded, ",") + "; "
	}
	if want := "form password=' OR 1=1 -- ; form c=O%2527Brien O%27Brien,O'Brien; "; got != want || x.Unseen {
		t.Errorf("%q", got)
	}
	_, x = send(h, plainGet())
	if x.Risky != nil || x.Unseen {
		t.Errorf("a plain request has %q", x.Risky)
	}
	_, x = send(h, post("/s", strings.Repeat("a="+url.QueryEscape("it's fine")+"&", 9000)))
	if !x.Unseen || len(x.Risky) > 4096 {
		t.Errorf("%d values, unseen: %v", len(x.Risky), x.Unseen)
	}
}

// TestNothingOfThePasswordIsTold: neither the visitor nor the log gets it.
func TestNothingOfThePasswordIsTold(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	w, x := send(h, post("/login", "name="+url.QueryEscape("<script>alert(1)</script>")+"&password=hunter2%27+or+1%3D1"))
	if code(x) != "injection.html" || strings.Contains(x.Refused.Error(), "hunter2") || strings.Contains(w.Body.String(), "alert") {
		t.Errorf("%v: %s", x.Refused, w.Body)
	}
}

func TestBodiesStayWhole(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{MaxBody: 4 * fumehood.KB}, injection.Site{Watched: watchedAll}).Handler(echo)
	for name, body := range map[string]string{"short": "a=1", "at the cap": "a=" + strings.Repeat("b", 4094), "beyond it": "a=" + strings.Repeat("b", 50_000)} {
		r := post("/s", body)
		r.Body = io.NopCloser(strings.NewReader(body)) // arrives
		w, x := send(h, r)
		if got := strings.TrimPrefix(w.Body.String(), "/s?\n"); w.Code != 200 || got != body {
			t.Errorf("%s: %d, %d bytes of %d", name, w.Code, len(got), len(body))
		}
		if x.Unseen != (name == "beyond it") {
			t.Errorf("%s: unseen is %v", name, x.Unseen)
		}
	}
	r := post("/s", "")
	r.ContentLength = 9
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("a=1"), failingReader{}))
	read := ""
	newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		read = string(b) + " " + err.Error()
	})).ServeHTTP(httptest.NewRecorder(), r)
	if read != "a=1 gone" {
		t.Errorf("a body that breaks off: %q", read)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestTheEngineTakesThePlace(t *testing.T) {
	t.Parallel()
	asked := 0
	site := injection.Site{Engine: func(*http.Request) error { asked++; return errors.New("no") }}
	w, x := send(newGuard(t, injection.Config{Engine: "crs"}, site).Handler(echo), plainGet())
	if asked != 1 || w.Code != 500 || x.Refused == nil {
		t.Errorf("asked %d times: %d", asked, w.Code)
	}
	_, x = send(newGuard(t, injection.Config{}, site).Handler(echo), post("/s", q("' OR 1=1 --")))
	if asked != 1 || code(x) != "injection.sql" {
		t.Errorf("asked %d times: %q", asked, code(x))
	}
	if _, err := injection.New(injection.Config{Engine: "crs"}, injection.Site{}); err == nil {
		t.Error("an engine that is not there was accepted")
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := injection.New(injection.Config{
		Mode: "enfroce", Engine: "modsecurity", Threshold: 50, MaxBody: 3, MaxValues: -1, Memory: "no", Repeat: -1, SkipFields: []string{"*"},
	}, injection.Site{})
	for _, key := range []string{"mode", "engine", "threshold", "max_body", "max_values", "memory", "repeat", "skip_fields"} {
		if err == nil || !strings.Contains(err.Error(), "injection."+key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
	for _, cfg := range []injection.Config{{Threshold: 50}, {MaxBody: 3}, {Memory: "no"}, {SkipFields: []string{""}}, {Engine: "crs"},
		{SkipFields: []string{"*html"}}, {SkipFields: []string{"a*b"}}, {SkipFields: []string{"a**"}}, {SkipFields: []string{" html"}}, {SkipFields: []string{"html\t"}}} {
		if _, err := injection.New(cfg, injection.Site{}); hint.Of(err) == "" {
			joined, ok := err.(interface{ Unwrap() []error })
			if !ok || hint.Of(joined.Unwrap()[0]) == "" {
				t.Errorf("%v has no hint", err)
			}
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*injection.Guard{nil, new(injection.Guard)} {
		if w, _ := send(g.Handler(echo), plainGet()); w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
		if g.Check(plainGet()) == nil {
			t.Error("Check says yes")
		}
	}
}

// TestCheckStandsAlone: without an Exchange the guard only judges.
func TestCheckStandsAlone(t *testing.T) {
	t.Parallel()
	g := newGuard(t, injection.Config{}, injection.Site{})
	r := post("/s", q("' OR 1=1 --"))
	if err := g.Check(r); err == nil || fumehood.AsRefusal(err).Code != "injection.sql" {
		t.Error(err)
	}
	if body, _ := io.ReadAll(r.Body); string(body) != q("' OR 1=1 --") {
		t.Errorf("the body is %q afterwards", body)
	}
	if err := g.Check(plainGet()); err != nil {
		t.Error(err)
	}
}

func TestAPlainGetAllocatesNothing(t *testing.T) {
	r, h := plainGet(), newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(nil, r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestCodeInRichText: an editor writes the code that a text shows with entities.
func TestCodeInRichText(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(echo)
	for value, want := range map[string]string{
		`<pre class="language-html"><code>&lt;script&gt;alert(1)&lt;/script&gt;</code></pre>`:      "",
		`<p>Never write <code>&lt;img src=x onerror="alert(1)"&gt;</code>: 100&nbsp;% bad</p>`:     "",
		`<p>a</p><p><a href="java&#115;cript:alert(1)">x</a></p>`:                                  "injection.html",
		`<p title="x">&amp;</p>%3Cscript%3Ealert(1)%3C/script%3E`:                                  "injection.html",
		`<p>&lt;</p><script>alert(1)</script>`:                                                     "injection.html",
		`&lt;script&gt;alert(1)&lt;/script&gt;`:                                                    "injection.html",
		`a < b &lt;script&gt;alert(1)&lt;/script&gt;`:                                              "injection.html",
		`<p>&lt;b&gt;</p>` + strings.Repeat("&amp;", 60_000) + `%3Cscript%3Ealert(1)%3C/script%3E`: "injection.html",
	} {
		if _, x := send(h, post("/s", q(value))); code(x) != want {
			t.Errorf("%.80q: %q, want %q", value, code(x), want)
		}
	}
}
