// Package secret tells whether a name is that of a secret and whether a text is one that is
// written out. The rules ask it about Python and about configuration files alike, so that a
// fact is in one place. It knows shapes and words only; it asks no provider whether a key works.
package secret

import (
	_ "embed"
	"math"
	"strings"
)

// Class is how much a name says of its value.
type Class uint8

// The classes, ascending by how little the value has to say itself.
const (
	No       Class = iota // nothing secret
	Vague                 // key, token: often the name of something public
	Key                   // api_key, client_secret
	Password              // password, passphrase
)

// snake makes one form of the ways to write names: apiKey, API-KEY and api.key are api_key.
func snake(name string) string {
	var b strings.Builder
	b.Grow(len(name) + 4)
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '.' || c == ' ':
			b.WriteByte('_')
		case c >= 'A' && c <= 'Z':
			if i > 0 && (name[i-1] >= 'a' && name[i-1] <= 'z' || name[i-1] >= '0' && name[i-1] <= '9') {
				b.WriteByte('_')
			}
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// about are ends of names that only speak of a secret.
var about = [...]string{
	"_url", "_uri", "_path", "_file", "_name", "_field", "_fields", "_label", "_header", "_expires", "_expiry", "_expiration", "_lifetime", "_length", "_type", "_id", "_ids", "_prefix", "_suffix",
	"_hash", "_hashes", "_hasher", "_regex", "_pattern", "_policy", "_title", "_text", "_message", "_error", "_template", "_endpoint", "_column", "_algorithm", "_location", "_timeout", "_ttl", "_min", "_max",
	"_hint", "_placeholder", "_format", "_param", "_parameter", "_var", "_variable", "_env", "_class", "_function", "_view", "_route", "_page", "_form", "_enabled", "_required", "_reset", "_rotation", "_days",
	"_hours", "_minutes", "_seconds", "_count", "_limit", "_size", "_mode", "_method", "_command", "_cmd", "_store", "_backend", "_provider", "_issuer", "_audience", "_scheme", "_attribute", "_manager", "_ref",
	"_confirmation", "_confirm", "_strength", "_complexity", "_validator", "_validators", "_help", "_desc", "_description", "_option", "_options", "_input", "_selector", "_subject", "_body", "_encoding",
}

// ClassOf tells what a name says of its value.
func ClassOf(name string) Class {
	if !mayBeSecret(name) {
		return No
	}
	n := snake(name)
	class := called(n)
	if class == No {
		return No
	}
	for _, end := range about {
		if strings.HasSuffix(n, end) {
			return No
		}
	}
	for _, start := range [...]string{"test_", "dummy_", "fake_", "mock_", "example_", "sample_"} {
		if strings.HasPrefix(n, start) {
			return No
		}
	}
	return class
}

// mayBeSecret tells by its last two letters that a name says nothing of a secret, as most do. Names
// of secrets end like those of called, or begin with secret or password.
func mayBeSecret(name string) bool {
	if len(name) < 2 {
		return false
	}
	switch uint16(name[len(name)-2]|0x20)<<8 | uint16(name[len(name)-1]|0x20) {
	case 'p'<<8 | 'w', 's'<<8 | 's', 'w'<<8 | 'd', 's'<<8 | 'e', 'r'<<8 | 'd', 'e'<<8 | 't', 'e'<<8 | 'y', 'e'<<8 | 'n', 'l'<<8 | 's', 'a'<<8 | 'l', 'l'<<8 | 't', 't'<<8 | 'h':
		return true
	}
	return len(name) > 6 && strings.EqualFold(name[:6], "secret") || len(name) > 8 && strings.EqualFold(name[:8], "password")
}

// called is the class of a name as snake writes it, whatever else the name says.
func called(n string) Class {
	switch {
	case n == "pw", n == "pass", hasEnd(n, "passwd"), hasEnd(n, "pwd"), hasEnd(n, "passphrase"), strings.HasSuffix(n, "_pass"), strings.HasSuffix(n, "_pw"), hasEnd(n, "password"):
		if strings.HasPrefix(n, "no_") || strings.HasPrefix(n, "is_") || strings.HasPrefix(n, "has_") || strings.HasPrefix(n, "reset_") || strings.HasPrefix(n, "forgot") || strings.HasPrefix(n, "by_") {
			return No
		}
		return Password
	}
	for _, end := range [...]string{"secret", "api_key", "apikey", "access_key", "private_key", "auth_token", "access_token", "client_secret", "secret_key", "secret_token", "encryption_key", "fernet_key",
		"signing_key", "master_key", "bot_token", "api_token", "hmac_key", "refresh_token", "service_key"} {
		if hasEnd(n, end) {
			return Key
		}
	}
	if strings.HasPrefix(n, "secret_") || strings.HasPrefix(n, "password_") {
		return Vague
	}
	switch n {
	case "key", "token", "credentials", "credential", "salt", "auth":
		return Vague
	}
	if strings.HasSuffix(n, "_token") || strings.HasSuffix(n, "_salt") || strings.HasSuffix(n, "_credentials") {
		return Vague
	}
	return No
}

// Holds reports whether a name has a word in small letters in it, in whatever case.
func Holds(name, word string) bool {
	for at := 0; at+len(word) <= len(name); at++ {
		if name[at]|0x20 == word[0] && strings.EqualFold(name[at:at+len(word)], word) {
			return true
		}
	}
	return false
}

func hasEnd(n, end string) bool { return strings.HasSuffix(n, end) }

// Signs reports whether a name is that of a key that signs or encrypts for the app itself.
func Signs(name string) bool {
	if !Holds(name, "secret") && !Holds(name, "signing") && !Holds(name, "salt") { // as all of them do: most names are none
		return false
	}
	n := strings.ToUpper(snake(name))
	switch n {
	case "JWT_SECRET_KEY", "JWT_SECRET", "SECURITY_PASSWORD_SALT", "WTF_CSRF_SECRET_KEY", "FLASK_SECRET_KEY", "FLASK_SECRET", "APP_SECRET_KEY", "APP_SECRET", "SESSION_SECRET", "SESSION_SECRET_KEY", "CSRF_SECRET", "COOKIE_SECRET", "JWT_SIGNING_KEY", "DJANGO_SECRET_KEY":
		return true
	}
	switch older, ok := strings.CutPrefix(n, "SECRET_KEY_"); {
	case n == "SECRET_KEY", ok && (older == "FALLBACKS" || older == "PREVIOUS" || older == "DEFAULT" || len(older) <= len("BACK") && older != "FILE" && older != "NAME" && older != "PATH"):
		return true
	}
	return false
}

// Elsewhere reports whether a text only says where the secret is: a variable, a template, a
// store of secrets.
func Elsewhere(text string) bool {
	t := strings.TrimSpace(text)
	if t == "" {
		return true
	}
	for _, start := range [...]string{"$", "{{", "{%", "<%", "%(", "arn:", "vault:", "vault/", "op://", "ENC[", "ref+", "env:", "ENV:", "ssm:", "secretsmanager:", "/run/secrets/", "file:", "file://", "keyring:", "azurekeyvault", "@Microsoft.KeyVault", "projects/", "AgA", "ansible-vault", "$ANSIBLE_VAULT", "!"} {
		if strings.HasPrefix(t, start) && (start != "AgA" || len(t) > 200) && (start != "!" || strings.HasPrefix(t, "!vault") || strings.HasPrefix(t, "!Ref")) {
			return start != "$" || !strings.HasPrefix(t, "$2") && len(t) > 1 && (t[1] == '{' || t[1] == '(' || letter(t[1]) || t[1] == '_')
		}
	}
	return strings.Contains(t, "os.environ") || strings.Contains(t, "getenv(") || strings.Contains(t, "process.env.") || strings.Contains(t, "${") || strings.Contains(t, "{{") || strings.Contains(t, "$(") || len(t) > 2 && t[0] == '%' && t[len(t)-1] == '%'
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// Fallback is the text that ${NAME:-text} has for where the variable is not set; ok is false
// for what has none.
func Fallback(text string) (fallback string, ok bool) {
	inner, found := strings.CutPrefix(strings.TrimSpace(text), "${")
	inner, closed := strings.CutSuffix(inner, "}")
	if !found || !closed {
		return "", false
	}
	at := strings.IndexAny(inner, ":-=")
	if at <= 0 || inner[at] == ':' && (at+1 >= len(inner) || inner[at+1] != '-' && inner[at+1] != '=') {
		return "", false
	}
	fallback = strings.TrimPrefix(inner[at:], ":")[1:]
	return strings.Trim(fallback, `"'`), !Elsewhere(fallback)
}

// Placeholder reports whether a text stands for what somebody should put in its place.
func Placeholder(text string) bool {
	t := strings.ToLower(strings.TrimSpace(text))
	if t == "" || strings.HasPrefix(t, "<") && strings.HasSuffix(t, ">") || strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") || strings.Trim(t, "x*.-_#?0 ") == "" {
		return true
	}
	if len(t) > 80 {
		return false
	}
	for _, w := range [...]string{"your", "xxx", "change", "example", "placeholder", "****", "....", "todo", "redacted", "replace", "insert", "dummy", "fill in", "fill_in", "generate", "fixme", "removed", "hidden", "to_be", "tbd", "secret_here", "key_here", "_here", "-here"} {
		if strings.Contains(t, w) {
			return true
		}
	}
	switch t {
	case "none", "null", "nil", "undefined", "string", "str", "text", "true", "false", "yes", "no", "on", "off", "n/a", "default", "optional", "required", "empty", "unset", "foo", "bar", "foobar", "...":
		return true
	}
	return false
}

// known has keys and passwords that stand in tutorials, documentations and templates of
// projects, one a line, as plain writes them.
//
//go:embed known.txt
var known string

// plain leaves letters and digits of a text, in small letters.
func plain(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Known reports whether everybody knows the text as a key or a password.
func Known(text string) bool {
	p := plain(text)
	return p != "" && len(p) < 200 && (strings.Contains(known, "\n"+p+"\n") || strings.HasPrefix(known, p+"\n"))
}

// Weak says why a signing key is guessed, "" where it is not.
func Weak(text string) string {
	different := map[byte]bool{}
	for i := range len(text) {
		different[text[i]] = true
	}
	switch {
	case Known(text) || strings.HasPrefix(text, "django-insecure-"):
		return "one that everybody knows"
	case len(text) < 16:
		return "short enough to be guessed"
	case len(different) < 6:
		return "simple enough to be guessed"
	}
	return ""
}

// Random reports whether a text was made by chance, as keys are, and not by somebody who
// thought of words.
func Random(text string) bool {
	if len(text) < 16 || len(text) > 4096 || strings.ContainsAny(text, " \t\r\n<>{}") {
		return false
	}
	hex, digits, letters := true, 0, 0
	var count [256]int
	for i := range len(text) {
		c := text[i]
		count[c]++
		switch {
		case c >= '0' && c <= '9':
			digits++
		case letter(c):
			letters++
			hex = hex && c|0x20 <= 'f'
		default:
			hex = hex && c == '-'
		}
	}
	if digits == 0 || letters == 0 || words(text) || counted(text) {
		return false
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(text))
			bits -= p * math.Log2(p)
		}
	}
	if hex {
		return bits >= 3
	}
	return bits >= 3.5
}

// words reports whether most of a text is words between signs: my-secret-key-2020.
func words(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '/' || r == ':' })
	plain := 0
	for _, p := range parts {
		if onlyLetters(p) && len(p) >= 2 && len(p) < 16 {
			plain += len(p) + 1
		}
	}
	return plain*3 > len(text)*2
}

func onlyLetters(s string) bool {
	for i := range len(s) {
		if !letter(s[i]) {
			return false
		}
	}
	return true
}

// counted reports whether a text counts up, as those do that somebody typed: 12345678abcdefgh.
func counted(text string) bool {
	up := 0
	for i := 1; i < len(text); i++ {
		if d := int(text[i]) - int(text[i-1]); d == 1 || d == 0 {
			up++
		}
	}
	return up*2 > len(text)
}

// Mixed reports whether a text has letters and digits, as secrets have.
func Mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}
