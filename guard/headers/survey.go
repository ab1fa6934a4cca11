package headers

import (
	"net/http"
	"net/textproto"
	"slices"
)

// owned is a set of the fields that the app has set and that are judged.
type owned uint8

const (
	ownHSTS owned = 1 << iota
	ownFrame
	ownReferrer
	ownOpener
	ownResource
	ownEmbedder
	ownFeatures
)

// drop and banner stand in fields for those that go.
const (
	drop   owned = 0
	banner owned = 1 << 7
)

// fields are the header fields that the guard looks for, by their canonical name.
//
// The banners are from the list of headers to remove of the OWASP Secure Headers Project
// (testdata/owasp-remove.txt) and some that it lacks.
var fields = map[string]owned{
	"Strict-Transport-Security":    ownHSTS,
	"X-Frame-Options":              ownFrame,
	"Referrer-Policy":              ownReferrer,
	"Cross-Origin-Opener-Policy":   ownOpener,
	"Cross-Origin-Resource-Policy": ownResource,
	"Cross-Origin-Embedder-Policy": ownEmbedder,
	"Permissions-Policy":           ownFeatures,

	// A pin that is lost, or planted, locks every visitor out; browsers gave it up.
	"Public-Key-Pins": drop, "Public-Key-Pins-Report-Only": drop, "Expect-Ct": drop,

	"Server": banner, "X-Server": banner, "X-Powered-By": banner, "Powered-By": banner,
	"X-Aspnet-Version": banner, "X-Aspnetmvc-Version": banner, "X-Runtime": banner,
	"X-Generator": banner, "X-Generated-By": banner, "X-Framework": banner, "X-Version": banner,
	"Via": banner, "X-Served-By": banner, "X-Backend-Server": banner, "X-Cms": banner,
	"X-Php-Version": banner, "X-Powered-Cms": banner, "X-Powered-By-Plesk": banner,
	"X-Cf-Powered-By": banner, "X-Server-Powered-By": banner, "X-Turbo-Charged-By": banner,
	"X-Content-Encoded-By": banner, "X-Redirect-By": banner, "X-Mod-Pagespeed": banner,
	"X-Page-Speed": banner, "X-Owa-Version": banner, "X-Umbraco-Version": banner,
	"X-Cocoon-Version": banner, "X-Jitsi-Release": banner, "X-Sourcefiles": banner,
	"X-Diaginfo": banner, "X-Beserver": banner, "X-Feserver": banner,
	"X-Calculatedbetarget": banner, "X-Varnish-Backend": banner, "X-Varnish-Server": banner,
	"X-Old-Content-Length": banner, "$wsep": banner, "Host-Header": banner,
	"K-Proxy-Request": banner, "Liferay-Portal": banner, "Oraclecommercecloud-Version": banner,
	"Pega-Host": banner, "Product": banner, "X-Envoy-Attempt-Count": banner,
	"X-Envoy-External-Address": banner, "X-Envoy-Internal": banner,
	"X-Envoy-Original-Dst-Host": banner, "X-Envoy-Upstream-Service-Time": banner,
	"X-Kubernetes-Pf-Flowschema-Ui": banner, "X-Kubernetes-Pf-Flowschema-Uid": banner,
	"X-Kubernetes-Pf-Prioritylevel-Uid": banner, "X-Oneagent-Js-Injection": banner,
	"X-Dtagentid": banner, "X-Dthealthcheck": banner, "X-Dtinjectedservlet": banner,
	"X-Ruxit-Js-Agent": banner, "X-B3-Parentspanid": banner, "X-B3-Sampled": banner,
	"X-B3-Spanid": banner, "X-B3-Traceid": banner, "X-Atmosphere-Error": banner,
	"Microsoftsharepointteamservices": banner,
}

// survey removes what has to go and says which of the judged fields the app has set.
func (g *Guard) survey(header http.Header) (own owned) {
	for name, values := range header {
		what, found := fields[name]
		switch {
		case !found:
			if !canonical(name) && g.respell(header, name) {
				return g.survey(header)
			}
		case what == drop, what == banner && !g.keepServer, len(values) == 0:
			delete(header, name)
		default:
			own |= what
		}
	}
	return own
}

// respell gives a field its canonical name, where the guard cares for it: net/http writes
// another spelling as it is, beside ours.
func (g *Guard) respell(header http.Header, name string) bool {
	proper := textproto.CanonicalMIMEHeaderKey(name)
	_, found := fields[proper]
	if proper == name || !found && proper != "Content-Type" && !g.sets(proper) {
		return false
	}
	header[proper] = append(slices.Clone(header[proper]), header[name]...)
	delete(header, name)
	return true
}

// sets says whether the guard sets a field whatever the app says.
func (g *Guard) sets(name string) bool {
	return slices.ContainsFunc(g.always, func(f field) bool { return f.name == name })
}

// canonical says whether name is as net/http spells it: capitals at the beginning of each
// word and nowhere else.
func canonical(name string) bool {
	start := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		if start && c >= 'a' && c <= 'z' || !start && c >= 'A' && c <= 'Z' {
			return false
		}
		start = c == '-'
	}
	return true
}
