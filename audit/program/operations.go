package program

import (
	"strings"
)

// operations reads the operationId lines of OpenAPI documents in YAML or JSON. Connexion
// calls the function of that dotted name with the request's parameters.
func operations(descriptions []string) map[string]bool {
	all := map[string]bool{}
	for _, d := range descriptions {
		for line := range strings.Lines(d) {
			_, value, ok := strings.Cut(line, "operationId")
			if !ok {
				continue
			}
			value = strings.Trim(strings.TrimSpace(value), "\"':, ")
			if strings.Contains(value, ".") {
				all[value] = true
			}
		}
	}
	return all
}

// Operation reports whether an API description names the function as a handler.
func (p *Program) Operation(f *Function) bool {
	if len(p.operations) == 0 || f.Node == nil || f.Parent != nil {
		return false
	}
	name := f.Module.Name + "." + f.Name
	for {
		if p.operations[name] {
			return true
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok || !strings.Contains(rest, ".") {
			return false
		}
		name = rest
	}
}
