package errorpages

import (
	"bytes"
	"strings"
)

const (
	lookSize    = 64 << 10 // of a body, before the head leaves
	lookBehind  = 256      // what is before a text and belongs to it
	longestPath = 512      // more of a path is not looked at
	nearby      = 8 << 10  // a path this near after a traceback's first line is one of its frames
)

// finding is what a search has found; its kind is nothing where it has not.
type finding struct {
	kind kind
	name string
}

// search goes through one body, piece by piece; how it is cut does not matter. Its memory
// is bounded.
type search struct {
	g      *Guard
	server bool // the status is 5xx: every internal counts
	markup bool // the body may be HTML
	whole  bool // nothing comes after what is fed

	found finding // the best so far
	tail  []byte  // the end of what was seen
	seen  int64   // bytes
	from  int64   // frames are looked for from here
	until int64   // to here
}

// feed searches the next piece and says whether the answer must not go on.
func (s *search) feed(p []byte) bool {
	if len(s.tail) > 0 {
		joined := append(s.tail, p[:min(len(p), s.g.overlap)]...)
		s.check(joined, s.seen-int64(len(s.tail)))
	}
	if len(s.tail) == 0 || len(p) > s.g.overlap {
		s.check(p, s.seen)
	}
	s.seen += int64(len(p))
	return s.found.kind.proof() || s.server && s.found.kind != nothing
}

// remember keeps the end of what feed has just seen for the next piece.
func (s *search) remember(p []byte) {
	if len(p) >= s.g.overlap {
		s.tail = append(s.tail[:0], p[len(p)-s.g.overlap:]...)
		return
	}
	if drop := len(s.tail) + len(p) - s.g.overlap; drop > 0 {
		s.tail = s.tail[:copy(s.tail, s.tail[drop:])]
	}
	s.tail = append(s.tail, p...)
}

// check searches w, which begins base bytes into the body.
func (s *search) check(w []byte, base int64) {
	for at := 0; ; at++ {
		i, p := s.g.scan.find(w, at)
		if p == nil {
			break
		}
		at = i
		switch {
		case !s.holds(w, i, p):
		case p.kind == traceback:
			s.expect(w, base, base+int64(i))
			s.note(p.kind, p.name)
		default:
			s.note(p.kind, p.name)
		}
	}
	s.frames(w, base)
	if s.server && s.found.kind == nothing {
		s.found = s.g.serverSigns(w, base == 0, s.whole)
	}
}

// note keeps what says most.
func (s *search) note(k kind, name string) {
	if k > s.found.kind {
		s.found = finding{k, name}
	}
}

// holds says whether what is around the pattern at w[i:] makes it what it looks like.
func (s *search) holds(w []byte, i int, p *pattern) bool {
	if (p.kind == debugger || p.kind == console) && !s.markup {
		return false
	}
	before := w[max(0, i-lookBehind):i]
	if p.quoted && !endsWithQuote(before) {
		return false
	}
	if p.before != "" && !bytes.Contains(before, []byte(p.before)) {
		return false
	}
	return p.kind != osError || s.g.ownFile(w[i+len(p.text):])
}

// ownFile says whether text begins with a quoted path of the app's.
func (g *Guard) ownFile(text []byte) bool {
	for _, quote := range singleQuotes() {
		path, quoted := bytes.CutPrefix(text, []byte(quote))
		if !quoted {
			continue
		}
		for _, form := range g.strong {
			if bytes.HasPrefix(path, form) {
				return true
			}
		}
	}
	return false
}

func endsWithQuote(b []byte) bool {
	for _, quote := range doubleQuotes() {
		if bytes.HasSuffix(b, []byte(quote)) {
			return true
		}
	}
	return false
}

// expect begins to look for files of the app's: a traceback begins at pos. Not all that
// draw tracebacks write File "..." (rich, Werkzeug's and other pages).
func (s *search) expect(w []byte, base, pos int64) {
	if pos > s.until { // what is between the two counts for neither
		s.frames(w, base)
		s.from = pos
	}
	s.until = max(s.until, pos+nearby)
}

// frames looks for files of the app's from s.from to s.until. Each byte is looked at
// once, however many tracebacks there are.
func (s *search) frames(w []byte, base int64) {
	lo, hi := max(s.from, base)-base, s.until-base // of where a path may begin
	if lo >= hi || lo >= int64(len(w)) {
		return
	}
	for _, form := range s.g.strong {
		region := w[lo:min(int64(len(w)), hi+int64(len(form)))]
		for at := 0; ; at++ {
			i := bytes.Index(region[at:], form)
			if i < 0 {
				break
			}
			at += i
			if isPython(w[int(lo)+at:]) {
				s.note(frame, "a file of this app in a traceback")
				return
			}
		}
	}
	s.from = max(s.from, min(s.until, base+int64(len(w))-int64(s.g.overlap/2)))
}

// pathAt returns the path that p begins with, up to longestPath bytes of it, and whether
// p has its end.
func pathAt(p []byte) (path []byte, ended bool) {
	if len(p) > longestPath {
		p, ended = p[:longestPath], true
	}
	if end := bytes.IndexAny(p, "<"+pathEnds); end >= 0 {
		return p[:end], true
	}
	return p, ended
}

// isPython says whether p begins with the path of a Python source, perhaps with tags in it
// (rich colours the file's name). What ends without anything after it is none: a traceback
// has a line number there.
func isPython(p []byte) bool {
	if len(p) > longestPath {
		p = append(p[:longestPath:longestPath], 0) // a path that long goes no further
	}
	var name [longestPath]byte
	n, tag := 0, false
	for _, c := range p {
		switch {
		case tag:
			tag = c != '>'
		case c == '<':
			tag = true
		case strings.IndexByte(pathEnds, c) >= 0:
			return bytes.HasSuffix(name[:n], []byte(".py"))
		default:
			name[n] = c
			n++
		}
	}
	return false
}

// pathEnds are the bytes that end a path in a text, besides "<".
const pathEnds = "\x00 \t\r\n\"'>,;:()|&"

// serverSigns looks for what only counts in a 5xx. start says that w begins the body, end
// that it ends it.
func (g *Guard) serverSigns(w []byte, start, end bool) finding {
	for _, m := range serverMarks() {
		if bytes.Contains(w, []byte(m.text)) {
			return finding{server, m.text + " (" + m.source + ")"}
		}
	}
	for _, r := range g.roots {
		for _, form := range r.forms {
			if r.shows(w, form, start, end) {
				return finding{server, "a path of this server"}
			}
		}
	}
	if name := exceptionIn(w, start); name != "" {
		return finding{server, "an exception's name: " + name}
	}
	if name := bannerIn(w); name != "" {
		return finding{server, "a version: " + name}
	}
	return finding{}
}

// shows says whether w has a path under r that is no part of a URL.
func (r root) shows(w, form []byte, start, end bool) bool {
	for at := 0; ; at++ {
		i := bytes.Index(w[at:], form)
		if i < 0 {
			return false
		}
		at += i
		path, ended := pathAt(w[at:])
		if pathBegins(w[:at], start) && (r.deep || (ended || end) && isFile(path)) {
			return true
		}
	}
}

// pathBegins says whether a path may begin after before: not in the middle of another
// path or of a URL, but after "sqlite:///".
func pathBegins(before []byte, start bool) bool {
	if len(before) == 0 {
		return start
	}
	switch c := before[len(before)-1]; {
	case c == '/':
		scheme := bytes.TrimRight(before, "/")
		return len(before)-len(scheme) >= 2 && bytes.HasSuffix(scheme, []byte(":"))
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return bytes.HasSuffix(before, []byte(`\n`)) || bytes.HasSuffix(before, []byte(`\t`)) ||
			bytes.HasSuffix(before, []byte(`\u0022`)) || bytes.HasSuffix(before, []byte(`\u0027`))
	case c == '.', c == '_', c == '-', c == '~', c == '%', c == ':':
		return false
	}
	return true
}

// isFile says whether a path ends as files on servers do, and URLs do not.
func isFile(path []byte) bool {
	dot := bytes.LastIndexByte(path, '.')
	if dot < 0 {
		return false
	}
	switch string(path[dot+1:]) {
	case "py", "pyc", "so", "db", "sqlite", "sqlite3", "ini", "cfg", "toml", "env", "log", "sock", "j2", "jinja", "jinja2":
		return true
	}
	return false
}

// exceptionIn returns the first name in w that looks like an exception's in its text form
// (KeyError: ...) or in its repr (KeyError('...')). begins says that w begins the body.
func exceptionIn(w []byte, begins bool) string {
	for _, end := range []string{"Error", "Exception"} {
		for at := 0; ; {
			i := bytes.Index(w[at:], []byte(end))
			if i < 0 {
				break
			}
			start, after := at+i, w[at+i+len(end):]
			at = start + len(end)
			if !bytes.HasPrefix(after, []byte(": ")) && !bytes.HasPrefix(after, []byte("(")) {
				continue
			}
			first := start
			for first > 0 && start-first < lookBehind && isLetter(w[first-1]) {
				first--
			}
			if first < start && (first > 0 || begins) && w[first] >= 'A' && w[first] <= 'Z' {
				return string(w[first:at])
			}
		}
	}
	return ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// bannerIn returns the name of the first program that w tells the version of.
func bannerIn(w []byte) string {
	slash, space := banners()
	for _, name := range append(slash, space...) {
		for at := 0; ; {
			i := bytes.Index(w[at:], []byte(name))
			if i < 0 {
				break
			}
			at += i + len(name)
			if at < len(w) && w[at] >= '0' && w[at] <= '9' {
				return name[:len(name)-1]
			}
		}
	}
	return ""
}
