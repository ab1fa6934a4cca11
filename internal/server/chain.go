package server

import (
	"errors"
	"fmt"
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
	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/guard/isolation"
	"github.com/fumehood/fumehood/guard/limits"
	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/inputs"
)

// Step is one link of the chain: a guard, or a step of the server's own.
type Step struct {
	Name  string // as in the configuration and in the package's name
	About string // what it is there for, in one line
	Mode  fumehood.Mode

	wrap    func(http.Handler) http.Handler
	general bool // the same for every route: it comes before the route is looked for
}

// Steps returns the chain of the general settings: the first step sees the request first.
// A route has the same steps with its own settings.
func Steps(cfg config.Config, site Site) ([]Step, error) {
	if err := site.Open(cfg); err != nil {
		return nil, err
	}
	return steps(cfg, site, &place{})
}

// place is what a chain is for.
type place struct {
	stream bool   // the app gets bodies as they arrive
	limit  string // the name of its rate limit, "" for the general one

	// rate is the limit. A route without one of its own is given the general one: what counts
	// together must be one guard. Nil has limiter make it.
	rate *ratelimit.Guard
}

func (p *place) limiter(cfg config.Config, site Site, sessions []string) (_ *ratelimit.Guard, err error) {
	if p.rate == nil {
		p.rate, err = ratelimit.New(cfg.RateLimit, site.rates(cfg, p.limit, sessions))
	}
	return p.rate, err
}

// streams says whether the body of a request goes on as it arrives. An upstream gets files and
// calls of gRPC so, but not what guards look into: anything else, whatever it is called.
func (p *place) streams(cfg config.Config) func(*http.Request) bool {
	upstream := cfg.App.Upstream != ""
	return func(r *http.Request) bool { return p.stream || upstream && inputs.Media(r.Header.Get("Content-Type")) }
}

// steps is the one place that says which guard comes where.
func steps(cfg config.Config, site Site, at *place) ([]Step, error) {
	var wrong mistakes
	frames(&cfg)
	trusted(&cfg)
	sessions := site.sessions(cfg)
	rec := made(record.New(record.Config{Logger: site.Logger, Access: cfg.Log.Access}))(&wrong)
	head := made(headers.New(cfg.Headers))(&wrong)
	ip := made(clientip.New(cfg.ClientIP))(&wrong)
	lim := made(limits.New(cfg.Limits, nil))(&wrong)
	host := made(hosts.New(cfg.Hosts, site.Hosts))(&wrong)
	way := made(paths.New(cfg.Paths, paths.Site{Probes: site.Probes, Unknown: site.unknown(), Routed: site.routed()}))(&wrong)
	rate := made(at.limiter(cfg, site, sessions))(&wrong)
	policy := made(csp.New(cfg.CSP, csp.Site{Templates: site.Templates, StaticPrefixes: site.Prefixes, Reports: site.Reports, Logger: site.Logger}))(&wrong)
	cross := made(cors.New(cfg.CORS))(&wrong)
	isolated := made(isolation.New(cfg.Isolation, func(origin string) bool { return cross.TrustsApp() || cross.Allowed(origin) }))(&wrong)
	forged := made(csrf.New(cfg.CSRF, csrf.Site{Key: site.Key, Session: sessions, Reads: cross.Allowed, Logger: site.Logger}))(&wrong)
	cookie := made(cookies.New(cfg.Cookies, site.Sessions))(&wrong)
	cached := made(caching.New(cfg.Caching, cookie.Sessions()))(&wrong)
	bod := made(body.New(cfg.Body, at.streams(cfg)))(&wrong).Sharing(site.Bodies)
	files := made(upload.New(cfg.Upload, upload.Site{TempDir: cfg.Body.TempDir, Pictures: site.Pictures, Logger: site.Logger}))(&wrong)
	fields := made(validate.New(cfg.Validate, validate.Site{URLs: site.URLs, Files: site.OpenAPI, TempDir: cfg.Body.TempDir, Logger: site.Logger}))(&wrong)
	values := made(injection.New(cfg.Injection, site.injection(cfg, at, sessions)))(&wrong)
	logins := made(login.New(cfg.Login, login.Site{State: site.Logins, Logger: site.Logger}))(&wrong)
	redirect := made(redirects.New(cfg.Redirects))(&wrong)
	pages := made(errorpages.New(cfg.ErrorPages, errorpages.Site{Roots: site.Roots, Logger: site.Logger}))(&wrong)
	shown := made(reflected.New(cfg.Reflected, reflected.Site{Logger: site.Logger}))(&wrong)
	inApp := made(sinks.New(cfg.Sinks, site.Sinks))(&wrong)
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return []Step{
		{"record", "one log line for each request; panics end here", fumehood.Enforce, func(next http.Handler) http.Handler { return rec.Handler(pages.RefusalPages(next)) }, true},
		{"headers", "every answer gets the security headers", cfg.Headers.Mode, head.Handler, true},
		{"strict", "what is malformed on the wire is answered here", fumehood.Enforce, wellFormed, true},
		{"https", "content over https only, or to a proxy that is named", fumehood.Enforce, encrypted(cfg, ip), true},
		{"clientip", "who is it; forwarding headers go no further", fumehood.Enforce, settled(ip, site.Logger), true},
		{"limits", "caps on what one request may cost", fumehood.Enforce, lim.Handler, false},
		{"hosts", "only the names that are served", host.Mode(), host.Handler, false},
		{"paths", "one canonical path, and no private files", cfg.Paths.Mode, way.Handler, false},
		{"csp", "pages run the app's own scripts; browsers report the others here", cfg.CSP.Mode, policy.Handler, false},
		{"cors", "other sites read nothing, unless they are named", cfg.CORS.Mode, cross.Handler, false},
		{"isolation", "other sites load nothing but whole pages", cfg.Isolation.Mode, isolated.Handler, false},
		{"csrf", "other sites change nothing", cfg.CSRF.Mode, forged.HeaderHandler, false},
		{"static", "the app's static files", fumehood.Enforce, site.static(files), false},
		{"ratelimit", "nobody asks more than a site can bear", cfg.RateLimit.Mode, rate.Handler, false},
		{"caching", "what is for one visitor is in no cache", cfg.Caching.Mode, cached.Handler, false},
		{"cookies", "cookies that scripts, siblings and plain http cannot reach", cfg.Cookies.Mode, cookie.Handler, false},
		{"body", "the whole body, read under deadlines", fumehood.Enforce, bod.Handler, false},
		{"upload", "files that are what they say, under safe names", cfg.Upload.Mode, files.Handler, false},
		{"validate", "parameters, forms and JSON as they should be", cfg.Validate.Mode, fields.Handler, false},
		{"injection", "scripts, SQL, commands and paths out of their folder in what a request brings", cfg.Injection.Mode, values.Handler, false},
		{"login", "who guesses passwords has to wait", cfg.Login.Mode, logins.Handler, false},
		{"token", "forms prove where they come from, for browsers that do not", cfg.CSRF.Mode, forged.TokenHandler, false},
		{"redirects", "header fields and redirects that the request has not forged", cfg.Redirects.Mode, redirect.Handler, false},
		{"reflected", "what a request brings does not run as script in the page it gets", cfg.Reflected.Mode, shown.Handler, false},
		{"errors", "no tracebacks, debuggers or database errors", cfg.ErrorPages.Mode, pages.Handler, false},
		{"sinks", "in the app, what a request brings is data: in statements, commands, paths", sinksMode(cfg, inApp), inApp.Handler, false},
	}, nil
}

// sinksMode is off where there are no workers to watch.
func sinksMode(cfg config.Config, guard *sinks.Guard) fumehood.Mode {
	if cfg.App.Upstream != "" || guard == nil {
		return fumehood.Off
	}
	return guard.Mode()
}

// mistakes gathers what is wrong, so that all of it is told at once.
type mistakes []error

// made notes what a guard's New says is wrong.
func made[G any](guard G, err error) func(*mistakes) G {
	return func(all *mistakes) G {
		if err != nil {
			*all = append(*all, err)
		}
		return guard
	}
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

// trusted: who may send cookies along may send requests that change something.
func trusted(cfg *config.Config) {
	if cfg.CORS.Credentials {
		cfg.CSRF.TrustedOrigins = slices.Concat(cfg.CSRF.TrustedOrigins, cfg.CORS.Origins)
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
