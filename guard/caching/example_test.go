package caching_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/caching"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := caching.New(caching.Config{}, []string{"session"})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		fmt.Fprint(w, "<!doctype html>hello")
	}))

	for _, cookie := range []string{"theme=dark", "__Host-session=s3cret"} {
		r := httptest.NewRequest("GET", "https://shop.example/", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Printf("%q %q\n", w.Header().Get("Cache-Control"), w.Header().Get("Vary"))
	}
	// Output:
	// "public, max-age=60" ""
	// "no-store, private" "Cookie"
}

// A mode that does not exist must not be taken for "off".
func Example_incorrect() {
	_, err := caching.New(caching.Config{Mode: "none"}, []string{"session"})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// caching.mode: "none" is not a mode
	// hint: write enforce, report or off
}
