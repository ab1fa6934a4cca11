// Package hosts refuses requests for hosts that this server does not serve.
//
// Attacks: Host header poisoning (a password reset link, a redirect or a cached page that
// carries the attacker's host), DNS rebinding (a page of the attacker's whose name now
// leads to this machine, typically to a program on localhost). Not covered: a host that is
// listed but not one's own.
//
// Order: MUST come after clientip, which may replace the host, and before everything that
// builds a URL or looks up a cache.
//
// A host is compared without its port, without a trailing dot and without regard to case;
// "*.shop.example" stands for one or more labels before ".shop.example", not for
// shop.example itself. Names that are not ASCII are compared in their ASCII form (IDNA).
// What is no host at all is refused in report mode too: no site has such a name.
package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Served is what the server knows of its own names.
type Served struct {
	Names []string // the names that certificates are got for (tls.domains)
	Local []string // the names and addresses of the listener, such as "localhost", "127.0.0.1"
	Known bool     // Local is complete: the listener is on loopback
}

// Guard refuses foreign hosts. Make one with New.
type Guard struct {
	mode      fumehood.Mode
	exact     map[string]struct{}
	wildcards map[string]struct{} // "shop.example" for "*.shop.example"
}

// New returns a Guard, or every mistake in cfg and served.
func New(cfg Config, served Served) (*Guard, error) {
	g := &Guard{
		mode: cfg.Mode, exact: map[string]struct{}{}, wildcards: map[string]struct{}{},
	}
	_, mistakes := hint.Mode("hosts.mode", cfg.Mode)
	add := func(key string, names []string) {
		for _, name := range names {
			if err := g.add(name); err != nil {
				mistakes = append(mistakes, fmt.Errorf("%s: %w", key, err))
			}
		}
	}
	add("hosts.allow", cfg.Allow)
	add("tls.domains", served.Names)
	if len(cfg.Allow)+len(served.Names) == 0 {
		add("listener", served.Local)
	}
	known := served.Known || len(cfg.Allow)+len(served.Names) > 0
	if cfg.Mode == "" {
		g.mode = fumehood.Report
		if known {
			g.mode = fumehood.Enforce
		}
	}
	if len(mistakes) == 0 && g.mode == fumehood.Enforce && len(g.exact)+len(g.wildcards) == 0 {
		mistakes = append(mistakes, hint.With(
			errors.New("hosts.allow: no host is named, so every request would be refused"),
			`name the hosts that are served: hosts.allow = ["shop.example"]`))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// add adds one name of the configuration.
func (g *Guard) add(entry string) error {
	if ip, err := netip.ParseAddr(entry); err == nil && ip.Zone() == "" {
		g.exact[ip.String()] = struct{}{}
		return nil
	}
	name, into := entry, g.exact
	if rest, ok := strings.CutPrefix(entry, "*."); ok {
		name, into = rest, g.wildcards
	}
	ascii, err := toASCII(name)
	if err != nil {
		return hint.With(fmt.Errorf("%q is no host name: %w", entry, err), `write a name such as "shop.example"`)
	}
	host, port, ok := split(ascii)
	switch {
	case !ok:
		advice := `write a name such as "shop.example" or "*.shop.example", or an address`
		if u, err := url.Parse(entry); err == nil && u.Hostname() != "" {
			advice = fmt.Sprintf("write %q", u.Hostname())
		}
		return hint.With(fmt.Errorf("%q is no host name", entry), advice)
	case port != "":
		return hint.With(fmt.Errorf("%q has a port, which is not part of a name", entry), fmt.Sprintf("write %q", host))
	}
	if _, err := netip.ParseAddr(host); err == nil && name != entry {
		return hint.With(fmt.Errorf("%q: an address has no names below it", entry), fmt.Sprintf("write %q", host))
	}
	into[host] = struct{}{}
	return nil
}

// Mode says what the guard does: New chooses it where the configuration leaves it open.
func (g *Guard) Mode() fumehood.Mode {
	if g == nil {
		return fumehood.Enforce
	}
	return g.mode
}

// Check says whether the host of r is served, whatever the mode.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || g.exact == nil {
		return fumehood.NotReady("hosts")
	}
	if err := g.checkHost(r.Host); err != nil {
		return err
	}
	// An absolute-form target names a host too; what clientip replaced is only r.Host.
	if r.URL != nil && r.URL.Host != "" && r.URL.Host != r.Host {
		return g.checkHost(r.URL.Host)
	}
	return nil
}

func (g *Guard) checkHost(raw string) error {
	host, _, ok := split(raw)
	if !ok {
		return &fumehood.Refusal{
			Status: http.StatusBadRequest, Code: "hosts.malformed",
			Public: "The host of this request is not a host name.",
			Err:    fmt.Errorf("host %.255q", raw),
		}
	}
	if g.serves(host) {
		return nil
	}
	return &fumehood.Refusal{
		Status: http.StatusMisdirectedRequest, Code: "hosts.unknown",
		Public: "This server does not serve that host.",
		Err:    fmt.Errorf("host %q is not in hosts.allow", host),
	}
}

// serves says whether a canonical host is served.
func (g *Guard) serves(host string) bool {
	if _, ok := g.exact[host]; ok {
		return true
	}
	if len(g.wildcards) == 0 {
		return false
	}
	for rest := host; ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return false
		}
		rest = rest[dot+1:]
		if _, ok := g.wildcards[rest]; ok {
			return true
		}
	}
}

// Handler passes requests for the hosts that are served to next.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.exact == nil {
		return fumehood.RefuseAll(fumehood.NotReady("hosts"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if verdict := g.Check(r); verdict != nil {
			mode := g.mode
			if fumehood.AsRefusal(verdict).Status == http.StatusBadRequest {
				mode = fumehood.Enforce
			}
			if fumehood.Decide(w, r, mode, verdict) {
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// split returns the canonical host and the port of s: lower case, without brackets and
// trailing dot. It allocates only for a host with capitals or an IPv6 address.
func split(s string) (host, port string, ok bool) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", false
		}
		ip, err := netip.ParseAddr(s[1:end])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", "", false
		}
		if host, port = ip.String(), s[end+1:]; port == "" {
			return host, "", true
		}
		return host, port[1:], port[0] == ':' && validPort(port[1:])
	}
	host = s
	if colon := strings.IndexByte(s, ':'); colon >= 0 {
		if host, port = s[:colon], s[colon+1:]; !validPort(port) {
			return "", "", false
		}
	}
	host = strings.TrimSuffix(host, ".")
	if !validName(host) {
		return "", "", false
	}
	return strings.ToLower(host), port, true
}

// validPort says whether s is a port; empty is one (RFC 3986 section 3.2.3).
func validPort(s string) bool {
	if len(s) > 5 {
		return false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}

// validName says whether s is a DNS name (RFC 1123 section 2.1; underscores, which names
// of test containers have, are let through) or an IPv4 address.
func validName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	label := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}

// toASCII returns the ASCII form (IDNA) of a name. net/http has the conversion but exports
// it only as what a client writes into the Host field.
func toASCII(name string) (string, error) {
	for i := 0; ; i++ {
		if i == len(name) {
			return name, nil
		}
		if name[i] >= 0x80 {
			break
		}
	}
	name = strings.ToLower(name) // IDNA maps case; net/http leaves it
	r := &http.Request{Method: http.MethodGet, Host: name, URL: &url.URL{Scheme: "http", Host: name, Path: "/"}}
	var head bytes.Buffer
	if err := r.Write(&head); err != nil {
		return "", err
	}
	_, after, _ := strings.Cut(head.String(), "\r\nHost: ")
	ascii, _, _ := strings.Cut(after, "\r\n")
	return ascii, nil
}
