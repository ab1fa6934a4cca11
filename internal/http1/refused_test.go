package http1_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/strict"
)

// TestRefusedWhileSending: a client that sends much behind a malformed head can read why it
// was refused.
func TestRefusedWhileSending(t *testing.T) {
	t.Parallel()
	h := strict.Handler(http.HandlerFunc(path))
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{ID: fumehood.NewRequestID()}
		h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	}))
	for kind, connect := range dial {
		for _, size := range []int{10, http1.MostUnread + 1, 2 << 20} {
			nc := connect()
			var sending sync.WaitGroup
			sending.Go(func() {
				_, err := io.WriteString(nc, getA+"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"+strings.Repeat("x", size))
				if err != nil { // some systems throw away what has come when a reset comes
					t.Errorf("%s, %d bytes: %v", kind, size, err)
				}
			})
			sending.Wait()
			in := bufio.NewReader(nc)
			if got := answerOf(t, in); got != "/a" {
				t.Errorf("%s, %d bytes: %q", kind, size, got)
			}
			if got := answerOf(t, in); !strings.Contains(got, "http.bad-length") {
				t.Errorf("%s, %d bytes: %q", kind, size, got)
			}
			if _, err := in.Peek(1); err != io.EOF {
				t.Errorf("%s, %d bytes: then %v", kind, size, err)
			}
			nc.Close()
		}
	}
}
