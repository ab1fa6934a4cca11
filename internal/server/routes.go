package server

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/config"
)

// Handler puts the chain around app: up to where the client is known there is one, then
// one for each route, with the route's settings, and one for all other requests.
func Handler(cfg config.Config, site Site, app http.Handler) (http.Handler, error) {
	if err := site.Open(cfg); err != nil {
		return nil, err
	}
	base := &place{}
	general, err := steps(cfg, site, base)
	if err != nil {
		return nil, err
	}
	outer, inner := cut(general)
	routes := newRoutes(cfg)
	if routes.mux == nil {
		return chain(outer, chain(inner, app)), nil
	}
	elsewhere := chain(inner, app)
	own := map[*config.Route]http.Handler{}
	for i := range cfg.Routes {
		route := &cfg.Routes[i]
		merged, at := route.Merged(cfg), &place{stream: route.StreamBody, rate: base.rate}
		if !reflect.DeepEqual(merged.RateLimit, cfg.RateLimit) {
			at.limit, at.rate = route.Match, nil // it counts by itself
		}
		all, err := steps(merged, site, at)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", route.Match, err)
		}
		outer, inner := cut(all)
		own[route] = dressed(outer, chain(inner, app))
	}
	return chain(outer, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := own[routes.of(r)]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		elsewhere.ServeHTTP(w, r)
	})), nil
}

// cut divides the chain where the route is looked for.
func cut(all []Step) (outer, inner []Step) {
	for i, s := range all {
		if !s.general {
			return all[:i], all[i:]
		}
	}
	return all, nil
}

// dressed gives the answers of a route the security headers of its own settings, in the
// place of the general ones, which are there already for whatever is refused before the
// route is known.
func dressed(outer []Step, inner http.Handler) http.Handler {
	for _, s := range outer {
		if s.Name == "headers" && s.Mode != fumehood.Off {
			return s.wrap(inner)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.Serve(w, r, undressed{}, inner)
	})
}

// undressed takes the place of the hook of guard/headers.
type undressed struct{}

func (undressed) Kind() string      { return "headers" }
func (undressed) Head(*answer.Head) {}

// chain puts the steps around app.
func chain(steps []Step, app http.Handler) http.Handler {
	for i := len(steps) - 1; i >= 0; i-- {
		app = steps[i].wrap(app)
	}
	return app
}

// routes finds the [[route]] of a request.
type routes struct {
	mux *http.ServeMux // nil without routes
	cfg config.Config
}

// routeEntry makes a route findable through ServeMux, which chooses by its own rules of
// what is more specific.
type routeEntry struct {
	http.Handler
	route *config.Route
}

func newRoutes(cfg config.Config) *routes {
	r := &routes{cfg: cfg}
	for i := range cfg.Routes {
		if r.mux == nil {
			r.mux = http.NewServeMux()
		}
		r.mux.Handle(cfg.Routes[i].Match, &routeEntry{route: &cfg.Routes[i]})
	}
	return r
}

// of returns the route of a request, nil for none.
//
// ServeMux compares a path as it is written, and knows no route for one that it would have
// cleaned. An app sees the path decoded, and Flask leaves out what is too many slashes: a
// route whose settings are stricter would end at "//logout" and at "account%2Flogout". So
// the route is that of the path which is meant.
func (r *routes) of(req *http.Request) *config.Route {
	if r.mux == nil {
		return nil
	}
	host, method := strings.ToLower(req.Host), req.Method
	if asked, ok := cors.Preflight(req); ok {
		method = asked // what a preflight asks about has the policy of that route
	}
	meant := meantPath(req.URL.Path)
	if host != req.Host || method != req.Method || meant != req.URL.Path || req.URL.RawPath != "" {
		copied := *req // ServeMux compares hosts as they are written
		copied.Host, copied.Method, copied.URL = host, method, &url.URL{Path: meant}
		req = &copied
	}
	found := r.at(req, meant)
	if meant == "/" || found != nil && !isSubtree(found) {
		return found
	}
	// Flask serves a view with strict_slashes=False with and without the slash at the end.
	// A ServeMux would send "/admin" to "/admin/".
	other := meant + "/"
	if strings.HasSuffix(meant, "/") {
		other = strings.TrimSuffix(meant, "/")
	}
	if also := r.at(req, other); also != nil && (found == nil || !isSubtree(also)) {
		return also
	}
	return found
}

// at returns the route of a path, in the way in which ServeMux chooses.
func (r *routes) at(req *http.Request, path string) *config.Route {
	if req.URL.Path != path {
		copied := *req
		copied.URL = &url.URL{Path: path}
		req = &copied
	}
	handler, _ := r.mux.Handler(req)
	if entry, ok := handler.(*routeEntry); ok {
		return entry.route
	}
	return nil
}

// isSubtree says whether a route is for whatever lies below its path, too.
func isSubtree(route *config.Route) bool {
	return strings.HasSuffix(route.Match, "/") || strings.HasSuffix(route.Match, "...}")
}

// meantPath is a decoded path without "//", "/." and "/..".
func meantPath(p string) string {
	if strings.HasPrefix(p, "/") && !strings.Contains(p, "//") && !strings.Contains(p, "/.") {
		return p
	}
	clean := path.Clean("/" + p)
	if clean != "/" && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
		clean += "/"
	}
	return clean
}

// Timeouts returns how long the app may take to begin the answer to a request.
func Timeouts(cfg config.Config) func(*http.Request) time.Duration {
	routes := newRoutes(cfg)
	return func(r *http.Request) time.Duration {
		if route := routes.of(r); route != nil && route.Timeout > 0 {
			return route.Timeout
		}
		return cfg.Workers.Timeout
	}
}
