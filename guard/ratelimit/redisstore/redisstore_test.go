package redisstore_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/guard/ratelimit/redisstore"
	"github.com/fumehood/fumehood/guard/ratelimit/storetest"
	"github.com/fumehood/fumehood/internal/freeport"
	"github.com/fumehood/fumehood/internal/hint"
)

func perHour(t testing.TB) ratelimit.Limit {
	t.Helper()
	l, err := ratelimit.ParseLimit("5/hour")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func take(s *redisstore.Store, key uint64, l ratelimit.Limit) (ratelimit.Decision, error) {
	return s.Take(context.Background(), storetest.KeyOf(key), l, 1)
}

// TestIsAStore has a server for all the tests, in a database each.
func TestIsAStore(t *testing.T) {
	t.Parallel()
	srv := start(t, "--databases", "64")
	var databases atomic.Int64
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		db := databases.Add(1)
		s, _ := open(t, redisstore.Config{URL: srv.url + fumehood.Secret(fmt.Sprintf("?db=%d", db)), Timeout: patient})
		c := srv.direct(t, int(db))
		return storetest.Subject{Store: s, Advance: func(d time.Duration) { advance(t, c, d) }}
	})
}

// TestServersCountTogether: a client that spreads its requests over two servers has the
// limit once, where each server with a memory of its own gives it once more.
func TestServersCountTogether(t *testing.T) {
	t.Parallel()
	srv := start(t, "--requirepass", "s3cret")
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	through := func(shared bool, names ...string) (n int) {
		var servers []http.Handler
		for _, name := range names {
			cfg, site := ratelimit.Config{Rate: "5/hour", By: []string{"client", "session", "route"}}, ratelimit.Site{Name: name, Session: []string{"session"}}
			if shared {
				cfg.Store = fumehood.Secret("unix://:s3cret@" + srv.socket)
				store, _ := open(t, redisstore.Config{URL: cfg.Store, Timeout: patient})
				site.Store, site.Key = store, store.Key()
			}
			g, err := ratelimit.New(cfg, site)
			if err != nil {
				t.Fatal(err)
			}
			servers = append(servers, g.Handler(app))
		}
		for i := range 20 {
			r := httptest.NewRequest("POST", "/login", nil)
			r.Header.Set("Cookie", "session=abc")
			w := httptest.NewRecorder()
			servers[i%len(servers)].ServeHTTP(w, r)
			if w.Code == 200 {
				n++
			}
		}
		return n
	}
	if n := through(false, "POST /login", "POST /login"); n != 10 {
		t.Errorf("%d got through where each server counts by itself, want 10", n)
	}
	if n := through(true, "POST /login", "POST /login"); n != 5 {
		t.Errorf("%d got through, want 5", n)
	}
	if n := through(true, "POST /login", "POST /other"); n != 5 { // the second of them only
		t.Errorf("%d got through, want 5: another limit counts apart", n)
	}
}

func TestCountersExpire(t *testing.T) {
	t.Parallel()
	srv := start(t)
	s, _ := open(t, redisstore.Config{URL: srv.url, Timeout: patient})
	if _, err := take(s, 1, perHour(t)); err != nil {
		t.Fatal(err)
	}
	c := srv.direct(t, 0)
	keys, err := c.Keys(context.Background(), "fumehood:ratelimit:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		left, err := c.PTTL(context.Background(), key).Result()
		if err != nil || left > 12*time.Minute || !strings.HasSuffix(key, "probe") && left < 10*time.Minute {
			t.Errorf("%s expires in %v, %v; its burst is whole again in 12m", key, left, err)
		}
	}
	if len(keys) == 0 {
		t.Error("there are no counters")
	}
}

// TestScriptIsForgotten by a server that starts anew, or by SCRIPT FLUSH.
func TestScriptIsForgotten(t *testing.T) {
	t.Parallel()
	srv := start(t)
	s, _ := open(t, redisstore.Config{URL: srv.url, Timeout: patient})
	c := srv.direct(t, 0)
	for range 3 {
		if _, err := take(s, 1, perHour(t)); err != nil {
			t.Fatal(err)
		}
		if err := c.ScriptFlush(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHangingUpIsCounted(t *testing.T) {
	t.Parallel()
	srv := start(t)
	s, _ := open(t, redisstore.Config{URL: srv.url, Timeout: patient})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range 6 {
		d, err := s.Take(ctx, storetest.KeyOf(1), perHour(t), 1)
		if err != nil || d.OK != (i < 5) {
			t.Errorf("request %d: %v %v", i, d, err)
		}
	}
}

// TestDeadServer: a server that takes connections and says nothing costs one request the
// timeout; after that nobody waits.
func TestDeadServer(t *testing.T) {
	t.Parallel()
	srv := start(t)
	s, log := open(t, redisstore.Config{URL: srv.url, Timeout: time.Second})
	if _, err := take(s, 1, perHour(t)); err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 2; round++ {
		srv.signal(syscall.SIGSTOP)
		if _, err := take(s, 1, perHour(t)); !errors.Is(err, redisstore.ErrAway) {
			t.Fatalf("a server that is stopped: %v", err)
		}
		began := time.Now()
		for range 10_000 {
			if _, err := take(s, 1, perHour(t)); !errors.Is(err, redisstore.ErrAway) {
				t.Fatalf("a server that is stopped: %v", err)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("10,000 requests waited %v", took)
		}
		srv.signal(syscall.SIGCONT)
		log.waitFor(t, "is back", round)
		if n := log.count("is away"); n != round {
			t.Errorf("it was said %d times that the store is away:\n%s", n, log)
		}
	}
	d, err := take(s, 1, perHour(t))
	if err != nil || !d.OK {
		t.Errorf("after it came back: %v %v", d, err)
	}
}

// TestServerDies, and another one takes its place.
func TestServerDies(t *testing.T) {
	t.Parallel()
	srv := start(t)
	s, log := open(t, redisstore.Config{URL: srv.url, Timeout: patient})
	if _, err := take(s, 1, perHour(t)); err != nil {
		t.Fatal(err)
	}
	srv.kill()
	for range 100 {
		if _, err := take(s, 1, perHour(t)); !errors.Is(err, redisstore.ErrAway) {
			t.Fatalf("a server that is gone: %v", err)
		}
	}
	srv.run()
	log.waitFor(t, "is back", 1)
	if _, err := take(s, 1, perHour(t)); err != nil || log.count("is away") != 1 {
		t.Errorf("%v; the log:\n%s", err, log)
	}
}

// TestServersThatCannotCount answer, but are away all the same; the log says why, and has
// no password in it.
func TestServersThatCannotCount(t *testing.T) {
	t.Parallel()
	locked := start(t, "--requirepass", "s3cret")
	replica := start(t, "--replicaof", "127.0.0.1 1")
	full := start(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
	mute := listen(t, func(net.Conn) {})
	hangs := listen(t, func(c net.Conn) { c.Close() })
	babbles := listen(t, func(c net.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	for name, c := range map[string]struct{ url, why string }{
		"no password":    {string(locked.url), "NOAUTH"},
		"wrong password": {"unix://:hunter2@" + locked.socket, "WRONGPASS"},
		"a user":         {"unix://mallory:hunter2@" + locked.socket, "WRONGPASS"},
		"no database":    {string(locked.url[:7]) + ":s3cret@" + locked.socket + "?db=77", "out of range"},
		"a replica":      {string(replica.url), "READONLY"},
		"no memory":      {string(full.url), "OOM"},
		"nothing there":  {"redis://127.0.0.1:1/0", "refused"},
		"no socket":      {"unix:///nowhere/s", "no such file"},
		"mute":           {"redis://" + mute, "timeout"},
		"hangs up":       {"redis://" + hangs, ""},
		"another server": {"redis://" + babbles, ""},
		"not TLS":        {"rediss://" + babbles, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, log := open(t, redisstore.Config{URL: fumehood.Secret(c.url), Timeout: 2 * time.Second})
			log.waitFor(t, "is away", 1)
			if !strings.Contains(log.String(), c.why) {
				t.Errorf("the log does not say %s:\n%s", c.why, log)
			}
			d, err := take(s, 1, perHour(t))
			if !errors.Is(err, redisstore.ErrAway) || d.OK {
				t.Errorf("%v %v", d, err)
			}
			if all := log.String() + err.Error(); strings.Contains(all, "hunter2") || strings.Contains(all, "s3cret") {
				t.Errorf("a password was shown:\n%s", all)
			}
		})
	}
}

// listen is a server that does f with each connection.
func listen(t *testing.T, f func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			f(conn)
		}
	}()
	return l.Addr().String()
}

func TestTLS(t *testing.T) {
	t.Parallel()
	files := certificate(t)
	port := strconv.Itoa(freeport.Of(t))
	start(t, "--tls-port", port, "--tls-cert-file", files.cert, "--tls-key-file", files.key, "--tls-auth-clients", "no")
	address := fumehood.Secret("rediss://localhost:" + port + "/0")

	s, _ := open(t, redisstore.Config{URL: address, Timeout: patient, TLS: &tls.Config{RootCAs: files.pool}})
	if d, err := take(s, 1, perHour(t)); err != nil || !d.OK {
		t.Errorf("%v %v", d, err)
	}
	for name, cfg := range map[string]redisstore.Config{
		"an authority that nobody knows": {URL: address, Timeout: patient},
		"another name":                   {URL: fumehood.Secret("rediss://127.0.0.1:" + port + "/0"), Timeout: patient, TLS: &tls.Config{RootCAs: files.pool}},
	} {
		s, log := open(t, cfg)
		log.waitFor(t, "certificate", 1)
		if _, err := take(s, 1, perHour(t)); !errors.Is(err, redisstore.ErrAway) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCloseWithADeadServer(t *testing.T) {
	t.Parallel()
	srv := start(t)
	srv.signal(syscall.SIGSTOP)
	s, log := open(t, redisstore.Config{URL: srv.url})
	log.waitFor(t, "is away", 1)
	for range 2 {
		if err := s.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
			t.Error(err)
		}
	}
	if _, err := take(s, 1, perHour(t)); !errors.Is(err, redisstore.ErrAway) {
		t.Errorf("after Close: %v", err)
	}
	srv.signal(syscall.SIGCONT)
}

func TestOpenReportsMistakes(t *testing.T) {
	t.Parallel()
	for _, cfg := range []redisstore.Config{{}, {URL: "memory"}, {URL: "http://:s3cret@host"}, {URL: "redis://host", Timeout: -1}} {
		s, err := redisstore.Open(cfg)
		if err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "s3cret") || s != nil {
			t.Errorf("%v: %v, hint %q", cfg, err, hint.Of(err))
		}
	}
}

func BenchmarkTake(b *testing.B) {
	srv := start(b)
	s, _ := open(b, redisstore.Config{URL: srv.url, Timeout: patient})
	l, err := ratelimit.ParseLimit("50/second burst 300")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := take(s, 1, l); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzParseStore compares with the library's own reading of a URL.
func FuzzParseStore(f *testing.F) {
	for _, text := range []string{
		"redis://cache.example", "redis://:pw@cache.example:6380/4", "rediss://me:p%2Fw@[::1]:7/0", "unix:///run/redis.sock",
		"unix://:pw@/run/r.sock?db=3", "redis://x/1?skip_verify=true", "redis://x#y", "redis://@x/", "memory", "redis://a@b@c",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ratelimit.ParseStore(fumehood.Secret(text))
		if err != nil {
			return
		}
		want, err := redis.ParseURL(text)
		if err != nil {
			t.Fatalf("%q was taken; the library says %v", text, err)
		}
		if got.Network != want.Network || got.Address != want.Addr || got.User != want.Username ||
			string(got.Password) != want.Password || got.DB != want.DB || got.TLS != (want.TLSConfig != nil) {
			t.Fatalf("%q is %+v (password %q); the library says %+v", text, got, string(got.Password), want)
		}
		if want.TLSConfig != nil && (want.TLSConfig.ServerName != got.Host || want.TLSConfig.InsecureSkipVerify) {
			t.Fatalf("%q: host %q, the library says %q", text, got.Host, want.TLSConfig.ServerName)
		}
	})
}
