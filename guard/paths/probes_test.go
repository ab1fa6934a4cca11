package paths_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/guard/paths"
)

// from asks for target as the client at ip.
func from(h http.Handler, ip, target string) reply {
	r := httptest.NewRequest("GET", target, nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(ip), 1).String()
	return ask(h, r)
}

// TestAttackScanner: who keeps asking has to wait longer and longer, and nobody else.
func TestAttackScanner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				w.WriteHeader(http.StatusNotFound)
			}
		})
		unknown := func(r *http.Request) bool { return r.URL.Path == "/guess" || r.URL.Path == "/.fumehood/csp-reports" }
		h := newGuard(t, paths.Config{}, paths.Site{Unknown: unknown}).Handler(app)
		const scanner, office = "2001:db8::1", "2001:db8:0:1::1"
		for n := range 20 {
			if got := from(h, scanner, "/.env"); got.status != 404 || got.code != "paths.private" {
				t.Fatalf("probe %d: %d %s", n+1, got.status, got.code)
			}
		}
		if got := from(h, scanner, "/guess"); got.code != "" {
			t.Errorf("below the limit: %d %s", got.status, got.code)
		}
		last := 0
		for n := range 100 {
			target := []string{"/.env", "/wp-login.php", "/a/../b", "/guess"}[n%4]
			if n == 0 {
				target = "/x.php"
			}
			got := from(h, fmt.Sprintf("2001:db8::%x", n+1), target) // it has 2^64 addresses
			wait, _ := strconv.Atoi(got.header.Get("Retry-After"))
			if got.status != 429 || got.code != "paths.probes" || wait < last || wait > 3600 || got.header.Get("Connection") != "close" || len(got.body) > 250 {
				t.Fatalf("probe %d: %d %s, Retry-After %d after %d, %d bytes", n+21, got.status, got.code, wait, last, len(got.body))
			}
			last = wait
		}
		if last < 2900 {
			t.Errorf("after 120 probes it has to wait %d seconds", last)
		}
		if got := from(h, scanner, "/"); got.status != 200 {
			t.Errorf("its other requests: %d %s", got.status, got.code)
		}
		if got := from(h, scanner, "/.fumehood/csp-reports"); got.code != "" { // answered further in, and unknown to the app
			t.Errorf("a report: %d %s", got.status, got.code)
		}
		if got := from(h, scanner, "/nothing"); got.status != 404 || got.code != "" {
			t.Errorf("what may be there: %d %s", got.status, got.code)
		}
		for _, target := range []string{"/", "/guess", "/.env"} {
			if got := from(h, office, target); got.status == 429 {
				t.Errorf("somebody else, %s: %d %s", target, got.status, got.code)
			}
		}
		time.Sleep(time.Duration(last)*time.Second + time.Minute)
		if got := from(h, scanner, "/.env"); got.status != 404 {
			t.Errorf("after the wait: %d %s", got.status, got.code)
		}
		time.Sleep(time.Hour)
		for n := range 20 {
			if got := from(h, scanner, "/.env"); got.status != 404 {
				t.Errorf("all is forgotten, probe %d: %d", n+1, got.status)
			}
		}
	})
}

// TestProbesAreShared: routes count together.
func TestProbesAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := paths.Site{Probes: paths.NewProbes(time.Now)}
		one := newGuard(t, paths.Config{ProbeLimit: 2}, site).Handler(http.NotFoundHandler())
		two := newGuard(t, paths.Config{ProbeLimit: 2}, site).Handler(http.NotFoundHandler())
		from(one, "192.0.2.1", "/.env")
		from(two, "192.0.2.1", "/.env")
		if got := from(one, "192.0.2.1", "/.env"); got.status != 429 {
			t.Errorf("%d", got.status)
		}
		report := newGuard(t, paths.Config{ProbeLimit: 2, Mode: "report"}, site).Handler(http.NotFoundHandler())
		if got := from(report, "192.0.2.1", "/.env"); got.code != "reported paths.private" || got.status != 404 {
			t.Errorf("in report mode: %d %s", got.status, got.code)
		}
	})
}

// TestManyScanners: a flood of addresses does not make a heavy one be forgotten.
func TestManyScanners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newGuard(t, paths.Config{}, paths.Site{}).Handler(http.NotFoundHandler())
		for range 60 {
			from(h, "192.0.2.1", "/.env")
		}
		for n := range 30000 {
			from(h, netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}).String(), "/.env")
		}
		if got := from(h, "192.0.2.1", "/.env"); got.status != 429 {
			t.Errorf("%d", got.status)
		}
	})
}

// TestNoAddress: over a Unix socket all clients would be one.
func TestNoAddress(t *testing.T) {
	t.Parallel()
	h := newGuard(t, paths.Config{ProbeLimit: 1}, paths.Site{}).Handler(http.NotFoundHandler())
	for range 3 {
		r := httptest.NewRequest("GET", "/.env", nil)
		r.RemoteAddr = "@"
		if got := ask(h, r); got.status != 404 {
			t.Errorf("%d", got.status)
		}
	}
}
