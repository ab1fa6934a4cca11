// Package testapp starts real Python apps for tests. It stops no attack; a missing
// interpreter fails the test that needs it, never skips it.
package testapp

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/wsgi"
)

// Root is the repository's folder.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("cannot tell where the repository is")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// Python returns the interpreter that has Flask: $FUMEHOOD_TEST_PYTHON, or the one that
// make sets up.
func Python(t testing.TB) string {
	t.Helper()
	if python := os.Getenv("FUMEHOOD_TEST_PYTHON"); python != "" {
		return python
	}
	python := filepath.Join(Root(t), ".cache", "py", "test", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("no interpreter with Flask at %s; make one with: make setup", python)
	}
	return python
}

// Log collects what is logged during a test.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Logger writes to l.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Eventually waits until ok returns true, and fails the test when it does not in time.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// App is a started app behind a real HTTP server on loopback.
type App struct {
	*wsgi.App
	Server *httptest.Server
	Log    *Log
}

// Start starts cfg.Target of folder dir (relative to the caller's package) with two
// workers unless cfg says otherwise, and stops it when the test ends.
func Start(t testing.TB, dir string, cfg wsgi.Config) *App {
	t.Helper()
	log := &Log{}
	cfg.Logger = log.Logger()
	cfg.Dir = dir
	if cfg.Python == "" {
		cfg.Python = Python(t)
	}
	cfg.Workers = max(cfg.Workers, 1)
	if cfg.Threads == 0 {
		cfg.Threads = 8
	}
	if cfg.Queue == 0 {
		cfg.Queue = 64
	}
	app, err := wsgi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	if err := app.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		app.Close(ctx)
	})
	return &App{App: app, Server: server, Log: log}
}
