package strict_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/fumehood/fumehood/internal/strict"
)

// browserHead is a page load as a desktop browser sends it, with a session cookie.
const browserHead = "GET /notes/42?page=2 HTTP/1.1\r\n" +
	"Host: notes.example.org\r\n" +
	"Connection: keep-alive\r\n" +
	"Cache-Control: max-age=0\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n" +
	"sec-ch-ua-mobile: ?0\r\n" +
	"sec-ch-ua-platform: \"Linux\"\r\n" +
	"Upgrade-Insecure-Requests: 1\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
	"Sec-Fetch-Site: same-origin\r\n" +
	"Sec-Fetch-Mode: navigate\r\n" +
	"Sec-Fetch-User: ?1\r\n" +
	"Sec-Fetch-Dest: document\r\n" +
	"Referer: https://notes.example.org/notes\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Accept-Language: en-GB,en;q=0.9\r\n" +
	"Cookie: __Host-session=eyJ1c2VyIjoxMjN9.ZyH3Qw.k2s8v3cB1mQfXo0n7d5TzJt9yqE; theme=dark\r\n\r\n"

// endlessConn repeats one piece for ever.
type endlessConn struct {
	net.Conn
	piece []byte
}

func (c *endlessConn) Read(b []byte) (int, error) { return copy(b, c.piece), nil }

// BenchmarkRead is the whole cost of a request in Conn: reading it and judging it.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ name, piece string }{
		{"browser", browserHead},
		{"small", get + "\r\n"},
		{"chunked", te + "400\r\n" + strings.Repeat("x", 1024) + "\r\n0\r\n\r\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			conn := strict.NewConn(&endlessConn{piece: []byte(c.piece)}, strict.Limits{})
			var buf [4096]byte
			b.ReportAllocs()
			b.SetBytes(int64(len(c.piece)))
			for b.Loop() {
				if n, err := conn.Read(buf[:]); n != len(c.piece) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkReadInTwo is the same with the head in two pieces, which takes a buffer.
func BenchmarkReadInTwo(b *testing.B) {
	below := &fakeConn{}
	conn := strict.NewConn(below, strict.Limits{})
	var buf [4096]byte
	head := []byte(browserHead)
	pieces := make([][]byte, 2)
	b.ReportAllocs()
	for b.Loop() {
		pieces[0], pieces[1] = head[:300], head[300:]
		below.pieces = pieces
		if n, err := conn.Read(buf[:]); n != len(head) || err != nil {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkServer is a request and its answer over loopback on one kept connection, with
// net/http alone and with strict below it.
func BenchmarkServer(b *testing.B) {
	upload := post + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", 64<<10)
	var large strings.Builder
	large.WriteString(te)
	for range 16 {
		large.WriteString("1000\r\n" + strings.Repeat("x", 4096) + "\r\n")
	}
	large.WriteString("0\r\n\r\n")
	for _, c := range []struct{ name, sent string }{
		{"browser", browserHead}, {"upload 64 KB", upload}, {"chunked 64 KB", large.String()},
	} {
		for _, lim := range []*strict.Limits{nil, {}} {
			name := c.name + "/bare"
			if lim != nil {
				name = c.name + "/strict"
			}
			b.Run(name, func(b *testing.B) { benchServer(b, lim, []byte(c.sent)) })
		}
	}
}

func benchServer(b *testing.B, lim *strict.Limits, sent []byte) {
	addr := serve(b, lim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "hello")
	}))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if _, err := conn.Write(sent); err != nil {
			b.Fatal(err)
		}
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(bytes.TrimSpace(line)) == 0 {
				break
			}
		}
		if _, err := in.Discard(len("hello")); err != nil {
			b.Fatal(err)
		}
	}
	// Client and server together; on a busy machine it says more than the time does.
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func cpuTime(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
