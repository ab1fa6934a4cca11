package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/guard/limits"
	"github.com/fumehood/fumehood/guard/record"
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
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	static := site.Static
	if static == nil {
		static = func(next http.Handler) http.Handler { return next }
	}
	return []Step{
		{"record", "one log line for each request; panics end here", fumehood.Enforce, rec.Handler, true},
		{"strict", "what is malformed on the wire is answered here", fumehood.Enforce, wellFormed, true},
		{"https", "content over https only, or to a proxy that is named", fumehood.Enforce, encrypted(cfg, ip), true},
		{"clientip", "who is it; forwarding headers go no further", fumehood.Enforce, ip.Handler, true},
		{"limits", "caps on what one request may cost", fumehood.Enforce, lim.Handler, false},
		{"hosts", "only the names that are served", host.Mode(), host.Handler, false},
		{"static", "the app's static files", fumehood.Enforce, static, false},
		{"body", "the whole body, read under deadlines", fumehood.Enforce, bod.Handler, false},
	}, nil
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
