package hosts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := hosts.New(hosts.Config{Allow: []string{"shop.example", "*.shop.example"}}, hosts.Served{})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.NotFoundHandler())

	for _, target := range []string{"https://www.shop.example/reset", "https://evil.example/reset"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Println(target, w.Code)
	}
	// Output:
	// https://www.shop.example/reset 404
	// https://evil.example/reset 421
}

// A URL is not a host; the error says what to write.
func Example_incorrect() {
	_, err := hosts.New(hosts.Config{Allow: []string{"https://shop.example/"}}, hosts.Served{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// hosts.allow: "https://shop.example/" is no host name
	// hint: write "shop.example"
}
