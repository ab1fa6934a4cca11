package body_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
)

// The app gets the body whole: in memory, or in a file that can be handed on.
func Example() {
	guard, err := body.New(body.Config{Memory: 16}, nil)
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole, ok := r.Body.(*body.Whole)
		if !ok {
			return // no body
		}
		fmt.Println(whole.Size(), string(whole.Bytes()), whole.File() != nil)
	}))
	for _, text := range []string{"short", "longer than sixteen bytes"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(text)))
	}
	// Output:
	// 5 short false
	// 25  true
}

// A body must not be used after the handler has returned.
func Example_incorrect() {
	guard, err := body.New(body.Config{Memory: 1 * fumehood.KB}, nil)
	if err != nil {
		panic(err)
	}
	var kept *body.Whole
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept = r.Body.(*body.Whole)
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader("hello")))
	_, err = kept.Read(make([]byte, 5))
	fmt.Println(kept.Bytes() == nil, err)
	// Output: true http: invalid Read on closed Body
}
