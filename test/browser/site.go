package browser

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// Site is a server that a test started.
type Site struct {
	URL string // without a path: "https://localhost:41234"
	CA  []byte // PEM of the local certificate authority; nil for plain http
}

// built is done once for each test binary, which has a file of its own: linking takes
// longer than most tests.
var built sync.Once

// Fumehood builds fumehood, serves the app in dir ("module:callable") with it on a free
// port of localhost, and ends it with the test. More arguments go to `fumehood run`.
func Fumehood(t testing.TB, dir, target string, args ...string) Site {
	t.Helper()
	binary := filepath.Join(testapp.Root(t), ".cache", "test", filepath.Base(os.Args[0])+"-fumehood")
	built.Do(func() {
		// Without the tables for debuggers, which take half of the linker's time.
		build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "./cmd/fumehood")
		build.Dir = testapp.Root(t)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build ./cmd/fumehood: %v\n%s", err, out)
		}
	})
	storage := t.TempDir()
	args = append([]string{"run", "--chdir", dir, "--bind", "localhost:0", "--tls-storage", storage,
		"--python", testapp.Python(t)}, args...)
	site := Site{URL: start(t, exec.Command(binary, append(args, target)...))}
	site.CA = authority(t, storage)
	return site
}

// Bare serves the same app by a plain WSGI server over plain http: what an attack meets
// without Fumehood.
func Bare(t testing.TB, dir, target string) Site {
	t.Helper()
	return Site{URL: start(t, exec.Command(testapp.Python(t), "-m", "gunicorn", "--chdir", dir,
		"--bind", "127.0.0.1:0", "--threads", "8", "--no-control-socket", target))}
}

// Flask runs the text of a program, which has an "app", in a worker, without any guard.
func Flask(t testing.TB, source string) *testapp.App {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "written.py"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return testapp.Start(t, dir, wsgi.Config{Target: "written:app"})
}

// Notes copies examples/notes to a fresh folder.
func Notes(t testing.TB) string { return Example(t, "notes") }

// Example copies an app of examples/, without what was made by running it, to a fresh folder.
func Example(t testing.TB, name string) string {
	t.Helper()
	dir := t.TempDir()
	source := os.DirFS(filepath.Join(testapp.Root(t), "examples", name))
	err := fs.WalkDir(source, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "instance" || path == "__pycache__"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(dir, path), 0o755)
		}
		content, err := fs.ReadFile(source, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), content, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// What a server may take to come up (an import under load) and to go down.
const (
	bootTime = 60 * time.Second
	stopTime = 20 * time.Second
)

var address = regexp.MustCompile(`https?://(localhost|127\.0\.0\.1):[1-9][0-9]*`)

// start runs a server until the test ends and returns the address that it prints when it
// is ready. Its output is shown when the test fails.
func start(t testing.TB, cmd *exec.Cmd) string {
	t.Helper()
	out := &output{ready: make(chan string, 1)}
	cmd.Env = environment(os.Environ())
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		if err := stop(cmd, exited); err != nil {
			t.Errorf("%s: %v", filepath.Base(cmd.Path), err)
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), out)
		}
	})
	select {
	case url := <-out.ready:
		return url
	case err := <-exited:
		exited <- errors.New("it ended before it was ready")
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	case <-time.After(bootTime):
		t.Fatalf("%v: not ready after %s", cmd.Args, bootTime)
	}
	return ""
}

// environment leaves out what would configure the server that is tested: the developer's
// own FUMEHOOD_ and GUNICORN_ variables.
func environment(all []string) []string {
	return slices.DeleteFunc(all, func(entry string) bool {
		return strings.HasPrefix(entry, "FUMEHOOD_") || strings.HasPrefix(entry, "GUNICORN_")
	})
}

// stop asks the server to end and says when it did not do so properly.
func stop(cmd *exec.Cmd, exited chan error) error {
	// An error here means that it has ended, which the channel tells better.
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-exited:
		return err
	case <-time.After(stopTime):
		_ = cmd.Process.Kill()
		<-exited
		return fmt.Errorf("still there %s after SIGTERM", stopTime)
	}
}

// output keeps what a server prints and finds the first address in it.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	found bool
	ready chan string
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	// Only whole lines: the end of an address may still be on its way.
	whole := o.text.Bytes()[:bytes.LastIndexByte(o.text.Bytes(), '\n')+1]
	if url := address.Find(whole); url != nil && !o.found {
		o.found = true
		o.ready <- string(url)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// authority finds the root certificate that fumehood made in its TLS storage.
func authority(t testing.TB, storage string) []byte {
	t.Helper()
	var roots []byte
	err := filepath.WalkDir(storage, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		block, _ := pem.Decode(content)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && cert.IsCA {
			roots = append(roots, content...)
		}
		return nil
	})
	if err != nil || roots == nil {
		t.Fatalf("no certificate authority under %s: %v", storage, err)
	}
	return roots
}
