package rules

import (
	"path"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/internal/secret"
	"github.com/fumehood/fumehood/audit/settings"
)

// literalSetting is the text that a setting holds itself, and in which way; "" if it comes from
// elsewhere.
func literalSetting(s *settings.Setting) (text, how string) {
	if text, ok := secret.Fallback(s.Value); ok {
		return text, "written in the file for where the environment has none"
	}
	if s.Command || secret.Elsewhere(s.Value) {
		return "", ""
	}
	return s.Value, "written in the file"
}

// secretKeySetting finds keys that sign in files of settings.
func secretKeySetting(p *Pass, s *settings.Setting) {
	if !secret.Signs(s.Key) || secret.ClassOf(s.Key) == secret.No && !strings.Contains(strings.ToUpper(s.Key), "SALT") {
		return
	}
	text, how := literalSetting(s)
	if text == "" || isOn(text) || isOff(text) || secret.Placeholder(text) && (len(text) < 8 || strings.ContainsAny(text, "<>[]")) {
		return
	}
	message := "the key is " + how
	if weak := secret.Weak(text); weak != "" {
		message += ", and is " + weak
	}
	switch {
	case s.File.Standing == settings.Example && !secret.Random(text):
		return
	case s.File.Standing == settings.Example:
		p.ReportSetting(s, message+", and whoever copies the file has the same", Graded(finding.Medium, finding.Likely), Fix(s.Key+"="))
	default:
		p.ReportSetting(s, message, fromElsewhere(s))
	}
}

// secretSetting finds other secrets in files of settings.
func secretSetting(p *Pass, s *settings.Setting) {
	text, message := settingSecret(s)
	if text == "" {
		return
	}
	if s.File.Standing == settings.Example {
		p.ReportSetting(s, message, Graded(finding.Medium, finding.Likely), Fix(s.Key+"="))
		return
	}
	p.ReportSetting(s, message, fromElsewhere(s))
}

// settingSecret is the secret that a setting holds, "" for none, and what is said of it.
func settingSecret(s *settings.Setting) (text, message string) {
	if s.Command {
		return commandSecret(s)
	}
	text, how := literalSetting(s)
	if text == "" || len(secret.Tokens(text)) > 0 {
		return "", "" // tokens are found wherever they stand
	}
	password, host, inURL := secret.InURL(text)
	switch {
	case s.File.Standing == settings.Example:
		if inURL && secret.Random(password) {
			return password, "an address with a password in it"
		}
		if secret.ClassOf(s.Key) == secret.No || secret.Signs(s.Key) || !secret.Random(text) {
			return "", ""
		}
	case inURL && (!secret.Local(host) || s.Env):
		return password, "an address with a password in it"
	case inURL, secret.Signs(s.Key), !looksWritten(s, text):
		return "", ""
	}
	return text, s.Key + " is " + how
}

// looksWritten tells a secret from a placeholder, a label or the name of something.
func looksWritten(s *settings.Setting, text string) bool {
	class := secret.ClassOf(s.Key)
	if class == secret.No || len(text) < 3 || len(text) > 300 || strings.ContainsAny(text, "\n<>{}()") || secret.Placeholder(text) && !secret.Known(text) || isOn(text) || isOff(text) || isPath(text) {
		return false
	}
	if strings.Count(text, " ") > 1 || strings.Contains(text, " ") && class != secret.Password {
		return false
	}
	if !s.Env && s.File.Kind == settings.YAML { // translations, schemas and forms have such keys too
		if prose(s.File) || strings.EqualFold(text, s.Key) || !secret.Mixed(text) && !(secret.Known(text) && configures(s.File)) {
			return false
		}
	}
	switch class {
	case secret.Password:
		return s.Env || !strings.EqualFold(text, s.Key) && secret.ClassOf(text) == secret.No
	case secret.Key:
		return len(text) >= 8 && (secret.Mixed(text) || s.Env && secret.ClassOf(text) != secret.Key) || secret.Known(text) && !secret.Placeholder(text) && !strings.EqualFold(text, s.Key)
	}
	return secret.Random(text)
}

// configures reports whether a file is called as those are that hold settings.
func configures(f *settings.File) bool {
	return hasWord(path.Base(f.Name), "config", "conf", "settings", "secrets", "credentials", "application", "app", "database", "db", "values", "production", "prod")
}

// isPath tells names of files, addresses and names of Python's things: shop.auth:Password.
func isPath(text string) bool {
	if module, thing, ok := strings.Cut(text, ":"); ok && strings.Contains(module, ".") && !strings.ContainsAny(text, "/+=!@#$") && thing != "" && thing[0] >= 'A' {
		return true
	}
	return strings.Contains(text, "://") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "~") || strings.HasSuffix(text, ".pem") || strings.HasSuffix(text, ".key") || strings.HasSuffix(text, ".json") || strings.HasSuffix(text, ".txt")
}

// prose reports whether a file is there to be read by people or by generators of
// documentation: translations, descriptions of an API.
func prose(f *settings.File) bool {
	name := strings.ToLower(f.Name)
	for _, part := range []string{"locale", "i18n", "lang", "translation", "messages", "openapi", "swagger", "schema", "mkdocs", "crowdin", "docs/"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	for i := range f.Settings {
		if s := &f.Settings[i]; s.Section == "" && (s.Key == "openapi" || s.Key == "swagger") {
			return true
		}
	}
	return len(path.Base(name)) <= len("xx-xx.yaml") && f.Settings == nil
}

// commandSecret is a secret among the words of a command.
func commandSecret(s *settings.Setting) (text, message string) {
	words := s.Words()
	for i, w := range words {
		if password, host, ok := secret.InURL(w); ok && !secret.Local(host) {
			return password, "an address with a password in it"
		}
		if name, value, ok := strings.Cut(w, "="); ok && strings.HasPrefix(name, "--") && secret.ClassOf(name[2:]) >= secret.Key && len(value) >= 3 && !secret.Elsewhere(value) && !secret.Placeholder(value) {
			return value, name + " is written in the command"
		}
		if w == "--requirepass" && i+1 < len(words) && !secret.Elsewhere(words[i+1]) {
			return words[i+1], "the password is written in the command"
		}
	}
	return "", ""
}

// settingTokens finds keys of known forms wherever they stand in a file of settings.
func settingTokens(p *Pass) {
	for _, f := range p.Configs {
		for _, t := range secret.Tokens(f.Source) {
			at := settings.Span{Start: int32(t.Start), End: int32(t.End)}
			line, _ := f.Position(at.Start)
			if forEverybody(f.Line(line)) {
				continue
			}
			grade := tokenGrade(t, f.Standing)
			if t.Worth != secret.Full && prose(f) {
				grade = Graded(finding.Low, finding.Unsure)
			}
			p.reportIn(f, at, t.What+" is written in the file", grade, Fix(outOfFile(f)))
		}
	}
}

// forEverybody reports whether a line says that its key is for everybody.
func forEverybody(line string) bool {
	line = strings.ToUpper(line)
	return strings.Contains(line, "ANON") || strings.Contains(line, "PUBLISHABLE") || strings.Contains(line, "PUBLIC_") || strings.Contains(line, "REACT_APP_") || strings.Contains(line, "VITE_")
}

func tokenGrade(t secret.Token, at settings.Standing) func(*finding.Finding) {
	switch {
	case at == settings.Test:
		return Graded(finding.Low, finding.Unsure)
	case t.Worth == secret.Sandbox:
		return Graded(finding.Low, finding.Likely)
	case t.Worth == secret.Full && at == settings.Deployed:
		return Graded(finding.High, finding.Sure)
	}
	return Graded(finding.Medium, finding.Likely)
}
