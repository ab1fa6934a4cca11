package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// mostDepth is the deepest JSON; Python gives up there, too.
const mostDepth = 1000

// level is an object or array that is open.
type level struct {
	object bool
	atKey  bool   // of an object: a key comes next
	name   string // the field that values in it belong to
	within string // the same, of the values of all its keys
}

// json reads JSON: the values of the fields at any depth, every one of those that come twice.
func (f *reading) json(body []byte) error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // as json.loads does
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var open []level
	for {
		token, err := decoder.Token()
		switch {
		case err == io.EOF && len(open) == 0:
			return nil
		case err != nil:
			return err
		}
		name := ""
		if len(open) > 0 {
			top := &open[len(open)-1]
			if key, isText := token.(string); isText && top.atKey {
				f.key(top, key)
				continue
			}
			name, top.atKey = top.name, top.object
		}
		mark, isMark := token.(json.Delim)
		switch {
		case !isMark:
			f.take(name, textOf(token))
		case mark == '}' || mark == ']':
			if open = open[:len(open)-1]; len(open) == 0 && len(bytes.TrimLeft(body[decoder.InputOffset():], " \t\r\n")) > 0 {
				return errors.New("text after the JSON")
			}
		case len(open) == mostDepth:
			return fmt.Errorf("more than %d levels", mostDepth)
		default:
			open = append(open, level{object: mark == '{', atKey: mark == '{', name: name, within: name})
		}
	}
}

// key takes a key. The value of one that is no field belongs to the field around it.
func (f *reading) key(top *level, key string) {
	top.name, top.atKey = top.within, false
	if f.wants(key) {
		top.name = key
	}
	f.attempt = f.attempt || slices.Contains(f.password, key)
}

// textOf is a value as text.
func textOf(token json.Token) string {
	switch token := token.(type) {
	case string:
		return token
	case json.Number:
		return token.String()
	case bool:
		return strconv.FormatBool(token)
	}
	return ""
}
