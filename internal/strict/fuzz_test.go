package strict_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/strict"
)

// FuzzConn lets net/http's own parser read what Conn lets through. It must never find a
// fault, and must find the method, the target, the fields and the body that a reader as
// plain as possible sees in the same bytes. How the bytes arrive must not matter.
func FuzzConn(f *testing.F) {
	for _, group := range [][]attack{smuggling, chunks, requestLines, hosts} {
		for _, a := range group {
			if len(a.sent) < 1000 {
				f.Add([]byte(a.sent), uint8(3))
			}
		}
	}
	for _, sent := range []string{
		get + "\r\n" + get + "\r\n",
		"\r\n" + get + "Connection: upgrade\r\n\r\n\x81\x00",
		post + "Content-Length: 5\r\n\r\nhello" + second,
		te + "5;a=\"b;c\"\r\nhello\r\n0\r\nX: y\r\n\r\n" + second,
		"OPTIONS * HTTP/1.0\r\n\r\n",
		"GET http://[::1]:80/?a=%zz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
	} {
		f.Add([]byte(sent), uint8(200))
	}
	f.Fuzz(func(t *testing.T, sent []byte, step uint8) {
		whole := readAll(t, strict.NewConn(&fakeConn{pieces: [][]byte{bytes.Clone(sent)}}, strict.Limits{}))
		parts := readAll(t, strict.NewConn(&fakeConn{pieces: cut(sent, int(step)+1)}, strict.Limits{}))
		if whole != parts {
			t.Errorf("in one piece:\n%s\nin pieces of %d:\n%s", whole, int(step)+1, parts)
		}
	})
}

func cut(sent []byte, size int) (pieces [][]byte) {
	for len(sent) > 0 {
		n := min(size, len(sent))
		pieces = append(pieces, bytes.Clone(sent[:n]))
		sent = sent[n:]
	}
	return pieces
}

// readAll reads requests from c as http.Server does, compares each with the plain reading
// of its head, and returns what it saw, with how it ended.
func readAll(t *testing.T, c *strict.Conn) string {
	t.Helper()
	var saw strings.Builder
	in := bufio.NewReaderSize(c, 128<<10)
	for {
		head, err := peekHead(in)
		if err != nil {
			return saw.String() + ending(t, err)
		}
		head = bytes.Clone(head)
		r, err := http.ReadRequest(in)
		if err != nil {
			t.Fatalf("net/http: %v in %q", err, head)
		}
		r = r.WithContext(strict.WithConn(context.Background(), c))
		if err := strict.Refused(r); err != nil {
			return saw.String() + ending(t, err)
		}
		plain := readPlainly(head)
		if r.Method != plain.method || r.RequestURI != plain.target || countFields(r) != plain.fields {
			t.Fatalf("net/http sees %s %s with %d fields in %q", r.Method, r.RequestURI, countFields(r), head)
		}
		if !strings.EqualFold(r.Host, plain.host) && !strings.Contains(plain.target, "://") {
			t.Fatalf("net/http sees the host %q in %q", r.Host, head)
		}
		if chunked := len(r.TransferEncoding) > 0; chunked != plain.chunked || !chunked && r.ContentLength != plain.length {
			t.Fatalf("net/http sees length %d, chunked %t in %q", r.ContentLength, chunked, head)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return saw.String() + ending(t, err)
		}
		if !plain.chunked && int64(len(body)) != plain.length {
			t.Fatalf("net/http reads %d bytes of body after %q", len(body), head)
		}
		saw.WriteString(describe(r.Method, r.RequestURI, body) + "\n")
	}
}

// ending puts the end of a connection into words; only EOF and a refusal are ends.
func ending(t *testing.T, err error) string {
	t.Helper()
	var refusal *fumehood.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	if err != io.EOF {
		t.Fatalf("the connection ends with %v", err)
	}
	return "end"
}

func peekHead(in *bufio.Reader) ([]byte, error) {
	for n := 1; ; n = in.Buffered() + 1 {
		if _, err := in.Peek(n); err != nil {
			return nil, err
		}
		b, _ := in.Peek(in.Buffered())
		if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
			return b[:i+4], nil
		}
	}
}

type plainRequest struct {
	method, target, host string
	fields               int
	chunked              bool
	length               int64
}

// readPlainly reads a head by splitting at line ends, spaces and colons.
func readPlainly(head []byte) (p plainRequest) {
	lines := strings.Split(string(head), "\r\n")
	parts := strings.Split(lines[0], " ")
	p.method, p.target = parts[0], parts[1]
	for _, line := range lines[1 : len(lines)-2] {
		name, value, _ := strings.Cut(line, ":")
		p.fields++
		switch value = strings.Trim(value, " \t"); strings.ToLower(name) {
		case "trailer", "cache-control":
			p.fields--
		case "host":
			p.fields--
			p.host = value
		case "transfer-encoding":
			p.chunked = true
		case "content-length":
			p.length, _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return p
}

// countFields counts the fields that net/http keeps, without those that it adds or takes
// out by itself.
func countFields(r *http.Request) int {
	n := len(r.TransferEncoding)
	for name, values := range r.Header {
		if name != "Trailer" && name != "Cache-Control" {
			n += len(values)
		}
	}
	return n
}
