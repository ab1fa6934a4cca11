package crs_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/fumehood/fumehood/internal/wholebody"
)

// FuzzCheck: whatever comes is judged, and what cannot be is refused.
func FuzzCheck(f *testing.F) {
	engine, err := shared()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("q=1", "text/plain", "x")
	f.Add("q=' OR 1=1 --", "application/json", `{"a":["b"]}`)
	f.Add("", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n")
	f.Add("%zz", "application/xml", "<a>&b;</a>")
	f.Fuzz(func(t *testing.T, query, kind, body string) {
		if len(query)+len(kind)+len(body) > 2048 { // each KB takes milliseconds
			return
		}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.URL = &url.URL{Path: "/", RawQuery: query}
		r.Header.Set("Content-Type", kind)
		r.Body = wholebody.InMemory([]byte(body), nil)
		first := engine.Check(r)
		if again := engine.Check(r); (first == nil) != (again == nil) {
			t.Errorf("%v, then %v", first, again)
		}
	})
}
