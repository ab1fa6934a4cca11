package paths_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := paths.New(paths.Config{}, paths.Site{})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.FileServer(http.Dir("testdata")))

	for _, target := range []string{"/ordinary.txt", "/app/app.py", "/.env", "/..%2fpaths.go"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Println(target, w.Code)
	}
	// Output:
	// /ordinary.txt 200
	// /app/app.py 404
	// /.env 404
	// /..%2fpaths.go 400
}

// A pattern for everything would let everything pass; the error says what to write.
func Example_incorrect() {
	_, err := paths.New(paths.Config{Allow: []string{"/**"}}, paths.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// paths.allow: "/**" lets /.env pass
	// hint: name a folder or an ending, such as "/files/**" or "/tags/.*"
}
