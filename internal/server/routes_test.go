package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
)

// TestRouteIsFoundHoweverItsPathIsWritten: an app decodes the path, and Flask takes
// "//logout" for "/logout"; what a route forbids must not be allowed there.
func TestRouteIsFoundHoweverItsPathIsWritten(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.Limits.Body = 10
		c.Injection.Mode = fumehood.Off
		c.Paths.Mode = fumehood.Off // they refuse half of what follows before a route is looked for
		for _, match := range []string{"/account/logout", "localhost/only", "/admin/", "/files/{name...}"} {
			c.Routes = append(c.Routes, config.Route{Match: match, MaxBody: 100})
		}
	}, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	for target, want := range map[string]int{
		"/account/logout": 200, "/account%2Flogout": 200, "/account%2flogout": 200, "//account/logout": 200,
		"/account//logout": 200, "/account/./logout": 200, "/x/../account/logout": 200, "/x%2F..%2Faccount/logout": 200,
		"/%61ccount/logout": 200, "/account/logout?a=%2F": 200,
		"/admin/": 200, "/admin": 200, "/admin%2Fx": 200, "/files/a%2Fb": 200, "/files//a": 200, "/only": 200,
		"/account/logout/": 200, "/account/logout/x": 413, "/account": 413, "/files/../other": 413, "/admin/../": 413, "/Account/logout": 413, "/": 413,
	} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: LOCALHOST\r\nContent-Length: 50\r\nConnection: close\r\n\r\n%s", target, strings.Repeat("x", 50))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s, want %d", target, res.Status, want)
		}
	}
}
