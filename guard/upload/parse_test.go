package upload_test

import (
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/upload"
)

const good = "multipart/form-data; boundary=bbb"

// one is a form with one part.
func one(head, content string) string {
	return "--bbb\r\n" + head + "\r\n\r\n" + content + "\r\n--bbb--\r\n"
}

// TestAttackTwoReadings: what parsers have been seen to read in different ways, by RFC 2046,
// RFC 7578 and what is known of the parsers of PHP, Django, Werkzeug, Go, busboy and the
// firewalls in front of them.
func TestAttackTwoReadings(t *testing.T) {
	t.Parallel()
	const cd = "Content-Disposition: form-data"
	for _, tt := range []struct{ name, contentType, body string }{
		{"no boundary", "multipart/form-data", one(cd+`; name="a"`, "x")},
		{"an empty boundary", "multipart/form-data; boundary=", one(cd+`; name="a"`, "x")},
		{"an empty quoted boundary", `multipart/form-data; boundary=""`, one(cd+`; name="a"`, "x")},
		{"two boundaries", "multipart/form-data; boundary=bbb; boundary=ccc", one(cd+`; name="a"`, "x")},
		{"two boundaries in two spellings", "multipart/form-data; boundary=bbb; BOUNDARY=ccc", one(cd+`; name="a"`, "x")},
		{"an extended boundary", "multipart/form-data; boundary*=utf-8''bbb", one(cd+`; name="a"`, "x")},
		{"a boundary in pieces", "multipart/form-data; boundary*0=b; boundary*1=bb", one(cd+`; name="a"`, "x")},
		{"a boundary with a comma's tail", "multipart/form-data; boundary=bbb,ccc", one(cd+`; name="a"`, "x")},
		{"a boundary that a quote cuts", `multipart/form-data; boundary=bbb"ccc`, one(cd+`; name="a"`, "x")},
		{"a boundary with a blank", `multipart/form-data; boundary="bbb "`, one(cd+`; name="a"`, "x")},
		{"a boundary with a quoted pair", `multipart/form-data; boundary="b\"bb"`, one(cd+`; name="a"`, "x")},
		{"a boundary with a line end", "multipart/form-data; boundary=\"b\r\nbb\"", one(cd+`; name="a"`, "x")},
		{"a boundary of 71 characters", "multipart/form-data; boundary=" + strings.Repeat("b", 71), strings.ReplaceAll(one(cd+`; name="a"`, "x"), "bbb", strings.Repeat("b", 71))},
		{"a boundary that is not ASCII", "multipart/form-data; boundary=\"b\u00f6b\"", strings.ReplaceAll(one(cd+`; name="a"`, "x"), "bbb", "b\u00f6b")},
		{"another charset", good + "; charset=utf-7", one(cd+`; name="a"`, "x")},
		{"an unknown parameter", good + "; x=y", one(cd+`; name="a"`, "x")},
		{"a semicolon at the end", good + ";", one(cd+`; name="a"`, "x")},

		{"text before", good, "x\r\n" + one(cd+`; name="a"`, "x")},
		{"two line ends before", good, "\r\n\r\n" + one(cd+`; name="a"`, "x")},
		{"text after", good, one(cd+`; name="a"`, "x") + "x"},
		{"a form after the form", good, one(cd+`; name="a"`, "x") + one(cd+`; name="b"`, "x")},
		{"text behind the last boundary", good, strings.TrimSuffix(one(cd+`; name="a"`, "x"), "\r\n") + " "},
		{"no last boundary", good, "--bbb\r\n" + cd + "; name=\"a\"\r\n\r\nx\r\n"},
		{"the last boundary without its hyphens", good, "--bbb\r\n" + cd + "; name=\"a\"\r\n\r\nx\r\n--bbb\r\n"},
		{"half a last boundary", good, "--bbb\r\n" + cd + "; name=\"a\"\r\n\r\nx\r\n--bbb-"},
		{"another boundary", good, strings.ReplaceAll(one(cd+`; name="a"`, "x"), "bbb", "ccc")},
		{"nothing", good, "\r\n"},
		{"a blank behind a boundary", good, strings.Replace(one(cd+`; name="a"`, "x"), "--bbb\r\n", "--bbb \r\n", 1)},
		{"a boundary after a lone LF", good, one(cd+`; name="a"`, "x\n--bbb\r\n"+cd+"; name=\"b\"; filename=\"x.php\"\r\n\r\n<?php")},
		{"a boundary after a lone CR", good, one(cd+`; name="a"`, "x\r--bbb\r"+cd+"; name=\"b\"\r\r<?php")},
		{"a boundary before a lone LF", good, one(cd+`; name="a"`, "x\r\n--bbb\n"+cd+"; name=\"b\"\n\n<?php")},
		{"a longer boundary", good, one(cd+`; name="a"`, "x\r\n--bbbc\r\n"+cd+"; name=\"b\"\r\n\r\ny")},
		{"a boundary in the middle of a line", good, one(cd+`; name="a"`, "x--bbb\r\ny")},
		{"a boundary right after the head", good, "--bbb\r\n" + cd + "; name=\"a\"\r\n\r\n--bbb--\r\n"},
		{"a boundary in a head", good, one(cd+`; name="--bbb"`, "x")},
		{"heads that end with LF", good, "--bbb\r\n" + cd + "; name=\"a\"\n\nx\r\n--bbb--\r\n"},
		{"heads that end with CR", good, "--bbb\r\n" + cd + "; name=\"a\"\r\rx\r\n--bbb--\r\n"},
		{"no head", good, "--bbb\r\n\r\nx\r\n--bbb--\r\n"},
		{"a long head", good, one(cd+`; name="a"`+"\r\nX: "+strings.Repeat("x", 9000), "x")},

		{"no Content-Disposition", good, one("Content-Type: text/plain", "x")},
		{"two Content-Dispositions", good, one(cd+"; name=\"a\"\r\n"+cd+"; name=\"b\"", "x")},
		{"two in two spellings", good, one(cd+"; name=\"a\"\r\ncontent-disposition: form-data; name=\"b\"", "x")},
		{"a blank before the colon", good, one("Content-Disposition : form-data; name=\"a\"", "x")},
		{"a folded line", good, one("Content-Disposition: form-data;\r\n name=\"a\"", "x")},
		{"a folded line with a tab", good, one(cd+"; name=\"a\"\r\n\t; filename=\"x.php\"", "x")},
		{"a line without a colon", good, one(cd+"; name=\"a\"\r\nx", "x")},
		{"a field without a name", good, one(cd+"; name=\"a\"\r\n: x", "x")},
		{"attachment", good, one(`Content-Disposition: attachment; name="a"`, "x")},
		{"form-data with a tail", good, one(`Content-Disposition: form-data x; name="a"`, "x")},
		{"no name", good, one(cd, "x")},
		{"a file without a field's name", good, one(cd+`; filename="x.txt"`, "x")},
		{"an empty name", good, one(cd+`; name=""`, "x")},
		{"two names", good, one(cd+`; name="a"; name="b"`, "x")},
		{"two names in two spellings", good, one(cd+`; name="a"; NAME="b"`, "x")},
		{"an extended name", good, one(cd+`; name="a"; name*=utf-8''b`, "x")},
		{"a name in pieces", good, one(cd+`; name*0="a"; name*1="b"`, "x")},
		{"two file names", good, one(cd+`; name="a"; filename="x.png"; filename="x.php"`, "x")},
		{"two file names in two spellings", good, one(cd+`; name="a"; filename="x.png"; FileName="x.php"`, "x")},
		{"two extended file names", good, one(cd+`; name="a"; filename*=utf-8''x.png; filename*=utf-8''x.php`, "x")},
		{"a file name in pieces", good, one(cd+`; name="a"; filename*0="x.p"; filename*1="hp"`, "x")},
		{"an extended file name in pieces", good, one(cd+`; name="a"; filename*0*=utf-8''x.p; filename*1="hp"`, "x")},
		{"a file name in another charset", good, one(cd+`; name="a"; filename*=utf-7''x`, "x")},
		{"a file name in no charset", good, one(cd+`; name="a"; filename*=''x`, "x")},
		{"an extended file name in quotes", good, one(cd+`; name="a"; filename*="utf-8''x"`+"\"", "x")},
		{"an extended file name with a line end", good, one(cd+`; name="a"; filename*=utf-8''x%0d%0ay`, "x")},
		{"an extended file name with NUL", good, one(cd+`; name="a"; filename*=utf-8''x.php%00.png`, "x")},
		{"an extended file name that is not UTF-8", good, one(cd+`; name="a"; filename*=utf-8''%c0%ae`, "x")},
		{"half an escape", good, one(cd+`; name="a"; filename*=utf-8''x%2`, "x")},
		{"an open quote", good, one(cd+`; name="a`, "x")},
		{"a quote in the middle", good, one(cd+`; name=a"b"`, "x")},
		{"text behind a quote", good, one(cd+`; name="a"b; filename="x"`, "x")},
		{"single quotes and a blank", good, one(cd+`; name='a b'`, "x")},
		{"a backslash at the end of a name", good, one(cd+`; name="a\"; filename="x.php"`, "x")},
		{"a backslash in a name", good, one(cd+`; name="a\b"`, "x")},
		{"a comma instead of a semicolon", good, one(cd+`, name="a"`, "x")},
		{"no semicolon", good, one(cd+`; name="a" filename="x.php"`, "x")},
		{"two semicolons", good, one(cd+`;; name="a"`, "x")},
		{"a semicolon at the end of the line", good, one(cd+`; name="a";`, "x")},
		{"NUL in a name", good, one(cd+"; name=\"a\x00b\"", "x")},
		{"a tab in a name", good, one(cd+"; name=\"a\tb\"", "x")},
		{"a lone CR in a name", good, one(cd+"; name=\"a\rb\"", "x")},
		{"a lone LF in a file name", good, one(cd+"; name=\"a\"; filename=\"x.php\n.png\"", "x")},
		{"NUL in a file name", good, one(cd+"; name=\"a\"; filename=\"x.php\x00.png\"", "x")},
		{"a name that is not UTF-8", good, one(cd+"; name=\"\xff\"", "x")},
		{"an overlong slash", good, one(cd+"; name=\"a\"; filename=\"..\xc0\xafx.txt\"", "x")},
		{"a long name", good, one(cd+`; name="`+strings.Repeat("n", 257)+`"`, "x")},
		{"a long file name", good, one(cd+`; name="a"; filename="`+strings.Repeat("n", 1025)+`"`, "x")},
		{"many parameters", good, one(cd+`; name="a"`+strings.Repeat("; x=y", 9), "x")},

		{"multipart in multipart", good, one(cd+"; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=ccc", "--ccc\r\nContent-Disposition: file; filename=\"x.php\"\r\n\r\n<?php\r\n--ccc--")},
		{"a message", good, one(cd+"; name=\"a\"\r\nContent-Type: message/rfc822", "x")},
		{"base64", good, one(cd+"; name=\"a\"\r\nContent-Transfer-Encoding: base64", "PD9waHA=")},
		{"quoted-printable", good, one(cd+"; name=\"a\"\r\nContent-Transfer-Encoding: quoted-printable", "=3C?php")},
		{"a value in UTF-7", good, one(cd+"; name=\"a\"\r\nContent-Type: text/plain; charset=utf-7", "+ADw-script+AD4-")},
		{"a value in UTF-16", good, one(cd+"; name=\"a\"\r\nContent-Type: text/plain; charset=utf-16", "\x00<")},
		{"a form in a form", good, one(cd+"; name=\"a\"\r\nContent-Type: multipart/form-data; boundary=ccc", "x")},
		{"an extended charset", good, one(cd+"; name=\"a\"\r\nContent-Type: text/plain; charset*=''utf-7", "x")},
		{"two types", good, one(cd+"; name=\"a\"; filename=\"x\"\r\nContent-Type: image/png\r\nContent-Type: text/html", "x")},
		{"no type", good, one(cd+"; name=\"a\"; filename=\"x\"\r\nContent-Type: png x", "x")},
		{"a false length", good, one(cd+"; name=\"a\"\r\nContent-Length: 2", "x")},
		{"a length with a sign", good, one(cd+"; name=\"a\"\r\nContent-Length: +1", "x")},
		{"1001 parts", good, strings.Repeat("--bbb\r\n"+cd+"; name=\"a\"\r\n\r\n\r\n", 1001) + "--bbb--\r\n"},
	} {
		_, _, out, err := upload.Reread(tt.contentType, []byte(tt.body))
		if err == nil {
			t.Errorf("%s: taken as %q", tt.name, out)
			continue
		}
		if r := fumehood.AsRefusal(err); r.Status < 400 || r.Status > 499 || !strings.HasPrefix(r.Code, "upload.") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestLooseHeads: what programs write that are not browsers, and what the app gets of it.
func TestLooseHeads(t *testing.T) {
	t.Parallel()
	const cd = "Content-Disposition: form-data; name=\"a\""
	for _, tt := range []struct{ name, head, data, wantType, wantData string }{
		{"Java's HttpClient, of a text", "\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit", "M\xfcller", "Content-Type: text/plain\r\n", "Müller"},
		{"Retrofit, as its tutorials have it, of a text", "\r\nContent-Type: multipart/form-data", "x", "", "x"},
		{"Retrofit, as its tutorials have it, of a file", "; filename=\"x\"\r\nContent-Type: multipart/form-data", "x", "", "x"},
		{"React Native, with the picker's word for it", "; filename=\"x\"\r\nContent-Type: image", "x", "", "x"},
		{"a type that is not there", "; filename=\"x\"\r\nContent-Type:", "x", "", "x"},
		{"a file in another charset", "; filename=\"x\"\r\nContent-Type: text/csv; charset=windows-1252", "\xe9", "Content-Type: text/csv\r\n", "\xe9"},
	} {
		_, _, out, err := upload.Reread(good, []byte(one(cd+tt.head, tt.data)))
		head, data, _ := strings.Cut(string(out), "\r\n\r\n")
		_, head, _ = strings.Cut(head, "\r\n")
		disposition, media, _ := strings.Cut(head+"\r\n", "\r\n")
		if err != nil || !strings.HasPrefix(disposition, cd) || media != tt.wantType || !strings.HasPrefix(data, tt.wantData+"\r\n--") {
			t.Errorf("%s: %q, %v", tt.name, out, err)
		}
	}
	long := strings.Repeat("\xe4\xf6\xfc", 100_000)
	_, _, out, err := upload.Reread(good, []byte(one(cd+"\r\nContent-Type: text/plain; charset=iso-8859-1", long)))
	if err != nil || !strings.Contains(string(out), "\r\n\r\n"+strings.Repeat("äöü", 100_000)+"\r\n--") {
		t.Errorf("a long text in Latin 1: %d bytes, %v", len(out), err)
	}
}

// FuzzReread: what has been written anew is read as the same, and not written anew again.
func FuzzReread(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.contentType, []byte(s.body))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		parts, newType, out, err := upload.Reread(contentType, body)
		if err != nil {
			if r := fumehood.AsRefusal(err); r.Status < 400 || r.Status > 499 {
				t.Fatalf("%v", err)
			}
			return
		}
		again, sameType, same, err := upload.Reread(newType, out)
		if err != nil || sameType != newType || string(same) != string(out) {
			t.Fatalf("%q became %q, and that %q: %v", body, out, same, err)
		}
		if len(again) != len(parts) {
			t.Fatalf("%d parts became %d", len(parts), len(again))
		}
		for i, p := range parts {
			if a := again[i]; a.Name != p.Name || a.Filename != p.Filename || a.IsFile != p.IsFile || a.Media != p.Media || string(a.Data) != string(p.Data) {
				t.Fatalf("%+v became %+v", p, a)
			}
		}
	})
}
