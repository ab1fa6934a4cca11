package signs

import "strings"

// header looks for a line break that begins a field of an HTTP or mail head, a status
// line or a request line.
func (s *Score) header(value string, sh *shape) {
	if sh.has&(lines|percents|slashes|foreign) == 0 || sh.has&(colons|slashes|lines) == 0 {
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

// isBreak says whether s begins with a line break.
func isBreak(s string) bool {
	n, _ := lineBreak(s)
	return n > 0
}

func (s *Score) afterBreak(value string, from, at int, hidden bool, sh *shape) {
	line := value[at:min(len(value), at+256)]
	for i := range len(line) {
		if c := line[i]; c == '\r' || c == '\n' || hidden && kinds[c]&(percents|slashes|foreign) != 0 && i > 0 && isBreak(line[i:]) {
			line = line[:i]
			break
		}
	}
	if len(line) < 4 {
		return
	}
	short := sh.short(from)
	name, content, field := strings.Cut(line, ":")
	switch {
	case sh.text && (!short || strings.HasPrefix(value, "```")):
	case field && !hidden && len(name) < 40 && wordField(name) && !startsMail(value[:from]) && inWords(content):
		s.add(Header, Weak, "a line break and what may be a header field") // Where: here, Date: today
	case field && len(name) < 40 && headField(strings.TrimSpace(name)):
		s.add(Header, points(short || hidden, Refuse, Weak), "a line break and a header field")
	case statusLine(line):
		s.add(Header, points(short || hidden || !sh.text, Refuse, Weak), "a line break and a status line")
	case requestLine(line):
		s.add(Header, points(short || hidden || !sh.text, Refuse, Weak), "a line break and a request line")
	case foldPrefix(line, "rcpt to:"), foldPrefix(line, "mail from:"), mailCommand(line):
		s.add(Header, points(short, Refuse, Weak), "a line break and a command for a mail server")
	case hidden && short && field && headName(name) && !strings.HasPrefix(line, name+"://") && value[from] != '\\':
		s.add(Header, Refuse, "a hidden line break and a header field")
	}
}

// mailCommand says whether line is what only a mail server is told: by SMTP (RFC 5321), POP3 (RFC
// 1939), or IMAP (RFC 9051), where a tag stands before the command.
func mailCommand(line string) bool {
	word, rest := cutWord(strings.TrimRight(line, " \r\n"))
	switch word {
	case "EHLO", "HELO", "VRFY", "EXPN":
		return rest != "" && strings.IndexByte(rest, ' ') < 0
	case "RETR", "DELE", "UIDL", "TOP":
		return rest != "" && survey(rest)&^(digits|spaces) == 0 && (word != "TOP" || strings.IndexByte(rest, ' ') > 0)
	case "APOP":
		return strings.IndexByte(rest, ' ') > 0
	case "RSET", "STARTTLS":
		return rest == ""
	}
	n := len(word)
	if n < 2 || n > 8 || !isLetter(word[0]) || !isDigit(word[n-1]) || survey(word)&^(letters|digits) != 0 {
		return false
	}
	command, _ := cutWord(rest)
	switch command {
	case "APPEND", "AUTHENTICATE", "CAPABILITY", "COPY", "CREATE", "DELETE", "EXAMINE", "EXPUNGE", "FETCH", "LIST", "LOGIN", "LOGOUT", "LSUB", "NOOP", "QUIT",
		"RENAME", "SEARCH", "SELECT", "STARTTLS", "STATUS", "STORE", "SUBSCRIBE", "UID", "UNSUBSCRIBE":
		return true
	}
	return false
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

// wordField says whether name is a field whose name is a word that people put before a colon.
func wordField(name string) bool {
	var buf [32]byte
	switch string(lower(strings.TrimSpace(name), &buf)) {
	case "host", "link", "to", "from", "subject", "date", "connection", "status", "origin", "location", "cc", "refresh", "referer", "authorization":
		return true
	}
	return false
}

// startsMail says whether the one word before a line break is the address of a mail.
func startsMail(head string) bool {
	return strings.IndexByte(head, '@') > 0 && strings.IndexByte(strings.TrimSpace(head), ' ') < 0
}

// statusLine says whether line is the first of an answer: HTTP/1.1 200.
func statusLine(line string) bool {
	rest, found := strings.CutPrefix(line, "HTTP/")
	_, code, blank := strings.Cut(rest[:min(len(rest), 12)], " ")
	return found && blank && len(rest) > 3 && isDigit(rest[0]) && len(code) > 2 && isDigit(code[0]) && isDigit(code[1]) && isDigit(code[2])
}

// requestLine says whether line is the first of a request: a method, one word, and HTTP/1.1.
func requestLine(line string) bool {
	method, rest, _ := strings.Cut(line, " ")
	target, version, found := strings.Cut(strings.TrimLeft(rest, " "), " ")
	for i := range len(method) {
		if c := method[i]; c-'A' >= 26 {
			return false
		}
	}
	return found && len(method) > 2 && target != "" && strings.HasPrefix(version, "HTTP/")
}

// inWords says whether what stands behind such a word is no address of a page or of a mail.
func inWords(content string) bool {
	content = strings.TrimSpace(content)
	return strings.IndexByte(content, '@') < 0 && !strings.Contains(content, "//") && !strings.HasPrefix(content, "/") && !strings.HasPrefix(content, "\\")
}
