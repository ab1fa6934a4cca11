package fumehood_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	fumehood "github.com/fumehood/fumehood"
)

// A handler says no with a Refusal: the client gets the public sentence, the log the cause.
func ExampleRefuse() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{
			Status: http.StatusForbidden,
			Code:   "orders.not-yours",
			Public: "This order belongs to somebody else.",
			Err:    errors.New("user 7 asked for order 42 of user 9"),
		})
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest("GET", "/orders/42", nil))
	fmt.Print(w.Body)
	// Output: {"type":"about:blank","title":"This order belongs to somebody else.","status":403,"code":"orders.not-yours"}
}

// An error that is no Refusal gives nothing away.
func ExampleRefuse_plainError() {
	w := httptest.NewRecorder()
	fumehood.Refuse(w, httptest.NewRequest("GET", "/", nil), errors.New("dial tcp 10.0.0.5:5432: refused"))
	fmt.Print(w.Body)
	// Output: {"type":"about:blank","title":"Something went wrong on the server.","status":500,"code":"internal"}
}

func ExampleSecret() {
	key := fumehood.Secret("hunter2")
	fmt.Println(key)
	fmt.Printf("%q %d\n", key, key)
	fmt.Println(len(string(key)))
	// Output:
	// [redacted]
	// [redacted] [redacted]
	// 7
}
