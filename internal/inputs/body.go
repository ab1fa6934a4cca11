package inputs

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
)

// body takes the values of a body. What it is depends on what it says, as in Flask, and on how
// it begins: apps read JSON whatever it is called (get_json(force=True)), and programs call
// anything a form (curl -d).
func (c *collector) body(r *http.Request) {
	label := ""
	if types := r.Header["Content-Type"]; len(types) > 0 {
		label = types[0]
	}
	media, parameters := options(label)
	media = strings.ToLower(media)
	src := c.source(r, media)
	if src == nil {
		return
	}
	if inner := c.unpacked(r, src); inner != nil {
		src = inner
	}
	if strings.HasPrefix(media, "multipart/") {
		if src.size > c.limits.MaxFiles {
			c.unseen("the form is too long")
			return
		}
		if media != "multipart/form-data" {
			c.unreadable("the body is of several parts that are no form")
		}
		c.multipart(src, parameters)
		return
	}
	c.text(src, media)
}

// source is the body of r as far as it has arrived, nil where that is not known.
func (c *collector) source(r *http.Request, media string) *source {
	if body, ok := whole(r); ok {
		if file := body.File(); file != nil {
			return &source{file: file, size: body.Size()}
		}
		mem := body.Bytes()
		return &source{mem: mem, size: int64(len(mem))}
	}
	if body, ok := r.Body.(Beginning); ok {
		mem := body.Beginning()
		return &source{mem: mem, size: int64(len(mem)), more: true}
	}
	if !isMedia(media) {
		c.unseen("the body was still on its way")
	}
	return nil
}

// text takes the values of a body that is no form with files.
func (c *collector) text(src *source, media string) {
	start := src.peek(src.blank(int64(c.limits.MaxBody)), 512)
	kind := kindOf(string(start), media)
	wide := kind == binary && !isMedia(media) && isWide(string(start))
	if wide {
		kind = kindOf(inUTF8(string(start[:len(start)&^3])), media)
	}
	if kind == binary {
		if len(bytes.TrimLeft(start, " \t\r\n")) == 0 && (src.size > int64(c.limits.MaxBody) || src.more) {
			c.capped("max_body", "the body is too long")
		}
		if isPickle(start) {
			c.add(fumehood.InForm, RawBody, latin1(string(start)))
		} else if src.size <= mostOfFile && isText(string(start)) {
			c.File = c.add(fumehood.InForm, RawFile, lossy(src.text(0, src.size)))
		}
		return
	}
	if src.size > int64(c.limits.MaxBody) || src.more {
		c.Text = !c.Unseen && kind == plainText && media != "application/x-www-form-urlencoded"
		c.capped("max_body", "the body is too long")
	}
	text := src.text(0, min(src.size, int64(c.limits.MaxBody)))
	if wide {
		text = inUTF8(text)
	}
	if kind == jsonText {
		inner := inUTF8(text)
		isJSON := c.json(inner)
		switch {
		case c.full:
		case media == "application/x-www-form-urlencoded" && isJSON && inner == text:
			c.formAfterJSON(text)
		case media == "application/x-www-form-urlencoded":
			c.form(fumehood.InForm, text)
		case !isJSON && !c.Unseen: // some other language that begins alike
			c.add(fumehood.InForm, RawBody, lossy(text))
		}
		return
	}
	switch {
	case media == "application/x-www-form-urlencoded":
		c.form(fumehood.InForm, text)
	case kind == xmlText:
		c.xml(lossy(text))
	default:
		c.add(fumehood.InForm, RawBody, lossy(text))
	}
}

// mostOfFile is how long a text that is labelled as a file may be to be a value (bytes).
const mostOfFile = 64 << 10

// isWide says whether the beginning of a body is text in UTF-16 or UTF-32, which readers of XML
// take without being told.
func isWide(start string) bool {
	text := inUTF8(start[:len(start)&^3])
	if text == "" || len(text) == len(start)&^3 {
		return false
	}
	plain := 0
	for _, r := range text {
		if r < utf8.RuneSelf && printable(byte(r)) {
			plain++
		}
	}
	return plain*10 >= utf8.RuneCountInString(text)*9
}

// blank returns how many bytes of white space the body begins with, up to most.
func (s *source) blank(most int64) int64 {
	at := int64(0)
	for at < min(s.size, most) {
		piece := s.peek(at, windowSize)
		rest := bytes.TrimLeft(piece, " \t\r\n")
		at += int64(len(piece) - len(rest))
		if len(rest) > 0 || len(piece) == 0 {
			break
		}
	}
	return at
}

// kind is what a body is.
type kind uint8

const (
	plainText kind = iota
	jsonText
	xmlText
	binary // or nothing that is text
)

// kindOf looks at how a body begins.
func kindOf(start, media string) kind {
	first := start
	for first != "" && (first[0] <= ' ' && strings.IndexByte("\x00 \t\r\n", first[0]) >= 0 || first[0] >= 0xEF && strings.IndexByte("\xef\xfe\xff", first[0]) >= 0 ||
		first[0] == 0xBB || first[0] == 0xBF) { // with marks of the byte order
		first = first[1:]
	}
	switch {
	case first == "" && media == "application/x-www-form-urlencoded":
		return plainText
	case first == "":
		return binary
	case strings.IndexByte("{[\"", first[0]) >= 0 || media == "application/json" || strings.HasSuffix(media, "+json"):
		return jsonText
	case media == "application/x-www-form-urlencoded":
		return plainText
	case isMedia(media) || !isText(start):
		return binary
	case media == "application/xml" || media == "text/xml" || strings.HasSuffix(media, "+xml") && media != "image/svg+xml",
		strings.HasPrefix(first, "<?xml"), strings.HasPrefix(first, "<!DOCTYPE ") && !strings.HasPrefix(strings.ToLower(first), "<!doctype html"):
		return xmlText
	}
	return plainText
}

// Media says whether a Content-Type is that of a file, not of text.
func Media(label string) bool {
	media, _ := options(label)
	return isMedia(strings.ToLower(media))
}

// Begins says whether a body of that Content-Type begins like values that Read takes, whatever
// it is called: JSON, a pickle, or nothing yet that tells it from them.
func Begins(start []byte, label string) bool {
	media, _ := options(label)
	return kindOf(string(start), strings.ToLower(media)) != binary || isPickle(start) ||
		len(start) < 2 && bytes.HasPrefix([]byte{0x80}, start) || len(bytes.TrimLeft(start, " \t\r\n\x00\xef\xbb\xbf\xfe\xff")) == 0
}

// isMedia says whether a label is that of files, not of text.
func isMedia(media string) bool {
	kind, sub, _ := strings.Cut(media, "/")
	switch kind {
	case "image", "audio", "video", "font", "model":
		return true
	case "application":
		switch sub {
		case "octet-stream", "pdf", "zip", "gzip", "x-tar", "x-gzip", "x-7z-compressed", "wasm", "vnd.ms-excel", "msword":
			return true
		}
		return strings.HasPrefix(sub, "vnd.openxmlformats") || strings.HasPrefix(sub, "vnd.oasis") || strings.HasPrefix(sub, "grpc")
	}
	return false
}

// isText says whether the beginning of a body is text.
func isText(start string) bool {
	for cut := 0; cut < utf8.UTFMax && cut < len(start); cut++ { // the last character may be cut
		if utf8.ValidString(start[:len(start)-cut]) {
			return strings.IndexByte(start, 0) < 0
		}
	}
	return start == ""
}

// unpacked returns what is in a body that says that it is compressed and begins so: an app that
// looks at Content-Encoding, unlike Flask, reads that. It is nil where the body is to be read as
// it is.
func (c *collector) unpacked(r *http.Request, src *source) *source {
	encodings := r.Header["Content-Encoding"]
	if len(encodings) == 0 {
		return nil
	}
	encoding := strings.ToLower(strings.Trim(strings.Join(encodings, ","), " \t"))
	start := src.peek(0, 2)
	if encoding == "" || encoding == "identity" || len(start) < 2 {
		return nil
	}
	var packed io.Reader = bytes.NewReader(src.mem)
	if src.file != nil {
		packed = io.NewSectionReader(src.file, 0, src.size)
	}
	var inner io.Reader
	var err error
	switch {
	case (encoding == "gzip" || encoding == "x-gzip") && start[0] == 0x1f && start[1] == 0x8b: // RFC 1952
		inner, err = gzip.NewReader(bufio.NewReader(packed))
	case encoding == "deflate" && start[0]&15 == 8 && (int(start[0])<<8|int(start[1]))%31 == 0: // RFC 1950
		inner, err = zlib.NewReader(bufio.NewReader(packed))
	default:
		if !isText(string(src.peek(0, 512))) {
			c.unreadable("the body is in an encoding that cannot be read here")
		}
		return nil
	}
	if err != nil {
		c.unreadable("the compressed body is damaged")
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(inner, int64(c.limits.MaxBody)+1))
	if err != nil {
		c.unreadable("the compressed body is damaged")
	}
	return &source{mem: text, size: int64(len(text))}
}
