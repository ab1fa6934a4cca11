package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// level is an object or a list that is open.
type level struct {
	key    string // under which it stands
	again  bool   // it is an entry of a list, which has said the key
	list   bool
	next   string // the key that waits for its value, of an object
	nextAt int
	has    bool   // whether one waits
	name   string // of {"name": ..., "value": ...}
	nameAt int
}

// json reads keys and values of objects. What stands before an error counts.
func (f *File) json() {
	source := plainJSON(f.Source)
	d := json.NewDecoder(strings.NewReader(source))
	d.UseNumber()
	var open []level
	for {
		from := skipBetween(source, int(d.InputOffset()))
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return
		}
		if err != nil {
			at := Span{Start: int32(min(from, len(f.Source))), End: int32(min(from, len(f.Source)))}
			why := strings.TrimPrefix(err.Error(), "json: ")
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				why = "it ends too early"
			}
			f.fail(at, "it is no JSON from here on: "+why)
			return
		}
		open = f.token(open, token, from, int(d.InputOffset()))
	}
}

// plainJSON puts spaces in the place of comments and of a comma before the end, which many
// readers of settings let pass.
func plainJSON(text string) string {
	var out []byte
	blank := func(from, to int) {
		if out == nil {
			out = []byte(text)
		}
		for i := from; i < to; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	comma := -1 // one that nothing follows yet
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			comma = -1
			for i++; i < len(text) && text[i] != '"' && text[i] != '\n'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == '/' && i+1 < len(text) && (text[i+1] == '/' || text[i+1] == '*'):
			from, end := i, "\n"
			if text[i+1] == '*' {
				end = "*/"
			}
			n := strings.Index(text[i+2:], end)
			if n < 0 {
				n = len(text) - i - 2 - len(end)
			}
			i = max(i+1, i+2+n+len(end)-1)
			blank(from, min(i+1, len(text)))
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			blank(comma, comma+1)
			comma = -1
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			comma = -1
		}
	}
	if out == nil {
		return text
	}
	return string(out)
}

// token takes one token in that stands from one byte to another.
func (f *File) token(open []level, token json.Token, from, to int) []level {
	var in *level
	if len(open) > 0 {
		in = &open[len(open)-1]
	}
	if d, ok := token.(json.Delim); ok {
		if d == '}' || d == ']' {
			return open[:len(open)-1]
		}
		next := level{list: d == '['}
		if in != nil {
			next.key, in.has = in.next, false
			if in.list {
				next.key, next.again = in.key, true
			}
		}
		return append(open, next)
	}
	if in == nil {
		return open
	}
	if !in.list && !in.has {
		in.next, in.nextAt, in.has = token.(string), from, true
		return open
	}
	f.jsonValue(open, in, token, from, to)
	in.has = false
	return open
}

func (f *File) jsonValue(open []level, in *level, token json.Token, from, to int) {
	s := Setting{Span: Span{Start: int32(from), End: int32(to)}, Section: sectionOf(open), Key: in.key}
	if token != nil {
		s.Value = fmt.Sprint(token)
	}
	if !in.list {
		s.Start, s.Key = int32(in.nextAt), in.next
		switch strings.ToLower(in.next) {
		case "name":
			in.name, in.nameAt = s.Value, in.nextAt
		case "value":
			if in.name != "" {
				s.Key, s.Env, s.Start = in.name, true, int32(in.nameAt)
			} else if n := len(open); n >= 2 && open[n-2].key == "env" {
				s.Key, s.Env = in.key, true // {"env": {"NAME": {"value": ...}}}
			}
		}
	}
	s.Env = s.Env || envName(s.Key)
	if len(f.Settings) < mostSettings {
		f.add(s)
	}
}

func sectionOf(open []level) string {
	var parts []string
	if open[len(open)-1].list {
		open = open[:len(open)-1]
	}
	for _, l := range open[max(0, len(open)-deepest):] {
		if l.key != "" && !l.again {
			parts = append(parts, l.key)
		}
	}
	return strings.Join(parts, ".")
}

// skipBetween is where the next token starts.
func skipBetween(text string, at int) int {
	for at < len(text) && strings.IndexByte(" \t\r\n,:", text[at]) >= 0 {
		at++
	}
	return at
}
