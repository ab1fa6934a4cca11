package injection_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := injection.New(injection.Config{}, injection.Site{})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.NotFoundHandler())

	for _, name := range []string{"O'Brien", "' OR '1'='1", "<b>Anna</b>", "<img src=x onerror=alert(1)>"} {
		r := httptest.NewRequest("POST", "/search", strings.NewReader(url.Values{"name": {name}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(name, w.Code)
	}
	// Output:
	// O'Brien 404
	// ' OR '1'='1 403
	// <b>Anna</b> 404
	// <img src=x onerror=alert(1)> 403
}

// Leaving out all fields is not how the guard is turned off for a route.
func Example_incorrect() {
	_, err := injection.New(injection.Config{SkipFields: []string{"*"}}, injection.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err.(interface{ Unwrap() []error }).Unwrap()[0]))
	// Output:
	// injection.skip_fields: "*" is no name of a field
	// hint: for all fields of a route: injection = { mode = "off" }
}
