package limits_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/limits"
)

// One cap for all, a larger one where files are uploaded.
func Example() {
	guard, err := limits.New(limits.Config{Body: 1 * fumehood.MB}, func(r *http.Request) (fumehood.Size, bool) {
		return 100 * fumehood.MB, r.URL.Path == "/upload"
	})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Println(r.URL.Path, n, err)
	}))
	for _, path := range []string{"/comment", "/upload"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(strings.Repeat("a", 2<<20))))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /comment 413
	// /upload 2097152 <nil>
	// /upload 200
}

// A Guard that New did not make refuses everything.
func Example_incorrect() {
	var guard limits.Guard
	w := httptest.NewRecorder()
	guard.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code)
	// Output: 500
}
