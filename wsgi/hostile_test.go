package wsgi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// patience is the timeout of the apps in testdata/hostile.
const patience = 1000 * time.Millisecond

func startHostile(t testing.TB, file string, cfg wsgi.Config) *testapp.App {
	t.Helper()
	cfg.Target = strings.TrimSuffix(file, ".py") + ":app"
	cfg.Timeout = within(patience)
	if cfg.Workers == 0 {
		cfg.Workers = 2
	}
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = 3 * time.Second
	}
	return testapp.Start(t, "testdata/hostile", cfg)
}

// faults has each file of testdata/hostile that misbehaves on /fault.
var faults = map[string]struct {
	query string
	want  reply  // status 0: the connection ends without an answer
	log   string // what the owner reads
	gone  bool   // the worker is replaced
}{
	"hang.py":                        {want: reply{status: 504}, log: `hang.py\", line 10, in app`, gone: true},
	"spin.py":                        {want: reply{status: 504}, log: "spin.py", gone: true},
	"hang_holding_the_gil.py":        {want: reply{status: 504}, log: `hang_holding_the_gil.py\", line 10 in app`, gone: true},
	"hang_mid_body.py":               {}, // TestClientThatLeaves...
	"hang_in_close.py":               {want: reply{status: 200, body: "body"}},
	"exit_mid_body.py":               {want: reply{status: 200, body: strings.Repeat("x", 100_000), cut: true}, log: "exit status 3", gone: true},
	"exit_before_answer.py":          {want: reply{status: 502}, log: "exit status 3", gone: true},
	"kill_itself.py":                 {want: reply{status: 502}, log: "killed by signal 9", gone: true},
	"interrupt_itself.py":            {want: reply{status: 502}, log: "KeyboardInterrupt", gone: true},
	"crash_in_c.py":                  {want: reply{status: 502}, log: `crash_in_c.py\", line 10 in app`, gone: true},
	"sys_exit.py":                    {want: reply{status: 500}, log: "SystemExit: goodbye"},
	"recurse.py":                     {want: reply{status: 500}, log: "RecursionError"},
	"run_out_of_memory.py":           {want: reply{status: 500}, log: "MemoryError"},
	"garbage_on_channel.py":          {want: reply{status: 502}, log: "not a frame", gone: true},
	"half_a_frame_on_channel.py":     {want: reply{status: 504}, log: "did not begin its answer in time", gone: true},
	"endless_frame_on_channel.py":    {want: reply{status: 502}, log: "announces 4294967295 bytes", gone: true},
	"answer_for_another_request.py":  {want: reply{status: 502}, log: "which it does not have", gone: true},
	"file_without_descriptor.py":     {want: reply{status: 502}, log: "no descriptor came with the frame", gone: true},
	"more_than_the_window.py":        {want: reply{status: 200, cut: true}, log: "sent more than was asked for", gone: true},
	"close_channel.py":               {want: reply{status: 502}, log: "worker ended", gone: true},
	"close_all_descriptors.py":       {want: reply{status: 502}, log: "worker ended", gone: true},
	"close_stdout.py":                {want: reply{status: 200, body: "body"}},
	"print_to_stdout.py":             {want: reply{status: 200, body: "body"}, log: "after the long line"},
	"leak_threads.py":                {want: reply{status: 200, body: "body"}},
	"fork_and_return.py":             {want: reply{status: 200, body: "body"}},
	"fork_while_another_writes.py":   {want: reply{status: 200, body: "body"}},
	"fork_and_stream.py":             {want: reply{status: 200, body: "one two"}},
	"fork_and_linger.py":             {want: reply{status: 200, body: "body"}},
	"exec_and_linger.py":             {want: reply{status: 200, body: "body"}},
	"bad_header.py":                  {query: "crlf", want: reply{status: 500}, log: "control character in the header"},
	"bad_header.py lf":               {query: "lf", want: reply{status: 500}, log: "control character in the header"},
	"bad_header.py nul":              {query: "nul", want: reply{status: 500}, log: "NUL"},
	"huge_header.py":                 {want: reply{status: 500}, log: "the header fields have 8388"},
	"bad_status.py":                  {want: reply{status: 500}, log: "control character in the status"},
	"short_body.py":                  {want: reply{status: 200, body: "body", cut: true}, log: "96 bytes short"},
	"long_body.py":                   {want: reply{status: 200, body: "bo"}, log: "more than its Content-Length"},
	"yields_str.py":                  {want: reply{status: 500}, log: "yields bytes, not str"},
	"raises_in_close.py":             {want: reply{status: 200, body: "body"}, log: "RuntimeError: in close"},
	"raises_what_cannot_be_shown.py": {want: reply{status: 500}, log: "app raised"},
	"endless_answer.py":              {}, // TestFlowControl
	"late_answer.py":                 {want: reply{status: 504}, log: `late_answer.py\", line 10, in app`, gone: true},
	"write_after_the_end.py":         {want: reply{status: 200, body: "body"}},
	"leak_descriptors.py":            {want: reply{status: 200, body: "body"}},
}

// elsewhere are the files whose fault is not one request's; each has a test of its own.
var elsewhere = map[string]bool{
	"ordinary.py": true, "slow_start.py": true, "ignore_term.py": true, "crash_at_every_start.py": true,
}

func TestEveryFaultIsTested(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/hostile/*.py")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		if _, listed := faults[name]; !listed && !elsewhere[name] {
			t.Errorf("no test has %s", name)
		}
	}
}

// TestFaults: after each fault the client has the right answer, the log says why, the
// others are served as if nothing had been, and the worker is replaced if need be.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		if fault.want.status == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, _, _ := strings.Cut(name, " ")
			cfg := wsgi.Config{Threads: 4, Workers: 2}
			if testing.Short() && !fault.gone {
				cfg.Workers = 1 // the quick check has a second worker where it takes over
			}
			app := startHostile(t, file, cfg)
			base := serve(t, streamed, app)
			before := app.Pool().Snapshot()
			got := ask(t, base, "GET", "/fault?"+fault.query, "")
			if got.status != fault.want.status || got.cut != fault.want.cut {
				t.Errorf("%d, cut: %v; want %d, cut: %v", got.status, got.cut, fault.want.status, fault.want.cut)
			}
			if got.status < 500 && got.body != fault.want.body {
				t.Errorf("body %.200q (%d bytes)", got.body, len(got.body))
			}
			if len(got.header["Set-Cookie"])+len(got.header["X-Evil"]) > 0 {
				t.Errorf("smuggled: %v", got.header)
			}
			if fault.log != "" {
				logged(t, app, fault.log)
			}
			othersAreServed(t, base)
			testapp.Eventually(t, "all workers are ready", func() bool { return ready(app) == cfg.Workers })
			replaced := 0
			testapp.Eventually(t, "the worker is replaced", func() bool {
				replaced = 0
				for _, w := range before {
					if !hasPID(app, w.PID) {
						replaced++
					}
				}
				return !fault.gone || replaced == 1
			})
			if !fault.gone && replaced > 0 {
				t.Errorf("%d workers were replaced", replaced)
			}
			othersAreServed(t, base)
			if strings.Contains(app.Log.String(), "\x1b") || strings.Contains(app.Log.String(), "\nlevel=ERROR msg=forged") {
				t.Error("the app wrote into the log as it liked")
			}
		})
	}
}

// TestForkedChildIsSilentAndEnds: a copy of the worker that the app made says nothing to
// the front and does not stay.
func TestForkedChildIsSilentAndEnds(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"fork_and_return.py", "fork_and_stream.py", "fork_while_another_writes.py"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			app := startHostile(t, file, wsgi.Config{Workers: 1})
			for range 3 {
				if got := ask(t, app.Server.URL, "GET", "/fault", ""); got.status != 200 {
					t.Errorf("%+v", got)
				}
			}
			parent := strconv.Itoa(app.Pool().Snapshot()[0].PID)
			testapp.Eventually(t, "no child is alive", func() bool {
				stats, _ := filepath.Glob("/proc/[0-9]*/stat")
				for _, path := range stats {
					b, _ := os.ReadFile(path)
					_, rest, _ := strings.Cut(string(b), ") ")
					if f := strings.Fields(rest); len(f) > 1 && f[1] == parent && f[0] != "Z" {
						return false
					}
				}
				return true
			})
		})
	}
}

// othersAreServed asks a dozen things at the same time.
func othersAreServed(t *testing.T, base string) {
	t.Helper()
	var all sync.WaitGroup
	for n := range 12 {
		all.Go(func() {
			text := fmt.Sprintf("mine-%d", n)
			if got := ask(t, base, "GET", "/?"+text, ""); got.status != 200 || got.body != text {
				t.Errorf("another request: %d %q, want %q", got.status, got.body, text)
			}
		})
	}
	all.Wait()
}
