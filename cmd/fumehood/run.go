package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/internal/config"
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
	steps, err2 := server.Steps(cfg, site)
	handler, err3 := server.Handler(cfg, site, app.handler)
	if err := errors.Join(err1, err2, err3); err != nil {
		srv.Close()
		return err
	}
	e.announce(cfg, srv, app, steps, log, time.Since(began))
	var kept sync.WaitGroup
	ctx, done := context.WithCancel(e.ctx)
	kept.Go(func() { keepReports(ctx, site.Reports, data, log) })
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

// runningApp is what stands behind the chain.
type runningApp struct {
	handler  http.Handler
	static   func(http.Handler) http.Handler
	prefixes []string // where static files are served
	about    pool.About
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
	app, err := wsgi.New(wsgi.Config{
		Target: cfg.App.Target, Dir: cfg.App.Chdir, Python: python, Env: e.environ,
		Workers: workers, Threads: cfg.Workers.Threads, Queue: cfg.Workers.Queue,
		QueueTimeout: cfg.Workers.QueueTimeout, BootTimeout: cfg.Workers.BootTimeout,
		DrainTimeout: cfg.Server.GracefulTimeout, Timeout: server.Timeouts(cfg),
		Listener: wsgi.Listener{Name: name, Port: port}, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	if err := app.Start(e.ctx); err != nil {
		return nil, err
	}
	run := &runningApp{handler: app, about: app.Pool().About(), python: how, workers: workers}
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
// (docs/decisions/0002). Its heap is a few megabytes, so collecting it less often costs
// little memory and saves 2 % of the machine.
func tuneForWorkers(e *env) {
	if e.getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.NumCPU()/2))
	}
	if e.getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// announce says what is served and what protects it.
func (e *env) announce(cfg config.Config, srv *server.Server, app *runningApp, steps []server.Step, log *slog.Logger, took time.Duration) {
	if cfg.Log.Format == "json" || cfg.Log.Format == "auto" && !e.tty {
		var names []string
		for _, s := range steps {
			names = append(names, s.Name)
		}
		log.Info("ready", "url", srv.URL(), "target", cfg.App.Target, "upstream", cfg.App.Upstream,
			"workers", app.workers, "threads", cfg.Workers.Threads, "python", app.about.Python,
			"framework", strings.TrimSpace(app.about.Framework+" "+app.about.Version),
			"protecting", names, "took_ms", took.Milliseconds())
		for _, notice := range srv.Notices() {
			log.Info("notice", "text", notice)
		}
		for _, weak := range weakened(cfg, steps) {
			log.Warn("weakened", "what", weak[0], "how", weak[1])
		}
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s   %s\n\n", e.paint(bold, "fumehood "+version()), describeApp(cfg, app))
	fmt.Fprintf(&b, "  %s      %s      ready in %.1f s\n\n", e.paint(bold, srv.URL()), describeWorkers(cfg, app), took.Seconds())
	fmt.Fprintf(&b, "  %s\n", e.paint(bold, "protecting"))
	for _, row := range protections(cfg, srv, app, steps) {
		fmt.Fprintf(&b, "  %-10s %s\n", row[0], row[1])
	}
	fmt.Fprintln(&b)
	weak := weakened(cfg, steps)
	if len(weak) == 0 {
		fmt.Fprintf(&b, "  %s        nothing\n", e.paint(bold, "off"))
	}
	for _, w := range weak {
		fmt.Fprintf(&b, "  %s   %-10s %s\n", e.paint(yellow, "weaker"), w[0], w[1])
	}
	for _, notice := range srv.Notices() {
		fmt.Fprintf(&b, "  %s       %s\n", e.paint(yellow, "note"), notice)
	}
	if len(srv.Notices()) > 0 && srv.RootFile() != "" {
		fmt.Fprintf(&b, "  %s       fumehood config chain     what a request passes on its way to the app\n", e.paint(bold, "next"))
	}
	fmt.Fprintln(e.stderr, b.String())
}

func describeApp(cfg config.Config, app *runningApp) string {
	if cfg.App.Upstream != "" {
		return "in front of " + cfg.App.Upstream
	}
	folder := cfg.App.Chdir
	if abs, err := filepath.Abs(folder); err == nil {
		folder = filepath.Base(abs)
	}
	text := fmt.Sprintf("%s (%s)   Python %s", folder, cfg.App.Target, app.about.Python)
	if app.about.Framework != "" {
		text += ", " + strings.TrimSpace(app.about.Framework+" "+app.about.Version)
	}
	return text + "   " + app.python
}

func describeWorkers(cfg config.Config, app *runningApp) string {
	if cfg.App.Upstream != "" {
		return "no workers"
	}
	return fmt.Sprintf("%d workers, up to %d threads each", app.workers, cfg.Workers.Threads)
}

// protections are the rows of the table at the start: what is on, and what is off by
// somebody's choice.
func protections(cfg config.Config, srv *server.Server, app *runningApp, steps []server.Step) [][2]string {
	https := "TLS 1.2+, http redirected"
	if cfg.TLS.Mode == "off" {
		https = "not here: plain http, for this machine and trusted proxies only"
		if cfg.TLS.DangerouslyServePlainHTTP {
			https = "NO: plain http for everybody"
		}
	}
	rows := [][2]string{
		{"https", https},
		{"http", fmt.Sprintf("malformed requests refused; %v a line, %d fields, %v a head", cfg.Limits.RequestLine, cfg.Limits.Fields, cfg.Limits.Head)},
		{"slow", fmt.Sprintf("head within %v, body at %d B/s, %v of silence", cfg.Server.HeaderTimeout, cfg.Body.MinRate, cfg.Body.Idle)},
		{"limits", fmt.Sprintf("body %v", cfg.Limits.Body)},
	}
	for _, s := range steps {
		if s.Name == "hosts" {
			served := srv.Served()
			names := append(append(append([]string(nil), served.Names...), cfg.Hosts.Allow...), served.Local...)
			rows = append(rows, [2]string{"hosts", strings.Join(names, ", ") + reported(string(s.Mode))})
		}
	}
	proxies := "no proxy is trusted: forwarding headers are removed"
	if len(cfg.ClientIP.TrustedProxies) > 0 {
		proxies = "trusted proxies: " + strings.Join(cfg.ClientIP.TrustedProxies, ", ")
	}
	rows = append(rows, [2]string{"clientip", proxies})
	if cfg.App.Upstream == "" {
		rows = append(rows, [2]string{"workers", fmt.Sprintf("%v a request, then 504; a queue of %d, then 503", cfg.Workers.Timeout, cfg.Workers.Queue)})
	}
	if len(app.prefixes) > 0 {
		rows = append(rows, [2]string{"static", strings.Join(app.prefixes, ", ") + " without a worker, never out of the folder"})
	}
	return rows
}

// weakened lists what somebody's choice has made weaker than it could be.
func weakened(cfg config.Config, steps []server.Step) (list [][2]string) {
	add := func(what, how string) { list = append(list, [2]string{what, how}) }
	if cfg.TLS.Mode == "off" {
		add("https", "tls.mode = off: whoever is on the way can read along")
	}
	if cfg.TLS.DangerouslyServePlainHTTP {
		add("https", "dangerously_serve_plain_http: passwords and sessions travel in the clear")
	}
	for _, s := range steps {
		if s.Mode != fumehood.Enforce {
			add(s.Name, string(s.Mode)+strings.TrimPrefix(reported(string(s.Mode)), ";"))
		}
	}
	if cfg.ClientIP.ForwardedHost {
		add("clientip", "the host is what a trusted proxy says in X-Forwarded-Host")
	}
	for _, r := range cfg.Routes {
		if r.StreamBody {
			add("body", r.Match+" is streamed: a slow upload holds a worker thread")
		}
	}
	return list
}

func reported(mode string) string {
	switch mode {
	case "report":
		return "; other names are reported only: list yours with --host NAME"
	case "off":
		return " (OFF: every name is served)"
	}
	return ""
}
