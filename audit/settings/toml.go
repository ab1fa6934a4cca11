package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// toml reads tables and keys. What stands before an error counts.
func (f *File) toml() {
	defer func() { // the library's own fault costs what is left of this file
		if r := recover(); r != nil {
			f.fail(Span{}, fmt.Sprintf("it cannot be read as TOML: %v", r))
		}
	}()
	var p unstable.Parser
	p.Reset([]byte(f.Source))
	table := ""
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = dotted(n.Key())
		case unstable.KeyValue:
			f.tomlPair(n, table, 0)
		}
	}
	if err := p.Error(); err != nil {
		at := Span{}
		var wrong *unstable.ParserError
		if errors.As(err, &wrong) && len(wrong.Highlight) > 0 {
			r := p.Range(wrong.Highlight)
			at = Span{Start: int32(r.Offset), End: int32(r.Offset + r.Length)}
		}
		f.fail(at, "it is no TOML from here on: "+strings.TrimPrefix(err.Error(), "toml: "))
	}
}

func (f *File) tomlPair(n *unstable.Node, section string, depth int) {
	key := dotted(n.Key())
	if dot := strings.LastIndexByte(key, '.'); dot >= 0 {
		section, key = join(section, key[:dot]), key[dot+1:]
	}
	f.tomlValue(n.Value(), Setting{
		Span:    Span{Start: int32(n.Raw.Offset), End: int32(n.Raw.Offset + n.Raw.Length)},
		Section: section, Key: key, Env: envName(key),
	}, depth)
}

func (f *File) tomlValue(v *unstable.Node, s Setting, depth int) {
	if depth > deepest || len(f.Settings) >= mostSettings {
		return
	}
	switch v.Kind {
	case unstable.InlineTable:
		for c := v.Children(); c.Next(); {
			f.tomlPair(c.Node(), join(s.Section, s.Key), depth+1)
		}
	case unstable.Array:
		for c := v.Children(); c.Next(); {
			item := s
			if r := c.Node().Raw; r.Length > 0 {
				item.Span = Span{Start: int32(r.Offset), End: int32(r.Offset + r.Length)}
			}
			f.tomlValue(c.Node(), item, depth+1)
		}
	default:
		s.Value = string(v.Data)
		s.End = s.Start + int32(len(strings.TrimRight(f.Source[s.Start:s.End], " \t\r\n")))
		f.add(s)
	}
}

func dotted(keys unstable.Iterator) string {
	var b strings.Builder
	for keys.Next() {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.Write(keys.Node().Data)
	}
	return b.String()
}
