package wsgi_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
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
		queue time.Duration
		held  bool
	}{"without": {-1, time.Second, true}, "with": {0, time.Minute, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: threads,
				QueueTimeout: c.queue, Spool: c.spool, TempDir: t.TempDir()})
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

// spooled returns how many bytes this process has in files of dir that have no name.
func spooled(t testing.TB, dir string) (n int64) {
	t.Helper()
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		target, _ := os.Readlink(link)
		if !strings.HasPrefix(target, dir) || !strings.HasSuffix(target, "(deleted)") {
			continue
		}
		if info, err := os.Stat(link); err == nil {
			n += info.Size()
		}
	}
	return n
}

// TestSlowReaderThatLeaves: an answer that is longer than its room on disk stops there, and
// when the client leaves, the app is told and the room is given back.
func TestSlowReaderThatLeaves(t *testing.T) {
	t.Parallel()
	const size = 400 << 20
	dir := t.TempDir()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 2, Spool: 256 * fumehood.MB, TempDir: dir})
	c := dial(t, app.Server.URL)
	fmt.Fprintf(c, "GET /numbered?%d HTTP/1.1\r\nHost: a\r\n\r\n", size)
	testapp.Eventually(t, "its room is full", func() bool { return spooled(t, dir) > 6<<20 })
	last := 0
	testapp.Eventually(t, "the app waits", func() bool {
		time.Sleep(100 * time.Millisecond)
		now := number(t, app.Server.URL, "/progress")
		waits := now == last
		last = now
		return waits
	})
	if n := spooled(t, dir); n > 8<<20 {
		t.Errorf("%d bytes on disk", n)
	}
	if last > 64<<20 {
		t.Errorf("the app made %d bytes that nobody takes", last)
	}
	c.Close()
	logged(t, app, "numbered ended after ")
	testapp.Eventually(t, "nothing is left", func() bool { return underWay(app) == 0 && spooled(t, dir) == 0 })
	if strings.Contains(app.Log.String(), fmt.Sprintf("numbered ended after %d", size)) {
		t.Error("the app worked on for a client that had left")
	}
}

// TestSlowReadersCostLittleMemory: what they have not taken is on disk, not in the front.
func TestSlowReadersCostLittleMemory(t *testing.T) {
	const size, readers = 8 << 20, 40
	dir := t.TempDir()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 4, TempDir: dir})
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for range readers {
		slowReader(t, app.Server.URL, fmt.Sprintf("/numbered?%d", size))
	}
	testapp.Eventually(t, "the app is done with all", func() bool {
		return strings.Count(app.Log.String(), fmt.Sprintf("numbered ended after %d", size)) == readers && underWay(app) == 0
	})
	if each := (heap() - before) / readers; each > 384<<10 {
		t.Errorf("%d KB of memory for each", each>>10)
	}
	if n := spooled(t, dir); n == 0 || n > readers*size {
		t.Errorf("%d MB on disk", n>>20)
	}
}

// TestLongBodiesLieWhereTheyShould: a body that guard/body holds in memory and that is too
// long for a frame goes to a file in the folder that was asked for.
func TestLongBodiesLieWhereTheyShould(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", TempDir: dir})
	base := serve(t, inMemory, app)
	const size = 300_000
	c := dial(t, base)
	go fmt.Fprintf(c, "POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size))
	testapp.Eventually(t, "it is there", func() bool { return spooled(t, dir) == size })
	c.Close()
	testapp.Eventually(t, "it is gone", func() bool { return spooled(t, dir) == 0 })
	missing := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", TempDir: filepath.Join(dir, "none")})
	if got := ask(t, serve(t, inMemory, missing), "POST", "/digest", strings.Repeat("x", size)); got.status != 500 {
		t.Errorf("a folder that is not there: %+v", got)
	}
}
