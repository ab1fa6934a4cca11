package templates

import (
	"maps"
	"slices"
	"strings"
)

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func values[V any](m map[string]V) []V {
	var all []V
	for _, k := range keys(m) {
		all = append(all, m[k])
	}
	return all
}

// element notes the attributes of one element that a policy is about.
func (s *scanner) element(name string, attrs []attr, at int) {
	for _, a := range attrs {
		switch {
		case a.name == "style" && a.value != "":
			s.t.Pieces = append(s.t.Pieces, s.piece(StyleAttr, a.name, a.value, at))
		case strings.HasPrefix(a.name, "on") && a.value != "":
			s.handler(a, at)
		case a.name == "srcdoc" && name == "iframe":
			inner := &scanner{t: s.t, page: s.page, nested: true}
			if !s.nested {
				inner.walk(a.value, at)
			}
		case urlAttr(a.name) && scheme(a.value) == "javascript":
			s.javascriptURL(a, at)
		}
	}
	s.loads(name, attrs, at)
}

func (s *scanner) handler(a attr, at int) {
	p := s.piece(Handler, a.name, a.value, at)
	if p.Hash == "" && !knownHandler(a.name) {
		return // with data, only what a browser runs may loosen the policy
	}
	found := literals(p.Text)
	s.t.WritesStyles = s.t.WritesStyles || found.writesStyles
	s.t.Pieces = append(s.t.Pieces, p)
}

func (s *scanner) javascriptURL(a attr, at int) {
	p := s.piece(JavaScriptURL, a.name, a.value, at)
	if p.Hash != "" && !plainJavaScriptURL(a.value) {
		p.Hash, p.Why = "", "browsers change a javascript: URL like this one before they compare it"
	}
	s.t.Pieces = append(s.t.Pieces, p)
}

// plainJavaScriptURL says whether the URL parser leaves s as it is: the scheme in lower
// case, and only printable ASCII that an opaque path keeps.
func plainJavaScriptURL(s string) bool {
	if !strings.HasPrefix(s, "javascript:") || strings.HasSuffix(s, " ") {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e || s[i] == '%' || s[i] == '#' || s[i] == '?' {
			return false
		}
	}
	return true
}

func urlAttr(name string) bool {
	switch name {
	case "href", "xlink:href", "src", "action", "formaction", "data":
		return true
	}
	return false
}

// scheme returns the scheme of a URL in lower case, as the URL standard finds it: without
// control characters and spaces around it, and without tabs and newlines.
func scheme(u string) string {
	u = strings.TrimLeftFunc(u, func(r rune) bool { return r <= ' ' })
	var b strings.Builder
	for _, r := range u {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
		case r == ':':
			return strings.ToLower(b.String())
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z', b.Len() > 0 && (r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.'):
			b.WriteRune(r)
		default:
			return ""
		}
	}
	return ""
}

// loads notes what an element loads or sends to.
func (s *scanner) loads(name string, attrs []attr, at int) {
	add := func(kind LoadKind, key string) {
		if u, ok := get(attrs, key); ok && u != "" {
			s.add(s.load(kind, u, at), at)
		}
	}
	switch name {
	case "script":
		if _, code := scriptType(attrs); code {
			add(LoadScript, "src")
			if s.inForeign() {
				add(LoadScript, "href")
				add(LoadScript, "xlink:href")
			}
		}
	case "link":
		s.link(attrs, at)
	case "img", "input":
		add(LoadImage, "src")
		add(LoadForm, "formaction")
	case "button":
		add(LoadForm, "formaction")
	case "image", "use":
		add(LoadImage, "href")
	case "audio", "video", "source", "track":
		add(LoadMedia, "src")
		add(LoadImage, "poster")
	case "iframe", "frame":
		add(LoadFrame, "src")
	case "form":
		add(LoadForm, "action")
	case "base":
		s.t.Base = true
	case "object", "embed":
		s.t.Pieces = append(s.t.Pieces, Piece{Kind: Plugin, Name: name, Line: s.page.line(at),
			Why: "plugins are refused on every page"})
	}
}

func (s *scanner) link(attrs []attr, at int) {
	href, ok := get(attrs, "href")
	if !ok {
		return
	}
	rel, _ := get(attrs, "rel")
	as, _ := get(attrs, "as")
	for _, word := range strings.Fields(strings.ToLower(s.page.show(rel))) {
		switch {
		case word == "stylesheet", word == "preload" && as == "style":
			s.add(s.load(LoadStyle, href, at), at)
		case word == "modulepreload", word == "preload" && as == "script":
			s.add(s.load(LoadScript, href, at), at)
		case word == "icon":
			s.add(s.load(LoadImage, href, at), at)
		}
	}
}

// add notes a load, and a piece where a script's URL cannot be named.
func (s *scanner) add(l Load, at int) {
	if l.Kind == LoadScript && l.Origin != "" && l.URL == "" {
		s.t.Pieces = append(s.t.Pieces, Piece{Kind: ScriptURL, Name: "src", Line: s.page.line(at), Text: l.Path,
			Why: "the URL of a script on another site holds template data"})
		return
	}
	s.t.Loads = append(s.t.Loads, l)
}

// load reads a URL that may have data in it.
func (s *scanner) load(kind LoadKind, u string, at int) Load {
	l := Load{Kind: kind, Line: s.page.line(at)}
	u = strings.TrimFunc(u, func(r rune) bool { return r <= ' ' })
	parts := s.page.parts(u)
	if len(parts) == 0 {
		return l
	}
	if first := parts[0].segment; first != nil {
		l.Static = first.kind == expr && staticURL.MatchString(first.body)
		l.Data = !l.Static && !(first.kind == expr && ownURL.MatchString(first.body))
		return l
	}
	literal := parts[0].text
	whole := len(parts) == 1
	rest, found := "", false
	switch sch := scheme(literal); {
	case strings.HasPrefix(literal, "//"):
		rest, found, l.Origin = literal[2:], true, "https://"
	case sch == "https" || sch == "http" || sch == "wss" || sch == "ws":
		_, rest, found = strings.Cut(literal, "://")
		l.Origin = sch + "://"
	case sch != "":
		return Load{Kind: "", Line: l.Line} // data:, blob:, mailto:
	default:
		l.Path, _, _ = strings.Cut(literal, "?")
		return l
	}
	end := strings.IndexAny(rest, "/?#")
	host := rest
	if end >= 0 {
		host = rest[:end]
	}
	if !found || !validHost(host) || end < 0 && !whole {
		return Load{Kind: kind, Line: l.Line, Data: true} // https://{{ host }}/
	}
	l.Origin += strings.ToLower(host)
	l.URL = s.exact(l.Origin, rest[len(host):], whole)
	if l.URL == "" {
		l.Path = s.page.show(u)
	}
	return l
}

// exact returns the source expression for one URL, without its query; where data follows
// in the path, that of the folder. It is "" where that would be the whole site.
func (s *scanner) exact(origin, path string, whole bool) string {
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path, whole = path[:i], true
	}
	if !whole {
		path = path[:strings.LastIndexByte(path, '/')+1]
	}
	if path == "/" || path == "" {
		return ""
	}
	// These two end a source in a policy; CSP level 3, section 2.3.1.
	path = strings.NewReplacer(";", "%3B", ",", "%2C", " ", "%20").Replace(path)
	for i := 0; i < len(path); i++ {
		if path[i] <= ' ' || path[i] > 0x7e {
			return ""
		}
	}
	return origin + path
}

// validHost says whether s is a host, perhaps with a port, that a policy can name.
func validHost(s string) bool {
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort && (port == "" || strings.Trim(port, "0123456789") != "") {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i] | 0x20
		if !(c >= 'a' && c <= 'z' || name[i] >= '0' && name[i] <= '9' || name[i] == '-' || name[i] == '.') {
			return false
		}
	}
	return name != "" && name[0] != '.' && !strings.Contains(name, "..")
}
