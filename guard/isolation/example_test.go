package isolation_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/isolation"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := isolation.New(isolation.Config{}, nil)
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "account 4711")
	}))

	for _, from := range []struct{ mode, dest string }{
		{"navigate", "document"}, // a link on another site
		{"no-cors", "script"},    // <script src=...> on another site
	} {
		r := httptest.NewRequest("GET", "https://bank.example/accounts", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", from.mode)
		r.Header.Set("Sec-Fetch-Dest", from.dest)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(from.dest, w.Code)
	}
	// Output:
	// document 200
	// script 403
}

// Frames and fetches are no kinds of content; the error says which setting is theirs.
func Example_incorrect() {
	_, err := isolation.New(isolation.Config{DangerouslyEmbeddable: []string{"iframe"}}, nil)
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// isolation.dangerously_embeddable: "iframe" is no kind of content
	// hint: frames are opened by csp.frame_ancestors = ["https://that-site.example"]
}
