package main

import (
	"errors"
	"log/slog"
	"net/http"

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
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/guard/validate"
)

// named is one guard, made.
type named struct {
	name string
	wrap wrapper
}

// options are what the guards of this program depend on.
type options struct {
	templates string   // the folder of the templates
	hosts     []string // the names that are served
	log       *slog.Logger
}

// guards makes every guard, each with the settings that this program needs, in the order in
// which they see a request.
func guards(o options) ([]named, error) {
	var all []named
	var mistakes []error
	add := func(name string, guard interface {
		Handler(http.Handler) http.Handler
	}, err error) {
		if err != nil {
			mistakes = append(mistakes, err)
			return
		}
		all = append(all, named{name, guard.Handler})
	}
	templates, err := csp.ReadTemplates(o.templates)
	if err != nil {
		return nil, err
	}
	sessions := []string{"session"}
	api, err := cors.New(cors.Config{}) // no other site reads anything
	if err != nil {
		return nil, err
	}

	rec, err := record.New(record.Config{Logger: o.log, Access: true})
	add("record", rec, err)
	ip, err := clientip.New(clientip.Config{}) // no proxy is in front
	add("clientip", ip, err)
	head, err := headers.New(headers.Config{})
	add("headers", head, err)
	limit, err := limits.New(limits.Config{Body: 1 * fumehood.MB}, nil)
	add("limits", limit, err)
	host, err := hosts.New(hosts.Config{Allow: o.hosts}, hosts.Served{})
	add("hosts", host, err)
	way, err := paths.New(paths.Config{}, paths.Site{})
	add("paths", way, err)
	rate, err := ratelimit.New(ratelimit.Config{Rate: "20/second burst 100"}, ratelimit.Site{Session: sessions})
	add("ratelimit", rate, err)
	policy, err := csp.New(csp.Config{}, csp.Site{Templates: templates, Logger: o.log})
	add("csp", policy, err)
	add("cors", api, nil)
	alone, err := isolation.New(isolation.Config{}, api.Allowed)
	add("isolation", alone, err)
	asked, err := csrf.New(csrf.Config{}, csrf.Site{Session: sessions, Logger: o.log})
	add("csrf", asked, err)
	fresh, err := caching.New(caching.Config{}, sessions)
	add("caching", fresh, err)
	jar, err := cookies.New(cookies.Config{}, cookies.App{Sessions: sessions})
	add("cookies", jar, err)
	whole, err := body.New(body.Config{}, nil)
	add("body", whole, err)
	formGuards(o, add)
	near, err := redirects.New(redirects.Config{}) // enforced: this program sends nobody elsewhere
	add("redirects", near, err)
	shown, err := reflected.New(reflected.Config{}, reflected.Site{Logger: o.log})
	add("reflected", shown, err)
	clean, err := errorpages.New(errorpages.Config{}, errorpages.Site{Logger: o.log})
	add("errorpages", clean, err)
	return all, errors.Join(mistakes...)
}

// formGuards makes those that look into forms.
func formGuards(o options, add func(string, interface {
	Handler(http.Handler) http.Handler
}, error)) {
	fields, err := validate.New(validate.Config{}, validate.Site{Logger: o.log})
	add("validate", fields, err)
	files, err := upload.New(upload.Config{Types: []string{"png", "jpg", "pdf"}}, upload.Site{Logger: o.log})
	add("upload", files, err)
	values, err := injection.New(injection.Config{}, injection.Site{Logger: o.log})
	add("injection", values, err)
	// No page of this program shows the form, so the fields are named here.
	logins, err := login.New(login.Config{Account: "name", Password: "password"}, login.Site{Logger: o.log})
	add("login", logins, err)
}
