package canon_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/canon"
)

// honest uses the holes of an app as they were meant. An attack that fails where this fails,
// too, would show nothing.
func honest(t *testing.T, app string, s *canon.Scene) {
	asks := func(want string, requests ...*http.Request) {
		t.Helper()
		for _, r := range requests {
			if answer := s.Try(s.Client(), r); answer.Status != http.StatusOK || !strings.Contains(answer.Text, want) {
				t.Errorf("%s %s: %d, want %q in\n%.300s", r.Method, r.URL, answer.Status, want, answer.Text)
			}
		}
	}
	get := func(path string) *http.Request { return s.Raw(path) }
	switch app {
	case "leaky", "leaky_unhelped":
		visitsShop(t, s)
	case "leaky_allowing":
		intranet := httptest.NewServer(canon.Proxy())
		t.Cleanup(intranet.Close)
		asks("this is", get("/tools/preview?url="+url.QueryEscape(intranet.URL+"/a?b=c;d")))
	case "leaky_ruled":
		client := s.LoggedIn(s.Join())
		expect(t, s, client, s.Request(http.MethodPost, "/account", "address=here", "Content-Type", "application/x-www-form-urlencoded"), http.StatusFound, "/user/")
		expect(t, s, client, s.Request(http.MethodGet, "/go?to=/product?id=3", ""), http.StatusFound, "/product?id=3")
	case "leaky_proxied":
		asks("this is http%3A%2F%2Fwww.example%2Fpreview%3Fa%3D1%26b%3D%2528x%2529", get("/tools/preview?url="+url.QueryEscape("http://www.example/preview?a=1&b=%28x%29")))
	case "counting":
		asks(`"ok":true`, get("/api/tally"), get("/api/limited"))
	case "trusting":
		picture := samples(s)[0]
		asks("a.png", s.Parts("/attach/plain", []canon.File{picture}), s.Parts("/attach/slashes", []canon.File{picture}),
			s.Parts("/attach/decoded", []canon.File{picture}), s.Parts("/attach/here", []canon.File{picture}), s.Parts("/attach/remade", []canon.File{picture}))
		file := canon.File{Name: "x.zip", Type: "application/zip", Content: zipped(t, "pictures/a.png", picture.Content)}
		asks(`"total":`, s.Parts("/unpack/extract", []canon.File{file}), s.Parts("/unpack/measure", []canon.File{file}))
		asks(`"fields":100`, s.Parts("/form", nil, pairs(100)...))
	case "homely":
		asks("Once upon", get("/shelf/plain/a%20book.txt"), get("/shelf/books/a%20book.txt"), get("/static/shelf/books/a%20book.txt"),
			get("/read?name=a+book.txt"), get("/show?name=a%20book.txt"))
		asks("Once more", get("/shelf/twice/more/book.txt"), get("/shelf/windows/more/book.txt"), get("/read?name=more/book.txt&keep=1"))
	case "believing":
		form := url.Values{"name": {"Mina"}, "amount": {"3"}, "mail": {"mina@example.org"}, "size": {"small"}, "code": {"ABC-1234"}}
		asks(`"keys":5`,
			s.Request(http.MethodPost, "/order", form.Encode(), "Content-Type", "application/x-www-form-urlencoded"),
			s.Parts("/order", nil, "name", "Mina", "amount", "3", "mail", "mina@example.org", "size", "large", "code", "ABC-1234"),
			s.JSON(http.MethodPost, "/order", `{"name": "Mina", "amount": 3, "mail": "mina@example.org", "size": "small", "code": "ABC-1234"}`))
		asks(`"reached":true`, s.JSON(http.MethodPost, "/pay", `{"amount": 99.5}`), s.JSON(http.MethodPost, "/anything", `{"a": [1, {"b": null}]}`), get("/anything?a=1&b=2"))
		asks("motd", get("/motd"))
	}
}

// pairs are n names of fields, and values.
func pairs(n int) (fields []string) {
	for i := range n {
		fields = append(fields, strings.Repeat("x", i+1), "value")
	}
	return fields
}

func zipped(t *testing.T, name, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	part, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
