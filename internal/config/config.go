// Package config holds the one configuration of Fumehood: flags, environment, file,
// JSON schema, help and the reference page are all made from [Config].
//
// It stops no attack; it sees to it that a mistake in the configuration is an error with
// a place and a hint, never a protection that is silently off. It knows the guards'
// Config types; no guard knows config.
package config

import (
	"time"

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
	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/guard/validate"
)

// Config is the whole configuration. Its zero value is not useful: start from Default.
//
// The tags of a field are all that the loader, the flags, the help, the JSON schema and
// the reference page know of it:
//
//	toml       the key in the file; FUMEHOOD_<SECTION>_<KEY> is its environment variable
//	default    the value when nobody sets it
//	min, max   the range allowed, for numbers, sizes and durations
//	enum       the words allowed
//	flag       the name of its option; short is its letter
//	arg        it is the positional argument
//	value      what help calls its value, where the kind says too little
//	path       a relative path in the file starts at the file's folder; "program" only
//	           if it holds a slash
//	overrides  in a route: the key that it takes the place of
type Config struct {
	App      App             `toml:"app"`
	Server   Server          `toml:"server"`
	TLS      TLS             `toml:"tls"`
	Workers  Workers         `toml:"workers"`
	Static   Static          `toml:"static"`
	Log      Log             `toml:"log"`
	ClientIP clientip.Config `toml:"clientip"`
	Hosts    hosts.Config    `toml:"hosts"`
	Limits   limits.Config   `toml:"limits"`
	Body     body.Config     `toml:"body"`

	Headers    headers.Config    `toml:"headers"`
	CSP        csp.Config        `toml:"csp"`
	CORS       cors.Config       `toml:"cors"`
	Isolation  isolation.Config  `toml:"isolation"`
	CSRF       csrf.Config       `toml:"csrf"`
	Caching    caching.Config    `toml:"caching"`
	Cookies    cookies.Config    `toml:"cookies"`
	Redirects  redirects.Config  `toml:"redirects"`
	RateLimit  ratelimit.Config  `toml:"ratelimit"`
	Paths      paths.Config      `toml:"paths"`
	Validate   validate.Config   `toml:"validate"`
	Upload     upload.Config     `toml:"upload"`
	Login      login.Config      `toml:"login"`
	ErrorPages errorpages.Config `toml:"error_pages"`
	Injection  injection.Config  `toml:"injection"`
	Reflected  reflected.Config  `toml:"reflected"`
	Sinks      sinks.Config      `toml:"sinks"`

	// CRS are the settings of the engine crs of injection.
	CRS injection.RuleSet `toml:"crs"`

	// Routes are settings for the requests that match a pattern, in place of the general
	// ones.
	Routes []Route `toml:"route"`
}

// App says what is protected.
type App struct {
	// Target is the WSGI app: "module:callable", "module:create_app()", or "module".
	Target string `toml:"target" arg:"TARGET"`

	// Upstream is the URL of an app that runs elsewhere, such as "http://127.0.0.1:5000"
	// or "unix:/run/app.sock"; it takes the place of target.
	Upstream string `toml:"upstream" flag:"upstream" value:"URL"`

	// Chdir is the folder that the app is imported from.
	Chdir string `toml:"chdir" default:"." flag:"chdir" value:"DIR" path:"file"`

	// Templates are the folders of the app's templates, for an upstream or a framework that
	// does not say where they are: the inline scripts in them are those that may run.
	Templates []string `toml:"templates"`

	// Python is the interpreter that runs the app. Empty means: the active virtual
	// environment, else one in .venv, venv or env beside the app, else python3. A name
	// without a slash is looked for in PATH.
	Python string `toml:"python" flag:"python" value:"PROGRAM" path:"program"`
}

// Server says where and how connections are taken.
type Server struct {
	// Bind is the address served: "host:port", ":port" or "unix:/path". Empty means
	// localhost:8443, or :443 when tls.domains are given.
	Bind string `toml:"bind" flag:"bind" short:"b" value:"ADDR"`

	// RedirectBind is where plain http is answered with a redirect to https, besides the
	// https port itself, which always does. Empty means :80 when tls.domains are given,
	// else nowhere.
	RedirectBind string `toml:"redirect_bind" flag:"redirect-bind" value:"ADDR"`

	// HTTP3 serves HTTP/3 over UDP on the same port too.
	HTTP3 bool `toml:"http3" flag:"http3"`

	// Connections is the largest number of open connections; further ones wait in the
	// kernel's queue.
	Connections int `toml:"connections" default:"10000" flag:"connections" min:"1" max:"1000000"`

	// HeaderTimeout is the time in which a client must have sent the whole request head.
	HeaderTimeout time.Duration `toml:"header_timeout" default:"10s" flag:"header-timeout" min:"1s" max:"10m"`

	// IdleTimeout is how long a connection without a request is kept.
	IdleTimeout time.Duration `toml:"idle_timeout" default:"60s" flag:"idle-timeout" min:"1s" max:"1h"`

	// WriteTimeout is the longest time that a client may take nothing in the middle of
	// an answer.
	WriteTimeout time.Duration `toml:"write_timeout" default:"60s" flag:"write-timeout" min:"1s" max:"1h"`

	// GracefulTimeout is how long running requests may take to end at a stop.
	GracefulTimeout time.Duration `toml:"graceful_timeout" default:"30s" flag:"graceful-timeout" min:"0s" max:"1h"`
}

// TLS says how connections are encrypted.
type TLS struct {
	// Mode is "auto" (the given certificate, else ACME for domains, else a local
	// certificate authority) or "off" (plain http; on loopback, or behind
	// clientip.trusted_proxies).
	Mode string `toml:"mode" default:"auto" enum:"auto,off" flag:"tls"`

	// Domains are the names to get certificates for by ACME.
	Domains []string `toml:"domains" flag:"domain" value:"NAME"`

	// Email is the address that the certificate authority may write to.
	Email string `toml:"email" flag:"acme-email" value:"ADDRESS"`

	// ACMEDirectory is the directory URL of the ACME server. Empty means Let's Encrypt.
	ACMEDirectory string `toml:"acme_directory" flag:"acme-directory" value:"URL"`

	// ACMERoot is a PEM file with the root certificate of a private ACME server.
	ACMERoot string `toml:"acme_root" flag:"acme-root" value:"FILE" path:"file"`

	// CertFile is a PEM file with the certificate chain to show; it and KeyFile are read
	// again when they change.
	CertFile string `toml:"certfile" flag:"certfile" value:"FILE" path:"file"`

	// KeyFile is a PEM file with the private key of CertFile.
	KeyFile string `toml:"keyfile" flag:"keyfile" value:"FILE" path:"file"`

	// Storage is the folder of the local certificate authority and of ACME certificates.
	// Empty means the user's data folder.
	Storage string `toml:"storage" flag:"tls-storage" value:"DIR" path:"file"`

	// DangerouslyServePlainHTTP lets mode "off" serve passwords and sessions readable by
	// everyone on the way, on an address that is not loopback.
	DangerouslyServePlainHTTP bool `toml:"dangerously_serve_plain_http" flag:"dangerously-serve-plain-http"`
}

// Workers says how the Python processes are run.
type Workers struct {
	// Count is the number of worker processes. 0 means one for each core, at least 2.
	Count int `toml:"count" default:"0" flag:"workers" short:"w" min:"0" max:"1024"`

	// Threads is the largest number of threads in a worker. They are started as they are
	// needed.
	Threads int `toml:"threads" default:"32" flag:"threads" min:"1" max:"1024"`

	// Queue is the largest number of requests that wait for a worker; further ones are
	// answered with 503.
	Queue int `toml:"queue" default:"512" flag:"queue" min:"0" max:"100000"`

	// QueueTimeout is how long a request waits for a worker before it is answered with 503.
	QueueTimeout time.Duration `toml:"queue_timeout" default:"30s" flag:"queue-timeout" min:"0s" max:"10m"`

	// Timeout is how long the app may take to begin its answer; after it the client gets
	// 504 and the worker is replaced.
	Timeout time.Duration `toml:"timeout" default:"60s" flag:"timeout" short:"t" min:"0s" max:"24h"`

	// Spool is how much of all answers that clients take slowly may wait on the disk, in
	// body.temp_dir, so that the workers that made them are free. 0 means that they wait.
	Spool fumehood.Size `toml:"spool" default:"1GB" flag:"spool" min:"0"`

	// BootTimeout is how long the app may take to be imported.
	BootTimeout time.Duration `toml:"boot_timeout" default:"60s" flag:"boot-timeout" min:"1s" max:"1h"`
}

// Static says how the app's static files are served.
type Static struct {
	// Mode is "auto" (Fumehood serves the folder that the Flask app names) or "off" (the
	// app serves it).
	Mode string `toml:"mode" default:"auto" enum:"auto,off" flag:"static"`
}

// Log says what is written to standard error.
type Log struct {
	// Format is "text", "json", or "auto": text on a terminal, else json.
	Format string `toml:"format" default:"auto" enum:"auto,text,json" flag:"log-format"`

	// Level is the least severe level that is written: debug, info, warn or error.
	Level string `toml:"level" default:"info" enum:"debug,info,warn,error" flag:"log-level"`

	// Access writes one line for each request.
	Access bool `toml:"access" default:"true" flag:"access-log"`
}

// Route overrides settings for the requests that match Match.
type Route struct {
	// Match is a pattern as net/http.ServeMux takes it: "POST /upload", "/users/{id}",
	// "/admin/".
	Match string `toml:"match"`

	// StreamBody hands the request body to the app as it arrives, instead of whole.
	StreamBody bool `toml:"stream_body"`

	// MaxBody is the largest request body here, in place of limits.body.
	MaxBody fumehood.Size `toml:"max_body" min:"1" overrides:"limits.body"`

	// Timeout is how long the app may take to begin its answer here, in place of
	// workers.timeout.
	Timeout time.Duration `toml:"timeout" min:"1ms" max:"24h" overrides:"workers.timeout"`

	// The tables below have the names that they have in Config; a setting that a route
	// leaves out has its general value there.
	Body body.Config `toml:"body"`

	Headers    headers.Config    `toml:"headers"`
	CSP        csp.Config        `toml:"csp"`
	CORS       cors.Config       `toml:"cors"`
	Isolation  isolation.Config  `toml:"isolation"`
	CSRF       csrf.Config       `toml:"csrf"`
	Caching    caching.Config    `toml:"caching"`
	Cookies    cookies.Config    `toml:"cookies"`
	Redirects  redirects.Config  `toml:"redirects"`
	RateLimit  ratelimit.Config  `toml:"ratelimit"`
	Paths      paths.Config      `toml:"paths"`
	Validate   validate.Config   `toml:"validate"`
	Upload     upload.Config     `toml:"upload"`
	Login      login.Config      `toml:"login"`
	ErrorPages errorpages.Config `toml:"error_pages"`
	Injection  injection.Config  `toml:"injection"`
	Reflected  reflected.Config  `toml:"reflected"`
	Sinks      sinks.Config      `toml:"sinks"`

	merged bool // the tables are complete
	empty  bool // it came from a file and sets nothing
}
