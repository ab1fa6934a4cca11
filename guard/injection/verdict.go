package injection

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/active"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/signs"
)

// finding is the worst that one value does.
type finding struct {
	class  signs.Class
	points int
	why    string
	form   string // the form of the value that it is in
	at     *fumehood.Input
	strict bool // the field has never held anything of the kind

	secrets []string // of the request: not for a log
}

// judge is what judges the values of one request.
type judge struct {
	*Guard
	watched [classes]bool // a sink decides about it
	suspect [classes]bool // of these, there is enough in a value for a refusal
	most    bool          // of all but what signs.JudgeRest judges, one does
	noting  int           // bytes that are still judged for what only the log is told of
	work    int           // bytes that may still be decoded once more
	left    int           // bytes that may still be judged
}

// What may be judged of one request (bytes): so many times max_body, and at least leastJudged. A
// short value takes as long as formCost bytes of a long one.
const (
	mostJudged  = 4
	leastJudged = 1 << 20
	formCost    = 128
)

// mostNoting is how much of a request is judged for what sinks decide about (bytes). An attack
// behind so much filling is not noted here, and stopped there.
const mostNoting = 32 << 10

// classes is how many there are with htmlClass.
const (
	htmlClass = signs.Request + 1 // executable HTML, which package signs does not know
	classes   = int(htmlClass) + 1
)

// mostNotes is how many attacks of one request are noted that a sink decides about.
const mostNotes = 4

// verdict judges all values. What a watched sink decides about is noted.
func (g *Guard) verdict(r *http.Request, seen *reading) error {
	j := judge{Guard: g, noting: mostNoting, work: mostAgain, left: max(mostJudged*int(g.cfg.MaxBody), leastJudged)}
	var worst finding
	rest, notes, asked := 0, 0, false
	for i := range seen.set.All {
		in := &seen.set.All[i]
		if !judged(in) || g.skipped(in.Name) || seen.set.File && in.Name == inputs.RawFile && in.Place == fumehood.InForm {
			continue
		}
		if !asked {
			asked = true
			j.ask()
		}
		found := j.value(in)
		if found.points < g.threshold && found.points >= signs.Weak && g.remember && g.site.State.fields.plain(g.routeOf(r, seen), in) {
			found.points, found.strict = g.threshold, true
		}
		if j.watched[found.class] {
			j.suspect[found.class] = j.suspect[found.class] || found.points >= g.threshold
			if found.points >= g.threshold && notes < mostNotes {
				notes++
				found.secrets = inputs.Secrets(seen.set.All, r.Header)
				fumehood.Note(r, refusal(&found))
			}
			continue
		}
		if found.points > worst.points {
			rest += worst.points
			worst = found
		} else {
			rest += found.points
		}
	}
	if asked {
		j.tell(r)
	}
	if j.left < 0 && worst.points < g.threshold {
		seen.set.Unseen, seen.set.Cap, seen.set.Why = true, "max_body", "there is too much to judge"
		if verdict := g.unseen(r, &seen.set); verdict != nil {
			return verdict
		}
	}
	// Weak signs in many fields are no attack; one that is nearly enough is, with them.
	if worst.points == 0 || worst.points+min(rest/4, 2) < g.threshold {
		return nil
	}
	worst.secrets = inputs.Secrets(seen.set.All, r.Header)
	return refusal(&worst)
}

// ask finds out which sinks are watched.
func (j *judge) ask() {
	for class := range signs.Class(classes) {
		j.watched[class] = j.Guard.watched(sinkOf(class))
	}
	j.watched[signs.Code] = j.watched[signs.Code] && j.watched[signs.Command] // pickles, and Python code
	j.most = true
	for class := range htmlClass {
		j.most = j.most && (j.watched[class] || class == signs.Header || class == signs.XML || class == signs.NoSQL)
	}
}

// tell says of which attacks the sinks are to be wary.
func (j *judge) tell(r *http.Request) {
	x := fumehood.ExchangeOf(r.Context())
	if x == nil {
		return
	}
	x.Suspect = nil
	for class, suspect := range j.suspect {
		if suspect {
			name := sinkOf(signs.Class(class))
			if signs.Class(class) == signs.Code {
				name = "code"
			}
			x.Suspect = append(x.Suspect, name)
		}
	}
}

// judged says whether a value is one to judge: not a harmless one, a password or a token.
func judged(in *fumehood.Input) bool {
	if len(in.Decoded) == 0 && (!inputs.Risky(in.Value) || inputs.Opaque(in.Value)) {
		return false
	}
	return !inputs.Password(in.Name) || in.Name == in.Value
}

// value judges a value and its decoded forms.
func (j *judge) value(in *fumehood.Input) (worst finding) {
	worst.at = in
	j.form(in, in.Value, &worst)
	if ofPage(in) {
		return worst
	}
	for _, form := range in.Decoded {
		if worst.points >= signs.Refuse && !j.watched[worst.class] {
			break
		}
		j.form(in, form, &worst)
	}
	return worst
}

// ofPage says whether a value is the address of the page that a visitor comes from: it may have
// what that page was allowed to get, encoded, and any host.
func ofPage(in *fumehood.Input) bool {
	return in.Place == fumehood.InHeader && (in.Name == "Referer" || in.Name == "Origin")
}

// form judges one form of a value. Of two classes, the one that no sink decides about counts.
func (j *judge) form(in *fumehood.Input, form string, worst *finding) {
	take := func(class signs.Class, points int, why string) {
		j.suspect[class] = j.suspect[class] || points >= j.threshold && j.watched[class]
		if points > worst.points || points == worst.points && points > 0 && j.watched[worst.class] && !j.watched[class] {
			worst.class, worst.points, worst.why, worst.form = class, points, why, form
		}
	}
	form = withoutFile(form)
	if j.left -= len(form) + formCost; j.left < 0 {
		return
	}
	if why, runs := active.HTML(form); runs && !j.shown(in, form) {
		take(htmlClass, signs.Refuse, why)
	}
	if in.Name == inputs.RawBody && rawPickle(form) {
		take(signs.Code, signs.Refuse, "a pickled object of Python")
	}
	scores := [2]signs.Score{j.signs(form)}
	if in.Name == in.Value {
		scores[1] = signs.JudgeName(form)
	}
	for i := range scores {
		for class := range htmlClass {
			if points := scores[i].Points(class); points > 0 && !(ofPage(in) && (class == signs.Request || class == signs.Path)) {
				take(class, points, scores[i].Why(class))
			}
		}
	}
}

// valueCost is what judging a short value takes, in bytes of a long one.
const valueCost = 32

// signs judges the structure of a form.
func (j *judge) signs(form string) signs.Score {
	if cost := len(form) + valueCost; j.most && cost > j.noting {
		return signs.JudgeRest(form)
	} else if j.most {
		j.noting -= cost
	}
	return signs.Judge(form)
}

// mostAgain is how much of a request is decoded a second time (bytes).
const mostAgain = 256 << 10

// shown says whether a decoded form is a script only because entities were decoded that stand in
// HTML: there, a browser shows them, and that is how every editor of rich text writes an example
// of code. Without markup around them they may be what an app makes markup of.
func (j *judge) shown(in *fumehood.Input, form string) bool {
	if form == in.Value || strings.IndexByte(in.Value, '&') < 0 || !hasTag(in.Value) {
		return false
	}
	forms := inputs.DecodedMarkup(in.Value, &j.work)
	return j.work >= 0 && len(forms) < len(in.Decoded) && !slices.Contains(forms, form)
}

// hasTag says whether v has a whole tag.
func hasTag(v string) bool {
	for {
		open := strings.IndexByte(v, '<')
		if open < 0 || len(v) < open+3 {
			return false
		}
		if v = v[open+1:]; v[0]|0x20 >= 'a' && v[0]|0x20 <= 'z' {
			return strings.IndexByte(v, '>') > 0
		}
	}
}

// rawPickle knows the beginning of a body that is a pickle of protocol 2 to 5, as latin-1.
func rawPickle(v string) bool {
	return strings.HasPrefix(v, "\u0080") && len(v) > 2 && v[2] >= 2 && v[2] <= 5
}

// keptOfFile is how much of a file's base64 is judged (bytes).
const keptOfFile = 1 << 10

// withoutFile cuts off most of a file in a data: URL, which is long and nothing but base64. Its
// type stays, and with it whether a browser would run it.
func withoutFile(form string) string {
	if len(form) < 2*keptOfFile || !strings.HasPrefix(form, "data:") {
		return form
	}
	start := strings.Index(form[:keptOfFile], ";base64,")
	if start < 0 {
		return form
	}
	for i := start + len(";base64,"); i < len(form); i++ {
		if c := form[i]; c|0x20 < 'a' || c|0x20 > 'z' {
			if (c < '0' || c > '9') && c != '+' && c != '/' && c != '=' {
				return form
			}
		}
	}
	return form[:start+keptOfFile]
}

// sinkOf is the sink that decides about a class, "" where there is none.
func sinkOf(class signs.Class) string {
	switch class {
	case signs.SQL:
		return "sql"
	case signs.Path:
		return "file"
	case signs.Command:
		return "command"
	case signs.Template:
		return "template"
	case signs.Code:
		return "pickle"
	case signs.Request:
		return "request"
	}
	return ""
}

// cause is what the owner is told: where, what, and a part of the value.
func (f *finding) cause() error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", f.at.Place)
	if f.at.Name != "" {
		fmt.Fprintf(&b, " %.80q", f.at.Name)
	}
	fmt.Fprintf(&b, ": %s", f.why)
	if f.strict {
		b.WriteString(", in a field that holds numbers")
	}
	if inputs.Hidden(f.at.Place, f.at.Name) && f.at.Name != f.at.Value {
		return errors.New(b.String())
	}
	fmt.Fprintf(&b, ": %q", inputs.Loggable(f.form, f.secrets, 160))
	if f.form != f.at.Value {
		fmt.Fprintf(&b, ", decoded from %q", inputs.Loggable(f.at.Value, f.secrets, 80))
	}
	return errors.New(b.String())
}

// refusal is the "no" to a finding.
func refusal(f *finding) error {
	err := f.cause()
	switch f.class {
	case htmlClass:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.html",
			Public: "The request was refused: a part of it would run as a script in a web page.", Err: err}
	case signs.SQL:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.sql",
			Public: "The request was refused: a part of it looks like a database command.", Err: err}
	case signs.Path:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.path",
			Public: "The request was refused: a part of it looks like the path of a file on the server.", Err: err}
	case signs.Command:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.command",
			Public: "The request was refused: a part of it looks like a command for the server.", Err: err}
	case signs.Template:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.template",
			Public: "The request was refused: a part of it looks like the code of a page template.", Err: err}
	case signs.Header:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.header",
			Public: "The request was refused: a part of it looks like a header line of an answer or a mail.", Err: err}
	case signs.XML:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.xml",
			Public: "The request was refused: a document in it asks for other files.", Err: err}
	case signs.NoSQL:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.nosql",
			Public: "The request was refused: a part of it looks like a search command for a database or a directory.", Err: err}
	case signs.Request:
		return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.request",
			Public: "The request was refused: it names an address inside the site's own network.", Err: err}
	}
	return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.code",
		Public: "The request was refused: a part of it looks like program code for the server.", Err: err}
}

// unseen is the refusal of a request that cannot be judged as a whole.
func unseen(set *inputs.Set) error {
	if set.Unreadable {
		return &fumehood.Refusal{Status: http.StatusUnsupportedMediaType, Code: "injection.unreadable",
			Public: "The request was refused: what it holds is in a form that cannot be checked.", Err: errors.New(set.Why)}
	}
	why := set.Why
	if set.Cap != "" {
		why += "; the cap is injection." + set.Cap
	}
	return &fumehood.Refusal{Status: http.StatusRequestEntityTooLarge, Code: "injection.unseen",
		Public: "The request was refused: it is too large or too complicated to be checked.", Err: errors.New(why)}
}

// repeat is the refusal of what a sink has just stopped.
func repeat(place, name string) error {
	return &fumehood.Refusal{Status: http.StatusForbidden, Code: "injection.repeat",
		Public: "The request was refused: the same was tried before, and it is dangerous for this site.",
		Err:    fmt.Errorf("%s %.80q has the shape of what a sink in the worker has stopped of this client", place, name)}
}
