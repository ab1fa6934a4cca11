package validate

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// encodingOf is the Content-Encoding of a body, "" for none. Flask does not look at it; apps
// that collect events from other programs do.
func encodingOf(r *http.Request) string {
	fields := r.Header["Content-Encoding"]
	if len(fields) == 0 {
		return ""
	}
	encoding := strings.ToLower(strings.Trim(strings.Join(fields, ","), " \t"))
	if encoding == "identity" {
		return ""
	}
	return encoding
}

// unpacked returns what is in a compressed body, up to max_json bytes of it. A body that does
// not begin as its encoding does is returned as it is, which is how an app that does not
// look at the encoding reads it: no JSON begins as gzip and zlib do.
func (g *Guard) unpacked(encoding string, body *held) (*held, error) {
	src := bufio.NewReader(body.reader())
	head, _ := src.Peek(2)
	if len(head) < 2 {
		return body, nil
	}
	var inner io.Reader
	var err error
	switch {
	case (encoding == "gzip" || encoding == "x-gzip") && head[0] == 0x1f && head[1] == 0x8b: // RFC 1952
		inner, err = gzip.NewReader(src)
	case encoding == "deflate" && head[0]&15 == 8 && (int(head[0])<<8|int(head[1]))%31 == 0: // RFC 1950
		inner, err = zlib.NewReader(src)
	default:
		return body, nil
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(inner, int64(g.caps.json)+1))
	}
	switch {
	case err != nil:
		return nil, badEncoding(err)
	case len(text) > g.caps.json:
		return nil, g.bodyTooLong()
	}
	return &held{mem: text, size: int64(len(text))}, nil
}

// opaque decides about a body in an encoding that only the app may know: unless there are
// rules that it should keep to, it is not ours to judge.
func (g *Guard) opaque(encoding string) error {
	if g.fields == nil && g.described == nil {
		return nil
	}
	return badEncoding(errors.New("rules for fields cannot look into the encoding " + encoding + "; gzip and deflate can be read"))
}

func badEncoding(err error) error {
	return &fumehood.Refusal{Status: http.StatusUnsupportedMediaType, Code: "validate.encoding",
		Public: "The body of this request is compressed in a way that cannot be read here.", Err: err}
}
