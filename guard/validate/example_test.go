package validate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	most := 150.0
	guard, err := validate.New(validate.Config{
		Unknown: "refuse",
		Fields: map[string]validate.Field{
			"email": {Type: "email", Required: true},
			"age":   {Type: "integer", Max: &most},
		},
	}, validate.Site{})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "welcome ", r.FormValue("email"))
	}))

	for _, form := range []string{"email=zoe@shop.example&age=33", "age=333&is_admin=1"} {
		r := httptest.NewRequest("POST", "/signup", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 welcome zoe@shop.example
	// 422 {"type":"about:blank","title":"Some of what was sent is not as it must be.","status":422,"code":"validate.fields","faults":[{"field":"age","rule":"max","detail":"must be at most 150"},{"field":"is_admin","rule":"unknown","detail":"is not known here"},{"field":"email","rule":"required","detail":"is missing"}]}
}

// Patterns are RE2's, which no input can make slow; look-around is not among them. The error
// says where and what instead.
func Example_incorrect() {
	_, err := validate.New(validate.Config{
		Fields: map[string]validate.Field{"nick": {Pattern: "^(?!admin).*$"}},
	}, validate.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// validate.fields.nick.pattern: invalid or unsupported Perl syntax: `(?!`
	// hint: the syntax is RE2's, without look-around and back-references: ^[a-z0-9_]+$
}
