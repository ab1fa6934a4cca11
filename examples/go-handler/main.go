// Command go-handler is a Go program that stands under Fumehood's hood: the same chain
// that `fumehood run` puts in front of a Flask app, around its own http.Handler.
//
//	go run ./examples/go-handler            serves https://localhost:8443
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/hood"
)

func main() {
	bind := flag.String("bind", "localhost:8443", "address to serve")
	storage := flag.String("tls-storage", "", "folder of the local certificate authority")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	cfg := hood.Default()
	cfg.Server.Bind = *bind
	cfg.TLS.Storage = *storage

	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	err := hood.Serve(ctx, cfg, log, newApp(), func(url string) { fmt.Println(url) })
	if err != nil {
		log.Error("cannot serve", "cause", err)
		os.Exit(1)
	}
}

// newApp is an ordinary handler; it can ask for what the edge knows of a request.
func newApp() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %v, this is request %s over %s\n",
			fumehood.ClientIP(r), fumehood.RequestID(r), fumehood.Scheme(r))
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		io.Copy(w, r.Body) // whole already, and not longer than limits.body
	})
	return mux
}
