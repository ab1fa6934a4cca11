package wsgi_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

// underWay counts the requests that workers have.
func underWay(app *testapp.App) (n int) {
	for _, w := range app.Pool().Snapshot() {
		n += w.Requests
	}
	return n
}

// TestFlowControl: an app that yields 200 MB to a client that reads nothing is stopped
// after a few of them; when the client goes on, all of it arrives, and neither process has
// grown by more than a part of it.
func TestFlowControl(t *testing.T) {
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app"})
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

// TestDeadlineLeavesNeighboursAlone: the one worker has a request that hangs and others
// that do not; those are answered, and the worker goes when they are done.
func TestDeadlineLeavesNeighboursAlone(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 8, Timeout: func(r *http.Request) time.Duration {
		if r.URL.Path == "/hang" {
			return 500 * time.Millisecond
		}
		return time.Minute
	}})
	base := app.Server.URL
	pid := app.Pool().Snapshot()[0].PID
	var neighbours sync.WaitGroup
	for n := range 5 {
		neighbours.Go(func() {
			text := fmt.Sprintf("1.5-%d", n)
			if got := ask(t, base, "GET", "/echo?"+text, ""); got.body != text {
				t.Errorf("a neighbour: %+v", got)
			}
		})
	}
	testapp.Eventually(t, "the neighbours are under way", func() bool { return underWay(app) == 5 })
	if got := ask(t, base, "GET", "/hang", ""); got.status != 504 {
		t.Errorf("%+v", got)
	}
	// Newcomers go to the new worker while the old one still has the neighbours.
	if got := ask(t, base, "GET", "/echo?0-new", ""); got.body != "0-new" {
		t.Errorf("a newcomer: %+v", got)
	}
	neighbours.Wait()
	logged(t, app, `pressure.py\", line `)
	logged(t, app, "in hang")
	testapp.Eventually(t, "the worker is gone", func() bool { return !hasPID(app, pid) && ready(app) == 1 })
}

// TestLateAnswersReachNobody: while answers that come after their time pour in, each
// request gets its own answer or 504.
func TestLateAnswersReachNobody(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Workers: 2, Threads: 8, Queue: 1000,
		DrainTimeout: time.Second, Timeout: func(r *http.Request) time.Duration {
			if strings.HasPrefix(r.URL.RawQuery, "0.3-") {
				return 100 * time.Millisecond
			}
			return time.Minute
		}})
	// Without the deadline the late answer is one: the attack is real.
	if got := ask(t, app.Server.URL, "GET", "/echo?0.31-x", ""); got.body != "0.31-x" {
		t.Errorf("%+v", got)
	}
	var all sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	for n := range 12 {
		all.Go(func() {
			for i := range 25 {
				delay, want := "0", 200
				if n%4 == 0 && i%12 == 0 {
					delay, want = "0.3", 504
				}
				text := fmt.Sprintf("%s-%d-%d", delay, n, i)
				res, err := client.Get(app.Server.URL + "/echo?" + text)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if res.StatusCode != want || want == 200 && string(body) != text {
					t.Errorf("asked for %s, got %d %q", text, res.StatusCode, body)
				}
			}
		})
	}
	all.Wait()
}

// TestLeavingEarlySparesNoStuckApp: a client that leaves before the timeout leaves a stuck
// thread behind; without an end of its own, a few of them take every thread for good.
func TestLeavingEarlySparesNoStuckApp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		target string
		drain  time.Duration
		log    string
	}{
		{"/hang", 30 * time.Second, "whose client has left: the app did not begin its answer in time"},
		{"/hang_mid_body", 500 * time.Millisecond, "2 of 2 threads work for clients that have left"},
	} {
		t.Run(c.target[1:], func(t *testing.T) {
			t.Parallel()
			app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 2,
				Timeout: within(2 * time.Second), DrainTimeout: c.drain, QueueTimeout: 20 * time.Second})
			for n := range 2 {
				conn := dial(t, app.Server.URL)
				fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", c.target)
				testapp.Eventually(t, "the app has it", func() bool { return underWay(app) == n+1 })
				if c.target == "/hang_mid_body" {
					bufio.NewReader(conn).ReadString('\n')
				}
				conn.Close()
			}
			logged(t, app, c.log)
			if got := ask(t, app.Server.URL, "GET", "/echo?0-x", ""); got.body != "0-x" {
				t.Errorf("all threads are lost: %+v", got)
			}
		})
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

// TestFullQueueRefuses: what finds no place is refused at once with 503 and Retry-After;
// what waits too long, when its time is up.
func TestFullQueueRefuses(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 1, Queue: 2, QueueTimeout: 500 * time.Millisecond})
	base := serve(t, streamed, app)
	answers := make(chan reply)
	begin := func(query string) {
		go func() { answers <- ask(t, base, "GET", "/echo?"+query, "") }()
	}
	begin("1.5-first")
	testapp.Eventually(t, "the thread is busy", func() bool { return underWay(app) == 1 })
	for range 12 {
		begin("0-next")
	}
	refused := map[string]int{}
	for range 13 {
		got := <-answers
		switch {
		case got.status == 200:
			refused["served"]++
		case got.status == 503 && got.header.Get("Retry-After") != "":
			for _, code := range []string{"pool.busy", "pool.queue-timeout"} {
				if strings.Contains(got.body, code) {
					refused[code]++
				}
			}
		default:
			t.Errorf("%+v", got)
		}
	}
	if refused["served"] != 1 || refused["pool.busy"] < 8 || refused["pool.queue-timeout"] < 2 || len(refused) != 3 {
		t.Errorf("%v", refused)
	}
	if got := ask(t, base, "GET", "/echo?0-after", ""); got.body != "0-after" {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestClientThatLeavesTheQueue gives its place to others and never reaches the app.
func TestClientThatLeavesTheQueue(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 1, Queue: 1})
	first := make(chan reply)
	go func() { first <- ask(t, app.Server.URL, "GET", "/echo?1-first", "") }()
	testapp.Eventually(t, "the thread is busy", func() bool { return underWay(app) == 1 })
	for range 5 {
		c := dial(t, app.Server.URL)
		io.WriteString(c, "GET /stream?1 HTTP/1.1\r\nHost: a\r\n\r\n")
		testapp.Eventually(t, "the queue is full", func() bool { return app.Pool().Waiting() == 1 })
		c.Close()
		testapp.Eventually(t, "the queue is empty", func() bool { return app.Pool().Waiting() == 0 })
	}
	if got := <-first; got.body != "1-first" {
		t.Errorf("%+v", got)
	}
	if n := number(t, app.Server.URL, "/progress"); n != 0 {
		t.Errorf("the app sent %d bytes to clients that had left", n)
	}
}

// TestGILHolderIsLeftAlone: while one worker's interpreter is held in C, its share of the
// requests goes to the other.
func TestGILHolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/hostile", wsgi.Config{Target: "hang_holding_the_gil:app", Workers: 2, Threads: 4,
		Timeout: within(2500 * time.Millisecond), DrainTimeout: 100 * time.Millisecond})
	stuck := make(chan reply)
	go func() { stuck <- ask(t, app.Server.URL, "GET", "/fault", "") }()
	testapp.Eventually(t, "it is under way", func() bool { return underWay(app) == 1 })
	time.Sleep(500 * time.Millisecond) // until the bell has rung in vain for long enough
	for range 5 {
		othersAreServed(t, app.Server.URL)
	}
	if got := <-stuck; got.status != 504 {
		t.Errorf("%+v", got)
	}
}

// TestCrashLoopBacksOff: a worker that can no longer start is tried again after ever longer
// waits; meanwhile clients are told to come back, and in the end it is there again.
func TestCrashLoopBacksOff(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	app := testapp.Start(t, "testdata/hostile", wsgi.Config{Target: "crash_at_every_start:app", QueueTimeout: 300 * time.Millisecond,
		Env: append(os.Environ(), "MARK="+mark)})
	base := serve(t, streamed, app)
	if got := ask(t, base, "GET", "/fault", ""); got.status != 502 {
		t.Errorf("%+v", got)
	}
	logged(t, app, "RuntimeError: not again")
	logged(t, app, "after=200ms")
	logged(t, app, "after=400ms")
	if got := ask(t, base, "GET", "/?x", ""); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("%+v", got)
	}
	if n := strings.Count(app.Log.String(), "worker starts again"); n > 8 {
		t.Errorf("%d starts", n)
	}
	os.Remove(mark)
	testapp.Eventually(t, "it serves again", func() bool {
		return ask(t, base, "GET", "/?back", "").body == "back"
	})
}

// TestSlowStart: no request goes to a worker that is not ready; one that comes meanwhile
// waits for it.
func TestSlowStart(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/hostile", wsgi.Config{Target: "slow_start:app"})
	pid := app.Pool().Snapshot()[0].PID
	syscall.Kill(pid, syscall.SIGKILL)
	testapp.Eventually(t, "it is gone", func() bool { return !hasPID(app, pid) })
	began := time.Now()
	if got := ask(t, app.Server.URL, "GET", "/?waited", ""); got.body != "waited" {
		t.Errorf("%+v", got)
	}
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("answered after %v by a worker that needs a second to start", took)
	}
}

// TestGracefulStop: what runs is answered, what waits is told to come back.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 2})
	base := serve(t, streamed, app)
	type named struct {
		name string
		reply
	}
	answers := make(chan named)
	for _, query := range []string{"1-a", "1-b", "0-waits"} {
		go func() { answers <- named{query, ask(t, base, "GET", "/echo?"+query, "")} }()
		if query == "1-b" {
			testapp.Eventually(t, "both threads are busy", func() bool { return underWay(app) == 2 })
		}
	}
	testapp.Eventually(t, "one waits", func() bool { return app.Pool().Waiting() == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	closed := make(chan struct{})
	go func() { app.Close(ctx); close(closed) }()
	for range 3 {
		got := <-answers
		if strings.HasPrefix(got.name, "1-") && got.body != got.name {
			t.Errorf("running: %+v", got)
		}
		if got.name == "0-waits" && (got.status != 503 || got.header.Get("Retry-After") == "") {
			t.Errorf("waiting: %+v", got)
		}
	}
	<-closed
	if got := ask(t, base, "GET", "/echo?0-late", ""); got.status != 503 {
		t.Errorf("after the stop: %+v", got)
	}
	if n := len(app.Pool().Snapshot()); n != 0 {
		t.Errorf("%d workers are left", n)
	}
}

// TestStopEndsWhatDoesNotWantTo: a request that hangs and a process that ignores every
// polite way to end hold a stop only as long as they are given.
func TestStopEndsWhatDoesNotWantTo(t *testing.T) {
	t.Parallel()
	for target, hangs := range map[string]bool{"ignore_term:app": false, "hang:app": true, "hang_holding_the_gil:app": true} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			app := testapp.Start(t, "testdata/hostile", wsgi.Config{Target: target})
			pid := app.Pool().Snapshot()[0].PID
			done := make(chan reply, 1)
			if hangs {
				go func() { done <- ask(t, app.Server.URL, "GET", "/fault", "") }()
				testapp.Eventually(t, "it hangs", func() bool { return underWay(app) == 1 })
			} else {
				done <- reply{status: 502}
			}
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			began := time.Now()
			app.Close(ctx)
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("the stop took %v", took)
			}
			if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
				t.Errorf("the process is still there: %v", err)
			}
			if got := <-done; got.status != 502 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestNothingLeaks: after all kinds of trouble this process has as many descriptors as
// before, and no child, dead or alive. It runs while no other test does.
func TestNothingLeaks(t *testing.T) {
	count := func() (fds, children int) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range stats {
			b, _ := os.ReadFile(path)
			_, rest, _ := strings.Cut(string(b), ") ")
			if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(os.Getpid()) {
				children++
			}
		}
		return len(entries), children
	}
	fdsBefore, childrenBefore := count()
	t.Run("trouble", func(t *testing.T) {
		for _, file := range []string{"kill_itself", "garbage_on_channel", "file_without_descriptor", "fork_and_return", "close_channel", "late_answer", "hang_mid_body"} {
			t.Run(file, func(t *testing.T) {
				t.Parallel() // with its siblings only
				app := startHostile(t, file+".py", wsgi.Config{Workers: 2, Threads: 2})
				base := serve(t, inFile, app)
				c := dial(t, base)
				io.WriteString(c, "POST /fault HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
				c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
				io.ReadAll(c)
				c.Close()
				othersAreServed(t, base)
				testapp.Eventually(t, "both workers are ready", func() bool { return ready(app) == 2 })
			})
		}
	})
	testapp.Eventually(t, "all that was opened is closed", func() bool {
		http.DefaultClient.CloseIdleConnections()
		fds, children := count()
		return fds <= fdsBefore && children <= childrenBefore
	})
}
