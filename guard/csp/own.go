package csp

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/internal/answer"
)

// ownPolicy is a policy that the app sends itself, and that is kept; nil for none.
type ownPolicy struct {
	values []string
	says   map[string]bool // the directives in it
}

// ownOf returns the app's own policy where it counts.
func (g *Guard) ownOf(h *answer.Head) *ownPolicy {
	values := h.Header[enforcedField]
	if len(values) == 0 || g.cfg.ReplaceApp {
		return nil
	}
	own := &ownPolicy{values, map[string]bool{}}
	for _, value := range values {
		for _, d := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' }) {
			if words := strings.Fields(d); len(words) > 0 {
				own.says[strings.ToLower(words[0])] = true
			}
		}
	}
	return own
}

// saysScripts says whether the app has decided which scripts run. A policy that only says
// who may frame the page has not.
func (own *ownPolicy) saysScripts() bool {
	return own != nil && (own.says["default-src"] || own.says["script-src"] || own.says["script-src-elem"])
}

// and returns the app's policy and ours. Policies add up, so that this can only refuse more.
func (own *ownPolicy) and(ours []string) []string {
	if own == nil {
		return ours
	}
	return append(slices.Clip(own.values), ours...)
}

// without returns our policy without what the app has decided itself. Who may frame the
// page is not among that: the field overrides X-Frame-Options, which the app cannot weaken
// either.
func (own *ownPolicy) without(ours []string) []string {
	if own == nil {
		return ours
	}
	kept := make([]string, 0, len(ours))
	for _, value := range ours {
		var all []string
		for d := range strings.SplitSeq(value, "; ") {
			name, _, _ := strings.Cut(d, " ")
			if !own.decides(name) {
				all = append(all, d)
			}
		}
		kept = append(kept, strings.Join(all, "; "))
	}
	return kept
}

// decides says whether one of our directives would narrow what the app has decided: by its
// name, or by the one that stands in for it (CSP level 3, section 6.8.3).
func (own *ownPolicy) decides(name string) bool {
	switch name {
	case "frame-ancestors", "report-uri", "report-to":
		return false
	case "default-src": // it stands in for what the app names and we leave out
		return true
	case "style-src":
		return own.says[name] || own.says["style-src-elem"]
	case "style-src-attr":
		return own.says[name] || own.says["style-src"]
	case "frame-src", "worker-src":
		return own.says[name] || own.says["child-src"]
	}
	return own.says[name]
}

// beside returns what is added to a policy that decides on scripts: what it says nothing
// about.
func (g *Guard) beside(own *ownPolicy) string {
	var all []string
	if !own.says["object-src"] && !own.says["default-src"] {
		all = append(all, "object-src 'none'")
	}
	if !own.says["base-uri"] {
		all = append(all, "base-uri 'self'")
	}
	if !own.says["form-action"] {
		all = append(all, directive("form-action", []string{"'self'"}, g.cfg.FormActions))
	}
	return strings.Join(append(all, g.ancestors), "; ")
}
