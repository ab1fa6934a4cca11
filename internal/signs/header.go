package signs

import "strings"

// header looks for a line break that begins a field of an HTTP or mail head, a status
// line or a request line.
func (s *Score) header(value string, sh *shape) {
	if sh.has&(lines|percents|slashes|foreign) == 0 || sh.has&(colons|slashes) == 0 {
		return
	}
	for i := 0; i < len(value); i++ {
		n, hidden := lineBreak(value[i:])
		if n == 0 {
			continue
		}
		at := i + n
		for at < len(value) {
			m, more := lineBreak(value[at:])
			if m == 0 {
				break
			}
			hidden = hidden || more
			at += m
		}
		s.afterBreak(value, i, at, hidden, sh)
		i = at - 1
	}
}

// lineBreak returns the length of a line break at the beginning of s, and whether it was
// left encoded, or is a character that becomes one when its high byte is dropped.
func lineBreak(s string) (n int, hidden bool) {
	switch s[0] {
	case '\r', '\n':
		return 1, false
	case '%':
		if c, size := percentByte(s); c == '\r' || c == '\n' {
			return size, true
		}
		if len(s) >= 6 && s[1]|0x20 == 'u' && (hexByte(s[4:]) == '\r' || hexByte(s[4:]) == '\n') {
			return 6, true
		}
	case '\\':
		if len(s) > 1 && (s[1] == 'r' || s[1] == 'n') {
			return 2, true
		}
	case 0xC4: // U+010A, U+010D
		if len(s) > 1 && (s[1] == 0x8A || s[1] == 0x8D) {
			return 2, true
		}
	case 0xE5: // U+560A, U+560D
		if strings.HasPrefix(s, "嘊") || strings.HasPrefix(s, "嘍") {
			return 3, true
		}
	}
	return 0, false
}

func (s *Score) afterBreak(value string, from, at int, hidden bool, sh *shape) {
	line := value[at:min(len(value), at+256)]
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	short := sh.short(from)
	name, _, field := strings.Cut(line, ":")
	switch {
	case sh.text && !short:
	case field && len(name) < 40 && headField(strings.TrimSpace(name)):
		s.add(Header, points(short || hidden, Refuse, Weak), "a line break and a header field")
	case strings.HasPrefix(line, "HTTP/1") || strings.HasPrefix(line, "HTTP/2"):
		s.add(Header, Refuse, "a line break and a status line")
	case strings.Contains(line, " HTTP/1") || strings.Contains(line, " HTTP/2"):
		s.add(Header, Refuse, "a line break and a request line")
	case foldPrefix(line, "rcpt to:"), foldPrefix(line, "mail from:"):
		s.add(Header, points(short, Refuse, Weak), "a line break and a command for a mail server")
	case hidden && short && field && headName(name) && !strings.HasPrefix(line, name+"://") && value[from] != '\\':
		s.add(Header, Refuse, "a hidden line break and a header field")
	}
}

// headName says whether name has the form of a header field: words with dashes.
func headName(name string) bool {
	for i := range len(name) {
		if !isWord(name[i]) && name[i] != '-' || name[i] >= 0x80 {
			return false
		}
	}
	return len(name) > 2 && len(name) < 40 && strings.IndexByte(name, '-') > 0
}

// headField says whether name is a field that an attacker wants to add.
func headField(name string) bool {
	var buf [32]byte
	switch low := string(lower(name, &buf)); low {
	case "set-cookie", "location", "content-type", "content-length", "content-security-policy", "transfer-encoding", "host", "refresh", "link",
		"bcc", "cc", "to", "from", "subject", "reply-to", "content-disposition", "content-encoding", "access-control-allow-origin", "cookie",
		"remote-addr", "mime-version", "date", "connection", "authorization", "status", "cache-control", "last-modified", "referer", "origin":
		return true
	default:
		return strings.HasPrefix(low, "x-") && len(low) > 4
	}
}
