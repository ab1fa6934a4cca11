package redisstore_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/ratelimit/redisstore"
)

// server is a real redis-server on a Unix socket.
type server struct {
	t      testing.TB
	args   []string
	socket string
	url    fumehood.Secret
	cmd    *exec.Cmd
}

// start starts Debian's redis-server, which the tests need: apt-get install redis-server.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "redis") // a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	s := &server{t: t, socket: socket, url: fumehood.Secret("unix://" + socket)}
	s.args = append([]string{"--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir, "--daemonize", "no"}, args...)
	s.run()
	t.Cleanup(s.kill)
	return s
}

// run starts the process and waits until it takes connections.
func (s *server) run() {
	s.t.Helper()
	var out bytes.Buffer
	s.cmd = exec.Command("redis-server", s.args...)
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("%v; it comes with: apt-get install redis-server", err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("unix", s.socket); err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			s.kill()
			s.t.Fatalf("redis-server does not answer:\n%s", out.String())
		}
	}
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// direct returns a client that goes past the store.
func (s *server) direct(t testing.TB, db int) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket, DB: db})
	t.Cleanup(func() { c.Close() })
	return c
}

// older makes all counters older, as if the time had passed.
const older = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for _, key in ipairs(redis.call('KEYS', '*')) do
  local at = tonumber(redis.call('GET', key)) - tonumber(ARGV[1])
  if at <= now then redis.call('DEL', key)
  else redis.call('SET', key, string.format('%.0f', at), 'PX', math.ceil((at - now) / 1000)) end
end`

func advance(t testing.TB, c *redis.Client, d time.Duration) {
	t.Helper()
	if err := c.Eval(context.Background(), older, nil, d.Microseconds()).Err(); err != nil && err != redis.Nil {
		t.Fatal(err)
	}
}

// logged collects what is logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) count(part string) int { return strings.Count(l.String(), part) }

// waitFor waits until the log has n lines with part.
func (l *logged) waitFor(t testing.TB, part string, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); l.count(part) < n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not in the log %d times:\n%s", part, n, l)
		}
	}
}

// open opens a store; a timeout of 0 is the usual one.
func open(t testing.TB, cfg redisstore.Config) (*redisstore.Store, *logged) {
	t.Helper()
	l := &logged{}
	cfg.Logger = slog.New(slog.NewTextHandler(l, nil))
	s, err := redisstore.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, l
}

// patient is a timeout for tests of a busy machine that are not about the timeout.
const patient = 20 * time.Second

// library has what the Redis library writes past our logger.
var library logged

type toLibrary struct{}

func (toLibrary) Printf(_ context.Context, format string, v ...any) {
	fmt.Fprintf(&library, format+"\n", v...)
}

func TestMain(m *testing.M) {
	redis.SetLogger(toLibrary{})
	code := m.Run()
	if text := library.String(); text != "" && code == 0 {
		fmt.Printf("the library wrote past the logger:\n%s", text)
		code = 1
	}
	os.Exit(code)
}

type certFiles struct {
	cert, key string
	pool      *x509.CertPool
}

// certificate makes a self-signed certificate for localhost.
func certificate(t testing.TB) certFiles {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := certFiles{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), pool: x509.NewCertPool()}
	for name, block := range map[string]*pem.Block{
		files.cert: {Type: "CERTIFICATE", Bytes: der}, files.key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	files.pool.AddCert(parsed)
	return files
}
