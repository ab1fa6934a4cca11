package inputs_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/wholebody"
	"github.com/fumehood/fumehood/test/python"
)

// question is one request for testdata/oracle.py.
type question struct {
	Path   []byte `json:"path"`
	Query  []byte `json:"query"`
	Cookie []byte `json:"cookie"`
	Header []byte `json:"header"`
	Type   []byte `json:"type"`
	Body   []byte `json:"body"`
}

// said is what Werkzeug reads; nil where it gives up.
type said struct {
	Path   []string    `json:"path"`
	Header []string    `json:"header"`
	JSON   []string    `json:"json"`
	Query  [][2]string `json:"query"`
	Cookie [][2]string `json:"cookie"`
	Form   [][2]string `json:"form"`
	File   [][2]string `json:"file"`
}

func newOracle(t testing.TB) *python.Oracle { return python.NewOracle(t, "testdata/oracle.py") }

func ask(t testing.TB, o *python.Oracle, q question) (s said) {
	t.Helper()
	if err := json.Unmarshal([]byte(o.Ask(t, q)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// request is q as it gets to a guard.
func (q question) request() *http.Request {
	r := &http.Request{Method: "POST", Host: "a.example", Header: http.Header{},
		URL: &url.URL{Path: string(q.Path), RawQuery: string(q.Query)}}
	if q.Cookie != nil {
		r.Header["Cookie"] = []string{string(q.Cookie)}
	}
	if q.Header != nil {
		r.Header["X-Name"] = []string{string(q.Header)}
	}
	if q.Type != nil {
		r.Header["Content-Type"] = []string{string(q.Type)}
	}
	if q.Body != nil {
		r.Body, r.ContentLength = wholebody.InMemory(q.Body, nil), int64(len(q.Body))
	}
	return r
}

// of returns the values of a place.
func of(set inputs.Set, place string) (found []fumehood.Input) {
	for _, in := range set.All {
		if in.Place == place {
			found = append(found, in)
		}
	}
	return found
}

func has(set inputs.Set, place, name, value string) bool {
	return slices.ContainsFunc(of(set, place), func(in fumehood.Input) bool {
		return in.Name == name && (in.Value == value || slices.Contains(inputs.Decoded(in.Value), value))
	})
}

func hasValue(set inputs.Set, place, value string) bool {
	return slices.ContainsFunc(of(set, place), func(in fumehood.Input) bool { return in.Value == value })
}

// compare asks whether every value that Werkzeug reads is there.
func compare(t *testing.T, o *python.Oracle, q question) {
	t.Helper()
	want, set := ask(t, o, q), inputs.Read(q.request(), inputs.Limits{})
	if set.Unseen {
		return // it says that it does not know all
	}
	missing := func(place, name, value string) {
		t.Errorf("%q %s: %s %q = %q is missing in %.2000q", q.Body, q.Type, place, name, value, set.All)
	}
	for _, v := range want.Query {
		if !has(set, fumehood.InQuery, v[0], v[1]) {
			missing("query", v[0], v[1])
		}
	}
	for _, v := range want.Form {
		if !has(set, fumehood.InForm, v[0], v[1]) && !(bytes.IndexByte([]byte("{[\""), first(q.Body)) >= 0 && (v[1] == "" || hasValue(set, fumehood.InForm, v[1]))) {
			missing("form", v[0], v[1])
		}
	}
	for _, v := range want.File {
		if !has(set, fumehood.InFileName, v[0], v[1]) {
			missing("file", v[0], v[1])
		}
	}
	for _, v := range want.Cookie {
		if inputs.Risky(v[1]) && !has(set, fumehood.InCookie, v[0], v[1]) {
			missing("cookie", v[0], v[1])
		}
	}
	for _, v := range want.JSON {
		if inputs.Risky(v) && !hasValue(set, fumehood.InJSON, v) && !strings.Contains(v, "\uFFFD") && !strings.ContainsRune(v, 0) && kind(q) == "json" {
			missing("json", "", v)
		}
	}
	for _, v := range want.Path {
		if v = "/" + strings.TrimLeft(v, "/"); inputs.Risky(strings.Trim(v, "/")) && strings.ContainsAny(v, " '\"<%;") && !hasValue(set, fumehood.InPath, v) {
			missing("path", "", v)
		}
	}
	for _, v := range want.Header {
		if strings.ContainsAny(v, " '\"<%;") && inputs.Risky(v) && !hasValue(set, fumehood.InHeader, v) {
			missing("header", "", v)
		}
	}
}

func kind(q question) string {
	if bytes.Contains(q.Type, []byte("json")) {
		return "json"
	}
	return "other"
}

func first(b []byte) byte {
	if b = bytes.TrimLeft(b, " \t\r\n"); len(b) > 0 {
		return b[0]
	}
	return 0
}

// pieces are what random requests are made of.
var pieces = []string{"a", "name", "=", "&", "&", "=", ";", "+", " ", "%", "%2", "%27", "%C3%A9", "%C3", "%ff", "%e2%82", "é", "\xc3", "\xff",
	"\x00", "'", "\"", "\\", "\\\"", "\\\\", "\\303\\251", "\\074", "<b>", "{", "}", "[", "]", ",", ":", "1", "\t", "\u2028", "..", "/", "%2f", "%00", "%u0027"}

func random(r *rand.Rand, from []string, most int) []byte {
	var b []byte
	for range r.IntN(most) {
		b = append(b, from[r.IntN(len(from))]...)
	}
	return b
}

func TestReadsAsWerkzeugDoes(t *testing.T) {
	t.Parallel()
	o, r := newOracle(t), rand.New(rand.NewPCG(5, 1))
	parts := []string{"--b\r\n", "--b\r\n", "\r\n--b\r\n", "\r\n--b--", "\r\n--b--\r\n", "--b", "\n--b\n", "\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "x", "'", "--bx",
		"Content-Disposition: form-data; name=a", "\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", "; filename=\"../x\"",
		"Content-Disposition: form-data; name=\"a%22b\\\"c\"; filename*=utf-8''%27x", "; filename*0=a; filename*1*=%27", "; name=b", "\r\nContent-Type: text/plain; charset=iso-8859-1", "\xe9", "é", "\r\n "}
	texts := []string{"{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "\"' or 1\"", "\"\\u0027x\"", "\"\\ud83d\\ude00 x\"", "\\u00e9", "1", "-1.5e3", "true", "null", "NaN", " ", "\n", "\"é <\"", "{\"a\":{\"b c\":[\"x'\",{}]}}"}
	cookies := append([]string{"c=\"", "\";", "\"; d=\"", "\\047", "\\'"}, pieces...)
	for range 3000 {
		q := question{Path: append([]byte("/"), random(r, pieces, 8)...), Query: bytes.ToValidUTF8(random(r, pieces, 14), nil), Cookie: random(r, cookies, 14), Header: random(r, pieces, 5),
			Type: []byte("application/x-www-form-urlencoded"), Body: bytes.ToValidUTF8(random(r, pieces, 14), nil)}
		if len(q.Header) == 0 || strings.Trim(string(q.Header), " \t") != string(q.Header) {
			q.Header = nil
		}
		compare(t, o, q)
		compare(t, o, question{Path: []byte("/"), Type: []byte("multipart/form-data; boundary=b"), Body: random(r, parts, 14)})
		compare(t, o, question{Path: []byte("/"), Type: []byte("application/json"), Body: random(r, texts, 12)})
		if t.Failed() {
			return
		}
	}
}

// TestJSONInOtherEncodings: Python's json.loads takes UTF-16 and UTF-32 without being told.
func TestJSONInOtherEncodings(t *testing.T) {
	t.Parallel()
	o := newOracle(t)
	text := `{"name":"' or 1=1 --","é":"😀 <b>"}`
	for _, body := range [][]byte{
		[]byte(text), []byte("\ufeff" + text), wide(text, 2, true, false), wide(text, 2, false, false), wide(text, 2, true, true),
		wide(text, 2, false, true), wide(text, 4, true, false), wide(text, 4, false, false), wide(text, 4, true, true), wide(text, 4, false, true),
	} {
		q := question{Path: []byte("/"), Type: []byte("application/json"), Body: body}
		if got := ask(t, o, q); len(got.JSON) != 4 {
			t.Fatalf("Python reads %q as %q", body, got.JSON)
		}
		compare(t, o, q)
		if set := inputs.Read(q.request(), inputs.Limits{}); !hasValue(set, fumehood.InJSON, "' or 1=1 --") || !hasValue(set, fumehood.InJSON, "😀 <b>") {
			t.Errorf("%q: %q", body, set.All)
		}
	}
}

func wide(s string, width int, big, mark bool) (b []byte) {
	if mark {
		s = "\ufeff" + s
	}
	put := func(n uint32) {
		for i := range width {
			shift := 8 * i
			if big {
				shift = 8 * (width - 1 - i)
			}
			b = append(b, byte(n>>shift))
		}
	}
	for _, r := range s {
		if width == 4 {
			put(uint32(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			put(uint32(unit))
		}
	}
	return b
}
