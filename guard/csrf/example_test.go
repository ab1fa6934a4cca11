package csrf_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/csrf"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := csrf.New(
		csrf.Config{TrustedOrigins: []string{"https://pay.example"}},
		csrf.Site{Session: []string{"session"}}, // with a Key, tokens survive a restart
	)
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "the password was changed")
	}))

	for _, origin := range []string{"https://shop.example", "https://pay.example", "https://evil.example"} {
		r := httptest.NewRequest("POST", "https://shop.example/password", nil)
		r.Header.Set("Cookie", "session=abc")
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(origin, w.Code)
	}
	// Output:
	// https://shop.example 200
	// https://pay.example 200
	// https://evil.example 403
}

// A pattern is not an origin: whoever gets hold of one name below it could send requests.
func Example_incorrect() {
	_, err := csrf.New(csrf.Config{TrustedOrigins: []string{"https://*.pay.example", "pay.example/"}}, csrf.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// csrf.trusted_origins: "https://*.pay.example" has a wildcard
	// csrf.trusted_origins: "pay.example/" is no origin
	// hint: name each origin
}

// A route whose GET changes something asks first.
func ExampleConfig_postOnly() {
	guard, err := csrf.New(csrf.Config{PostOnly: true}, csrf.Site{})
	if err != nil {
		panic(err)
	}
	logout := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("logged out by", r.Method)
	}))
	logout.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "https://shop.example/logout", nil))

	r := httptest.NewRequest("POST", "https://shop.example/logout", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	logout.ServeHTTP(httptest.NewRecorder(), r)
	// Output: logged out by GET
}
