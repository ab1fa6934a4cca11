package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/internal/secret"
	"github.com/fumehood/fumehood/audit/settings"
)

// ReportSetting reports a finding at a setting. In a file that is not what runs, such as one of
// the tests, it counts little, and says why.
func (p *Pass) ReportSetting(s *settings.Setting, message string, more ...func(*finding.Finding)) {
	p.reportIn(s.File, s.Span, message, more...)
}

func (p *Pass) reportIn(f *settings.File, at settings.Span, message string, more ...func(*finding.Finding)) {
	switch f.Standing {
	case settings.Deployed:
	case settings.Unversioned:
		message += "; .gitignore leaves the file out of the source, so only who has this folder reads it"
		more = append(more, Graded(finding.Low, finding.Unsure))
	default:
		message += "; the file is " + f.Standing.String()
		more = append([]func(*finding.Finding){Graded(finding.Low, finding.Unsure)}, more...)
	}
	p.ReportAt(Place(f, at), message, more...)
}

// fromElsewhere is the line that takes a secret from where the file does not show it.
func fromElsewhere(s *settings.Setting) func(*finding.Finding) {
	line := ""
	switch {
	case strings.Contains(s.File.Name, ".github/workflows/") && !s.Command:
		line = s.Key + ": ${{ secrets." + strings.ToUpper(s.Key) + " }}"
	case s.File.Kind == settings.Dockerfile && !s.Command:
		line = "docker run --env-file FILE, with " + s.Key + " in a file that is not in the image"
	case s.File.Kind != settings.Dotenv && strings.HasPrefix(s.Section, "services.") && s.Env:
		line = s.Key + ": ${" + s.Key + ":?is not set}"
	case s.File.Standing != settings.CI && s.File.Kind != settings.Dotenv && s.File.Kind != settings.Properties && s.File.Kind != settings.KeyFile && secret.ClassOf(s.Key) != secret.No:
		line = "os.environ[\"" + strings.ToUpper(s.Key) + "\"] in the app, and nothing here"
	default:
		line = outOfFile(s.File)
	}
	return Fix(line)
}

// outOfFile says where a secret of a file of settings belongs, where it has no name.
func outOfFile(f *settings.File) string {
	switch {
	case f.Kind == settings.Dotenv:
		return path.Base(f.Name) + " into .gitignore, and a new value: python -c \"import secrets; print(secrets.token_hex(32))\""
	case f.Kind == settings.KeyFile:
		return path.Base(f.Name) + " into .gitignore, and a new key"
	case strings.Contains(f.Name, ".github/workflows/"):
		return "${{ secrets.NAME }}, and a new value in the secrets of the repository"
	case f.Standing == settings.CI:
		return "$NAME, and a new value as a masked variable in the settings of the CI"
	}
	return "$NAME of the environment of what reads the file, and a new value"
}

// isOn reports whether a text switches something on.
func isOn(text string) bool {
	switch strings.ToLower(text) {
	case "1", "true", "yes", "on", "t", "y":
		return true
	}
	return false
}

// isOff reports whether a text switches something off.
func isOff(text string) bool {
	switch strings.ToLower(text) {
	case "0", "false", "no", "off", "f", "n":
		return true
	}
	return false
}

// forWork reports whether a setting is for the machine of whoever writes the app: by the
// stage of the Dockerfile or the service that it is in.
func forWork(s *settings.Setting) bool {
	if s.File.Standing != settings.Deployed && s.File.Standing != settings.Unversioned {
		return true
	}
	for part := range strings.FieldsFuncSeq(strings.ToLower(s.Section), func(r rune) bool { return r == '.' || r == '-' || r == '_' || r == ':' }) {
		switch part {
		case "dev", "development", "test", "tests", "testing", "debug", "local", "tool":
			return true
		}
	}
	return false
}

// sibling is another setting beside one, in the same section, nil without one.
func sibling(s *settings.Setting, key string) *settings.Setting {
	for i := range s.File.Settings {
		if o := &s.File.Settings[i]; o.Section == s.Section && strings.EqualFold(o.Key, key) {
			return o
		}
	}
	return nil
}

// ships reports whether a file says how the app is brought to its users.
func ships(f *settings.File) bool {
	return f.Kind == settings.Dockerfile || f.Kind == settings.Procfile || strings.HasSuffix(f.Name, ".service")
}

// debugSetting finds what switches Flask's debugger on.
func debugSetting(p *Pass, s *settings.Setting) {
	if forWork(s) {
		return
	}
	severity := finding.Medium
	if ships(s.File) {
		severity = finding.High
	}
	graded := Graded(severity, finding.Likely)
	if s.Command {
		if words := s.Words(); runsFlask(words) && (slices.Contains(words, "--debug") || slices.Contains(words, "--debugger") || slices.ContainsFunc(words, debugVariable)) {
			p.ReportSetting(s, "the development server is started with its debugger", graded, Fix(p.runCommand()))
		}
		return
	}
	switch key := strings.ToUpper(s.Key); {
	case key == "FLASK_DEBUG" && isOn(s.Value), (s.Key == "DEBUG" || s.Key == "APP_DEBUG") && s.Env && isOn(s.Value):
		p.ReportSetting(s, s.Key+" switches debug mode on", graded, Fix(s.Key+"=0"))
	case key == "FLASK_ENV" && strings.EqualFold(s.Value, "development"):
		if o := sibling(s, "FLASK_DEBUG"); o == nil || !isOn(o.Value) {
			p.ReportSetting(s, "FLASK_ENV=development switches debug mode on in Flask before 2.3", graded, Fix("FLASK_DEBUG=0"))
		}
	case key == "WERKZEUG_DEBUG_PIN" && strings.EqualFold(s.Value, "off"):
		p.ReportSetting(s, "the debugger's console asks for no PIN", graded, Fix("FLASK_DEBUG=0"))
	case s.Key == "debug" && isOn(s.Value) && appSection(s):
		p.ReportSetting(s, "debug mode is on", graded, Fix("debug = false"))
	}
}

func debugVariable(word string) bool {
	name, value, _ := strings.Cut(word, "=")
	return name == "FLASK_DEBUG" && isOn(value) || name == "FLASK_ENV" && value == "development"
}

// appSection reports whether a setting is the app's own, and not of a tool beside it.
func appSection(s *settings.Setting) bool {
	base := strings.ToLower(path.Base(s.File.Name))
	if !strings.Contains(base, "config") && !strings.Contains(base, "setting") && !strings.HasPrefix(base, "app") {
		return false
	}
	switch strings.ToLower(s.Section) {
	case "", "flask", "app", "server", "default", "web", "application", "production":
		return true
	}
	return false
}

// runsFlask reports whether a command starts Flask's development server.
func runsFlask(words []string) bool {
	for i, w := range words {
		switch path.Base(w) {
		case "flask", "werkzeug.serving":
			return w == "werkzeug.serving" || slices.Contains(words[i:], "run")
		case "manage.py":
			return slices.Contains(words[i:], "runserver")
		case "sh", "bash":
			if i+2 < len(words) && strings.HasSuffix(words[i+1], "c") && strings.HasPrefix(words[i+1], "-") {
				inner := settings.Setting{Value: words[i+2]}
				return runsFlask(inner.Words())
			}
		}
	}
	return false
}

// bindSetting finds a development server that everybody reaches.
func bindSetting(p *Pass, s *settings.Setting) {
	if forWork(s) {
		return
	}
	severity := finding.Low
	if ships(s.File) {
		severity = finding.Medium
	}
	graded := Graded(severity, finding.Likely)
	if s.Command {
		if words := s.Words(); runsFlask(words) && bindsAll(words) && !slices.Contains(words, "--debug") {
			p.ReportSetting(s, "the development server is what is served, on all addresses", graded, Fix(p.runCommand()))
		}
		return
	}
	if strings.ToUpper(s.Key) != "FLASK_RUN_HOST" || s.Value != "0.0.0.0" && s.Value != "::" {
		return
	}
	for i := range s.File.Settings {
		if o := &s.File.Settings[i]; o.Command && runsFlask(o.Words()) && !bindsAll(o.Words()) {
			p.ReportSetting(s, "the development server is what is served, on all addresses", graded, Fix(p.runCommand()))
			return
		}
	}
}

func bindsAll(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		w = strings.TrimPrefix(strings.TrimPrefix(w, "--host="), "-h")
		return w == "0.0.0.0" || w == "::" || strings.HasPrefix(w, "0.0.0.0:") || strings.Contains(w, " ") && strings.Contains(w, "0.0.0.0")
	})
}

// cookieSetting finds flags of the session's cookie that are switched off.
func cookieSetting(p *Pass, s *settings.Setting) {
	if forWork(s) {
		return
	}
	switch strings.ToUpper(s.Key) {
	case "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "REMEMBER_COOKIE_SECURE", "REMEMBER_COOKIE_HTTPONLY":
		if isOff(s.Value) {
			p.ReportSetting(s, s.Key+" is off", Fix(s.Key+"=True"))
		}
	case "SESSION_COOKIE_SAMESITE":
		if strings.EqualFold(s.Value, "none") && s.File.Kind != settings.INI {
			p.ReportSetting(s, "the session's cookie is sent along from every site", Fix(s.Key+"=Lax"))
		}
	}
}

// switchOff finds a switch of one of the names that is off.
func switchOff(names ...string) func(*Pass, *settings.Setting) {
	return func(p *Pass, s *settings.Setting) {
		if slices.Contains(names, strings.ToUpper(s.Key)) && isOff(s.Value) && !forWork(s) {
			p.ReportSetting(s, s.Key+" is off", Fix(s.Key+"=True"))
		}
	}
}
