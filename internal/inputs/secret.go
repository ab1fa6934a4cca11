package inputs

import (
	"encoding/base64"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// Redacted stands for a value that is not for a log.
const Redacted = "[redacted]"

// Hidden says whether the values of a field are not for a log: those of header fields and
// cookies, and passwords and tokens by the name of their field.
func Hidden(place, name string) bool {
	return place == fumehood.InCookie || place == fumehood.InHeader || Password(name)
}

// What counts as a secret in a text (bytes): a shorter one is in every text.
const (
	shortestPassword = 3
	shortestCookie   = 6
	mostSecrets      = 128
)

// Secrets returns the values of a request that are not for a log: of fields with passwords and
// tokens among values, of cookies and of header fields with credentials.
func Secrets(values []fumehood.Input, header http.Header) (secrets []string) {
	add := func(value string, shortest int) {
		if len(value) >= shortest && len(secrets) < mostSecrets {
			secrets = append(secrets, value)
		}
	}
	for i := range values {
		if in := &values[i]; Password(in.Name) && in.Name != in.Value {
			add(in.Value, shortestPassword)
		}
	}
	for _, line := range header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			_, value, _ := strings.Cut(pair, "=")
			add(strings.Trim(value, " \t\""), shortestCookie)
		}
	}
	for name, lines := range header {
		if name != "Authorization" && name != "Proxy-Authorization" && !Password(name) {
			continue
		}
		for _, line := range lines {
			scheme, rest, found := strings.Cut(strings.TrimSpace(line), " ")
			if !found {
				rest = scheme
			}
			add(rest, shortestPassword)
			if plain, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
				_, password, _ := strings.Cut(string(plain), ":")
				add(password, shortestPassword)
			}
		}
	}
	return secrets
}

// Forms are the ways in which a value stands in a statement: as it is, without the blanks at its
// ends, with its quotes doubled, and with backslashes before them. ASCII letters are compared
// without their case ([Lower]).
func Forms(value string) []string {
	forms := []string{value}
	add := func(form string) {
		for _, had := range forms {
			if had == form {
				return
			}
		}
		if form != "" {
			forms = append(forms, form)
		}
	}
	add(strings.TrimSpace(value))
	add(strings.NewReplacer("'", "''", `"`, `""`).Replace(value))
	add(strings.ReplaceAll(value, "'", "''"))
	add(strings.NewReplacer("'", `\'`, `"`, `\"`, `\`, `\\`).Replace(value))
	if low := strings.ToLower(value); low != Lower(value) { // other letters than ASCII's
		add(low)
	}
	return forms
}

// Lower writes ASCII letters small, so that every byte stays at its place.
func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c | 0x20
				}
			}
			return string(b)
		}
	}
	return s
}

// Loggable returns a value of a visitor as a log may have it: without the secrets, in whatever
// form, without what follows names of passwords ("password=...", "token": "..."), and without
// the name and password in a URL. It is at most about most bytes long.
func Loggable(value string, secrets []string, most int) string {
	value = clip(value, 4*most) // a secret across the cut of the log must be found, too
	for _, secret := range secrets {
		for _, form := range Forms(secret) {
			value = replaceFold(value, form)
		}
	}
	value = withoutUserinfo(withoutPairs(value))
	if len(value) > most {
		value = clip(value, most) + "..."
	}
	return value
}

// replaceFold puts Redacted in the place of part, whatever its case.
func replaceFold(text, part string) string {
	low, part := Lower(text), Lower(part)
	at := strings.Index(low, part)
	if at < 0 || part == "" {
		return text
	}
	var b strings.Builder
	for at >= 0 {
		b.WriteString(text[:at])
		b.WriteString(Redacted)
		text, low = text[at+len(part):], low[at+len(part):]
		at = strings.Index(low, part)
	}
	return b.String() + text
}

// withoutPairs hides what stands behind the name of a password and a "=" or ":".
func withoutPairs(text string) string {
	if !Password(text) {
		return text
	}
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); at++ {
		if text[at] != '=' && text[at] != ':' {
			continue
		}
		name := strings.TrimRight(text[done:at], " \t\"'\\")
		start := len(name)
		for start > 0 && (classes[name[start-1]]&(letter|digit|underline|hyphen) != 0) {
			start--
		}
		if !Password(name[start:]) {
			continue
		}
		from := at + 1
		for from < len(text) && strings.IndexByte(" \t\"'\\=:", text[from]) >= 0 {
			from++
		}
		end := strings.IndexAny(text[from:], "&;,\"' \t\r\n}<)")
		if quote := strings.TrimRight(text[at:from], "\\"); quote[len(quote)-1] == '"' || quote[len(quote)-1] == '\'' {
			end = strings.IndexByte(text[from:], quote[len(quote)-1])
		}
		if end < 0 {
			end = len(text) - from
		}
		if end > 0 {
			b.WriteString(text[done:from])
			b.WriteString("...")
		} else {
			b.WriteString(text[done:from])
		}
		done = from + end
		at = done - 1
	}
	return b.String() + text[done:]
}

// withoutUserinfo hides "name:password@" in URLs.
func withoutUserinfo(text string) string {
	for at := strings.Index(text, "://"); at >= 0; {
		from := at + len("://")
		end := strings.IndexAny(text[from:], "/?#\"'<> \t\r\n")
		if end < 0 {
			end = len(text) - from
		}
		if user := strings.LastIndexByte(text[from:from+end], '@'); user > 0 {
			text = text[:from] + "..." + text[from+user:]
		}
		next := strings.Index(text[from:], "://")
		if next < 0 {
			break
		}
		at = from + next
	}
	return text
}
