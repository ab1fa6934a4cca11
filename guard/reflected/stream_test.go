package reflected_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/html"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/reflected"
)

// request is one with risky values, as guard/injection leaves it.
func request(values ...string) (*http.Request, *fumehood.Exchange) {
	x := &fumehood.Exchange{}
	for _, value := range values {
		x.Risky = append(x.Risky, fumehood.Input{Place: fumehood.InQuery, Name: "q", Value: value})
	}
	r := httptest.NewRequest("GET", "/", nil)
	return r.WithContext(fumehood.WithExchange(r.Context(), x)), x
}

// page serves a page in pieces of n bytes, with a flush after each.
func page(doc string, n int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := 0; i < len(doc); i += n {
			io.WriteString(w, doc[i:min(i+n, len(doc))])
			http.NewResponseController(w).Flush()
		}
	})
}

// through returns what a client gets; it ends with "[cut]" when the answer breaks off.
func through(h http.Handler, r *http.Request) (status int, body string) {
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				panic(v)
			} else if v != nil {
				w.Body.WriteString("[cut]")
			}
		}()
		h.ServeHTTP(w, r)
	}()
	return w.Code, w.Body.String()
}

func TestPiecesHideNothing(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, reflected.Config{})
	long := "<img src=x title=" + strings.Repeat("a", 9000) + " onerror=run()>"
	for _, tt := range []struct {
		name, before, after string
		values              []string
		bad                 string
	}{
		{"in a text", "<p>", "</p>", []string{markup}, markup},
		{"twice", "<p>" + markup, "</p>", []string{markup}, markup},
		{"after its own beginning", "<p><img src=x <img <", "</p>", []string{markup}, markup},
		{"in another value", "<p><im", "</p>", []string{markup, `g src=x onerror=run()>`}, markup},
		{"one value hides in another", "<p>", "</p>", []string{`<script>/*'-f()-'*/run()</script>`, `'-f()-'`}, "<script>"},
		{"the inner one first", "<p>", "</p>", []string{`<img src=x onerror=run() title='"onclick=f()//'>`, `"onclick=f()//`}, "<img"},
		{"a value and its longer twin", "<p>", "</p>", []string{markup + "<b>", markup}, markup},
		{"longer than what is waited for", "<p>", "</p>", []string{long}, "<img"},
		{"in a link", `<a href="`, `">`, []string{"javascript:run()"}, `"javascript:`},
		{"at the end", "<p>", "", []string{markup}, markup},
	} {
		for _, n := range []int{1, 2, 3, 7, 64, 4096, 1 << 20} {
			for _, padding := range []int{0, lookSize - 5} {
				r, _ := request(tt.values...)
				doc := strings.Repeat("x", padding) + tt.before + tt.values[0] + tt.after
				_, body := through(guard.Handler(page(doc, n)), r)
				if strings.Contains(strings.ReplaceAll(body, "[cut]", ""), tt.bad) {
					t.Errorf("%s, pieces of %d: %.100q", tt.name, n, body[max(0, len(body)-200):])
				}
				if !strings.HasSuffix(body, tt.after) || !strings.HasPrefix(body, doc[:padding]) {
					t.Errorf("%s, pieces of %d: something is missing: %.100q", tt.name, n, body[max(0, len(body)-100):])
				}
			}
		}
	}
}

const lookSize = 64 << 10

// TestNeverLosesAByte compares pages in which the value does nothing.
func TestNeverLosesAByte(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, reflected.Config{})
	random := rand.New(rand.NewPCG(1, 5))
	parts := []string{"aa(a", "a", "(", "aa(", "x", "aa(a)", "A", " ", "&lt;", "<p>", "</p>", "aaaa"}
	for range 500 {
		doc := "<p>"
		for range random.IntN(60) {
			doc += parts[random.IntN(len(parts))]
		}
		r, x := request("aa(aa(a))", "a(a)", "aa()", "aa(a);aa(a)")
		if _, body := through(guard.Handler(page(doc, random.IntN(9)+1)), r); body != doc || x.Reported != nil {
			t.Fatalf("%q became %q", doc, body)
		}
	}
}

// TestNoScriptIsLeft is an oracle from outside: the parser of x/net/html finds nothing in a
// page that has passed the guard but what is the page's own.
func TestNoScriptIsLeft(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, reflected.Config{})
	random := rand.New(rand.NewPCG(7, 5))
	parts := []string{markup, "<script>run()</script>", `"`, `'`, " ", ">", "<p ", "onerror=run()", "<b>", "x", "/", "=", "</title>", "-->", "javascript:run()"}
	places := []string{"<p>%</p>", `<p title="%">`, `<p title='%'>`, "<p title=%>", "<title>%</title>", "<!-- % -->", `<a href="%">`, "<p %>", "<p>%<p title='%'>"}
	stopped := 0
	for range 3000 {
		value := ""
		for range random.IntN(4) + 1 {
			value += parts[random.IntN(len(parts))]
		}
		r, _ := request(value)
		doc := "<!doctype html><body>" + strings.ReplaceAll(places[random.IntN(len(places))], "%", value)
		_, body := through(guard.Handler(page(doc, random.IntN(30)+1)), r)
		if activeIn(t, doc) {
			stopped++
		}
		if activeIn(t, body) {
			t.Errorf("%q with %q became %q", doc, value, body)
		}
	}
	if stopped < 300 {
		t.Errorf("only %d pages were attacks: the test shows nothing", stopped)
	}
}

// activeIn says whether the tree of a page has a script, an event handler or a script URL.
func activeIn(t *testing.T, doc string) bool {
	root, err := html.Parse(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" {
			return true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") && a.Val != "" || a.Key == "href" && strings.HasPrefix(a.Val, "javascript:") {
				return true
			}
		}
	}
	return false
}

func TestManyValues(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range 1000 {
		values = append(values, strings.Repeat("a", i%50)+markup+strings.Repeat("b", i/50))
	}
	r, x := request(values...)
	if status, _ := through(newGuard(t, reflected.Config{}).Handler(page("<p>", 9)), r); status != 403 || x.Refused == nil || x.Refused.Code != "reflected.many" {
		t.Errorf("%d %v", status, x.Refused)
	}
	r, x = request(values...)
	if status, body := through(newGuard(t, reflected.Config{Mode: fumehood.Report}).Handler(page("<p>", 9)), r); status != 200 || body != "<p>" || len(x.Reported) != 1 {
		t.Errorf("%d %q %v", status, body, x.Reported)
	}
}

// TestOneValueEverywhere: the time for a page is bounded, whatever it shows.
func TestOneValueEverywhere(t *testing.T) {
	t.Parallel()
	value := strings.Repeat("a", 4000) + "()"
	r, x := request(value, strings.Repeat("a", 3000)+"(1)")
	doc := "<p>" + strings.Repeat(value, 3000) // 12 MB
	through(newGuard(t, reflected.Config{Mode: fumehood.Report}).Handler(page(doc, 32<<10)), r)
	if len(x.Reported) != 1 {
		t.Errorf("%v", x.Reported)
	}
}

func TestBigStreamsTakeNoMemory(t *testing.T) {
	r, _ := request(markup)
	piece := bytes.Repeat([]byte("<p>some text <img src=x </p>\n"), 1000)
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for range 2000 { // 58 MB
			w.Write(piece)
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	newGuard(t, reflected.Config{}).Handler(app).ServeHTTP(discard{http.Header{}}, r)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("%d bytes for 58 MB", got)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func FuzzPage(f *testing.F) {
	f.Add("<p>", markup, "</p>", 3)
	f.Add(`<a href="`, "javascript:run()", `">`, 1)
	f.Add("<script>var a = '", "';run()//", "';</script>", 2)
	f.Fuzz(func(t *testing.T, before, value, after string, n int) {
		n = max(1, min(n, 1<<16))
		doc := before + value + after
		r, _ := request(value)
		if _, body := through(newGuard(t, reflected.Config{Mode: fumehood.Report}).Handler(page(doc, n)), r); body != doc {
			t.Errorf("report changed %q into %q", doc, body)
		}
		r, x := request(value)
		status, body := through(newGuard(t, reflected.Config{}).Handler(page(doc, n)), r)
		if status == 200 && x.Reported == nil && body != doc && !strings.HasSuffix(body, "[cut]") {
			t.Errorf("%q became %q without a word", doc, body)
		}
	})
}
