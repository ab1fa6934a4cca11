package validate

import (
	"hash/maphash"
	"io"
)

// ScanJSON returns what is wrong with a text, "" for nothing, read from memory or from src.
func ScanJSON(data []byte, src io.Reader, depth, keys, values, name, number int) string {
	s := &scanner{}
	s.reset(&caps{depth: depth, keys: keys, values: values, name: name, number: number}, maphash.MakeSeed(), data, src)
	return [...]string{fine: "", malformed: "malformed", notUTF8: "utf8", loneSurrogate: "surrogate",
		tooDeep: "depth", tooManyKeys: "keys", tooManyValues: "values", keyTooLong: "name", numberTooLong: "number",
		numberTooLarge: "infinite", duplicateKey: "duplicate", unreadable: "unreadable"}[s.scan(nil)]
}

// Decode is how a form is decoded.
func Decode(s string) string { return decode(s) }
