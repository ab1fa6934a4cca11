package wsgi_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// number asks the app at base for a number.
func number(t testing.TB, base, target string) int {
	t.Helper()
	got := ask(t, base, "GET", target, "")
	n, err := strconv.Atoi(got.body)
	if err != nil {
		t.Fatalf("%s: %d %.100q", target, got.status, got.body)
	}
	return n
}

// TestFlowControl: an app that yields 200 MB to a client that reads nothing is stopped
// after a few of them, some in the kernel and 2 on disk; when the client goes on, all of it arrives, and neither process has
// grown by more than a part of it.
func TestFlowControl(t *testing.T) {
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Spool: 64 * fumehood.MB})
	const parts = 3200 // of 64 KB
	before := number(t, app.Server.URL, "/memory")
	req, _ := http.NewRequest("GET", app.Server.URL+"/stream?"+strconv.Itoa(parts), nil)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	last := 0
	testapp.Eventually(t, "the app is stopped", func() bool {
		time.Sleep(100 * time.Millisecond)
		now := number(t, app.Server.URL, "/progress")
		stopped := now == last && now > 0
		last = now
		return stopped
	})
	// The kernel's buffers of the connection take some megabytes; the rest waits.
	if last > 32<<20 {
		t.Errorf("the app has sent %d MB to a client that reads nothing", last>>20)
	}
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	heapBefore := heap.HeapAlloc
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || n != parts<<16 {
		t.Errorf("%d bytes, %v", n, err)
	}
	runtime.ReadMemStats(&heap)
	if grown := int64(heap.HeapAlloc) - int64(heapBefore); grown > 32<<20 {
		t.Errorf("the front grew by %d MB", grown>>20)
	}
	if after := number(t, app.Server.URL, "/memory"); after-before > 16<<10 {
		t.Errorf("the worker grew from %d to %d KB", before, after)
	}
}

// TestEveryThreadWaitsForTheChannel: with all threads of the worker inside the app and
// waiting for credit or for more of a body, somebody still reads what brings it.
func TestEveryThreadWaitsForTheChannel(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 2} {
		app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: threads})
		base := serve(t, streamed, app)
		var all sync.WaitGroup
		for range 2 * threads {
			all.Go(func() {
				if got := ask(t, base, "GET", "/stream?160", ""); len(got.body) != 160<<16 {
					t.Errorf("%d threads: an answer of %d bytes", threads, len(got.body))
				}
			})
			all.Go(func() {
				body := strings.Repeat("0123456789\n", 200_000)
				want := fmt.Sprintf("%d %x", len(body), sha256.Sum256([]byte(body)))
				if got := ask(t, base, "POST", "/digest", body); got.body != want {
					t.Errorf("%d threads: a body: %+v", threads, got)
				}
			})
		}
		all.Wait()
	}
}

// TestLargeUpload: 200 MB go to the worker as a descriptor, or in parts, and neither
// process has them in memory.
func TestLargeUpload(t *testing.T) {
	const size = 200 << 20
	for _, how := range []delivery{inFile, streamed} {
		app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app"})
		base := serve(t, how, app)
		before := number(t, base, "/memory")
		source := rand.NewChaCha8([32]byte{1})
		sum := sha256.New()
		req, _ := http.NewRequest("POST", base+"/digest", io.TeeReader(io.LimitReader(source, size), sum))
		req.ContentLength = size
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if want := fmt.Sprintf("%d %x", size, sum.Sum(nil)); string(got) != want {
			t.Errorf("%s: %.200q, want %q", how, got, want)
		}
		if after := number(t, base, "/memory"); after-before > 16<<10 {
			t.Errorf("%s: the worker grew from %d to %d KB", how, before, after)
		}
	}
}

// TestSlowBodyArrives: a streamed body reaches the app as it comes, in both directions at
// the same time.
func TestSlowBodyArrives(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app"})
	c := dial(t, serve(t, streamed, app))
	fmt.Fprint(c, "POST /lines HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	r := bufio.NewReader(c)
	send := func(text string) { fmt.Fprintf(c, "%x\r\n%s\r\n", len(text), text) }
	send("line 0\n")
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(res.Body)
	for n := range 5 {
		if line, err := answer.ReadString('\n'); err != nil || line != fmt.Sprintf("got line %d\n", n) {
			t.Fatalf("%q %v", line, err)
		}
		send(fmt.Sprintf("line %d\n", n+1))
	}
	fmt.Fprint(c, "0\r\n\r\n")
	if rest, err := io.ReadAll(answer); err != nil || string(rest) != "got line 5\n" {
		t.Errorf("%q %v", rest, err)
	}
}

// TestEarlyAnswer: an app that refuses a body unread is heard although the client has not
// sent it, and the worker is free at once.
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 1})
	base := serve(t, streamed, app)
	for _, c := range []struct{ read, sent, want string }{
		{"0", "", "no thanks, "},
		{"10", "0123456789", "no thanks, 0123456789"},
		{"10", strings.Repeat("0123456789", 100_000), "no thanks, 0123456789"},
	} {
		conn := dial(t, base)
		fmt.Fprintf(conn, "POST /early?%s HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n", c.read)
		go io.WriteString(conn, c.sent)
		got := readReply(t, bufio.NewReader(conn), "POST")
		if got.status != 403 || got.body != c.want {
			t.Errorf("%+v, want %q", got, c.want)
		}
		conn.Close()
	}
	if got := ask(t, base, "GET", "/progress", ""); got.status != 200 {
		t.Errorf("%+v", got)
	}
}

// TestBodyThatBreaksOff is not taken for a whole one by the app, and leaves no thread.
func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 1})
	base := serve(t, streamed, app)
	for _, request := range []string{
		"POST /never_mind HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf",
		"POST /never_mind HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
	} {
		c := dial(t, base)
		io.WriteString(c, request)
		testapp.Eventually(t, "the app reads", func() bool { return underWay(app) == 1 })
		c.Close()
		testapp.Eventually(t, "the app is done", func() bool { return underWay(app) == 0 })
	}
	logged(t, app, "the body broke off: ClientGone")
	// On a connection that is still there to be answered on, it is an error of the client's.
	got := askRaw(t, base, "POST", "POST /never_mind HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")
	if got.status != 400 {
		t.Errorf("a chunk that is none: %+v", got)
	}
}

// TestEventStream: the first event comes at once, and when the client leaves, the generator
// is closed as soon as the app touches it again.
func TestEventStream(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app"})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", app.Server.URL+"/sse", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 13)
	if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "data: hello\n\n" {
		t.Fatalf("%q %v", first, err)
	}
	cancel()
	res.Body.Close()
	ask(t, app.Server.URL, "GET", "/event", "")
	logged(t, app, "sse generator closed")
	testapp.Eventually(t, "nothing is under way", func() bool { return underWay(app) == 0 })
}

// TestEverythingAtOnce mixes short and long, slow and quick, whole and broken-off requests
// over few threads: each gets its own answer, and no worker is lost.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Workers: 2, Threads: 3, Queue: 1000, QueueTimeout: time.Minute})
	bases := []string{serve(t, streamed, app), serve(t, inMemory, app), serve(t, inFile, app)}
	var all sync.WaitGroup
	for n := range uint64(12) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(n, 7))
			for i := range 25 {
				base := bases[random.IntN(len(bases))]
				switch random.IntN(6) {
				case 0, 1:
					text := fmt.Sprintf("%.3f-%d-%d", float64(random.IntN(3))*random.Float64()/100, n, i)
					if got := ask(t, base, "GET", "/echo?"+text, ""); got.body != text {
						t.Errorf("asked for %s: %+v", text, got)
					}
				case 2:
					parts := 1 + random.IntN(20)
					if got := ask(t, base, "GET", "/stream?"+strconv.Itoa(parts), ""); len(got.body) != parts<<16 || got.cut {
						t.Errorf("%d parts: %d bytes, cut: %v", parts, len(got.body), got.cut)
					}
				case 3, 4:
					body := strings.Repeat(strconv.Itoa(i), random.IntN(400_000))
					want := fmt.Sprintf("%d %x", len(body), sha256.Sum256([]byte(body)))
					if got := ask(t, base, "POST", "/digest", body); got.body != want {
						t.Errorf("%d bytes: %+v", len(body), got)
					}
				case 5: // leaves in the middle
					c := dial(t, base)
					target := []string{"/stream?500", "/echo?0.05-x", "/digest", "/lines"}[random.IntN(4)]
					fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n%s", target, strings.Repeat("line\n", random.IntN(1000)))
					c.SetReadDeadline(time.Now().Add(time.Duration(random.IntN(20)) * time.Millisecond))
					io.CopyN(io.Discard, c, int64(random.IntN(100_000)))
					c.Close()
				}
			}
		})
	}
	all.Wait()
	testapp.Eventually(t, "nothing is under way", func() bool { return underWay(app) == 0 && app.Pool().Waiting() == 0 })
	for _, text := range []string{"worker condemned", "worker ended", "worker is replaced"} {
		if strings.Contains(app.Log.String(), text) {
			t.Errorf("the log holds %q", text)
		}
	}
}
