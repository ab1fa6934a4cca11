package csp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Limits of one request with reports.
const (
	largestBody = 64 << 10
	mostReports = 50 // browsers send a few at once
	deepestJSON = 8
	receiveTime = 10 * time.Second
)

// receive answers a request at Path. Whoever sends nonsense learns nothing about it.
func (g *Guard) receive(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header()["Allow"] = []string{http.MethodPost}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if g.site.Reports.room() {
		// An error means that the writer below has no deadlines; limits has its own.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(receiveTime))
		body, err := io.ReadAll(io.LimitReader(r.Body, largestBody+1))
		if err == nil && len(body) <= largestBody {
			for _, v := range parse(r.Header.Get("Content-Type"), body) {
				if what, ok := v.what(r.Host); ok {
					g.site.Reports.add(what, clean(v.Sample, longestSample), max(v.Line, 0))
				}
			}
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// violation is a report in either format.
type violation struct {
	Document, Blocked, Directive, Source, Sample, Disposition string
	Line                                                      int
}

// parse reads the reports of a body: application/csp-report (CSP level 2) or
// application/reports+json (Reporting API).
func parse(contentType string, body []byte) []violation {
	if !shallow(body) {
		return nil
	}
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/csp-report":
		var one struct {
			Report struct {
				Document    string `json:"document-uri"`
				Blocked     string `json:"blocked-uri"`
				Effective   string `json:"effective-directive"`
				Violated    string `json:"violated-directive"`
				Source      string `json:"source-file"`
				Sample      string `json:"script-sample"`
				Disposition string `json:"disposition"`
				Line        number `json:"line-number"`
			} `json:"csp-report"`
		}
		if json.Unmarshal(body, &one) != nil {
			return nil
		}
		r := one.Report
		if r.Effective == "" {
			r.Effective, _, _ = strings.Cut(r.Violated, " ")
		}
		return []violation{{r.Document, r.Blocked, r.Effective, r.Source, r.Sample, r.Disposition, int(r.Line)}}
	case "application/reports+json":
		return parseMany(body)
	}
	return nil
}

// number is a line number; whatever is no number counts as 0.
type number int

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	var i int
	if json.Unmarshal(data, &i) == nil {
		*n = number(i)
	}
	return nil
}

func parseMany(body []byte) []violation {
	var many []struct {
		Type string          `json:"type"`
		URL  string          `json:"url"`
		Body json.RawMessage `json:"body"`
	}
	if json.Unmarshal(body, &many) != nil {
		return nil
	}
	var all []violation
	for _, r := range many[:min(len(many), mostReports)] {
		var b struct {
			Document    string `json:"documentURL"`
			Blocked     string `json:"blockedURL"`
			Directive   string `json:"effectiveDirective"`
			Source      string `json:"sourceFile"`
			Sample      string `json:"sample"`
			Disposition string `json:"disposition"`
			Line        number `json:"lineNumber"`
		}
		if r.Type != "csp-violation" || json.Unmarshal(r.Body, &b) != nil {
			continue
		}
		if b.Document == "" {
			b.Document = r.URL
		}
		all = append(all, violation{b.Document, b.Blocked, b.Directive, b.Source, b.Sample, b.Disposition, int(b.Line)})
	}
	return all
}

// shallow says whether JSON is not nested deeper than reports are.
func shallow(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	depth := 0
	for {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > deepestJSON {
				return false
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// directives are those that a report may name (CSP level 3, section 6; Trusted Types).
func directives() []string {
	return []string{"default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem",
		"style-src-attr", "img-src", "font-src", "media-src", "connect-src", "frame-src", "child-src", "worker-src",
		"manifest-src", "object-src", "base-uri", "form-action", "frame-ancestors", "upgrade-insecure-requests",
		"require-trusted-types-for", "trusted-types", "fenced-frame-src", "prefetch-src", "sandbox"}
}

// what reduces a report to its kind. It is false for one that is no business of this
// site: of another host, or caused by the visitor's own browser.
func (v violation) what(host string) (What, bool) {
	document, err := url.Parse(v.Document)
	if err != nil || !strings.EqualFold(document.Host, host) || document.Host == "" {
		return What{}, false
	}
	if !slices.Contains(directives(), v.Directive) || foreign(v.Blocked) || foreign(v.Source) {
		return What{}, false
	}
	w := What{
		Directive: v.Directive, Blocked: reduce(v.Blocked, false), Page: clean(document.EscapedPath(), longestText),
		Enforced: v.Disposition != "report",
	}
	if source, err := url.Parse(v.Source); err == nil && source.Host != "" {
		w.Source = reduce(v.Source, true)
		if strings.EqualFold(source.Host, host) && source.Path == document.Path {
			w.Source = "" // the page itself
		}
	}
	if w.Page == "" {
		w.Page = "/"
	}
	return w, true
}

// foreign says whether a URL belongs to the browser or one of its extensions.
func foreign(u string) bool {
	u = strings.ToLower(strings.TrimSpace(u))
	u = strings.TrimPrefix(u, "blob:")
	scheme, _, _ := strings.Cut(u, ":")
	switch scheme {
	case "chrome-extension", "moz-extension", "safari-extension", "safari-web-extension", "ms-browser-extension",
		"webkit-masked-url", "edge-extension", "extension", "chrome", "resource", "about", "user-script", "userscript",
		"webviewprogressproxy", "chromeinvoke", "chromenull", "chromeinvokeimmediate", "mbinit", "mx", "gap", "jar":
		return true
	}
	return false
}

// reduce leaves of a URL what tells one place from another: its origin, for a script of
// this site its path too. A word such as "inline" stays.
func reduce(u string, path bool) string {
	parsed, err := url.Parse(u)
	switch {
	case err != nil:
		return "unreadable"
	case parsed.Host != "" && path:
		return clean(parsed.Scheme+"://"+parsed.Host+parsed.EscapedPath(), longestText)
	case parsed.Host != "":
		return clean(parsed.Scheme+"://"+parsed.Host, longestText)
	case parsed.Scheme != "":
		return clean(parsed.Scheme+":", longestText)
	}
	return clean(u, longestText)
}

// clean cuts a text and takes out what could forge a line of a log or move a cursor.
func clean(s string, runes int) string {
	var b strings.Builder
	for _, r := range s {
		if runes--; runes < 0 {
			break
		}
		if !unicode.IsPrint(r) && r != ' ' {
			r = ' '
			if s := b.String(); s != "" && s[len(s)-1] == ' ' {
				continue
			}
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
