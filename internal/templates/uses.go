package templates

import (
	"regexp"
	"strings"
	"unicode"
)

// uses notes which other templates a statement names.
func (t *Template) uses(statement string) {
	word := keyword(statement)
	rest := strings.Join(strings.Fields(statement[len(word):]), " ")
	optional := false
	switch word {
	case "extends":
	case "include":
		for _, tail := range []string{" with context", " without context"} {
			rest = strings.TrimSuffix(rest, tail)
		}
		rest, optional = strings.CutSuffix(rest, " ignore missing")
	case "import":
		if i := strings.LastIndex(rest, " as "); i >= 0 {
			t.macros = append(t.macros, keyword(strings.TrimSpace(rest[i+4:])))
			rest = rest[:i]
		}
	case "from":
		i := strings.Index(rest, " import ")
		if i < 0 {
			t.UsesAny = true
			return
		}
		for _, name := range strings.Split(rest[i+8:], ",") {
			if f := strings.Fields(name); len(f) > 0 {
				t.macros = append(t.macros, f[len(f)-1])
			}
		}
		rest = rest[:i]
	case "macro":
		t.macros = append(t.macros, keyword(rest))
		return
	default:
		return
	}
	names, static := templateNames(strings.TrimSpace(rest))
	if !static {
		t.UsesAny = true
		return
	}
	for _, name := range names {
		t.Uses = append(t.Uses, Use{Name: name, Optional: optional || len(names) > 1})
	}
}

// keyword returns the word that a statement begins with.
func keyword(statement string) string {
	end := strings.IndexFunc(statement, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		return statement
	}
	return statement[:end]
}

var (
	quoted = regexp.MustCompile(`^(?:'([^'\\]*)'|"([^"\\]*)")`)
	choice = regexp.MustCompile(`^(?:'([^'\\]*)'|"([^"\\]*)")\s+if\s.*\selse\s+(?:'([^'\\]*)'|"([^"\\]*)")$`)
)

// templateNames reads a string, a list of strings, or a choice between two strings.
func templateNames(e string) (names []string, static bool) {
	if m := choice.FindStringSubmatch(e); m != nil {
		return []string{m[1] + m[2], m[3] + m[4]}, true
	}
	inner := e
	if len(e) > 1 && (e[0] == '[' && e[len(e)-1] == ']' || e[0] == '(' && e[len(e)-1] == ')') {
		inner = strings.TrimSpace(e[1 : len(e)-1])
	}
	for inner != "" {
		m := quoted.FindStringSubmatch(inner)
		if m == nil {
			return nil, false
		}
		names = append(names, m[1]+m[2])
		inner = strings.TrimSpace(inner[len(m[0]):])
		if inner != "" && inner[0] != ',' {
			return nil, false
		}
		inner = strings.TrimSpace(strings.TrimPrefix(inner, ","))
	}
	return names, len(names) > 0
}

// staticURL says whether an expression is the URL of one of the app's static files.
var staticURL = regexp.MustCompile(`^url_for\(\s*['"]static['"]\s*[,)]`)

// ownURL is a URL that Flask makes: a path of this site.
var ownURL = regexp.MustCompile(`^url_for\(`)

var callee = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)(?:\.([A-Za-z_][A-Za-z0-9_]*))?\(`)

// code says whether an expression gives text that a template has made, which may be code.
func (t *Template) code(expression string) bool {
	m := callee.FindStringSubmatch(expression)
	if m == nil {
		return false
	}
	switch m[1] {
	case "super", "caller", "self":
		return true
	}
	for _, macro := range t.macros {
		if macro == m[1] {
			return true
		}
	}
	return false
}

var jsonFilter = regexp.MustCompile(`\|\s*tojson\s*(?:\([^()|]*\))?\s*(?:\|\s*(?:safe|forceescape|e|escape)\s*(?:\(\s*\))?\s*)*$`)

var safeFilter = regexp.MustCompile(`\|\s*safe\s*(?:\(\s*\))?\s*$`)
