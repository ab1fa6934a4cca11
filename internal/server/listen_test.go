package server_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/server"
)

func TestTakenPortHasAHint(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, bind := range []string{"localhost:" + port, "127.0.0.1:" + port, ":" + port} {
		cfg := settings(t, func(cfg *config.Config) { cfg.Server.Bind = bind })
		_, err := server.New(t.Context(), server.Options{Config: cfg})
		if err == nil || !strings.Contains(err.Error(), "port "+port+" is taken") {
			t.Errorf("%s: error %v", bind, err)
		}
		if h := hint.Of(err); !strings.Contains(h, "--bind ") || !strings.Contains(h, "ss -ltnp 'sport = :"+port+"'") {
			t.Errorf("%s: hint %q", bind, h)
		}
		if entries, _ := os.ReadDir(cfg.TLS.Storage); len(entries) != 0 {
			t.Errorf("%s: certificates were made before the port was known to be free", bind)
		}
	}
	port = takenUDP(t) // the same port twice for HTTP/3
	cfg := settings(t, func(cfg *config.Config) { cfg.Server.Bind, cfg.Server.HTTP3 = "127.0.0.1:"+port, true })
	if _, err := server.New(t.Context(), server.Options{Config: cfg}); err == nil || !strings.Contains(hint.Of(err), "--http3") {
		t.Errorf("UDP: error %v, hint %q", err, hint.Of(err))
	}
	if l, err := net.Listen("tcp", "127.0.0.1:"+port); err != nil {
		t.Errorf("the TCP port stays open after the error: %v", err)
	} else {
		l.Close()
	}
}

func TestAddressOfAnotherMachineHasAHint(t *testing.T) {
	t.Parallel()
	cfg := settings(t, func(cfg *config.Config) { cfg.Server.Bind = "192.0.2.77:8443" })
	_, err := server.New(t.Context(), server.Options{Config: cfg})
	if err == nil || !strings.Contains(hint.Of(err), "--bind :8443") {
		t.Errorf("error %v, hint %q", err, hint.Of(err))
	}
}

func unixClient(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) },
	}}
}

func onUnix(path string) func(*config.Config) {
	return func(cfg *config.Config) { cfg.Server.Bind, cfg.TLS.Mode = "unix:"+path, "off" }
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.sock")
	r := start(t, say("hello"), onUnix(path))
	if _, body := get(t, unixClient(path), "http://localhost/"); body != "hello" {
		t.Errorf("%q", body)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeSocket|0o660 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if r.srv.URL() != "unix:"+path || r.srv.Addr().String() != path {
		t.Errorf("URL %s, address %s", r.srv.URL(), r.srv.Addr())
	}

	_, err := server.New(t.Context(), server.Options{Config: settings(t, onUnix(path))})
	if err == nil || !strings.Contains(err.Error(), "another program listens") || hint.Of(err) == "" {
		t.Errorf("a socket that is used: error %v, hint %q", err, hint.Of(err))
	}
	if _, body := get(t, unixClient(path), "http://localhost/"); body != "hello" {
		t.Errorf("the first server lost its socket: %q", body)
	}
	r.stop()
	<-r.done
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestDeadUnixSocketIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as if its process was killed
	dead.Close()
	start(t, say("hello"), onUnix(path))
	if _, body := get(t, unixClient(path), "http://localhost/"); body != "hello" {
		t.Errorf("%q", body)
	}
}

func TestUnixSocketMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "precious.txt")
	if err := os.WriteFile(file, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:                             "not a socket",
		filepath.Join(dir, "no", "sock"): "no such file",
		filepath.Join(dir, strings.Repeat("long", 40)): "invalid argument",
	} {
		_, err := server.New(t.Context(), server.Options{Config: settings(t, onUnix(path))})
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%s: error %v, hint %q", path, err, hint.Of(err))
		}
	}
	if data, _ := os.ReadFile(file); string(data) != "data" {
		t.Error("a file was overwritten")
	}
}

// A service manager hands over open sockets. The test plays it, with this test's own
// program as the service.
func TestSocketsFromTheServiceManager(t *testing.T) {
	if os.Getenv("FUMEHOOD_TEST_SERVICE") != "" {
		serveInherited(t)
		return
	}
	t.Parallel()
	main, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0" -test.run '^TestSocketsFromTheServiceManager$' -test.v`, os.Args[0])
	service.Env = append(os.Environ(), "FUMEHOOD_TEST_SERVICE=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=https:http")
	for _, l := range []net.Listener{main, plain} {
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		defer l.Close()
		service.ExtraFiles = append(service.ExtraFiles, f)
	}
	stop, err := service.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	service.Stdout, service.Stderr = &out, &out
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	main.Close() // only the service has it now; what connects waits until it accepts
	plain.Close()
	answer := plainAnswer(t, plain.Addr().String(), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if want := "https://localhost:" + portOf(main.Addr().String()) + "/"; answer.Header.Get("Location") != want {
		t.Errorf("Location %q, want %q", answer.Header.Get("Location"), want)
	}
	if answer := plainAnswer(t, main.Addr().String(), "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"); answer.StatusCode != 403 {
		t.Errorf("status %d", answer.StatusCode)
	}
	stop.Close()
	if err := service.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

func serveInherited(t *testing.T) {
	cfg := settings(t, func(cfg *config.Config) { cfg.Server.Bind = "192.0.2.77:1" }) // must not be used
	srv, err := server.New(t.Context(), server.Options{Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("LISTEN_FDS") != "" || len(srv.Notices()) == 0 {
		t.Errorf("LISTEN_FDS %q, notices %q", os.Getenv("LISTEN_FDS"), srv.Notices())
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := srv.Serve(ctx, say("hello")); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestServedNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		bind  string
		known bool
		local string
	}{
		{"localhost:0", true, "localhost 127.0.0.1 ::1"},
		{"127.0.0.9:0", true, "localhost 127.0.0.1 ::1 127.0.0.9"},
		{":0", false, "localhost"},
		{"unix:{}/a.sock", false, ""},
	}
	for _, test := range tests {
		cfg := settings(t, func(cfg *config.Config) { cfg.Server.Bind = strings.ReplaceAll(test.bind, "{}", t.TempDir()) })
		srv, err := server.New(t.Context(), server.Options{Config: cfg})
		if err != nil {
			t.Fatal(err)
		}
		if got := srv.Served(); got.Known != test.known || strings.Join(got.Local, " ") != test.local {
			t.Errorf("%s: %+v", test.bind, got)
		}
		srv.Close()
	}
}

// Tests may run as root, which needs no privilege: the error is made up.
func TestPrivilegedPortHasAHint(t *testing.T) {
	t.Parallel()
	err := server.ListenError("0.0.0.0", "443", os.ErrPermission)
	if h := hint.Of(err); !strings.Contains(h, "--bind 0.0.0.0:8443") || !strings.Contains(h, "setcap cap_net_bind_service=+ep") {
		t.Errorf("hint %q", h)
	}
}

// takenUDP takes a UDP port whose TCP port is free.
func takenUDP(t *testing.T) string {
	t.Helper()
	for range 100 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if tcp, err := net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			tcp.Close()
			t.Cleanup(func() { udp.Close() })
			_, port, _ := net.SplitHostPort(udp.LocalAddr().String())
			return port
		}
		udp.Close()
	}
	t.Fatal("no port is free for both")
	return ""
}
