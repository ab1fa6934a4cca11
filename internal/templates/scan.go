package templates

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// scanner walks over a flat template as a browser walks over a page.
type scanner struct {
	t    *Template
	page *flat
	xml  bool

	foreign []string   // the svg and math elements that are open, and the ways back to HTML
	saved   [][]string // foreign at the {% if %} that are open
	nested  bool       // inside srcdoc
}

// isXML says whether the name is that of a file that browsers read as XML.
func isXML(name string) bool {
	switch path.Ext(name) {
	case ".xhtml", ".xml", ".svg":
		return true
	}
	return false
}

// inForeign says whether scripts and styles are read as in XML: entities count, tags too.
func (s *scanner) inForeign() bool {
	if n := len(s.foreign); n > 0 {
		return s.foreign[n-1] == "svg" || s.foreign[n-1] == "math"
	}
	return s.xml
}

// open is a <script> or <style> whose text is being read.
type open struct {
	kind    Kind
	tag     string
	at      int // where its text begins
	module  bool
	imports bool // an import map
	text    strings.Builder
	broken  bool // it has elements in it
	foreign bool
}

// walk reads a piece of HTML that begins at an offset of the page.
func (s *scanner) walk(source string, offset int) {
	z := html.NewTokenizer(strings.NewReader(source))
	pos := offset
	var inside *open
	for {
		z.AllowCDATA(s.inForeign())
		tt := z.Next()
		if tt == html.ErrorToken {
			return
		}
		at := pos
		if !s.nested {
			pos += len(z.Raw())
		}
		switch tt {
		case html.TextToken:
			body := string(z.Text())
			if inside != nil {
				inside.text.WriteString(body)
			} else {
				s.branches(body)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := s.tag(z)
			if s.inForeign() || name == "noscript" {
				z.NextIsNotRawText()
			}
			if inside != nil {
				inside.broken = true
				continue
			}
			closed := tt == html.SelfClosingTagToken
			s.element(name, attrs, at)
			inside = s.inline(name, attrs, closed, pos)
			s.enter(name, closed, z)
		case html.EndTagToken:
			raw, _ := z.TagName()
			name := s.page.bare(string(raw))
			if inside != nil && name == inside.tag {
				s.finish(inside)
				inside = nil
			}
			s.leave(name)
		}
	}
}

// attr is an attribute; its value may have marks in it.
type attr struct{ name, value string }

func (s *scanner) tag(z *html.Tokenizer) (name string, attrs []attr) {
	raw, more := z.TagName()
	name = s.page.bare(string(raw))
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		attrs = append(attrs, attr{s.page.bare(string(key)), string(value)})
	}
	return name, attrs
}

func get(attrs []attr, name string) (value string, ok bool) {
	for _, a := range attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// deepestForeign is how deep SVG and MathML are followed into each other.
const deepestForeign = 32

// enter follows into SVG and MathML, where HTML's rules do not hold.
func (s *scanner) enter(name string, closed bool, z *html.Tokenizer) {
	if closed || s.xml || len(s.foreign) >= deepestForeign {
		return
	}
	switch name {
	case "svg", "math":
		s.foreign = append(slices.Clip(s.foreign), name)
		z.NextIsNotRawText()
	case "foreignobject", "desc", "title", "annotation-xml", "mtext":
		if s.inForeign() {
			s.foreign = append(slices.Clip(s.foreign), name)
		}
	}
}

func (s *scanner) leave(name string) {
	if i := len(s.foreign) - 1; i >= 0 {
		if at := lastIndex(s.foreign, name); at >= 0 {
			s.foreign = s.foreign[:at:at]
		}
	}
}

func lastIndex(all []string, one string) int {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i] == one {
			return i
		}
	}
	return -1
}

// branches keeps {% if %}<svg>{% else %}<svg class="x">{% endif %} from counting twice.
func (s *scanner) branches(text string) {
	if !strings.Contains(text, stmtMark) {
		return
	}
	for _, p := range s.page.parts(text) {
		if p.segment == nil || p.segment.kind != stmt {
			continue
		}
		switch keyword(p.segment.body) {
		case "if", "for":
			s.saved = append(s.saved, s.foreign)
		case "elif", "else":
			if n := len(s.saved); n > 0 {
				s.foreign = s.saved[n-1]
			}
		case "endif", "endfor":
			if n := len(s.saved); n > 0 {
				s.saved = s.saved[:n-1]
			}
		}
	}
}

// inline begins to read a script or a style, or returns nil.
func (s *scanner) inline(name string, attrs []attr, closed bool, at int) *open {
	foreign := s.inForeign()
	if closed && foreign || name != "script" && name != "style" {
		return nil
	}
	o := &open{kind: Style, tag: name, at: at, foreign: foreign}
	if name == "style" {
		return o
	}
	o.kind = Script
	_, src := get(attrs, "src")
	if foreign {
		for _, key := range []string{"href", "xlink:href"} {
			if _, ok := get(attrs, key); ok {
				src = true
			}
		}
	}
	kind, code := scriptType(attrs)
	if src || !code {
		o.kind = ""
	}
	o.module, o.imports = kind == "module", kind == "importmap"
	return o
}

// scriptType returns the type of a script and whether it is one that runs (HTML standard,
// "prepare the script element").
func scriptType(attrs []attr) (kind string, code bool) {
	kind, ok := get(attrs, "type")
	if !ok {
		language, _ := get(attrs, "language")
		if language == "" {
			return "", true
		}
		kind = "text/" + language
	}
	kind = strings.ToLower(strings.Trim(kind, " \t\n\f\r"))
	switch kind {
	case "", "module", "importmap", "speculationrules",
		"application/ecmascript", "application/javascript", "application/x-ecmascript",
		"application/x-javascript", "text/ecmascript", "text/javascript", "text/javascript1.0",
		"text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4",
		"text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript", "text/x-javascript":
		return kind, true
	}
	return kind, strings.ContainsAny(kind, holeMarks)
}

// finish notes a script or a style that has ended.
func (s *scanner) finish(o *open) {
	body := o.text.String()
	if o.kind == "" || body == "" {
		return
	}
	p := s.piece(o.kind, "", body, o.at)
	switch {
	case o.broken:
		p.Hash, p.Shape, p.Why = "", nil, "it has elements in it, as only SVG and XML allow"
	case o.foreign && p.Hash == "":
		p.Shape, p.Why = nil, "it holds template data, within SVG or XML"
	}
	if o.kind == Script {
		s.script(body, o)
	}
	s.t.Pieces = append(s.t.Pieces, p)
}

// script looks for what a script loads.
func (s *scanner) script(body string, o *open) {
	if o.imports {
		s.importMap(body, o.at)
		return
	}
	found := literals(s.page.show(body))
	s.t.WritesStyles = s.t.WritesStyles || found.writesStyles
	line := s.page.line(o.at)
	for _, origin := range found.origins {
		s.t.Loads = append(s.t.Loads, Load{Kind: LoadConnect, Line: line, Origin: origin})
	}
	for _, imported := range found.imports {
		l := s.load(LoadScript, imported, o.at)
		s.t.Loads = append(s.t.Loads, l)
	}
}

func (s *scanner) importMap(body string, at int) {
	var table struct {
		Imports map[string]string            `json:"imports"`
		Scopes  map[string]map[string]string `json:"scopes"`
	}
	if json.Unmarshal([]byte(body), &table) != nil {
		return
	}
	for _, scope := range append([]map[string]string{table.Imports}, values(table.Scopes)...) {
		for _, name := range keys(scope) {
			s.t.Loads = append(s.t.Loads, s.load(LoadScript, scope[name], at))
		}
	}
}

// piece makes the piece for marked text, as a browser will have it.
func (s *scanner) piece(kind Kind, name, body string, at int) Piece {
	p := Piece{Kind: kind, Name: name, Line: s.page.line(at), Text: s.page.show(body)}
	switch {
	case !utf8.ValidString(body):
		p.Why = "it is not UTF-8"
	case !strings.ContainsAny(body, holeMarks):
		p.Hash = Hash(body)
	case kind == Script || kind == Handler:
		p.Shape, p.Why = s.shape(body)
	default:
		p.Why = "it holds template data"
	}
	return p
}

// Hash returns the source expression of a text: "'sha256-...'" (CSP level 3, section 2.3.1).
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
