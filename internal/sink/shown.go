package sink

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/inputs"
)

// known is what of a request may stand in a statement.
type known struct {
	culprit []string // the forms of the value that was stopped
	hidden  bool     // which is not for a log
	placed  bool     // and is known
	secrets []string
	others  []string // the request's other values
}

const (
	shortestFound = 4  // bytes of a value that is looked for in a statement
	shortestOther = 6  // and of the request's other values, unless they have a quote
	beginsWith    = 24 // bytes of a value that a part of it is known by
	mostOthers    = 512
	besideCulprit = 40 // bytes of a template that are shown on either side
	mostDigits    = 6  // of a number that is shown
)

// marks says of each byte of a statement whose it is.
type marks []byte

const (
	apps byte = iota // the app wrote it, as far as is known
	kept             // the value that was stopped
	gone             // not for a log
)

// statement returns what of a statement may be logged: what the app wrote and the value that was
// stopped. Texts and long numbers are shown as "...": they may be anybody's password.
//
// A value with a quote has the statement read otherwise than the app meant it, so the values of the
// request are found first, and what is around them is read as if they were letters. Where that
// cannot be sure, what follows the first quote is left out.
func (k *known) statement(sink, text string) string {
	m := make(marks, len(text))
	low := inputs.Lower(text)
	whole := k.findCulprit(m, low)
	for _, other := range k.others {
		quoted := strings.ContainsAny(other, "'\"`\\")
		if len(other) >= shortestOther || quoted && len(other) >= shortestFound {
			m.findForms(low, other, gone, true)
		} else if quoted && strings.Contains(text, other) {
			whole = false
		}
	}
	for _, secret := range k.secrets {
		m.findForms(low, secret, gone, false)
	}
	switch sink {
	case "sql":
		if !whole || !m.readSQL(text) {
			m.fromFirstQuote(text)
		}
		m.numbers(text, "_.-")
	case "command":
		m.arguments(text)
	case "template":
		m.beside(besideCulprit)
		m.numbers(text, "_.-")
	case "pickle":
		m.fromFirstQuote(text)
	case "request":
		m.queries(text)
		m.numbers(text, "_")
	default:
		m.numbers(text, "_")
	}
	return m.write(text)
}

// findCulprit marks the value that was stopped. It reports whether all of it is there, so that what
// is around it is the app's.
func (k *known) findCulprit(m marks, low string) (whole bool) {
	if !k.placed {
		return true
	}
	mark := kept
	if k.hidden {
		mark = gone
	}
	for _, value := range k.culprit {
		if len(value) < shortestFound { // a quote is everywhere
			if !strings.ContainsAny(value, "'\"`\\$-/#") {
				whole = m.findForms(low, value, mark, true) || whole
			}
			continue
		}
		whole = m.findForms(low, value, mark, true) || whole
	}
	if whole {
		return true
	}
	for _, value := range k.culprit { // cut by the app, or at the end of what the worker says
		begin := inputs.Lower(strings.TrimSpace(value))
		if len(begin) <= beginsWith {
			continue
		}
		if at := strings.Index(low, begin[:beginsWith]); at >= 0 {
			n := beginsWith
			for n < len(begin) && at+n < len(low) && begin[n] == low[at+n] {
				n++
			}
			m.set(at, at+n, mark)
			return at+n == len(low)
		}
	}
	return false
}

// findForms marks the forms of a value wherever they stand; where nobody else has marked anything,
// if onlyApps is set.
func (m marks) findForms(low, value string, mark byte, onlyApps bool) (found bool) {
	for _, form := range inputs.Forms(value) {
		form = inputs.Lower(form)
		if form == "" {
			continue
		}
		for at := 0; ; {
			next := strings.Index(low[at:], form)
			if next < 0 {
				break
			}
			at += next
			if !onlyApps || m.all(at, at+len(form)) {
				m.set(at, at+len(form), mark)
				found = true
			}
			at += len(form)
		}
	}
	return found
}

func (m marks) all(from, upto int) bool { return bytes.Count(m[from:upto], []byte{apps}) == upto-from }

func (m marks) set(from, upto int, mark byte) {
	for i := from; i < upto; i++ {
		m[i] = mark
	}
}

// hide marks what is the app's.
func (m marks) hide(from, upto int) {
	for i := from; i < upto; i++ {
		if m[i] == apps {
			m[i] = gone
		}
	}
}

// readSQL hides what is in quotes. It reports false where SQL may be read in more than one way: the
// text could then be outside of the quotes.
func (m marks) readSQL(text string) bool {
	hidden := append(marks(nil), m...)
	for i := 0; i < len(text); i++ {
		if m[i] != apps {
			continue
		}
		switch c := text[i]; {
		case c == '\\' || c == '$' && i+1 < len(text) && (text[i+1] == '$' || isWord(text[i+1]) && strings.IndexByte(text[i+1:], '$') >= 0):
			return false
		case c == '#' || strings.HasPrefix(text[i:], "--") || strings.HasPrefix(text[i:], "/*"):
			if strings.ContainsAny(text[i:], "'\"`") {
				return false
			}
		case c == '\'' || c == '"' || c == '`':
			end := m.closing(text, i)
			if end < 0 || end+1 < len(text) && (m[end+1] != apps || isWord(text[end+1])) || i > 0 && m[i-1] != apps || m.hasBackslash(text, i, end) {
				return false
			}
			if c != '`' {
				hidden.hide(i+1, end)
			}
			i = end
		}
	}
	copy(m, hidden)
	return true
}

// closing is where the literal ends that begins at i, -1 where it does not.
func (m marks) closing(text string, i int) int {
	for end := i + 1; end < len(text); end++ {
		if m[end] != apps || text[end] != text[i] {
			continue
		}
		if end+1 < len(text) && m[end+1] == apps && text[end+1] == text[i] { // doubled
			end++
			continue
		}
		return end
	}
	return -1
}

func (m marks) hasBackslash(text string, from, upto int) bool {
	for i := from; i < upto; i++ {
		if m[i] == apps && text[i] == '\\' {
			return true
		}
	}
	return false
}

// fromFirstQuote hides what follows the first quote of the app.
func (m marks) fromFirstQuote(text string) {
	for i := range text {
		if m[i] == apps && strings.IndexByte("'\"`\\$", text[i]) >= 0 {
			m.hide(i+1, len(text))
			return
		}
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// numbers hides words with many digits; what is in more belongs to words, too.
func (m marks) numbers(text, more string) {
	for i := 0; i < len(text); {
		from, digits := i, 0
		for i < len(text) && m[i] == apps && (isWord(text[i]) || strings.IndexByte(more, text[i]) >= 0) {
			if text[i] >= '0' && text[i] <= '9' {
				digits++
			}
			i++
		}
		if digits > mostDigits {
			m.hide(from, i)
		}
		i = max(i, from+1)
	}
}

// arguments hides the words of a command, but for the program, names of options and numbers.
func (m marks) arguments(text string) {
	first := true
	for i := 0; i < len(text); {
		if m[i] != apps || !isWord(text[i]) && text[i] != '-' && text[i] != '/' && text[i] != '.' {
			i++
			continue
		}
		from, number := i, true
		for i < len(text) && m[i] == apps && (isWord(text[i]) || strings.IndexByte("-/.@:%+~", text[i]) >= 0) {
			number = number && (text[i] >= '0' && text[i] <= '9' || text[i] == '.')
			i++
		}
		word := text[from:i]
		switch {
		case first && (i == len(text) || text[i] != '='), number && len(word) <= mostDigits, strings.Trim(word, "-/.") == "":
		case strings.HasPrefix(word, "--"):
		case word[0] == '-':
			m.hide(min(from+2, i), i)
		default:
			m.hide(from, i)
		}
		first = false
	}
}

// beside hides what is farther than n bytes from the value that was stopped.
func (m marks) beside(n int) {
	near := make([]bool, len(m))
	for i, mark := range m {
		if mark == kept && (i == 0 || m[i-1] != kept || i+1 == len(m) || m[i+1] != kept) {
			for j := max(0, i-n); j < min(len(m), i+n+1); j++ {
				near[j] = true
			}
		}
	}
	for i := range m {
		if !near[i] {
			m.hide(i, i+1)
		}
	}
}

// queries hides the values in the query of a URL and the name and password before its host.
func (m marks) queries(text string) {
	if at := strings.Index(text, "://"); at >= 0 {
		rest := text[at+3:]
		if end := strings.IndexAny(rest, "/?# "); end >= 0 {
			rest = rest[:end]
		}
		if user := strings.LastIndexByte(rest, '@'); user > 0 {
			m.set(at+3, at+3+user, gone)
		}
	}
	at := strings.IndexByte(text, '?')
	for at >= 0 && at < len(text) {
		equals := strings.IndexByte(text[at:], '=')
		if equals < 0 {
			return
		}
		from := at + equals + 1
		end := strings.IndexAny(text[from:], "& ")
		if end < 0 {
			end = len(text) - from
		}
		m.hide(from, from+end)
		at = from + end
	}
}

// write writes what is left of text, the part with the value in it where it is long.
func (m marks) write(text string) string {
	from := 0
	if at := bytes.IndexByte(m, kept); len(text) > shown && at > shown/2 {
		from = at - shown/4
	}
	var b strings.Builder
	if from > 0 {
		b.WriteString("...")
		for from < len(text) && !utf8.RuneStart(text[from]) {
			from++
		}
	}
	for i := from; i < len(text); {
		if m[i] == gone {
			for i < len(text) && m[i] == gone {
				i++
			}
			if !strings.HasSuffix(b.String(), "...") {
				b.WriteString("...")
			}
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		if b.Len()+n > shown {
			b.WriteString("...")
			break
		}
		b.WriteString(text[i : i+n])
		i += n
	}
	return b.String()
}
