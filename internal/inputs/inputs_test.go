package inputs_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/unnamed"
	"github.com/fumehood/fumehood/internal/wholebody"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestRisky(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", "a", "7", "lamp", "select", "cat", "user_name", "José", "北京", "42", "-1", "3.14", "0.5", "12.50", "1,2,3", "2024-01-31", "31.01.2024",
		"2024-01-31T10:00:00Z", "2024-01-31T10:00:00.123+01:00", "10:30", "550e8400-e29b-41d4-a716-446655440000", "my-first-post", "GA1.2.1201.1700000000",
		"information", "password1234", "deadbeefdeadbeef", "d41d8cd98f00b204e9800998ecf8427e", "01712345678", "16777215", "1700000000000",
		"eyJfcGVybWFuZW50Ijp0cnVlLCJ1c2VyX2lkIjoxfQ.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm5hIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
	} {
		if inputs.Risky(value) {
			t.Errorf("%q is risky", value)
		}
	}
	for _, value := range []string{
		"/", `\`, "'", `"`, "O'Brien", "a b", "--", "-rf", "a--b", "1-1", "1-true", "../x", "a.b", "a/b", "a;b", "$(id)", "x\n", "\x00\x00", "{{x}}", "a=b", "<b>", "a@b.c", "1e5'",
		"localhost", "LocalHost", "xlocalhostx", "2130706433", "16777216", "0x7f000001", "017700000001", "127.1", "127.0.0.1", "10.1", "169.254.169.254", "::1",
		"ｌｏｃａｌｈｏｓｔ", "＇", "1.2.3", "aB3xYz9KqLmN0pQrStUv.evil.example", "\xff\xfe",
		b64("' OR 1=1 --"), hex.EncodeToString([]byte("<script>")), b64("cos\nsystem\n(S'id'\ntR."), b64("\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00N."), b64("\x80\x02cos\nsystem\n"),
		"8004950100000000000000", b64(`{"user":"x' or 1"}`), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x' or 1"}`)) + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
	} {
		if !inputs.Risky(value) {
			t.Errorf("%q is not risky", value)
		}
	}
}

func TestOpaque(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"d41d8cd98f00b204e9800998ecf8427e": true, "550e8400-e29b-41d4-a716-446655440000": true,
		"eyJfcGVybWFuZW50Ijp0cnVlLCJ1c2VyX2lkIjoxfQ.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA":                        true,
		".eJwlzjEOwzAIAMC_MHcAY2OTz0QGg9o1aaaqf2-k7rfcB_Y64nzC9j6ueMD-WrCB.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA": true,
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ":                                                         true,
		"IjQ5YzM2NDU3ZDE3OTE2YzQxYWIxMGE0ODU0ZWJmZGNkZTE2ZmM0YjAi.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA":          true,
		"lamp":                             false,
		"the-name-of-an-article-of-ours":   false,
		"aB3xYz9KqLmN0pQrStUv.evil.com":    false,
		"/Etc/Passwd1/Aa2Bb3Cc4Dd5":        false,
		"1-1--1-1--1-1--1-1--A":            false,
		"selectpasswordfromusersuserswher": false,
		"":                                 false,
		"' OR 1=1 -- aB3xYz9KqLmN0pQrStUv": false,
	} {
		if inputs.Opaque(value) != want {
			t.Errorf("%q: %v", value, !want)
		}
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"password": true, "user.Password": true, "new_pass": true, "pass": true, "pwd": true, "client_secret": true, "csrf_token": true, "API-Key": true,
		"passenger": false, "compass_x": true, "shipping": false, "bypasses": false, "name": false, "": false} {
		if inputs.Password(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestDecoded(t *testing.T) {
	t.Parallel()
	const attack = `<a href='x'>`
	for name, value := range map[string]string{
		"URL": "%3Ca href='x'%3E", "URL twice": "%253Ca href='x'%253E", "URL thrice": "%25253Ca href='x'%25253E", "plus": "%3Ca+href='x'%3E", "entities": "&lt;a href=&#39;x&#x27;&gt;",
		"JavaScript": `\x3ca href=\u0027x\u{27}\76`, "NULs": "<\x00a href='x'\x00>", "full width": "＜ａ ｈｒｅｆ＝＇ｘ＇＞", "base64": b64(attack), "hex": hex.EncodeToString([]byte(attack)),
		"IIS": "%u003ca href='x'%u003e", "overlong": "%c0%bca href='x'%c0%be", "overlong of three": "%e0%80%bca href='x'%e0%80%be", "entities in URL": "%26lt;a href='x'%26gt;",
		"base64 in URL": strings.ReplaceAll(b64(attack), "=", "%3D"), "URL in base64": b64("%3Ca href='x'%3E"),
	} {
		if got := inputs.Decoded(value); !slices.Contains(got, attack) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, value := range []string{"", "lamp", "O'Brien", "a b c", "50", "information", "<b>x</b>", "Łódź", "a+b"} {
		if got := inputs.Decoded(value); got != nil {
			t.Errorf("%q: %q", value, got)
		}
	}
	if got := inputs.Decoded(b64(`{"a":["x' y",5,{"$ne":"lamp"}]}`)); !slices.Contains(got, "x' y") || !slices.Contains(got, "$ne") || slices.Contains(got, "lamp") {
		t.Errorf("JSON in base64: %q", got)
	}
	if got := inputs.Decoded(strings.Repeat("%2525", 20)); len(got) > 8 {
		t.Errorf("%d forms", len(got))
	}
}

func request(kind string, body []byte) *http.Request {
	return question{Path: []byte("/"), Type: []byte(kind), Body: body}.request()
}

func packed(t *testing.T, text string, encoding string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&b)
	if encoding == "gzip" {
		w = gzip.NewWriter(&b)
	}
	io.WriteString(w, text)
	w.Close()
	r := request("application/json", b.Bytes())
	r.Header.Set("Content-Encoding", encoding)
	return r
}

func TestBodies(t *testing.T) {
	t.Parallel()
	const v = "x' or 1"
	for name, tt := range map[string]struct {
		r     *http.Request
		place string
		field string
	}{
		"JSON":                  {request("application/json", []byte(`{"a":[{"b":"x' or 1"}]}`)), fumehood.InJSON, "a.0.b"},
		"a key":                 {request("application/json", []byte(`{"x' or 1":1}`)), fumehood.InJSON, "x' or 1"},
		"a key with a value":    {request("application/json", []byte(`{"x' or 1":"a"}`)), fumehood.InJSON, "x' or 1"},
		"problem+json":          {request("application/problem+json; charset=utf-8", []byte(`{"a":"x' or 1"}`)), fumehood.InJSON, "a"},
		"JSON as text":          {request("text/plain", []byte(` {"a":"x' or 1"}`)), fumehood.InJSON, "a"},
		"JSON as nothing":       {request("", []byte(`["x' or 1"]`)), fumehood.InJSON, "0"},
		"JSON as a picture":     {request("image/png", []byte(`["x' or 1"]`)), fumehood.InJSON, "0"},
		"a JSON text":           {request("application/json", []byte(`"x' or 1"`)), fumehood.InJSON, ""},
		"JSON in a form":        {request("application/x-www-form-urlencoded", []byte(`{"a":"x' or 1"}`)), fumehood.InJSON, "a"},
		"a form behind JSON":    {request("application/x-www-form-urlencoded", []byte(`{"a":"&b=x%27+or+1&c="}`)), fumehood.InForm, "b"},
		"lines of JSON":         {request("application/x-ndjson", []byte("{\"a\":1}\n{\"a\":\"x' or 1\"}\n")), fumehood.InJSON, "a"},
		"broken JSON":           {request("application/json", []byte(`{"a":"x' or 1",`)), fumehood.InJSON, "a"},
		"gzip":                  {packed(t, `{"a":"x' or 1"}`, "gzip"), fumehood.InJSON, "a"},
		"deflate":               {packed(t, `{"a":"x' or 1"}`, "deflate"), fumehood.InJSON, "a"},
		"text":                  {request("text/plain", []byte(v)), fumehood.InForm, inputs.RawBody},
		"YAML":                  {request("application/x-yaml", []byte(v)), fumehood.InForm, inputs.RawBody},
		"XML":                   {request("text/xml", []byte(`<a><b c="1">x&apos; or 1</b></a>`)), fumehood.InForm, "b"},
		"an attribute":          {request("application/soap+xml", []byte(`<a><b c="x' or 1"/></a>`)), fumehood.InForm, "b@c"},
		"CDATA":                 {request("text/plain", []byte(`<?xml version="1.0"?><a><![CDATA[x' or 1]]></a>`)), fumehood.InForm, "a"},
		"a form":                {request("application/x-www-form-urlencoded; charset=utf-8", []byte("a=b&c=x%27+or+1")), fumehood.InForm, "c"},
		"a name":                {request("application/x-www-form-urlencoded", []byte("x%27+or+1")), fumehood.InForm, v},
		"a part":                {request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx' or 1\r\n--b--")), fumehood.InForm, "a"},
		"a file's name":         {request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=a; filename=\"x' or 1\"\r\n\r\n\r\n--b--")), fumehood.InFileName, "a"},
		"after a file":          {request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"+strings.Repeat("\r\n--", 9000)+"\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx' or 1\r\n--b--")), fumehood.InForm, "a"},
		"numbers beside it":     {request("application/json", []byte(`{"n":[1,2,3],"a":"x' or 1"}`)), fumehood.InJSON, "a"},
		"an unclosed last part": {request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx' or 1")), fumehood.InForm, "a"},
	} {
		set := inputs.Read(tt.r, inputs.Limits{})
		found := slices.ContainsFunc(set.All, func(in fumehood.Input) bool { return in.Place == tt.place && in.Name == tt.field && in.Value == v })
		if !found || set.Unseen && name != "an unclosed last part" {
			t.Errorf("%s: %q, unseen: %s", name, set.All, set.Why)
		}
	}
	for name, r := range map[string]*http.Request{
		"a file":          request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\nx' or 1\r\n--b--")),
		"a picture":       request("image/png", []byte("\x89PNG\r\n\x1a\n\x00a=x' or 1")),
		"an octet stream": request("application/octet-stream", []byte("\x00\xffa=x' or 1")),
		"bytes":           request("text/plain", []byte("\x00\x01\xffx' or 1")),
	} {
		for _, in := range inputs.Read(r, inputs.Limits{}).All {
			if in.Name != "f" || in.Value != "x" {
				t.Errorf("%s: %q", name, in)
			}
		}
	}
	if set := inputs.Read(request("application/octet-stream", []byte("\x80\x04\x95abc")), inputs.Limits{}); len(set.All) != 1 || set.All[0].Value != "\u0080\u0004\u0095abc" {
		t.Errorf("a pickle: %q", set.All)
	}
}

func TestHeads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ header, value, place, field, want string }{
		"a field":              {"X-Api-Version", "x' or 1", fumehood.InHeader, "X-Api-Version", "x' or 1"},
		"latin-1":              {"X-Name", "\xe9'x", fumehood.InHeader, "X-Name", "é'x"},
		"UTF-8":                {"X-Name", "é'x", fumehood.InHeader, "X-Name", "é'x"},
		"an agent":             {"User-Agent", "Mozilla/5.0 ' or 1", fumehood.InHeader, "User-Agent", "Mozilla/5.0 ' or 1"},
		"a shell's function":   {"User-Agent", "() { :; }; id", fumehood.InHeader, "User-Agent", "() { :; }; id"},
		"another page":         {"Referer", "https://b.example/'", fumehood.InHeader, "Referer", "https://b.example/'"},
		"this page":            {"Referer", "https://a.example/'", fumehood.InHeader, "Referer", "https://a.example/'"},
		"not this site":        {"Origin", "https://a.example.evil.example", fumehood.InHeader, "Origin", "https://a.example.evil.example"},
		"a user":               {"Authorization", "Basic " + b64("x' or 1:pw"), fumehood.InHeader, "Authorization.username", "x' or 1"},
		"a password":           {"Authorization", "basic " + b64("a:x' or 1"), fumehood.InHeader, "Authorization.password", "x' or 1"},
		"a token":              {"Authorization", "Bearer x' or 1", fumehood.InHeader, "Authorization", "x' or 1"},
		"a forwarded address":  {"X-Forwarded-For", "127.0.0.1' or 1", fumehood.InHeader, "X-Forwarded-For", "127.0.0.1' or 1"},
		"an address elsewhere": {"X-Target", "169.254.169.254", fumehood.InHeader, "X-Target", "169.254.169.254"},
		"a language":           {"Accept-Language", "de' or 1", fumehood.InHeader, "Accept-Language", "de' or 1"},
		"a tag":                {"If-None-Match", `"abc'"`, fumehood.InHeader, "If-None-Match", `"abc'"`},
		"a cookie":             {"Cookie", "a=b; c=x'or", fumehood.InCookie, "c", "x'or"},
		"in quotes":            {"Cookie", `a=b; c="x\047; or \"1"`, fumehood.InCookie, "c", `x'; or "1`},
		"a cookie's name":      {"Cookie", "x'or", fumehood.InCookie, "x'or", "x'or"},
	} {
		r := question{Path: []byte("/")}.request()
		r.Header[tt.header] = []string{tt.value}
		set := inputs.Read(r, inputs.Limits{})
		if !slices.ContainsFunc(set.All, func(in fumehood.Input) bool {
			return in.Place == tt.place && in.Name == tt.field && in.Value == tt.want
		}) {
			t.Errorf("%s: %q", name, set.All)
		}
	}
	for header, value := range map[string]string{
		"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Referer": "https://A.example/notes/1?page=2&sort=name", "Origin": "null",
		"X-Forwarded-For": "203.0.113.7, 2001:db8::1", "Cookie": "a=b; session=eyJfcGVybWFuZW50Ijp0cnVlLCJ1c2VyX2lkIjoxfQ.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA; _ga=GA1.2.1201.1700000000",
		"Sec-Ch-Ua": `"Chromium";v="142"`, "If-None-Match": `"abc"`, "Range": "bytes=0-", "Content-Type": "text/html; charset=utf-8", "Authorization": "Basic " + b64("anna:lamp"),
		"X-Requested-With": "XMLHttpRequest", "Accept-Language": "de;q=0.9",
	} {
		r := question{Path: []byte("/notes/42/my-first-post/report-2024.pdf")}.request()
		r.Header[header] = []string{value}
		if set := inputs.Read(r, inputs.Limits{}); set.All != nil {
			t.Errorf("%s: %q", header, set.All)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/": nil, "/notes/42": nil, "/static/css/main.min.css": nil, "/a/report-2024.pdf": nil, "/my-first-post/": nil,
		"/u/550e8400-e29b-41d4-a716-446655440000": nil,
		"/notes/1' or 1":           {"/notes/1' or 1", "1' or 1"},
		"/f/../../etc/passwd":      {"/f/../../etc/passwd", "..", "../../etc/passwd", "../etc/passwd"},
		"/f//etc/passwd":           {"/f//etc/passwd", "/etc/passwd"},
		"/go/127.0.0.1":            {"/go/127.0.0.1", "127.0.0.1"},
		"/go/localhost":            {"localhost"},
		"/go/2130706433":           {"2130706433"},
		"/x/\xffa'":                {"\uFFFDa'"},
		"/b/" + b64("' or 1=1 --"): {b64("' or 1=1 --")},
	} {
		set := inputs.Read(question{Path: []byte(path)}.request(), inputs.Limits{})
		if want == nil && set.All != nil {
			t.Errorf("%q: %q", path, set.All)
		}
		for _, value := range want {
			if !hasValue(set, fumehood.InPath, value) {
				t.Errorf("%q: %q lacks %q", path, set.All, value)
			}
		}
	}
}

func TestUnseen(t *testing.T) {
	t.Parallel()
	streaming := request("application/json", nil)
	streaming.Body, streaming.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
	upload := request("image/png", nil)
	upload.Body, upload.ContentLength = io.NopCloser(strings.NewReader("x")), 1
	for name, tt := range map[string]struct {
		r    *http.Request
		want string
	}{
		"on its way":            {streaming, "the body was still on its way"},
		"a picture on its way":  {upload, ""},
		"long":                  {request("application/json", []byte(`"`+strings.Repeat("a", 1<<20)+`"`)), "the body is too long"},
		"blanks":                {request("application/json", []byte(strings.Repeat(" ", 1<<20)+`"x"`)), "the body is too long"},
		"many":                  {request("application/x-www-form-urlencoded", []byte(strings.Repeat("a=b&", 2000))), "there are too many values"},
		"deep":                  {request("application/json", []byte(strings.Repeat("[", 1000)+strings.Repeat("]", 1000))), "the JSON is too deep"},
		"half a character":      {request("application/json", []byte(`"\ud83d"`)), "the JSON has half a character"},
		"no boundary":           {request("multipart/form-data", []byte("--b")), "the form has no boundary"},
		"no end":                {request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx")), "the form does not end"},
		"mixed":                 {request("multipart/mixed; boundary=b", []byte("--b--")), "the body is of several parts that are no form"},
		"long fields":           {request("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n"+strings.Repeat("x", 1<<20)+"\r\n--b--")), "the fields of the form are too long"},
		"a bomb":                {packed(t, `"`+strings.Repeat("a", 1<<20)+`"`, "gzip"), "the body is too long"},
		"nothing wrong":         {request("application/json", []byte(`{"a":1}`)), ""},
		"numbers in long lists": {request("application/json", []byte("["+strings.Repeat("1,", 5000)+"1]")), ""},
	} {
		set := inputs.Read(tt.r, inputs.Limits{MaxBody: 64 << 10, MaxValues: 1000})
		if set.Why != tt.want || set.Unseen != (tt.want != "") {
			t.Errorf("%s: %q", name, set.Why)
		}
	}
	brotli := request("application/json", []byte("\x8b\x03\x80{}\x03"))
	brotli.Header.Set("Content-Encoding", "br")
	if set := inputs.Read(brotli, inputs.Limits{}); !set.Unseen {
		t.Error("nobody says that br cannot be read")
	}
}

// TestFilesAreReadAsMemoryIs: a body in a file has the same values, and stays where it is.
func TestFilesAreReadAsMemoryIs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		var body bytes.Buffer
		for i := range 1 + r.IntN(6) {
			name := ""
			if r.IntN(2) == 0 {
				name = "; filename=\"a'" + fmt.Sprint(i) + "\""
			}
			fmt.Fprintf(&body, "--b\r\nContent-Disposition: form-data; name=\"n%d\"%s\r\n\r\n%s\r\n", i, name, strings.Repeat("x'\r\n--", r.IntN(40_000)))
		}
		body.WriteString("--b--\r\n")
		file, err := unnamed.File(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		file.Write(body.Bytes())
		inFile := request("multipart/form-data; boundary=b", []byte{})
		whole := wholebody.InFile(file, int64(body.Len()))
		inFile.Body, inFile.ContentLength = whole, int64(body.Len())
		got, want := inputs.Read(inFile, inputs.Limits{}), inputs.Read(request("multipart/form-data; boundary=b", body.Bytes()), inputs.Limits{})
		if fmt.Sprintf("%q %v", got.All, got.Why) != fmt.Sprintf("%q %v", want.All, want.Why) {
			t.Fatalf("%.300q, in memory %.300q", got.All, want.All)
		}
		if after, _ := io.ReadAll(inFile.Body); !bytes.Equal(after, body.Bytes()) {
			t.Fatal("the body has lost something")
		}
		whole.Close()
	}
}

// TestPick: long values come in pieces that lose nothing, and all of it is bounded.
func TestPick(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("é it's fine. ", 2000)
	picked, all := inputs.Pick([]fumehood.Input{{Place: fumehood.InForm, Name: "a", Value: text}, {Place: fumehood.InForm, Name: "b", Value: "lamp"}})
	got := ""
	for _, in := range picked {
		if len(in.Value) > 4<<10 || !utf8.ValidString(in.Value) || in.Name != "a" {
			t.Errorf("a piece of %d bytes of %q", len(in.Value), in.Name)
		}
		got += in.Value
	}
	if got != text || !all {
		t.Errorf("%d bytes of %d, all: %v", len(got), len(text), all)
	}
	filled := strings.Repeat("a", 10_000) + "' or 1"
	if picked, _ = inputs.Pick([]fumehood.Input{{Value: filled}}); len(picked) != 2 || !strings.HasSuffix(picked[1].Value, "' or 1") {
		t.Errorf("behind filling: %d pieces", len(picked))
	}
	image := "data:image/png;base64," + strings.Repeat("iVBORw0KGgoAAAANSUhEUgAA", 20_000)
	if picked, all = inputs.Pick([]fumehood.Input{{Value: image}}); len(picked) > 2 || !all {
		t.Errorf("a picture: %d pieces, all: %v", len(picked), all)
	}
	var many []fumehood.Input
	for range 5000 {
		many = append(many, fumehood.Input{Value: "it's"})
	}
	if picked, all = inputs.Pick(many); len(picked) > 4096 || all {
		t.Errorf("%d, all: %v", len(picked), all)
	}
	if picked, all = inputs.Pick([]fumehood.Input{{Value: strings.Repeat("it's ", 60_000)}}); all || len(picked)*4096 > 192<<10 {
		t.Errorf("%d, all: %v", len(picked), all)
	}
}
