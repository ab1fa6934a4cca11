package cookies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := cookies.New(cookies.Config{}, cookies.App{Sessions: []string{"session"}})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, err := r.Cookie("session"); err == nil {
			fmt.Println("the app sees", session.Value)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s3cret", Path: "/"})
	}))

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "https://shop.example/", nil))
	fmt.Println(w.Header().Get("Set-Cookie"))

	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	r.Header.Set("Cookie", "session=planted; __Host-session=s3cret")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// __Host-session=s3cret; Path=/; Secure; HttpOnly; SameSite=Lax
	// the app sees s3cret
}

// A script that reads the session can take it away; the error says so.
func Example_incorrect() {
	_, err := cookies.New(cookies.Config{Readable: []string{"session"}}, cookies.App{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// cookies.readable: "session" is the session: a script that reads it can take it away
	// hint: have the server put into the page what the script needs to know
}
