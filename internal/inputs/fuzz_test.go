package inputs_test

import (
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/inputs"
)

// FuzzRead: whatever comes, it ends, gives text, and the same again.
func FuzzRead(f *testing.F) {
	for _, kind := range []string{"application/json", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "text/xml", "text/plain", ""} {
		f.Add("a=%27&b", `a="x\073"; b`, kind, []byte(`{"a":["\u0027",1e9,{"b":null}]}`))
		f.Add("", "", kind, []byte("--b\r\nContent-Disposition: form-data; name=\"a\"; filename*0*=utf-8''%27; filename*1=x\r\n\r\nx\r\n--b--"))
		f.Add("%", "=;", kind, []byte("<?xml?><!DOCTYPE a [<!ENTITY b 'c'>]><a b='c'>&b;<![CDATA[d]]></a><!--"))
	}
	f.Fuzz(func(t *testing.T, query, cookie, kind string, body []byte) {
		q := question{Path: []byte("/" + query), Query: []byte(query), Cookie: []byte(cookie), Header: []byte(cookie), Type: []byte(kind), Body: body}
		set := inputs.Read(q.request(), inputs.Limits{})
		for _, in := range set.All {
			if !utf8.ValidString(in.Value) {
				t.Errorf("%s %q: %q is no text", in.Place, in.Name, in.Value)
			}
		}
		if again := inputs.Read(q.request(), inputs.Limits{}); len(again.All) != len(set.All) || again.Unseen != set.Unseen {
			t.Error("it reads something else the next time")
		}
		inputs.Decode(set.All)
		picked, _ := inputs.Pick(set.All)
		for _, in := range picked {
			if !inputs.Risky(in.Value) && len(in.Value) < 4000 {
				t.Errorf("%q was picked", in.Value)
			}
		}
	})
}

// FuzzDecoded: the forms are few, differ from the value, and undo what the standard library does.
func FuzzDecoded(f *testing.F) {
	for _, s := range []string{"%27", "%2527", "&lt;", `\u0027`, "JyBvciAxPTEgLS0=", "%u0027", "%c0%ae", "＜", "\x00", "27206f7220313d31", "%", `\`, "&", `\u{110000}`, "%%32%37"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range inputs.Decoded(s) {
			if form == s || form == "" || len(form) > 20*len(s)+20 {
				t.Errorf("%q gives %q", s, form)
			}
		}
		if n := len(inputs.Decoded(s)); n > 8 {
			t.Errorf("%q gives %d forms", s, n)
		}
		inputs.Risky(s)
		inputs.Opaque(s)
		if utf8.ValidString(s) && len(s) > 1 && inputs.Risky(s) {
			if coded := url.PathEscape(s); coded != s {
				found := false
				for _, form := range inputs.Decoded(coded) {
					found = found || form == s
				}
				if !found {
					t.Errorf("%q is not found in %q", s, coded)
				}
			}
		}
	})
}
