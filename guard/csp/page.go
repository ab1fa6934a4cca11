package csp

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/internal/templates"
)

// page is all that the policy of one choice of templates is made of.
type page struct {
	scripts, handlers, scriptURLs []string // hashes, hashes, URLs
	styles, styleAttrs, styleURLs []string
	urls                          bool // it has javascript: URLs with a hash
	images, media, frames         []string
	forms, connects               []string
	underStatic                   bool // every script of this site lies in a static folder
	sheetsUnderStatic             bool // so does every style sheet
	base                          bool
	openStyles, openStyleAttrs    bool
	anyFrame                      bool

	scriptShapes, handlerShapes []*templates.Shape

	unknown bool   // what it is made of was not read
	open    string // why its scripts are only reported, "" if they are not
	inline  bool   // any inline script may run: dangerously_allow_inline
}

// pageOf gathers what the named templates hold. names as in fumehood.Exchange.
func (g *Guard) pageOf(names []string) *page {
	static := len(g.site.StaticPrefixes) > 0
	p := &page{underStatic: static, sheetsUnderStatic: static}
	if g.site.Templates == nil {
		p.underStatic, p.sheetsUnderStatic = false, false
		p.unknown, p.open = true, "the app's templates are not known"
		return p
	}
	chosen := g.site.Templates.Of(names)
	if len(chosen.Missing) > 0 {
		p.unknown, p.open = true, "the template "+chosen.Missing[0]+" was not read"
	}
	for _, t := range chosen.Templates {
		allowed := slices.Contains(g.cfg.DangerouslyAllowInline, t.Name)
		for i := range t.Pieces {
			g.addPiece(p, t, &t.Pieces[i], allowed)
		}
		for _, l := range t.Loads {
			g.addLoad(p, l)
		}
		p.base = p.base || t.Base
		p.openStyleAttrs = p.openStyleAttrs || t.WritesStyles
	}
	set := g.site.Templates
	p.openStyleAttrs = p.openStyleAttrs || set.WritesStyles
	for _, origin := range set.Origins {
		addNew(&p.connects, origin)
	}
	for _, sheet := range set.Sheets {
		addNew(&p.styleURLs, sheet)
	}
	return p
}

func addNew(list *[]string, one string) {
	if one != "" && !slices.Contains(*list, one) {
		*list = append(*list, one)
	}
}

func (g *Guard) addPiece(p *page, t *templates.Template, piece *templates.Piece, allowed bool) {
	switch piece.Kind {
	case templates.Style:
		if addNew(&p.styles, piece.Hash); piece.Hash == "" {
			p.openStyles = true
		}
		return
	case templates.StyleAttr:
		if addNew(&p.styleAttrs, piece.Hash); piece.Hash == "" {
			p.openStyleAttrs = true
		}
		return
	case templates.Plugin:
		return
	}
	switch verdict := g.verdict(piece); {
	case verdict == Hashed && piece.Kind == templates.Handler:
		addNew(&p.handlers, piece.Hash)
	case verdict == Hashed:
		addNew(&p.scripts, piece.Hash)
		p.urls = p.urls || piece.Kind == templates.JavaScriptURL
	case allowed:
		p.inline = true
	case verdict == Matched && piece.Kind == templates.Handler:
		p.handlerShapes = append(p.handlerShapes, piece.Shape)
	case verdict == Matched:
		p.scriptShapes = append(p.scriptShapes, piece.Shape)
	case p.open == "":
		p.open = t.Name + ": " + piece.Why
	}
}

func (g *Guard) addLoad(p *page, l templates.Load) {
	switch l.Kind {
	case templates.LoadScript:
		addNew(&p.scriptURLs, l.URL)
		if l.Origin == "" && !l.Static && !g.static(l.Path) {
			p.underStatic = false
		}
	case templates.LoadStyle:
		if l.URL != "" {
			addNew(&p.styleURLs, l.URL)
		} else {
			addNew(&p.styleURLs, l.Origin)
		}
		if l.Origin == "" && !l.Static && !g.static(l.Path) {
			p.sheetsUnderStatic = false
		}
	case templates.LoadImage: // https: is allowed anyway
		if strings.HasPrefix(l.Origin, "http://") {
			addNew(&p.images, l.Origin)
		}
	case templates.LoadMedia:
		if strings.HasPrefix(l.Origin, "http://") {
			addNew(&p.media, l.Origin)
		}
	case templates.LoadFrame:
		addNew(&p.frames, l.Origin)
		p.anyFrame = p.anyFrame || l.Data
	case templates.LoadForm:
		addNew(&p.forms, l.Origin)
	case templates.LoadConnect:
		addNew(&p.connects, l.Origin)
	}
}

// static says whether a path lies in a static folder.
func (g *Guard) static(path string) bool {
	for _, prefix := range g.site.StaticPrefixes {
		if strings.HasPrefix(path, prefix) && !strings.Contains(path, "/..") {
			return true
		}
	}
	return false
}
