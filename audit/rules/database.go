package rules

import (
	"path"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/settings"
)

func databaseOpen() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "database-open", Title: "A database that everybody may use", CWE: 306, OWASP: "A05:2021", ASVS: []string{"13.2.1", "13.2.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A database asks for no password and its port is published on every address of the machine, past most firewalls. Whoever finds it reads and changes everything in it.",
			Fix:   "ports:\n  - \"127.0.0.1:6379:6379\"",
			Canon: []string{"data-exposure"},
			Guard: "",
		},
		Setting: func(p *Pass, s *settings.Setting) {
			if s.Key != "image" || s.File.Kind != settings.YAML || !strings.HasPrefix(s.Section, "services.") || forWork(s) {
				return
			}
			service := composed(s)
			if kind := asksNobody(s, service); kind != "" {
				for _, port := range service {
					if portPublished(port) {
						p.ReportSetting(port, kind+", and the port is published on all addresses")
						return
					}
				}
			}
		},
	}
}

// composed are all settings of the service that a setting belongs to.
func composed(s *settings.Setting) []*settings.Setting {
	var all []*settings.Setting
	for i := range s.File.Settings {
		if o := &s.File.Settings[i]; o.Section == s.Section || strings.HasPrefix(o.Section, s.Section+".") {
			all = append(all, o)
		}
	}
	return all
}

// asksNobody says of a service's image and settings that it lets everybody in, "" if it is not
// sure that it does.
func asksNobody(image *settings.Setting, service []*settings.Setting) string {
	name, _, _ := strings.Cut(path.Base(image.Value), ":")
	has := func(like func(*settings.Setting) bool) bool {
		for _, s := range service {
			if like(s) {
				return true
			}
		}
		return false
	}
	if has(func(s *settings.Setting) bool {
		return s.Key == "env_file" || strings.HasSuffix(s.Section, ".env_file") || s.Key == "<<" || strings.Contains(s.Value, ".conf")
	}) {
		return "" // what it holds is not followed
	}
	set := func(keys ...string) bool {
		return has(func(s *settings.Setting) bool {
			for _, k := range keys {
				if strings.EqualFold(s.Key, k) && !isOff(s.Value) {
					return true
				}
			}
			return false
		})
	}
	says := func(word string) bool {
		return has(func(s *settings.Setting) bool { return s.Command && strings.Contains(s.Value, word) })
	}
	switch name {
	case "redis", "valkey", "redis-stack", "redis-stack-server", "keydb":
		if !says("requirepass") && !says("aclfile") && !set("REDIS_PASSWORD", "VALKEY_PASSWORD", "REDIS_ARGS") {
			return "without requirepass Redis asks for no password"
		}
	case "mongo":
		if !says("--auth") && !says("keyFile") && !set("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE") {
			return "without MONGO_INITDB_ROOT_USERNAME MongoDB asks for no password"
		}
	case "memcached":
		return "Memcached asks for no password"
	case "postgres", "postgis":
		if set("POSTGRES_HOST_AUTH_METHOD") && has(func(s *settings.Setting) bool { return s.Key == "POSTGRES_HOST_AUTH_METHOD" && s.Value == "trust" }) {
			return "POSTGRES_HOST_AUTH_METHOD=trust lets everybody in"
		}
	case "mysql", "mariadb":
		if set("MYSQL_ALLOW_EMPTY_PASSWORD", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD") && !set("MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD") {
			return "root has no password"
		}
	}
	return ""
}

// portPublished reports whether a setting publishes a port on all addresses.
func portPublished(s *settings.Setting) bool {
	if s.Key == "published" && strings.HasSuffix(s.Section, ".ports") {
		ip := sibling(s, "host_ip")
		return ip == nil || ip.Value == "0.0.0.0"
	}
	if s.Key != "ports" || !strings.Contains(s.Value, ":") {
		return false // a port of the container's network only, or one by chance
	}
	return strings.Count(s.Value, ":") == 1 || strings.HasPrefix(s.Value, "0.0.0.0:")
}
