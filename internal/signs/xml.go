package signs

import "strings"

// xml looks for documents that make their reader fetch or run something: entities,
// external document types, XInclude, schemas of somebody else, and stylesheets that reach
// outside.
func (s *Score) xml(value string, sh *shape) {
	if sh.has&angles == 0 {
		return
	}
	strong := sh.strong()
	if strings.HasPrefix(strings.TrimSpace(value), "<?xml") {
		strong = Refuse
	}
	sheet, typed := false, 0 // a stylesheet was judged; document types up to there were
	for i := strings.IndexByte(value, '<'); i >= 0; {
		switch rest := value[i:]; {
		case len(rest) < 3 || strings.IndexByte("!?xX", rest[1]) < 0:
		case foldPrefix(rest, "<!entity"):
			s.add(XML, Refuse, "a document that declares entities")
		case i >= typed && foldPrefix(rest, "<!doctype"):
			typed = i + s.doctype(rest, strong)
		case foldPrefix(rest, "<xi:include"):
			s.add(XML, strong, "a document that includes others")
		case !sheet && foldPrefix(rest, "<xsl:"):
			sheet = true
			s.stylesheet(rest, strong)
		case foldPrefix(rest, "<?xml-stylesheet"):
			s.add(XML, Weak, "a document that fetches a stylesheet")
		}
		next := strings.IndexByte(value[i+1:], '<')
		if next < 0 {
			break
		}
		i += next + 1
	}
	if strings.Contains(value, "http://www.w3.org/2001/XInclude") {
		s.add(XML, strong, "a document that includes others")
	}
	rest := value
	for range 8 {
		_, list, found := strings.Cut(rest, "schemaLocation=")
		if found && foreignSchema(list) {
			s.add(XML, strong, "a document that has its reader fetch a schema")
		}
		rest = list
	}
}

// foreignSchema says whether an attribute with pairs of namespace and schema (XML Schema part 1,
// section 4.3.2), whose value is first in s, names schemas only on other sites than that of
// their namespace. For the namespaces of the W3C and of purl.org, others have schemas.
func foreignSchema(s string) bool {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return false
	}
	list, _, found := strings.Cut(s[1:min(len(s), 4096)], s[:1])
	if !found {
		return false
	}
	words := strings.Fields(list)
	web := false
	for i := 0; i+1 < len(words); i += 2 {
		space, schema := site(words[i]), site(words[i+1])
		if schema == "" || space == schema || space == "w3.org" || space == "purl.org" || space == "" {
			return false
		}
		web = true
	}
	return web
}

// site returns the last two labels of the host of a URL of the web, "" for what is none.
func site(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	if !found || len(scheme) > 5 {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#:"); i >= 0 {
		rest = rest[:i]
	}
	if dot := strings.LastIndexByte(rest, '.'); dot > 0 {
		rest = rest[strings.LastIndexByte(rest[:dot], '.')+1:]
	}
	return strings.ToLower(rest)
}

// doctype judges a document type, and returns the length of what it has read: pages begin with one,
// but theirs is public or names nothing.
func (s *Score) doctype(rest string, strong uint8) int {
	rest = rest[:min(len(rest), 1024)]
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		end = len(rest)
	}
	head := rest[:end]
	var system bool
	for i := strings.IndexAny(head, "sS"); i >= 0 && i+6 < len(head) && !system; i++ {
		system = head[i]|0x20 == 's' && head[i+1]|0x20 == 'y' && foldPrefix(head[i:], "system")
	}
	switch {
	case system && !strings.Contains(head, "about:legacy-compat"):
		s.add(XML, strong, "a document type from outside")
	case strings.IndexByte(head, '[') > 0:
		s.add(XML, strong, "a document with a type of its own")
	}
	return end
}

// stylesheet judges XSLT, which is a programming language.
func (s *Score) stylesheet(rest string, strong uint8) {
	for _, reach := range [...]string{"document(", "php:function", "system-property(", "unparsed-text(", "xsl:import", "xsl:include", "xsl:result-document",
		"msxsl:script", "java:", "exsl:document", "ptswarm:", "date:date", "rt:exec"} {
		if strings.Contains(rest, reach) {
			s.add(XML, strong, "a stylesheet that reaches outside")
			return
		}
	}
	s.add(XML, Weak, "a stylesheet")
}
