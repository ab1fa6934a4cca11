package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/strict"
)

// plainHandler answers plain http where https is served: challenges of an ACME server, a
// redirect for GET and HEAD, a refusal for the rest.
func (s *Server) plainHandler() http.Handler {
	d := &redirector{exact: map[string]bool{}}
	if port := firstPort(s.main); port != 0 && port != 443 {
		d.port = ":" + strconv.Itoa(port)
	}
	names := append([]string(nil), s.cfg.Hosts.Allow...)
	if s.source != nil {
		names = append(names, s.source.Names()...)
	}
	for _, name := range names {
		name = strings.ToLower(name)
		if suffix, ok := strings.CutPrefix(name, "*."); ok {
			d.suffixes = append(d.suffixes, "."+suffix)
		} else {
			d.exact[name] = true
		}
	}
	var h http.Handler = d
	if s.source != nil {
		h = s.source.HTTPChallenge(h)
	}
	return s.plain(strict.Handler(h))
}

// redirector sends browsers to https, and only to names that are served here: a redirect
// to whatever Host says would lend this site's name to a foreign one (a cache on the way,
// or a link in a mail, can carry it).
type redirector struct {
	exact    map[string]bool
	suffixes []string // ".shop.example"
	port     string   // of https, with a colon; "" for 443
}

func (d *redirector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	location, err := d.location(r)
	if err != nil {
		fumehood.Refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Location", location)
	h.Set("Connection", "close")
	// A browser keeps a 308 for ever; on a developer's machine another program may have
	// the port tomorrow. Where it matters, HSTS does that job.
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusPermanentRedirect)
}

// location is the https address of what r asks for, or a refusal.
func (d *redirector) location(r *http.Request) (string, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "", httpsRequired(fmt.Errorf("%s over plain http", r.Method))
	}
	host, ok := d.served(r)
	if !ok {
		return "", unknownHost(fmt.Errorf("no redirect to https for host %q: it is not in hosts.allow, tls.domains or the certificate", r.Host))
	}
	return "https://" + host + d.port + escapeTarget(r.URL.RequestURI()), nil
}

// httpsRequired is for methods that carry something: a redirect would make the client send
// it again, and nobody would notice that it had been readable on the way.
func httpsRequired(cause error) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "https.required", CloseConn: true,
		Public: "This site is served over https only; what was sent could be read on the way.",
		Err:    cause,
	}
}

func unknownHost(cause error) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusMisdirectedRequest, Code: "https.unknown-host", CloseConn: true,
		Public: "This server does not serve that host.",
		Err:    cause,
	}
}

// served returns the host that r names, in the form for a URL, if it is ours.
func (d *redirector) served(r *http.Request) (string, bool) {
	host := strings.ToLower(r.Host)
	if name, port, err := net.SplitHostPort(host); err == nil && port != "" {
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if ip, err := netip.ParseAddr(host); err == nil {
		if tcp, ok := local.(*net.TCPAddr); !d.exact[ip.String()] && !(ok && tcp.AddrPort().Addr().Unmap() == ip.Unmap()) {
			return "", false
		}
		if ip.Is6() {
			return "[" + ip.String() + "]", ip.Zone() == ""
		}
		return ip.String(), true
	}
	if d.exact[host] {
		return host, true
	}
	for _, suffix := range d.suffixes {
		if label, ok := strings.CutSuffix(host, suffix); ok && hostLabels(label) {
			return host, true
		}
	}
	return "", false
}

// hostLabels says whether s is made of what host names are made of.
func hostLabels(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return s != "" && s[0] != '.'
}

// escapeTarget percent-encodes every byte that RFC 3986 does not allow in a path or query.
func escapeTarget(target string) string {
	var b strings.Builder
	for _, c := range []byte(target) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"#<>\\^`{|}", rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
