package inputs

import (
	"bytes"
	"io"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// What a part of a multipart form may have (bytes).
const (
	mostHead     = 16 << 10
	windowSize   = 64 << 10
	longBoundary = 1 << 10
)

// source is a body in memory or in a file.
type source struct {
	mem  []byte      // nil: it is in the file
	file io.ReaderAt // nil: it is in memory
	size int64
	more bool // what follows is still on its way

	room []byte
	have []byte // what of the file is in room
	at   int64  // where that begins
	err  error
}

// peek returns up to n bytes at off, n being windowSize at most. They are valid until the next
// call.
func (s *source) peek(off int64, n int) []byte {
	if off >= s.size || s.err != nil {
		return nil
	}
	n = int(min(int64(n), s.size-off))
	if s.file == nil {
		return s.mem[off : off+int64(n)]
	}
	if off < s.at || off+int64(n) > s.at+int64(len(s.have)) {
		if s.room == nil {
			s.room = make([]byte, windowSize)
		}
		want := s.room[:min(windowSize, s.size-off)]
		got, err := s.file.ReadAt(want, off)
		if got < len(want) {
			s.err, s.have = err, nil
			return nil
		}
		s.have, s.at = want, off
	}
	return s.have[off-s.at:][:n]
}

// index returns where needle is first found at or after from, -1 if it is nowhere.
func (s *source) index(needle []byte, from int64) int64 {
	if s.file == nil {
		if i := bytes.Index(s.mem[min(from, s.size):], needle); i >= 0 {
			return from + int64(i)
		}
		return -1
	}
	for s.size-from >= int64(len(needle)) {
		piece := s.peek(from, windowSize)
		if i := bytes.Index(piece, needle); i >= 0 {
			return from + int64(i)
		}
		if len(piece) < len(needle) {
			return -1
		}
		from += int64(len(piece) - len(needle) + 1)
	}
	return -1
}

// multipart reads a form with files as Werkzeug does, which is lenient: lone line feeds, blanks
// behind a boundary and anything before the first one are fine. guard/upload lets only the one
// form through that everybody reads alike.
func (c *collector) multipart(s *source, parameters []option) bool {
	values := optionOf(parameters, "boundary")
	if len(values) == 0 || values[0] == "" || len(values[0]) > longBoundary {
		return c.unreadable("the form has no boundary")
	}
	delimiter := []byte("--" + values[0])
	at, last, ok := s.boundary(delimiter, 0, true)
	fields := 0
	for ok && !last {
		head, from := s.head(at.after)
		if head == "" {
			return c.unreadable("the head of a part does not end")
		}
		from += int64(lineBreak(s.peek(from, 2)))
		at, last, ok = s.boundary(delimiter, from, false)
		if !ok {
			at.before = s.size // Werkzeug drops the whole form; others do not
		}
		size, good := c.part(s, head, from, at.before)
		if fields += size; !good || fields > c.limits.MaxBody {
			return c.capped("max_body", "the fields of the form are too long")
		}
	}
	if s.err != nil || !ok {
		return c.unreadable("the form does not end")
	}
	return true
}

// place is where a boundary is.
type place struct{ before, after int64 }

// boundary finds the next line that is a boundary, at or after from. The first one may stand
// anywhere in its line.
func (s *source) boundary(delimiter []byte, from int64, first bool) (at place, last, ok bool) {
	for search := from; ; {
		found := s.index(delimiter, search)
		if found < 0 {
			return place{}, false, false
		}
		search = found + 1
		before := found
		if found > from {
			back := min(found-from, 2)
			ends := s.peek(found-back, int(back))
			switch {
			case bytes.HasSuffix(ends, []byte("\r\n")):
				before -= 2
			case len(ends) > 0 && (ends[len(ends)-1] == '\n' || ends[len(ends)-1] == '\r'):
				before--
			case !first:
				continue
			}
		} else if !first {
			before = found // an empty part: its line end is that of the head
		}
		after := found + int64(len(delimiter))
		rest := s.peek(after, 256)
		if bytes.HasPrefix(rest, []byte("--")) {
			return place{before, after + 2}, true, true
		}
		blank := len(rest) - len(bytes.TrimLeft(rest, " \t\v\f"))
		if n := lineBreak(rest[blank:]); n > 0 {
			return place{before, after + int64(blank+n)}, false, true
		}
	}
}

// lineBreak returns the length of the line end that b begins with.
func lineBreak(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return 2
	case len(b) > 0 && (b[0] == '\n' || b[0] == '\r'):
		return 1
	}
	return 0
}

// head returns the head of a part, "" where it does not end, and where its last line end is.
func (s *source) head(from int64) (string, int64) {
	b := s.peek(from, mostHead)
	end, half := -1, 0
	for _, blank := range [...]string{"\r\n\r\n", "\r\r", "\n\n"} {
		if i := bytes.Index(b, []byte(blank)); i >= 0 && (end < 0 || i < end) {
			end, half = i, len(blank)/2
		}
	}
	if end < 0 {
		return "", 0
	}
	return string(b[:end]) + "\n", from + int64(end+half)
}

// part takes a field, or the name of a file. It returns the size of a field.
func (c *collector) part(s *source, head string, from, to int64) (size int, ok bool) {
	disposition, media := "", ""
	head = strings.ReplaceAll(strings.ReplaceAll(head, "\r\n", "\n"), "\r", "\n")
	head = strings.ReplaceAll(strings.ReplaceAll(head, "\n ", " "), "\n\t", " ")
	for line := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(strings.Trim(line, " \t"), ":")
		switch value = lossy(strings.Trim(value, " \t")); strings.ToLower(strings.Trim(name, " \t")) {
		case "content-disposition":
			if disposition == "" {
				disposition = value
			}
		case "content-type":
			if media == "" {
				media = value
			}
		}
	}
	_, parameters := options(disposition)
	names := optionOf(parameters, "name")
	name := ""
	if len(names) > 0 {
		name = names[0]
	}
	if files := optionOf(parameters, "filename"); files != nil {
		for _, file := range files {
			if !c.named(fumehood.InFileName, name, file) {
				return 0, false
			}
		}
		return 0, true
	}
	if to-from > int64(c.limits.MaxBody) {
		return 0, false
	}
	return int(to - from), c.named(fumehood.InForm, name, decodeField(s.text(from, to), media))
}

// decodeField returns a field as text: in UTF-8 unless its part says ASCII or latin-1.
func decodeField(value, media string) string {
	if ascii(value) {
		return value
	}
	_, parameters := options(media)
	if sets := optionOf(parameters, "charset"); len(sets) > 0 && strings.EqualFold(sets[0], "iso-8859-1") {
		return latin1(value)
	}
	return lossy(value)
}

// text returns a part of the body, as a copy.
func (s *source) text(from, to int64) string {
	if s.file == nil {
		return string(s.mem[from:to])
	}
	var b strings.Builder
	b.Grow(int(to - from))
	for from < to {
		piece := s.peek(from, int(min(to-from, windowSize)))
		if len(piece) == 0 {
			break
		}
		b.Write(piece)
		from += int64(len(piece))
	}
	return b.String()
}
