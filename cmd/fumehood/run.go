package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/control"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/server"
	"github.com/fumehood/fumehood/internal/static"
	"github.com/fumehood/fumehood/internal/upstream"
	"github.com/fumehood/fumehood/wsgi"
)

func runRun(e *env, args []string) error {
	began := time.Now()
	loaded, err := e.load(args, config.NeedApp, nil)
	if err != nil {
		return err
	}
	cfg := loaded.Config
	log := newLogger(e, cfg.Log)
	rec, err := record.New(record.Config{Logger: log, Access: cfg.Log.Access})
	if err != nil {
		return err
	}
	srv, err := server.New(e.ctx, server.Options{Config: cfg, Logger: log, Plain: rec.Handler})
	if err != nil {
		return err
	}
	app, err := startApp(e, cfg, srv, log)
	if err != nil {
		srv.Close()
		if e.ctx.Err() != nil {
			return nil // told to stop while the app was imported
		}
		return e.bootFailure(err)
	}
	defer app.close()
	site, data, err1 := siteOf(cfg, app, log)
	site.Hosts = srv.Served()
	if err1 == nil {
		err1 = site.Open(cfg)
	}
	if err1 != nil {
		srv.Close()
		return err1
	}
	defer site.Close()
	handler, err := server.Handler(cfg, site, app.handler)
	if err != nil {
		srv.Close()
		return err
	}
	steps, err := server.Steps(cfg, site)
	if err != nil {
		srv.Close()
		return err
	}
	e.announce(opening{loaded, srv, app, site, steps, time.Since(began)}, log)
	var kept sync.WaitGroup
	ctx, done := context.WithCancel(e.ctx)
	kept.Go(func() { keepReports(ctx, site.Reports, data, log) })
	verbs := map[string]control.Verb{unlockVerb: unlockIn(site.Logins)}
	kept.Go(func() { takeCommands(ctx, data, verbs, log) })
	err = srv.Serve(e.ctx, handler)
	done()
	kept.Wait()
	log.Info("stopped", "cause", stopCause(e.ctx, err))
	return err
}

func stopCause(ctx context.Context, err error) string {
	if err != nil {
		return err.Error()
	}
	if ctx.Err() != nil {
		return "signal"
	}
	return "listener closed"
}

// bootFailure shows the app's own traceback before the error.
func (e *env) bootFailure(err error) error {
	var boot *pool.BootError
	if errors.As(err, &boot) && boot.Traceback != "" {
		fmt.Fprintf(e.stderr, "%s\n", strings.TrimRight(boot.Traceback, "\n"))
	}
	return err
}

// spool is wsgi's word for a setting where 0 means none.
func spool(size fumehood.Size) fumehood.Size {
	if size == 0 {
		return -1
	}
	return size
}

// runningApp is what stands behind the chain.
type runningApp struct {
	handler  http.Handler
	static   func(http.Handler) http.Handler
	prefixes []string // where static files are served
	about    pool.About
	sinks    []byte // the settings that its sinks have since the start
	wsgi     *wsgi.App
	python   string // how the interpreter was found
	workers  int
	close    func()
}

func startApp(e *env, cfg config.Config, srv *server.Server, log *slog.Logger) (*runningApp, error) {
	if cfg.App.Upstream != "" {
		up, err := upstream.New(upstream.Config{URL: cfg.App.Upstream, Logger: log, TimeoutOf: server.Timeouts(cfg)})
		if err != nil {
			return nil, err
		}
		return &runningApp{handler: up, close: func() { up.Close() }}, nil
	}
	python, how, err := pool.Interpreter(cfg.App.Python, cfg.App.Chdir, e.getenv)
	if err != nil {
		return nil, err
	}
	tuneForWorkers(e)
	workers := cfg.Workers.Count
	if workers == 0 {
		workers = max(2, runtime.NumCPU())
	}
	name, port := srv.NameAndPort()
	guarded, err := sinksOf(cfg, log)
	if err != nil {
		return nil, err
	}
	app, err := wsgi.New(wsgi.Config{
		Target: cfg.App.Target, Dir: cfg.App.Chdir, Python: python, Env: e.environ,
		Workers: workers, Threads: cfg.Workers.Threads, Queue: cfg.Workers.Queue,
		QueueTimeout: cfg.Workers.QueueTimeout, BootTimeout: cfg.Workers.BootTimeout,
		DrainTimeout: cfg.Server.GracefulTimeout, Timeout: server.Timeouts(cfg),
		Spool: spool(cfg.Workers.Spool), TempDir: cfg.Body.TempDir,
		Listener: wsgi.Listener{Name: name, Port: port}, Logger: log,
		Sinks: guarded,
	})
	if err != nil {
		return nil, err
	}
	if err := app.Start(e.ctx); err != nil {
		return nil, err
	}
	run := &runningApp{handler: app, about: app.Pool().About(), python: how, workers: workers, sinks: guarded.Settings, wsgi: app}
	stop := func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		app.Close(ctx) // Serve has let every request end that may
	}
	run.close = stop
	if cfg.Static.Mode != "off" {
		files, err := staticFiles(run.about)
		if err != nil {
			stop()
			return nil, err
		}
		run.static, run.prefixes = files.Handler, files.Prefixes()
		run.close = func() { stop(); files.Close() }
	}
	return run, nil
}

// sinksOf is what the workers' sinks are told.
func sinksOf(cfg config.Config, log *slog.Logger) (guarded wsgi.Sinks, err error) {
	if guarded.Settings, err = sinks.Settings(cfg.Sinks); err != nil {
		return guarded, err
	}
	wanted := cfg.Sinks.Skeletons
	for i := range cfg.Routes {
		if mode := cfg.Routes[i].Merged(cfg).Sinks.Skeletons; mode != "off" {
			wanted = mode
		}
	}
	if wanted == "off" {
		return guarded, nil
	}
	data, err := openData(cfg)
	if err != nil {
		return guarded, fmt.Errorf("sinks.skeletons: %w", err)
	}
	known, err := openSkeletons(data, log)
	if err != nil {
		return guarded, fmt.Errorf("sinks.skeletons: %w", err)
	}
	guarded.Skeletons, guarded.Learned = known.lists(), known.learned
	return guarded, nil
}

func staticFiles(about pool.About) (*static.Files, error) {
	var mounts []static.Mount
	for _, m := range about.Static {
		mounts = append(mounts, static.Mount{Prefix: m[0], Folder: m[1], MaxAge: m[2]})
	}
	return static.New(mounts)
}

// tuneForWorkers makes the front a light neighbour for the app's processes, unless the
// environment says otherwise. It runs on half the cores at most: the app needs them more,
// and on a small machine the front's own threads would push the workers off theirs
// (docs/decisions/0002). Its heap is small, so collecting it a little less often costs little
// memory and saves 2 % of the machine.
func tuneForWorkers(e *env) {
	if e.getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.NumCPU()/2))
	}
	if e.getenv("GOGC") == "" {
		debug.SetGCPercent(150)
	}
}
