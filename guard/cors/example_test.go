package cors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := cors.New(cors.Config{
		Origins:        []string{"https://shop.example"},
		Methods:        []string{"DELETE"},
		RequestHeaders: []string{"Content-Type"},
	})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.NotFoundHandler())

	for _, origin := range []string{"https://shop.example", "https://shop.example.evil.example"} {
		r := httptest.NewRequest("OPTIONS", "/api/orders/7", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "DELETE")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Printf("%s %d %q\n", origin, w.Code, w.Header().Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// https://shop.example 204 "https://shop.example"
	// https://shop.example.evil.example 403 ""
}

// A wildcard trusts every name below it, the forgotten ones too; the error says what to do.
func Example_incorrect() {
	_, err := cors.New(cors.Config{Origins: []string{"https://*.shop.example"}, Credentials: true})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// cors.origins: "https://*.shop.example" is a wildcard: one forgotten name below it is enough for an attacker
	// hint: name each origin
}
