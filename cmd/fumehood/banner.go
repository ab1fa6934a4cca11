package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// opening is what is said at the start of a run.
type opening struct {
	loaded *config.Loaded
	srv    *server.Server
	app    *runningApp
	site   server.Site
	steps  []server.Step
	took   time.Duration
}

// row is one line of a table: a word and what is said of it.
type row [2]string

// announce says what is served, what protects it, and what was changed for the app.
func (e *env) announce(o opening, log *slog.Logger) {
	cfg := o.loaded.Config
	if cfg.Log.Format == "json" || cfg.Log.Format == "auto" && !e.tty {
		o.logged(log)
		return
	}
	var b strings.Builder
	section := func(color, name string, rows []row) {
		for i, r := range rows {
			if i > 0 {
				name = ""
			}
			pad := strings.Repeat(" ", max(0, 8-len(name)))
			fmt.Fprintf(&b, "  %s%s  %s\n", e.paint(color, name), pad, strings.TrimRight(fmt.Sprintf("%-10s %s", r[0], r[1]), " "))
		}
	}
	fmt.Fprintf(&b, "%s   %s\n\n", e.paint(bold, "fumehood "+version()), describeApp(cfg, o.app))
	fmt.Fprintf(&b, "  %s      %s      ready in %.1f s\n\n", e.paint(bold, o.srv.URL()), describeWorkers(cfg, o.app), o.took.Seconds())
	fmt.Fprintf(&b, "  %s\n", e.paint(bold, "protecting"))
	for _, r := range o.protections() {
		fmt.Fprintf(&b, "  %-10s %s\n", r[0], r[1])
	}
	fmt.Fprintln(&b)
	section(bold, "changed", o.changed())
	section(yellow, "reported", o.onlyReported())
	section(yellow, "weaker", o.weakened())
	if len(o.weakened()) == 0 {
		section(bold, "off", []row{{"nothing"}})
	}
	section(yellow, "unseen", o.unwatched())
	for _, notice := range o.srv.Notices() {
		section(yellow, "note", []row{{notice}})
	}
	if len(o.srv.Notices()) > 0 && o.srv.RootFile() != "" {
		section(bold, "next", []row{{"fumehood config chain     what a request passes on its way to the app"}})
	}
	fmt.Fprintln(e.stderr, b.String())
}

// logged is the same for programs.
func (o opening) logged(log *slog.Logger) {
	cfg := o.loaded.Config
	var names []string
	for _, s := range o.steps {
		names = append(names, s.Name)
	}
	log.Info("ready", "url", o.srv.URL(), "target", cfg.App.Target, "upstream", cfg.App.Upstream,
		"workers", o.app.workers, "threads", cfg.Workers.Threads, "python", o.app.about.Python,
		"framework", strings.TrimSpace(o.app.about.Framework+" "+o.app.about.Version),
		"protecting", names, "took_ms", o.took.Milliseconds())
	for _, notice := range o.srv.Notices() {
		log.Info("notice", "text", notice)
	}
	for _, r := range o.changed() {
		log.Info("changed", "what", r[0], "how", r[1])
	}
	for _, r := range o.onlyReported() {
		log.Warn("only reported", "what", r[0], "how", r[1])
	}
	for _, r := range o.weakened() {
		log.Warn("weakened", "what", r[0], "how", r[1])
	}
	if names := o.names(sinkKinds...); len(names) > 0 && o.mode("sinks") != fumehood.Off {
		log.Info("watched", "sinks", o.sinks(), "names", names)
	}
	for _, r := range o.unwatched() {
		log.Warn("not watched", "what", r[0], "why", r[1])
	}
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
func (o opening) protections() []row {
	cfg := o.loaded.Config
	https := "TLS 1.2+, http redirected"
	if cfg.TLS.Mode == "off" {
		https = "not here: plain http, for this machine and trusted proxies only"
		if cfg.TLS.DangerouslyServePlainHTTP {
			https = "NO: plain http for everybody"
		}
	}
	rows := []row{
		{"https", https},
		{"http", fmt.Sprintf("malformed requests refused; %v a line, %d fields, %v a head", cfg.Limits.RequestLine, cfg.Limits.Fields, cfg.Limits.Head)},
		{"slow", fmt.Sprintf("head within %v, body at %d B/s, %v of silence", cfg.Server.HeaderTimeout, cfg.Body.MinRate, cfg.Body.Idle)},
		{"limits", fmt.Sprintf("body %v", cfg.Limits.Body)},
		{"hosts", o.hosts()},
		{"headers", "nosniff, frames, referrer, permissions, COOP, CORP; HSTS on public names"},
		{"csp", o.csp()},
		{"csrf", "Sec-Fetch-Site, Origin, Referer; a token for browsers that send none"},
		{"cookies", o.cookies()},
		{"cors", o.cors()},
		{"isolation", "other sites load whole pages, and nothing else"},
		{"caching", "what is for one visitor is in no cache"},
		{"paths", "one canonical path; dot files, source, keys and backups are never sent"},
		{"ratelimit", o.ratelimit()},
		{"injection", o.injection()},
		{"login", fmt.Sprintf("%d failed logins from one place, then a growing wait; fumehood unlock", cfg.Login.Attempts)},
		{"upload", o.upload()},
		{"validate", o.validate()},
		{"reflected", "what a request brings does not run as script in the page it gets"},
		{"errors", "no tracebacks, debuggers or database errors"},
		{"sinks", ""},
	}
	for i, line := range o.watched() {
		if i == 0 {
			rows[len(rows)-1][1] = line
		} else {
			rows = append(rows, row{"", line})
		}
	}
	for i, r := range rows {
		if mode := o.mode(r[0]); r[0] != "sinks" && (mode == fumehood.Off || mode == fumehood.Report && r[0] != "hosts") {
			rows[i][1] = map[fumehood.Mode]string{fumehood.Off: "OFF", fumehood.Report: "only reported"}[mode]
		}
	}
	proxies := "no proxy is trusted: forwarding headers are removed"
	if len(cfg.ClientIP.TrustedProxies) > 0 {
		proxies = "trusted proxies: " + strings.Join(cfg.ClientIP.TrustedProxies, ", ")
	}
	rows = append(rows, row{"clientip", proxies})
	if cfg.App.Upstream == "" {
		rows = append(rows, row{"workers", fmt.Sprintf("%s a request, then 504; a queue of %d, then 503", short(cfg.Workers.Timeout), cfg.Workers.Queue)})
	}
	if len(o.app.prefixes) > 0 {
		rows = append(rows, row{"static", strings.Join(o.app.prefixes, ", ") + " without a worker, never out of the folder"})
	}
	return rows
}

// short is d without the seconds that are none: "1m".
func short(d time.Duration) string {
	if text := d.String(); strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return d.String()
}

// mode is that of a step; enforce where there is no such step.
func (o opening) mode(step string) fumehood.Mode {
	for _, s := range o.steps {
		if s.Name == step {
			return s.Mode
		}
	}
	return fumehood.Enforce
}

// injection says who judges the values of requests.
func (o opening) injection() string {
	if o.loaded.Config.Injection.Engine == "crs" {
		return fmt.Sprintf("the OWASP Core Rule Set, paranoia level %d", o.loaded.Config.CRS.Paranoia)
	}
	return "scripts, SQL, commands, templates and paths in values, judged by their structure"
}

func (o opening) hosts() string {
	served := o.srv.Served()
	names := append(append(append([]string(nil), served.Names...), o.loaded.Config.Hosts.Allow...), served.Local...)
	text := strings.Join(names, ", ")
	switch o.mode("hosts") {
	case fumehood.Report:
		text += "; other names are reported only: list yours with --host NAME"
	case fumehood.Off:
		text += " (OFF: every name is served)"
	}
	return text
}

func (o opening) cookies() string {
	cfg := o.loaded.Config
	if cfg.TLS.Mode == "off" && len(cfg.ClientIP.TrustedProxies) == 0 {
		return "HttpOnly, SameSite=Lax; not Secure over plain http"
	}
	return "Secure, HttpOnly, SameSite=Lax; sessions under names that cannot be planted"
}

func (o opening) ratelimit() string {
	cfg := o.loaded.Config.RateLimit
	text := cfg.Rate + " for each client, then 429"
	if len(cfg.Except) > 0 {
		text += "; not counted: " + strings.Join(cfg.Except, ", ")
	}
	return text
}

func (o opening) upload() string {
	cfg := o.loaded.Config.Upload
	types := strings.Join(cfg.Types, ", ")
	if types == "" {
		types = "pictures, pdf, txt, csv"
	}
	return fmt.Sprintf("%s, as their content says, up to %v; under %s names", types, cfg.Max, cfg.Names)
}

func (o opening) validate() string {
	text := "caps on queries, forms and JSON"
	if n := o.site.URLs.Len(); n > 0 {
		text += "; " + plural(n, "route") + " of the app known"
	}
	return text
}

func (o opening) summary() csp.Summary {
	guard, err := csp.New(o.loaded.Config.CSP, csp.Site{Templates: o.site.Templates})
	if err != nil { // the chain has been made from the same
		return csp.Summary{}
	}
	return guard.Summary()
}

func (o opening) csp() string {
	s := o.summary()
	if !s.Known {
		return "scripts and styles only reported: the app's templates are not known"
	}
	text := fmt.Sprintf("%s and %s by hash", plural(s.Scripts, "inline script"), plural(s.Styles, "style"))
	if s.Matched > 0 {
		text += fmt.Sprintf("; %s compared with each page", plural(s.Matched, "script with data"))
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	first, rest, ok := strings.Cut(what, " with ")
	if ok {
		return fmt.Sprintf("%d %ss with %s", n, first, rest)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (o opening) cors() string {
	cfg := o.loaded.Config.CORS
	switch {
	case cfg.DangerouslyAllowAnyOrigin:
		return "EVERY site may read answers"
	case cfg.DangerouslyTrustApp:
		return "as the app says"
	case len(cfg.Origins) > 0:
		return "other sites that may read answers: " + strings.Join(cfg.Origins, ", ")
	}
	return "no other site reads an answer"
}
