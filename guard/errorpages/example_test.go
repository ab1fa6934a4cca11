package errorpages_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/internal/hint"
)

// app answers its errors with what the database said.
var app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	io.WriteString(w, `{"error": "no such table: users"}`)
})

func Example() {
	guard, err := errorpages.New(errorpages.Config{}, errorpages.Site{
		Roots:  []string{"/srv/notes"},
		Logger: slog.New(slog.DiscardHandler), // the original goes here
	})
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	guard.Handler(app).ServeHTTP(w, httptest.NewRequest("GET", "/notes", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Print(w.Body)
	// Output:
	// 500 application/problem+json
	// {"type":"about:blank","title":"Something went wrong on the site.","status":500,"code":"errorpages.server-error"}
}

// A folder is given for its pages; one without any would leave the site without the look
// that its owner expects, so it is a mistake.
func Example_incorrect() {
	_, err := errorpages.New(errorpages.Config{Folder: "testdata"}, errorpages.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// error_pages.folder: there is no error page in "testdata"
	// hint: name a folder with 404.html, 4xx.html, 500.html, 5xx.html or error.html
}
