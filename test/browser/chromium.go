// Package browser drives a real, headless Chromium against a real server. It is for
// tests only: what a guard claims about browsers (cookies, scripts, frames, certificates)
// is true when a browser behaves so, not when our own constants agree with each other.
//
// It stops no attack and belongs to no chain.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Options say how Open starts the browser.
type Options struct {
	// Site is the site that is going to be visited; its certificate authority is trusted.
	Site Site

	// Width and Height are the size of the window. Zero means 1280 by 800.
	Width, Height int

	// Complaints is given the errors on the page's console when the test ends. When it is
	// nil, they fail the test.
	Complaints func(lines []string)
}

// patience is how long one test may use its browser.
const patience = 2 * time.Minute

// Find returns the Chromium or Chrome to use: FUMEHOOD_TEST_CHROMIUM, else the first on PATH
// or in the usual places.
func Find() (string, error) {
	names := []string{
		os.Getenv("FUMEHOOD_TEST_CHROMIUM"),
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/snap/bin/chromium",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium\n" +
		"hint: sudo apt install chromium, or FUMEHOOD_TEST_CHROMIUM=/path; make test FUMEHOOD_WITHOUT=browser goes without")
}

// Needed skips the test where the browser is left out. Where a test opens one browser for all
// of its subtests, they call it, each for itself.
func Needed(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("short tests go without the browser; make test has it")
	}
	if os.Getenv("FUMEHOOD_TEST_WITHOUT") == "browser" { // which CI refuses
		t.Skip("the browser is left out: FUMEHOOD_WITHOUT=browser")
	}
}

// Open starts a browser with an empty profile and returns the chromedp context of its
// one tab. When the test ends, the browser is closed, and whatever the page complained
// about on the console fails the test.
func Open(t testing.TB, o Options) context.Context {
	t.Helper()
	Needed(t)
	path, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	if o.Width == 0 {
		o.Width, o.Height = 1280, 800
	}
	home := tempDir(t)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.NoSandbox, // containers and root; the pages are ours
		chromedp.WindowSize(o.Width, o.Height),
		chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+home+"/config",
			"XDG_DATA_HOME="+home+"/.local/share", "XDG_CACHE_HOME="+home+"/cache"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("password-store", "basic"),
	}
	if o.Site.CA != nil {
		options = append(options, trust(t, home, o.Site)...)
	}
	patient, done := context.WithTimeout(context.Background(), patience)
	allocator, release := chromedp.NewExecAllocator(patient, options...)
	ctx, cancel := chromedp.NewContext(allocator)
	complaints := &complaints{}
	t.Cleanup(func() {
		if lines := complaints.all(); o.Complaints != nil {
			o.Complaints(lines)
		} else if len(lines) > 0 {
			t.Errorf("the browser's console:\n  %s", strings.Join(lines, "\n  "))
		}
		chromedp.Cancel(ctx)
		cancel()
		release()
		done()
	})
	if err := chromedp.Listen(ctx, complaints.hear); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// Do runs the steps and ends the test at the first that fails.
func Do(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		fail(t, ctx, err)
	}
}

// Follow runs the steps, the last of which leaves the page, and waits until the next page
// has loaded. A wait for an element alone may still meet the page that is on its way out.
func Follow(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Steps(steps...)))
	if err != nil {
		fail(t, ctx, err)
	}
}

// Get runs an action that has a result, and ends the test when it fails.
func Get[T any](t testing.TB, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		fail(t, ctx, err)
	}
	return value
}

// fail ends the test with what the browser shows.
func fail(t testing.TB, ctx context.Context, err error) {
	t.Helper()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
	t.Fatalf("%v\nat %s\nthe page says:\n%.1500s", err, where, text)
}

// Shot saves a picture of the page in the folder that FUMEHOOD_TEST_SCREENSHOTS names, if any.
func Shot(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("FUMEHOOD_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture := Get(t, ctx, chromedp.CaptureScreenshot())
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// complaints are the errors that a page caused.
type complaints struct {
	mu    sync.Mutex
	lines []string
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lines
}

// hear notes exceptions, calls of console.error, and the browser's own errors: a failed
// load, a blocked script, an insecure form.
func (c *complaints) hear(event any) {
	line := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		line = fmt.Sprintf("exception: %v", &chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails})
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError {
			return
		}
		for _, arg := range e.Args {
			line += fmt.Sprintf(" %s%s", arg.Value, arg.Description)
		}
		line = "console.error:" + line
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		line = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, line)
}

// tempDir is like t.TempDir, for a program whose children may still write while it ends.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fumehood-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
