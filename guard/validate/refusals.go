package validate

import (
	"errors"
	"fmt"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// jsonRefusal is the refusal of JSON that failed at a byte.
func (g *Guard) jsonRefusal(f failure, offset int) error {
	at := fmt.Errorf("at byte %d", offset)
	switch f {
	case notUTF8:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-utf8",
			Public: "The JSON of this request holds bytes that are no text in UTF-8.", Err: at}
	case loneSurrogate:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-surrogate",
			Public: "The JSON of this request holds half a character.", Err: at}
	case tooDeep:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-depth",
			Public: "The JSON of this request is nested too deeply.", Err: fmt.Errorf("validate.max_depth is %d: %w", g.caps.depth, at)}
	case tooManyKeys:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-keys",
			Public: "An object in the JSON of this request has too many keys.", Err: fmt.Errorf("validate.max_keys is %d: %w", g.caps.keys, at)}
	case tooManyValues:
		return &fumehood.Refusal{Status: http.StatusRequestEntityTooLarge, Code: "validate.json-values",
			Public: "The JSON of this request has too many values.", Err: fmt.Errorf("validate.max_values is %d: %w", g.caps.values, at)}
	case keyTooLong:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-name",
			Public: "A key in the JSON of this request is too long.", Err: fmt.Errorf("validate.max_name is %d: %w", g.caps.name, at)}
	case numberTooLong:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-number",
			Public: "A number in the JSON of this request is too long.", Err: fmt.Errorf("validate.max_number is %d: %w", g.caps.number, at)}
	case numberTooLarge:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-infinite",
			Public: "A number in the JSON of this request is too large.", Err: fmt.Errorf("it is more than a float64 has, Python would make inf of it: %w", at)}
	case duplicateKey:
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-duplicate",
			Public: "An object in the JSON of this request has the same key twice.", Err: fmt.Errorf("readers differ in which one counts: %w", at)}
	case unreadable:
		return broken(errors.New("the body could not be read"))
	}
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.json-malformed",
		Public: "The body of this request is not JSON, though it says that it is.", Err: at}
}

// broken is the refusal of a request whose body cannot be read to its end.
func broken(err error) error {
	var refusal *fumehood.Refusal
	if errors.As(err, &refusal) {
		return refusal // guard/body or guard/limits has something better to say
	}
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.broken",
		Public: "The body of this request did not arrive as a whole.", Err: err, CloseConn: true}
}

func (g *Guard) bodyTooLong() error {
	return &fumehood.Refusal{Status: http.StatusRequestEntityTooLarge, Code: "validate.too-large",
		Public: "The body of this request is too large for what it is.", Err: fmt.Errorf("validate.max_json is %d", g.caps.json)}
}

func (g *Guard) queryRefusal(f formFailure) error {
	if f == tooManyFields {
		return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.query-fields",
			Public: "The address of this request has too many parameters.", Err: fmt.Errorf("validate.max_fields is %d", g.caps.fields)}
	}
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.query-name",
		Public: "A parameter in the address of this request has too long a name.", Err: fmt.Errorf("validate.max_name is %d", g.caps.name)}
}

func (g *Guard) queryTooLong(size int) error {
	return &fumehood.Refusal{Status: http.StatusRequestURITooLong, Code: "validate.query-size",
		Public: "The address of this request is too long.", Err: fmt.Errorf("the query has %d bytes, validate.max_query is %d", size, g.caps.query)}
}

func (g *Guard) formRefusal(f formFailure) error {
	if f == tooManyFields {
		return &fumehood.Refusal{Status: http.StatusRequestEntityTooLarge, Code: "validate.form-fields",
			Public: "The form of this request has too many fields.", Err: fmt.Errorf("validate.max_fields is %d", g.caps.fields)}
	}
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.form-name",
		Public: "A field in the form of this request has too long a name.", Err: fmt.Errorf("validate.max_name is %d", g.caps.name)}
}

// multipartRefusal is the refusal of a multipart form that could not be compared with rules.
func (g *Guard) multipartRefusal(err error) error {
	switch {
	case errors.Is(err, errManyFields):
		return g.formRefusal(tooManyFields)
	case errors.Is(err, errLongName):
		return g.formRefusal(nameTooLong)
	case errors.Is(err, errFieldTooLong):
		return g.bodyTooLong()
	}
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "validate.form-malformed",
		Public: "The form of this request is not well-formed.", Err: err}
}

func contentRefusal(c content) error {
	if c == foreignEncoding {
		return &fumehood.Refusal{Status: http.StatusUnsupportedMediaType, Code: "validate.charset",
			Public: "The text of this request is not in UTF-8.", Err: errors.New("the Content-Type names another charset")}
	}
	return &fumehood.Refusal{Status: http.StatusUnsupportedMediaType, Code: "validate.content-type",
		Public: "It is not clear what the body of this request is.", Err: errors.New("the Content-Type is not one type/subtype, or there are several")}
}

// unchecked is the refusal of a body of a kind that the rules of the route cannot look into.
func unchecked() error {
	return &fumehood.Refusal{Status: http.StatusUnsupportedMediaType, Code: "validate.unchecked",
		Public: "This page takes forms and JSON only.", Err: errors.New("validate.fields has rules here, and the body is neither a form nor JSON")}
}

// noRoute and wrongMethod are noted for requests that no view is for.
func noRoute() error {
	return &fumehood.Refusal{Status: http.StatusNotFound, Code: "validate.no-route",
		Public: "There is nothing here.", Err: errors.New("no rule of the app's URL map is for this path: the body stays outside")}
}

func wrongMethod() error {
	return &fumehood.Refusal{Status: http.StatusMethodNotAllowed, Code: "validate.method",
		Public: "This cannot be done here.", Err: errors.New("the rules of the app's URL map for this path are for other methods: the body stays outside")}
}

// notDescribed is the refusal of a path or a method that the OpenAPI file does not name.
func notDescribed(err error) error {
	return &fumehood.Refusal{Status: http.StatusNotFound, Code: "validate.not-described",
		Public: "There is nothing here.", Err: err}
}

// faultsRefusal is the refusal of a request whose fields break rules.
func faultsRefusal(list []Fault) error {
	return &fumehood.Refusal{Status: http.StatusUnprocessableEntity, Code: "validate.fields",
		Public: "Some of what was sent is not as it must be.", Err: &FaultsError{list}}
}

// FaultsError is the cause of the refusal "validate.fields".
type FaultsError struct{ Faults []Fault }

// Error names the fields and the rules, never the values.
func (e *FaultsError) Error() string {
	text := ""
	for i, f := range e.Faults {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%q: %s", f.Field, f.Rule)
	}
	return text
}
