package strict_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/strict"
)

// streams are what a Conn lets through whole.
var streams = []string{
	get + "\r\n",
	get + "\r\n" + second + get + "X: caf\xe9\r\n\r\n",
	"\r\n" + get + "\r\n\r\n" + second,
	post + "Content-Length: 5\r\n\r\nhello" + second,
	post + "Content-Length: 0005\r\n\r\nhello",
	te + "5\r\nhello\r\n000\r\n\r\n" + second,
	te + "A;a=b;c = \"d;\\\"e\"\r\n0123456789\r\n0\r\nX-Checksum: 1\r\nVary: *\r\n\r\n" + second,
	"GET / HTTP/1.0\r\n\r\n",
	"GET http://a:8080?x HTTP/1.1\r\nHost: A:8080\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: [::1]\r\nExpect: 100-Continue\r\n\r\n",
	"M-SEARCH //a%20b\\?%zz[]|\"{} HTTP/1.1\r\nHost: a_b.example\r\nConnection: close, te\r\n\r\n",
}

// TestFragments cuts each stream at every place, and into single bytes, and wants the same
// bytes let through and the same refusal.
func TestFragments(t *testing.T) {
	t.Parallel()
	all := append([]string(nil), streams...)
	for _, group := range [][]attack{smuggling, chunks, requestLines, hosts} {
		for _, a := range group {
			if len(a.sent) < 1000 {
				all = append(all, a.sent)
			}
		}
	}
	piece := func(s string) []byte { return []byte(s) }
	for i, sent := range all {
		passed, code := verdict(t, strict.Limits{}, piece(sent))
		if whole := strings.ReplaceAll(sent, "\r\n\r\n\r\n", "\r\n\r\n"); i < len(streams) && (code != "" || string(passed) != strings.TrimPrefix(whole, "\r\n")) {
			t.Errorf("%q: %q was let through, then %q", sent, passed, code)
		}
		check := func(pieces ...[]byte) {
			if p, c := verdict(t, strict.Limits{}, pieces...); c != code || !bytes.Equal(p, passed) {
				t.Errorf("%q in %d pieces, the first of %d: %q, then %q; want %q, then %q", sent, len(pieces), len(pieces[0]), p, c, passed, code)
			}
		}
		for at := 1; at < len(sent); at++ {
			check(piece(sent[:at]), piece(sent[at:]))
		}
		check(cut([]byte(sent), 1)...)
	}
}

// TestLimitsAreExact wants what just fits to pass, in one piece and byte by byte.
func TestLimitsAreExact(t *testing.T) {
	t.Parallel()
	lim := strict.Limits{RequestLine: 40, Fields: 3, FieldSize: 30, Head: 100}
	head := func(line, fields int, sizes ...int) string {
		s := "GET /" + strings.Repeat("a", line-len("GET / HTTP/1.0\r\n")) + " HTTP/1.0\r\n"
		for _, size := range sizes {
			s += "X: " + strings.Repeat("a", size-len("X: \r\n")) + "\r\n"
		}
		return s + strings.Repeat("Y:\r\n", fields) + "\r\n"
	}
	for _, c := range []struct{ name, sent, code string }{
		{"line fits", head(40, 0), ""},
		{"line too long", head(41, 0), "http.request-line-too-long"},
		{"field fits", head(20, 0, 30), ""},
		{"field too large", head(20, 0, 31), "http.field-too-large"},
		{"fields fit", head(20, 3), ""},
		{"too many fields", head(20, 4), "http.too-many-fields"},
		{"head fits", head(38, 0, 30, 30), ""},
		{"head too large", head(39, 0, 30, 30), "http.head-too-large"},
		{"trailers fit", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA:\r\nB:\r\nC:\r\n\r\n", ""},
		{"too many trailers", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", "http.too-many-fields"},
		{"trailer too large", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + strings.Repeat("a", 30) + "\r\n\r\n", "http.field-too-large"},
	} {
		for _, pieces := range [][][]byte{{[]byte(c.sent)}, cut([]byte(c.sent), 1)} {
			if passed, code := verdict(t, lim, pieces...); code != c.code || code == "" && string(passed) != c.sent {
				t.Errorf("%s: %q passed, then %q", c.name, passed, code)
			}
		}
	}
}

// TestDripIsLinear sends a head of a megabyte one byte at a time. Were the search for its
// end begun anew for each byte, this would take minutes.
func TestDripIsLinear(t *testing.T) {
	t.Parallel()
	lim := strict.Limits{FieldSize: 1 << 20, Head: 1 << 20}
	sent := get + "X: " + strings.Repeat("a", 1<<20-100) + "\r\n\r\n"
	passed, _, err := drain(t, strict.NewConn(&fakeConn{pieces: [][]byte{[]byte(sent)}, most: 1}, lim))
	if string(passed) != sent || err != io.EOF {
		t.Errorf("%d bytes passed, then %v", len(passed), err)
	}
}

func TestPipeline(t *testing.T) {
	t.Parallel()
	f := newFront(t, &strict.Limits{})
	sent := get + "\r\n" + post + "Content-Length: 5\r\n\r\nhello" + te + "5\r\nworld\r\n0\r\n\r\n" + second
	answers := talk(t, f.addr, []byte(sent))
	want := []string{describe("GET", "/", nil), describe("POST", "/in", []byte("hello")), describe("POST", "/in", []byte("world")), describe("GET", "/admin", nil)}
	if got := f.requests(); len(answers) != 4 || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d answers, the app saw %q", len(answers), got)
	}
}

// TestBadRequestAfterGoodOnes wants the good ones answered and only the bad one refused,
// though Conn has read ahead to it while they are served.
func TestBadRequestAfterGoodOnes(t *testing.T) {
	t.Parallel()
	f := newFront(t, &strict.Limits{})
	answers := talk(t, f.addr, []byte(get+"\r\n"+second+"GET * HTTP/1.1\r\nHost: a\r\n\r\n"+second))
	if len(answers) != 3 || answers[0].status != 200 || answers[1].status != 200 {
		t.Fatalf("%d answers: %v", len(answers), answers)
	}
	if code := answers[2].code(t); code != "http.bad-target" || len(f.requests()) != 2 {
		t.Errorf("%s, the app saw %q", code, f.requests())
	}
}

// TestForgedStandIn has a client send what a stand-in looks like, with a bad request
// behind it, so that the connection does carry a refusal.
func TestForgedStandIn(t *testing.T) {
	t.Parallel()
	f := newFront(t, &strict.Limits{})
	const forged = "GET / HTTP/1.1\r\nHost: invalid\r\nAccept: */*\r\nFumehood-Refused: AAAAAAAAAAAAAAAAAAAAAAAAAA\r\nConnection: keep-alive\r\n\r\n"
	answers := talk(t, f.addr, []byte(forged+strings.ReplaceAll(forged, "AAAAAAAAAAAAAAAAAAAAAAAAAA", "")+"BAD\r\n\r\n"))
	if len(answers) != 3 || answers[0].status != 200 || answers[1].status != 200 || answers[2].status != 400 {
		t.Errorf("%d answers: %v", len(answers), answers)
	}
	if n := len(f.requests()); n != 2 {
		t.Errorf("the app saw %d requests", n)
	}
}

// TestStandInsDiffer: what one connection reveals must not help on another.
func TestStandInsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		c := strict.NewConn(&fakeConn{pieces: [][]byte{[]byte("BAD\r\n")}}, strict.Limits{})
		_, standIn, _ := drain(t, c)
		if standIn == nil {
			t.Fatal("no stand-in")
		}
		word := standIn.Header.Get("Fumehood-Refused")
		if len(word) < 26 || seen[word] { // 26 letters of base 32 are 130 bits
			t.Fatalf("word %q", word)
		}
		seen[word] = true
		standIn.Header.Set("Fumehood-Refused", word[1:]+"A")
		if strict.Refused(standIn) != nil {
			t.Fatal("another word is taken for the right one")
		}
	}
}

// TestRefusedClientGetsItsAnswer sends far more than is read, without ending its side:
// closing at once would have the kernel reset the connection and lose the answer.
func TestRefusedClientGetsItsAnswer(t *testing.T) {
	t.Parallel()
	f := newFront(t, &strict.Limits{})
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	sent := get + "Accept: text/html\r\nCookie: " + strings.Repeat("a", 200<<10)
	if _, err := io.WriteString(conn, sent); err != nil {
		t.Fatal(err)
	}
	answers, err := readAnswers(conn)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	if got := answers[0].code(t); got != "a page with 431" {
		t.Errorf("a browser gets %s", got)
	}
}

// TestBodyErrors wants what a body reader gets to be a refusal, and a body cut off to be
// known as such as well.
func TestBodyErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent string
		eof  bool
	}{
		{post + "Content-Length: 9\r\n\r\nhello", true},
		{te + "5\r\nhel", true},
		{te + "5\r\nhello\r\n0\r\nX: y\r\n", true},
		{te + "5\r\nhello\r\n0\r\nHost: b\r\n\r\n", false},
		{te + "5\r\nhello\r\nx\r\n", false},
	} {
		f := newFront(t, &strict.Limits{})
		talk(t, f.addr, []byte(c.sent))
		var refusal *fumehood.Refusal
		if len(f.errs) != 1 || !errors.As(f.errs[0], &refusal) || refusal.Status != 400 || errors.Is(f.errs[0], io.ErrUnexpectedEOF) != c.eof {
			t.Errorf("%q: %v", c.sent, f.errs)
		}
	}
}

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	f := newFront(t, &strict.Limits{})
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, post+"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	in.ReadString('\n')
	io.WriteString(conn, "hello")
	if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != 200 {
		t.Fatalf("%v, %v", res, err)
	}
}

// TestErrorsFromBelow wants them unchanged, and reading to go on after a deadline.
func TestErrorsFromBelow(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	below := &fakeConn{pieces: [][]byte{[]byte("GET / HT")}, end: os.ErrDeadlineExceeded}
	c := strict.NewConn(below, strict.Limits{})
	var b [4096]byte
	if n, err := c.Read(b[:]); n != 0 || err != os.ErrDeadlineExceeded {
		t.Fatalf("%d, %v", n, err)
	}
	below.pieces, below.end = [][]byte{[]byte("TP/1.0\r\n\r\n")}, reset
	if n, err := c.Read(b[:]); string(b[:n]) != "GET / HTTP/1.0\r\n\r\n" || err != nil {
		t.Fatalf("%q, %v", b[:n], err)
	}
	if n, err := c.Read(b[:]); n != 0 || err != reset {
		t.Fatalf("%d, %v", n, err)
	}
}

// TestIdleConnectionsAreSmall keeps 10,000 connections that have served a request.
func TestIdleConnectionsAreSmall(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const conns = 10_000
	all := make([]*strict.Conn, 0, conns)
	below := make([]fakeConn, conns)
	var b [4096]byte
	before := heap()
	for i := range below {
		below[i].pieces = [][]byte{[]byte("GET / HTTP/1.0\r\n"), []byte("X: y\r\n\r\n")}
		c := strict.NewConn(&below[i], strict.Limits{})
		if n, err := c.Read(b[:]); n == 0 || err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	each := (heap() - before) / conns
	t.Logf("an idle connection holds %d bytes", each)
	if each > 512 {
		t.Errorf("an idle connection holds %d bytes", each)
	}
	runtime.KeepAlive(all)
}
