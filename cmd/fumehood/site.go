package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/server"
	"github.com/fumehood/fumehood/internal/templates"
	"github.com/fumehood/fumehood/internal/urlmap"
)

// The files in an app's data folder.
const (
	keyFile     = "csrf.key"
	reportsFile = "csp-reports.json"
	sinceFile   = "cookies-since"
)

// openData opens the app's data folder.
func openData(cfg config.Config) (*appdata.Dir, error) {
	base, err := appdata.Base(cfg.TLS.Storage)
	if err != nil {
		return nil, err
	}
	if cfg.App.Upstream != "" {
		return appdata.Open(base, cfg.App.Upstream)
	}
	folder, err := filepath.Abs(cfg.App.Chdir)
	if err != nil {
		return nil, err
	}
	return appdata.Open(base, folder, cfg.App.Target)
}

// siteOf gathers what the chain needs to know of the app, and what is remembered of it.
// Without a folder to remember in, tokens last for this run, and that is logged.
func siteOf(cfg config.Config, app *runningApp, log *slog.Logger) (site server.Site, data *appdata.Dir, err error) {
	site = server.Site{
		Static: app.static, Prefixes: app.prefixes, Logger: log,
		Reports: csp.NewReports(), Sessions: sessionsOf(app.about), Roots: app.about.Roots, Sinks: app.sinks,
	}
	if app.wsgi != nil {
		site.Watches = app.wsgi.Watches
	}
	if site.Templates, err = readTemplates(app.about, cfg.App.Templates); err != nil {
		return site, nil, err
	}
	if site.URLs, err = urlmap.New(app.about.URLs); err != nil {
		return site, nil, fmt.Errorf("the app's URL map: %w", err)
	}
	if data, err = openData(cfg); err != nil {
		log.Warn("nothing can be remembered of this app: tokens in open pages end with this run", "cause", err)
		return site, nil, nil
	}
	if site.Key, err = data.Key(keyFile); err != nil {
		return site, nil, err
	}
	if site.Sessions.Since, err = data.Since(sinceFile, time.Now()); err != nil {
		return site, nil, err
	}
	groups, err := csp.ReadReports(data.Path(reportsFile))
	if err != nil {
		return site, nil, err
	}
	site.Reports.Restore(groups)
	return site, data, nil
}

// sessionsOf are the session cookies that the app itself tells of.
func sessionsOf(about pool.About) cookies.App {
	var app cookies.App
	for _, cookie := range about.Sessions {
		app.Sessions = append(app.Sessions, cookie[0])
		if cookie[1] != "" {
			app.Wide = append(app.Wide, cookie[0])
		}
	}
	return app
}

// readTemplates reads the app's templates, those in the folders that are given too; nil
// when nobody says where they are.
func readTemplates(about pool.About, given []string) (*csp.Templates, error) {
	if about.Templates == nil && len(given) == 0 {
		return nil, nil
	}
	for _, folder := range given {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return nil, hint.With(fmt.Errorf("app.templates: %s is not a folder", folder), "name the folder that has the app's templates")
		}
	}
	folders := templates.Folders{Options: templates.Options{TrimBlocks: about.Trim[0], LstripBlocks: about.Trim[1]}}
	for _, folder := range about.Templates {
		// Names with a prefix stay unknown, as do templates that are no files: the pages
		// made from them are only reported.
		if folder[0] == "" && folder[1] != "" {
			folders.Templates = append(folders.Templates, folder[1])
		}
	}
	folders.Templates = append(folders.Templates, given...)
	for _, mount := range about.Static {
		folders.Static = append(folders.Static, mount[1])
	}
	set, err := templates.Read(folders)
	if err != nil {
		return nil, fmt.Errorf("read the app's templates: %w", err)
	}
	return set, nil
}

// saveEvery is how old the reports on disk may be.
const saveEvery = 5 * time.Second

// keepReports writes the reports to the data folder until ctx is done, so that
// `fumehood csp` sees them.
func keepReports(ctx context.Context, reports *csp.Reports, data *appdata.Dir, log *slog.Logger) {
	if data == nil {
		return
	}
	saved := total(reports)
	save := func() {
		now := total(reports)
		if now == saved {
			return
		}
		saved = now
		if err := reports.WriteFile(data.Path(reportsFile)); err != nil {
			log.Warn("reports of browsers are not kept", "cause", err)
		}
	}
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			save()
		case <-ctx.Done():
			save()
			return
		}
	}
}

func total(reports *csp.Reports) (n int) {
	for _, g := range reports.Snapshot() {
		n += g.Count
	}
	return n
}
