package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// soughtTexts are what rules look for in the text of whole modules, in lower case, by sourceHas
// and modulesWith. They are looked for together: to read a million lines takes time.
func soughtTexts() []string {
	return []string{
		"csrf", "seasurf", "ratelimit", "rate_limit", "lockout", "failed_login", "login_attempts", "throttl", "limiter",
		"flask(", "flask_session", "flask_kvsession", "passwordfield", "before_", "render_template", "create table", "insert into",
		"login_user(", "session[", "session_cookie_secure", "alisman", "request.files", "max_content_length", "max_form_memory_size", "content_length", "upload_file_size", "filesize(",
		"x-frame-options", "content-security-policy", "strict-transport-security", "x-content-type-options", "flask_csp", "secure_headers", "secureheaders",
		"totp", "mfa", "2fa", "two_factor", "twofactor", "webauthn", "fido2", "oauth", "saml", "ldap", "openid", "oidc",
	}
}

// wordIndex finds words in texts, in whatever case, all of them in one pass: an automaton as of
// Aho and Corasick, "Efficient String Matching" (1975). Letters are those of ASCII.
type wordIndex struct {
	number  map[string]int // of a word; one without a number is not looked for
	longest int            // of the words
	class   [256]uint8     // of a byte; 0 where it is in no word
	classes uint8
	next    [][mostClasses]uint16 // by state and class
	ends    [][2]uint64           // by state: the words that end there
	modules []moduleWords         // by Module.ID
}

// mostClasses bounds how many different bytes the words have.
const mostClasses = 64

// moduleWords are the words that stand in a module.
type moduleWords struct {
	known  bool
	all    [2]uint64
	blocks []uint64 // those of rules, by the block of the source in which they end
}

// blockLen is how exactly an index knows where a word of a rule stands.
const blockLen = 128

// newWordIndex looks for the words of rules, which get the first 64 numbers, and for 64 others.
func newWordIndex(modules int, ofRules, others []string) *wordIndex {
	s := &wordIndex{number: map[string]int{}, modules: make([]moduleWords, modules), next: make([][mostClasses]uint16, 1, 1024), ends: make([][2]uint64, 1, 1024)}
	for i, w := range ofRules {
		if i < 64 {
			s.add(w, len(s.number))
		}
	}
	for i, w := range others {
		if i < 64 {
			s.add(w, 64+i)
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		s.class[c] = s.class[c+'a'-'A']
	}
	s.link()
	return s
}

// add has the index look for one more word.
func (s *wordIndex) add(word string, number int) {
	if _, known := s.number[word]; known || word == "" {
		return
	}
	at := 0
	for _, c := range []byte(word) {
		if s.class[c] == 0 {
			if s.classes+1 == mostClasses {
				return
			}
			s.classes++
			s.class[c] = s.classes
		}
		to := &s.next[at][s.class[c]]
		if *to == 0 {
			*to = uint16(len(s.next))
			at = len(s.next)
			s.next = append(s.next, [mostClasses]uint16{})
			s.ends = append(s.ends, [2]uint64{})
		} else {
			at = int(*to)
		}
	}
	s.number[word] = number
	s.longest = max(s.longest, len(word))
	s.ends[at][number/64] |= 1 << (number % 64)
}

// link fills in where a word goes on in the middle of another one.
func (s *wordIndex) link() {
	back := make([]uint16, len(s.next)) // the longest other state that ends in the same letters
	queue := append(make([]uint16, 0, len(s.next)), 0)
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		for c := range s.classes + 1 {
			to := &s.next[at][c]
			other := s.next[back[at]][c]
			if *to == 0 {
				*to = other
				continue
			}
			if at != 0 {
				back[*to] = other
				s.ends[*to][0] |= s.ends[other][0]
				s.ends[*to][1] |= s.ends[other][1]
			}
			queue = append(queue, *to)
		}
	}
}

// of are the words that the source of a module holds.
func (s *wordIndex) of(m *program.Module) *moduleWords {
	w := &s.modules[m.ID]
	if !w.known {
		w.known = true
		s.read(m.File.Source, w)
	}
	return w
}

// read finds the words of a text. It goes through both halves of it at once: while the processor
// waits for one of them it goes on in the other.
func (s *wordIndex) read(source string, w *moduleWords) {
	w.blocks = make([]uint64, len(source)/blockLen+1)
	half := len(source) / 2
	a, b := uint16(0), uint16(0)
	for i := max(half-s.longest, 0); i < half; i++ { // a word may stand in the middle
		b = s.next[b][s.class[source[i]]&(mostClasses-1)]
	}
	for i := range half {
		a = s.next[a][s.class[source[i]]&(mostClasses-1)]
		b = s.next[b][s.class[source[half+i]]&(mostClasses-1)]
		if found := &s.ends[a]; found[0]|found[1] != 0 {
			w.note(found, i)
		}
		if found := &s.ends[b]; found[0]|found[1] != 0 {
			w.note(found, half+i)
		}
	}
	if last := 2 * half; last < len(source) {
		b = s.next[b][s.class[source[last]]&(mostClasses-1)]
		w.note(&s.ends[b], last)
	}
}

// note writes down words that end at a byte.
func (w *moduleWords) note(found *[2]uint64, at int) {
	w.all[0] |= found[0]
	w.all[1] |= found[1]
	w.blocks[at/blockLen] |= found[0]
}

// within are the words of rules in a part of the source, and maybe some that stand right beside it.
func (w *moduleWords) within(part python.Span) (words uint64) {
	for _, block := range w.blocks[int(part.Start)/blockLen : int(part.End)/blockLen+1] {
		words |= block
	}
	return words
}

// among are the bits of some words of rules; 0 without words, and where one is not looked for.
func (s *wordIndex) among(words []string) uint64 {
	bits := uint64(0)
	for _, w := range words {
		i, ok := s.number[w]
		if !ok || i >= 64 {
			return 0
		}
		bits |= 1 << i
	}
	return bits
}

// sourceHas reports whether the text of a module has a word in it, in whatever case.
func (f *Facts) sourceHas(m *program.Module, word string) bool {
	if i, ok := f.index.number[word]; ok {
		return f.index.of(m).all[i/64]&(1<<(i%64)) != 0
	}
	return strings.Contains(strings.ToLower(m.File.Source), word)
}
