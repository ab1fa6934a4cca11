package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/bench/internal/tables"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// abuseBar is the CPU of a hello with the guards against abuse on, as a multiple of that
// with them off.
const abuseBar = 1.05

// runAbuse measures what the guards against abuse cost, and how many guesses of a password
// a second are refused.
func runAbuse(ctx context.Context, b *bench) (string, error) {
	var report strings.Builder
	fmt.Fprintf(&report, "Flask, 2 workers; wrk -t1 on the same machine (bench/apps/*.lua); median of %d starts of %d rounds of %v in turns.\n\n", starts, b.rounds.count, b.seconds)
	t := tables.New("what", "server", "requests/s", "p50 ms", "CPU/request", "figure", "bar")
	err := b.guardCost(ctx, t, 32, abuseBar, off("RATELIMIT", "LOGIN", "UPLOAD", "PATHS", "VALIDATE"))
	if err != nil {
		return "", err
	}
	err = b.flood(ctx, t, floodOf{"guesses of a password", "guess", "login:app", "login:limited()", "gunicorn, Flask-Limiter", true})
	if err != nil {
		return "", err
	}
	if err := manyClients(ctx, t); err != nil {
		return "", err
	}
	report.WriteString(t.String())
	return report.String(), nil
}

// clients is how many different clients play in manyClients.
const clients = 5_000_000

// manyClients sends one request each from 5 million addresses through the whole chain, in
// this process, and compares the memory after the first tenth of them with that at the end.
func manyClients(ctx context.Context, t *tables.Table) error {
	cfg := config.Default()
	cfg.Log.Access = false
	cfg.ClientIP.TrustedProxies = []string{"127.0.0.1"}
	site := server.Site{Hosts: server.ServedBy(cfg), Logger: slog.New(slog.DiscardHandler)}
	if err := site.Open(cfg); err != nil {
		return err
	}
	defer site.Close()
	handler, err := server.Handler(cfg, site, http.HandlerFunc(loginForm))
	if err != nil {
		return err
	}
	var early, late uint64
	answered := map[int]int{}
	for i := range clients {
		if i == clients/10 {
			early = heap()
		}
		if i%10_000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w := &blank{header: http.Header{}}
		handler.ServeHTTP(w, visit(i))
		answered[w.status]++
	}
	late = heap()
	grown := float64(late)/float64(early) - 1
	t.Row("5 million clients", "the chain", "", "", "",
		fmt.Sprintf("%.1f MB after 0.5 million, %.1f MB at the end; answers %v", float64(early)/(1<<20), float64(late)/(1<<20), answered),
		fmt.Sprintf("flat: %s", tables.Verdict(grown < 0.05)))
	return nil
}

// visit is what the client with a number sends: a page, a login, a probe or an API call.
func visit(i int) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	switch i % 4 {
	case 1:
		r = httptest.NewRequest(http.MethodPost, "http://localhost/login", strings.NewReader("username=u"+strconv.Itoa(i)+"&password=123456"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case 2:
		r = httptest.NewRequest(http.MethodGet, "http://localhost/.env", nil)
	case 3:
		r = httptest.NewRequest(http.MethodGet, "http://localhost/login", nil)
	}
	r.RemoteAddr = "127.0.0.1:4000"
	address := netip.AddrFrom4([4]byte{byte(20 + i>>24), byte(i >> 16), byte(i >> 8), byte(i)})
	if i%3 == 0 { // a /64 of its own
		address = netip.AddrFrom16([16]byte{0x20, 1, 0x0d, 0xb8, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i), 15: 1})
	}
	r.Header.Set("X-Forwarded-For", address.String())
	r.Header.Set("X-Forwarded-Proto", "https")
	return r
}

// loginForm is an app whose logins all fail.
func loginForm(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, `<form method="post" action="/login"><input name="username"><input type="password" name="password"></form>`)
}

type blank struct {
	header http.Header
	status int
}

func (w *blank) Header() http.Header    { return w.header }
func (w *blank) WriteHeader(status int) { w.status = status }
func (w *blank) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return len(p), nil
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
