package signs

import "strings"

// climbs counts the steps up: two or more dots, or what stands for them, and a slash.
func (s *Score) climbs(value string, alone bool) {
	if !mayClimb(value) {
		return
	}
	run, most, total, target := 0, 0, 0, 0
	sneaky, word := false, false
	for i := 0; i < len(value); {
		c := value[i]
		p := climb{n: 1, marked: c >= 0x80}
		if c >= 0xC0 || c == '0' || c == '?' || kinds[c]&(dots|percents|slashes|controls) != 0 {
			p = step(value[i:], word)
		}
		if !p.up {
			word = !p.marked && isWord(value[i+p.n-1])
			if run > 0 && !linkByte(c) {
				run = 0
			}
			i += p.n
			continue
		}
		run++
		total++
		most = max(most, run)
		sneaky = sneaky || p.disguised
		i += p.n
		target, word = i, false
	}
	if total == 0 {
		return
	}
	switch where := value[target:]; {
	case sneaky && (alone || total > 1):
		s.add(Path, Refuse, "a disguised way out of the folder")
	case sensitive(where) && (alone || total > 2):
		s.add(Path, Refuse, "a way out of the folder to a file of the system")
	case alone && total > 1 && !link(value), most > 5:
		s.add(Path, Refuse, "a way out of the folder, several steps up")
	case alone && (backward(value) || configName(where)):
		s.add(Path, Refuse, "a way out of the folder")
	default:
		s.add(Path, Weak, "a relative path that goes up")
	}
}

// mayClimb is a cheap test for two dots or an encoding of one.
func mayClimb(value string) bool {
	for i := 0; i+1 < len(value); i++ {
		next := value[i+1]
		switch value[i] {
		case '.':
			if next == '.' || next == '/' || next == '\\' || next == '?' {
				return true
			}
		case '?':
			if next == '.' || next == '?' {
				return true
			}
		case '0':
			if next == 'x' && strings.HasPrefix(value[i+2:], "2e") {
				return true
			}
		case '%':
			if strings.IndexByte("2%cCeEfFuU", next) >= 0 {
				return true
			}
		case 0xC0:
			return true
		case 0xEF:
			if strings.HasPrefix(value[i:], "．") {
				return true
			}
		}
	}
	return false
}

// climb is what stands at one place of a value that may climb.
type climb struct {
	n         int  // bytes that were read: they are one step up, or need not be read again
	up        bool // a step up
	disguised bool // somebody went to lengths to hide it
	marked    bool // it begins with a mark that is no plain byte
}

// step reads one step up at the beginning of s: dots, then slashes. inWord says that a
// letter stands before it, as in "end...".
func step(s string, inWord bool) (p climb) {
	dots, any, slashes, junk, nul := 0, 0, 0, 0, false
	size := 0
	for p.n < len(s) {
		m, n, hidden := mark(s[p.n:])
		if p.n == 0 {
			size, p.marked = n, hidden
		}
		rest := s[p.n:]
		up := dots+any >= 2 && slashes == 0
		switch {
		case m == markDot && slashes+junk == 0:
			dots++
		case m == markAny && slashes+junk == 0:
			any++
		case m == markSlash && dots+any > 0:
			slashes++
		case m == markNUL && dots+any > 0 && slashes == 0:
			nul = true
		case up && (strings.HasPrefix(rest, "2f") || strings.HasPrefix(rest, "5c")): // the % got lost
			slashes, n, hidden = 1, 2, true
		case up && rest[0] == '%' && len(rest) > 2 && isWord(rest[1]) && isWord(rest[2]): // %01, %bg
			junk, n, hidden = junk+1, 3, true
		case up && (rest[0] == ';' || rest[0] == '%'): // ..;/
			hidden = false
		default:
			goto read
		}
		p.disguised = p.disguised || hidden
		p.n += n
	}
read:
	up := slashes > 0 || junk > 1
	p.up = up && (dots >= 2 || dots >= 1 && (any > 0 || nul) || any == 2) && (p.disguised || !inWord)
	if !p.up {
		p.n = max(p.n, size)
	}
	return p
}

// linkByte says whether c can stand between two steps of one path.
func linkByte(c byte) bool {
	return isWord(c) || c == '-' || c == '.' || c == '/' || c == '\\' || c == '~'
}

// link says whether a relative path leads to what pages link to: a/b.html, ../img/x.png.
func link(value string) bool {
	if strings.ContainsAny(value, "\\;\x00%?") {
		return false
	}
	end := strings.LastIndexByte(value, '.')
	if end < 0 || strings.Count(value, "../") > 3 || !strings.HasPrefix(value, "../") && !strings.HasPrefix(value, "./") {
		return false
	}
	switch strings.ToLower(value[end+1:]) {
	case "html", "htm", "md", "rst", "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "pdf", "js", "ts", "tsx", "vue", "mp4", "ico":
		return true
	}
	return false
}

// backward says whether a single step up is no relative link: it is written with a
// backslash, or stands after a slash or a name.
func backward(value string) bool {
	i := strings.Index(value, "..")
	return strings.Contains(value, `..\`) || i > 0 && (value[i-1] == '/' || value[i-1] == '\\') || strings.HasPrefix(value, "....")
}

// cut finds what cuts the app's own suffix off a path: a NUL byte, or a name made so long
// that the suffix does not fit.
func (s *Score) cut(value string) {
	if i := strings.Index(value, "%00"); i > 0 && strings.ContainsAny(value[:i], "./\\") {
		s.add(Path, Refuse, "a NUL byte cuts the path off")
	}
	if i := strings.IndexByte(value, 0); i > 0 && strings.ContainsAny(value[:i], "./\\") {
		s.add(Path, Refuse, "a NUL byte cuts the path off")
	}
	single := 0
	for i := 0; i+1 < len(value); i++ {
		if value[i] == '.' && (value[i+1] == '/' || value[i+1] == '\\') && (i == 0 || value[i-1] == '/' || value[i-1] == '\\') {
			single++
		}
	}
	if single > 3 || single > 1 && strings.ContainsRune(value, '/') && strings.ContainsRune(value, '\\') {
		s.add(Path, Refuse, "a path made long to cut off what the app appends")
	}
}

// single judges a value that is one step up and little else: no page links to the source of a
// program one folder up, or writes a step in another way than ../.
func (s *Score) single(value string) {
	v := strings.TrimSpace(value)
	if len(v) > 256 || strings.IndexByte(v, ' ') >= 0 {
		return
	}
	switch {
	case strings.HasPrefix(v, "..;/"), strings.HasPrefix(v, "..././"), strings.HasPrefix(v, "..//"), len(v) < 24 && strings.HasSuffix(v, "/.."):
		s.add(Path, Refuse, "a way out of the folder, written in an odd way")
	case strings.HasPrefix(v, "../") && programText(v):
		s.add(Path, Refuse, "a way out of the folder to the text of a program")
	}
}

// programText says whether a path ends in what a server runs, and never sends.
func programText(path string) bool {
	var buf [32]byte
	switch string(lower(path[strings.LastIndexByte(path, '.')+1:], &buf)) {
	case "php", "php3", "php4", "php5", "phtml", "inc", "py", "pl", "rb", "cgi", "jsp", "asp", "aspx", "sh", "env", "sql", "war", "jar":
		return true
	}
	return false
}
