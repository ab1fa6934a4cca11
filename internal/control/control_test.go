package control_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/control"
	"github.com/fumehood/fumehood/internal/hint"
)

// folder is a folder that belongs to this user only.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

type greeting struct{ Name string }

// serve starts a server with the verbs greet and fail, and returns its socket.
func serve(t *testing.T, dir, greets string) (path string, stop func()) {
	t.Helper()
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		err := control.Serve(ctx, l, map[string]control.Verb{
			"greet": func(_ context.Context, in json.RawMessage) (any, error) {
				var g greeting
				if err := json.Unmarshal(in, &g); err != nil {
					return nil, err
				}
				return greeting{greets + " " + g.Name}, nil
			},
			"fail": func(context.Context, json.RawMessage) (any, error) { return nil, errors.New("it does not work") },
		}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func TestEveryServerIsTold(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ctx := t.Context()
	if _, err := control.Call[greeting](ctx, dir, "greet", greeting{"x"}); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("without a server: %v", err)
	}
	path, stop := serve(t, dir, "good morning")
	serve(t, dir, "good evening")
	got, err := control.Call[greeting](ctx, dir, "greet", greeting{"Ada"})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	stop()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is left behind")
	}
	if got, err = control.Call[greeting](ctx, dir, "greet", greeting{"Ada"}); err != nil || len(got) != 1 || got[0].Name != "good evening Ada" {
		t.Errorf("%v, %v", got, err)
	}
}

// The old server of a restart may hang or be of another version: the new one is told all the
// same.
func TestOneFails(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer func() { cancel(); done.Wait() }()
	done.Go(func() { control.Serve(ctx, l, nil, slog.New(slog.DiscardHandler)) })
	for range 4 { // whatever the order of their names
		serve(t, dir, "hello")
	}
	got, err := control.Call[greeting](t.Context(), dir, "greet", greeting{"Ada"})
	if len(got) != 4 || err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	serve(t, dir, "hello")
	for verb, want := range map[string]string{"fail": "it does not work", "dance": "another version", "greet": "json"} {
		if _, err := control.Call[greeting](t.Context(), dir, verb, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", verb, err)
		}
	}
	if _, err := control.Call[greeting](t.Context(), filepath.Join(dir, "none"), "greet", 1); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("no folder: %v", err)
	}
}

func TestSocketIsItsOwnersOnly(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	path, _ := serve(t, dir, "hello")
	if info, err := os.Lstat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("%v, %v", info, err)
	}
	open := folder(t)
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	if l, err := control.Listen(open); err == nil || hint.Of(err) == "" {
		l.Close()
		t.Errorf("a folder that others can enter: %v", err)
	}
}

// Another user who gets to the socket is not answered; the same user is.
func TestAttackAnotherUser(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	path, _ := serve(t, dir, "hello")
	ask := func(name string, arg ...string) string {
		out, err := exec.CommandContext(t.Context(), name, arg...).CombinedOutput()
		t.Logf("%s %v: %v", name, arg, err)
		return string(out)
	}
	script := "import socket,sys\n" +
		"s=socket.socket(socket.AF_UNIX)\n" +
		"s.connect(sys.argv[1])\n" +
		"b=b'{\"Name\":\"you\"}'\n" +
		"s.sendall(b'POST /greet HTTP/1.0\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(b) + b)\n" +
		"print(s.recv(4096)+s.recv(4096))"
	if got := ask("python3", "-c", script, path); !strings.Contains(got, "hello you") {
		t.Fatalf("the same user: %q", got)
	}
	if os.Geteuid() != 0 {
		t.Log("only root can take on another user's id: the rest is not tried")
		return
	}
	for p := dir; p != "/" && strings.HasPrefix(p, os.TempDir()); p = filepath.Dir(p) { // let them in
		if info, err := os.Stat(p); err == nil {
			os.Chmod(p, info.Mode().Perm()|0o011)
		}
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	script = "import os\nos.setgid(65534)\nos.setuid(65534)\n" + script
	if got := ask("python3", "-c", script, path); strings.Contains(got, "hello you") || strings.Contains(got, "PermissionError") {
		t.Errorf("another user: %q", got)
	}
}

// What a killed server has left is passed over, and goes with the next start.
func TestDeadSocket(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	dead := filepath.Join(dir, "control-dead.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := control.Call[greeting](t.Context(), dir, "greet", greeting{}); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("%v", err)
	}
	serve(t, dir, "hello")
	if _, err := os.Lstat(dead); err != nil {
		t.Error("a young socket may be about to be listened at")
	}
	hourAgo := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dead, hourAgo, hourAgo); err != nil {
		t.Fatal(err)
	}
	serve(t, dir, "hello")
	if _, err := os.Lstat(dead); err == nil {
		t.Error("the dead socket is still there")
	}
	if got, err := control.Call[greeting](t.Context(), dir, "greet", greeting{}); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "control-file.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := control.Call[greeting](t.Context(), dir, "greet", greeting{}); err != nil || len(got) != 2 {
		t.Errorf("beside a file: %v, %v", got, err)
	}
}

// The address of a socket has room for about 100 bytes; folders may be deeper.
func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("deep", 30), strings.Repeat("er", 60))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path, stop := serve(t, dir, "hello")
	if got, err := control.Call[greeting](t.Context(), dir, "greet", greeting{"you"}); err != nil || got[0].Name != "hello you" {
		t.Errorf("%v, %v", got, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("%v, %v", info, err)
	}
	stop()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is left behind")
	}
}

// A command that is too long or cut off is answered, and costs the server nothing.
func TestMalformed(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	path, _ := serve(t, dir, "hello")
	for said, want := range map[string]int{
		"GET /greet HTTP/1.1\r\nHost: x\r\n\r\n":                                                                              http.StatusMethodNotAllowed,
		"POST /greet HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{":                                                      http.StatusUnprocessableEntity,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n":                                                             http.StatusNotFound,
		"POST /greet HTTP/1.1\r\nHost: x\r\nContent-Length: " + strconv.Itoa(2<<20) + "\r\n\r\n" + strings.Repeat(" ", 2<<20): http.StatusUnprocessableEntity,
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(conn, said)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != want {
			t.Errorf("%.40q: %v, %v", said, res, err)
		}
		conn.Close()
	}
}
