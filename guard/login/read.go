package login

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/wholebody"
)

const (
	mostBody   = 1 << 20  // of a form or JSON that is looked into (bytes)
	mostParts  = 1000     // of a multipart form, as in Werkzeug
	mostValue  = 64 << 10 // of one field (bytes)
	mostValues = 8        // of the fields of one kind
)

// names are the fields that matter in a request.
type names struct {
	account, password []string
	fresh             []string // passwords that are being chosen
}

// wanted is what makes a request a login.
type wanted struct {
	names
	path string // of the route, where a form has shown it
	sure bool   // it is a login, not only some page that asks for a password
}

func (n *names) any() bool { return len(n.password)+len(n.fresh) > 0 }

// reading is what was found in a request. It is forgotten with the request.
type reading struct {
	names
	accounts []string // every value of a field of an account: who knows which the app takes
	attempt  bool     // there is a password
	chosen   []string // values of the fields in fresh
	many     bool     // there were too many
}

// take takes one field.
func (f *reading) take(name, value string) {
	if slices.Contains(f.account, name) {
		f.accounts = f.add(f.accounts, value)
	}
	if slices.Contains(f.password, name) {
		f.attempt = true
	}
	if slices.Contains(f.fresh, name) {
		f.chosen = f.add(f.chosen, value)
	}
}

func (f *reading) add(values []string, value string) []string {
	if slices.Contains(values, value) {
		return values
	}
	if len(values) == mostValues {
		f.many = true
		return values
	}
	return append(values, value)
}

// errTooLarge is a form or JSON that is larger than a login is.
var errTooLarge = errors.New("it is longer than 1MB")

// read finds the fields in the query and the body of r, and returns r with a body that is
// there from the start.
func read(r *http.Request, want names) (*http.Request, reading, error) {
	f := reading{names: want}
	if r.URL != nil && r.URL.RawQuery != "" {
		f.form(r.URL.RawQuery)
	}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return r, f, nil
	}
	types := r.Header["Content-Type"]
	if len(types) > 1 {
		return r, f, errors.New("two Content-Type fields")
	}
	kind, params := "", ""
	if len(types) == 1 {
		kind, params, _ = strings.Cut(types[0], ";")
	}
	// Python strips characters of Latin-1 that are not white space in HTTP.
	kind = strings.ToLower(strings.TrimFunc(kind, func(c rune) bool { return c <= ' ' || c >= 0x7f }))
	if kind == "multipart/form-data" {
		src, r, err := source(r)
		if err == nil {
			err = f.multipart(src, params)
		}
		return r, f, err
	}
	src, r, err := source(r)
	if err != nil && err != errTooLarge {
		return r, f, err
	}
	body, err := io.ReadAll(io.LimitReader(src, mostBody+1))
	isForm := kind == "application/x-www-form-urlencoded"
	switch {
	case err != nil:
	case !isForm && !isJSON(kind) && !looksLikeJSON(body): // with force=True, Flask reads JSON whatever it is called
	case len(body) > mostBody:
		err = errTooLarge
	case isForm:
		f.form(string(body))
	default:
		err = f.json(body)
	}
	return r, f, err
}

func isJSON(kind string) bool { return kind == "application/json" || strings.HasSuffix(kind, "+json") }

// looksLikeJSON says whether Python could take body for a JSON object or array: in UTF-8 or,
// as json.loads does without being asked, in UTF-16 and UTF-32.
func looksLikeJSON(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n\x00\xef\xbb\xbf\xfe\xff")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// source returns the bytes of the body, and r with a body of which none was read.
func source(r *http.Request) (io.Reader, *http.Request, error) {
	if whole, ok := r.Body.(wholebody.Whole); ok {
		if file := whole.File(); file != nil {
			return io.NewSectionReader(file, 0, whole.Size()), r, nil
		}
		return bytes.NewReader(whole.Bytes()), r, nil
	}
	head, err := io.ReadAll(io.LimitReader(r.Body, mostBody+1))
	again := *r
	again.Body = &replayed{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
	if err == nil && len(head) > mostBody {
		err = errTooLarge
	}
	return bytes.NewReader(head), &again, err
}

type replayed struct {
	io.Reader
	io.Closer
}

// form reads a query, or a form as Werkzeug does: only "&" separates, and what is no
// percent-encoding stands for itself.
func (f *reading) form(text string) {
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name = unescape(name); f.wants(name) {
			f.take(name, unescape(value))
		}
	}
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if c == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c = byte(v)
				i += 2
			}
		}
		out = append(out, c)
	}
	if utf8.Valid(out) {
		return string(out)
	}
	var quoted strings.Builder // bytes that are no UTF-8 stay encoded
	for len(out) > 0 {
		c, n := utf8.DecodeRune(out)
		if c == utf8.RuneError && n == 1 {
			fmt.Fprintf(&quoted, "%%%02X", out[0])
		} else {
			quoted.Write(out[:n])
		}
		out = out[n:]
	}
	return quoted.String()
}

// multipart reads a multipart form. What Go and Werkzeug may divide in two ways is an error:
// then the boundary stands in the body more often than there are parts.
func (f *reading) multipart(src io.Reader, params string) error {
	_, given, err := mime.ParseMediaType("multipart/form-data;" + params)
	if err == nil && given["boundary"] == "" {
		err = errors.New("a multipart form without a boundary")
	}
	if err != nil {
		return err
	}
	count := &counter{src: src, sought: []byte("--" + given["boundary"])}
	parts := multipart.NewReader(count, given["boundary"])
	n := 0
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if n++; n > mostParts {
			return fmt.Errorf("more than %d parts", mostParts)
		}
		_, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil {
			return err
		}
		if name := disposition["name"]; f.wants(name) {
			value, err := io.ReadAll(io.LimitReader(part, mostValue))
			if err != nil {
				return err
			}
			f.take(name, string(value))
		}
	}
	if _, err := io.Copy(io.Discard, count); err != nil {
		return err
	}
	if count.found != n+1 {
		return fmt.Errorf("%d boundaries around %d parts", count.found, n)
	}
	return nil
}

// counter counts how often some bytes come by.
type counter struct {
	src    io.Reader
	sought []byte
	tail   []byte
	found  int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	seen := append(c.tail, p[:n]...)
	c.found += bytes.Count(seen, c.sought)
	keep := min(len(seen), len(c.sought)-1)
	c.tail = append([]byte(nil), seen[len(seen)-keep:]...)
	return n, err
}

func (f *reading) wants(name string) bool {
	return slices.Contains(f.account, name) || slices.Contains(f.password, name) || slices.Contains(f.fresh, name)
}
