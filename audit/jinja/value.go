package jinja

import (
	"html"
	"strings"
)

// part reads a piece of an attribute value.
func (s *State) part(t string) {
	if t == "" {
		return
	}
	switch {
	case s.event:
		s.code.script(html.UnescapeString(t))
	case s.style:
		s.code.css(html.UnescapeString(t))
	case s.attr == "type" && s.tag == "script":
		s.value += t
	case s.url && s.blank:
		s.javascript(t)
	}
	if s.blank {
		s.blank = onlyControls(t)
	}
	if s.attr == "content" && s.tag == "meta" {
		s.refresh(t)
	}
}

// onlyControls tells a text that browsers strip from the start of an address.
func onlyControls(t string) bool {
	for i := range len(t) {
		if t[i] > ' ' {
			return false
		}
	}
	return true
}

// javascript sees an address that is a script.
func (s *State) javascript(t string) {
	const scheme = "javascript:"
	t = strings.TrimLeft(html.UnescapeString(t), "\x00\t\n\f\r ")
	if len(t) >= len(scheme) && strings.EqualFold(t[:len(scheme)], scheme) {
		s.event = true
		s.code.script(t[len(scheme):])
	}
}

// refresh sees the address in <meta http-equiv=refresh content="0;url=...">.
func (s *State) refresh(t string) {
	i := strings.LastIndexByte(t, '=')
	if i < 3 || !strings.EqualFold(t[i-3:i], "url") {
		return
	}
	s.url = true
	s.blank = strings.Trim(t[i+1:], " \t\n'\"") == ""
}

// scriptType tells what a script element with this type holds, by the HTML standard.
func scriptType(t string) scriptKind {
	t, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(t)), ";")
	t = strings.TrimSpace(t)
	switch {
	case t == "", t == "module", strings.HasSuffix(t, "script") && !strings.Contains(t, "vbscript"), strings.HasPrefix(t, "text/javascript1."),
		t == "text/jsx", t == "text/babel", strings.Contains(t, "*"):
		return javaScript
	case strings.HasSuffix(t, "json"), t == "importmap", t == "speculationrules":
		return jsonData
	}
	return otherData
}

// output moves past a value that only the run of the template knows.
func (s *State) output() {
	s.code.escape = false
	switch s.mode {
	case inTagOpen, inEndTagOpen:
		s.closing = s.mode == inEndTagOpen
		s.mode, s.tag = inTagName, "*"
	case inBeforeAttr, inAfterAttr, inAfterValue:
		s.mode, s.attr, s.slash = inAttrName, "*", false
	case inAttrName:
		s.attr += "*"
	case inBeforeValue:
		s.mode = inUnquoted
		s.dynamic()
	case inDouble, inSingle, inUnquoted:
		s.dynamic()
	case inScript, inStyle:
		s.code.output()
	}
}

func (s *State) dynamic() {
	s.blank = false
	switch {
	case s.event || s.style:
		s.code.output()
	case s.attr == "type" && s.tag == "script":
		s.value += "*"
	}
}
