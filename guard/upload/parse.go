package upload

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// What a part may have at most (bytes). Browsers' heads have less than 1 KB.
const (
	mostHead     = 8 << 10
	mostName     = 256
	mostFilename = 1024
)

// part is one part of a form as it was read.
type part struct {
	name     string
	filename string // as sent, without its quotes
	isFile   bool   // there is a file name, be it empty
	media    string // "image/png", "" where the part does not say
	charset  string // that it says its content is in, where that is not UTF-8
	length   string // what Content-Length says
	raw      string // the head as it came, with its empty line
	from, to int64  // the content
}

func (p *part) size() int64 { return p.to - p.from }

// form is a body that has been read.
type form struct {
	parts     []part
	files     int  // how many of them
	canonical bool // nothing is before the first part and at most a line end after the last
}

// limits is what a form may have at most.
type limits struct {
	parts, files int
}

// parseForm reads multipart/form-data (RFC 7578, RFC 2046 section 5.1) in the one form that
// all software reads alike. Every error is a refusal.
func parseForm(s *source, boundary string, most limits) (*form, error) {
	delimiter := []byte("--" + boundary)
	f := &form{canonical: true}
	start, err := s.peek(0, 2)
	if err != nil {
		return nil, err
	}
	at := int64(0)
	if string(start) == "\r\n" { // Werkzeug's own test client and a few others begin so
		at, f.canonical = 2, false
	}
	first, err := s.peek(at, len(delimiter))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, delimiter) {
		return nil, malformed("the body does not begin with its boundary")
	}
	for at += int64(len(delimiter)); ; {
		after, err := s.peek(at, 2)
		if err != nil {
			return nil, err
		}
		switch string(after) {
		case "--":
			return f, s.checkEnd(at + 2)
		case "\r\n":
		default:
			return nil, malformed("%q follows a boundary", after)
		}
		p, err := s.parseHead(at+2, delimiter)
		if err != nil {
			return nil, err
		}
		if p.isFile {
			f.files++
		}
		if len(f.parts) == most.parts {
			return nil, tooManyParts(most.parts)
		}
		if f.files > most.files {
			return nil, tooManyFiles(most.files)
		}
		if at, err = s.findEnd(p, delimiter); err != nil {
			return nil, err
		}
		f.parts = append(f.parts, *p)
	}
}

// checkEnd looks at what follows the last boundary: nothing, or the end of its line.
func (s *source) checkEnd(at int64) error {
	rest, err := s.peek(at, 3)
	if err == nil && len(rest) > 0 && string(rest) != "\r\n" {
		err = malformed("something follows the last boundary")
	}
	return err
}

// findEnd finds the boundary that ends p and returns where it ends.
func (s *source) findEnd(p *part, delimiter []byte) (int64, error) {
	at, err := s.index(delimiter, p.from)
	if err != nil {
		return 0, err
	}
	if at < 0 {
		return 0, malformed("the last boundary is missing")
	}
	// Parsers differ in what may stand around a boundary: a lone LF, blanks, a longer word.
	// What has the boundary in it without being one is a trap for one of them.
	if at-p.from < 2 {
		return 0, malformed("a boundary does not begin a line")
	}
	before, err := s.peek(at-2, 2)
	if err != nil {
		return 0, err
	}
	if string(before) != "\r\n" {
		return 0, malformed("a boundary does not begin a line")
	}
	p.to = at - 2
	if p.length != "" && p.length != fmt.Sprint(p.size()) {
		return 0, malformed("Content-Length says %.20q, the part has %d bytes", p.length, p.size())
	}
	return at + int64(len(delimiter)), nil
}

// parseHead reads the head of the part at off.
func (s *source) parseHead(off int64, delimiter []byte) (*part, error) {
	head, err := s.peek(off, mostHead)
	if err != nil {
		return nil, err
	}
	end := bytes.Index(head, []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(head) == mostHead:
		return nil, malformed("the head of a part is longer than %d bytes", mostHead)
	case end < 0:
		return nil, malformed("the head of a part does not end")
	case bytes.Contains(head[:end], delimiter):
		return nil, malformed("the boundary is in the head of a part")
	}
	p := &part{raw: string(head[:end+4]), from: off + int64(end) + 4}
	var seen [4]bool
	for line := range strings.SplitSeq(p.raw[:end], "\r\n") {
		if err := p.parseLine(line, &seen); err != nil {
			return nil, err
		}
	}
	if !seen[disposition] {
		return nil, malformed("a part has no Content-Disposition")
	}
	return p, p.checkCharset()
}

// The fields of a part's head that mean something (RFC 7578, section 4.8).
const (
	disposition = iota
	contentType
	encoding
	contentLength
)

// parseLine reads one field of a part's head. Fields that RFC 7578 does not know mean
// nothing and go no further.
func (p *part) parseLine(line string, seen *[4]bool) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !isToken(name) {
		return malformed("%.60q is no field of a part's head", line)
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return malformed("a control character in the head of a part")
		}
	}
	value = strings.Trim(value, " \t")
	var field int
	switch strings.ToLower(name) {
	case "content-disposition":
		field = disposition
	case "content-type":
		field = contentType
	case "content-transfer-encoding":
		field = encoding
	case "content-length":
		field = contentLength
	default:
		return nil
	}
	if seen[field] {
		return malformed("two fields %s in one part", name)
	}
	seen[field] = true
	switch field {
	case disposition:
		return p.parseDisposition(value)
	case contentType:
		return p.parseType(value)
	case encoding:
		switch strings.ToLower(value) {
		case "binary", "8bit", "7bit":
			return nil // the bytes are what they are
		}
		return malformed("the transfer encoding %.40q, which RFC 7578 forbids", value)
	}
	if value == "" || strings.Trim(value, "0123456789") != "" || len(value) > 1 && value[0] == '0' {
		return malformed("the Content-Length %.20q", value)
	}
	p.length = value
	return nil
}

// parseDisposition reads Content-Disposition.
func (p *part) parseDisposition(value string) error {
	kind, params, _ := strings.Cut(value, ";")
	if !strings.EqualFold(strings.TrimRight(kind, " \t"), "form-data") {
		return malformed("a part is %.40q, not form-data", kind)
	}
	if len(kind) == len(value) {
		return malformed("a part has no name")
	}
	given, err := parseParameters(params)
	if err != nil {
		return err
	}
	named, extended := false, ""
	for _, g := range given {
		switch {
		case g.key == "name":
			p.name, named = g.value, true
		case g.key == "filename":
			p.filename, p.isFile = g.value, true
		case g.key == "filename*":
			if extended, err = extendedValue(g.value); err != nil {
				return err
			}
		case strings.Contains(g.key, "*"):
			return malformed("the parameter %.40q, which parsers read in different ways", g.key)
		}
	}
	if extended != "" {
		p.filename, p.isFile = extended, true // RFC 6266, section 4.3
	}
	switch {
	case !named || p.name == "":
		return malformed("a part has no name")
	case len(p.name) > mostName:
		return malformed("the name of a part has more than %d bytes", mostName)
	case len(p.filename) > mostFilename:
		return malformed("the name of a file has more than %d bytes", mostFilename)
	case strings.Contains(p.name, `\`):
		return malformed("a backslash in the name of a part, which parsers read in different ways")
	}
	return nil
}

// malformed is the refusal of a body that can be read in more than one way, or in none.
func malformed(format string, args ...any) error {
	return malformedBody(fmt.Errorf(format, args...))
}

var errQuotes = errors.New("a parameter whose quotes do not match")
