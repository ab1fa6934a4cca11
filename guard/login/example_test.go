package login_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/hint"
)

// Login forms are found in the pages of the app; nothing has to be said about them.
func Example() {
	guard, err := login.New(login.Config{}, login.Site{State: login.NewState(nil, nil)})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<form method="post"><input name="user"><input name="password" type="password"></form>`)
	}))

	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/login", nil))
	for range 6 {
		r := httptest.NewRequest("POST", "/login", strings.NewReader("user=ada&password=guess"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Print(w.Code, " ")
	}
	// Output:
	// 200 200 200 200 200 429
}

// A guard for one route of JSON needs both names; the error says how to write them.
func Example_incorrect() {
	_, err := login.New(login.Config{Account: "email"}, login.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// login.account is given, but not login.password
	// hint: login = { account = "email", password = "password" }
}
