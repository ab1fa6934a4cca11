package rules

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
)

// soughtWords are what rules look for in the text of every module, in lower case, before they
// walk it. They are looked for together: a million lines are put into lower case once.
func soughtWords() []string {
	return []string{"csrf", "seasurf", "ratelimit", "rate_limit", "lockout", "failed_login", "login_attempts", "throttl", "limiter"}
}

// holds reports whether the text of a module has a word in it, in whatever case.
func (f *Facts) holds(m *program.Module, word string) bool {
	i := slices.Index(soughtWords(), word)
	if i < 0 {
		return strings.Contains(strings.ToLower(m.File.Source), word)
	}
	if f.words == nil {
		f.findWords()
	}
	return f.words[m.ID]&(1<<i) != 0
}

func (f *Facts) findWords() {
	var sought [][]byte
	for _, w := range soughtWords() {
		sought = append(sought, []byte(w))
	}
	f.words = make([]uint16, len(f.program.Modules))
	var text []byte
	for _, m := range f.program.Modules {
		if m.Test {
			continue
		}
		text = append(text[:0], m.File.Source...)
		for i, c := range text {
			if 'A' <= c && c <= 'Z' {
				text[i] = c + 'a' - 'A'
			}
		}
		for i, w := range sought {
			if bytes.Contains(text, w) {
				f.words[m.ID] |= 1 << i
			}
		}
	}
}
