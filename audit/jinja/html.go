package jinja

import "strings"

// text moves through a piece of HTML.
func (s *State) text(t string) {
	for i := 0; i < len(t); {
		switch s.mode {
		case inText:
			j := strings.IndexByte(t[i:], '<')
			if j < 0 {
				return
			}
			i += j + 1
			s.mode = inTagOpen
		case inTagOpen, inEndTagOpen:
			i = s.open(t, i)
		case inTagName, inBeforeAttr, inAttrName, inAfterAttr, inBeforeValue, inAfterValue:
			i = s.inTag(t, i)
		case inDouble, inSingle, inUnquoted:
			i = s.attrValue(t, i)
		case inComment, inBogus, inCDATA:
			i = s.until(t, i)
		case inRCDATA, inRaw, inScript, inStyle:
			i = s.content(t, i)
		default:
			return
		}
	}
}

// open reads what follows < and </.
func (s *State) open(t string, i int) int {
	c := t[i]
	switch {
	case letter(c) && c != '_':
		s.closing = s.mode == inEndTagOpen
		s.mode, s.tag = inTagName, ""
		return i
	case s.mode == inEndTagOpen:
		s.mode = inBogus
		return i
	case c == '/':
		s.mode = inEndTagOpen
		return i + 1
	case c == '?':
		s.mode = inBogus
		return i + 1
	case c != '!':
		s.mode = inText
		return i
	}
	rest := t[i+1:]
	switch {
	case strings.HasPrefix(rest, "-->"):
		s.mode = inText
		return i + 4
	case strings.HasPrefix(rest, "--->"):
		s.mode = inText
		return i + 5
	case strings.HasPrefix(rest, "--"):
		s.mode = inComment
		return i + 3
	case strings.HasPrefix(rest, "[CDATA[") && (s.xml || s.foreign > 0):
		s.mode = inCDATA
		return i + 8
	}
	s.mode = inBogus
	return i + 1
}

// until skips to the end of what ends at a mark.
func (s *State) until(t string, i int) int {
	mark := ">"
	switch s.mode {
	case inComment:
		return s.comment(t, i)
	case inCDATA:
		mark = "]]>"
	}
	j := strings.Index(t[i:], mark)
	if j < 0 {
		return len(t)
	}
	s.reset()
	return i + j + len(mark)
}

// comment skips to --> or --!>.
func (s *State) comment(t string, i int) int {
	for {
		j := strings.Index(t[i:], "--")
		if j < 0 {
			return len(t)
		}
		i += j + 2
		rest := strings.TrimLeft(t[i:], "-")
		for _, end := range [...]string{">", "!>"} {
			if strings.HasPrefix(rest, end) {
				s.reset()
				return len(t) - len(rest) + len(end)
			}
		}
		i = len(t) - len(rest)
	}
}

// reset goes back to text.
func (s *State) reset() { *s = State{foreign: s.foreign, xml: s.xml} }

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }

// inTag reads the next part of a tag.
func (s *State) inTag(t string, i int) int {
	c := t[i]
	switch {
	case s.mode == inTagName:
		end := i
		for end < len(t) && !space(t[end]) && t[end] != '/' && t[end] != '>' {
			end++
		}
		s.tag = lower(s.tag, t[i:end])
		if end < len(t) {
			s.mode, s.slash = inBeforeAttr, false
		}
		return end
	case s.mode == inAttrName:
		return s.attrName(t, i)
	case space(c):
		return i + 1
	case s.mode == inBeforeValue:
		return s.startValue(c, i)
	case c == '>':
		s.endTag()
		return i + 1
	case c == '/':
		s.mode, s.slash = inBeforeAttr, true
		return i + 1
	case c == '=' && s.mode == inAfterAttr:
		s.startAttr()
		return i + 1
	}
	s.mode, s.attr, s.slash = inAttrName, "", false
	return i
}

// attrName reads the name of an attribute. A = at its start is part of it.
func (s *State) attrName(t string, i int) int {
	end := i
	for end < len(t) && !space(t[end]) && t[end] != '/' && t[end] != '>' && (t[end] != '=' || s.attr == "" && end == i) {
		end++
	}
	s.attr = lower(s.attr, t[i:end])
	if end == len(t) {
		return end
	}
	if t[end] == '=' {
		s.startAttr()
		return end + 1
	}
	s.mode = inAfterAttr
	return end
}

// lower joins two parts of a name, in lower case.
func lower(before, after string) string {
	after = strings.ToLower(after)
	if before == "" {
		return after
	}
	return before + after
}

// startAttr prepares for the value of an attribute.
func (s *State) startAttr() {
	s.mode, s.blank, s.value, s.code = inBeforeValue, true, "", code{}
	s.url = address(s.tag, s.attr)
	s.event = len(s.attr) > 2 && s.attr[:2] == "on"
	s.style = s.attr == "style"
}

// address tells whether an attribute holds an address, by the lists of the HTML and SVG
// standards, old ones too.
func address(tag, attr string) bool {
	switch attr {
	case "href", "src", "action", "formaction", "poster", "xlink:href", "ping", "cite", "background", "srcset", "imagesrcset",
		"longdesc", "manifest", "codebase", "classid", "archive", "profile", "dynsrc", "lowsrc", "usemap", "icon", "xml:base":
		return true
	case "data":
		return tag == "object"
	}
	return false
}

func (s *State) startValue(c byte, i int) int {
	switch c {
	case '"':
		s.mode = inDouble
		return i + 1
	case '\'':
		s.mode = inSingle
		return i + 1
	case '>':
		s.endTag()
		return i + 1
	}
	s.mode = inUnquoted
	return i
}

// attrValue reads a value up to its end, or to the end of the text.
func (s *State) attrValue(t string, i int) int {
	end := -1
	switch s.mode {
	case inDouble:
		end = strings.IndexByte(t[i:], '"')
	case inSingle:
		end = strings.IndexByte(t[i:], '\'')
	default:
		end = strings.IndexAny(t[i:], " \t\n\f\r>")
	}
	if end < 0 {
		s.part(t[i:])
		return len(t)
	}
	s.part(t[i : i+end])
	if s.tag == "script" && s.attr == "type" && !s.closing {
		s.script = scriptType(s.value)
	}
	unquoted := s.mode == inUnquoted
	s.mode, s.attr, s.value, s.code, s.blank, s.url, s.event, s.style = inAfterValue, "", "", code{}, false, false, false, false
	if unquoted {
		return i + end
	}
	return i + end + 1
}

// endTag ends a tag: what follows depends on which it was.
func (s *State) endTag() {
	tag, script, closing, slash := s.tag, s.script, s.closing, s.slash
	s.reset()
	switch tag {
	case "svg", "math":
		if closing {
			s.foreign = max(s.foreign, 1) - 1
		} else if !slash && s.foreign < 200 {
			s.foreign++
		}
		return
	case "script":
		s.mode, s.script = inScript, script
	case "style":
		s.mode = inStyle
	case "textarea", "title":
		s.mode = inRCDATA
	case "iframe", "noembed", "noframes", "noscript", "xmp", "plaintext":
		s.mode = inRaw
	default:
		return
	}
	if closing || slash && (s.xml || s.foreign > 0) {
		s.mode, s.script = inText, javaScript
		return
	}
	s.tag = tag
}

// content reads the inside of an element that ends only at its own end tag.
func (s *State) content(t string, i int) int {
	end, next := len(t), len(t)
	for at := i; s.tag != "" && s.tag != "plaintext"; {
		j := strings.IndexByte(t[at:], '<')
		if j < 0 {
			break
		}
		at += j + 1
		if closes(t[at:], s.tag) {
			end, next = at-1, at+1
			break
		}
	}
	switch {
	case s.mode == inScript && s.script != otherData:
		s.code.script(t[i:end])
	case s.mode == inStyle:
		s.code.css(t[i:end])
	}
	if end < len(t) {
		s.reset()
		s.mode = inEndTagOpen
	}
	return next
}

// closes tells whether a text goes on with /tag and something that ends the name.
func closes(t, tag string) bool {
	n := 1 + len(tag)
	if len(t) < n || t[0] != '/' || !strings.EqualFold(t[1:n], tag) {
		return false
	}
	return len(t) == n || space(t[n]) || t[n] == '/' || t[n] == '>'
}
