package reflected_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

// careless is an app that puts a value into every place, as people do it.
const careless = `
import gzip, json
from flask import Flask, Response, request, render_template_string, jsonify
from markupsafe import escape

app = Flask(__name__)
PLACES = {
    "text": "<p>{}</p>", "double": '<p title="{}">x</p>', "single": "<p title='{}'>x</p>", "unquoted": "<input value={} name=n>",
    "tag": "<p {}>x</p>", "href": '<a href="{}">x</a>', "query": '<a href="/x?y={}">x</a>', "script": '<script>var a = "{}";</script>', "code": "<script>var a = {};</script>",
    "handler": "<p onclick=\"String('{}')\">x</p>", "title": "<title>{}</title>", "comment": "<!-- {} -->", "style": "<style>p {{ color: {} }}</style>", "srcdoc": '<iframe srcdoc="{}"></iframe>',
}

def page(place, value):
    return "<!doctype html><title>a</title><p>before</p>" + PLACES[place].format(value) + "<p>after</p>"

@app.get("/<place>")
def show(place):
    return page(place, request.args["q"])

@app.get("/escaped/<place>")
def escaped(place):
    return page(place, escape(request.args["q"]))

@app.get("/upper/<place>")
def upper(place):
    return page(place, request.args["q"].upper())

@app.get("/strip/<place>")
def strip(place):
    return page(place, request.args["q"].strip())

@app.get("/latin1/<place>")
def latin1(place):
    return Response(page(place, request.args["q"]).encode("latin-1"), content_type="text/html; charset=iso-8859-1")

@app.get("/tojson")
def tojson():
    return render_template_string("<script>var a = {{ q|tojson }};</script><p onclick='f({{ q|tojson }})'>x</p>", q=request.args["q"])

@app.get("/dumps")
def dumps():
    return "<script>var a = " + json.dumps(request.args["q"]) + ";</script>"

@app.get("/json")
def as_json():
    return jsonify(q=request.args["q"])

@app.get("/plain")
def plain():
    return Response(page("text", request.args["q"]), mimetype="text/plain")

@app.get("/download")
def download():
    return Response(page("text", request.args["q"]), headers={"Content-Disposition": "attachment; filename=a.html"})

@app.get("/late/<place>")
def late(place):
    q = request.args["q"]
    def parts():
        yield "<p>" + "x" * 100_000
        for c in PLACES[place].format(q):
            yield c
        yield "<p>after</p>"
    return Response(parts(), mimetype="text/html")

@app.get("/packed/<coding>")
def packed(coding):
    return Response(gzip.compress(page("text", request.args["q"]).encode()), mimetype="text/html", headers={"Content-Encoding": coding})
`

// seen stands for guard/record and guard/injection: it notes the values of the query.
func seen(x *fumehood.Exchange, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.URL.Query() {
			for _, value := range values {
				in := fumehood.Input{Place: fumehood.InQuery, Name: name, Value: value}
				if once, err := url.QueryUnescape(value); err == nil && once != value {
					in.Decoded = []string{once}
				}
				x.Risky = append(x.Risky, in)
			}
		}
		next.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	})
}

func newGuard(t testing.TB, cfg reflected.Config) *reflected.Guard {
	t.Helper()
	g, err := reflected.New(cfg, reflected.Site{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ask returns the answer to a request for path with the value q, its body, and what was noted.
// The body of an answer that breaks off ends with "[cut]".
func ask(t testing.TB, h http.Handler, path, q string) (*http.Response, string, *fumehood.Exchange) {
	t.Helper()
	x := &fumehood.Exchange{ID: "TEST"}
	server := httptest.NewServer(seen(x, h))
	defer server.Close()
	req, err := http.NewRequest("GET", server.URL+path+"?q="+url.QueryEscape(q), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "gzip, br")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	text := string(body)
	if err != nil {
		text += "[cut]"
	}
	return resp, text, x
}

func codes(x *fumehood.Exchange) (all []string) {
	for _, r := range x.Reported {
		if !slices.Contains(all, r.Code) {
			all = append(all, r.Code)
		}
	}
	return all
}

const markup = `<img src=x onerror=run()>`

func TestAttackReflectedValueIsMadeHarmless(t *testing.T) {
	t.Parallel()
	app := browser.Flask(t, careless)
	neutral := newGuard(t, reflected.Config{}).Handler(app)
	strict := newGuard(t, reflected.Config{Action: "refuse"}).Handler(app)
	report := newGuard(t, reflected.Config{Mode: fumehood.Report}).Handler(app)
	for _, tt := range []struct {
		path, q, bare string
		want          string // in the page, "403" or "[cut]"
	}{
		{"/text", markup, "<p>" + markup + "</p>", "<p>&lt;img src=x onerror=run()&gt;</p>"},
		{"/text", "<script>run()</script>", "<script>run()", "<p>&lt;script&gt;run()&lt;/script&gt;</p>"},
		{"/strip/text", " \t" + markup + "\u00a0\x1c ", "<p>" + markup + "</p>", "<p>&lt;img src=x onerror=run()&gt;</p>"},
		{"/strip/script", `";run()// `, `a = "";run()//`, "403"},
		{"/latin1/text", "é" + markup, "<p>\xe9" + markup + "</p>", "<p>\xe9&lt;img src=x onerror=run()&gt;</p>"},
		{"/text", "%3Cscript%3Erun()%3C/script%3E", "", ""},
		{"/double", `" onfocus=run() autofocus x="`, `title="" onfocus=run()`, `title="&#34; onfocus=run() autofocus x=&#34;"`},
		{"/single", `' onfocus=run() autofocus x='`, `title='' onfocus=run()`, `title='&#39; onfocus`},
		{"/double", `"><svg onload=run()>`, `"><svg`, `title="&#34;&gt;&lt;svg onload=run()&gt;"`},
		{"/unquoted", `x onfocus=run() autofocus`, `value=x onfocus`, `<input value=x name=n>`},
		{"/tag", `onfocus=run() autofocus`, `<p onfocus=run()`, `<p x>`},
		{"/href", `javascript:run()`, `href="javascript:run()"`, `href="about:blank#blocked"`},
		{"/escaped/href", `javascript:run()`, `href="javascript:run()"`, `href="about:blank#blocked"`},
		{"/escaped/unquoted", `x onfocus=run() autofocus`, `value=x onfocus`, `<input value=x name=n>`},
		{"/script", `";run()//`, `a = "";run()//`, "403"},
		{"/script", `</script><script>run()</script>`, `</script><script>run()`, "403"},
		{"/code", `run()`, `a = run();`, "403"},
		{"/handler", `');run();('`, `String('');run();('')`, "403"},
		{"/escaped/handler", `');run();('`, `String('&#39;);run();(&#39;')`, "403"},
		{"/title", `</title><script>run()</script>`, `</title><script>run()`, "&lt;/title&gt;&lt;script&gt;"},
		{"/comment", `--><script>run()</script>`, `--><script>run()`, "--&gt;&lt;script&gt;"},
		{"/style", `}</style><script>run()</script>`, `</style><script>run()`, "403"},
		{"/srcdoc", `<script>parent.run()</script>`, `srcdoc="<script>`, "403"},
		{"/escaped/srcdoc", `<script>parent.run()</script>`, `srcdoc="&lt;script`, ""},
		{"/upper/text", markup, `<p><IMG SRC=X`, "<p>&lt;IMG SRC=X ONERROR=RUN()&gt;</p>"},
		{"/dumps", `"</script><script>run()</script>`, `</script><script>run()`, "403"},
		{"/late/text", markup, "<p>" + markup + "</p>", "<p>&lt;img src=x onerror=run()&gt;</p><p>after</p>"},
		{"/late/href", `javascript:run()`, `href="javascript:run()"`, `href="about:blank#blocked"`},
		{"/late/script", `";run()//`, `a = "";run()//`, "[cut]"},
		{"/packed/gzip", markup, "", "<p>&lt;img src=x onerror=run()&gt;</p>"},
	} {
		t.Run(tt.path+" "+tt.q, func(t *testing.T) {
			t.Parallel()
			_, body, _ := ask(t, app, tt.path, tt.q)
			if !strings.Contains(body, tt.bare) {
				t.Fatalf("without the guard the attack must succeed: %.300q", body[max(0, len(body)-300):])
			}
			resp, body, x := ask(t, neutral, tt.path, tt.q)
			switch {
			case tt.want == "403":
				if resp.StatusCode != 403 || x.Refused == nil || x.Refused.Code != "reflected.script" || strings.Contains(body, "run(") {
					t.Errorf("%d, refused %v: %.200q", resp.StatusCode, x.Refused, body)
				}
			case tt.want == "":
				if resp.StatusCode != 200 || tt.bare != "" && x.Reported == nil && !strings.Contains(body, tt.bare) {
					t.Errorf("%d: %.200q", resp.StatusCode, body)
				}
			case !strings.Contains(body, tt.want) || tt.bare != "" && strings.Contains(body, tt.bare):
				t.Errorf("%d: %.300q", resp.StatusCode, body[max(0, len(body)-300):])
			case tt.want != "[cut]" && !slices.Contains(codes(x), "reflected.script"):
				t.Errorf("noted: %v", codes(x))
			}
			if tt.want == "" {
				return
			}
			resp, body, _ = ask(t, strict, tt.path, tt.q)
			if resp.StatusCode != 403 && !strings.HasSuffix(body, "[cut]") {
				t.Errorf("refuse: %d %.200q", resp.StatusCode, body)
			}
			bare, want, _ := ask(t, app, tt.path, tt.q)
			resp, body, x = ask(t, report, tt.path, tt.q)
			if body != want || resp.StatusCode != 200 || !slices.Equal(codes(x), []string{"reflected.script"}) || resp.ContentLength != bare.ContentLength {
				t.Errorf("report: %d %v %.200q", resp.StatusCode, codes(x), body)
			}
		})
	}
}

// What was escaped for its place, is no page, or holds nothing that runs, stays as it is.
func TestHarmlessAnswersStay(t *testing.T) {
	t.Parallel()
	app := browser.Flask(t, careless)
	guard := newGuard(t, reflected.Config{Action: "refuse"}).Handler(app)
	for _, tt := range [][2]string{
		{"/escaped/text", markup}, {"/escaped/double", `" onfocus=run() autofocus x="`}, {"/escaped/single", `' onfocus=run() autofocus x='`}, {"/escaped/title", `</title><script>run()</script>`},
		{"/tojson", `";run()//</script><script>run()</script>`}, {"/tojson", `');run();('`}, {"/json", markup}, {"/plain", markup}, {"/download", markup},
		{"/text", "it's (really) fine; don't worry"}, {"/double", "Smith & Sons (ltd)"}, {"/script", "hello (world)"}, {"/href", "/home?x=(1)"}, {"/text", "javascript:run()"}, {"/text", "alert(1)"},
		{"/query", "javascript:run()"}, {"/text", "<b>bold</b>"}, {"/text", `" onfocus=run() autofocus x="`}, {"/packed/br", "x"}, {"/late/text", "alert(1)"},
	} {
		bare, want, _ := ask(t, app, tt[0], tt[1])
		resp, body, x := ask(t, guard, tt[0], tt[1])
		if body != want || resp.StatusCode != bare.StatusCode || x.Reported != nil || x.Refused != nil {
			t.Errorf("%s %q: %d %v %.200q", tt[0], tt[1], resp.StatusCode, codes(x), body)
		}
	}
}

func TestCodingThatCannotBeUndoneIsNoted(t *testing.T) {
	t.Parallel()
	logged := &testapp.Log{}
	for _, mode := range []fumehood.Mode{fumehood.Report, fumehood.Enforce} {
		g, err := reflected.New(reflected.Config{Mode: mode}, reflected.Site{Logger: logged.Logger()})
		if err != nil {
			t.Fatal(err)
		}
		asked := ""
		h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.Header.Get("Accept-Encoding")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "...")
		}))
		for range 2 {
			if _, body, x := ask(t, h, "/", markup); body != "..." || !slices.Equal(codes(x), []string{"reflected.unseen"}) {
				t.Errorf("%s: %q %v", mode, body, codes(x))
			}
		}
		if strings.Contains(asked, "br") != (mode == fumehood.Report) {
			t.Errorf("%s: the app was asked for %q", mode, asked)
		}
	}
	if n := strings.Count(logged.String(), "cannot be undone"); n != 2 {
		t.Errorf("said %d times by two guards", n)
	}
}

func TestReportLeavesCompressedPagesAsTheyAre(t *testing.T) {
	t.Parallel()
	h := newGuard(t, reflected.Config{Mode: fumehood.Report}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("ETag", `"a"`)
		z := gzip.NewWriter(w)
		io.WriteString(z, "<p>"+r.URL.Query().Get("q"))
		z.Close()
	}))
	resp, body, x := ask(t, h, "/", markup)
	if resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("ETag") != `"a"` || !strings.HasPrefix(body, "\x1f\x8b") || !slices.Equal(codes(x), []string{"reflected.script"}) {
		t.Errorf("%v %q %v", resp.Header, body, codes(x))
	}
}
