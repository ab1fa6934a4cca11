package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/caching"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/guard/csrf"
	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/guard/isolation"
	"github.com/fumehood/fumehood/guard/limits"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/internal/config"
)

// Step is one link of the chain: a guard, or a step of the server's own.
type Step struct {
	Name  string // as in the configuration and in the package's name
	About string // what it is there for, in one line
	Mode  fumehood.Mode

	wrap    func(http.Handler) http.Handler
	general bool // the same for every route: it comes before the route is looked for
}

// Site is what the chain needs to know of where it stands.
type Site struct {
	Hosts  hosts.Served                    // the names of this server
	Static func(http.Handler) http.Handler // serves the app's static files, or nil
	Logger *slog.Logger

	Prefixes  []string       // where Static serves: "/static/"
	Sessions  cookies.App    // the app's own session cookies
	Templates *csp.Templates // the app's templates, nil when they are not known
	Reports   *csp.Reports   // where browsers' reports go
	Key       []byte         // for CSRF tokens, 32 bytes; nil: one that lasts for this run
	Roots     []string       // folders whose paths no answer may show
}

// sessions are the names of the session cookies as the app knows them.
func (s Site) sessions(cfg config.Config) []string {
	names := slices.Concat(s.Sessions.Sessions, cfg.Cookies.Session, cfg.Cookies.Wide)
	if len(names) == 0 {
		names = []string{"session"}
	}
	return names
}

// Steps returns the chain of the general settings: the first step sees the request first.
// A route has the same steps with its own settings.
func Steps(cfg config.Config, site Site) ([]Step, error) {
	return steps(cfg, site, false)
}

// steps is the one place that says which guard comes where. stream says that the app gets
// bodies as they arrive.
func steps(cfg config.Config, site Site, stream bool) ([]Step, error) {
	rec, err1 := record.New(record.Config{Logger: site.Logger, Access: cfg.Log.Access})
	ip, err2 := clientip.New(cfg.ClientIP)
	lim, err3 := limits.New(cfg.Limits, nil)
	host, err4 := hosts.New(cfg.Hosts, site.Hosts)
	stream = stream || cfg.App.Upstream != "" // an upstream gets bodies as they arrive
	bod, err5 := body.New(cfg.Body, func(*http.Request) bool { return stream })
	frames(&cfg)
	head, err6 := headers.New(cfg.Headers)
	policy, err7 := csp.New(cfg.CSP, csp.Site{Templates: site.Templates, StaticPrefixes: site.Prefixes, Reports: site.Reports, Logger: site.Logger})
	cross, err8 := cors.New(cfg.CORS)
	isolated, err9 := isolation.New(cfg.Isolation, func(origin string) bool { return cross.TrustsApp() || cross.Allowed(origin) })
	if cfg.CORS.Credentials { // who may send cookies along may send requests that change something
		cfg.CSRF.TrustedOrigins = slices.Concat(cfg.CSRF.TrustedOrigins, cfg.CORS.Origins)
	}
	forged, err10 := csrf.New(cfg.CSRF, csrf.Site{Key: site.Key, Session: site.sessions(cfg), Reads: cross.Allowed, Logger: site.Logger})
	cookie, err11 := cookies.New(cfg.Cookies, site.Sessions)
	cached, err12 := caching.New(cfg.Caching, cookie.Sessions())
	redirect, err13 := redirects.New(cfg.Redirects)
	pages, err14 := errorpages.New(cfg.ErrorPages, errorpages.Site{Roots: site.Roots, Logger: site.Logger})
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14); err != nil {
		return nil, err
	}
	static := site.Static
	if static == nil {
		static = func(next http.Handler) http.Handler { return next }
	}
	return []Step{
		{"record", "one log line for each request; panics end here", fumehood.Enforce, func(next http.Handler) http.Handler { return rec.Handler(pages.RefusalPages(next)) }, true},
		{"headers", "every answer gets the security headers", cfg.Headers.Mode, head.Handler, true},
		{"strict", "what is malformed on the wire is answered here", fumehood.Enforce, wellFormed, true},
		{"https", "content over https only, or to a proxy that is named", fumehood.Enforce, encrypted(cfg, ip), true},
		{"clientip", "who is it; forwarding headers go no further", fumehood.Enforce, ip.Handler, true},
		{"limits", "caps on what one request may cost", fumehood.Enforce, lim.Handler, false},
		{"hosts", "only the names that are served", host.Mode(), host.Handler, false},
		{"csp", "pages run the app's own scripts; browsers report the others here", cfg.CSP.Mode, policy.Handler, false},
		{"cors", "other sites read nothing, unless they are named", cfg.CORS.Mode, cross.Handler, false},
		{"isolation", "other sites load nothing but whole pages", cfg.Isolation.Mode, isolated.Handler, false},
		{"csrf", "other sites change nothing", cfg.CSRF.Mode, forged.HeaderHandler, false},
		{"static", "the app's static files", fumehood.Enforce, static, false},
		{"caching", "what is for one visitor is in no cache", cfg.Caching.Mode, cached.Handler, false},
		{"cookies", "cookies that scripts, siblings and plain http cannot reach", cfg.Cookies.Mode, cookie.Handler, false},
		{"body", "the whole body, read under deadlines", fumehood.Enforce, bod.Handler, false},
		{"token", "forms prove where they come from, for browsers that do not", cfg.CSRF.Mode, forged.TokenHandler, false},
		{"redirects", "header fields and redirects that the request has not forged", cfg.Redirects.Mode, redirect.Handler, false},
		{"errors", "no tracebacks, debuggers or database errors", cfg.ErrorPages.Mode, pages.Handler, false},
	}, nil
}

// frames has one setting for who may frame the pages, where browsers know three ways to
// say it: headers.frame, unless csp.frame_ancestors says more.
func frames(cfg *config.Config) {
	cfg.Isolation.Frame = cfg.Headers.Frame
	if len(cfg.CSP.FrameAncestors) > 0 {
		cfg.Isolation.Frame = "dangerously-any" // who exactly, browsers check
		return
	}
	switch cfg.Headers.Frame {
	case "deny":
		cfg.CSP.FrameAncestors = []string{"'none'"}
	case "dangerously-any":
		cfg.CSP.DangerouslyFrameAnywhere = true
	}
}

// encrypted refuses plain http from anybody but this machine and the proxies that are
// named, where TLS is off: a listener that proxies can reach, others often can, too.
func encrypted(cfg config.Config, ip *clientip.Guard) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if cfg.TLS.Mode != "off" || cfg.TLS.DangerouslyServePlainHTTP {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			if err == nil && !peer.Addr().Unmap().IsLoopback() && !ip.TrustsPeer(r) {
				fumehood.Refuse(w, r, httpsRequired(fmt.Errorf("plain http from %v, which is no trusted proxy", peer.Addr())))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// ServedBy returns what a server with this configuration would serve, where there is none:
// for handlers with a listener of their own, and to explain the chain.
func ServedBy(cfg config.Config) hosts.Served {
	served := hosts.Served{Names: cfg.TLS.Domains, Local: []string{"localhost", "127.0.0.1", "::1"}}
	host, _, err := net.SplitHostPort(bindOf(cfg))
	if err != nil {
		return served // a Unix socket: who knows which names lead to it
	}
	ip := net.ParseIP(host)
	loopback := host == "localhost" || ip != nil && ip.IsLoopback()
	served.Known = loopback && len(cfg.ClientIP.TrustedProxies) == 0
	if host != "" && host != "localhost" && !isWildcard(host) {
		served.Local = append(served.Local, host)
	}
	return served
}

// NameAndPort are what an app sees as SERVER_NAME and SERVER_PORT: the listener's, never
// what a client wrote into Host.
func (s *Server) NameAndPort() (name, port string) {
	switch name = s.bindHost(); {
	case len(s.cfg.TLS.Domains) > 0:
		name = s.cfg.TLS.Domains[0]
	case name == "":
		name = "localhost"
	}
	if p := firstPort(s.main); p != 0 {
		port = strconv.Itoa(p)
	}
	return name, port
}
