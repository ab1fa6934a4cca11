// Package finding holds the words that all parts of the audit share: what a rule says of
// itself, what a finding is, and the messages that a run sends to whoever shows them. It
// stops no attack itself and knows neither Python nor templates.
package finding

import (
	"fmt"
	"strings"
)

// Severity says how bad it is if the finding is true.
type Severity uint8

// The severities, ascending.
const (
	Low Severity = iota + 1
	Medium
	High
)

// severities are their names, by value.
func severities() [4]string { return [4]string{"", "low", "medium", "high"} }

func (s Severity) String() string { return name(severities(), uint8(s)) }

// MarshalText makes a severity its name in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(text []byte) error {
	v, err := parse(severities(), string(text), "severity")
	*s = Severity(v)
	return err
}

// Confidence says how sure the rule is that the finding is true.
type Confidence uint8

// The confidences, ascending: Unsure is a pattern, Likely a pattern with evidence beside it,
// Sure a flow from a source to a sink or a literal that cannot be right.
const (
	Unsure Confidence = iota + 1
	Likely
	Sure
)

// confidences are their names, by value.
func confidences() [4]string { return [4]string{"", "low", "medium", "high"} }

func (c Confidence) String() string { return name(confidences(), uint8(c)) }

// MarshalText makes a confidence its name in JSON.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a confidence's name.
func (c *Confidence) UnmarshalText(text []byte) error {
	v, err := parse(confidences(), string(text), "confidence")
	*c = Confidence(v)
	return err
}

func name(names [4]string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprint(i)
}

func parse(names [4]string, text, what string) (uint8, error) {
	for i, n := range names {
		if i > 0 && n == strings.ToLower(text) {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("%s %q: one of low, medium, high", what, text)
}

// Rule is what a rule says of itself: its docs page, and its entry in SARIF.
type Rule struct {
	ID         string     `json:"id"`    // stable, such as "sql-injection"
	Title      string     `json:"title"` // a few words
	CWE        int        `json:"cwe"`   // the best-fitting weakness, https://cwe.mitre.org
	OWASP      string     `json:"owasp"` // Top 10 of 2021, such as "A03:2021"
	ASVS       []string   `json:"asvs"`  // OWASP ASVS 5.0 requirements, such as "1.2.4"
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	Why        string     `json:"why"`             // two sentences: what an attacker does, what they gain
	Fix        string     `json:"fix"`             // code that is right
	Canon      []string   `json:"canon"`           // the rows of Canon that it is about
	Guard      string     `json:"guard,omitempty"` // what would stop it at run time, such as "guard/sinks"; "" where nothing would
}

// Stops reports whether a guard stops, as fumehood run sets it up, what it is about. One only
// reports it until it is told to enforce, another has to be told where to look.
func Stops(guard string) bool {
	switch guard {
	case "", LoginNamed, "guard/redirects":
		return false
	}
	return true
}

// LoginNamed stands for the guard of a login that guard/login does not find by itself, as no form
// leads to it: the setting names its field.
const LoginNamed = "login.password"

// Place is a stretch of a file. Lines and columns count from 1, columns in characters; without
// a line it is the whole file, and without a file the whole project.
type Place struct {
	File      string `json:"file"` // relative to the audited folder, with slashes
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"` // exclusive
}

// Step is one stop on a value's way, in order from where it came in to where it does harm.
type Step struct {
	Place Place  `json:"place"`
	Note  string `json:"note"`           // such as "the user's text", "becomes part of the statement"
	Code  string `json:"code,omitempty"` // its line; the run fills it in
}

// Frame is the code around a place: whole lines from Line on, each from the character Column
// on, which is 1 but in very long lines.
type Frame struct {
	Line   int      `json:"line"`
	Column int      `json:"column"`
	Text   []string `json:"text"`
}

// Twin is another place of what a finding is about, in the same file.
type Twin struct {
	Place       Place  `json:"place"`
	Fingerprint string `json:"fingerprint"`
	Text        string `json:"text_fingerprint,omitempty"`
}

// Finding is one insecure place.
type Finding struct {
	Rule        string     `json:"rule"`
	Severity    Severity   `json:"severity"`
	Confidence  Confidence `json:"confidence"`
	Place       Place      `json:"place"`
	Message     string     `json:"message"`                    // one sentence about this place
	Steps       []Step     `json:"steps,omitempty"`            // the value's way, where there is one
	Fix         string     `json:"fix,omitempty"`              // the corrected line, where one can be told
	Guard       string     `json:"guard,omitempty"`            // what stops it at run time under fumehood run
	Fingerprint string     `json:"fingerprint"`                // stays when lines move; the run fills it in
	Text        string     `json:"text_fingerprint,omitempty"` // likewise, and stays when the file gets another name; two may have the same
	Cause       string     `json:"-"`                          // of those with the same one in a file the first is shown, with the others in Also
	Also        []Twin     `json:"also,omitempty"`
	Frame       *Frame     `json:"frame,omitempty"` // likewise
}

// Stream is the version of the messages. It goes up when one that reads them would
// misunderstand them; a field more is no such thing.
const Stream = 1

// Config opens a run.
type Config struct {
	Stream  int      `json:"stream"`  // see Stream
	Version string   `json:"version"` // of fumehood
	Root    string   `json:"root"`    // what was audited, as given
	Base    string   `json:"base"`    // the folder that the files of places are in: Root, or the folder of a single file
	Rules   []Rule   `json:"rules"`
	Options []string `json:"options,omitempty"`
}

// Progress says how far a run is.
type Progress struct {
	Stage string `json:"stage"` // such as "reading", "following values"
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// Skipped is a file, a part of one, or a rule that could not be looked at, and why: what was
// not read must never look as if it were clean.
type Skipped struct {
	Place  Place  `json:"place"`
	Reason string `json:"reason"`
	Rule   string `json:"rule,omitempty"`  // the rule that could not go on
	Crash  bool   `json:"crash,omitempty"` // it is a fault of the audit, not of the file
}

// Note is what the owner of the project should know and is no finding, such as an ignore
// that silences nothing.
type Note struct {
	Place *Place `json:"place,omitempty"`
	Text  string `json:"text"`
}

// Suppressed is a finding that somebody silenced, with the reason that they gave.
type Suppressed struct {
	Finding Finding `json:"finding"`
	By      string  `json:"by"` // "comment", "baseline"
	Reason  string  `json:"reason,omitempty"`
	Until   string  `json:"until,omitempty"` // YYYY-MM-DD
}

// Summary closes a run.
type Summary struct {
	Files      int     `json:"files"`
	Templates  int     `json:"templates"`
	Configs    int     `json:"configs"` // files of settings, such as .env
	Lines      int     `json:"lines"`
	Seconds    float64 `json:"seconds"`
	High       int     `json:"high"`
	Medium     int     `json:"medium"`
	Low        int     `json:"low"`
	Guarded    int     `json:"guarded"` // of those, how many a guard stops at run time
	Suppressed int     `json:"suppressed"`
	Skipped    int     `json:"skipped"`       // files that were not read, or not all of them
	Crashes    int     `json:"crashes"`       // rules, functions and files at which the audit itself failed
	Hidden     int     `json:"hidden"`        // findings below the severity or the confidence that was asked for
	Unchanged  int     `json:"unchanged"`     // findings on lines that did not change
	App        *App    `json:"app,omitempty"` // where the source tells what it is
	Blind      bool    `json:"blind"`         // there is Python source and nothing of it could be read: the rest says nothing
}

// Message is one thing that a run says; exactly one field is set.
type Message struct {
	Config     *Config     `json:"config,omitempty"`
	Progress   *Progress   `json:"progress,omitempty"`
	Skipped    *Skipped    `json:"skipped,omitempty"`
	Finding    *Finding    `json:"finding,omitempty"`
	Suppressed *Suppressed `json:"suppressed,omitempty"`
	Note       *Note       `json:"note,omitempty"`
	Summary    *Summary    `json:"summary,omitempty"`
}

// Handler shows or stores a run. Handle is called with one message at a time: a Config
// first, a Summary last. Close is called once, also after an error.
type Handler interface {
	Handle(Message) error
	Close() error
}
