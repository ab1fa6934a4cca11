package ratelimit_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	store := ratelimit.NewMemory(0, nil) // one for all limits
	site, err := ratelimit.New(ratelimit.Config{}, ratelimit.Site{Memory: store})
	if err != nil {
		panic(err)
	}
	login, err := ratelimit.New(ratelimit.Config{Rate: "5/minute"}, ratelimit.Site{Memory: store, Name: "POST /login"})
	if err != nil {
		panic(err)
	}
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("/", site.Handler(app))
	mux.Handle("POST /login", login.Handler(app))

	for range 7 {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", "/login", nil))
		fmt.Printf("%d [%s]\n", w.Code, w.Header().Get("RateLimit"))
	}
	// Output:
	// 200 []
	// 200 []
	// 200 ["POST /login";r=2;t=12]
	// 200 ["POST /login";r=1;t=12]
	// 200 ["POST /login";r=0;t=12]
	// 429 ["POST /login";r=0;t=12]
	// 429 ["POST /login";r=0;t=12]
}

// A session alone says nothing: whoever makes up a cookie has a new one for each request.
func Example_incorrect() {
	_, err := ratelimit.New(
		ratelimit.Config{Rate: "5/min", By: []string{"session"}},
		ratelimit.Site{Session: []string{"session"}},
	)
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// ratelimit.rate: "5/min" is no rate: there is no unit "min"
	// ratelimit.by: "session" alone limits nobody who makes up a cookie for each request
	// hint: write "5/minute"
}

// A Store counts what is no request of a client, too, such as guesses at one account.
func ExampleStore() {
	store := ratelimit.NewMemory(0, nil)
	limit, err := ratelimit.ParseLimit("3/hour")
	if err != nil {
		panic(err)
	}
	account := ratelimit.Key{1} // in truth a keyed hash of its name
	for guess := range 5 {
		d, err := store.Take(context.Background(), account, limit, 1)
		if err != nil {
			panic(err)
		}
		fmt.Println("guess", guess, d.OK)
	}
	// Output:
	// guess 0 true
	// guess 1 true
	// guess 2 true
	// guess 3 false
	// guess 4 false
}
