package server

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/guard/ratelimit/redisstore"
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/guard/validate/openapi"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/urlmap"
)

// Site is what the chain needs to know of where it stands.
type Site struct {
	Hosts  hosts.Served                    // the names of this server
	Static func(http.Handler) http.Handler // serves the app's static files, or nil
	Logger *slog.Logger

	Prefixes  []string       // where Static serves: "/static/"
	Sessions  cookies.App    // the app's own session cookies
	Templates *csp.Templates // the app's templates, nil when they are not known
	URLs      *urlmap.Map    // the app's views, nil when they are not known
	Reports   *csp.Reports   // where browsers' reports go
	Key       []byte         // for CSRF tokens and devices, 32 bytes; Open makes one that lasts for this run
	Roots     []string       // folders whose paths no answer may show
	Sinks     []byte         // the settings that the workers' sinks have since their start

	// Watches says whether every sink of a kind ("sql") that the app has is watched in its
	// workers; nil where there are none.
	Watches func(kind string) bool

	// What the guards of all routes share. Open makes what is nil.
	Bodies   *body.Memory
	Logins   *login.State
	Probes   *paths.Probes
	Rates    *ratelimit.Memory
	Pictures *upload.Pictures
	OpenAPI  *openapi.Files
	Values   *injection.State
	Rules    func(*http.Request) error // the Core Rule Set; nil where no route asks for it
	stores   map[fumehood.Secret]*redisstore.Store
}

// pictures is how many uploaded pictures are made anew at the same time: each may take
// some hundred megabytes.
const pictures = 2

// Open makes what the guards of all routes share, where it is not there yet. Close ends it;
// after an error there is nothing to end.
func (s *Site) Open(cfg config.Config) error {
	if s.Key == nil { // one for all routes: what one of them signs another reads
		s.Key = make([]byte, 32)
		rand.Read(s.Key) // never fails
	}
	if s.Bodies == nil {
		s.Bodies = &body.Memory{}
	}
	if s.Logins == nil {
		s.Logins = login.NewState(s.Key, nil)
	}
	if s.Probes == nil {
		s.Probes = paths.NewProbes(time.Now)
	}
	if s.Rates == nil {
		s.Rates = ratelimit.NewMemory(0, nil)
	}
	if s.Pictures == nil {
		s.Pictures = upload.NewPictures(pictures)
	}
	if s.OpenAPI == nil {
		s.OpenAPI = &openapi.Files{}
	}
	if s.Values == nil {
		s.Values = injection.NewState()
	}
	if err := s.openRules(cfg); err != nil {
		return err
	}
	if s.stores == nil {
		s.stores = map[fumehood.Secret]*redisstore.Store{}
	}
	wanted := []ratelimit.Config{cfg.RateLimit}
	for _, route := range cfg.Routes {
		wanted = append(wanted, route.Merged(cfg).RateLimit)
	}
	for _, limit := range wanted {
		if !limit.Shared() || s.stores[limit.Store] != nil {
			continue
		}
		store, err := redisstore.Open(redisstore.Config{URL: limit.Store, Logger: s.Logger})
		if err != nil {
			s.Close()
			return fmt.Errorf("the store of the rate limits: %w", err)
		}
		s.stores[limit.Store] = store
	}
	return nil
}

// Close ends what Open has begun.
func (s *Site) Close() {
	for _, store := range s.stores {
		store.Close()
	}
	s.stores = nil
}

// CheckRules says what is wrong with the engine that cfg asks for: it may not be in this program.
func CheckRules(cfg config.Config) error { return (&Site{}).openRules(cfg) }

// openRules compiles the Core Rule Set, once, if any route asks for it.
func (s *Site) openRules(cfg config.Config) (err error) {
	wanted := cfg.Injection.Engine == "crs"
	for _, route := range cfg.Routes {
		wanted = wanted || route.Merged(cfg).Injection.Engine == "crs"
	}
	if wanted && s.Rules == nil {
		s.Rules, err = newRules(cfg.CRS)
	}
	return err
}

// injection is what the guard of values needs to know.
func (s *Site) injection(cfg config.Config, at *place, sessions []string) injection.Site {
	site := injection.Site{State: s.Values, Engine: s.Rules, Streams: at.stream, Sessions: sessions, Logger: s.Logger}
	if s.Watches != nil {
		sinks := cfg.Sinks
		site.Watched = func(kind string) bool {
			switch sinks.ModeOf(kind) {
			case fumehood.Report: // so the owner wants it to be: an attack of that kind goes on
				return true
			case fumehood.Enforce:
				return s.Watches(kind)
			}
			return false
		}
	}
	return site
}

// rates is what a rate limit counts in.
func (s *Site) rates(cfg config.Config, name string, sessions []string) ratelimit.Site {
	site := ratelimit.Site{Name: name, Memory: s.Rates, Session: sessions}
	if store := s.stores[cfg.RateLimit.Store]; store != nil {
		site.Store, site.Key = store, store.Key()
	}
	return site
}

// static serves the app's static files, where it has any. Uploads may lie among them.
func (s *Site) static(files *upload.Guard) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if s.Static == nil {
			return next
		}
		plain := s.Static(next)
		watched := files.Served(plain)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, prefix := range s.Prefixes {
				if strings.HasPrefix(r.URL.Path, prefix) {
					watched.ServeHTTP(w, r)
					return
				}
			}
			plain.ServeHTTP(w, r)
		})
	}
}

// unknown says whether the app has no view for a request; nil where nobody can tell.
func (s *Site) unknown() func(*http.Request) bool {
	if s.URLs == nil {
		return nil
	}
	return func(r *http.Request) bool { return s.URLs.Match(r.Method, r.URL.Path) == urlmap.NotFound }
}

// routed says whether the app has a view whose path is written just so; nil where nobody can
// tell.
func (s *Site) routed() func(*http.Request) bool {
	if s.URLs == nil {
		return nil
	}
	return func(r *http.Request) bool { return s.URLs.Literal(r.URL.Path) }
}

// sessions are the names of the session cookies as the app knows them.
func (s *Site) sessions(cfg config.Config) []string {
	names := slices.Concat(s.Sessions.Sessions, cfg.Cookies.Session, cfg.Cookies.Wide)
	if len(names) == 0 {
		names = []string{"session"}
	}
	return names
}
