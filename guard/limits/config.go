package limits

import fumehood "github.com/fumehood/fumehood"

// Config caps what one request may cost before anything looks into it.
type Config struct {
	// RequestLine is the longest request line accepted (method, target, version).
	RequestLine fumehood.Size `toml:"request_line" default:"4KB" flag:"limit-request-line" min:"256" max:"64KB"`

	// Fields is the largest number of header fields accepted.
	Fields int `toml:"fields" default:"100" flag:"limit-request-fields" min:"10" max:"1000"`

	// FieldSize is the longest header field accepted (name and value).
	FieldSize fumehood.Size `toml:"field_size" default:"8190" flag:"limit-request-field-size" min:"256" max:"64KB"`

	// Head is the largest request head accepted (request line and all fields).
	Head fumehood.Size `toml:"head" default:"64KB" flag:"limit-request-head" min:"1KB" max:"256KB"`

	// Body is the largest request body accepted; a larger one is answered with 413.
	Body fumehood.Size `toml:"body" default:"20MB" flag:"limit-request-body" min:"0"`
}
