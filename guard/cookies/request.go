package cookies

import (
	"errors"
	"fmt"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// jar is what was found in the Cookie fields of one request.
type jar struct {
	sessions [mostSessions]found // as in Guard.sessions
	changed  bool                // the app is given another field
	matters  bool                // the answer has to know of sessions
	unfit    bool                // fails in the syntax: what
	unfitIs  string
	tossed   string // the session that somebody else may have set
	strict   bool   // what is unfit is taken away
}

// found is one session cookie.
type found struct {
	inner, outer   string // the value under the browser's name, and under the app's
	inners, outers int    // how many different ones there are of each
	innerGoes      bool   // what the browser has protected is not for the app
	outerGoes      bool   // what the app's name holds is not to be trusted
	accepted       bool   // the old name, in the time of grace
}

// kind is what a pair is to the guard.
type kind uint8

const (
	unfit  kind = iota // some parser would read it otherwise
	other              // none of our business
	inner              // a session under the browser's name
	outer              // a session under the app's name, which is not the browser's
	nobody             // nothing between two semicolons
)

// kindOf tells the kind of a pair, and of a session which.
func (g *Guard) kindOf(name, value string, equals bool) (kind, int) {
	if !equals || !validName(name) || misspelt(name) || !validValue(value) {
		if name == "" && !equals {
			return nobody, 0
		}
		return unfit, 0
	}
	for i := range g.sessions {
		switch name {
		case g.sessions[i].browser:
			return inner, i
		case g.sessions[i].app:
			return outer, i
		}
	}
	return other, 0
}

// read fills in the jar and returns why the request is to be refused, if it is.
func (g *Guard) read(r *http.Request, fields []string, jar *jar) *fumehood.Refusal {
	jar.strict = g.mode == fumehood.Enforce
	var refusal *fumehood.Refusal
	size, count := 2*(len(fields)-1), 0
	tooLarge := false
	double := -1
	for _, field := range fields {
		size += len(field)
		if hasControl(field) {
			refusal = malformed()
		}
		for rest := field; rest != ""; {
			var name, value string
			var equals bool
			name, value, equals, rest = cut(rest)
			if count++; len(name)+len(value) > mostBytes {
				tooLarge = true
			}
			if i := jar.add(g, name, value, equals); i >= 0 {
				double = i
			}
		}
	}
	jar.settle(g, g.regimeOf(r))
	switch {
	case refusal != nil:
		return refusal
	case tooLarge || size > g.maxHeader || count > mostCookies:
		return g.oversize(r, fields, size, count)
	case double >= 0:
		return g.duplicate(r, double)
	}
	return nil
}

// add takes one pair into the jar. It returns the number of a session of which the browser
// sent a second, different one under the protected name, else -1.
func (jar *jar) add(g *Guard, name, value string, equals bool) (double int) {
	switch kind, i := g.kindOf(name, value, equals); kind {
	case unfit:
		jar.unfit, jar.unfitIs = true, name
	case inner:
		f := &jar.sessions[i]
		if f.inners == 0 {
			f.inner, f.inners = value, 1
		} else if jar.changed = true; f.inner != value {
			f.inners++
			return i
		}
	case outer:
		f := &jar.sessions[i]
		if f.outers == 0 {
			f.outer, f.outers = value, 1
		} else if f.outer != value {
			f.outers++
		}
	}
	return -1
}

// settle decides what the app is given of its sessions.
func (jar *jar) settle(g *Guard, regime regime) {
	jar.changed = jar.changed || jar.unfit && jar.strict
	for i := range g.sessions {
		f, s := &jar.sessions[i], &g.sessions[i]
		if f.inners+f.outers == 0 || s.app == s.browser {
			continue
		}
		switch {
		case regime == protected:
			f.accepted = f.inners == 0 && f.outers == 1 && g.inGrace()
			f.outerGoes = f.outers > 0 && !f.accepted
		case regime == lenient:
			f.outerGoes = f.inners > 0 && f.outers > 0
		case jar.strict: // it came with another scheme on the same host
			f.innerGoes = f.inners > 0
		default:
			continue
		}
		if f.outerGoes || f.outers > 1 {
			jar.tossed = s.app
		}
		jar.changed = jar.changed || f.inners > 0 || f.outerGoes || f.outers > 1 && jar.strict
		jar.matters = jar.matters || f.outers > 0 && regime == protected || f.inners > 0 && regime == lenient
	}
}

// rebuild returns the Cookie field for the app. Of several cookies of one session the
// first stays, which is the one that Werkzeug would take.
func (g *Guard) rebuild(fields []string, jar *jar) string {
	var small [512]byte
	out := small[:0]
	var inners, outers [mostSessions]bool
	for _, field := range fields {
		for rest := field; rest != ""; {
			var name, value string
			var equals bool
			name, value, equals, rest = cut(rest)
			switch kind, i := g.kindOf(name, value, equals); kind {
			case nobody:
				continue
			case unfit:
				if jar.strict {
					continue
				}
			case inner:
				if inners[i] || jar.sessions[i].innerGoes {
					continue
				}
				inners[i], name = true, g.sessions[i].app
			case outer:
				if outers[i] || jar.sessions[i].outerGoes {
					continue
				}
				outers[i] = jar.strict
			}
			if len(out) > 0 {
				out = append(out, "; "...)
			}
			out = append(out, name...)
			if equals {
				out = append(out, '=')
				out = append(out, value...)
			}
		}
	}
	return string(out)
}

// note notes what was taken away, or would have been.
func (jar *jar) note(r *http.Request) {
	if jar.tossed != "" {
		fumehood.Note(r, &fumehood.Refusal{
			Status: http.StatusBadRequest, Code: "cookies.tossed",
			Public: "A session cookie that somebody else may have set was ignored.",
			Err: fmt.Errorf("the browser sent %q under its plain name, or several of it: "+
				"a sibling host, plain http, or a time before this guard", jar.tossed),
		})
	}
	if jar.unfit {
		fumehood.Note(r, &fumehood.Refusal{
			Status: http.StatusBadRequest, Code: "cookies.unfit",
			Public: "A cookie that cannot be read without doubt was ignored.",
			Err:    fmt.Errorf("the cookie %.60q has no name, an odd name, half a quote, or bytes that are not UTF-8", jar.unfitIs),
		})
	}
}

func malformed() *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "cookies.malformed",
		Public: "The cookies of this request hold characters that no browser sends.",
		Err:    errors.New("a control character in a Cookie field"),
	}
}

// duplicate refuses two sessions of one protected name. A browser keeps one, so that the
// second was smuggled in, or the app has changed what the cookie is set with.
func (g *Guard) duplicate(r *http.Request, i int) *fumehood.Refusal {
	name := g.sessions[i].browser
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "cookies.duplicate",
		Public: "Your browser sent two different sessions for this site. Both were removed: please sign in again.",
		Err:    fmt.Errorf("two different cookies named %q", name),
		Header: http.Header{"Set-Cookie": erase(r, []string{name})},
	}
}

// oversize refuses a jar that is too large, and empties it as far as needed: else the
// visitor would be locked out until they find the browser's settings.
func (g *Guard) oversize(r *http.Request, fields []string, size, count int) *fumehood.Refusal {
	refusal := &fumehood.Refusal{
		Status: http.StatusRequestHeaderFieldsTooLarge, Code: "cookies.oversize",
		Public: "Your browser sent more cookies than this site takes. Please reload the page; if that does not help, clear the cookies of this site.",
		Err: fmt.Errorf("%d cookies of %d bytes; at most %d of %d bytes, each at most %d",
			count, size, mostCookies, g.maxHeader, mostBytes),
	}
	if lines := erase(r, g.largest(fields, size, count)); len(lines) > 0 {
		refusal.Header = http.Header{"Set-Cookie": lines}
	}
	return refusal
}
