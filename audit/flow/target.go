package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// checksTarget reports whether a function says by its name that it checks where an address
// leads, such as url_has_allowed_host_and_scheme of Django or validate_next_url of
// Flask-Multipass.
func checksTarget(name string) bool {
	name = strings.ToLower(name)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	return has("url", "redirect", "next", "host") && has("safe", "valid", "allowed", "local", "internal", "trusted")
}

// believed reports whether a function of the project checks addresses, by its name. The one
// that everybody copies, which joins the address to this site's before it compares the hosts,
// is not believed.
func believed(fn *program.Function) bool {
	if !checksTarget(fn.Name) {
		return false
	}
	joins, first := false, false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Name:
				joins = joins || n.ID == "urljoin"
			case *python.Attribute:
				first = first || n.Attr == "startswith"
			case *python.Str:
				first = first || n.Value == "/" || n.Value == "//" || n.Value == "\\"
			}
			return true
		})
	}
	return !joins || first
}

// namedSanitizer believes the name of a project's own function that it makes text harmless
// for pages. For files, addresses and statements names are not believed: such functions are
// too often wrong.
func namedSanitizer(name string) Kinds {
	name = strings.ToLower(name)
	if strings.Contains(name, "unescape") {
		return 0
	}
	if strings.Contains(name, "escape") || strings.Contains(name, "sanitize") && strings.Contains(name, "html") || strings.Contains(name, "clean_html") {
		return HTML
	}
	return 0
}

// quotes reports whether a function says by its name that it quotes a value or a name for a
// statement, such as quote_ident and qtLiteral.
func quotes(name string) bool {
	return strings.Contains(name, "uote") && !strings.Contains(name, "unquote") || strings.Contains(name, "iteral") || strings.Contains(name, "dentifier") ||
		strings.HasSuffix(name, "Ident") || strings.HasSuffix(name, "_ident")
}

// asQuoted is what a function gives back that says by its name that it quotes.
func (v *Value) asQuoted() *Value {
	if len(v.Marks) == 0 {
		if v.empty() || v.API != nil && v.Obj == nil {
			return &Value{API: v.API, Checked: true}
		}
		return v
	}
	c := v.marked(safe(v.Marks, quoted))
	c.setParts(nil)
	return c
}
