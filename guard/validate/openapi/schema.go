package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/fumehood/fumehood/internal/hint"
)

// compiled are the schemas of JSON bodies in OpenAPI 3.1, which are JSON Schema 2020-12. The
// library would compile them anew for each request, which takes a millisecond and more.
type compiled map[*openapi3.MediaType]*jsonschema.Schema

// compile compiles the schemas of all JSON bodies.
func compile(doc *openapi3.T) (compiled, error) {
	doc.InternalizeRefs(context.Background(), nil)
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	const name = "openapi.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // nothing is fetched
	if err := compiler.AddResource(name, raw); err != nil {
		return nil, err
	}
	found := compiled{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.RequestBody == nil || operation.RequestBody.Value == nil {
				continue
			}
			at := name + "#/paths/" + escape(path) + "/" + strings.ToLower(method) + "/requestBody"
			if ref := operation.RequestBody.Ref; ref != "" {
				at = name + ref
			}
			for media, described := range operation.RequestBody.Value.Content {
				if described.Schema == nil || !isJSON(media) {
					continue
				}
				schema, err := compiler.Compile(at + "/content/" + escape(media) + "/schema")
				if err != nil {
					return nil, hint.With(fmt.Errorf("%s %s: %w", method, path, err), "schemas are JSON Schema 2020-12; patterns are RE2's, without look-around and back-references")
				}
				found[described] = schema
			}
		}
	}
	return found, nil
}

// escape writes a key as a part of a JSON pointer in a URL fragment (RFC 6901).
func escape(key string) string {
	key = strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	return strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D", " ", "%20", "\"", "%22", "^", "%5E", "`", "%60", "|", "%7C", "<", "%3C", ">", "%3E").Replace(key)
}

func isJSON(media string) bool {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	media = strings.TrimSpace(media)
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

func isForm(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

// checkSchema compares JSON with a schema.
func checkSchema(schema *jsonschema.Schema, body []byte, found *[]Fault) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		add(found, "", "type")
		return
	}
	var wrong *jsonschema.ValidationError
	if errors.As(schema.Validate(value), &wrong) {
		leaves(wrong, found)
	}
}

// mostFaults is how many are looked for.
const mostFaults = 50

// leaves collects what is wrong, from the errors that have no others below them.
func leaves(e *jsonschema.ValidationError, found *[]Fault) {
	if len(*found) >= mostFaults {
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			leaves(cause, found)
		}
		return
	}
	at := strings.Join(e.InstanceLocation, ".")
	below := func(names []string, rule string) {
		for _, name := range names[:min(len(names), mostFaults)] {
			add(found, strings.TrimPrefix(at+"."+name, "."), rule)
		}
	}
	switch what := e.ErrorKind.(type) {
	case *kind.Required:
		below(what.Missing, "required")
	case *kind.AdditionalProperties:
		below(what.Properties, "additionalProperties")
	default:
		rule := ""
		if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
			rule = path[len(path)-1]
		}
		add(found, at, rule)
	}
}

// needsSchema says whether one of the parameters has a schema that only JSON Schema 2020-12
// can express.
func needsSchema(lists ...openapi3.Parameters) bool {
	for _, list := range lists {
		for _, parameter := range list {
			text, err := json.Marshal(parameter.Value)
			if err != nil {
				return true
			}
			for _, keyword := range []string{"const", "prefixItems", "contains", "patternProperties", "dependentSchemas", "propertyNames",
				"unevaluatedItems", "unevaluatedProperties", "if", "then", "else", "dependentRequired", "$defs", "contentSchema", "$ref"} {
				if bytes.Contains(text, []byte(`"`+keyword+`":`)) {
					return true
				}
			}
		}
	}
	return false
}
