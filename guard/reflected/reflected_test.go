package reflected_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := reflected.New(reflected.Config{Mode: "on", Action: "escape"}, reflected.Site{})
	for _, want := range []string{"reflected.mode", "reflected.action"} {
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*reflected.Guard{nil, {}} {
		r, _ := request(markup)
		if status, body := through(g.Handler(page("secret", 9)), r); status != 500 || strings.Contains(body, "secret") {
			t.Errorf("%d %q", status, body)
		}
	}
}

func TestOffDoesNothing(t *testing.T) {
	t.Parallel()
	r, x := request(markup)
	if _, body := through(newGuard(t, reflected.Config{Mode: fumehood.Off}).Handler(page(markup, 9)), r); body != markup || x.Reported != nil {
		t.Errorf("%q %v", body, x.Reported)
	}
}

// TestSecretsStayOutOfTheLog: the value of a password or a cookie is named, not shown.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	for _, in := range []fumehood.Input{
		{Place: fumehood.InForm, Name: "new_password", Value: markup}, {Place: fumehood.InCookie, Name: "sid", Value: markup},
		{Place: fumehood.InHeader, Name: "X-Api", Value: markup}, {Place: fumehood.InJSON, Name: "user.apiKey", Value: markup},
	} {
		r, x := request()
		x.Risky = []fumehood.Input{in}
		through(newGuard(t, reflected.Config{}).Handler(page("<p>"+markup, 9)), r)
		if len(x.Reported) != 1 || strings.Contains(x.Reported[0].Error(), "onerror=") || !strings.Contains(x.Reported[0].Error(), in.Name) {
			t.Errorf("%v", x.Reported)
		}
	}
}

// TestHeadAndOtherAnswersStay: what has no page in it keeps every field.
func TestHeadAndOtherAnswersStay(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, reflected.Config{})
	for _, status := range []int{204, 206, 304, 301} {
		r, x := request(markup)
		if status == 301 {
			r.Method = "HEAD"
		}
		w := httptest.NewRecorder()
		guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("ETag", `"a"`)
			w.WriteHeader(status)
			if status == 206 {
				io.WriteString(w, markup)
			}
		})).ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("ETag") == "" || x.Reported != nil {
			t.Errorf("%d: %v %v", status, w.Header(), x.Reported)
		}
	}
}

func BenchmarkHandler(b *testing.B) {
	doc := []byte("<!doctype html><title>a</title>" + strings.Repeat(`<p class="row">A line of text, with <a href="/x?y=1">a link</a> in it.</p>`+"\n", 140)) // 10 KB
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(doc)
	})
	for name, values := range map[string][]string{
		"no risky value": nil, "harmless value": {"it's (really) fine"}, "candidate": {markup}, "ten candidates": {"1'-a()-'", "2'-a()-'", "3'-a()-'", "4'-a()-'", "5'-a()-'", markup, "javascript:a()", `"onclick=a()`, "<svg onload=a()>", "a=b()"},
	} {
		for _, mode := range []fumehood.Mode{fumehood.Report, fumehood.Enforce} {
			b.Run(name+"/"+string(mode), func(b *testing.B) {
				r, _ := request(values...)
				h := newGuard(b, reflected.Config{Mode: mode}).Handler(app)
				w := discard{http.Header{}}
				b.ReportAllocs()
				for b.Loop() {
					h.ServeHTTP(w, r)
				}
			})
		}
	}
}

// TestSecretsAreNotLogged: the cause goes into the log.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	guard, err := reflected.New(reflected.Config{}, reflected.Site{})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []fumehood.Input{
		{Place: fumehood.InForm, Name: "reset_token", Value: "s3cr3t<script>alert(1)</script>"},
		{Place: fumehood.InCookie, Name: "cart", Value: "s3cr3t<script>alert(1)</script>"},
		{Place: fumehood.InHeader, Name: "X-Api", Value: "s3cr3t<script>alert(1)</script>"},
		{Place: fumehood.InForm, Name: "(body)", Value: "password=s3cr3t&q=<script>alert(1)</script>"},
		{Place: fumehood.InForm, Name: "shipping", Value: "<script>alert(1)</script>"},
	} {
		x := &fumehood.Exchange{Risky: []fumehood.Input{in}}
		r := httptest.NewRequest("GET", "/", nil)
		guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<p>"+in.Value+"</p>")
		})).ServeHTTP(httptest.NewRecorder(), r.WithContext(fumehood.WithExchange(r.Context(), x)))
		if len(x.Reported) == 0 {
			t.Fatalf("%s: nothing is noted", in.Name)
		}
		text := x.Reported[0].Error()
		if strings.Contains(text, "s3cr3t") || strings.Contains(text, "alert") != (in.Place == fumehood.InForm && in.Name != "reset_token") {
			t.Error(text)
		}
	}
}
