package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/internal/hint"
)

// Validate reports everything that is wrong with c as far as c alone tells: no network,
// no files, no clock. Load calls it too, and adds the places.
func Validate(c Config) error {
	var all []error
	for _, p := range check(&c) {
		all = append(all, hint.With(fmt.Errorf("%s: %s", p.key, p.text), p.hint))
	}
	return errors.Join(all...)
}

// problem is a mistake before its place is known.
type problem struct{ key, text, hint string }

type checker struct{ problems []problem }

func (k *checker) wrong(key, hint, format string, args ...any) {
	k.problems = append(k.problems, problem{key, fmt.Sprintf(format, args...), hint})
}

// check has the rules that no single field can keep.
func check(c *Config) []problem {
	k := &checker{}
	k.app(&c.App)
	k.server(c)
	k.certificates(&c.TLS)
	k.plainHTTP(c)
	k.entries("clientip.trusted_proxies", c.ClientIP.TrustedProxies, func(entry string) error {
		_, err := clientip.New(clientip.Config{TrustedProxies: []string{entry}})
		return err
	})
	k.entries("hosts.allow", c.Hosts.Allow, func(entry string) error {
		_, err := hosts.New(hosts.Config{Allow: []string{entry}}, hosts.Served{})
		return err
	})
	k.limits(c)
	k.guards("", c)
	k.routes(c.Routes)
	for i, route := range c.Routes {
		if merged := route.Merged(*c); route.merged {
			k.guards(fmt.Sprintf("route[%d].", i), &merged)
		}
	}
	return k.problems
}

func (k *checker) app(a *App) {
	if a.Target != "" && a.Upstream != "" {
		k.wrong("app.upstream", "keep the one that is to be served: the app (target) or the other server (upstream)",
			"given together with app.target %q", a.Target)
	}
	if a.Target != "" {
		k.target(a.Target)
	}
	if path, ok := strings.CutPrefix(a.Upstream, "unix:"); ok && path != "" {
		return
	}
	if a.Upstream != "" {
		u, err := url.Parse(a.Upstream)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
			u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			k.wrong("app.upstream", "fumehood run --upstream http://127.0.0.1:5000", "%q is not a plain http, https or unix URL", a.Upstream)
		}
	}
}

// target checks the form "module", "module:name" or "module:name(...)"; whether it
// exists only Python can tell.
func (k *checker) target(target string) {
	const key = "app.target"
	module, callable, colon := strings.Cut(target, ":")
	if file, ok := strings.CutSuffix(module, ".py"); ok || strings.ContainsAny(module, `/\`) {
		folder, name := ".", strings.ReplaceAll(file, `\`, "/")
		if at := strings.LastIndex(name, "/"); at >= 0 {
			folder, name = name[:at], name[at+1:]
		}
		if !colon {
			callable = "app"
		}
		fix := fmt.Sprintf("fumehood run %s:%s", name, callable)
		if folder != "." && folder != "" {
			fix = fmt.Sprintf("fumehood run --chdir %s %s:%s", folder, name, callable)
		}
		k.wrong(key, fix, "%q is a file; an app is named by its module", target)
		return
	}
	if !dotted(module) {
		k.wrong(key, "fumehood run app:app, for a variable app in app.py", "%q is not the name of a Python module", module)
		return
	}
	name, _, call := strings.Cut(callable, "(")
	if colon && (!dotted(name) || call && !strings.HasSuffix(callable, ")")) {
		k.wrong(key, `write module:name or "module:name()", such as app:app or "app:create_app()"`,
			"%q names no callable in %s", callable, module)
	}
}

// dotted says whether s is a dotted name in Python.
func dotted(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		for i, c := range part {
			if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c) && !unicode.IsMark(c)) {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}

func (k *checker) server(c *Config) {
	k.bind("server.bind", c.Server.Bind, true)
	k.bind("server.redirect_bind", c.Server.RedirectBind, false)
	if c.Server.RedirectBind != "" {
		if c.TLS.Mode == "off" {
			k.wrong("server.redirect_bind", "leave out redirect_bind, or tls.mode = \"off\"", "there is no https to redirect to with tls.mode \"off\"")
		}
		if c.Server.RedirectBind == c.Server.Bind && !strings.HasSuffix(c.Server.Bind, ":0") {
			k.wrong("server.redirect_bind", "leave it out: the https port itself redirects plain http", "is the same address as server.bind")
		}
	}
	if c.Server.HTTP3 && strings.HasPrefix(c.Server.Bind, "unix:") {
		k.wrong("server.http3", "bind a port, or leave out http3", "HTTP/3 cannot be served on a Unix socket")
	}
}

// bind checks an address to listen on; empty means that the server chooses.
func (k *checker) bind(key, addr string, unix bool) {
	fix := "write host:port or :port, such as localhost:8443 or :443"
	if unix {
		fix = "write host:port, :port or unix:/path, such as localhost:8443 or :443"
		if path, ok := strings.CutPrefix(addr, "unix:"); ok {
			if path == "" || strings.HasPrefix(path, "//") {
				k.wrong(key, "unix:/run/app.sock", "%q names no socket", addr)
			}
			return
		}
	}
	if addr == "" {
		return
	}
	if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
		k.wrong(key, "write :"+addr, "%q is only a port", addr)
		return
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || strings.ContainsAny(host, "/ ") {
		k.wrong(key, fix, "%q is not an address to listen on", addr)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		k.wrong(key, fix, "%q is not a port number", port)
	}
}

func (k *checker) certificates(t *TLS) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		have, miss := "certfile", "keyfile"
		if t.CertFile == "" {
			have, miss = miss, have
		}
		k.wrong("tls."+have, "give both: --certfile FILE --keyfile FILE", "needs tls.%s with it", miss)
	}
	if len(t.Domains) > 0 && t.CertFile != "" {
		k.wrong("tls.domains", "keep one: domains (certificates by ACME) or certfile (your own); names for your own go into hosts.allow",
			"given together with tls.certfile")
	}
	for i, name := range t.Domains {
		k.domain(fmt.Sprintf("tls.domains[%d]", i), name)
	}
	if t.ACMEDirectory != "" {
		u, err := url.Parse(t.ACMEDirectory)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			k.wrong("tls.acme_directory", "https://acme.example/directory", "%q is not an https URL", t.ACMEDirectory)
		}
	}
	if t.Email != "" && (!strings.Contains(t.Email, "@") || strings.ContainsAny(t.Email, " ,<>")) {
		k.wrong("tls.email", "write it as you@shop.example", "%q is not a mail address", t.Email)
	}
}

// domain checks a name that a public certificate authority could certify over HTTP.
func (k *checker) domain(key, name string) {
	switch {
	case strings.Contains(name, "*"):
		k.wrong(key, "name each host, or bring the certificate with certfile and keyfile",
			"%q: a wildcard needs proof through DNS, which Fumehood does not do", name)
	case net.ParseIP(name) != nil, strings.EqualFold(name, "localhost"), strings.HasSuffix(strings.ToLower(name), ".localhost"):
		k.wrong(key, "leave it out: on this machine Fumehood is its own certificate authority", "%q gets no certificate by ACME", name)
	case !hostName(name) || !strings.Contains(name, "."):
		k.wrong(key, "write the bare name in ASCII, such as shop.example or xn--bcher-kva.example", "%q is not a domain name", name)
	}
}

// hostName says whether s is a host name as RFC 1123 section 2.1 has it, in ASCII.
func hostName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}

// plainHTTP sees to it that nobody serves passwords in the clear without saying so.
func (k *checker) plainHTTP(c *Config) {
	const off = "choose: tls.mode \"off\" or this"
	if c.TLS.Mode != "off" {
		if c.TLS.DangerouslyServePlainHTTP {
			k.wrong("tls.dangerously_serve_plain_http", "leave it out", "has a meaning only with tls.mode \"off\"")
		}
		return
	}
	if len(c.TLS.Domains) > 0 {
		k.wrong("tls.domains", off, "certificates are of no use with tls.mode \"off\"")
	}
	if c.TLS.CertFile != "" {
		k.wrong("tls.certfile", off, "a certificate is of no use with tls.mode \"off\"")
	}
	if c.Server.HTTP3 {
		k.wrong("server.http3", off, "there is no HTTP/3 without TLS")
	}
	if !c.TLS.DangerouslyServePlainHTTP && len(c.ClientIP.TrustedProxies) == 0 && !local(c.Server.Bind) {
		k.wrong("tls.mode", "bind localhost, name the proxy that encrypts with --trusted-proxy ADDRESS, or leave out --tls off",
			"\"off\" would serve passwords and sessions in the clear on %s", c.Server.Bind)
	}
}

// local says whether only this machine can reach addr.
func local(addr string) bool {
	if addr == "" || strings.HasPrefix(addr, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return true // it is no address; bind has said so
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// entries asks the guard that a list is for about each entry of it, so that a mistake has
// the place of the entry and the guard alone knows the rules.
func (k *checker) entries(key string, list []string, try func(entry string) error) {
	for i, entry := range list {
		if err := try(entry); err != nil {
			k.wrong(fmt.Sprintf("%s[%d]", key, i), hint.Of(err), "%s", strings.TrimPrefix(err.Error(), key+": "))
		}
	}
}

func (k *checker) limits(c *Config) {
	if c.Limits.RequestLine > c.Limits.Head {
		k.wrong("limits.request_line", "raise limits.head too", "%s is more than limits.head, %s", c.Limits.RequestLine, c.Limits.Head)
	}
	if c.Limits.FieldSize > c.Limits.Head {
		k.wrong("limits.field_size", "raise limits.head too", "%s is more than limits.head, %s", c.Limits.FieldSize, c.Limits.Head)
	}
}
