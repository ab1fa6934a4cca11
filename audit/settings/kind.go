package settings

import (
	"path"
	"strings"
)

// KindOf tells by its name what configuration a file holds. A name that ends as the copy of
// another does, such as .env.example or config.ini.dist, is of the other's kind.
func KindOf(name string) Kind {
	base := strings.ToLower(path.Base(name))
	for _, end := range []string{".example", ".sample", ".dist", ".template", ".tmpl", ".tpl", ".default", ".bak", ".old", ".orig"} {
		base = strings.TrimSuffix(base, end)
	}
	switch base {
	case "procfile", "procfile.dev":
		return Procfile
	case ".flaskenv", ".envrc", "env", "dotenv":
		return Dotenv
	case ".pypirc", "my.cnf", ".my.cnf", "credentials", "uwsgi.conf", "supervisor.conf", "supervisord.conf", ".npmrc":
		if base == "credentials" && path.Base(path.Dir(name)) != ".aws" {
			return None
		}
		return INI
	case "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519":
		return KeyFile
	}
	if strings.HasPrefix(base, ".env") && notCode(base) {
		return Dotenv
	}
	if of, ok := strings.CutPrefix(base, "env."); ok {
		switch of {
		case "production", "prod", "staging", "development", "dev", "local", "test", "docker":
			return Dotenv
		}
	}
	if strings.HasPrefix(base, "dockerfile") && notCode(base) || strings.HasPrefix(base, "containerfile") && notCode(base) {
		return Dockerfile
	}
	return kindOfEnding(base, path.Base(path.Dir(name)) == ".vscode")
}

// notCode leaves out dockerfile.py and the like.
func notCode(base string) bool {
	switch path.Ext(base) {
	case ".py", ".go", ".js", ".jsx", ".ts", ".tsx", ".md", ".rst", ".html", ".htm", ".css", ".scss", ".less", ".json", ".yml", ".yaml", ".toml", ".xml", ".svg", ".png", ".txt", ".sh", ".j2", ".jinja", ".jinja2",
		".dockerignore", ".java", ".rb", ".php", ".lock", ".pyc":
		return false
	}
	return true
}

// kindOfEnding goes by the ending; the JSON of an editor configures no app.
func kindOfEnding(base string, editor bool) Kind {
	switch path.Ext(base) {
	case ".env":
		return Dotenv
	case ".dockerfile":
		return Dockerfile
	case ".yml", ".yaml":
		if strings.Contains(base, "lock.") || strings.Contains(base, "-lock") {
			return None
		}
		return YAML
	case ".ini", ".cfg", ".service":
		return INI
	case ".toml":
		return TOML
	case ".properties":
		return Properties
	case ".sh", ".bash":
		return Script
	case ".json":
		if !editor && jsonConfig(strings.TrimSuffix(base, ".json")) {
			return JSON
		}
	case ".pem", ".key":
		return KeyFile
	}
	return None
}

// jsonConfig tells the few JSON files that configure an app from the many that do not.
func jsonConfig(base string) bool {
	switch base {
	case "jsconfig", "tsconfig":
		return false
	case "config", "settings", "secrets", "secret", "credentials", "app", "local", "production", "env", "zappa_settings", "service-account", "service_account", "serviceaccount", "launchsettings":
		return true
	}
	for _, start := range []string{"config.", "config-", "config_", "appsettings", "settings.", "client_secret", "secrets.", "task-definition", "taskdef"} {
		if strings.HasPrefix(base, start) {
			return true
		}
	}
	for _, end := range []string{".config", "_config", "-config", "settings", "credentials", "-secrets", "_secrets"} {
		if strings.HasSuffix(base, end) && !strings.HasPrefix(base, "tsconfig") {
			return true
		}
	}
	return false
}
