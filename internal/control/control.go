// Package control lets a command talk to the servers of an app that are running on this
// machine: each has a socket in the app's data folder and takes verbs there, as JSON over
// HTTP.
//
// It stops other users from commanding a server: the folder and the socket are its owner's
// only, and a peer that is neither that user nor root is not answered. It does not protect
// from that user and root, who can do as they like with the process anyway.
//
// A server that was killed leaves its socket behind. Commands pass it over, and the next
// server takes it away.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	prefix   = "control-" // of a socket's name
	mostSaid = 1 << 20    // in one request or answer (bytes)
	patience = 10 * time.Second
)

// ErrNotRunning says that no server has a socket in the folder.
var ErrNotRunning = errors.New("no server is running")

// Verb carries out one command. in is what the command says, as JSON; what is returned is
// sent back as JSON. An error is shown to whoever gave the command.
type Verb func(ctx context.Context, in json.RawMessage) (out any, err error)

// Serve takes verbs on l, by name, until ctx is done; then it closes l.
func Serve(ctx context.Context, l net.Listener, verbs map[string]Verb, log *slog.Logger) error {
	mux := http.NewServeMux()
	for name, verb := range verbs {
		mux.Handle("POST /"+name, answer(verb))
	}
	srv := &http.Server{
		Handler: mux, ReadTimeout: patience, WriteTimeout: patience, MaxHeaderBytes: 8 << 10,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// failure is the answer of a verb that could not be carried out.
type failure struct {
	Error string `json:"error"`
}

func answer(verb Verb) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostSaid))
		var out any
		if err == nil {
			out, err = verb(r.Context(), in)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			out = failure{err.Error()}
		}
		json.NewEncoder(w).Encode(out)
	})
}

// Call has every server that has a socket in dir carry out a verb, and returns what each
// says, as T: an app may have several, such as the old and the new one in the middle of a
// restart. One that fails does not keep it from the others; its error comes with what they
// say. It returns ErrNotRunning for none.
func Call[T any](ctx context.Context, dir, verb string, in any) ([]T, error) {
	said, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var all []T
	var failed []error
	for _, name := range sockets(dir) {
		body, err := call(ctx, dir, name, verb, said)
		if isDead(err) {
			continue
		}
		var out T
		if err == nil && json.Unmarshal(body, &out) != nil {
			err = errors.New("the server's answer is not what was expected: it is of another version")
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		all = append(all, out)
	}
	if len(all)+len(failed) == 0 {
		return nil, ErrNotRunning
	}
	return all, errors.Join(failed...)
}

// call asks one server.
func call(ctx context.Context, dir, name, verb string, in []byte) ([]byte, error) {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, dir, name) },
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/"+verb, bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the server to %s: %w", verb, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostSaid))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask the server to %s: %w", verb, err)
	case res.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("the server does not know %q: it is of another version", verb)
	case res.StatusCode == http.StatusUnprocessableEntity:
		var no failure
		if err := json.Unmarshal(body, &no); err != nil {
			return nil, fmt.Errorf("the server's answer: %w", err)
		}
		return nil, errors.New(no.Error)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the server answered %s", res.Status)
	}
	return body, nil
}

// sockets returns the names of the sockets in dir.
func sockets(dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // no folder, no server
	}
	for _, e := range entries {
		if e.Type() == os.ModeSocket && strings.HasPrefix(e.Name(), prefix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

// Running says whether a server takes commands in dir.
func Running(ctx context.Context, dir string) bool {
	for _, name := range sockets(dir) {
		if conn, err := dial(ctx, dir, name); err == nil {
			conn.Close()
			return true
		}
	}
	return false
}
