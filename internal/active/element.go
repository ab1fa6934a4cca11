package active

import "strings"

// facts are what the attributes of a tag say together.
type facts struct {
	refresh, link, scriptTo, animates bool
	bound, identified, cut, imports   bool
	clobbers, typed, set, equiv       bool
	target, related                   bool
	content, href, to, name, value    string
	bare                              word // the attribute before, which has no value
}

// note keeps what matters together with other attributes.
func (j *judge) note(name, value string) {
	if strings.HasPrefix(name, "xmlns") && strings.HasSuffix(value, "microsoft-com:time") {
		j.facts.bound = true
	}
	switch name {
	case "ng-include", "data-ng-include":
		if strings.Contains(value, "//") {
			j.why = "a template of somebody else"
		}
	case "http-equiv":
		j.facts.equiv = true
		j.facts.refresh = j.facts.refresh || strings.EqualFold(strings.TrimSpace(value), "refresh")
		j.facts.link = j.facts.link || strings.EqualFold(strings.TrimSpace(value), "link")
		j.facts.set = j.facts.set || strings.EqualFold(strings.TrimSpace(value), "set-cookie") || strings.EqualFold(strings.TrimSpace(value), "content-security-policy")
	case "content":
		j.facts.content = value
	case "rel":
		lowered := strings.ToLower(value)
		j.facts.link = j.facts.link || strings.Contains(lowered, "stylesheet")
		j.facts.imports = strings.Contains(lowered, "import")
		j.facts.related = strings.TrimSpace(value) != ""
		for _, kind := range [...]string{"preload", "prefetch", "prerender", "manifest", "serviceworker"} {
			j.facts.link = j.facts.link || strings.Contains(lowered, kind)
		}
	case "itemprop", "property":
		j.facts.related = true
	case "href", "xlink:href", "src", "data", "code", "classid", "archive", "codebase":
		j.facts.href = value
	case "target":
		j.facts.target = true
	case "value":
		j.facts.value = value
	case "charset":
		j.facts.content, j.facts.equiv = "charset="+value, true
	case "dataformatas", "datasrc", "implementation", "ev:event", "handler":
		j.facts.bound = true // to a script or to markup, by old browsers
	case "id", "name":
		j.facts.identified = j.facts.identified || name == "id"
		if name == "name" {
			j.facts.name = value
		}
		j.facts.clobbers = j.facts.clobbers || clobbers(value)
	case "formaction":
		if strings.Contains(value, "//") {
			j.why = "a button that sends a form elsewhere"
		}
	case "codetype":
		j.facts.typed = true
	case "type":
		j.facts.typed = true
		j.facts.scriptTo = strings.Contains(strings.ToLower(value), "script")
	case "attributename":
		lowered := strings.ToLower(value)
		j.facts.animates = strings.HasSuffix(lowered, "href") || strings.HasPrefix(lowered, "on") || strings.HasSuffix(lowered, "html")
	case "to", "values", "from", "by":
		j.facts.to += value
	}
}

// local returns the name of an element without a prefix of XML.
func local(element string) string { return element[strings.LastIndexByte(element, ':')+1:] }

// finish judges the tag as a whole.
func (j *judge) finish() {
	f := &j.facts
	element := local(j.element)
	switch element {
	case "object", "embed":
		if f.href != "" || f.typed {
			j.why = "an " + element + " element"
		}
	case "param":
		if playerSetting(f.name) && (strings.Contains(f.value, "//") || scriptURL(f.value, false)) {
			j.why = "a setting of an object element"
		}
	case "base":
		if f.href != "" || f.cut && f.target {
			j.why = "a base element"
		}
	case "meta":
		if (f.refresh || f.link) && f.content != "" || f.equiv && f.cut || f.set {
			j.why = "a meta element that leads on"
		}
		if foreignCharset(f.content) {
			j.why = "a charset in which text may be markup"
		}
	case "link":
		if (f.imports || f.cut || !f.related) && f.href != "" || f.link && strings.Contains(f.href, "//") { // a style sheet or page of somebody else
			j.why = "a link element that loads"
		}
	case "style":
		if f.scriptTo {
			j.why = "a style of script"
		}
	case "iframe", "frame", "layer", "ilayer", "vmlframe":
		if f.cut || strings.IndexByte(f.href, '<') >= 0 || element != "iframe" || oddScheme(f.href) || runsCode(f.name, false) {
			if f.href != "" {
				j.why = "a frame"
			}
		}
	case "use", "tref", "feimage", "font-face-uri":
		if strings.HasPrefix(strings.TrimSpace(f.href), "//") || strings.Contains(f.href, "://") {
			j.why = "a drawing of somebody else"
		}
	case "xml":
		if f.href != "" || f.identified {
			j.why = "a data island"
		}
	case "form", "img", "image":
		if f.clobbers {
			j.why = "an element in the place of what scripts look for"
		}
	}
	if element == "xml-stylesheet" && (f.href != "" || f.cut) {
		j.why = "a style sheet of XML"
	}
	if f.bound && j.element != "" {
		j.why = "data that is bound as markup or script"
	}
	if f.animates && (f.to != "" || f.cut) {
		j.why = "an animated link"
	}
}

// playerSetting says whether an object element finds what it plays under that name.
func playerSetting(name string) bool {
	switch strings.ToLower(name) {
	case "src", "url", "movie", "data", "code", "codebase", "archive", "filename", "allowscriptaccess", "base":
		return true
	}
	return false
}

// style judges what follows a style tag, up to an end tag. It returns where that is.
func (j *judge) style(s string) int {
	if i := strings.Index(s, "</"); i >= 0 {
		s = s[:i]
	}
	if activeCSS(s) {
		j.why = "a style that runs script"
	}
	return len(s)
}

// foreignCharset says whether the content of a meta element names a charset in which bytes
// mean something else than in ASCII.
func foreignCharset(content string) bool {
	_, label, found := strings.Cut(strings.ToLower(content), "charset")
	if !found {
		return false
	}
	label = strings.Trim(label, "= \t\r\n\f\"'")
	for _, usual := range [...]string{"utf-8", "utf8", "iso-8859", "iso8859", "latin", "windows-125", "cp125", "us-ascii", "ascii", "koi8", "gb", "big5",
		"euc", "shift", "sjis"} {
		if strings.HasPrefix(label, usual) {
			return false
		}
	}
	return label != ""
}

// oddScheme says whether the source of a frame is neither a page of the web nor of this site.
func oddScheme(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	colon := strings.IndexByte(s, ':')
	if colon < 0 || strings.ContainsAny(s[:colon], "/?#") {
		return false
	}
	return s[:colon] != "https" && s[:colon] != "http" && s[:colon] != "about" && s[:colon] != "blob"
}
