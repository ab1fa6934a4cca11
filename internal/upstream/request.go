package upstream

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// inspect refuses what cannot be written anew in one way, and prepares the rest.
func (u *Upstream) inspect(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	if r.Method == http.MethodConnect {
		return nil, &fumehood.Refusal{
			Status: http.StatusMethodNotAllowed, Code: "upstream.bad-method",
			Public: "This server opens no tunnels.",
			Err:    fmt.Errorf("CONNECT %s", r.Host),
		}
	}
	path, query, err := u.outTarget(r)
	if err != nil {
		return nil, badRequest("upstream.bad-target", "The address of the request is not valid.", err)
	}
	if name, found := duplicate(r.Header); found {
		return nil, badRequest("upstream.duplicate-field", "The request says the same thing twice.",
			fmt.Errorf("%d fields %s", len(r.Header[name]), name))
	}
	for _, via := range r.Header["Via"] {
		if strings.Contains(via, u.pseudonym) {
			return nil, &fumehood.Refusal{
				Status: http.StatusLoopDetected, Code: "upstream.loop",
				Public: "The server is set up in a circle.",
				Err:    fmt.Errorf("the request came back to this server; is the upstream %s its own address?", u.target),
			}
		}
	}
	x := &exchange{in: r, path: path, query: query, webSocket: isWebSocket(r)}
	x.answer.start(w, r)
	return x, nil
}

func badRequest(code, public string, err error) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: code, Public: public, Err: err}
}

// outTarget returns the canonical path and query of r.
func (u *Upstream) outTarget(r *http.Request) (path, query string, err error) {
	if r.URL.Path == "*" && r.Method == http.MethodOptions && r.URL.RawQuery == "" {
		return "*", "", nil
	}
	path, err = canonicalPath(r.URL.EscapedPath())
	if err != nil {
		return "", "", err
	}
	return u.target.base + path, canonicalQuery(r.URL.RawQuery), nil
}

// duplicate finds a field that must come once (RFC 9110) and comes more often: edge and
// app could each believe another one.
func duplicate(h http.Header) (name string, found bool) {
	for _, name := range [...]string{"Authorization", "Content-Type", "Origin", "Referer", "User-Agent"} {
		if len(h[name]) > 1 {
			return name, true
		}
	}
	return "", false
}

// isWebSocket reports whether r is a whole and right WebSocket handshake (RFC 6455,
// section 4.2.1). An Upgrade to anything else is not forwarded: h2c or a half handshake
// would be a tunnel around the guards.
func isWebSocket(r *http.Request) bool {
	if r.Header["Upgrade"] == nil || r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) ||
		r.ProtoMajor != 1 || r.ContentLength != 0 || len(r.Header["Upgrade"]) != 1 ||
		!strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return false
	}
	version, keys := r.Header["Sec-Websocket-Version"], r.Header["Sec-Websocket-Key"]
	if len(version) != 1 || version[0] != "13" || len(keys) != 1 {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(keys[0])
	return err == nil && len(key) == 16 && hasToken(r.Header["Connection"], "upgrade")
}

// hasToken reports whether a comma-separated field has token, which is lower case.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// rewrite makes the request for the upstream. ReverseProxy has cloned it and removed the
// hop-by-hop fields, those that Connection names too; ours are set after that, so nobody
// can have them removed.
func (u *Upstream) rewrite(p *httputil.ProxyRequest) {
	x := exchangeOf(p.In.Context())
	out := p.Out
	out.URL = &url.URL{Scheme: u.target.scheme, Host: u.target.host, RawQuery: x.query}
	out.URL.Path, out.URL.RawPath = unescaped(x.path), x.path
	out.Host = u.outHost(x.in)
	out.TransferEncoding = nil // of the client's connection, not of ours
	out.Trailer = nil
	if out.Body != nil {
		x.answer.body = &clientBody{ReadCloser: out.Body, watch: x.watch}
		out.Body = x.answer.body
		// A server that does not expect a body here may take it for the next request.
		out.Close = bodyIsRare(out.Method)
	}
	canonicalHeader(out.Header)
	if !x.webSocket {
		delete(out.Header, "Connection")
		delete(out.Header, "Upgrade")
	}
	setForwarded(out.Header, x.in)
	out.Header["Via"] = append(out.Header["Via"], viaVersion(x.in)+" "+u.pseudonym)
}

// unescaped undoes the escapes of a canonical path, which always are right.
func unescaped(path string) string {
	s, err := url.PathUnescape(path)
	if err != nil {
		panic(err)
	}
	return s
}

// outHost returns the one Host that the app sees.
func (u *Upstream) outHost(r *http.Request) string {
	if u.host != "" {
		return u.host
	}
	if r.Host == "" { // HTTP/1.0
		return u.target.host
	}
	return strings.ToLower(r.Host)
}

func bodyIsRare(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return false
	}
	return true
}

// canonicalHeader removes from a request what the app must not believe or would read as
// another field, in place.
func canonicalHeader(h http.Header) {
	for name := range h {
		if !plainName(name) || removed(name) {
			delete(h, name)
		}
	}
	if cookies := h["Cookie"]; len(cookies) > 1 { // HTTP/2 splits them (RFC 9113, section 8.2.3)
		h["Cookie"] = []string{strings.Join(cookies, "; ")}
	}
}

// plainName reports whether name has only letters, digits and hyphens. CGI, WSGI and PHP
// map several other bytes to "_", as they do "-": X_Forwarded_For would become
// X-Forwarded-For. nginx has the same rule (ignore_invalid_headers).
func plainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return name != ""
}

// removed reports whether a canonical name is one that only a proxy may set, or one that
// ends at the edge.
func removed(name string) bool {
	switch name {
	case "Forwarded", "X-Real-Ip", "X-Client-Ip", "Client-Ip", "True-Client-Ip", "X-Cluster-Client-Ip",
		"Cf-Connecting-Ip", "Fastly-Client-Ip", "X-Remote-Ip", "X-Remote-Addr", "X-Originating-Ip",
		"X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "X-Host", "X-Scheme", "X-Url-Scheme",
		"Front-End-Https", "X-Request-Id", // who, where, how
		"Remote-User", "X-Remote-User", "X-Authenticated-User", "X-Sendfile-Type", "X-Script-Name", // identity
		"Proxy",                                                                  // CGI's HTTP_PROXY (CVE-2016-5385)
		"Host", "Content-Length", "Transfer-Encoding", "Expect", "Trailer", "Te", // written anew
		"Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Http2-Settings":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "X-Accel-") ||
		strings.HasPrefix(name, "Ssl-Client-") || strings.HasPrefix(name, "X-Ssl-")
}

// setForwarded says what the edge knows of the client.
func setForwarded(h http.Header, r *http.Request) {
	if ip := fumehood.ClientIP(r); ip.IsValid() {
		h["X-Forwarded-For"] = []string{ip.String()}
	}
	h["X-Forwarded-Proto"] = []string{fumehood.Scheme(r)}
	if r.Host != "" {
		h["X-Forwarded-Host"] = []string{strings.ToLower(r.Host)}
	}
	if id := fumehood.RequestID(r); id != "" {
		h["X-Request-Id"] = []string{id}
	}
}

// viaVersion is the received-protocol of RFC 9110, section 7.6.3.
func viaVersion(r *http.Request) string {
	if r.ProtoMajor >= 2 {
		return fmt.Sprint(r.ProtoMajor)
	}
	return fmt.Sprintf("%d.%d", r.ProtoMajor, r.ProtoMinor)
}
