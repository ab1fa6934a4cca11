// Package signs judges one value of a request by its structure: what would it do in a
// statement, a path, a shell command, a template, a header, an XML document, a query of a
// document store, or as code? It knows nothing of the field, and it does not look for
// words: prose about SQL or a shell is not an attack, a value that continues a statement is.
//
// It stops no attack by itself: guard/injection asks it at the edge and weighs what it says
// against what the field normally holds. It cannot know what the app does with a value, so
// it misses what is an attack in one place only; the sinks in the worker decide there.
// Executable HTML is not its subject, see internal/active.
//
// A value is judged as it is: whoever calls tries the decoded forms too. What is commonly
// left encoded in a path or a header is understood here. All of it takes linear time.
package signs

import "strings"

// Class is a kind of attack.
type Class uint8

// The classes.
const (
	SQL Class = iota
	Path
	Command
	Template
	Header
	XML
	NoSQL // document stores, LDAP and XPath
	Code  // program text and serialised objects
	Request
	classes
)

// String returns the name of the class as it stands in the log.
func (c Class) String() string {
	names := [classes]string{"sql", "path", "command", "template", "header", "xml", "nosql", "code", "request"}
	if c < classes {
		return names[c]
	}
	return "unknown"
}

// Points of a class.
const (
	Refuse = 10 // the structure of an attack: refuse it
	Weak   = 5  // counts only in a field that normally holds numbers or words
)

// Score says of which classes a value has the structure. The zero Score: of none.
type Score struct {
	points [classes]uint8
	why    [classes]string
}

// Points returns how sure it is that the value is of class c: 0, Weak, Refuse or between.
func (s *Score) Points(c Class) int {
	if c >= classes {
		return 0
	}
	return int(s.points[c])
}

// Why returns the reason for the points of class c, a few words for the log, "" for none.
func (s *Score) Why(c Class) string {
	if c >= classes {
		return ""
	}
	return s.why[c]
}

// Top returns the class with the most points, its points and the reason; 0 points where
// the value has the structure of no attack.
func (s *Score) Top() (Class, int, string) {
	top := SQL
	for c := range classes {
		if s.points[c] > s.points[top] {
			top = c
		}
	}
	return top, int(s.points[top]), s.why[top]
}

// Merge keeps for each class the higher points of s and t: t is the score of another form
// of the same value.
func (s *Score) Merge(t *Score) {
	for c := range classes {
		s.add(c, t.points[c], t.why[c])
	}
}

func (s *Score) add(c Class, points uint8, why string) {
	if points > s.points[c] {
		s.points[c], s.why[c] = points, why
	}
}

// Judge scores the structure of a value.
func Judge(value string) Score {
	var s Score
	sh := shape{has: survey(value)}
	if sh.has&^(letters|digits|spaces) == 0 {
		s.words(value, &sh)
		return s
	}
	sh.measure(value)
	s.sql(value, &sh)
	s.path(value, &sh)
	s.command(value, &sh)
	s.template(value, &sh)
	s.header(value, &sh)
	s.xml(value, &sh)
	s.nosql(value, &sh)
	s.code(value, &sh)
	s.request(value, &sh)
	return s
}

// words judges a value of letters, digits and blanks. Only a clause of a statement and a
// command can be made of these.
func (s *Score) words(value string, sh *shape) {
	if sh.has&spaces != 0 && len(value) < 256 {
		s.sql(value, sh)
		s.wholeCommand(value)
		s.batch(value)
		s.line(value, sh)
	}
	if sh.has&spaces == 0 && len(value) > 8 && (value[0] == 'r' || value[0] == 'g' || value[0] == 'a' || value[0] == 'A') {
		s.serialised(value, Refuse)
	}
}

// shape is what the judges need to know of the whole value, found once.
type shape struct {
	has   bytesSeen
	text  bool // several lines or sentences, in which code may be told about
	lines bool // more than one line
	word  int  // where the second word begins
	third int  // where the fourth does
	size  int  // length of the value
	read  int  // what was read more than once, in bytes, see spent
}

// spent says whether the allowance for looking ahead is used up. What begins many expressions or
// commands and ends none would have each of them read a lot.
func (sh *shape) spent() bool { return sh.read > 2*sh.size+8<<10 }

func (sh *shape) measure(value string) {
	words, breaks, blank := 0, 0, true
	sh.size = len(value)
	sh.word, sh.third = len(value), len(value)
	for i := range len(value) {
		if isBlank(value[i]) {
			if value[i] == '\n' {
				breaks++
			}
			blank = true
			continue
		}
		if blank {
			if words++; words == 2 {
				sh.word = i
			} else if words == 4 {
				sh.third = i
			}
			blank = false
		}
	}
	sh.lines = breaks > 0
	sh.text = len(value) > 600 && words > 60 || breaks > 2 || strings.Contains(value, "```")
}

// short says that nothing stands before value[at] but one word.
func (sh *shape) short(at int) bool { return at <= sh.word }

// begins says that program text which begins at value[at] stands at the beginning of it,
// and not behind a sentence.
func (sh *shape) begins(at int) bool { return at <= sh.third && !sh.lines }

// strong gives the points for what is told about in texts, and is an attack elsewhere.
func (sh *shape) strong() uint8 { return points(!sh.text, Refuse, Weak) }

func points(ok bool, yes, no uint8) uint8 {
	if ok {
		return yes
	}
	return no
}

// bytesSeen says which kinds of bytes a value has.
type bytesSeen uint32

const (
	letters bytesSeen = 1 << iota // a-z A-Z _ and all bytes of other scripts
	digits
	spaces
	lines   // CR, LF
	quotes  // ' " ` and bytes of quotes in other scripts
	parens  // ( )
	braces  // { }
	squares // [ ]
	angles  // < >
	equals  // =
	semis
	pipes // | &
	dollars
	slashes     // / and \
	dots        // .
	percents    // %
	hashes      // #
	ats         // @
	stars       // *
	colons      // :
	dashes      // -
	controls    // other control bytes, NUL
	foreign     // bytes >= 0x80
	punctuation // the rest
)

// survey returns the kinds of all bytes of value.
func survey(value string) (seen bytesSeen) {
	for i := 0; i < len(value); i++ {
		seen |= kinds[value[i]]
	}
	return seen
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func isDigit(c byte) bool { return c-'0' < 10 }

func isBlank(c byte) bool { return kinds[c]&spaces != 0 }

// isWord says whether c is part of a word in the widest sense.
func isWord(c byte) bool { return kinds[c]&(letters|digits) != 0 }
