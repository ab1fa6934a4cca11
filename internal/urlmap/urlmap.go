// Package urlmap says where a Flask app's own URL map leads a request, before the app is
// asked: to a view, to a redirect, or to the app's error page.
//
// It stops no attack by itself; guard/validate acts on what it says. It follows Werkzeug 2.2
// to 3.1 rule by rule, with the rules in the order that the worker has read from the map. It
// is never surer than the map allows: a converter of the app's own, a rule for some hosts
// only, or an app that routes by other means too, makes it say Unsure.
package urlmap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// Verdict says what the app will do with a request.
type Verdict uint8

// The verdicts. Only Found and Unsure may end in a view.
const (
	Unsure      Verdict = iota // the map does not tell
	Found                      // a view, or a redirect that the rule itself asks for
	Redirected                 // to the same path with other slashes
	NotFound                   // 404: no rule is for this path
	WrongMethod                // 405: the rules that may be for this path are for other methods
)

// Map is a URL map. Many goroutines may use it; a nil Map is sure of nothing.
type Map struct {
	distrusted atomic.Bool

	root  *state
	merge bool // "//" counts as "/"
	loose []looseRule
	why   string
	size  int
}

// New reads what the worker says of the app's URL map. Nothing, and a map that does not say
// everything, give a Map that is sure of nothing.
func New(about []byte) (*Map, error) {
	var said struct {
		Why   string    `json:"why"`
		Merge bool      `json:"merge"`
		Rules []rawRule `json:"rules"`
	}
	if about = bytes.TrimSpace(about); len(about) == 0 || string(about) == "null" {
		return &Map{why: "the app has none"}, nil
	}
	if err := json.Unmarshal(about, &said); err != nil {
		return nil, fmt.Errorf("the app's URL map: %w", err)
	}
	m := &Map{merge: said.Merge, why: said.Why, size: len(said.Rules)}
	if m.why != "" {
		return m, nil
	}
	m.root = &state{}
	for i := range said.Rules {
		if err := m.add(&said.Rules[i]); err != nil {
			return nil, fmt.Errorf("the app's URL map: %w", err)
		}
	}
	return m, nil
}

// Why returns why the map is sure of nothing, "" when it is.
func (m *Map) Why() string {
	switch {
	case m == nil:
		return "there is none"
	case m.root == nil && m.why == "":
		return "it was not made by urlmap.New"
	case m.distrusted.Load():
		return "the app has answered what the map has no view for"
	}
	return m.why
}

// Distrust makes the map sure of nothing from now on: the app has shown that it is not all.
func (m *Map) Distrust() { m.distrusted.Store(true) }

// Len returns the number of rules.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return m.size
}

// Match says what becomes of a request for path, which is decoded, as in url.URL.Path.
func (m *Map) Match(method, path string) Verdict {
	if m == nil || m.root == nil || m.distrusted.Load() || !strings.HasPrefix(path, "/") {
		return Unsure
	}
	method = strings.ToUpper(method) // as Werkzeug's Request has it
	if !utf8.ValidString(path) {
		path = replaceInvalid(path)
	}
	for len(path) > 1 && path[1] == '/' {
		path = path[1:]
	}
	w := walk{method: method}
	for i := range m.loose {
		if m.loose[i].mayBeFor(path) {
			if m.loose[i].allows(method) {
				return Unsure
			}
			w.wrongMethod = true
		}
	}
	rule := w.match(m.root, path, true, 0)
	switch {
	case w.slash:
		return Redirected
	case rule == nil && m.merge && strings.Contains(path, "//"):
		if rule = w.match(m.root, mergeSlashes(path), true, 0); rule != nil || w.slash {
			return Redirected
		}
	case rule != nil:
		switch rule.converts(w.values[:w.count]) {
		case yes:
			return Found
		case perhaps:
			return Unsure
		}
	}
	if w.wrongMethod {
		return WrongMethod
	}
	return NotFound
}

// Literal says whether a rule without converters is for exactly this path, whatever its methods.
func (m *Map) Literal(path string) bool {
	if m == nil || m.root == nil || !strings.HasPrefix(path, "/") {
		return false
	}
	at := m.root
	for more := true; more && at != nil; {
		var part string
		part, path, more = strings.Cut(path, "/")
		at = at.static[part]
	}
	return at != nil && len(at.rules) > 0
}

// mergeSlashes writes each run of slashes as one.
func mergeSlashes(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '/' || i == 0 || path[i-1] != '/' {
			b.WriteByte(path[i])
		}
	}
	return b.String()
}

// mostValues is more arguments than the path of a rule has; one with more is loose.
const mostValues = 16

// walk is one search through the states.
type walk struct {
	method      string
	wrongMethod bool // a rule is for the path and not for the method
	slash       bool // a slash at the end is missing: the search ends there
	values      [mostValues]string
	count       int
}

// match looks for a rule below s; rest is what is left of the path, if there is more.
func (w *walk) match(s *state, rest string, more bool, count int) *rule {
	if !more {
		return w.arrived(s, count)
	}
	part, tail, hasTail := strings.Cut(rest, "/")
	if next := s.static[part]; next != nil {
		if found := w.match(next, tail, hasTail, count); found != nil || w.slash {
			return found
		}
	}
	for i := range s.dynamic {
		step := &s.dynamic[i]
		target, left, leftMore := part, tail, hasTail
		if step.part.final {
			target, left, leftMore = rest, "", false
		}
		if step.part.suffixed {
			if stripped, ok := strings.CutSuffix(target, "/"); ok {
				target, leftMore = stripped, true
			}
			if strings.HasSuffix(target, "/") {
				continue
			}
		}
		n, ok := step.part.match(target, &w.values, count)
		if !ok {
			continue
		}
		if found := w.match(step.next, left, leftMore, n); found != nil || w.slash {
			return found
		}
	}
	if rest == "" && !hasTail { // only a slash is left
		for _, r := range s.rules {
			if !r.strict && w.allowed(r) {
				w.count = count
				return r
			}
		}
	}
	return nil
}

// arrived chooses among the rules of s, at the end of the path.
func (w *walk) arrived(s *state, count int) *rule {
	for _, r := range s.rules {
		if w.allowed(r) {
			w.count = count
			return r
		}
	}
	if next := s.static[""]; next != nil {
		for _, r := range next.rules {
			if !r.allows(w.method) {
				continue
			}
			if r.strict {
				w.slash = true
				return nil
			}
			w.count = count
			return r
		}
	}
	return nil
}

func (w *walk) allowed(r *rule) bool {
	if r.allows(w.method) {
		return true
	}
	w.wrongMethod = true
	return false
}

// replaceInvalid does with bytes that are no UTF-8 what Python's bytes.decode("utf-8",
// "replace") does: one U+FFFD for the longest beginning of a character (Unicode 15, 3.9).
func replaceInvalid(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
			b.WriteString(s[i : i+size])
			i += size
			continue
		}
		b.WriteRune(utf8.RuneError)
		i += beginning(s[i:])
	}
	return b.String()
}

// beginning is the length of the longest beginning of a character that s starts with, at
// least 1 (the ranges are those of table 3-7 of the Unicode standard).
func beginning(s string) int {
	low, high, size := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case c == 0xE0:
		low, size = 0xA0, 3
	case c == 0xED:
		high, size = 0x9F, 3
	case c >= 0xE1 && c <= 0xEF:
		size = 3
	case c == 0xF0:
		low, size = 0x90, 4
	case c == 0xF4:
		high, size = 0x8F, 4
	case c >= 0xF1 && c <= 0xF3:
		size = 4
	}
	n := 1
	for n < size-1 && n < len(s) && s[n] >= low && s[n] <= high {
		n, low, high = n+1, 0x80, 0xBF
	}
	return n
}

var errRule = errors.New("a rule is not understood")
