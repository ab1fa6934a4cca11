package config_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

const signup = `
[validate]
query = { page = { type = "integer", min = 1 } }

[[route]]
match = "POST /signup"

[route.validate]
unknown = "refuse"

[route.validate.fields]
email = { type = "email", required = true, max = 200 }
price = { type = "number", min = 0.01, max = 1e6 }
plan = { enum = ["free", "pro"] }
"tags[]" = { pattern = "^[a-z\"]+$", max = 30 }
"address.zip" = { min = -0 }

[[route]]
match = "/plain"
timeout = "5s"
`

func TestMapsOfTables(t *testing.T) {
	t.Parallel()
	loaded, err := load(t, signup, nil)
	if err != nil {
		t.Fatal(err)
	}
	fields := loaded.Config.Routes[0].Validate.Fields
	if len(fields) != 5 || !fields["email"].Required || *fields["email"].Max != 200 || fields["email"].Min != nil ||
		*fields["price"].Min != 0.01 || *fields["price"].Max != 1e6 || *fields["address.zip"].Min != 0 ||
		!reflect.DeepEqual(fields["plan"].Enum, []string{"free", "pro"}) || fields["tags[]"].Pattern != `^[a-z"]+$` {
		t.Errorf("%+v", fields)
	}
	// A route has the general map where it has none of its own.
	for i, want := range []int{5, 0} {
		r := loaded.Config.Routes[i].Merged(loaded.Config)
		if len(r.Validate.Fields) != want || *r.Validate.Query["page"].Min != 1 {
			t.Errorf("route %d: %+v", i, r.Validate)
		}
	}
	if len(loaded.Config.Validate.Fields) != 0 {
		t.Errorf("the route's fields are general: %+v", loaded.Config.Validate.Fields)
	}
	for key, line := range map[string]int{
		"validate.query": 3, "validate.query.page.min": 3, "route[0].validate.fields": 11,
		`route[0].validate.fields."tags[]".pattern`: 15, "route[0].validate.fields.email.max": 12,
	} {
		if o := loaded.Origin(key); o.Line != line {
			t.Errorf("%s is in line %d, not %d", key, o.Line, line)
		}
	}
}

// TestMapsAreShownAsTheyLoad: what show prints loads to the same configuration.
func TestMapsAreShownAsTheyLoad(t *testing.T) {
	t.Parallel()
	first, err := load(t, signup, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		text := first.TOML(all)
		second, err := load(t, text, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(first.Config, second.Config) {
			t.Errorf("got\n%+v\nwant\n%+v\n%s", second.Config.Routes, first.Config.Routes, text)
		}
	}
	for _, s := range first.Settings() {
		if s.Key == "validate.query" {
			text, err := json.Marshal(s.Value)
			if want := `{"page":{"min":1,"type":"integer"}}`; err != nil || string(text) != want || !s.Changed() {
				t.Errorf("%s %v", text, err)
			}
		}
	}
	x, err := first.Explain("validate.fields")
	if err != nil || x.Env != "" || x.Flag != "" || x.Kind != "table of tables" || x.Route == "" {
		t.Errorf("%+v %v", x, err)
	}
	if _, err := load(t, x.File+"\n", nil); err != nil {
		t.Errorf("the example does not load: %v\n%s", err, x.File)
	}
	if x, err := first.Explain("validate.fields.pattern"); err != nil || !strings.Contains(x.Doc, "RE2") {
		t.Errorf("%+v %v", x, err)
	}
}

func TestMistakesInMaps(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"no table":           {"[validate]\nfields = 3\n", []string{"line 2", "validate.fields", "not a table of tables"}},
		"an entry no table":  {"[validate.fields]\nemail = \"email\"\n", []string{"validate.fields.email", "is a string, not a table", "email = { type ="}},
		"unknown":            {"[validate.fields]\nemail = { kind = \"email\", max = 3 }\n", []string{"line 2", "validate.fields.email.kind", "unknown", "there are type, required"}},
		"misspelt":           {"[validate.fields]\nemail = { requird = true }\n", []string{"did you mean required?"}},
		"a word":             {"[validate.fields]\nemail = { type = \"emial\" }\n", []string{"did you mean email?"}},
		"a number as string": {"[validate.fields]\nage = { min = \"3\" }\n", []string{"validate.fields.age.min", "is a string, not a number"}},
		"infinite":           {"[validate.fields]\nage = { min = inf }\n", []string{"is no number"}},
		"nan":                {"[validate.fields]\nage = { min = nan }\n", []string{"is no number"}},
		"a point":            {"[validate.fields]\naddress.zip = { type = \"string\" }\n", []string{"validate.fields.address.zip", `write "address.zip" in quotes`}},
		"no name":            {"[validate.fields]\n\"\" = { type = \"string\" }\n", []string{"is no name"}},
		"the guard's":        {"[validate.fields]\n\"tags[]\" = { pattern = \"(\" }\n", []string{"line 2", `validate.fields."tags[]".pattern`, "missing closing )"}},
		"in a route":         {"[[route]]\nmatch = \"/x\"\nvalidate = { fields = { a = { min = 3, max = 1 } } }\n", []string{"line 3", "route[0].validate.fields.a.min", "more than max"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.text, nil)
			var mistakes *config.Mistakes
			if !errors.As(err, &mistakes) {
				t.Fatalf("%v", err)
			}
			// A second mistake, so that there is a table with lines.
			mistakes.List = append(mistakes.List, config.Mistake{Origin: config.Origin{File: mistakes.List[0].Origin.File, Line: 99}})
			for _, want := range tt.want {
				if !strings.Contains(mistakes.Detail(), want) {
					t.Errorf("%q is not in\n%s", want, mistakes.Detail())
				}
			}
		})
	}
	_, err := load(t, "", []string{"FUMEHOOD_VALIDATE_FIELDS=x"})
	if err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("the environment set a map: %v", err)
	}
}

func TestSchemaOfMaps(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties struct {
			Validate struct {
				Properties struct {
					Fields struct {
						Type                 string
						AdditionalProperties struct {
							AdditionalProperties bool
							Properties           map[string]struct{ Type string }
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(config.JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	fields := schema.Properties.Validate.Properties.Fields
	entry := fields.AdditionalProperties
	if fields.Type != "object" || entry.AdditionalProperties || entry.Properties["min"].Type != "number" || entry.Properties["required"].Type != "boolean" {
		t.Errorf("%+v", fields)
	}
}
