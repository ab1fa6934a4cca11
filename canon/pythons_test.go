package canon_test

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/canon"
	"github.com/fumehood/fumehood/test/browser"
	"github.com/fumehood/fumehood/test/python"
)

// TestEveryPython carries out what ends in a worker (statements, templates, commands, files,
// objects, addresses) under every Python and Flask: where a sink is watched, it is by what
// this Python has for that. The plain server is Flask's own.
func TestEveryPython(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the quick check: it takes a minute")
	}
	t.Parallel()
	python.Each(t, func(t *testing.T, python string) {
		t.Run("bare", func(t *testing.T) {
			dir := folder(t, "leaky")
			atSinks(t, dir, flaskRun(t, dir, python), true)
		})
		t.Run("fumehood", func(t *testing.T) {
			dir := folder(t, "leaky")
			atSinks(t, dir, browser.Fumehood(t, dir, "app:app", "--python", python), false)
		})
	})
}

// TestWorkers: the same with workers of other shapes than the usual one.
func TestWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the quick check: it takes a minute")
	}
	t.Parallel()
	for name, args := range map[string][]string{
		"one thread":    {"--workers", "1", "--threads", "1"},
		"two threads":   {"--workers", "1", "--threads", "2"},
		"three workers": {"--workers", "3", "--threads", "4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, "leaky")
			atSinks(t, dir, browser.Fumehood(t, dir, "app:app", args...), false)
		})
	}
}

// atSinks carries out the attacks on the shop that need no browser.
func atSinks(t *testing.T, dir string, served browser.Site, want bool) {
	site := canon.NewSite(t, served, nil)
	site.Folder, site.Networks = dir, new(atomic.Uint32)
	visitsShop(t, &canon.Scene{TB: t, Site: site})
	for _, row := range canon.Rows() {
		if row.ID != "xss" {
			t.Run(row.ID, func(t *testing.T) {
				all(t, site, slices.DeleteFunc(row.Attacks, func(a canon.Attack) bool { return a.App != "leaky" }), want)
			})
		}
	}
}

// flaskRun serves the shop as its README says.
func flaskRun(t *testing.T, dir, python string) browser.Site {
	t.Helper()
	cmd := exec.Command(python, "-m", "flask", "--app", "app", "run", "--port", "0")
	cmd.Dir = dir
	out, err := cmd.StderrPipe()
	if err == nil {
		cmd.Stdout = cmd.Stderr
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// An error here means that it has ended already.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	ready := make(chan string, 1)
	go func() {
		address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url := address.FindString(lines.Text()); url != "" {
				ready <- url
				break
			}
		}
		io.Copy(io.Discard, out)
	}()
	select {
	case url := <-ready:
		return browser.Site{URL: url}
	case <-time.After(time.Minute):
		t.Fatal("flask run says no address")
	}
	return browser.Site{}
}
