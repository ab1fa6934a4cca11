package clientip

import (
	"net/http"
	"strings"
)

// strip removes all headers that speak for somebody else: who the client is, what it asked
// for, how it came. What is true of them is set again by whoever calls the app.
func strip(h http.Header) {
	for name := range h {
		if strings.IndexByte(name, '_') >= 0 || speaksForOthers(name) {
			delete(h, name)
		}
	}
}

// speaksForOthers knows the names, in net/http's spelling, that proxies, CDNs and
// frameworks use for what a client may not say of itself.
func speaksForOthers(name string) bool {
	switch name {
	// The address.
	case "Forwarded", "X-Forwarded", "Forwarded-For", "X-Real-Ip", "X-Real-Port", "Client-Ip", "X-Client-Ip",
		"X-Client-Port", "True-Client-Ip", "X-True-Client-Ip", "True-Client-Port", "Cf-Connecting-Ip",
		"Cf-Connecting-Ipv6", "Cf-Pseudo-Ipv4", "Fastly-Client-Ip", "Fly-Client-Ip", "X-Cluster-Client-Ip",
		"X-Original-Forwarded-For", "X-Originating-Ip", "X-Remote-Ip", "X-Remote-Addr", "Remote-Addr",
		"X-Azure-Clientip", "X-Azure-Socketip", "X-Appengine-User-Ip", "X-Appengine-Remote-Addr",
		"X-Envoy-External-Address", "X-Nf-Client-Connection-Ip", "X-Vercel-Forwarded-For", "X-Vercel-Proxied-For",
		"Cloudfront-Viewer-Address", "Proxy-Client-Ip", "Wl-Proxy-Client-Ip", "X-Proxyuser-Ip":
		return true
	// The scheme, the host and the path.
	case "X-Scheme", "X-Url-Scheme", "Front-End-Https", "Cf-Visitor", "Cloudfront-Forwarded-Proto", "X-Arr-Ssl",
		"X-Host", "X-Original-Host", "X-Http-Host-Override", "X-Original-Url", "X-Rewrite-Url", "X-Original-Uri",
		"X-Original-Method", "X-Envoy-Original-Path", "X-Script-Name", "X-Request-Uri":
		return true
	// The user, as proxies that log people in say it.
	case "Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups", "X-Remote-User", "X-Remote-Group",
		"X-Webauth-User", "X-Authenticated-User", "X-Ms-Client-Principal",
		"X-Ms-Client-Principal-Id", "X-Ms-Client-Principal-Name", "X-Ms-Client-Principal-Idp",
		"X-Goog-Authenticated-User-Email", "X-Goog-Authenticated-User-Id", "X-Goog-Iap-Jwt-Assertion",
		"Cf-Access-Authenticated-User-Email", "Cf-Access-Jwt-Assertion", "X-Amzn-Oidc-Identity",
		"X-Amzn-Oidc-Data", "X-Amzn-Oidc-Accesstoken", "X-Client-Cert", "X-Client-Dn", "Client-Cert",
		"Client-Cert-Chain", "X-Arr-Clientcert":
		return true
	// What a CGI program would take for its own settings (httpoxy), and nginx for its orders.
	case "Proxy", "X-Sendfile-Type":
		return true
	}
	for _, prefix := range [...]string{"X-Forwarded-", "X-Auth-Request-", "X-Ssl-", "Ssl-Client-", "X-Accel-", "Tailscale-User-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
