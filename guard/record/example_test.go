package record_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/fumehood/fumehood/guard/record"
)

// Each request becomes one line.
func Example() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case "msg", "method", "path", "query_bytes", "status", "bytes":
				return a
			}
			return slog.Attr{} // what differs from run to run
		},
	}))
	guard, err := record.New(record.Config{Logger: logger, Access: true})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/reset?token=s3cret", nil))
	// Output: msg=request method=GET path=/reset query_bytes=12 status=200 bytes=5
}

// A Guard that New did not make answers everything with 500.
func Example_incorrect() {
	var guard *record.Guard
	w := httptest.NewRecorder()
	guard.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code)
	// Output: 500
}
