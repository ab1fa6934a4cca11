package clientip_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/internal/hint"
)

// The proxies of one's own are named; what they say of the client is believed.
func Example() {
	guard, err := clientip.New(clientip.Config{TrustedProxies: []string{"10.0.0.0/8"}})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(fumehood.ClientIP(r), fumehood.Scheme(r), r.Header["X-Forwarded-For"])
	}))

	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.7:4711"
	r.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.66") // the client wrote the first
	r.Header.Set("X-Forwarded-Proto", "https")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	// Output: 203.0.113.66 https []
}

// Trusting everybody lets every client name its own address; it is not possible.
func Example_incorrect() {
	_, err := clientip.New(clientip.Config{TrustedProxies: []string{"0.0.0.0/0"}})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// clientip.trusted_proxies: "0.0.0.0/0" trusts everybody or nearly so: any client could name its own address
	// hint: name the networks that your proxies connect from
}
