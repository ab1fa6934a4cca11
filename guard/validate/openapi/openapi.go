// Package openapi checks requests against an OpenAPI 3.0 or 3.1 file, through kin-openapi and,
// for the JSON bodies of 3.1, the JSON Schema library that it uses.
//
// It stops what guard/validate, its only user, stops: values that the description of the API
// does not allow. It belongs to that guard and has no place of its own in the chain. It does
// not check who somebody is (security schemes) and what bodies hold that are neither JSON nor
// urlencoded forms.
package openapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/fumehood/fumehood/internal/hint"
)

// Fault is one thing that is wrong with a request. It never holds a value.
type Fault struct {
	Field  string // the parameter, or where in the body: "address.zip"
	Rule   string // the keyword of JSON Schema: "maxLength"
	Detail string // what it must be
}

// Document is a description of an API. Many goroutines may use it.
type Document struct {
	router  routers.Router
	bases   []string                            // the paths that its servers have
	schemas compiled                            // of 3.1
	plain   map[*openapi3.Operation]*openapi3.T // 3.1's operations whose parameters 3.0 can express
}

// Files keeps the descriptions that have been read: each route has a guard of its own, and
// most have the same file. Its zero value is ready; a nil Files keeps nothing.
type Files struct {
	mu   sync.Mutex
	read map[string]*Document
}

// Load returns the description in file, which it reads once.
func (f *Files) Load(file string) (*Document, error) {
	if f == nil {
		return Load(file)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := f.read[file]; d != nil {
		return d, nil
	}
	d, err := Load(file)
	if err != nil {
		return nil, err
	}
	if f.read == nil {
		f.read = map[string]*Document{}
	}
	f.read[file] = d
	return d, nil
}

// Load reads the description in file and everything that it refers to in files beside it.
func Load(file string) (*Document, error) {
	if _, err := os.Stat(file); err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, hint.With(fmt.Errorf("cannot read %s: %w", file, err), "name a file with an OpenAPI description, in YAML or JSON")
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(loader *openapi3.Loader, at *url.URL) ([]byte, error) {
		if at.Scheme != "" && at.Scheme != "file" || at.Host != "" {
			return nil, fmt.Errorf("%s is not a file here: nothing is fetched from the network", at)
		}
		return openapi3.ReadFromFile(loader, at)
	}
	doc, err := loader.LoadFromFile(file)
	if err != nil {
		return nil, hint.With(fmt.Errorf("%s: %w", file, err), "check the file with an editor that knows OpenAPI; references may lead to files beside it only")
	}
	if !doc.IsOpenAPI30() && !doc.IsOpenAPI31OrLater() {
		return nil, hint.With(fmt.Errorf("%s: openapi is %q", file, doc.OpenAPI), `the first line of the file says the version: openapi: "3.1.0"`)
	}
	d := &Document{bases: bases(doc.Servers)}
	doc.Servers = nil // the host is guard/hosts' to judge; what counts is the path
	for _, item := range doc.Paths.Map() {
		item.Servers = nil
	}
	if d.router, err = legacy.NewRouter(doc, openapi3.DisableExamplesValidation()); err != nil {
		return nil, hint.With(fmt.Errorf("%s: %w", file, errors.Unwrap(err)), "the message names the place in the file, from the outside to the inside")
	}
	if !doc.IsOpenAPI31OrLater() {
		return d, nil
	}
	if d.schemas, err = compile(doc); err != nil {
		return nil, hint.With(fmt.Errorf("%s: %w", file, err), hint.Of(err))
	}
	plain := *doc
	plain.OpenAPI = "3.0.3" // then the library does not compile schemas, and knows all but what needsSchema looks for
	d.plain = map[*openapi3.Operation]*openapi3.T{}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if !needsSchema(operation.Parameters, item.Parameters) {
				d.plain[operation] = &plain
			}
		}
	}
	return d, nil
}

// bases are the paths of the servers, "" at least.
func bases(servers openapi3.Servers) []string {
	var found []string
	for _, server := range servers {
		text := server.URL
		for name, variable := range server.Variables {
			text = strings.ReplaceAll(text, "{"+name+"}", variable.Default)
		}
		if u, err := url.Parse(text); err == nil {
			found = append(found, strings.TrimSuffix(u.Path, "/"))
		}
	}
	if len(found) == 0 {
		return []string{""}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// manyFaults is how long a body may be of which all faults are looked for (bytes): of a longer
// one, the first is enough.
const manyFaults = 64 << 10

// ErrUnknown is the error of Check for a path, or a method on it, that is not described.
var ErrUnknown = errors.New("the OpenAPI file does not describe this path with this method")

// Check compares r with the description of its path. body is the whole body where it is JSON
// or an urlencoded form, or empty; unless look is set, the body is left out. unknown says that parameters of the query
// that are not described are faults.
func (d *Document) Check(r *http.Request, body []byte, look, unknown bool) ([]Fault, error) {
	route, values, err := d.find(r)
	if err != nil {
		return nil, err
	}
	var found []Fault
	look = d.checkBody(r, route, body, look, &found)
	if plain := d.plain[route.Operation]; plain != nil {
		fast := *route
		fast.Spec, route = plain, &fast
	}
	if look && isForm(r.Header.Get("Content-Type")) {
		body = []byte(parameters(string(body)).Encode())
	}
	copied := *r
	copied.Body, copied.GetBody = io.NopCloser(bytes.NewReader(body)), nil
	input := &openapi3filter.RequestValidationInput{
		Request: &copied, QueryParams: parameters(r.URL.RawQuery), PathParams: values, Route: route,
		Options: &openapi3filter.Options{
			MultiError: len(body) < manyFaults, SkipSettingDefaults: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
			ExcludeRequestBody: !look,
		},
	}
	collect(openapi3filter.ValidateRequest(context.WithoutCancel(r.Context()), input), "", &found)
	for name, given := range input.QueryParams {
		switch p := described(route, name); {
		case p == nil && unknown:
			found = append(found, Fault{Field: name, Rule: "unknown", Detail: "is not known here"})
		case p != nil && len(given) > 1 && single(p): // which one counts is a matter of the reader
			found = append(found, Fault{Field: name, Rule: "once", Detail: "must be given once"})
		}
	}
	return found, nil
}

// checkBody compares the body with what is described as far as the library is not to do it,
// and says whether the library is.
func (d *Document) checkBody(r *http.Request, route *routers.Route, body []byte, look bool, found *[]Fault) bool {
	there := r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
	if route.Operation.RequestBody == nil || !there {
		return look
	}
	media := route.Operation.RequestBody.Value.Content.Get(r.Header.Get("Content-Type"))
	if media == nil {
		add(found, "Content-Type", "enum")
		return false
	}
	if schema := d.schemas[media]; schema != nil && look && isJSON(r.Header.Get("Content-Type")) {
		checkSchema(schema, body, found)
		return false
	}
	return look
}

// find looks for the path below each base.
func (d *Document) find(r *http.Request) (*routers.Route, map[string]string, error) {
	for _, base := range d.bases {
		path, ok := strings.CutPrefix(r.URL.Path, base)
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		copied := *r
		copied.URL = &url.URL{Path: path}
		if copied.Method == http.MethodHead { // it asks for what GET gives
			copied.Method = http.MethodGet
		}
		if route, values, err := d.router.FindRoute(&copied); err == nil {
			return route, values, nil
		}
	}
	return nil, nil, ErrUnknown
}

// collect makes faults of what the library says. Its own texts hold values.
func collect(err error, name string, found *[]Fault) {
	switch e := err.(type) {
	case nil:
	case openapi3.MultiError:
		for _, one := range e {
			collect(one, name, found)
		}
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			name = e.Parameter.Name
		}
		switch {
		case errors.Is(e.Err, openapi3filter.ErrInvalidRequired), errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
			add(found, name, "required")
		case e.Err == nil:
			add(found, name, "type")
		default:
			collect(e.Err, name, found)
		}
	case *openapi3.SchemaError:
		var inner openapi3.MultiError
		if errors.As(e.Origin, &inner) && len(inner) > 0 {
			collect(inner, name, found)
			return
		}
		field := strings.Join(e.JSONPointer(), ".")
		if name != "" {
			field = strings.TrimSuffix(name+"."+field, ".")
		}
		add(found, field, e.SchemaField)
	default:
		if inner := errors.Unwrap(err); inner != nil {
			collect(inner, name, found)
			return
		}
		add(found, name, "type")
	}
}

func add(found *[]Fault, field, rule string) {
	if rule == "" {
		rule = "type"
	}
	one := Fault{Field: field, Rule: rule, Detail: detail(rule)}
	if !slices.Contains(*found, one) {
		*found = append(*found, one)
	}
}

// detail says what a keyword of JSON Schema asks for.
func detail(keyword string) string {
	switch keyword {
	case "required":
		return "is missing"
	case "type", "format":
		return "is of another kind than what is asked for"
	case "maxLength", "maxItems", "maxProperties":
		return "is too long"
	case "minLength", "minItems", "minProperties":
		return "is too short"
	case "maximum", "exclusiveMaximum":
		return "is too large"
	case "minimum", "exclusiveMinimum":
		return "is too small"
	case "enum", "const":
		return "is none of the values that are allowed"
	case "additionalProperties", "unevaluatedProperties", "readOnly", "properties":
		return "is not known here, or not to be sent"
	case "uniqueItems":
		return "has an element twice"
	}
	return "is not as it is described"
}
