package config_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// leaves counts the values below a struct type, apart from the code under test. A table in
// the element of a list is one: it has the settings of the general table.
func leaves(t reflect.Type, tables int) int {
	switch {
	case t.Kind() == reflect.Struct && tables > 0:
		n := 0
		for i := range t.NumField() {
			if t.Field(i).IsExported() && t.Field(i).Tag.Get("toml") != "-" {
				n += leaves(t.Field(i).Type, tables-1)
			}
		}
		return n
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return leaves(t.Elem(), 1)
	}
	return 1
}

// TestReferenceHasEveryKnob: the number of settings is a figure that a change must show.
func TestReferenceHasEveryKnob(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/config.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := len(regexp.MustCompile("(?m)^\\| `").FindAll(page, -1))
	want := leaves(reflect.TypeFor[config.Config](), 2)
	if rows != want {
		t.Errorf("the reference page has %d settings, the struct %d", rows, want)
	}
	if m := regexp.MustCompile(`(?m)^(\d+) settings, `).FindSubmatch(page); m == nil {
		t.Error("the reference page does not count the settings")
	} else {
		t.Logf("%s settings", m[1])
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	loaded := config.Defaults()
	for _, s := range loaded.Settings() {
		x, err := loaded.Explain(s.Key)
		if err != nil {
			t.Errorf("%s: %v", s.Key, err)
			continue
		}
		if len(x.Doc) < 20 || !strings.HasSuffix(x.Doc, ".") {
			t.Errorf("%s: the comment is no sentence: %q", s.Key, x.Doc)
		}
		if !strings.HasPrefix(x.Env, "FUMEHOOD_") && x.Kind != "table of tables" {
			t.Errorf("%s: cannot be set from outside the file: %q", s.Key, x.Env)
		}
	}
}

// TestSampleIsTheDefault: commented out the sample says nothing; with every setting in,
// but the example of a route, it says the defaults.
func TestSampleIsTheDefault(t *testing.T) {
	t.Parallel()
	sample := config.Sample()
	for name, text := range map[string]string{
		"as it is":     sample,
		"uncommented":  uncomment(strings.SplitAfter(sample, "#[[route]]")[0], "#[[route]]"),
		"with a route": uncomment(sample, ""),
	} {
		loaded, err := load(t, text, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		loaded.Config.Routes = nil
		if !reflect.DeepEqual(loaded.Config, config.Default()) {
			t.Errorf("%s: %+v", name, loaded.Config)
		}
	}
}

func uncomment(sample, drop string) string {
	if drop != "" {
		sample = strings.ReplaceAll(sample, drop, "")
	}
	return regexp.MustCompile(`(?m)^#(\[|[a-z])`).ReplaceAllString(sample, "$1")
}

func TestShow(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, `
[app]
target = "app:app"
[workers]
timeout = "90s"
[[route]]
match = "POST /upload"
max_body = "1GB"
`, []string{"FUMEHOOD_TLS_EMAIL=you@shop.example"}, "--host", `a.example,b.example`)
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`# \S*/fumehood`).ReplaceAllString(loaded.TOML(false), "# fumehood")
	want := `[app]
target = "app:app"                    # fumehood.toml:3

[tls]
email = "you@shop.example"            # env FUMEHOOD_TLS_EMAIL

[workers]
timeout = "1m30s"                     # fumehood.toml:5

[hosts]
allow = ["a.example", "b.example"]    # flag --host

[[route]]
match = "POST /upload"                # fumehood.toml:7
max_body = "1GB"                      # fumehood.toml:8
`
	if squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, s := range loaded.Settings() {
		if s.Key == "route[0].match" && s.Value == "POST /upload" && s.Changed() {
			return
		}
	}
	t.Error("the route is not among the settings")
}

func squeeze(s string) string { return regexp.MustCompile(` +`).ReplaceAllString(s, " ") }

func TestExplain(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, "", nil, "-w", "4")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"workers.count", "--workers", "-w", "FUMEHOOD_WORKERS_COUNT"} {
		x, err := loaded.Explain(name)
		if err != nil {
			t.Fatal(err)
		}
		if x.Key != "workers.count" || x.Value != int64(4) || x.Default != int64(0) || x.Origin != "flag --workers" || x.Allowed != "0 to 1024" {
			t.Errorf("%s: %+v", name, x)
		}
	}
	for key, route := range map[string]string{"limits.body": "route.max_body", "workers.timeout": "route.timeout", "workers.count": ""} {
		if x, err := loaded.Explain(key); err != nil || x.Route != route {
			t.Errorf("%s: route %+v, %v", key, x, err)
		}
	}
	if x, err := loaded.Explain("--no-access-log"); err != nil || x.Key != "log.access" {
		t.Errorf("%+v %v", x, err)
	}
	for _, table := range []string{"tls", "route"} {
		if x, err := loaded.Explain(table); err != nil || len(x.Keys) < 4 {
			t.Errorf("%s: %+v %v", table, x, err)
		}
	}
	for key, want := range map[string]string{
		"worker.count":       `"worker.count" is no setting; did you mean workers.count?`,
		"server.bnd":         `"server.bnd" is no setting; did you mean server.bind?`,
		"bind":               `"bind" is no setting; did you mean server.bind?`,
		"timeout":            `"timeout" is no setting; did you mean route.timeout or workers.timeout?`,
		"trusted-proxy":      `"trusted-proxy" is no setting; did you mean clientip.trusted_proxies?`,
		"log.zzzzzzzzzz":     `"log.zzzzzzzzzz" is no setting`,
		"zzzzzzz.zzzzz":      `"zzzzzzz.zzzzz" is no setting`,
		"":                   `"" is no setting`,
		"banana":             `"banana" is no setting`,
		"workers.count.more": `"workers.count.more" is no setting; did you mean workers.count?`,
	} {
		_, err := loaded.Explain(key)
		if err == nil || err.Error() != want || hint.Of(err) == "" {
			t.Errorf("%q: %v (hint %q), want %s", key, err, hint.Of(err), want)
		}
	}
}

// TestSchemaKnowsWhatTheLoaderKnows walks the JSON schema beside the struct.
func TestSchemaKnowsWhatTheLoaderKnows(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal(config.JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	if schema["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("$schema is %v", schema["$schema"])
	}
	if n := countSchema(t, schema, "fumehood.toml"); n != leaves(reflect.TypeFor[config.Config](), 2) {
		t.Errorf("%d values in the schema", n)
	}
}

func countSchema(t *testing.T, schema map[string]any, at string) int {
	t.Helper()
	if items, ok := schema["items"].(map[string]any); ok && items["properties"] != nil {
		schema = items
	}
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		if schema["description"] == "" {
			t.Errorf("%s has no description", at)
		}
		return 1
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s takes unknown keys", at)
	}
	n := 0
	for name, property := range properties {
		n += countSchema(t, property.(map[string]any), at+"."+name)
	}
	return n
}

func TestOptionsHelp(t *testing.T) {
	t.Parallel()
	short, all := config.Options(false), config.Options(true)
	if n := strings.Count(short, "--"); n < 12 || n > 20 {
		t.Errorf("short help has %d options", n)
	}
	for _, s := range config.Defaults().Settings() {
		x, err := config.Defaults().Explain(s.Key)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(all, strings.TrimPrefix(x.Flag, "-b, ")) {
			t.Errorf("all help lacks %s", x.Flag)
		}
	}
	for line := range strings.Lines(short + all) {
		if len(line) > 81 && !strings.HasPrefix(line, "[") {
			t.Errorf("too wide: %s", line)
		}
	}
}
