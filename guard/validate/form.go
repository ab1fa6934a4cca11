package validate

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// formCount counts the fields of a query or an urlencoded form, which may come in pieces. An
// empty one counts too: Python makes something of each.
type formCount struct {
	fields int
	name   int  // characters of the name so far, "%41" for one
	value  bool // the name is over
	body   bool // it may be a text that only says that it is a form
	long   bool // the name is too long, if it is one
	raw    bool // the body begins as JSON or XML does
}

// Programs that send a text, JSON or base64 say that it is a form where nobody tells them
// otherwise (curl -d, jQuery, axios), and apps take it as it is. Such a body has no names: it
// is one field without a value, or begins with one of these.
const rawStarts = "{[\"<"

// formFailure says which cap a form breaks.
type formFailure uint8

const (
	formFine formFailure = iota
	tooManyFields
	nameTooLong
)

// count goes on with the next piece.
func count[T string | []byte](f *formCount, c *caps, piece T) formFailure {
	if f.fields == 0 && len(piece) > 0 {
		f.fields = 1
		f.raw = f.body && strings.IndexByte(rawStarts, piece[0]) >= 0
	}
	for i := 0; i < len(piece); i++ {
		switch b := piece[i]; {
		case b == '&':
			if f.long && !f.raw {
				return nameTooLong
			}
			f.name, f.value, f.long = 0, false, false
			if f.fields++; f.fields > c.fields {
				return tooManyFields
			}
		case f.value:
			if f.long && !f.raw && b != '=' && b > ' ' { // not the end of base64
				return nameTooLong
			}
		case b == '=':
			f.value = true
		case b == '%':
			f.name-- // the two digits behind it count
		default:
			if f.name++; f.name > c.name {
				if !f.body {
					return nameTooLong
				}
				f.long = true
			}
		}
	}
	return formFine
}

// formChecker compares the fields of a form, or the parameters of a query, with rules.
type formChecker struct {
	rules  *rules
	faults *faults
	given  map[string]int
	empty  map[string]bool // the first value is the empty text
}

func newFormChecker(r *rules, f *faults) *formChecker {
	return &formChecker{rules: r, faults: f, given: map[string]int{}, empty: map[string]bool{}}
}

// urlencoded checks all fields of a whole form.
func (c *formChecker) urlencoded(form string) {
	for form != "" {
		var pair string
		pair, form, _ = strings.Cut(form, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		c.field(decode(name), []byte(decode(value)))
	}
	c.finish()
}

// decode is url.QueryUnescape that leaves a "%" that means nothing as it is, as Python does.
func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return strings.ReplaceAll(s, "+", " ")
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b.WriteByte(' ')
		case c == '%' && i+2 < len(s):
			if one, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(one)
				i += 2
				continue
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// field checks one field.
func (c *formChecker) field(name string, value []byte) {
	f := c.rules.fields[name]
	if f == nil {
		if !ownField(name) && c.rules.fields[strings.TrimSuffix(name, "[]")] == nil {
			c.faults.unknown([]byte(name))
		}
		return
	}
	if len(value) == 0 { // a form sends what was left empty
		if c.given[name] == 0 {
			c.empty[name] = true
		}
		return
	}
	c.given[name]++
	if f.kind == kindArray {
		if elem := c.rules.fields[name+"[]"]; elem != nil {
			c.faults.add(name+"[]", elem.checkForm(value))
		}
		return
	}
	if c.given[name] == 2 && !strings.HasSuffix(name, "[]") { // which one counts is a matter of the reader
		c.faults.add(name, &Fault{Rule: "once", Detail: "must be given once"})
	}
	c.faults.add(name, f.checkForm(value))
}

// finish checks what all fields together are.
func (c *formChecker) finish() {
	for _, name := range c.rules.names {
		f := c.rules.fields[name]
		switch given := c.given[name]; {
		case strings.Contains(name, "[]."): // a key in an object of an array: JSON's
		case f.required && (given == 0 || f.kind != kindArray && c.empty[name]): // readers take the first of two
			c.faults.add(name, &Fault{Rule: "required", Detail: "is missing"})
		case given > 0 && f.kind == kindArray:
			c.faults.add(name, f.bounded(float64(given)))
		}
	}
}

// ownField says whether a field is put into forms by Fumehood or by the usual libraries
// against forged requests, and not by the app.
func ownField(name string) bool {
	switch name {
	case "fumehood_token", "csrf_token", "_csrf_token":
		return true
	}
	return false
}

// mostText is the longest text field of a multipart form that rules look at (bytes).
const mostText = 1 << 20

var (
	errFormMalformed = errors.New("the form is malformed")
	errFieldTooLong  = errors.New("a text field is too long")
	errManyFields    = errors.New("there are too many fields")
	errLongName      = errors.New("the name of a field is too long")
)

// multipart checks the fields of a multipart form. A file counts as a field that is given.
func (c *formChecker) multipart(contentType string, body io.Reader, limits *caps) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return errFormMalformed
	}
	parts := multipart.NewReader(body, params["boundary"])
	var value bytes.Buffer
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			c.finish()
			return nil
		}
		if err != nil {
			return errors.Join(errFormMalformed, err)
		}
		_, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		name := disposition["name"]
		switch {
		case err != nil:
			return errors.Join(errFormMalformed, err)
		case n >= limits.fields:
			return errManyFields
		case len(name) > limits.name:
			return errLongName
		}
		if _, file := disposition["filename"]; file {
			c.file(name)
			continue
		}
		value.Reset()
		if _, err := io.Copy(&value, io.LimitReader(part, mostText+1)); err != nil {
			return errors.Join(errFormMalformed, err)
		}
		if value.Len() > mostText {
			return errFieldTooLong
		}
		c.field(name, value.Bytes())
	}
}

// file notes a file; what it may be is guard/upload's to say.
func (c *formChecker) file(name string) {
	if c.rules.fields[name] == nil {
		c.faults.unknown([]byte(name))
		return
	}
	c.given[name]++
}
