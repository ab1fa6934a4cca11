package templates

import (
	"slices"
	"strings"
)

// found is what the string literals of a script say.
type found struct {
	origins      []string // "https://api.example", "wss://api.example"
	imports      []string // URLs of modules on other sites
	writesStyles bool     // it makes markup with style attributes
}

// literals looks through the source of a script. It reads no JavaScript: what begins with
// a scheme right after a quote is taken for a URL.
func literals(source string) found {
	var f found
	for _, scheme := range []string{"https://", "wss://"} {
		for at := 0; ; {
			i := strings.Index(source[at:], scheme)
			if i < 0 {
				break
			}
			at += i + len(scheme)
			start := at - len(scheme)
			if start == 0 || !strings.ContainsRune("\"'`", rune(source[start-1])) {
				continue
			}
			rest := source[at:]
			end := strings.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune("/?#\"'`\\ \n", r) })
			if end < 0 || !validHost(rest[:end]) || namespace(rest[:end]) {
				continue
			}
			origin := scheme + strings.ToLower(rest[:end])
			if imported(source[:start-1]) {
				if url, _, ok := strings.Cut(source[start:], source[start-1:start]); ok {
					f.imports = append(f.imports, url)
				}
			} else if !slices.Contains(f.origins, origin) {
				f.origins = append(f.origins, origin)
			}
		}
	}
	for _, sign := range []string{` style="`, ` style='`, ` style=\"`, ` style=\'`, `Attribute("style"`, `Attribute('style'`} {
		f.writesStyles = f.writesStyles || strings.Contains(source, sign)
	}
	return f
}

// namespace says whether a host names XML vocabularies and is never asked.
func namespace(host string) bool { return host == "www.w3.org" || host == "w3.org" }

// imported says whether what comes next in a script is the name of a module.
func imported(before string) bool {
	before = strings.TrimRight(before, " ")
	before = strings.TrimSuffix(before, "(")
	return strings.HasSuffix(before, "import") || strings.HasSuffix(before, "from")
}

// sheets returns the style sheets on other sites that a style sheet imports.
func sheets(source string) []string {
	var all []string
	for at := 0; ; {
		i := strings.Index(source[at:], "@import")
		if i < 0 {
			return all
		}
		at += i + len("@import")
		rest := strings.TrimLeft(source[at:], " \t\n")
		rest = strings.TrimLeft(strings.TrimPrefix(rest, "url("), ` "'`)
		if !strings.HasPrefix(rest, "https://") && !strings.HasPrefix(rest, "//") {
			continue
		}
		end := strings.IndexAny(rest, "\"')? ;\n")
		if end < 0 {
			continue
		}
		url := rest[:end]
		if strings.HasPrefix(url, "//") {
			url = "https:" + url
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
		if validHost(host) && !strings.ContainsAny(url, ";,") {
			all = append(all, url)
		}
	}
}

// knownHandler says whether a browser runs an attribute of this name as code: the HTML
// standard's global and window event handlers, and those of other specifications.
func knownHandler(name string) bool {
	return slices.Contains(strings.Fields(handlers), strings.TrimPrefix(name, "on"))
}

// handlers are the events of the HTML standard (section 8.1.8.2), Pointer Events, Touch
// Events, CSS Animations and Transitions, Clipboard, Fullscreen, Selection and SVG (SMIL).
const handlers = `abort afterprint animationcancel animationend animationiteration animationstart
auxclick beforecopy beforecut beforeinput beforematch beforepaste beforeprint beforetoggle
beforeunload beforexrselect begin blur cancel canplay canplaythrough change click close command
contentvisibilityautostatechange contextlost contextmenu contextrestored copy cuechange cut
dblclick drag dragend dragenter dragexit dragleave dragover dragstart drop durationchange emptied
end ended error focus focusin focusout formdata fullscreenchange fullscreenerror gotpointercapture
hashchange input invalid keydown keypress keyup languagechange load loadeddata loadedmetadata
loadend loadstart lostpointercapture message messageerror mousedown mouseenter mouseleave
mousemove mouseout mouseover mouseup mousewheel offline online pagehide pagereveal pageshow
pageswap paste pause play playing pointercancel pointerdown pointerenter pointerleave pointermove
pointerout pointerover pointerrawupdate pointerup popstate progress ratechange rejectionhandled
repeat reset resize scroll scrollend scrollsnapchange scrollsnapchanging search
securitypolicyviolation seeked seeking select selectionchange selectstart show slotchange stalled
storage submit suspend timeupdate toggle touchcancel touchend touchmove touchstart
transitioncancel transitionend transitionrun transitionstart unhandledrejection unload
volumechange waiting webkitanimationend webkitanimationiteration webkitanimationstart
webkitfullscreenchange webkitfullscreenerror webkittransitionend wheel`
