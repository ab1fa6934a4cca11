package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

func TestReadWrk(t *testing.T) {
	t.Parallel()
	got, err := readWrk(`Running 4s test @ http://127.0.0.1:1/
  Latency Distribution
     50%    3.21ms
     99%    1.50s
  24123 requests in 4.00s, 4.12MB read
  Socket errors: connect 0, read 3, write 0, timeout 2
  Non-2xx or 3xx responses: 10
Requests/sec:   6030.75
`)
	if want := (sample{rps: 6030.75, p50: 3.21, p99: 1500, requests: 24123, errors: 15}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if _, err := readWrk("unable to connect"); err == nil {
		t.Error("no error for what is no result")
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{0: nil, 2: {3, 1, 2}, 2.5: {4, 1, 3, 2}} {
		if got := tables.Median(values); got != want {
			t.Errorf("tables.Median(%v) = %v, want %v", values, got, want)
		}
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	got, err := unescape("GET / HTTP/1.1\\r\\n\nA: \\xff\\0\\t\\r\\n\n")
	if want := "GET / HTTP/1.1\r\nA: \xff\x00\t\r\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestOwnProcessIsSeen(t *testing.T) {
	t.Parallel()
	p := &process{pid: os.Getpid()}
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; {
	}
	if parent, _ := p.cpu(); parent < tick {
		t.Errorf("CPU time %v", parent)
	}
	if busy, total, err := machineTime(); err != nil || busy <= 0 || total < busy {
		t.Errorf("machineTime: %v of %v, %v", busy, total, err)
	}
	if n, err := memory(p.pid, "status", "VmRSS"); err != nil || n < 1<<20 {
		t.Errorf("VmRSS %d, %v", n, err)
	}
	if _, err := memory(p.pid, "status", "VmNone"); err == nil {
		t.Error("no error for a line that is not there")
	}
}

// TestDripSeesTheCut has a server that ends one kind of slow connection by an answer, the
// other by closing it.
func TestDripSeesTheCut(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for i := 0; ; i++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			bufio.NewReader(conn).ReadString('\n')
			if i == 0 {
				io.WriteString(conn, "HTTP/1.1 408 Request Timeout\r\n\r\n")
				continue
			}
			conn.Close()
		}
	}()
	for _, kind := range slowKinds() {
		if cut := drip(t.Context(), listener.Addr().String(), kind.head); cut == 0 || cut > time.Minute {
			t.Errorf("%s: cut after %v", kind.name, cut)
		}
	}
	if cells, all := cutCells([]time.Duration{0, time.Second}, 2*time.Second); all || cells[0] != "1 of 2" {
		t.Errorf("cutCells = %q, %t", cells, all)
	}
}

func TestInvalidRow(t *testing.T) {
	t.Parallel()
	tb := tables.New("what")
	others := invalidRow(tb, "x", []*invalidCase{{name: "a", status: 400}, {name: "b", status: http.StatusOK}}, 2, 1)
	if len(others) != 1 || others[0] != "b: 200" || !strings.Contains(tb.String(), "| x | 1 of 2 | 1 | 2 of 2, 0 calls: MISSED |") {
		t.Errorf("%q\n%s", others, tb)
	}
	asItIs, hosted, err := invalidCases([]string{"a", "b"}, map[string][]byte{
		"a": []byte("GET / HTTP/1.1\r\n\r\n"), "b": []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	}, "h:1")
	if err != nil || len(asItIs) != 2 || len(hosted) != 1 || string(hosted[0].sent) != "GET / HTTP/1.1\r\nHost: h:1\r\n\r\n" {
		t.Errorf("%v, %v, %v", asItIs, hosted, err)
	}
}
