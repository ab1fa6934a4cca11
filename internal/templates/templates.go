// Package templates reads Jinja templates and finds in them what a Content-Security-Policy
// must name: inline scripts, styles and event handlers, and where the rest is loaded from.
//
// It stops no attack by itself; guard/csp does, with what is found here. A piece without
// template data gives the SHA-256 that a browser computes of it. A script with data gives a
// [Shape], which says of the script that arrived whether the data in it is only data. What
// is not understood is never allowed by mistake: a hash allows the one text it is of.
//
// What Python code outside the templates adds to a page is not seen.
package templates

// Kind is the kind of a piece.
type Kind string

// The kinds of pieces.
const (
	Script        Kind = "script"         // a <script> with code in it; also an import map
	Handler       Kind = "handler"        // onclick="..." and its kind
	JavaScriptURL Kind = "javascript-url" // href="javascript:..."
	Style         Kind = "style"          // a <style>
	StyleAttr     Kind = "style-attr"     // style="..."
	ScriptURL     Kind = "script-url"     // a <script src> whose place cannot be told
	Plugin        Kind = "plugin"         // <object> or <embed>
)

// Piece is something in a template that a strict policy refuses unless it names it.
type Piece struct {
	Kind  Kind
	Name  string // of the attribute, such as "onclick"; "" for an element
	Line  int    // in the file, from 1
	Text  string // as it stands in the template, data as {{ ... }}
	Hash  string // "'sha256-...'" when there is no data in it
	Shape *Shape // when there is data in it, and what arrives can be compared
	Why   string // why it has no hash
}

// LoadKind says what a URL is loaded as.
type LoadKind string

// The kinds of loads.
const (
	LoadScript  LoadKind = "script"
	LoadStyle   LoadKind = "style"
	LoadImage   LoadKind = "img"
	LoadMedia   LoadKind = "media"
	LoadFrame   LoadKind = "frame"
	LoadForm    LoadKind = "form"
	LoadConnect LoadKind = "connect"
)

// Load is a URL that a template loads from or sends to.
type Load struct {
	Kind LoadKind
	Line int

	Static bool   // the app's own static files: url_for('static', ...)
	Path   string // a path of this site, up to the first data in it; "" when not known
	Origin string // of another site: "https://cdn.example"; "" when it is this one
	URL    string // of another site, whole, without query; a folder (with a / at the end) where data follows
	Data   bool   // nothing is known of it: it is all data
}

// Use is a template that another one extends, includes or imports.
type Use struct {
	Name     string
	Optional bool // it may be missing
}

// Template is what was found in one file.
type Template struct {
	Name    string // as the app calls it: "auth/login.html"
	File    string
	Err     error // why nothing is known of it
	Pieces  []Piece
	Loads   []Load
	Uses    []Use
	UsesAny bool // it names a template by data
	Base    bool // it has a <base>

	// WritesStyles says that a script in it makes style attributes from text.
	WritesStyles bool

	macros []string
}

// Scan reads the source of the template called name.
func Scan(name, source string, o Options) *Template {
	t := &Template{Name: name}
	segments, err := lex(source, o)
	if err != nil {
		t.Err = err
		return t
	}
	for _, s := range segments {
		if s.kind == stmt {
			t.uses(s.body)
		}
	}
	s := &scanner{t: t, page: flatten(segments), xml: isXML(name)}
	s.walk(s.page.text, 0)
	return t
}
