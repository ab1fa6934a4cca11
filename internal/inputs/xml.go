package inputs

import (
	"html"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// xml takes the texts and attributes of a document, and what stands before its first element,
// where it declares entities. It is no validating reader: apps have several, and what one of
// them would refuse does no harm here.
func (c *collector) xml(text string) {
	if i := strings.Index(text, "<!DOCTYPE"); i >= 0 {
		end := strings.Index(text[i:], "]>")
		if end < 0 {
			end = strings.IndexByte(text[i:], '>')
		}
		if end < 0 {
			end = len(text) - i - 1
		}
		if !c.add(fumehood.InForm, RawBody, text[i:i+end+1]) {
			return
		}
		text = text[i+end+1:]
	}
	name := ""
	for text != "" {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			open = len(text)
		}
		if content := strings.Trim(text[:open], " \t\r\n]>"); content != "" && !c.add(fumehood.InForm, name, html.UnescapeString(content)) {
			return
		}
		text = text[open:]
		switch {
		case strings.HasPrefix(text, "<![CDATA["):
			content, rest, _ := strings.Cut(text[len("<![CDATA["):], "]]>")
			if text = rest; !c.add(fumehood.InForm, name, content) {
				return
			}
		case strings.HasPrefix(text, "<!--"):
			_, text, _ = strings.Cut(text, "-->")
		case text != "":
			end := tagEnd(text)
			tag := text[1:end]
			text = text[min(len(text), end+1):]
			if tag == "" || tag[0] == '/' || tag[0] == '!' || tag[0] == '?' {
				continue
			}
			word := strings.IndexAny(tag, " \t\r\n/")
			if word < 0 {
				word = len(tag)
			}
			if name = tag[:word]; !c.attributes(name, tag[word:]) {
				return
			}
		}
	}
}

// tagEnd returns where the tag that s begins with ends: at a ">" that is in no attribute.
func tagEnd(s string) int {
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch {
		case quote != 0:
			if s[i] == quote {
				quote = 0
			}
		case s[i] == '"' || s[i] == '\'':
			quote = s[i]
		case s[i] == '>':
			return i
		}
	}
	return len(s)
}

// attributes takes the attributes of an element. Names of namespaces are addresses, which
// every document has.
func (c *collector) attributes(element, s string) bool {
	for {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return true
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return true
		}
		value, after, _ := strings.Cut(rest[1:], rest[:1])
		name = strings.Trim(name, " \t\r\n/")
		if !strings.HasPrefix(name, "xmlns") && !c.add(fumehood.InForm, element+"@"+name, html.UnescapeString(value)) {
			return false
		}
		s = after
	}
}
