package http1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/strict"
)

// piecesConn is a client that sends bytes and leaves.
type piecesConn struct {
	net.Conn
	left []byte
}

func (c *piecesConn) Read(b []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *piecesConn) SetReadDeadline(time.Time) error { return nil }

const someHost = " HTTP/1.1\r\nHost: a.example\r\n"

// heads are requests that are easy to read in two ways.
var heads = []string{
	"GET /" + someHost + "\r\n",
	"GET / HTTP/1.0\r\n\r\n",
	"GET //evil.example/y" + someHost + "\r\n",
	"GET /a%20b%2Fc;d=e@f:1/..//./%e4?x=%zz&y=/?" + someHost + "\r\n",
	"GET /?" + someHost + "\r\n",
	"GET /a??" + someHost + "\r\n",
	"GET /:80" + someHost + "\r\n",
	"GET /*" + someHost + "\r\n",
	"GET /a+b!$&'()*,=[]|^`{}\"<>\\" + someHost + "\r\n",
	"OPTIONS *" + someHost + "\r\n",
	"OPTIONS * HTTP/1.0\r\n\r\n",
	"GET http://a.example" + someHost + "\r\n",
	"GET http://A.example/x?y" + someHost + "\r\n",
	"GET https://[::1]:80/?a=%zz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
	"GET http://a.example/ HTTP/1.0\r\n\r\n",
	"GET /" + someHost + "X:\r\nX: \t a \t b \t\r\nx: \xe4\r\nx-y_z: 1\r\nX!: 2\r\n\r\n",
	"GET /" + someHost + "Connection: keep-alive, Close\r\n\r\n",
	"GET /" + someHost + "Connection: x\r\nConnection: close\r\n\r\n",
	"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
	"GET /" + someHost + "Pragma: no-cache\r\n\r\n",
	"GET /" + someHost + "Pragma: no-cache\r\nCache-Control: x\r\n\r\n",
	"GET /" + someHost + "Pragma: x\r\nPragma: no-cache\r\n\r\n",
	"POST /" + someHost + "Content-Length: 0\r\n\r\n",
	"POST /" + someHost + "Content-Length: 005\r\n\r\nhello",
	"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
	"POST /" + someHost + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"POST /" + someHost + "Transfer-Encoding: chunked\r\nTrailer: x-a, , X-B\r\nTrailer: x-c\r\n\r\n0\r\nX-A: 1\r\n\r\n",
	"POST /" + someHost + "Trailer: x-a\r\nContent-Length: 0\r\n\r\n",
	"POST /" + someHost + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
	"\r\nGET /" + someHost + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
	"GET /" + someHost + "Trailer:\r\nHost-X: y\r\nUser-Agent: z\r\n\r\n",
}

// FuzzParse: each head that package strict lets through is read as http.ReadRequest reads
// it, in all that a handler can see.
func FuzzParse(f *testing.F) {
	for _, head := range heads {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, sent []byte) { compare(t, sent) })
}

// TestHeads sees to it that strict lets the seeds through, so that they compare something.
func TestHeads(t *testing.T) {
	t.Parallel()
	for _, sent := range heads {
		if !compare(t, []byte(sent)) {
			t.Errorf("strict refuses %q", sent)
		}
	}
}

// compare reads a head in both ways, and reports whether strict has let it through.
func compare(t *testing.T, sent []byte) bool {
	t.Helper()
	nc := strict.NewConn(&piecesConn{left: bytes.Clone(sent)}, strict.Limits{})
	c := &conn{srv: &Server{}, nc: nc}
	c.br = bufio.NewReader(c)
	head, err := c.readHead()
	if err != nil {
		return false
	}
	want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(head + "\r\n"))))
	if err != nil {
		t.Fatalf("net/http does not read %q: %v", head, err)
	}
	got, u := http.Request{}, url.URL{}
	if err := parse(head, &got, &u); err != nil {
		t.Fatalf("%q is not read: %v", head, err)
	}
	same(t, head, &got, want)
	return strict.Refused(want.WithContext(strict.WithConn(context.Background(), nc))) == nil
}

func same(t *testing.T, head string, got, want *http.Request) {
	t.Helper()
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"Method", got.Method, want.Method},
		{"URL", *got.URL, *want.URL},
		{"RequestURI", got.RequestURI, want.RequestURI},
		{"Proto", got.Proto, want.Proto},
		{"ProtoMajor", got.ProtoMajor, want.ProtoMajor},
		{"ProtoMinor", got.ProtoMinor, want.ProtoMinor},
		{"Host", got.Host, want.Host},
		{"Header", got.Header, want.Header},
		{"ContentLength", got.ContentLength, want.ContentLength},
		{"TransferEncoding", got.TransferEncoding, want.TransferEncoding},
		{"Close", got.Close, want.Close},
		{"Trailer", got.Trailer, want.Trailer},
	} {
		if !reflect.DeepEqual(part.got, part.want) {
			t.Errorf("%s is %#v, with net/http %#v, in %q", part.name, part.got, part.want, head)
		}
	}
	for name, values := range got.Header {
		if len(values) == 1 && cap(values) > 1 {
			t.Errorf("an append to %s would write over another field", name)
		}
	}
}
