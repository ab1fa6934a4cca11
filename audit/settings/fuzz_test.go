package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit/settings"
)

// names has one file of each kind.
func names() []string {
	return []string{".env", "docker-compose.yml", "Dockerfile", "Procfile", "a.ini", "a.service", "supervisord.conf", "a.toml", "a.properties", "config.json", "run.sh", "server.pem"}
}

func FuzzParse(f *testing.F) {
	for i := range names() {
		for _, s := range []string{
			"", "a", "A=1\nB='x\ny'\n", "export A=\"\\\"\n", "a: {b: [c, \"d\"], e: |\n  f\n}\n--- \n&a x: *a\n", "a: \u2028b\n  c: d\n",
			"FROM a AS b\nENV A=1 \\\n# c\n B=2\nCMD [\"a\", \"b\"]\nRUN <<E\nE\n", "[a]\nb = c\n  d\n; e\n[Service]\nEnvironment=\"A=b\"\n",
			"[[a]]\nb.c = {d = 1, e = [\"f\"]}\n\"g\" = '''\nh'''\n", `{"a": {"b": ["c", {"name": "d", "value": 1.5e3}]}, "env": null}`, "\ufeffa=b\r\n\r", "a\x00b", "{{ a }}: %\nB: c\n",
		} {
			f.Add(byte(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, source string) {
		if len(source) > 1<<16 {
			return
		}
		file := settings.Parse(names()[int(which)%len(names())], source)
		inside := func(what string, s settings.Span) {
			if s.Start < 0 || s.End < s.Start || int(s.End) > len(file.Source) {
				t.Errorf("%s at %v of %d bytes", what, s, len(file.Source))
			}
		}
		for i := range file.Settings {
			s := &file.Settings[i]
			inside(s.Key, s.Span)
			if s.File != file {
				t.Errorf("%s is of no file", s.Key)
			}
			s.Words()
		}
		for _, e := range file.Errors {
			inside(e.Message, e.Span)
		}
	})
}

// TestHostile: the time grows with the size and not with its square.
func TestHostile(t *testing.T) {
	t.Parallel()
	const n = settings.MaxSize / 16
	r := strings.Repeat
	for what, unit := range map[string]string{
		"quotes": "A='\n", "pairs": "A=b\n", "brackets": "[[[[", "braces": "{{{{", "lists": "- - ", "keys": "a: \n", "nested keys": "a: a: ", "goes on": "b \\\n", "indented": " a\n", "anchors": "&a *a ",
		"objects": `{"a":`, "tables": "[a]\n", "dots": "a.a.", "instructions": "ENV A=b \\\n", "texts": "RUN <<E\n", "spaces": "    ", "lines": "\n\n\n\n", "quoted": `"\""`, "percent": "%a b\n", "comments": "#\n#\n", "question": "? ? ", "alias": "*a: ",
	} {
		for _, name := range names() {
			for _, source := range []string{r(unit, n/len(unit)), "a = b\n" + r(unit, n/len(unit)), "a: b\n" + r(unit, n/len(unit)), "a:\n  - " + r(unit, n/len(unit))} {
				start := time.Now()
				settings.Parse(name, source)
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("%s in %s: %v", what, name, took)
				}
			}
		}
	}
}

// TestBroken: what cannot be read is said, and what can be is read.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, source, message string
		line, settings        int
	}{
		{".env", "A=1\nnot one\nB=2\n", "no KEY=value", 2, 2},
		{".env", "A=\"1\nB=2\n", "not closed", 1, 2},
		{"values.yaml", "a: 1\n{{- if .Values.x }}\nSECRET_KEY: dev # c\n  password: \"x\"\n", "no YAML", 2, 3},
		{"a.yml", "a: [\nb: c\n", "no YAML", 2, 2},
		{"Dockerfile", "FROM a\nEXECUTE b\nENV A=1\n", "no instruction", 2, 1},
		{"a.ini", "[a\nb = c\n", "not closed", 1, 1},
		{"a.toml", "a = 1\nb = = 2\nc = 3\n", "no TOML", 2, 1},
		{"config.json", "{\"a\": 1,\n- c\n\"b\": 2}", "no JSON", 2, 1},
		{"config.json", "{\"a\": 1,\n", "no JSON", 2, 1},
		{".env", "A=1\x00", "no text", 1, 0},
	} {
		f := settings.Parse(c.name, c.source)
		if len(f.Errors) != 1 || !strings.Contains(f.Errors[0].Message, c.message) {
			t.Errorf("%s %q: %v", c.name, c.source, f.Errors)
			continue
		}
		if line, _ := f.Position(f.Errors[0].Start); line != c.line || len(f.Settings) != c.settings {
			t.Errorf("%s %q: line %d, settings %v", c.name, c.source, line, said(f))
		}
	}
}

// TestKinds: names tell the kind and the standing of a file.
func TestKinds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		kind     settings.Kind
		standing settings.Standing
	}{
		".env":                        {settings.Dotenv, settings.Deployed},
		"deploy/.env.production":      {settings.Dotenv, settings.Deployed},
		".env.example":                {settings.Dotenv, settings.Example},
		"env.sample":                  {settings.Dotenv, settings.Example},
		"web.env":                     {settings.Dotenv, settings.Deployed},
		".flaskenv":                   {settings.Dotenv, settings.Development},
		".env.ts":                     {settings.None, settings.Deployed},
		"migrations/env.py":           {settings.None, settings.Deployed},
		"Dockerfile":                  {settings.Dockerfile, settings.Deployed},
		"deploy/api.Dockerfile":       {settings.Dockerfile, settings.Deployed},
		"Dockerfile.dev":              {settings.Dockerfile, settings.Development},
		"dockerfile.py":               {settings.None, settings.Deployed},
		"docker-compose.yml":          {settings.YAML, settings.Deployed},
		"docker-compose.override.yml": {settings.YAML, settings.Development},
		".github/workflows/ci.yml":    {settings.YAML, settings.CI},
		".gitlab-ci.yml":              {settings.YAML, settings.CI},
		"tests/config.yml":            {settings.YAML, settings.Test},
		"docs/config.ini":             {settings.INI, settings.Docs},
		"pnpm-lock.yaml":              {settings.None, settings.Deployed},
		"package-lock.json":           {settings.None, settings.Deployed},
		"package.json":                {settings.None, settings.Deployed},
		"tsconfig.json":               {settings.None, settings.Deployed},
		"appsettings.Production.json": {settings.JSON, settings.Deployed},
		"config/config.json":          {settings.JSON, settings.Deployed},
		"uwsgi.ini":                   {settings.INI, settings.Deployed},
		"setup.cfg":                   {settings.INI, settings.Development},
		"pyproject.toml":              {settings.TOML, settings.Development},
		"application.properties":      {settings.Properties, settings.Deployed},
		"Procfile":                    {settings.Procfile, settings.Deployed},
		"certs/server.pem":            {settings.KeyFile, settings.Deployed},
		"nginx.conf":                  {settings.None, settings.Deployed},
		"config.ini.dist":             {settings.INI, settings.Example},
		".aws/credentials":            {settings.INI, settings.Deployed},
	} {
		if f := settings.Parse(name, ""); f.Kind != want.kind || f.Standing != want.standing {
			t.Errorf("%s: kind %d, %q", name, f.Kind, f.Standing)
		}
	}
}
