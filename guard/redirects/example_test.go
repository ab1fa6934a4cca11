package redirects_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := redirects.New(redirects.Config{Allow: []string{"accounts.example.org"}})
	if err != nil {
		panic(err)
	}
	afterLogin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("next"))
		w.WriteHeader(http.StatusFound)
	})
	handler := guard.Handler(afterLogin)

	for _, next := range []string{"/notes", "//accounts.example.org/", `/\evil.example`} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "https://shop.example/login?next="+next, nil))
		fmt.Println(next, w.Code)
	}
	// Output:
	// /notes 302
	// //accounts.example.org/ 302
	// /\evil.example 403
}

// A URL is not a host, and a public suffix belongs to everybody.
func Example_incorrect() {
	for _, entry := range []string{"https://accounts.example.org/", "*.co.uk"} {
		_, err := redirects.New(redirects.Config{Allow: []string{entry}})
		fmt.Println(err)
		fmt.Println("hint:", hint.Of(err))
	}
	// Output:
	// redirects.allow: "https://accounts.example.org/" is no host name
	// hint: write "accounts.example.org"
	// redirects.allow: "*.co.uk" has no names below it that belong to one owner
	// hint: write a name such as "*.shop.example"
}
