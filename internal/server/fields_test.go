package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// seen answers with what an app would see of a request.
var seen = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s host=%s length=%d header=%v trailer=%v tls=%v",
		r.Method, r.RequestURI, r.Host, r.ContentLength, r.Header, r.Trailer, r.TLS != nil)
})

// request is one HTTP/2 request as lines "name: value", pseudo-header fields first.
type request struct {
	fields string
	body   string
	open   bool // the stream stays open after the fields
}

// ask sends one HTTP/2 request frame by frame and returns status and body, or 0 and why
// the stream ended.
func ask(t *testing.T, r *running, q request) (int, string) {
	t.Helper()
	c := r.dialTLS(t, "h2")
	defer c.Close()
	f := openHTTP2(c)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, line := range strings.Split(strings.TrimSpace(q.fields), "\n") {
		line = strings.TrimLeft(line, "\t")
		i := strings.Index(line[1:], ":") + 1
		encoder.WriteField(hpack.HeaderField{Name: line[:i], Value: strings.TrimPrefix(line[i+1:], " ")})
	}
	f.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: q.body == "" && !q.open,
	})
	if q.body != "" {
		f.WriteData(1, !q.open, []byte(q.body))
	}
	status, body := 0, ""
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return status, err.Error()
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			fmt.Sscan(frame.PseudoValue("status"), &status)
		case *http2.DataFrame:
			body += string(frame.Data())
		case *http2.RSTStreamFrame:
			return status, "reset: " + frame.ErrCode.String()
		case *http2.GoAwayFrame:
			return status, "goaway: " + frame.ErrCode.String()
		}
		if h := frame.Header(); h.StreamID == 1 && h.Flags.Has(http2.FlagDataEndStream) &&
			(h.Type == http2.FrameData || h.Type == http2.FrameHeaders) {
			return status, body
		}
	}
}

func codeOf(body string) string {
	var problem struct{ Code string }
	json.Unmarshal([]byte(body), &problem)
	return problem.Code
}

const start2 = ":method: GET\n:scheme: https\n:path: /\n:authority: localhost\n"

// Requests of HTTP/2 that break RFC 9113 or RFC 9110. What golang's library lets through
// must be refused with the code that the same fault has in HTTP/1.
func TestMalformedHTTP2(t *testing.T) {
	t.Parallel()
	guarded := start(t, server.WellFormed(seen), nil)
	bare := start(t, seen, nil)
	tests := []struct {
		name string
		request
		code string // "" where the library ends the stream itself
		one  string // the same fault in HTTP/1, if it can be said there
	}{
		{"absolute path with another host", request{fields: ":method: GET\n:scheme: https\n:path: http://evil.example/x\n:authority: localhost"}, "http.bad-target", ""},
		{"space in the path", request{fields: ":method: GET\n:scheme: https\n:path: /a b HTTP/1.1\n:authority: localhost"}, "http.bad-target", ""},
		{"fragment in the path", request{fields: ":method: GET\n:scheme: https\n:path: /a#b\n:authority: localhost"}, "http.bad-target", "GET /a#b HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		{"UTF-8 in the path", request{fields: ":method: GET\n:scheme: https\n:path: /\u00e4\n:authority: localhost"}, "http.bad-target", "GET /\u00e4 HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		{"star for GET", request{fields: ":method: GET\n:scheme: https\n:path: *\n:authority: localhost"}, "http.bad-target", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		{"CONNECT", request{fields: ":method: CONNECT\n:authority: evil.example:443"}, "http.connect", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"},
		{"authority and Host differ", request{fields: start2 + "host: evil.example"}, "http.host-mismatch", "GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
		{"two Hosts", request{fields: start2 + "host: localhost\nhost: localhost"}, "http.duplicate-field", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"},
		{"no host", request{fields: ":method: GET\n:scheme: https\n:path: /"}, "http.no-host", "GET / HTTP/1.1\r\n\r\n"},
		{"path in the host", request{fields: ":method: GET\n:scheme: https\n:path: /\n:authority: localhost/evil"}, "http.bad-host", "GET / HTTP/1.1\r\nHost: localhost/evil\r\n\r\n"},
		{"port in the host is no number", request{fields: ":method: GET\n:scheme: https\n:path: /\n:authority: localhost:x"}, "http.bad-host", "GET / HTTP/1.1\r\nHost: localhost:x\r\n\r\n"},
		{"two lengths", request{fields: start2 + "content-length: 5\ncontent-length: 3", body: "hello"}, "http.duplicate-field", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nhello"},
		{"length is no number", request{fields: start2 + "content-length: 5, 5"}, "http.bad-length", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nhello"},
		{"length has a sign", request{fields: start2 + "content-length: +5"}, "http.bad-length", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello"},
		{"length without a body", request{fields: start2 + "content-length: 5"}, "http.bad-length", ""},
		{"two types", request{fields: start2 + "content-type: text/plain\ncontent-type: application/json"}, "http.duplicate-field", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Type: application/json\r\n\r\n"},
		{"two authorizations", request{fields: start2 + "authorization: a\nauthorization: b"}, "http.duplicate-field", "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n"},
		{"two origins", request{fields: start2 + "origin: https://a\norigin: https://b"}, "http.duplicate-field", "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a\r\nOrigin: https://b\r\n\r\n"},
		{"white space around a value", request{fields: start2 + "x-a: b \nx-c: d"}, "http.control-byte", ""},
		{"percent without digits in the path", request{fields: ":method: GET\n:scheme: https\n:path: /%2\n:authority: localhost"}, "", "GET /%2 HTTP/1.1\r\nHost: localhost\r\n\r\n"},

		{"connection field", request{fields: start2 + "connection: close"}, "", ""},
		{"transfer coding", request{fields: start2 + "transfer-encoding: chunked", body: "0\r\n\r\n"}, "", ""},
		{"name in capitals", request{fields: start2 + "X-A: b"}, "", ""},
		{"line feed in a value", request{fields: start2 + "x-a: b\vc"}, "", ""},
		{"pseudo field after another", request{fields: ":method: GET\n:scheme: https\nx-a: b\n:path: /"}, "", ""},
		{"two paths", request{fields: start2 + ":path: /b"}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, body := ask(t, bare, test.request)
			if passes := status == 200; passes != (test.code != "") {
				t.Errorf("without the protection: %d %q", status, body)
			}
			status, body = ask(t, guarded, test.request)
			if status == 200 || codeOf(body) != test.code {
				t.Errorf("HTTP/2: %d %q, want code %q", status, body, test.code)
			}
			if test.one == "" {
				return
			}
			c := guarded.dialTLS(t, "http/1.1")
			got := send(t, c, test.one)
			_, body, _ = strings.Cut(got, "\r\n\r\n")
			if test.code != "" && codeOf(body) != test.code || !strings.HasPrefix(got, "HTTP/1.1 4") && !strings.HasPrefix(got, "HTTP/1.1 5") {
				t.Errorf("HTTP/1: %q, want code %q", got, test.code)
			}
		})
	}
}

func TestWellFormedHTTP2Passes(t *testing.T) {
	t.Parallel()
	r := start(t, server.WellFormed(seen), nil)
	tests := []struct {
		name string
		request
		want string
	}{
		{"plain scheme, over TLS", request{fields: ":method: GET\n:scheme: http\n:path: /\n:authority: localhost"}, "tls=true"},
		{"usual", request{fields: start2}, "GET / host=localhost length=0 header=map[]"},
		{"query with odd marks", request{fields: ":method: GET\n:scheme: https\n:path: /a%20b?c=100%&d=\"<>\n:authority: localhost:8443"}, "GET /a%20b?c=100%&d=\"<> host=localhost:8443"},
		{"Host in place of authority", request{fields: ":method: GET\n:scheme: https\n:path: /\nhost: localhost"}, "host=localhost length=0 header=map[]"},
		{"both, which agree", request{fields: start2 + "host: LOCALHOST"}, "host=localhost length=0 header=map[]"},
		{"IPv6", request{fields: ":method: GET\n:scheme: https\n:path: /\n:authority: [::1]:8443"}, "host=[::1]:8443"},
		{"star for OPTIONS", request{fields: ":method: OPTIONS\n:scheme: https\n:path: *\n:authority: localhost"}, "OPTIONS * "},
		{"with a length", request{fields: start2 + "content-length: 5", body: "hello"}, "length=5"},
		{"without a length", request{fields: start2, body: "hello"}, "length=-1"},
		{"length zero", request{fields: start2 + "content-length: 0"}, "length=0"},
		{"split cookies", request{fields: start2 + "cookie: a=1\ncookie: b=2"}, "map[Cookie:[a=1; b=2]]"},
		{"repeated list field", request{fields: start2 + "accept: a\naccept: b"}, "map[Accept:[a b]]"},
		{"trailers are dropped", request{fields: start2 + "trailer: x-sum", body: "hello"}, "trailer=map[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, body := ask(t, r, test.request)
			if status != 200 || !strings.Contains(body, test.want) {
				t.Errorf("%d %q, want %q", status, body, test.want)
			}
		})
	}
}

// The same faults, as far as the library for HTTP/3 lets a client write them.
func TestMalformedHTTP3(t *testing.T) {
	t.Parallel()
	refused := func(change func(*http.Request)) string {
		r := httptest.NewRequest("GET", "https://localhost/", nil)
		r.ProtoMajor, r.ProtoMinor, r.Proto, r.RequestURI = 3, 0, "HTTP/3.0", "/"
		change(r)
		w := httptest.NewRecorder()
		server.WellFormed(seen).ServeHTTP(w, r)
		return codeOf(w.Body.String())
	}
	for _, test := range []struct {
		code   string
		change func(*http.Request)
	}{
		{"http.bad-target", func(r *http.Request) { r.RequestURI = "/a b" }},
		{"http.connect", func(r *http.Request) { r.Method, r.Proto = "CONNECT", "websocket" }},
		{"http.bad-host", func(r *http.Request) { r.Host = "local host" }},
		{"http.duplicate-field", func(r *http.Request) { r.Header["Origin"] = []string{"a", "b"} }},
		{"http.bad-length", func(r *http.Request) { r.Header.Set("Content-Length", "5") }},
		{"", func(r *http.Request) { r.RequestURI = "/" }},
	} {
		if code := refused(test.change); code != test.code {
			t.Errorf("code %q, want %q", code, test.code)
		}
	}
}

func TestContinueOverHTTP3(t *testing.T) {
	t.Parallel()
	r := start(t, server.WellFormed(seen), func(cfg *config.Config) { cfg.Server.HTTP3 = true })
	request, _ := http.NewRequest("POST", r.url("/"), strings.NewReader("hello"))
	request.Header.Set("Expect", "100-continue")
	told := 0
	request = request.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { told = code; return nil },
	}))
	answer, err := r.client("h3").Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if told != 100 || !strings.Contains(string(body), "length=5") || strings.Contains(string(body), "Expect") {
		t.Errorf("interim answer %d, %q", told, body)
	}
}

// Whatever a client of HTTP/2 writes, what passes can be said in HTTP/1 in one way only:
// net/http, reading it there, sees the same request.
func FuzzWellFormedRequestMeansTheSameInHTTP1(f *testing.F) {
	f.Add("GET", "/", "localhost", "x-a", "b", "5")
	f.Add("POST", "/a?b=c", "[::1]:1", "accept", "*/*", "")
	f.Add("GET", "/a b HTTP/1.1\r\nX: y", "a@b", "host", "c", "+5")
	f.Add("GET", "//evil/%zz", "localhost:99999", "origin", " ", "0x5")
	f.Fuzz(func(t *testing.T, method, target, host, name, value, length string) {
		r := httptest.NewRequest("GET", "https://localhost/", nil)
		r.ProtoMajor, r.Proto, r.Method, r.RequestURI, r.Host = 2, "HTTP/2.0", method, target, host
		r.Header = http.Header{}
		if !token(method) || !token(name) || !httpguts.ValidHeaderFieldValue(value) {
			return // the libraries refuse these, and guard/limits the method
		}
		r.Header.Add(name, value)
		if length != "" {
			r.Header["Content-Length"] = []string{length}
			fmt.Sscan(length, &r.ContentLength)
		}
		passed := false
		server.WellFormed(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { passed = true })).
			ServeHTTP(httptest.NewRecorder(), r)
		if !passed {
			return
		}
		var text bytes.Buffer
		fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, r.Host)
		r.Header.Write(&text)
		again, err := http.ReadRequest(bufioReader(text.String() + "\r\n"))
		if err != nil {
			if name := http.CanonicalHeaderKey(name); name == "Transfer-Encoding" || name == "Content-Length" || name == "Trailer" {
				return // connection-specific: the library for HTTP/2 refuses or removes it
			}
			t.Fatalf("%v in %q", err, text.String())
		}
		if again.RequestURI != target || again.Method != method || !strings.EqualFold(again.Host, r.Host) {
			t.Errorf("%q is read as %s %q of %q", text.String(), again.Method, again.RequestURI, again.Host)
		}
	})
}
