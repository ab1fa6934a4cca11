package csp

import (
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/templates"
)

// Limits of what is kept and sent.
const (
	mostPolicies  = 1024     // in memory, for each guard
	longestHeader = 16 << 10 // bytes of one policy; more, and proxies and browsers refuse the answer
	mostMatches   = 64       // hashes for the scripts of one page, and for its handlers, beside those of its templates
	pageSize      = 1 << 20  // how much of a page is compared
)

// key is what a policy depends on.
type key struct {
	names string // joined by NUL; "\x00?" when it is not known which
	host  string // "" when it makes no difference
	https bool
}

// policy is what is sent with a page.
type policy struct {
	enforced, reported []string // ready header values; nil for none

	// For a page whose scripts are compared: enforced is pre, hashes, mid, hashes, post;
	// the two above are for when they cannot be compared.
	scripts, handlers []*templates.Shape
	pre, mid, post    string
	ttOnly            []string // reported, when the scripts are enforced
	attrToo           []string // reported, when there are too many handlers
}

func (p *policy) compares() bool { return len(p.scripts)+len(p.handlers) > 0 }

// policyOf returns the policy for a page, from memory where it can.
func (g *Guard) policyOf(names []string, host string, https bool) *policy {
	k := key{host: host, https: https}
	switch {
	case names == nil || g.site.Templates == nil || slices.Contains(names, ""):
		k.names = "\x00?"
	case len(names) == 1:
		k.names = names[0]
	default:
		k.names = strings.Join(names, "\x00")
	}
	g.mu.RLock()
	p := g.policies[k]
	g.mu.RUnlock()
	if p != nil {
		return p
	}
	if base := standIn(host); base != host {
		p = g.policyOf(names, base, https).at(host, base)
	} else {
		p = g.makePolicy(names, host, https)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.policies) >= mostPolicies { // hosts and combinations come from outside
		clear(g.policies)
	}
	g.policies[k] = p
	return p
}

// Stand-ins for hosts; no request can have them.
const (
	anyHost  = "\x01"
	anyLocal = "\x01.localhost"
)

// standIn returns what stands for a host where policies are made: that takes up to 0.1 s
// for an app with a thousand scripts, and whoever asks can name 65,000 ports.
func standIn(host string) string {
	switch {
	case host == "" || host == anyHost || host == anyLocal:
		return host
	case localHost(host):
		return anyLocal
	}
	return anyHost
}

// at returns the policy for a host in the place of its stand-in.
func (p *policy) at(host, base string) *policy {
	q := *p
	for _, text := range []*string{&q.pre, &q.mid, &q.post} {
		*text = strings.ReplaceAll(*text, base, host)
	}
	for _, list := range []*[]string{&q.enforced, &q.reported, &q.ttOnly, &q.attrToo} {
		if *list != nil {
			*list = []string{strings.ReplaceAll((*list)[0], base, host)}
		}
	}
	return &q
}

// makePolicy makes the policy of a page.
func (g *Guard) makePolicy(names []string, host string, https bool) *policy {
	page := g.pageOf(names)
	if page.open != "" {
		what := "scripts on its pages are only reported: "
		if page.unknown {
			what = "scripts and styles on its pages are only reported: "
		}
		g.say(strings.Join(names, ", "), what+page.open)
	}
	b := &builder{g: g, page: page, host: host, https: https}
	if g.cfg.Mode == fumehood.Report {
		return &policy{reported: b.join(b.script(), b.scriptAttr(), b.style(), b.rest(false), b.trustedTypes(true))}
	}
	p := &policy{scripts: page.scriptShapes, handlers: page.handlerShapes}
	if page.unknown || page.open != "" || page.inline {
		p.scripts, p.handlers = nil, nil
	}
	closed := b.join(b.script(), b.scriptAttr(), b.style(), b.rest(true), b.trustedTypes(false))
	typesOnly := b.reportedTypes()
	if !page.unknown && len(closed[0]) > longestHeader {
		g.say(strings.Join(names, ", "), "too many inline scripts and styles for one policy: they are only reported")
		page.unknown, page.open = true, "too many"
		p.scripts, p.handlers = nil, nil
	}
	switch {
	case page.unknown:
		p.enforced = b.join(b.rest(true), b.trustedTypes(false))
		p.reported = b.join(b.script(), b.scriptAttr(), b.style(), b.trustedTypes(true))
		if len(p.reported[0]) > longestHeader {
			p.reported = typesOnly
		}
	case page.open != "" || p.compares():
		p.enforced = b.join(b.style(), b.rest(true), b.trustedTypes(false))
		p.reported = b.join(b.script(), b.scriptAttr(), b.trustedTypes(true))
	default:
		p.enforced, p.reported = closed, typesOnly
	}
	if p.compares() {
		p.pre = "default-src 'none'; " + b.script()
		p.mid = "; " + b.scriptAttr()
		p.post = "; " + b.join(b.style(), b.rest(true), b.trustedTypes(false))[0]
		p.ttOnly = typesOnly
		p.attrToo = b.join(b.scriptAttr(), b.trustedTypes(true))
	}
	return p
}

// with returns the enforced policy with the hashes of scripts that were compared.
func (p *policy) with(scripts, handlers []string) []string {
	var b strings.Builder
	b.Grow(len(p.pre) + len(p.mid) + len(p.post) + 64*(len(scripts)+len(handlers)+1))
	b.WriteString(p.pre)
	add := func(hashes []string, among string) {
		for _, hash := range hashes {
			if !strings.Contains(among, hash) {
				b.WriteByte(' ')
				b.WriteString(hash)
			}
		}
	}
	add(scripts, p.pre)
	if none, ok := strings.CutSuffix(p.mid, " 'none'"); ok && len(handlers) > 0 {
		b.WriteString(none + " 'unsafe-hashes'")
	} else {
		b.WriteString(p.mid)
	}
	add(handlers, p.mid)
	b.WriteString(p.post)
	return []string{b.String()}
}

// withAnyHandler is with for a page that has more handlers than a header has room for:
// they are only reported, its scripts are not let off with them.
func (p *policy) withAnyHandler(scripts []string) []string {
	open := *p
	open.mid = "; script-src-attr 'unsafe-inline'"
	return open.with(scripts, nil)
}

// builder writes the directives of one page.
type builder struct {
	g     *Guard
	page  *page
	host  string
	https bool
}

// join makes a header value of directives; those that are empty are left out. default-src
// stands for what scripts and styles do not say, so it is there only with both.
func (b *builder) join(directives ...string) []string {
	var all []string
	for _, d := range directives {
		if d != "" {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return nil
	}
	joined := strings.Join(all, "; ")
	if strings.HasPrefix(joined, "script-src ") && strings.Contains(joined, "; img-src ") {
		joined = "default-src 'none'; " + joined
	}
	joined += "; report-uri " + Path
	if b.https { // browsers take endpoints over https only, and then leave report-uri aside
		joined += "; report-to fumehood-csp"
	}
	return []string{joined}
}

// directive joins a name and its sources, each once.
func directive(name string, lists ...[]string) string {
	var all []string
	for _, list := range lists {
		for _, source := range list {
			if !slices.Contains(all, source) {
				all = append(all, source)
			}
		}
	}
	return name + " " + strings.Join(all, " ")
}

// sample asks for the first characters of what is refused: without them a report about an
// inline script does not tell which.
func sample() []string { return []string{"'report-sample'"} }

// own is where this site's files of one kind come from: where all of them lie among the
// static files, what lies elsewhere, such as an upload, is not one of them.
func (b *builder) own(underStatic bool) (sources []string) {
	if !underStatic || b.host == "" {
		return []string{"'self'"}
	}
	for _, prefix := range b.g.site.StaticPrefixes {
		sources = append(sources, b.origin()+prefix)
	}
	return sources
}

func (b *builder) script() string {
	cfg := b.g.cfg
	own := b.own(b.page.underStatic)
	var extra, hashes []string
	switch {
	case cfg.DangerouslyAllowUnsafeInline || b.page.inline && b.page.open == "":
		extra = append(extra, "'unsafe-inline'") // a hash would switch it off
	default:
		hashes = b.page.scripts
		if b.page.urls {
			extra = append(extra, "'unsafe-hashes'") // javascript: URLs; handlers have a directive of their own
		}
	}
	if cfg.DangerouslyAllowUnsafeEval {
		extra = append(extra, "'unsafe-eval'")
	}
	given := cfg.ScriptSources
	if slices.Contains(extra, "'unsafe-inline'") {
		given = slices.DeleteFunc(slices.Clone(given), validHash)
	}
	return directive("script-src", own, b.page.scriptURLs, given, extra, hashes, sample())
}

func (b *builder) scriptAttr() string {
	if b.g.cfg.DangerouslyAllowUnsafeInline || b.page.inline && b.page.open == "" {
		return "script-src-attr 'unsafe-inline'"
	}
	given := slices.DeleteFunc(slices.Clone(b.g.cfg.ScriptSources), func(s string) bool { return !validHash(s) })
	if len(b.page.handlers)+len(given) == 0 {
		return "script-src-attr 'none'"
	}
	return directive("script-src-attr", []string{"'unsafe-hashes'"}, b.page.handlers, given, sample())
}

func (b *builder) style() string {
	self, inline, cfg := b.own(b.page.sheetsUnderStatic), []string{"'unsafe-inline'"}, b.g.cfg
	var elements, attrs string
	if cfg.DangerouslyAllowUnsafeInline || b.page.openStyles {
		given := slices.DeleteFunc(slices.Clone(cfg.StyleSources), validHash)
		elements = directive("style-src", self, b.page.styleURLs, given, inline)
	} else {
		elements = directive("style-src", self, b.page.styleURLs, cfg.StyleSources, b.page.styles, sample())
	}
	switch {
	case cfg.DangerouslyAllowUnsafeInline || b.page.openStyleAttrs:
		attrs = "style-src-attr 'unsafe-inline'"
	case len(b.page.styleAttrs) == 0:
		attrs = "style-src-attr 'none'"
	default:
		attrs = directive("style-src-attr", []string{"'unsafe-hashes'"}, b.page.styleAttrs)
	}
	return elements + "; " + attrs
}

// rest is all that has to do with neither scripts nor styles.
func (b *builder) rest(enforced bool) string {
	cfg, page, self := b.g.cfg, b.page, []string{"'self'"}
	frames := page.frames
	if page.anyFrame || page.unknown {
		frames = append(slices.Clip(frames), "https:")
	}
	connects := page.connects
	if page.unknown && b.g.site.Templates == nil {
		connects = []string{"https:", "wss:"}
	}
	base := "base-uri 'none'"
	if page.base || page.unknown {
		base = "base-uri 'self'"
	}
	all := []string{
		directive("img-src", self, []string{"data:", "blob:", "https:"}, page.images, cfg.ImgSources),
		directive("font-src", self, []string{"data:", "https:"}, cfg.FontSources),
		directive("media-src", self, []string{"blob:", "https:"}, page.media),
		directive("connect-src", self, connects, cfg.ConnectSources),
		directive("frame-src", self, frames, cfg.FrameSources),
		"worker-src 'self' blob:", "manifest-src 'self'", "object-src 'none'", base,
		directive("form-action", self, page.forms, cfg.FormActions),
		b.g.ancestors,
	}
	if enforced && b.https && !localHost(b.host) { // it means nothing in a report
		all = append(all, "upgrade-insecure-requests")
	}
	return strings.Join(all, "; ")
}

const requireTypes = "require-trusted-types-for 'script'"

// trustedTypes is the directive for the enforced policy or for the one that reports.
func (b *builder) trustedTypes(reported bool) string {
	mode := b.g.cfg.TrustedTypes
	if mode == "enforce" && (!reported || b.g.cfg.Mode == fumehood.Report) || mode == "report" && reported {
		return requireTypes
	}
	return ""
}

func (b *builder) reportedTypes() []string {
	if b.g.cfg.TrustedTypes != "report" {
		return nil
	}
	return b.join(requireTypes)
}

func (b *builder) origin() string {
	if b.https {
		return "https://" + b.host
	}
	return "http://" + b.host
}
