package csp

import (
	"fmt"
	"strings"

	"github.com/fumehood/fumehood/internal/templates"
)

// Verdict is what the policy makes of a piece of a template.
type Verdict string

// The verdicts.
const (
	Hashed   Verdict = "hashed"   // allowed by its SHA-256
	Matched  Verdict = "matched"  // allowed where what arrives is the template with data in it
	Reported Verdict = "reported" // the scripts of its pages are only reported
	Allowed  Verdict = "allowed"  // anything of its kind is allowed on its pages
	Refused  Verdict = "refused"  // it does not work any more
)

// Finding is one piece of one template, for `fumehood csp`.
type Finding struct {
	Template string         `json:"template"`
	File     string         `json:"file"`
	Line     int            `json:"line"`
	Kind     templates.Kind `json:"kind"`
	Name     string         `json:"name,omitempty"` // of the attribute
	Text     string         `json:"text"`           // its beginning
	Verdict  Verdict        `json:"verdict"`
	Reason   string         `json:"reason,omitempty"`
	Fix      string         `json:"fix,omitempty"` // what to change in the template
	Policy   string         `json:"policy,omitempty"`
}

// verdict is what becomes of one piece.
func (g *Guard) verdict(p *templates.Piece) Verdict {
	switch {
	case p.Hash != "":
		return Hashed
	case p.Kind == templates.Plugin:
		return Refused
	case p.Kind == templates.Style || p.Kind == templates.StyleAttr:
		return Allowed
	case p.Shape != nil && g.cfg.InlineData == "match":
		return Matched
	}
	return Reported
}

// Listing returns all pieces of all templates, in the order in which they were read.
func (g *Guard) Listing() []Finding {
	if g == nil || g.site.Templates == nil {
		return nil
	}
	var all []Finding
	for _, t := range g.site.Templates.All() {
		if t.Err != nil {
			all = append(all, Finding{Template: t.Name, File: t.File, Line: 1, Kind: "template", Verdict: Reported,
				Reason: "it cannot be read: " + t.Err.Error(),
				Fix:    "correct it, or take it out of the folder if it is no template"})
			continue
		}
		for i := range t.Pieces {
			all = append(all, g.finding(t, &t.Pieces[i]))
		}
	}
	return all
}

func (g *Guard) finding(t *templates.Template, p *templates.Piece) Finding {
	f := Finding{
		Template: t.Name, File: t.File, Line: p.Line, Kind: p.Kind, Name: p.Name,
		Text: clean(p.Text, 80), Verdict: g.verdict(p), Reason: p.Why,
	}
	switch f.Verdict {
	case Matched:
		f.Reason = "it holds template data; it runs where that is only data"
	case Reported:
		if p.Shape != nil {
			f.Reason = "it holds template data, and csp.inline_data is \"report\""
		}
		f.Fix = fix(p)
		f.Policy = fmt.Sprintf("csp.dangerously_allow_inline = [%q]", t.Name)
		for _, name := range g.cfg.DangerouslyAllowInline {
			if name == t.Name {
				f.Verdict, f.Policy = Allowed, ""
			}
		}
	case Allowed, Refused:
		f.Fix = fix(p)
	}
	return f
}

// fix says how to change a template so that the policy need not bend.
func fix(p *templates.Piece) string {
	switch p.Kind {
	case templates.Script:
		return `put the data into <script type="application/json" id="data">{{ data|tojson }}</script> and the code into a static file`
	case templates.Handler:
		return fmt.Sprintf(`put the data into data-* attributes, and call addEventListener("%s", ...) in a static file`,
			strings.TrimPrefix(p.Name, "on"))
	case templates.JavaScriptURL:
		return "use a <button> and addEventListener in a static file"
	case templates.ScriptURL:
		return "write the URL of the script without data, or keep the script among the static files"
	case templates.Style:
		return "move the rules to a style sheet, and the data to a class or a data-* attribute"
	case templates.StyleAttr:
		return "use a class, or set it in a static script: element.style.setProperty(...)"
	case templates.Plugin:
		return "show it in an <iframe>, an <img> or a <video>"
	}
	return ""
}

// Summary counts what the policy makes of the templates, for the lines at start.
type Summary struct {
	Known    bool // the templates are known
	Scripts  int  // inline scripts, handlers and javascript: URLs, allowed by hash
	Styles   int  // inline styles, allowed by hash
	Matched  int  // scripts and handlers with data, compared with each page
	Reported []Finding
}

// Summary returns the counts.
func (g *Guard) Summary() Summary {
	if g == nil || g.site.Templates == nil {
		return Summary{}
	}
	s := Summary{Known: true}
	for _, f := range g.Listing() {
		style := f.Kind == templates.Style || f.Kind == templates.StyleAttr
		switch {
		case f.Verdict == Hashed && style:
			s.Styles++
		case f.Verdict == Hashed:
			s.Scripts++
		case f.Verdict == Matched:
			s.Matched++
		case f.Verdict == Reported:
			s.Reported = append(s.Reported, f)
		}
	}
	return s
}
