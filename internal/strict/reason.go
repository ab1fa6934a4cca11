package strict

import (
	"fmt"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// reason says why a request is refused; it is an index into reasons.
type reason int

const (
	badRequestLine reason = iota
	lineTooLong
	badMethod
	unknownMethod
	connectMethod
	badTarget
	badVersion
	otherVersion
	bareLF
	bareCR
	controlByte
	foldedField
	badFieldName
	spaceBeforeColon
	fieldTooLarge
	tooManyFields
	headTooLarge
	duplicateField
	noHost
	badHost
	hostMismatch
	badLength
	lengthAndChunked
	badCoding
	otherCoding
	codingInHTTP10
	badExpect
	badTrailer
	badChunk
	badExtension
	truncatedHead
	truncatedBody
)

const (
	malformed  = "The request is not well-formed HTTP."
	ambiguous  = "The request says in two ways how long it is."
	wrongHost  = "The request does not say clearly which site it is for."
	cutOff     = "The request ended before it was complete."
	notOffered = "The server does not offer what the request asks for."
)

// reasons holds the status, the code and the public sentence of each reason.
var reasons = [...]struct {
	status int
	code   string
	public string
}{
	badRequestLine:   {http.StatusBadRequest, "http.request-line", malformed},
	lineTooLong:      {http.StatusRequestURITooLong, "http.request-line-too-long", "The address is too long."},
	badMethod:        {http.StatusBadRequest, "http.bad-method", malformed},
	unknownMethod:    {http.StatusNotImplemented, "http.unknown-method", notOffered},
	connectMethod:    {http.StatusNotImplemented, "http.connect", "This server is no proxy."},
	badTarget:        {http.StatusBadRequest, "http.bad-target", malformed},
	badVersion:       {http.StatusBadRequest, "http.bad-version", malformed},
	otherVersion:     {http.StatusHTTPVersionNotSupported, "http.version", "The server does not speak this version of HTTP here."},
	bareLF:           {http.StatusBadRequest, "http.bare-lf", malformed},
	bareCR:           {http.StatusBadRequest, "http.bare-cr", malformed},
	controlByte:      {http.StatusBadRequest, "http.control-byte", malformed},
	foldedField:      {http.StatusBadRequest, "http.obs-fold", malformed},
	badFieldName:     {http.StatusBadRequest, "http.bad-field-name", malformed},
	spaceBeforeColon: {http.StatusBadRequest, "http.space-before-colon", malformed},
	fieldTooLarge:    {http.StatusRequestHeaderFieldsTooLarge, "http.field-too-large", "A header field of the request is too large. Clearing this site's cookies may help."},
	tooManyFields:    {http.StatusRequestHeaderFieldsTooLarge, "http.too-many-fields", "The request has too many header fields."},
	headTooLarge:     {http.StatusRequestHeaderFieldsTooLarge, "http.head-too-large", "The header of the request is too large. Clearing this site's cookies may help."},
	duplicateField:   {http.StatusBadRequest, "http.duplicate-field", malformed},
	noHost:           {http.StatusBadRequest, "http.no-host", wrongHost},
	badHost:          {http.StatusBadRequest, "http.bad-host", wrongHost},
	hostMismatch:     {http.StatusBadRequest, "http.host-mismatch", wrongHost},
	badLength:        {http.StatusBadRequest, "http.bad-length", malformed},
	lengthAndChunked: {http.StatusBadRequest, "http.length-and-chunked", ambiguous},
	badCoding:        {http.StatusBadRequest, "http.bad-transfer-encoding", ambiguous},
	otherCoding:      {http.StatusNotImplemented, "http.transfer-coding", notOffered},
	codingInHTTP10:   {http.StatusBadRequest, "http.chunked-in-1.0", ambiguous},
	badExpect:        {http.StatusExpectationFailed, "http.expect", notOffered},
	badTrailer:       {http.StatusBadRequest, "http.bad-trailer", malformed},
	badChunk:         {http.StatusBadRequest, "http.bad-chunk", malformed},
	badExtension:     {http.StatusBadRequest, "http.chunk-extension", malformed},
	truncatedHead:    {http.StatusBadRequest, "http.truncated-head", cutOff},
	truncatedBody:    {http.StatusBadRequest, "http.truncated-body", cutOff},
}

// Refusals returns every refusal that this package can make, without its cause, for the
// reference page.
func Refusals() []fumehood.Refusal {
	all := make([]fumehood.Refusal, 0, len(reasons))
	for why := range reasons {
		all = append(all, *refusal(reason(why), nil))
	}
	return all
}

func refusal(why reason, cause error) *fumehood.Refusal {
	r := reasons[why]
	return &fumehood.Refusal{Status: r.status, Code: r.code, Public: r.public, Err: cause, CloseConn: true}
}

// refuse makes a refusal whose private cause is the formatted text.
func refuse(why reason, format string, args ...any) *fumehood.Refusal {
	return refusal(why, fmt.Errorf(format, args...))
}

// quote makes bytes of a client fit for a log: escaped and short.
func quote(b []byte) string {
	const most = 80
	if len(b) > most {
		return fmt.Sprintf("%q and %d bytes more", b[:most], len(b)-most)
	}
	return fmt.Sprintf("%q", b)
}
