package audit

import (
	"errors"
	"path"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/audit/settings"
)

// errLargeConfig is what is said of a file of settings that is larger than settings.MaxSize.
var errLargeConfig = errors.New("it is larger than 1 MB, as no configuration is that people write")

// parseConfig reads a file of settings.
func (f *folder) parseConfig(rel string, kind settings.Kind) (s source) {
	text, err := f.readUpTo(rel, settings.MaxSize, errLargeConfig)
	if err != nil {
		s.skipped = append(s.skipped, skipped(rel, reason(err)))
		return s
	}
	s.config = settings.ParseAs(kind, rel, text)
	for _, e := range s.config.Errors {
		s.skipped = append(s.skipped, finding.Skipped{Place: rules.Place(s.config, e.Span), Reason: e.Message})
	}
	return s
}

// envFiles reads what Compose files name in env_file, whatever it is called.
func (f *folder) envFiles(sources []source) []source {
	known := map[string]bool{}
	for _, name := range f.config {
		known[name] = true
	}
	var more []source
	for _, s := range sources {
		if s.config == nil || s.config.Kind != settings.YAML || f.single {
			continue
		}
		for i := range s.config.Settings {
			set := &s.config.Settings[i]
			if set.Key != "env_file" && !(set.Key == "path" && strings.HasSuffix(set.Section, ".env_file")) || set.Value == "" {
				continue
			}
			name := path.Join(path.Dir(s.config.Name), set.Value)
			if known[name] || path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") || strings.ContainsAny(name, "${}") || kindOf(name)&audited != 0 {
				continue
			}
			known[name] = true
			if read := guarded(name, func() source { return f.parseConfig(name, settings.Dotenv) }); read.config != nil {
				more = append(more, read)
			}
		}
	}
	return more
}

// standings marks the files that git leaves out of the source, and those of other programs.
func (f *folder) standings(sources []source) {
	var g *gitignore
	for _, s := range sources {
		if s.config == nil || s.config.Standing != settings.Deployed && s.config.Standing != settings.Development {
			continue
		}
		if g == nil {
			g = f.gitignore()
		}
		switch {
		case g.leavesOut(s.config.Name):
			s.config.Standing = settings.Unversioned
		case f.foreign(s.config.Name):
			s.config.Standing = settings.Foreign
		}
	}
}
