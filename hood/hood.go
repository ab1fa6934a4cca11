// Package hood puts everything that `fumehood run` has in front of a Python app around
// any http.Handler of a Go program: https with certificates, strict HTTP, limits, slow
// clients, hosts, one log line for each request.
//
// It stops what the guards under guard/ and the server stop, in the order that
// [Chain] lists; it knows nothing of what the handler does. Use [Serve] for a whole
// program, [Handler] where the listener is the program's own: then what stands below
// net/http (strict HTTP, TLS, header deadlines) is missing, and the program must see to it.
package hood

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// Config is the configuration of `fumehood run`, described in docs/reference/config.md.
// What concerns Python (App.Target, Workers, Static) has no meaning here.
type Config = config.Config

// Default returns the configuration that protects the most without breaking an ordinary
// app. Start from it: a zero Config is an error.
func Default() Config { return config.Default() }

// Serve serves app as cfg says until ctx is done, then lets running requests end. ready,
// when not nil, is called once with the URL as soon as connections are taken. A nil log
// discards.
func Serve(ctx context.Context, cfg Config, log *slog.Logger, app http.Handler, ready func(url string)) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := check(cfg); err != nil {
		return err
	}
	rec, err := record.New(record.Config{Logger: log, Access: cfg.Log.Access})
	if err != nil {
		return err
	}
	srv, err := server.New(ctx, server.Options{Config: cfg, Logger: log, Plain: rec.Handler})
	if err != nil {
		return err
	}
	site := server.Site{Hosts: srv.Served(), Logger: log}
	if err := site.Open(cfg); err != nil {
		srv.Close()
		return err
	}
	defer site.Close()
	handler, err := server.Handler(cfg, site, app)
	if err != nil {
		srv.Close()
		return err
	}
	for _, notice := range srv.Notices() {
		log.Info(notice)
	}
	if ready != nil {
		ready(srv.URL())
	}
	return srv.Serve(ctx, handler)
}

// check refuses a Config that was not made from Default: its limits and deadlines would
// all be zero.
func check(cfg Config) error {
	if cfg.Server.HeaderTimeout <= 0 || cfg.Limits.Head <= 0 {
		return errors.New("hood: the configuration has no deadlines and limits; start from hood.Default()")
	}
	return config.Validate(cfg)
}

// Handler returns app with the guards around it. A store of the rate limits that cfg names
// stays open as long as the program runs.
func Handler(cfg Config, log *slog.Logger, app http.Handler) (http.Handler, error) {
	if err := check(cfg); err != nil {
		return nil, err
	}
	return server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg), Logger: log}, app)
}

// Chain lists the steps in their order: the first sees a request first.
func Chain(cfg Config) ([]string, error) {
	site := server.Site{Hosts: server.ServedBy(cfg)}
	if err := site.Open(cfg); err != nil {
		return nil, err
	}
	defer site.Close()
	steps, err := server.Steps(cfg, site)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Name
	}
	return names, nil
}
