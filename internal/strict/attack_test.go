package strict_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/strict"
)

const (
	hostA = "\r\nHost: a\r\n"
	get   = "GET / HTTP/1.1" + hostA
	post  = "POST /in HTTP/1.1" + hostA
	te    = post + "Transfer-Encoding: chunked\r\n\r\n"
	// second is what a smuggler wants to have read as a request of its own.
	second = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n"
)

// attack is a request, or several, that must be refused. Where bare is set, net/http
// alone hands it to the app: that is the attack succeeding.
type attack struct {
	name string
	sent string
	code string
	bare bool
}

var smuggling = []attack{
	{"CL.TE: both framings, chunked ends first", post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", "http.length-and-chunked", true},
	{"TE.CL: both framings, length ends first", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + second + "\r\n0\r\n\r\n", "http.length-and-chunked", false},
	{"TE.TE: coding hidden by a tab", post + "Content-Length: 6\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\nX", "http.length-and-chunked", true},
	{"CL.0 beside chunked", post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.length-and-chunked", true},
	{"two lengths that differ", post + "Content-Length: 0\r\nContent-Length: 32\r\n\r\n" + second, "http.duplicate-field", false},
	{"two lengths that agree", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "http.duplicate-field", true},
	{"length as a list", post + "Content-Length: 5, 5\r\n\r\nhello", "http.bad-length", false},
	{"length with a sign", post + "Content-Length: +5\r\n\r\nhello", "http.bad-length", false},
	{"length in hex", post + "Content-Length: 0x5\r\n\r\nhello", "http.bad-length", false},
	{"length with an underscore", post + "Content-Length: 1_0\r\n\r\nhellohello", "http.bad-length", false},
	{"length beyond 64 bits", post + "Content-Length: 18446744073709551621\r\n\r\nhello", "http.bad-length", false},
	{"length beyond 63 bits", post + "Content-Length: 9223372036854775808\r\n\r\nhello", "http.bad-length", false},
	{"empty length", post + "Content-Length:\r\n\r\n" + second, "http.bad-length", false},
	{"length with a fraction", post + "Content-Length: 5.0\r\n\r\nhello", "http.bad-length", false},
	{"two words in the length", post + "Content-Length: 5 5\r\n\r\nhello", "http.bad-length", false},
	{"name of the length with a space", post + "Content-Length : 5\r\n\r\nhello", "http.space-before-colon", false},
	{"name of the coding with a tab", post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", "http.space-before-colon", false},
	{"length folded over two lines", post + "Content-Length:\r\n 5\r\n\r\nhello", "http.bad-length", true},
	{"coding folded over two lines", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "http.bad-transfer-encoding", true},
	{"first field line begins with a space", "POST /in HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", "http.obs-fold", false},
	{"field hidden in a fold", get + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n", "http.obs-fold", true},
	{"coding is a list", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "http.transfer-coding", false},
	{"coding twice in one field", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "http.transfer-coding", false},
	{"coding twice in two fields", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.duplicate-field", false},
	{"chunked is not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "http.bad-transfer-encoding", false},
	{"coding identity with a length", post + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello", "http.transfer-coding", false},
	{"unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "http.transfer-coding", false},
	{"quoted coding", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", "http.transfer-coding", false},
	{"coding with a parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", "http.transfer-coding", false},
	{"coding with a vertical tab", post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", "http.control-byte", false},
	{"coding with a high byte", post + "Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n", "http.transfer-coding", false},
	{"empty coding", post + "Transfer-Encoding:\r\n\r\n0\r\n\r\n", "http.bad-transfer-encoding", false},
	{"coding in HTTP/1.0", "POST /in HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.chunked-in-1.0", true},
	{"coding in HTTP/1.0 beside a length", "POST /in HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.length-and-chunked", true},
	{"bare LF ends a field", get + "X: a\nContent-Length: 32\r\n\r\n" + second, "http.bare-lf", true},
	{"bare LF ends the head", "GET / HTTP/1.1\nHost: a\n\n", "http.bare-lf", true},
	{"bare CR in a value", get + "X: a\rTransfer-Encoding: chunked\r\n\r\n", "http.bare-cr", false},
	{"CR CR LF ends a field", get + "X: a\r\r\nY: b\r\n\r\n", "http.bare-cr", false},
	{"CR before the colon", get + "X\r: a\r\n\r\n", "http.bad-field-name", false},
	{"NUL in a value", get + "X: a\x00b\r\n\r\n", "http.control-byte", false},
	{"escape byte in a value", get + "X: \x1b[2J\r\n\r\n", "http.control-byte", false},
	{"NUL in a name", get + "Content-Length\x00: 5\r\n\r\nhello", "http.bad-field-name", false},
	{"high byte in a name", get + "Transfer-Encoding\xff: chunked\r\n\r\n", "http.bad-field-name", false},
	{"empty name", get + ": a\r\n\r\n", "http.bad-field-name", false},
	{"line without a colon", get + "Transfer-Encoding\r\n\r\n", "http.bad-field-name", false},
	{"name in brackets", get + "(X): a\r\n\r\n", "http.bad-field-name", false},
}

var chunks = []attack{
	{"size with an underscore", te + "1_0\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"size with 0x", te + "0x5\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"size with a sign", te + "+5\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"negative size", te + "-1\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"size beyond 64 bits", te + "10000000000000005\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"size that overflows a signed number", te + "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"no size", te + "\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"no size but an extension", te + ";a=b\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"space before the size", te + " 5\r\nhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"space after the size", te + "5 \r\nhello\r\n0\r\n\r\n", "http.bad-chunk", true},
	{"TERM.EXT: bare LF ends the size line", te + "5\nhello\r\n0\r\n\r\n", "http.bare-lf", false},
	{"EXT.TERM: bare LF in an extension", te + "5;a\nhello\r\n0\r\n\r\n", "http.bare-lf", false},
	{"bare CR in an extension", te + "5;a\rb\r\nhello\r\n0\r\n\r\n", "http.chunk-extension", false},
	{"bare CR ends the size line", te + "5\rhello\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"extension without a name", te + "5;\r\nhello\r\n0\r\n\r\n", "http.chunk-extension", true},
	{"extension with an open quote", te + "5;a=\"b\r\nhello\r\n0\r\n\r\n", "http.chunk-extension", true},
	{"extension with a control byte", te + "5;a=\x01\r\nhello\r\n0\r\n\r\n", "http.chunk-extension", true},
	{"long extension", te + "5;a=" + strings.Repeat("b", 300) + "\r\nhello\r\n0\r\n\r\n", "http.chunk-extension", true},
	{"mostly extensions", te + strings.Repeat("1;a="+strings.Repeat("b", 200)+"\r\nx\r\n", 60) + "0\r\n\r\n", "http.chunk-extension", true},
	{"LF ends the data", te + "5\r\nhello\n0\r\n\r\n", "http.bad-chunk", false},
	{"data longer than its size", te + "5\r\nhelloo\r\n0\r\n\r\n", "http.bad-chunk", false},
	{"data ends without a line end", te + "5\r\nhello0\r\n\r\n", "http.bad-chunk", false},
	{"body cut off in a chunk", te + "5\r\nhel", "http.truncated-body", false},
	{"body cut off before the last chunk", te + "5\r\nhello\r\n", "http.truncated-body", false},
	{"body cut off after the last chunk", te + "5\r\nhello\r\n0\r\n", "http.truncated-body", false},
	{"body shorter than its length", post + "Content-Length: 9\r\n\r\nhello", "http.truncated-body", false},
	{"trailer Content-Length", te + "0\r\nContent-Length: 5\r\n\r\n", "http.bad-trailer", true},
	{"trailer Transfer-Encoding", te + "0\r\nTransfer-Encoding: chunked\r\n\r\n", "http.bad-trailer", true},
	{"trailer Host", te + "0\r\nHost: evil\r\n\r\n", "http.bad-trailer", true},
	{"trailer Authorization", te + "0\r\nAuthorization: Basic eDp5\r\n\r\n", "http.bad-trailer", true},
	{"trailer Cookie", te + "0\r\nCOOKIE: session=admin\r\n\r\n", "http.bad-trailer", true},
	{"trailer X-Forwarded-For", te + "0\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n", "http.bad-trailer", true},
	{"trailer that is conditional", te + "0\r\nIf-Match: x\r\n\r\n", "http.bad-trailer", true},
	{"announced trailer Content-Length", post + "Trailer: X, Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.bad-trailer", false},
	{"announced trailer Host", post + "Trailer: Host\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http.bad-trailer", true},
	{"folded trailer", te + "0\r\nX: a\r\n b\r\n\r\n", "http.obs-fold", true},
	{"trailer section with bare LF", te + "0\r\nX: a\n\r\n", "http.bare-lf", false},
	{"trailer with a control byte", te + "0\r\nX: \x01\r\n\r\n", "http.control-byte", false},
	{"trailer without a name", te + "0\r\n: a\r\n\r\n", "http.bad-field-name", false},
	{"too many trailers", te + "0\r\n" + strings.Repeat("X: a\r\n", 101) + "\r\n", "http.too-many-fields", true},
	{"large trailer", te + "0\r\nX: " + strings.Repeat("a", 4090) + "\r\n\r\n", "http.field-too-large", false},
}

var requestLines = []attack{
	{"asterisk without OPTIONS", "GET * HTTP/1.1" + hostA + "\r\n", "http.bad-target", true},
	{"authority form without CONNECT", "GET a:443 HTTP/1.1" + hostA + "\r\n", "http.bad-target", true},
	{"relative target", "GET admin HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"target of another scheme", "GET file:///etc/passwd HTTP/1.1" + hostA + "\r\n", "http.bad-target", true},
	{"user and password in the target", "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n", "http.bad-target", true},
	{"target and Host disagree", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "http.host-mismatch", true},
	{"target without a host", "GET http:///x HTTP/1.1" + hostA + "\r\n", "http.bad-target", true},
	{"fragment in the target", "GET /a#b HTTP/1.1" + hostA + "\r\n", "http.bad-target", true},
	{"high byte in the target", "GET /\xe9 HTTP/1.1" + hostA + "\r\n", "http.bad-target", true},
	{"control byte in the target", "GET /\x01 HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"NUL in the target", "GET /\x00 HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"tab in the target", "GET /a\tb HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"space in the target", "GET /a b HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"broken percent-encoding", "GET /%zz HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"percent-encoding cut off", "GET /a% HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"two spaces", "GET  / HTTP/1.1" + hostA + "\r\n", "http.bad-target", false},
	{"tab for a space", "GET\t/ HTTP/1.1" + hostA + "\r\n", "http.request-line", false},
	{"space at the start", " GET / HTTP/1.1" + hostA + "\r\n", "http.request-line", false},
	{"space at the end", "GET / HTTP/1.1 " + hostA + "\r\n", "http.bad-version", false},
	{"two empty lines before", "\r\n\r\nGET / HTTP/1.1" + hostA + "\r\n", "http.request-line", false},
	{"HTTP/0.9", "GET /\r\n\r\n", "http.request-line", false},
	{"no version, fields follow", "GET / \r\nHost: a\r\n\r\n", "http.bad-version", false},
	{"lower-case version", "GET / http/1.1" + hostA + "\r\n", "http.bad-version", false},
	{"version with more digits", "GET / HTTP/1.10" + hostA + "\r\n", "http.bad-version", false},
	{"version without a dot", "GET / HTTP/11" + hostA + "\r\n", "http.bad-version", false},
	{"HTTP/1.2", "GET / HTTP/1.2" + hostA + "\r\n", "http.version", true},
	{"HTTP/3.0", "GET / HTTP/3.0" + hostA + "\r\n", "http.version", false},
	{"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http.version", true},
	{"lower-case method", "post / HTTP/1.1" + hostA + "\r\n", "http.unknown-method", true},
	{"method of 33 letters", strings.Repeat("A", 33) + " / HTTP/1.1" + hostA + "\r\n", "http.unknown-method", true},
	{"method with a colon", "GET: / HTTP/1.1" + hostA + "\r\n", "http.bad-method", false},
	{"method with a high byte", "GET\xdf / HTTP/1.1" + hostA + "\r\n", "http.bad-method", false},
	{"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "http.connect", true},
	{"CONNECT with a path", "CONNECT /admin HTTP/1.1" + hostA + "\r\n", "http.connect", true},
	{"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "http.request-line", false},
}

var hosts = []attack{
	{"no Host", "GET / HTTP/1.1\r\n\r\n", "http.no-host", false},
	{"two Hosts", "GET / HTTP/1.1" + hostA + "Host: b\r\n\r\n", "http.duplicate-field", false},
	{"the same Host twice", "GET / HTTP/1.1" + hostA + "Host: a\r\n\r\n", "http.duplicate-field", false},
	{"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "http.bad-host", true},
	{"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "http.bad-host", false},
	{"Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "http.bad-host", false},
	{"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "http.bad-host", false},
	{"Host with a query", "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", "http.bad-host", false},
	{"Host with a percent sign", "GET / HTTP/1.1\r\nHost: %61\r\n\r\n", "http.bad-host", true},
	{"Host with a high byte", "GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n", "http.bad-host", false},
	{"Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "http.bad-host", true},
	{"Host with a name for a port", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", "http.bad-host", true},
	{"Host with a port beyond 65535", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", "http.bad-host", true},
	{"Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", "http.bad-host", true},
	{"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "http.bad-host", true},
	{"Host with a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25lo]\r\n\r\n", "http.bad-host", true},
	{"IPv6 Host that is none", "GET / HTTP/1.1\r\nHost: [1:2:3]\r\n\r\n", "http.bad-host", true},
	{"bad Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", "http.bad-host", false},
	{"two content types", post + "Content-Type: text/plain\r\nContent-Type: application/json\r\n\r\n", "http.duplicate-field", true},
	{"two authorizations", get + "Authorization: Basic eDp5\r\nauthorization: Bearer z\r\n\r\n", "http.duplicate-field", true},
	{"two origins", get + "Origin: https://a\r\nOrigin: https://b\r\n\r\n", "http.duplicate-field", true},
	{"unknown expectation", get + "Expect: 200-ok\r\n\r\n", "http.expect", false},
	{"two expectations", get + "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n", "http.duplicate-field", true},
	{"long request line", "GET /" + strings.Repeat("a", 4096) + " HTTP/1.1" + hostA + "\r\n", "http.request-line-too-long", true},
	{"large field", get + "X: " + strings.Repeat("a", 8192) + "\r\n\r\n", "http.field-too-large", true},
	{"many fields", get + strings.Repeat("X: a\r\n", 100) + "\r\n", "http.too-many-fields", true},
	{"large head", get + strings.Repeat("X: "+strings.Repeat("a", 8000)+"\r\n", 9) + "\r\n", "http.head-too-large", true},
	{"head cut off", "GET / HTTP/1.1\r\nHost: a\r\n", "http.truncated-head", false},
}

// TestAttacks sends each attack to net/http with strict below it, where it must be
// refused with an ID, and to net/http alone, where it must do what the table says.
func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, group := range [][]attack{smuggling, chunks, requestLines, hosts} {
		for _, a := range group {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				f := newFront(t, &strict.Limits{})
				answers := talk(t, f.addr, []byte(a.sent))
				if len(answers) != 1 {
					t.Fatalf("%d answers", len(answers))
				}
				if code := answers[0].code(t); code != a.code {
					t.Errorf("refused with %d %s, want %s", answers[0].status, code, a.code)
				}
				if !answers[0].closes || len(f.requests()) > 0 {
					t.Errorf("the connection stays open or the app saw %q", f.requests())
				}
				if bare := !bareRefuses(t, []byte(a.sent)); bare != a.bare {
					t.Errorf("net/http alone lets it through: %t", bare)
				}
			})
		}
	}
}

// TestEveryCodeHasAnAttack keeps the tables and the codes together.
func TestEveryCodeHasAnAttack(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, group := range [][]attack{smuggling, chunks, requestLines, hosts} {
		for _, a := range group {
			shown[a.code] = true
		}
	}
	for _, refusal := range strict.Refusals() {
		if !shown[refusal.Code] {
			t.Errorf("no attack shows %s", refusal.Code)
		}
		if refusal.Status < 400 || refusal.Public == "" || !refusal.CloseConn {
			t.Errorf("%s: status %d, public %q", refusal.Code, refusal.Status, refusal.Public)
		}
	}
}
