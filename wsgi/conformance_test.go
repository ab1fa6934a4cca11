package wsgi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

const fourLines = "0123456789\nnext line\n\nlast line"

// behaviours are what PEP 3333 and the peers' test suites ask of a server, each against
// the function of the same path in testdata/apps/conformance.py.
var behaviours = []struct {
	name   string
	method string // GET when empty and there is no body
	target string
	body   string
	fields []string

	status int    // 200 when 0
	want   string // the body
	header map[string]string
	absent []string // fields that the answer must not have
	cut    bool     // the answer breaks off after want
	log    string
}{
	// wsgi.input
	{name: "input: read with the length", target: "/mirror", body: fourLines, want: fourLines},
	{name: "input: read without a size", target: "/read_all", body: fourLines, want: fourLines},
	{name: "input: read fewer than there are", target: "/read_size?5", body: "0123456789", want: "01234"},
	{name: "input: read more than there are", target: "/read_size?15", body: "0123456789", want: "0123456789"},
	{name: "input: read zero", target: "/read_size?0", body: "0123456789", want: ""},
	{name: "input: read minus one", target: "/read_size?-1", body: "0123456789", want: "0123456789"},
	{name: "input: read in bits", target: "/read_in_bits", body: strings.Repeat("0123456789", 1000), want: strings.Repeat("0123456789", 1000), header: map[string]string{"X-Parts": "1429"}},
	{name: "input: read past the end", target: "/read_past_the_end", body: fourLines, want: "[b'', b'', b'']"},
	{name: "input: not read at all", target: "/read_nothing", body: strings.Repeat("x", 100_000), want: "not read"},
	{name: "input: none", target: "/read_all", want: ""},
	{name: "input: iterate", target: "/input_iter", body: fourLines, want: fourLines, header: map[string]string{"X-Parts": "4"}},
	{name: "input: readline", target: "/readline", body: fourLines, want: fourLines, header: map[string]string{"X-Parts": "4"}},
	{name: "input: readline with a size", target: "/readline_size", body: fourLines, want: fourLines},
	{name: "input: readline with a size, short body", target: "/readline_size", body: "0123", want: "0123"},
	{name: "input: readlines", target: "/readlines", body: fourLines, want: fourLines, header: map[string]string{"X-Parts": "4"}},
	{name: "input: readlines with a hint", target: "/readlines_hint", body: fourLines, want: "0123456789\nnext line\n", header: map[string]string{"X-Parts": "2"}},
	{name: "input: readlines of many lines", target: "/readlines", body: strings.Repeat("0123456789 abcdefghi\nnext line: 0123456789 abcdefghi\n\nlast line: 987654321\n", 512), want: strings.Repeat("0123456789 abcdefghi\nnext line: 0123456789 abcdefghi\n\nlast line: 987654321\n", 512)},
	{name: "input: a multipart form", target: "/upload", fields: []string{"Content-Type: multipart/form-data; boundary=b"}, body: "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: application/octet-stream\r\n\r\ndata\r\n--b--\r\n", want: "a.txtdata"},

	// start_response
	{name: "start_response: inside the generator", target: "/late_start_response", want: "0123456789", header: map[string]string{"X-Late": "1"}},
	{name: "start_response: never called", target: "/no_start_response", status: 500, log: "without calling start_response"},
	{name: "start_response: twice", target: "/start_response_twice", status: 500, log: "second time without exc_info"},
	{name: "start_response: again with exc_info", target: "/start_response_again_with_exc_info", status: 503, want: "second", header: map[string]string{"X-Second": "1"}, absent: []string{"X-First"}},
	{name: "start_response: exc_info after the first byte raises", target: "/exc_info_after_the_first_byte", want: "first", cut: true, log: "ValueError: too late"},
	{name: "start_response: then exit", target: "/start_response_exit", status: 500, log: "SystemExit: 3"},
	{name: "start_response: a list changed afterwards", target: "/headers_changed_afterwards", want: "x", header: map[string]string{"X-Kept": "1"}},

	// the iterable
	{name: "body: a list", target: "/body_list", want: "0123456789", header: map[string]string{"Content-Length": "10"}},
	{name: "body: a tuple", target: "/body_tuple", want: "0123456789"},
	{name: "body: a file in memory", target: "/body_io", want: "0123456789"},
	{name: "body: an open file", target: "/body_file", want: "first line\nsecond line\n\nlast line"},
	{name: "body: nothing", target: "/body_empty", want: "", header: map[string]string{"Content-Length": "0"}},
	{name: "body: empty parts", target: "/body_of_empty_parts", want: "0123"},
	{name: "body: bytes as NGINX Unit took them", target: "/body_bytes", want: "0123456789"},
	{name: "body: a length that is not the number of parts", target: "/length_without_items", want: "more than one"},
	{name: "body: not iterable", target: "/not_iterable", status: 500, log: "TypeError: 'int' object is not iterable"},
	{name: "body: __iter__ returns None", target: "/iter_returns_none", status: 500, log: "returned non-iterator of type 'NoneType'"},
	{name: "body: None", target: "/returns_none", status: 500, log: "TypeError: 'NoneType' object is not iterable"},
	{name: "body: text", target: "/yields_str", status: 500, log: "a WSGI app yields bytes, not str"},
	{name: "body: text after the first byte", target: "/late_str", want: "first", cut: true, log: "a WSGI app yields bytes, not str"},
	{name: "body: a class that starts inside __iter__", target: "/ctx_iter", body: "0123456789", want: "0123456789"},
	{name: "body: parts with a delay", target: "/delayed?5", body: "0123456789", want: "0123456789"},

	// write()
	{name: "write: then the iterable", target: "/write_callable", want: "0123456789"},
	{name: "write: alone", target: "/write_only", want: "all of it"},
	{name: "write: in a thread", target: "/write_in_thread", want: "from a thread"},

	// exceptions
	{name: "exception: none", target: "/steps?until=9", want: "XXXXXXX", log: "steps closed"},
	{name: "exception: before start_response", target: "/steps?until=0", status: 500, log: "Exception: before start_response"},
	{name: "exception: after start_response", target: "/steps?until=1", status: 500, log: "Exception: after start_response"},
	{name: "exception: after write", target: "/steps?until=2", want: "XXXXX", cut: true, log: "Exception: after write"},
	{name: "exception: after write, with a length", target: "/steps?until=2&length=7", want: "XXXXX", cut: true, log: "Exception: after write"},
	{name: "exception: in next", target: "/steps?until=3", want: "XXXXX", cut: true, log: "Exception: in next"},
	{name: "exception: in next, with a length", target: "/steps?until=3&length=7", want: "XXXXX", cut: true, log: "Exception: in next"},
	{name: "exception: in close", target: "/steps?until=9&close=1", want: "XXXXXXX", log: "Exception: in close"},
	{name: "exception: in close, after another", target: "/steps?until=0&close=1", status: 500, log: "Exception: in close"},

	// close()
	{name: "close: after the body", target: "/close_called?normal", want: "body", log: "closed normal"},
	{name: "close: after HEAD", method: "HEAD", target: "/close_called?head", log: "closed head"},
	{name: "close: after an error", target: "/close_after_error?error", status: 500, log: "closed error"},
	{name: "close: after a late error", target: "/close_after_late_error?late", want: "first", cut: true, log: "closed late"},
	{name: "close: after a header that is none", target: "/close_after_bad_header?header", status: 500, log: "closed header"},
	{name: "close: None is no method", target: "/close_is_no_method", want: "body"},
	{name: "close: after 204", target: "/status?204+No+Content", status: 204, log: "closed 204+No+Content"},

	// status
	{name: "status: 204 has no body and no length", target: "/status?204+No+Content", status: 204, absent: []string{"Content-Length", "Transfer-Encoding"}},
	{name: "status: 204 from an empty list", target: "/no_content", status: 204, absent: []string{"Content-Length", "Transfer-Encoding"}},
	{name: "status: 304 has no body", target: "/status?304+Not+Modified", status: 304, absent: []string{"Transfer-Encoding"}},
	{name: "status: HEAD keeps the length and has no body", method: "HEAD", target: "/status?200+OK", header: map[string]string{"Content-Length": "6", "X-Seen": "HEAD"}},
	{name: "status: HEAD of an answer without a length", method: "HEAD", target: "/body_tuple", absent: []string{"Content-Length"}},
	{name: "status: HEAD of an answer without end", method: "HEAD", target: "/head_without_end?endless", log: "closed endless"},
	{name: "status: without a reason", target: "/status?200", want: "a body"},
	{name: "status: unusual", target: "/status?299+Odd", status: 299, want: "a body"},
	{name: "status: 418", target: "/status?418+Teapot", status: 418, want: "a body"},
	{name: "status: 100 is not an answer", target: "/status?100+Continue", status: 500, log: "the status is"},
	{name: "status: 99", target: "/status?99+Low", status: 500, log: "the status is"},
	{name: "status: 600", target: "/status?600+High", status: 500, log: "the status is"},
	{name: "status: text", target: "/status?OK", status: 500, log: "the status is"},
	{name: "status: empty", target: "/status?", status: 500, log: "the status is"},
	{name: "status: a sign", target: "/status?-20", status: 500, log: "the status is"},

	// header fields
	{name: "header: latin-1 goes through", target: "/header", body: "X-Name\tJos\xe9", want: "body", header: map[string]string{"X-Name": "Jos\xe9"}},
	{name: "header: spaces around it go", target: "/header", body: "X-Name\t  a b\\t ", want: "body", header: map[string]string{"X-Name": "a b"}},
	{name: "header: empty", target: "/header", body: "X-Name\t", want: "body", header: map[string]string{"X-Name": ""}},
	{name: "header: hop-by-hop fields go", target: "/header", body: "Connection\tX-Secret\nKeep-Alive\t5\nTransfer-Encoding\tgzip\nUpgrade\tws\nTrailer\tX\nTE\tx\nProxy-Authenticate\tx", want: "body", absent: []string{"Keep-Alive", "Transfer-Encoding", "Upgrade", "Trailer", "Te", "Proxy-Authenticate"}},
	{name: "header: CR LF", target: "/header", body: "X-Name\ta\\r\\nSet-Cookie: evil=1", status: 500, absent: []string{"Set-Cookie", "X-Name"}, log: "control character in the header"},
	{name: "header: LF", target: "/header", body: "X-Name\ta\\nSet-Cookie: evil=1", status: 500, absent: []string{"Set-Cookie", "X-Name"}, log: "control character in the header"},
	{name: "header: NUL", target: "/header", body: "X-Name\ta\\0b", status: 500, absent: []string{"X-Name"}, log: "NUL"},
	{name: "header: NUL that splits into a field", target: "/header", body: "X-Name\ta\\0X-Evil\\0b", status: 500, absent: []string{"X-Evil"}, log: "NUL"},
	{name: "header: a name with a space", target: "/header", body: "X Name\ta", status: 500, log: "the header name"},
	{name: "header: a name with a colon", target: "/header", body: "X:Name\ta", status: 500, log: "the header name"},
	{name: "header: an empty name", target: "/header", body: "\ta", status: 500, log: "the header name"},
	{name: "header: two lengths", target: "/header", body: "Content-Length\t4\nContent-Length\t5", status: 500, log: "Content-Length fields"},
	{name: "header: a negative length", target: "/header", body: "Content-Length\t-4", status: 500, log: "Content-Length is"},
	{name: "header: a length with a sign", target: "/header", body: "Content-Length\t+4", status: 500, log: "Content-Length is"},
	{name: "header: a length in words", target: "/header", body: "Content-Length\tfour", status: 500, log: "Content-Length is"},
	{name: "header: an int", target: "/header_types?int", status: 500, log: "expected str instance, int found"},
	{name: "header: bytes", target: "/header_types?bytes", status: 500, log: "expected str instance, bytes found"},
	{name: "header: None", target: "/header_types?none", status: 500, log: "expected str instance, NoneType found"},
	{name: "header: beyond latin-1", target: "/header_types?unicode", status: 500, log: "UnicodeEncodeError"},
	{name: "header: two hundred cookies", target: "/many_headers", want: "body"},
	{name: "header: 70 KB", target: "/large_header", want: "body"},

	// lengths
	{name: "length: longer than declared is clipped", target: "/header", body: "Content-Length\t2", want: "bo", header: map[string]string{"Content-Length": "2"}, log: "more than its Content-Length"},
	{name: "length: shorter than declared breaks off", target: "/header", body: "Content-Length\t9", want: "body", cut: true, log: "bytes short of its Content-Length"},
	{name: "length: ends with the last declared byte", target: "/length_list", want: "0123456789", header: map[string]string{"Content-Length": "10"}},

	// wsgi.file_wrapper
	{name: "file: as it is", target: "/wrapped?file", want: "first line\nsecond line\n\nlast line", header: map[string]string{"Content-Length": "33"}},
	{name: "file: from where it stands", target: "/wrapped?offset", want: "line\nsecond line\n\nlast line"},
	{name: "file: as long as declared", target: "/wrapped?length", want: "first", header: map[string]string{"Content-Length": "5"}},
	{name: "file: shorter than declared", target: "/wrapped?long", want: "first line\nsecond line\n\nlast line", cut: true},
	{name: "file: without a buffer", target: "/wrapped?unbuffered", want: "first line\nsecond line\n\nlast line"},
	{name: "file: in memory", target: "/wrapped?memory", want: "first line\nsecond line\n\nlast line"},
	{name: "file: one that unpacks what it reads", target: "/wrapped?gzip", want: "first line\nsecond line\n\nlast line"},
	{name: "file: one that changes what it reads", target: "/wrapped?subclass", want: "FIRST LINE\nSECOND LINE\n\nLAST LINE"},
	{name: "file: temporary", target: "/wrapped?temporary", want: "first line\nsecond line\n\nlast line"},
	{name: "file: spooled", target: "/wrapped?spooled", want: "first line\nsecond line\n\nlast line"},
	{name: "file: a pipe", target: "/wrapped?pipe", want: "first line\nsecond line\n\nlast line"},
	{name: "file: a device", target: "/wrapped?device", want: ""},
	{name: "file: only a read method", target: "/wrapped?reader", want: "first second"},
	{name: "file: empty", target: "/wrapped?empty", want: ""},
	{name: "file: HEAD", method: "HEAD", target: "/wrapped?length", header: map[string]string{"Content-Length": "5"}},

	// the rest
	{name: "errors: written and logged", target: "/errors", want: "ok", log: "written to wsgi.errors, in lines"},
	{name: "stdout: printed and logged", target: "/prints", want: "ok", log: "printed by the app"},
	{name: "environ: is a dict that may be changed", target: "/environ_is_a_dict", want: "dict"},
	{name: "environ: nothing of os.environ", target: "/os_environ", want: "[]"},
	{name: "text: file names and files are UTF-8", target: "/encoding", want: "utf-8"},
	{name: "text: a file beyond ASCII is written", target: "/writes_unicode", want: "written"},
	{name: "threads: the app's own go on after the answer", target: "/own_threads", want: "started", log: "(2) own thread"},
}

func TestConformance(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app", Threads: 8})
	for _, how := range []delivery{streamed, inMemory, inFile} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			conforms(t, app, how)
		})
	}
	t.Cleanup(func() { // nothing above may have cost a worker
		for _, text := range []string{"worker condemned", "worker ended", "worker is replaced"} {
			if strings.Contains(app.Log.String(), text) {
				t.Errorf("the log holds %q", text)
			}
		}
	})
}

// conforms asks app for every one of the behaviours.
func conforms(t *testing.T, app *testapp.App, how delivery) {
	base := serve(t, how, app)
	for _, b := range behaviours {
		if b.body == "" && how != streamed {
			continue // the same as streamed
		}
		t.Run(b.name, func(t *testing.T) {
			method := b.method
			if method == "" && b.body == "" {
				method = "GET"
			} else if method == "" {
				method = "POST"
			}
			got := ask(t, base, method, b.target, b.body, b.fields...)
			want := b.status
			if want == 0 {
				want = 200
			}
			if got.status != want {
				t.Fatalf("status %d, want %d; body %.200q", got.status, want, got.body)
			}
			if want != 500 && got.body != b.want {
				t.Errorf("body %.200q (%d bytes), want %.200q", got.body, len(got.body), b.want)
			}
			if got.cut != b.cut {
				t.Errorf("broke off: %v, want %v", got.cut, b.cut)
			}
			for name, value := range b.header {
				if got.header.Get(name) != value {
					t.Errorf("%s is %.80q, want %q", name, got.header[name], value)
				}
			}
			for _, name := range b.absent {
				if value, there := got.header[name]; there {
					t.Errorf("%s is %q, want none", name, value)
				}
			}
			if b.log != "" {
				logged(t, app, b.log)
			}
		})
	}
}

// TestStreamingIsNotHeldBack: each part arrives before the app makes the next one.
func TestStreamingIsNotHeldBack(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "stream:app"})
	c := dial(t, app.Server.URL)
	io.WriteString(c, "GET /gated HTTP/1.1\r\nHost: a\r\n\r\n")
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		part := make([]byte, 6)
		if _, err := io.ReadFull(res.Body, part); err != nil || string(part) != fmt.Sprintf("part %d", n) {
			t.Fatalf("%q %v", part, err)
		}
		// The app goes on only when it is told that the part has arrived.
		if got := ask(t, app.Server.URL, "GET", "/open", ""); got.body != "opened" {
			t.Fatalf("%+v", got)
		}
	}
}

// TestClientThatLeavesEndsTheWork: the generator of an answer without end is closed, and
// its thread serves others again.
func TestClientThatLeavesEndsTheWork(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app", Threads: 1})
	for n := range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		req, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/close_when_client_leaves?left%d", app.Server.URL, n), nil)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.ReadFull(res.Body, make([]byte, 10_000))
		cancel()
		res.Body.Close()
		logged(t, app, fmt.Sprintf("closed left%d", n))
	}
	// There is one thread: it is free again.
	if got := ask(t, app.Server.URL, "GET", "/body_list", ""); got.body != "0123456789" {
		t.Errorf("%+v", got)
	}
}

func TestKeepAliveBodies(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app"})
	for _, how := range []delivery{streamed, inMemory, inFile} {
		c := dial(t, serve(t, how, app))
		r := bufio.NewReader(c)
		for _, body := range []string{strings.Repeat("0123456789", 500), "0123456789", "", strings.Repeat("x", 200_000), "end"} {
			fmt.Fprintf(c, "POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			if got := readReply(t, r, "POST"); got.status != 200 || got.body != body {
				t.Errorf("%s: sent %d bytes, got %d %d bytes", how, len(body), got.status, len(got.body))
			}
		}
	}
}

// TestFourRequestsAtOnceInOneWorker: they are in one process at the same time, in threads of
// their own. The app answers none of them before.
func TestFourRequestsAtOnceInOneWorker(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app", Threads: 4})
	var mu sync.Mutex
	threads := map[string]int{}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got := ask(t, app.Server.URL, "GET", "/four_at_once", "")
			mu.Lock()
			defer mu.Unlock()
			threads[got.body]++
		})
	}
	all.Wait()
	if len(threads) != 4 {
		t.Errorf("threads and their requests: %v", threads)
	}
}

// TestBusyWorkerIsNotChosen: with one of two workers stuck for good, the other answers.
func TestBusyWorkerIsNotChosen(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/hostile", wsgi.Config{Target: "hang:app", Workers: 2, Threads: 1})
	c := dial(t, app.Server.URL)
	io.WriteString(c, "GET /fault HTTP/1.1\r\nHost: a\r\n\r\n")
	testapp.Eventually(t, "one worker is busy", func() bool { return underWay(app) == 1 })
	othersAreServed(t, app.Server.URL)
	c.Close()
}

// TestExitHandlersRun: what the app registered with atexit runs at a stop, and what it
// does then with a request that is over harms nothing.
func TestExitHandlersRun(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app"})
	if got := ask(t, app.Server.URL, "POST", "/ctx_iter", "0123456789"); got.body != "0123456789" {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	app.Close(ctx)
	logged(t, app, "At exit called.")
	logged(t, app, "second time without exc_info") // ctx_iter's own exit handler
	if strings.Contains(app.Log.String(), "condemned") {
		t.Error("the worker was condemned")
	}
}

func TestEarlyHints(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app"})
	got := ask(t, app.Server.URL, "GET", "/early_hints", "")
	if got.status != 200 || got.body != "body" || got.header.Get("Link") != "" {
		t.Errorf("%+v", got)
	}
	if len(got.hints) != 1 || got.hints[0].Get("Link") != "</style.css>; rel=preload; as=style" {
		t.Errorf("hints %v", got.hints)
	}
	old := askRaw(t, app.Server.URL, "GET", "GET /early_hints HTTP/1.0\r\nHost: a\r\n\r\n")
	if old.status != 200 || len(old.hints) != 0 {
		t.Errorf("HTTP/1.0 knows no 103: %+v", old)
	}
}
