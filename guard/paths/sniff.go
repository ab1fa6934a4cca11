package paths

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/answer"
)

// file is what an answer shows of a file.
type file struct {
	body     []byte // its beginning, readable
	unknown  bool   // there is more to it than can be seen: a part, or compressed
	empty    bool
	page     bool   // HTML or JSON, made for the answer
	stored   bool   // it says when the file was changed last, as send_file and static folders do
	attached bool   // for the client to keep
	claims   bool   // its type says HTML, which it is not: the text of a file that a view returned
	text     bool   // it says that it is text, or nothing
	name     string // in Content-Disposition
}

// fileOf looks at an answer.
func fileOf(h *answer.Head) *file {
	f := &file{body: h.Body, empty: !h.HasBody() || h.Whole && len(h.Body) == 0}
	f.stored = len(h.Header["Last-Modified"]) > 0
	if named := h.Header["Content-Disposition"]; len(named) > 0 {
		f.attached = len(named[0]) >= 10 && strings.EqualFold(named[0][:10], "attachment")
		f.name = fileName(named[0])
	}
	f.unknown = h.Status == http.StatusPartialContent
	if encoding := h.Header["Content-Encoding"]; len(encoding) > 0 && encoding[0] != "identity" && encoding[0] != "" {
		f.unpack(encoding[0])
	}
	contentType := ""
	if values := h.Header["Content-Type"]; len(values) > 0 {
		contentType, _, _ = strings.Cut(values[0], ";")
		contentType = strings.ToLower(strings.TrimSpace(contentType))
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(f.body, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch contentType {
	case "text/html", "application/xhtml+xml":
		f.page = f.unknown && !f.stored || len(start) > 0 && start[0] == '<'
		f.claims = !f.page && len(start) > 0
	case "text/plain", "application/octet-stream", "":
		f.text = len(start) > 0
	case "application/json", "application/problem+json":
		f.page = !f.stored && !f.attached && (len(start) == 0 || strings.IndexByte(`{["-0123456789tfn`, start[0]) >= 0)
	}
	return f
}

// unpack makes the beginning of a compressed file readable, if it can.
func (f *file) unpack(encoding string) {
	packed := f.body
	f.body = nil
	if encoding == "gzip" || encoding == "x-gzip" {
		if r, err := gzip.NewReader(bytes.NewReader(packed)); err == nil {
			f.body, _ = io.ReadAll(io.LimitReader(r, lookSize)) // as far as it goes
		}
	}
	f.unknown = f.unknown || len(f.body) == 0 && !f.empty
}

// is says whether the answer is the file that its name says.
func (f *file) is(k kind) bool {
	if f.empty || f.page && k != template {
		return false
	}
	if f.unknown {
		return f.stored
	}
	// What is made for the answer and to be kept is an export.
	strong := f.stored || !f.attached
	weak := f.stored || f.claims
	switch k {
	case hidden, versions:
		return f.stored || f.claims && (isSettings(f.body) || isPython(f.body) || hasSecret(f.body) || bytes.IndexByte(f.body, 0) >= 0)
	case source:
		return strong && isPython(f.body)
	case template:
		return strong && (bytes.Contains(f.body, []byte("{%")) || bytes.Contains(f.body, []byte("{{")) || bytes.Contains(f.body, []byte("{#")))
	case key:
		return strong && isKey(f.body)
	case database:
		return strong && isDatabase(f.body)
	case dump:
		return strong && isDump(f.body)
	case settings:
		return weak && (isSettings(f.body) || hasSecret(f.body))
	case secrets:
		return weak && !isSpec(f.body) && hasSecret(f.body)
	case backup, archive, journal, project:
		return weak
	}
	return false // the name says nothing of the file
}

// lines calls yes with each line, without the spaces around it, until it returns true.
func lines(b []byte, yes func(line []byte) bool) bool {
	for line := range bytes.Lines(b) {
		if yes(bytes.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// isPython says whether b is the beginning of Python source: a statement that prose does
// not have, at the beginning of a line.
func isPython(b []byte) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	for line := range bytes.Lines(b) {
		s := strings.TrimRight(string(line[:min(len(line), 200)]), " \t\r\n")
		word, rest, _ := strings.Cut(s, " ")
		switch word {
		case "import":
			if rest != "" && !strings.ContainsAny(strings.SplitN(rest, " as ", 2)[0], ";'\"{} ") || strings.Contains(rest, ", ") && !strings.ContainsAny(rest, ";'\"{}") {
				return true
			}
		case "from":
			if strings.Contains(rest, " import ") {
				return true
			}
		case "def", "class", "async", "if", "for", "while", "with", "try:", "else:", "elif":
			if strings.HasSuffix(s, ":") || word == "def" && strings.Contains(rest, "(") {
				return true
			}
		case "#!/usr/bin/env", "#!/usr/bin/python", "#!/usr/bin/python3":
			return strings.Contains(s, "python")
		}
		if isAssignment(s) || isTyped(s) || strings.HasPrefix(s, "@") && strings.Contains(s, ".") && !strings.Contains(s, " ") {
			return true
		}
	}
	return false
}

// isTyped says whether a line is NAME: type = value.
func isTyped(s string) bool {
	name, rest, ok := strings.Cut(s, ":")
	return ok && strings.Contains(rest, " = ") && !strings.Contains(name, " ") && isAssignment(name+" = 1")
}

// isAssignment says whether a line is NAME = value, as in a settings module.
func isAssignment(s string) bool {
	name, value, ok := strings.Cut(s, "=")
	name = strings.TrimRight(name, " ")
	if !ok || name == "" || strings.TrimLeft(value, " ") == "" || value[0] == '=' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '.' && i > 0 || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}

// isSettings says whether b has a section or settings, as INI, TOML and .env files have.
func isSettings(b []byte) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	return lines(b, func(s []byte) bool {
		if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
			return true
		}
		return isAssignment(strings.TrimPrefix(string(s[:min(len(s), 200)]), "export ")) || len(s) > 0 && s[0] == '<' && bytes.HasPrefix(s, []byte("<configuration"))
	})
}

// secretWords are what the name of a setting ends in that holds a secret.
var secretWords = []string{"password", "passwd", "pwd", "secret", "secret_key", "secretkey", "token", "api_key", "apikey", "private_key",
	"access_key", "accesskey", "access_key_id", "credentials", "passphrase", "_pass", "smtppass", "dbpass", "signing_key", "master_key", "dsn", "database_url", "database_uri", "connection_string", "encryption_key"}

// hasSecret says whether b has a setting that holds a secret, or an address with a password.
func hasSecret(b []byte) bool {
	return isKey(b) || lines(b, func(s []byte) bool {
		if len(s) > 500 || len(s) < 5 || s[0] == '#' || s[0] == ';' {
			return false
		}
		at := bytes.IndexAny(s, "=:")
		return at > 0 && at+1 < len(s) && isSecret(string(s[:at]), string(s[at+1:]))
	}) || pairs(b, isSecret)
}

// pairs calls yes with each name and value of JSON whose value is a string, however the
// lines are, until it returns true.
func pairs(b []byte, yes func(name, value string) bool) bool {
	for {
		at := bytes.IndexByte(b, ':')
		if at < 0 {
			return false
		}
		before, after := bytes.TrimRight(b[:at], " \t\r\n"), bytes.TrimLeft(b[at+1:], " \t\r\n")
		b = b[at+1:]
		if !bytes.HasSuffix(before, []byte{'"'}) || !bytes.HasPrefix(after, []byte{'"'}) {
			continue
		}
		name := before[:len(before)-1]
		name = name[bytes.LastIndexByte(name, '"')+1:]
		value, _, _ := bytes.Cut(after[1:], []byte{'"'})
		if yes(string(name), string(value)) {
			return true
		}
	}
}

// isSecret says whether a setting holds a secret, by its name, or an address with a password.
func isSecret(name, value string) bool {
	name = strings.ToLower(strings.ReplaceAll(strings.Trim(name, "\"'- \t"), "-", "_"))
	value = strings.Trim(value, " \t\"',")
	if len(value) < 4 || strings.ContainsAny(name, " <>(") || strings.ContainsAny(value[:1], "{$<") || isPublic(name, value) {
		return false
	}
	scheme, address, ok := strings.Cut(value, "://")
	account, _, ok2 := strings.Cut(address, "@")
	if ok && ok2 && strings.Contains(account, ":") && !strings.Contains(account, "/") {
		return true
	}
	if scheme == "https" || scheme == "http" { // an address without a password, such as Sentry's
		return false
	}
	for _, word := range secretWords {
		if strings.HasSuffix(name, word) {
			return true
		}
	}
	return name == "pass"
}

// publicStarts are what keys begin with that are made to stand in web pages: Google's for
// browsers, Mapbox, Stripe, PostHog, Datadog.
var publicStarts = []string{"AIza", "pk.", "pk_", "phc_", "pub"}

// publicWords are values that say what a password is called, or whether there is one.
const publicWords = " true false null none yes no required optional string passwort kennwort contraseña senha wachtwoord lösenord " +
	"adgangskode passord salasana hasło heslo jelszó parola пароль κωδικός şifre 密码 密碼 パスワード 비밀번호 "

// isPublic says whether a value is no secret whatever the setting is called: what everybody
// may know, a word, or a sentence, as translations of an app have them.
func isPublic(name, value string) bool {
	for _, start := range publicStarts {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	lower := strings.ToLower(value)
	if strings.HasSuffix(name, lower) || strings.Contains(publicWords, " "+lower+" ") {
		return true
	}
	first, _ := utf8.DecodeRuneInString(value)
	return unicode.IsUpper(first) && strings.Contains(value, " ") && !strings.ContainsAny(value, "0123456789=:/")
}

// isSpec says whether b describes an API to the public.
func isSpec(b []byte) bool {
	return lines(b, func(s []byte) bool {
		for _, word := range []string{"openapi:", "swagger:", "asyncapi:", `"openapi":`, `"swagger":`, `"asyncapi":`} {
			if bytes.HasPrefix(s, []byte(word)) {
				return true
			}
		}
		return false
	})
}

// isKey says whether b is a private key or a store of them: PEM (RFC 7468), PKCS #12
// (RFC 7292), a Java key store, PuTTY, KeePass, OpenPGP (RFC 9580).
func isKey(b []byte) bool {
	if at := bytes.Index(b, []byte("PRIVATE KEY-----")); at >= 0 && bytes.Contains(b[:at], []byte("-----BEGIN ")) {
		return true
	}
	for _, magic := range []string{"PuTTY-User-Key-File", "\xfe\xed\xfe\xed", "\x03\xd9\xa2\x9a", "-----BEGIN PGP PRIVATE KEY BLOCK"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	// SEQUENCE of a long length, then the version INTEGER 3 of a PFX.
	return len(b) > 7 && b[0] == 0x30 && b[1] == 0x82 && bytes.HasPrefix(b[4:], []byte{2, 1, 3})
}

func isSQLite(b []byte) bool { return bytes.HasPrefix(b, []byte("SQLite format 3\x00")) }

// isDatabase knows SQLite, Redis, Access, Berkeley DB, LMDB and what Python's dbm writes.
func isDatabase(b []byte) bool {
	if isSQLite(b) || bytes.HasPrefix(b, []byte("REDIS0")) || bytes.HasPrefix(b, []byte("\x00\x01\x00\x00Standard ")) {
		return true
	}
	if len(b) > 20 && (string(b[12:16]) == "\x62\x31\x05\x00" || string(b[12:16]) == "\x61\x15\x06\x00" || string(b[16:20]) == "\xde\xc0\xef\xbe") {
		return true
	}
	return bytes.HasPrefix(b, []byte("\x13\x57\x9a\xce")) || bytes.HasPrefix(b, []byte("\xce\x9a\x57\x13"))
}

// isDump says whether b is what a database writes to be read in again.
func isDump(b []byte) bool {
	if bytes.HasPrefix(b, []byte("PGDMP")) || isDatabase(b) {
		return true
	}
	return lines(b, func(s []byte) bool {
		upper := strings.ToUpper(string(s[:min(len(s), 40)]))
		for _, word := range []string{"CREATE TABLE", "INSERT INTO", "CREATE DATABASE", "DROP TABLE", "COPY ", "PRAGMA FOREIGN_KEYS",
			"-- MYSQL DUMP", "-- MARIADB DUMP", "-- POSTGRESQL DATABASE", "-- DUMP", "-- PHPMYADMIN"} {
			if strings.HasPrefix(upper, word) {
				return true
			}
		}
		return false
	})
}

// isPasswd says whether b is /etc/passwd or /etc/shadow.
func isPasswd(b []byte) bool {
	first, _, _ := bytes.Cut(b, []byte("\n"))
	return bytes.HasPrefix(first, []byte("root:")) && bytes.Count(first, []byte(":")) >= 6
}
