package csp

import (
	"fmt"
	"strings"

	"github.com/fumehood/fumehood/internal/templates"
)

// Explanation says why something was refused, and what to do if it should not be.
type Explanation struct {
	Why    string `json:"why"`              // one sentence
	Fix    string `json:"fix"`              // in the code
	Policy string `json:"policy,omitempty"` // the line of configuration that would allow it
}

// Explain explains a group of reports. set may be nil.
func Explain(group Group, set *Templates) Explanation {
	verb := "was refused"
	if !group.Enforced {
		verb = "would be refused"
	}
	switch base := strings.TrimSuffix(strings.TrimSuffix(group.Directive, "-elem"), "-attr"); base {
	case "script-src", "default-src", "worker-src":
		return explainScript(group, set, verb)
	case "style-src":
		return explainStyle(group, verb)
	case "img-src", "font-src", "connect-src", "frame-src":
		key := strings.TrimSuffix(base, "-src") + "_sources"
		return loadFrom(group, verb, key, strings.TrimSuffix(base, "-src"))
	case "form-action":
		return Explanation{
			Why:    fmt.Sprintf("A form on %s sends to %s, or is led on to it, which %s.", group.Page, group.Blocked, verb),
			Fix:    "send to this site",
			Policy: fmt.Sprintf("csp.form_actions = [%q]", group.Blocked),
		}
	case "frame-ancestors":
		return Explanation{
			Why:    fmt.Sprintf("Another site shows %s in a frame, which %s.", group.Page, verb),
			Fix:    "nothing, unless that site is yours",
			Policy: `csp.frame_ancestors = ["'self'", "https://that-site.example"]`,
		}
	case "base-uri":
		return Explanation{
			Why: fmt.Sprintf("A <base> on %s, which no template holds, %s: it would lead every relative URL elsewhere.", group.Page, verb),
			Fix: "look for an injection; a <base> that is yours belongs in a template",
		}
	case "object-src":
		return Explanation{
			Why: fmt.Sprintf("An <object> or <embed> on %s %s: plugins run what the policy does not see.", group.Page, verb),
			Fix: "show it in an <iframe>, an <img> or a <video>",
		}
	case "require-trusted-types-for", "trusted-types":
		return Explanation{
			Why: fmt.Sprintf("A script on %s writes text into the page as markup%s, which %s.", group.Page, in(group.Source), verb),
			Fix: "set textContent, or build elements with document.createElement; innerHTML is how stored text becomes script",
		}
	}
	return Explanation{
		Why: fmt.Sprintf("%s on %s %s by %s.", group.Blocked, group.Page, verb, group.Directive),
		Fix: "look for what loads it",
	}
}

func in(source string) string {
	if source == "" {
		return ""
	}
	return " (" + source + ")"
}

func explainScript(group Group, set *Templates, verb string) Explanation {
	switch group.Blocked {
	case "eval", "wasm-eval":
		e := Explanation{
			Why:    fmt.Sprintf("A script on %s runs text as code (eval)%s, which %s.", group.Page, in(group.Source), verb),
			Fix:    "use JSON.parse for data and functions for code; some libraries have a build without eval",
			Policy: "csp.dangerously_allow_unsafe_eval = true",
		}
		if group.Blocked == "wasm-eval" {
			e.Policy = `csp.script_sources = ["'wasm-unsafe-eval'"]`
		}
		return e
	case "inline":
		return explainInline(group, set, verb)
	case "data:", "data", "blob:", "blob":
		return Explanation{
			Why: fmt.Sprintf("A script on %s comes from a %s URL, which %s: whoever can write a link could write a script.",
				group.Page, strings.TrimSuffix(group.Blocked, ":"), verb),
			Fix: "keep it among the static files",
		}
	}
	return Explanation{
		Why: fmt.Sprintf("%s loads a script from %s that no template names so, or that does not lie among the static files, which %s.",
			group.Page, group.Blocked, verb),
		Fix:    "keep it among the static files, or name its URL in a template without data in it",
		Policy: fmt.Sprintf("csp.script_sources = [%q]", group.Blocked+"/path/of/the/script.js"),
	}
}

func explainInline(group Group, set *Templates, verb string) Explanation {
	what := "An inline script"
	if group.Directive == "script-src-attr" {
		what = "An event handler such as onclick"
	}
	if set != nil && len(group.Sample) >= 8 {
		// A browser sends the beginning; clean has turned its line ends into spaces.
		if t, p := whereSample(set, group.Sample); p != nil {
			why := "holds template data that is not only data there"
			if p.Shape == nil && p.Why != "" {
				why = "has no hash: " + p.Why
			}
			if p.Hash != "" {
				why = "is there without data, so the page was not made of that template, or something has changed its text"
			}
			return Explanation{
				Why:    fmt.Sprintf("%s on %s %s; the one in %s, line %d, %s.", what, group.Page, verb, t.Name, p.Line, why),
				Fix:    fix(p),
				Policy: fmt.Sprintf("csp.dangerously_allow_inline = [%q]", t.Name),
			}
		}
	}
	return Explanation{
		Why: fmt.Sprintf("%s on %s that no template holds %s: it was injected, or Python code or another script has written it.",
			what, group.Page, verb),
		Fix: "if it is yours, put it into a template or, better, a static file",
	}
}

// whereSample finds the piece that a sample is the beginning of.
func whereSample(set *Templates, sample string) (*templates.Template, *templates.Piece) {
	for _, t := range set.All() {
		for i := range t.Pieces {
			p := &t.Pieces[i]
			literal, _, _ := strings.Cut(p.Text, "{{")
			beginning := clean(literal, longestSample)
			if len(beginning) >= 8 && (strings.HasPrefix(sample, beginning) || strings.HasPrefix(beginning, sample)) {
				return t, p
			}
		}
	}
	return nil, nil
}

func explainStyle(group Group, verb string) Explanation {
	switch group.Blocked {
	case "inline":
		return Explanation{
			Why: fmt.Sprintf("A style on %s that no template holds %s: Python code or a script has written it.", group.Page, verb),
			Fix: "use a class and a rule in a style sheet, or element.style in a script",
		}
	}
	return loadFrom(group, verb, "style_sources", "style sheet")
}

func loadFrom(group Group, verb, key, what string) Explanation {
	return Explanation{
		Why:    fmt.Sprintf("%s wants a %s from %s, which no template or static file names; it %s.", group.Page, what, group.Blocked, verb),
		Fix:    "keep it on this site, or name its URL in a template",
		Policy: fmt.Sprintf("csp.%s = [%q]", key, group.Blocked),
	}
}
