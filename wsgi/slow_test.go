package wsgi_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// slowReader asks for target over a connection with a receive buffer of a few KB, and
// reads nothing yet. The answer can be read from what it returns.
func slowReader(t testing.TB, base, target string) *bufio.Reader {
	t.Helper()
	narrow := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
	}}
	c, err := narrow.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target)
	return bufio.NewReaderSize(c, 4096)
}

// readNumbers reads an answer of /numbered to its end and checks every byte.
func readNumbers(t testing.TB, r *bufio.Reader, size int) {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Error(err)
		return
	}
	body := bufio.NewReaderSize(res.Body, 64<<10)
	var b [8]byte
	for n := range uint64(size / 8) {
		if _, err := io.ReadFull(body, b[:]); err != nil {
			t.Errorf("after %d of %d bytes: %v", n*8, size, err)
			return
		}
		if got := binary.LittleEndian.Uint64(b[:]); got != n {
			t.Errorf("%d in place of %d", got, n)
			return
		}
	}
	if _, err := body.ReadByte(); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
}

// TestSlowReadersHoldNoThread: clients that take nothing of a long answer, twice as many
// as there are threads. Without a spool they have every thread and others are turned away;
// with it the app is done with all of them at once, and each gets its answer in the end.
func TestSlowReadersHoldNoThread(t *testing.T) {
	t.Parallel()
	const size, readers, threads = 12 << 20, 6, 3
	for name, c := range map[string]struct {
		spool fumehood.Size
		held  bool
	}{"without": {-1, true}, "with": {0, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: threads,
				QueueTimeout: 2 * time.Second, Spool: c.spool, TempDir: t.TempDir()})
			var answers []*bufio.Reader
			for range readers {
				answers = append(answers, slowReader(t, app.Server.URL, fmt.Sprintf("/numbered?%d", size)))
			}
			if c.held {
				testapp.Eventually(t, "every thread is held", func() bool { return underWay(app) >= threads })
			} else {
				testapp.Eventually(t, "the app is done with all", func() bool {
					return strings.Count(app.Log.String(), fmt.Sprintf("numbered ended after %d", size)) == readers && underWay(app) == 0
				})
			}
			got := ask(t, app.Server.URL, "GET", "/echo?0-other", "")
			if c.held {
				if got.status != 503 {
					t.Errorf("the attack does not work here: %+v", got)
				}
				return
			}
			if got.body != "0-other" {
				t.Errorf("another client: %+v", got)
			}
			for _, r := range answers {
				readNumbers(t, r, size)
			}
		})
	}
}
