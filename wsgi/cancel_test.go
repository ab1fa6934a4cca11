package wsgi_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// TestClientsThatResetDoNotHoldThreads: a reset may reach the worker before a thread has
// taken the request. Such a thread would wait for ever for somebody to take its answer.
func TestClientsThatResetDoNotHoldThreads(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "flaskapp:app", Workers: 1, Threads: 4, Queue: 200})
	addr := strings.TrimPrefix(app.Server.URL, "http://")
	for range 20 {
		var round sync.WaitGroup
		for range 6 {
			round.Go(func() {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Fprintf(conn, "GET /big/10 HTTP/1.1\r\nHost: %s\r\n\r\n", addr)
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			})
		}
		round.Wait()
	}
	began := time.Now()
	for range 8 {
		if res, body := get(t, app.Server.URL+"/hello"); res.StatusCode != 200 || body != "hello" {
			t.Fatalf("%s %q", res.Status, body)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("eight requests took %v: threads were held", took)
	}
}

// TestWaitingBehindOthersIsNotTheAppsTime: six requests of 0.5 s, one thread, and an app
// deadline of 1 s: each has its own second.
func TestWaitingBehindOthersIsNotTheAppsTime(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{
		Target: "flaskapp:app", Workers: 1, Threads: 1, QueueTimeout: 30 * time.Second,
		Timeout: func(*http.Request) time.Duration { return time.Second },
	})
	get(t, app.Server.URL+"/hello") // now the worker counts as quick
	statuses := make(chan string)
	for range 6 {
		go func() {
			res, err := http.Get(app.Server.URL + "/sleep/0.5")
			if err != nil {
				statuses <- err.Error()
				return
			}
			res.Body.Close()
			statuses <- res.Status
		}()
	}
	for range 6 {
		if status := <-statuses; status != "200 OK" {
			t.Error(status)
		}
	}
	if log := app.Log.String(); strings.Contains(log, "is replaced") {
		t.Error("a healthy worker was replaced")
	}
}

// TestCreditStartsNoClock: a request that waits inside a worker, which was quick until now,
// behind one whose answer gets credit all the time, has not begun: the frames that the
// worker reads meanwhile must not start the time that the app has for it.
func TestCreditStartsNoClock(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{
		Target: "pressure:app", Workers: 1, Threads: 1, QueueTimeout: 30 * time.Second,
		Timeout: func(r *http.Request) time.Duration {
			if r.URL.Path == "/echo" {
				return 400 * time.Millisecond
			}
			return time.Minute
		},
	})
	res, err := http.Get(app.Server.URL + "/drum")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	waits := make(chan reply)
	go func() { waits <- ask(t, app.Server.URL, "GET", "/echo?0-waits", "") }()
	go io.Copy(io.Discard, res.Body)
	if got := <-waits; got.body != "0-waits" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(app.Log.String(), "is replaced") {
		t.Error("a healthy worker was replaced")
	}
}
