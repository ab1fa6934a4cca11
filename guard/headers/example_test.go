package headers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := headers.New(headers.Config{
		Frame:         "deny",
		AllowFeatures: []string{"geolocation"},
	})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "shop/1.4.2")
		w.Header().Set("Referrer-Policy", "unsafe-url") // weaker than the policy
		fmt.Fprint(w, "hello")
	}))

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "https://shop.example/", nil))
	for _, name := range []string{"Strict-Transport-Security", "X-Frame-Options", "Referrer-Policy", "Server"} {
		fmt.Printf("%s: %s\n", name, w.Header().Get(name))
	}
	// Output:
	// Strict-Transport-Security: max-age=63072000; includeSubDomains
	// X-Frame-Options: DENY
	// Referrer-Policy: strict-origin-when-cross-origin
	// Server:
}

// A feature is not what the browser's dialog calls it; a slip would deny nothing, or allow
// nothing, without a word.
func Example_incorrect() {
	_, err := headers.New(headers.Config{AllowFeatures: []string{"geo-location"}})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// headers.allow_features: "geo-location" is no browser feature
	// hint: write "geolocation"
}

// The guard goes outside everything that answers: what is answered outside it is bare.
func Example_incorrectOrder() {
	guard, err := headers.New(headers.Config{})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/app/", guard.Handler(http.NotFoundHandler())) // wrong: the mux's own answers are outside

	for _, path := range []string{"/app/", "/elsewhere"} {
		inside, outside := httptest.NewRecorder(), httptest.NewRecorder()
		mux.ServeHTTP(inside, httptest.NewRequest("GET", path, nil))
		guard.Handler(mux).ServeHTTP(outside, httptest.NewRequest("GET", path, nil)) // right
		fmt.Printf("%s inside %q outside %q\n", path, inside.Header().Get("X-Frame-Options"), outside.Header().Get("X-Frame-Options"))
	}
	// Output:
	// /app/ inside "SAMEORIGIN" outside "SAMEORIGIN"
	// /elsewhere inside "" outside "SAMEORIGIN"
}
