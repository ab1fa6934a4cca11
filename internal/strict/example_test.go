package strict_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/fumehood/fumehood/internal/strict"
)

// strictListener wraps what it accepts; over TLS the handshake must be complete by then.
type strictListener struct {
	net.Listener
	lim strict.Limits
}

func (l strictListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return strict.Wrap(c, l.lim), nil
}

func Example() {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	srv := &http.Server{
		Handler:                      strict.Handler(app), // with the access record outside it
		ConnContext:                  strict.ConnContext,
		ConnState:                    strict.ConnState,
		DisableGeneralOptionsHandler: true, // else net/http answers "OPTIONS *" beside the chain
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go srv.Serve(strictListener{ln, strict.Limits{RequestLine: 4096}})
	defer srv.Close()

	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(res.Body)
	fmt.Printf("%s\n%s", res.Status, body)
	// Output:
	// 400 Bad Request
	// {"type":"about:blank","title":"The request says in two ways how long it is.","status":400,"code":"http.length-and-chunked"}
}
