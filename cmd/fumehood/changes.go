package main

import (
	"fmt"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
)

// sinkKinds are the kinds of what is watched in the workers.
var sinkKinds = []string{"sql", "template", "command", "file", "pickle", "request"}

// sinks says what of the app is watched from inside, and what somebody's choice has left out.
func (o opening) sinks() string {
	cfg := o.loaded.Config
	if cfg.App.Upstream != "" {
		return "none: the app is not run here"
	}
	var enforced, reported, off []string
	for _, kind := range sinkKinds {
		switch mode := cfg.Sinks.ModeOf(kind); {
		case mode == fumehood.Report:
			reported = append(reported, kind)
		case mode == fumehood.Off:
			off = append(off, kind)
		case len(o.names(kind)) > 0 || len(o.app.about.Sinks) == 0:
			enforced = append(enforced, kind)
		}
	}
	text := "what a request brings stays data in every " + strings.Join(enforced, ", ")
	if len(enforced) == 0 {
		text = "nothing is refused"
	}
	if len(reported) > 0 {
		text += "; only reported: " + strings.Join(reported, ", ")
	}
	if len(off) > 0 {
		text += "; OFF: " + strings.Join(off, ", ")
	}
	for i := range cfg.Routes {
		own := cfg.Routes[i].Merged(cfg).Sinks
		if slices.ContainsFunc(sinkKinds, func(kind string) bool { return own.ModeOf(kind) != cfg.Sinks.ModeOf(kind) }) {
			return text + "; otherwise on some routes"
		}
	}
	return text
}

// names are those of what is watched in the workers of some kinds.
func (o opening) names(kinds ...string) (names []string) {
	for _, kind := range kinds {
		for _, entry := range o.app.about.Sinks {
			if entry[0] == kind && entry[2] == "" {
				names = append(names, entry[1])
			}
		}
	}
	return names
}

// watched says what the sinks do, and names the drivers and template engines: one that is missing
// here is one that nobody watches.
func (o opening) watched() []string {
	lines := config.Wrap(o.sinks(), 87)
	if names := o.names("sql", "template"); len(names) > 0 && o.mode("sinks") == fumehood.Enforce {
		lines = append(lines, config.Wrap("watched so far: "+strings.Join(names, ", "), 87)...)
	}
	return lines
}

// unwatched are the sinks that the app has and nobody watches.
func (o opening) unwatched() (rows []row) {
	for _, entry := range o.app.about.Sinks {
		if entry[2] != "" {
			rows = append(rows, row{entry[0], entry[1] + ": " + entry[2]})
		}
	}
	return rows
}

// changed is what was changed for this app.
func (o opening) changed() (rows []row) {
	for _, text := range o.app.about.Changed {
		rows = append(rows, row{"debugging", text + ": off while Fumehood serves it"})
	}
	cfg := o.loaded.Config
	if cfg.TLS.Mode == "off" || o.mode("cookies") != fumehood.Enforce || cfg.Cookies.DangerouslyKeepNames {
		return rows
	}
	for _, name := range o.site.Sessions.Sessions {
		prefix := "__Host-"
		if slices.Contains(o.site.Sessions.Wide, name) {
			prefix = "__Secure-"
		}
		rows = append(rows, row{"cookies", fmt.Sprintf("browsers know the session cookie %q as %s%s", name, prefix, name)})
	}
	return rows
}

// onlyReported is what might break in an ordinary app and so is not refused yet.
func (o opening) onlyReported() (rows []row) {
	if o.mode("csp") == fumehood.Enforce {
		for _, f := range o.summary().Reported {
			rows = append(rows, row{"csp", fmt.Sprintf("%s:%d %s; see fumehood csp", f.Template, f.Line, f.Reason)})
		}
	}
	if s := o.summary(); o.mode("csp") == fumehood.Enforce && !s.Known {
		rows = append(rows, row{"csp", "scripts and styles: the app's templates are not known"})
	}
	if o.mode("redirects") == fumehood.Report {
		rows = append(rows, row{"redirects", `to a site that the request named; refused with redirects.mode = "enforce"`})
	}
	if o.mode("reflected") == fumehood.Report {
		rows = append(rows, row{"reflected", `made harmless with reflected.mode = "enforce"`})
	}
	return rows
}

// weakened lists what somebody's choice has made weaker than it could be.
func (o opening) weakened() (rows []row) {
	cfg := o.loaded.Config
	add := func(what, how string) { rows = append(rows, row{what, how}) }
	if cfg.TLS.Mode == "off" {
		add("https", "tls.mode = off: whoever is on the way can read along")
		if len(cfg.ClientIP.TrustedProxies) == 0 {
			add("clientip", "a proxy in front? --trusted-proxy 127.0.0.1, else its visitors count as one")
		}
	}
	if o.mode("hosts") == fumehood.Report && cfg.Hosts.Mode == "" {
		add("hosts", "report: no name is known; list yours with --host NAME")
	}
	if cfg.ClientIP.ForwardedHost {
		add("clientip", "the host is what a trusted proxy says in X-Forwarded-Host")
	}
	for _, s := range o.loaded.Settings() {
		if text := weaker(s); text != "" {
			table, _, _ := strings.Cut(s.Key, ".") // "route[0]" for those of a route
			add(table, text)
		}
	}
	return rows
}

// weaker says what a setting has made weaker, "" for most.
func weaker(s config.Setting) string {
	if !s.Changed() {
		return ""
	}
	name := s.Key[strings.LastIndexByte(s.Key, '.')+1:]
	text := fmt.Sprint(s.Value)
	if list, ok := s.Value.([]string); ok {
		text = strings.Join(list, ", ")
	}
	switch {
	case s.IsMode && (text == "off" || text == "report" && s.Default != "off"),
		strings.HasPrefix(name, "dangerously"), strings.HasPrefix(text, "dangerously"),
		name == "skip_fields" && text != "", strings.HasSuffix(name, "_allow") && text != "":
		return fmt.Sprintf("%s = %s (%s)", s.Key, clipped(text, 36), s.Origin)
	case name == "skeletons" && (text == "learn" || text == "report"):
		return fmt.Sprintf("%s = %s: new statements are not refused (%s)", s.Key, text, s.Origin)
	case name == "stream_body":
		return "a body is streamed: a slow upload holds a worker thread"
	}
	return ""
}

// clipped is text where it is not too long for a line.
func clipped(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-3]) + "..."
	}
	return text
}
