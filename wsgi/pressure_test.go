package wsgi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// underWay counts the requests that workers have.
func underWay(app *testapp.App) (n int) {
	for _, w := range app.Pool().Snapshot() {
		n += w.Requests
	}
	return n
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
		DrainTimeout: 5 * time.Second, Timeout: func(r *http.Request) time.Duration {
			if strings.HasPrefix(r.URL.RawQuery, "1.5-") {
				return 100 * time.Millisecond
			}
			return time.Minute
		}})
	// Without the deadline the late answer is one: the attack is real.
	if got := ask(t, app.Server.URL, "GET", "/echo?1.51-x", ""); got.body != "1.51-x" {
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
					delay, want = "1.5", 504
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
		{"/hang_mid_body", 500 * time.Millisecond, " of 2 threads work for clients that have left"},
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

// TestLeavingAtOnceSparesNoStuckApp: the same for clients that are gone before the front
// has heard that a thread took their request.
func TestLeavingAtOnceSparesNoStuckApp(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "pressure:app", Threads: 1,
		Timeout: within(300 * time.Millisecond), QueueTimeout: 5 * time.Second})
	for n := range 8 {
		c := dial(t, app.Server.URL)
		io.WriteString(c, "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(time.Duration(n) * 500 * time.Microsecond)
		c.Close()
		testapp.Eventually(t, "its thread is back", func() bool { return underWay(app) == 0 })
	}
	if got := ask(t, app.Server.URL, "GET", "/echo?0-x", ""); got.body != "0-x" {
		t.Errorf("%+v", got)
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
	testapp.Eventually(t, "the worker is known to be deaf", func() bool {
		return slices.ContainsFunc(app.Pool().Snapshot(), func(w pool.Status) bool { return w.Deaf })
	})
	for range 3 {
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
	logged(t, app, "after_ms=200")
	logged(t, app, "after_ms=400")
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
	t.Run("none", func(t *testing.T) { // opens what this process opens once and keeps
		othersAreServed(t, serve(t, inFile, startHostile(t, "kill_itself.py", wsgi.Config{})))
	})
	http.DefaultClient.CloseIdleConnections()
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
