// Command routers shows the guards around a Go program, with the router that it uses:
//
//	go run . -router chi                    all guards
//	go run . -router gin -guard redirects   one of them
//	go run . -router echo -guard none       what an attacker would like
//
// Each guard is one line: guard.Handler is an ordinary middleware, func(http.Handler)
// http.Handler. For a server with TLS, HTTP/2 and the strict parser too, see
// examples/go-handler.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	name := flag.String("router", "mux", "mux, chi, gin or echo")
	only := flag.String("guard", "", "one guard by name, or none; all of them when empty")
	bind := flag.String("bind", "localhost:8080", "address to serve")
	flag.Parse()
	if err := serve(*name, *only, *bind); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func serve(name, only, bind string) error {
	host, _, err := net.SplitHostPort(bind)
	if err != nil {
		return err
	}
	all, err := guards(options{
		templates: "templates", hosts: []string{host}, log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	var chosen []wrapper
	for _, guard := range all {
		if only == "" || only == guard.name {
			chosen = append(chosen, guard.wrap)
		}
	}
	if len(chosen) == 0 && only != "none" {
		return fmt.Errorf("there is no guard %q", only)
	}
	for _, router := range routers() {
		if router.name == name {
			server := &http.Server{
				Addr: bind, Handler: router.make(newApp(), chosen...),
				ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
			}
			fmt.Printf("http://%s with %s and %d guards\n", bind, name, len(chosen))
			return server.ListenAndServe()
		}
	}
	return fmt.Errorf("there is no router %q", name)
}
