package crs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection/crs"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	engine, err := crs.New(crs.Config{}) // once, for all routes
	if err != nil {
		panic(err)
	}
	for _, target := range []string{"/notes?file=shopping.txt", "/notes?file=../../../etc/passwd"} {
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("User-Agent", "Mozilla/5.0")
		r.Header.Set("Accept", "*/*")
		if err := engine.Check(r); err != nil {
			fmt.Println(target, fumehood.AsRefusal(err).Code)
			continue
		}
		fmt.Println(target, http.StatusText(http.StatusOK))
	}
	// Output:
	// /notes?file=shopping.txt OK
	// /notes?file=../../../etc/passwd injection.crs
}

// There is no level 0: turning the engine off is the business of injection.engine.
func Example_incorrect() {
	_, err := crs.New(crs.Config{Paranoia: -1})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// crs.paranoia: -1 is not between 1 and 4
	// hint: crs.paranoia = 1
}
