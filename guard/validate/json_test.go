package validate_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/test/python"
)

func scan(text string) string {
	return validate.ScanJSON([]byte(text), nil, 64, 10_000, 500_000, 1024, 100)
}

// The texts are those of RFC 8259's grammar; the words in the first column are ours.
func TestJSON(t *testing.T) {
	t.Parallel()
	for want, texts := range map[string][]string{
		"": {
			"{}", "[]", " [ ] ", "\t\r\n{\n}\n", `""`, `"\u0041\n\/\\\"\b\f\r\t"`, `"\ud83d\ude00"`, `"😀"`, "0", "-0", "1.5e-10", "1E+2", "1e308",
			"true", "false", "null", `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`, `[[],{},"",0,null]`, strings.Repeat("[", 64) + strings.Repeat("]", 64),
			strings.Repeat("9", 100), "1e-999", `{"":1}`, "\"\x7f\"", `"\u0000"`, `{"a":1,"A":2}`, "1.7976931348623157e308", "0e999", "\"\u2028\"", "\xef\xbb\xbf{}",
		},
		"malformed": {
			"", " ", "{", "[", `"`, `"a`, "[1", "[1,", "[1,]", "[,]", `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{'a':1}`, "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000",
			"NaN", "Infinity", "-Infinity", "nan", "tru", "True", "nul", "nulll", "1 2", "{}{}", "[] x", "\"\n\"", "\"\x00\"", `"\x41"`, `"\u12"`, `"\u12G4"`, `"\`,
			"// c\n1", "/* */1", "[1;2]", "\x00[\x001\x00]", "\xff\xfe[", "\u00a01", "--1", "1-1", "1.2.3", "1e5.5", "]", "}", ",", ":", "\xef\xbb\xbf", "\xef\xbb\xbf\xef\xbb\xbf1", " \xef\xbb\xbf1", "[}", "{]", `{"a":1]`,
		},
		"utf8":      {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "{\"\xc3\x28\":1}"},
		"surrogate": {`"\ud800"`, `"\udc00"`, `"\ud800\u0041"`, `"\ud800\ud800"`, `"\ud83dx"`, `{"\udfff":1}`, `"\ude00\ud83d"`},
		"depth":     {strings.Repeat("[", 65) + strings.Repeat("]", 65), strings.Repeat(`{"a":`, 65) + "1", strings.Repeat("[", 100_000)},
		"infinite":  {"1e309", "-1e309", "1e400", "[1.0e999]", "1.7976931348623159e308", "17976931348623157e300"},
		"number":    {strings.Repeat("9", 101), "0." + strings.Repeat("0", 200), "1e" + strings.Repeat("0", 200)},
		"duplicate": {`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `[{"b":{"x":1,"y":2,"x":3}}]`, `{"":1,"":2}`, `{"é":1,"\u00e9":2}`, twins(5000)},
		"name":      {`{"` + strings.Repeat("a", 1025) + `":1}`},
		"keys":      {manyKeys(10_001)},
		"values":    {"[" + strings.Repeat("0,", 500_000) + "0]", "[" + strings.Repeat("[],", 500_000) + "[]]"},
	} {
		for _, text := range texts {
			if got := scan(text); got != want {
				t.Errorf("%.60q is %q, want %q", text, got, want)
			}
			for name, src := range map[string]io.Reader{"a file": strings.NewReader(text), "bytes": iotest.OneByteReader(strings.NewReader(text))} {
				if len(text) > 100_000 && name == "bytes" {
					continue
				}
				if got := validate.ScanJSON(nil, src, 64, 10_000, 500_000, 1024, 100); got != want {
					t.Errorf("%.60q from %s is %q, want %q", text, name, got, want)
				}
			}
		}
	}
	if got := validate.ScanJSON(nil, iotest.ErrReader(io.ErrUnexpectedEOF), 64, 10, 10, 10, 10); got != "unreadable" {
		t.Errorf("a broken body is %q", got)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "-" + string(rune(0x4e00+i)) + `":1`)
	}
	return "{" + b.String()[1:] + "}"
}

func twins(n int) string {
	return strings.TrimSuffix(manyKeys(n), "}") + `,"kxxxxy-` + string(rune(0x4e00+24+26*7)) + `":1, "ka-一": 2}`
}

// randomJSON is JSON of a small depth.
func randomJSON(r *rand.Rand, depth int) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	key := func() string {
		return pick(`"a"`, `"b"`, `"c"`, `"\u0061"`, `"é"`, `""`, `"a b"`, `"\ud83d\ude00"`, `"😀"`)
	}
	switch n := r.IntN(8); {
	case n < 2 && depth > 0:
		var items []string
		for range r.IntN(4) {
			items = append(items, pick("", " ")+randomJSON(r, depth-1))
		}
		return "[" + strings.Join(items, ",") + pick("", " ") + "]"
	case n < 5 && depth > 0:
		var items []string
		for range r.IntN(4) {
			items = append(items, key()+pick(":", " : ")+randomJSON(r, depth-1))
		}
		return "{" + strings.Join(items, ",") + "}"
	case n == 5:
		return key()
	}
	return pick("0", "-1", "1.5", "1e3", "2E-2", "1e400", "true", "false", "null", "NaN", `"x"`, `"\n"`, "12345678901234567890", "0.0")
}

// mutated is text with a few bytes changed.
func mutated(r *rand.Rand, text string) string {
	b := []byte(text)
	for range r.IntN(3) {
		if len(b) == 0 {
			break
		}
		at := r.IntN(len(b))
		switch r.IntN(3) {
		case 0:
			b[at] = []byte("{}[]\",:\\u0eE+-. \x00\x1f\xff\xc3")[r.IntN(20)]
		case 1:
			b = append(b[:at], b[at+1:]...)
		default:
			b = append(b[:at], append([]byte{b[r.IntN(len(b))]}, b[at:]...)...)
		}
	}
	return string(b)
}

// TestJSONAsPython compares with Python's own json, told to refuse what RFC 8259 does.
func TestJSONAsPython(t *testing.T) {
	t.Parallel()
	oracle := python.NewOracle(t, "testdata/jsonoracle.py")
	r := rand.New(rand.NewPCG(1, 2))
	words := map[string]int{}
	for range 4000 {
		text := mutated(r, randomJSON(r, 4))
		numbers := []int{}
		for _, c := range []byte(text) {
			numbers = append(numbers, int(c))
		}
		want, got := oracle.Ask(t, numbers), scan(text)
		words[want]++
		if (want == "") != (got == "") {
			t.Errorf("%q: %q, Python says %q", text, got, want)
		}
	}
	for _, word := range []string{"", "malformed", "duplicate", "infinite", "constant", "surrogate"} {
		if words[word] == 0 {
			t.Errorf("no text was %q: %v", word, words)
		}
	}
}

// FuzzJSON compares with encoding/json, which takes more: the differences are those that the
// package comment names.
func FuzzJSON(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add([]byte(mutated(r, randomJSON(r, 4))))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := validate.ScanJSON(text, nil, 64, 10_000, 500_000, 1024, 100)
		if again := validate.ScanJSON(nil, iotest.HalfReader(bytes.NewReader(text)), 64, 10_000, 500_000, 1024, 100); again != got {
			t.Fatalf("%q is %q in memory and %q in a file", text, got, again)
		}
		valid := json.Valid(text)
		switch got {
		case "":
			if !valid {
				t.Fatalf("%q is no JSON and was taken", text)
			}
		case "malformed":
			if valid {
				t.Fatalf("%q is JSON and was refused", text)
			}
		case "infinite":
			var v any
			if valid && json.Unmarshal(text, &v) == nil {
				t.Fatalf("%q was refused for an infinite number", text)
			}
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	text := []byte(`{"name":"Zoë Müller","tags":["a","b","c"],"address":{"street":"Main St 1","zip":"12345"},"items":[` +
		strings.Repeat(`{"id":12345,"price":9.99,"title":"A thing that somebody sells","ok":true},`, 200) + `{}]}`)
	h := newGuard(b, validate.Config{}, validate.Site{}).Handler(nothing)
	r := posted("/x", "application/json", string(text))
	body := whole{text}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r.Body = body
		h.ServeHTTP(nil, r)
	}
}
