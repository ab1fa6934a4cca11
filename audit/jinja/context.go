package jinja

import (
	"path"
	"strings"
)

// Kind is the part of HTML in which something stands.
type Kind uint8

const (
	TextContent  Kind = iota // between tags
	Comment                  // <!-- -->, and what browsers read as one
	TagName                  // right after < or </
	AttrName                 // in a tag, outside of values
	AttrUnquoted             // value
	AttrDouble               // value in "
	AttrSingle               // value in '
	ScriptData               // in script, outside of strings
	ScriptString             // in a string, a template literal or a regular expression of a script
	ScriptJSON               // in script of a type such as application/json: data
	StyleData                // in style, outside of strings
	StyleString              // in a string of style
	RCDATA                   // in textarea and title
	RawText                  // in noscript, iframe, CDATA, scripts that are no scripts
	NotHTML                  // the template makes something else, by its name
)

var kindNames = [...]string{"text", "comment", "tag name", "attribute name", "unquoted attribute", "double-quoted attribute",
	"single-quoted attribute", "script", "script string", "script JSON", "style", "style string", "RCDATA", "raw text", "not HTML"}

func (k Kind) String() string { return kindNames[k] }

// Context is what surrounds an output in the HTML that the template makes.
type Context struct {
	Kind Kind
	// Quote is the quote of the string around it, also of one in an event attribute, in a
	// style attribute and in JSON: ' " or `, and / for a regular expression; 0 for none.
	Quote byte
	// Tag and Attr are in lower case. A part that an output makes is a *. Tag is "" in text.
	Tag, Attr string
	// URL is true in an attribute that holds an address, and in url() of a style.
	URL bool
	// Start is true if nothing but blanks stands before it in the attribute value or the
	// string, on one way through the template at least: it decides the scheme of an address.
	Start bool
	// Event is true if the value is a script: on... attributes, and addresses that start with
	// javascript:.
	Event bool
	// Style is true in a style attribute.
	Style bool
	// Note is true in a comment of a script or a style.
	Note bool
}

// State is a place in HTML, from which the reading goes on. States compare with ==; the zero
// State is text.
type State struct {
	mode    mode
	script  scriptKind
	tag     string
	attr    string
	value   string // of a script's type
	code    code   // in scripts, styles and attributes that hold them
	foreign uint8  // open svg and math elements
	xml     bool
	closing bool // the tag is an end tag
	slash   bool // the tag ends in /
	blank   bool // the value has only blanks so far
	url     bool
	event   bool
	style   bool
}

// mode is the state of the tokenizer.
type mode uint8

const (
	inText mode = iota
	inTagOpen
	inEndTagOpen
	inTagName
	inBeforeAttr
	inAttrName
	inAfterAttr
	inBeforeValue
	inDouble
	inSingle
	inUnquoted
	inAfterValue
	inComment
	inBogus // what browsers read as a comment up to the next >
	inCDATA
	inRCDATA
	inRaw
	inScript
	inStyle
	inNothing // not HTML
)

// scriptKind is what a script element holds.
type scriptKind uint8

const (
	javaScript scriptKind = iota
	jsonData
	otherData
)

// startState is where a template of this name starts. Extensions such as .j2 say nothing.
func startState(name string) State {
	name = strings.ToLower(name)
	ext := path.Ext(name)
	for ext == ".j2" || ext == ".jinja" || ext == ".jinja2" || ext == ".tmpl" || ext == ".tpl" || ext == ".template" {
		name = strings.TrimSuffix(name, ext)
		ext = path.Ext(name)
	}
	switch ext {
	case ".js", ".mjs", ".ts":
		return State{mode: inScript}
	case ".json", ".jsonld", ".webmanifest", ".geojson":
		return State{mode: inScript, script: jsonData}
	case ".css":
		return State{mode: inStyle}
	case ".xml", ".svg", ".xhtml", ".rss", ".atom":
		return State{xml: true}
	case ".txt", ".text", ".rst", ".tex", ".py", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env", ".sh", ".sql", ".csv",
		".eml", ".ics", ".po", ".pot", ".service", ".properties":
		return State{mode: inNothing}
	}
	return State{}
}

// isText reports whether a template whose name does not say that it is HTML has no tag and
// nothing to do with other templates: a mail, a file of settings.
func (t *Template) isText() bool {
	if ext := path.Ext(t.Name); ext != ".j2" && ext != ".jinja" && ext != ".jinja2" || t.Extends != nil || len(t.Blocks)+len(t.Macros) > 0 {
		return false
	}
	name := strings.TrimSuffix(t.Name, path.Ext(t.Name))
	for rest := t.Source; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			return !strings.HasSuffix(name, ".html") && !strings.HasSuffix(name, ".htm")
		}
		if rest = rest[i+1:]; rest != "" && (rest[0] == '/' || rest[0] == '!' || rest[0]|0x20 >= 'a' && rest[0]|0x20 <= 'z') {
			return false
		}
	}
}

// Context returns the context of what is put out here.
func (s *State) Context() Context {
	c := Context{Tag: s.tag}
	switch s.mode {
	case inText:
		c.Tag = ""
	case inTagOpen, inEndTagOpen, inTagName:
		c.Kind = TagName
	case inBeforeAttr, inAttrName, inAfterAttr, inAfterValue:
		c.Kind = AttrName
		if s.mode == inAttrName {
			c.Attr = strings.ToLower(s.attr)
		}
	case inBeforeValue, inDouble, inSingle, inUnquoted:
		s.inValue(&c)
	case inComment, inBogus:
		c.Kind, c.Tag = Comment, ""
	case inCDATA:
		c.Kind, c.Tag = RawText, ""
	case inRCDATA:
		c.Kind = RCDATA
	case inRaw:
		c.Kind = RawText
	case inScript:
		s.inScript(&c)
	case inStyle:
		c.Kind = StyleData
		if s.code.inString() {
			c.Kind, c.Quote = StyleString, s.code.quote()
		}
		c.URL, c.Note = s.code.url, s.code.inNote()
		c.Start = s.code.blank && (c.URL || c.Quote != 0)
	case inNothing:
		c = Context{Kind: NotHTML}
	}
	return c
}

func (s *State) inValue(c *Context) {
	switch s.mode {
	case inDouble:
		c.Kind = AttrDouble
	case inSingle:
		c.Kind = AttrSingle
	default:
		c.Kind = AttrUnquoted
	}
	c.Attr, c.URL, c.Event, c.Style, c.Start = s.attr, s.url, s.event, s.style, s.blank
	if s.event || s.style {
		c.Quote, c.Note = s.code.quote(), s.code.inNote()
		c.URL = c.URL || s.code.url
		c.Start = c.Start || s.code.blank && (c.Quote != 0 || s.code.url)
	}
}

func (s *State) inScript(c *Context) {
	switch s.script {
	case jsonData:
		c.Kind, c.Quote = ScriptJSON, s.code.quote()
	case otherData:
		c.Kind = RawText
	default:
		c.Kind = ScriptData
		if s.code.inString() {
			c.Kind, c.Quote = ScriptString, s.code.quote()
		}
		c.Note = s.code.inNote()
	}
	c.Start = c.Quote != 0 && s.code.blank
}

// join is the state after several ways: that of a, where something may start if it may on
// one of them. The second result tells whether the two are the same place.
func join(a, b State) (State, bool) {
	if a.mode == b.mode {
		a.blank = a.blank || b.blank
		a.code.blank = a.code.blank || b.code.blank
	}
	if a.tag == b.tag && b.tag == "script" && a.script != b.script {
		a.script = javaScript
	}
	return a, a.place() == b.place() && a.code.in == b.code.in
}

// place is what must be the same for two states to be the same place: between the attributes
// of a tag, it does not matter what stands before.
func (s *State) place() mode {
	switch s.mode {
	case inTagName, inBeforeAttr, inAttrName, inAfterAttr, inAfterValue:
		return inBeforeAttr
	case inBeforeValue, inUnquoted:
		return inUnquoted
	}
	return s.mode
}
