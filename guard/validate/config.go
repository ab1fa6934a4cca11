package validate

import fumehood "github.com/fumehood/fumehood"

// Config says what the parameters, forms and JSON of a request may be. The caps need no
// settings; rules for single fields are a matter of each route.
type Config struct {
	// Mode says what happens to a request that breaks a cap or a rule: enforce, report or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// MaxQuery is the longest query of a URL.
	MaxQuery fumehood.Size `toml:"max_query" default:"4KB" min:"1" max:"64KB"`

	// MaxFields is the largest number of parameters in a query, and of fields in a form.
	MaxFields int `toml:"max_fields" default:"1000" min:"1" max:"100000"`

	// MaxName is the longest name of a parameter, a form field or a key in JSON.
	MaxName fumehood.Size `toml:"max_name" default:"1KB" min:"1" max:"64KB"`

	// MaxJSON is the largest body that says that it is JSON, and the largest form where there are rules
	// for its fields.
	MaxJSON fumehood.Size `toml:"max_json" default:"5MB" min:"1"`

	// MaxDepth is how deep arrays and objects of JSON may stand in each other.
	MaxDepth int `toml:"max_depth" default:"64" min:"1" max:"500"`

	// MaxKeys is the largest number of keys in one object of JSON.
	MaxKeys int `toml:"max_keys" default:"10000" min:"1" max:"1000000"`

	// MaxValues is the largest number of values in one JSON body, all arrays and objects together.
	MaxValues int `toml:"max_values" default:"500000" min:"1" max:"10000000"`

	// MaxNumber is the longest number in JSON, in characters.
	MaxNumber int `toml:"max_number" default:"100" min:"1" max:"4000"`

	// URLMap says whether requests that no view of a Flask app is for lose their body before they
	// get to the app's own error page: auto (where the app's URL map tells) or off.
	URLMap string `toml:"url_map" default:"auto" enum:"auto,off"`

	// Unknown says what happens to a field, parameter or key that fields, query or the OpenAPI file
	// do not name, and to a path that the file does not name: allow or refuse. It counts only
	// where they name something.
	Unknown string `toml:"unknown" default:"allow" enum:"allow,refuse"`

	// OpenAPI is a file with an OpenAPI 3.0 or 3.1 description (YAML or JSON) that requests must keep to.
	OpenAPI string `toml:"openapi" path:"file"`

	// Fields are the rules for the body, by the name of the form field or the key in JSON. There,
	// "address.zip" is a key in an object, and "tags[]" is each element of an array.
	Fields map[string]Field `toml:"fields"`

	// Query are the rules for the parameters of the query, by their names.
	Query map[string]Field `toml:"query"`
}

// Field says what one field may be. What it does not say is not checked.
type Field struct {
	// Type is what the value must be. Empty means string. Forms and queries are text; there an
	// integer is digits, a number is written as in JSON, and a boolean is true, false, on, off, yes,
	// no, 1 or 0.
	Type string `toml:"type" enum:"string,integer,number,boolean,email,url,date,uuid,object,array"`

	// Required says that there must be a value: the empty string and null are none.
	Required bool `toml:"required"`

	// Min is the least number, the shortest text (in characters) or the fewest elements.
	Min *float64 `toml:"min"`

	// Max is the largest number, the longest text (in characters) or the most elements.
	Max *float64 `toml:"max"`

	// Pattern is a regular expression (RE2) that the whole text must match.
	Pattern string `toml:"pattern"`

	// Enum are the only values allowed.
	Enum []string `toml:"enum"`
}
