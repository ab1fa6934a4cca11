package reflected_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/internal/hint"
)

// A page that shows what was searched for, without escaping it.
var search = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<p>No results for %s</p>", r.FormValue("q"))
})

// attack returns a request as guard/injection passes it on.
func attack() *http.Request {
	r := httptest.NewRequest("GET", "/?q=%3Cscript%3Esteal()%3C/script%3E", nil)
	return r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{Risky: []fumehood.Input{
		{Place: fumehood.InQuery, Name: "q", Value: r.FormValue("q")},
	}}))
}

func Example() {
	guard, err := reflected.New(reflected.Config{}, reflected.Site{})
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	guard.Handler(search).ServeHTTP(w, attack())
	fmt.Println(w.Code, w.Body)
	// Output: 200 <p>No results for &lt;script&gt;steal()&lt;/script&gt;</p>
}

// Behind guard/record it looks for what guard/injection has found: without that in between, it
// finds nothing.
func Example_incorrect() {
	guard, err := reflected.New(reflected.Config{}, reflected.Site{})
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/?q=%3Cscript%3Esteal()%3C/script%3E", nil)
	guard.Handler(search).ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{})))
	fmt.Println(w.Code, w.Body)

	_, err = reflected.New(reflected.Config{Action: "escape"}, reflected.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// 200 <p>No results for <script>steal()</script></p>
	// reflected.action: "escape" is not known
	// hint: write neutralise or refuse
}
