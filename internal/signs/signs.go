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
	has := survey(value)
	if has&^(letters|digits|spaces) == 0 {
		judgeWords(value, has, &s)
		return s
	}
	judgeSQL(value, has, &s)
	judgePath(value, has, &s)
	judgeCommand(value, has, &s)
	judgeTemplate(value, has, &s)
	judgeHeader(value, has, &s)
	judgeXML(value, has, &s)
	judgeNoSQL(value, has, &s)
	judgeCode(value, has, &s)
	judgeRequest(value, has, &s)
	return s
}

// judgeWords judges a value of letters, digits and blanks. Only a whole clause of a
// statement can be made of these.
func judgeWords(value string, has bytesSeen, s *Score) {
	if has&spaces != 0 && len(value) < 256 {
		judgeSQL(value, has, s)
		s.wholeCommand(value)
	}
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
