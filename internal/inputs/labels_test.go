package inputs_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/fumehood/fumehood/internal/inputs"
)

// TestTextsUnderOtherNames: what a body is called is up to who sends it.
func TestTextsUnderOtherNames(t *testing.T) {
	t.Parallel()
	wide := func(text string, mark bool) []byte {
		var b []byte
		if mark {
			b = []byte{0xFF, 0xFE}
		}
		for _, u := range utf16.Encode([]rune(text)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return b
	}
	const entity = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`
	for name, tt := range map[string]struct {
		kind string
		body []byte
		name string
		want string
	}{
		"a file":                    {"application/octet-stream", []byte("x' or 1=1"), inputs.RawFile, "x' or 1=1"},
		"a picture":                 {"image/png", []byte("x' or 1=1"), inputs.RawFile, "x' or 1=1"},
		"a real picture":            {"image/png", []byte("\x89PNG\r\n\x1a\n' or 1=1"), "", ""},
		"a long file":               {"application/octet-stream", bytes.Repeat([]byte("x' or 1=1"), 10_000), "", ""},
		"UTF-16":                    {"text/plain; charset=utf-16", wide("x' or 1=1 -- and more", true), inputs.RawBody, "x' or 1=1 -- and more"},
		"UTF-16 without a mark":     {"text/plain", wide("x' or 1=1 -- and more", false), inputs.RawBody, "x' or 1=1 -- and more"},
		"XML in UTF-16":             {"application/xml", wide(entity, true), inputs.RawBody, `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">`},
		"numbers that look like it": {"application/x-numbers", []byte("a\x00\x01\xd8b\x00\x03\x04c\x00\xff\xff\x01\x02\x03\x00"), "", ""},
	} {
		set := inputs.Read(request(tt.kind, tt.body), inputs.Limits{})
		got, field := "", ""
		for _, in := range set.All {
			if strings.Contains(in.Value, tt.want) && got == "" {
				got, field = in.Value, in.Name
			}
		}
		if !strings.Contains(got, tt.want) || field != tt.name || tt.want == "" && len(set.All) > 0 {
			t.Errorf("%s: %q, unseen: %v", name, set.All, set.Unseen)
		}
	}
}
