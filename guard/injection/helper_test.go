package injection_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection"
)

func newGuard(t testing.TB, cfg injection.Config, site injection.Site) *injection.Guard {
	t.Helper()
	g, err := injection.New(cfg, site)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// echo is an app that shows what it gets: an attack works where it comes back.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	io.WriteString(w, r.URL.Path+"?"+r.URL.RawQuery+"\n"+string(body))
})

// post is a form.
func post(target, body string) *http.Request {
	return posted(target, "application/x-www-form-urlencoded", body)
}

func posted(target, kind, body string) *http.Request {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func with(r *http.Request, name, value string) *http.Request {
	r.Header.Set(name, value)
	return r
}

// send returns the answer, and what is known of the request afterwards.
func send(h http.Handler, r *http.Request) (*httptest.ResponseRecorder, *fumehood.Exchange) {
	x := &fumehood.Exchange{ID: "7F3K-9QXD"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	return w, x
}

// code is that of the refusal, "" where the request went through.
func code(x *fumehood.Exchange) string {
	if x.Refused == nil {
		return ""
	}
	return x.Refused.Code
}
