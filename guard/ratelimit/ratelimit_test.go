package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/internal/hint"
)

var ok = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func newGuard(t testing.TB, cfg ratelimit.Config, site ratelimit.Site) *ratelimit.Guard {
	t.Helper()
	if site.Memory == nil {
		site.Memory = ratelimit.NewMemory(4096, (&clock{}).Now) // a clock that stands still
	}
	g, err := ratelimit.New(cfg, site)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// get is a request of a client; fields are "Name: value".
func get(ip string, fields ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = ip + ":40000"
	if strings.Contains(ip, ":") {
		r.RemoteAddr = "[" + ip + "]:40000"
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// through sends n requests and returns how many were let through.
func through(h http.Handler, n int, request func(i int) *http.Request) (passed int) {
	for i := range n {
		if send(h, request(i)).Code == 200 {
			passed++
		}
	}
	return passed
}

// TestDefaultsHinderNobody: five visitors of one office open a page with 60 pictures in the
// same moment, and again after each 6 seconds; a flood is cut down to the rate.
func TestDefaultsHinderNobody(t *testing.T) {
	t.Parallel()
	c := &clock{}
	h := newGuard(t, ratelimit.Config{}, ratelimit.Site{Memory: ratelimit.NewMemory(64, c.Now)}).Handler(ok)
	office := func(int) *http.Request { return get("192.0.2.1") }
	for page := range 10 {
		if n := through(h, 300, office); n != 300 {
			t.Fatalf("page %d: %d of 300 files got through", page, n)
		}
		c.Advance(6 * time.Second)
	}
	passed := 0
	for range 10_000 { // ten seconds of 1,000 a second
		passed += through(h, 1, office)
		c.Advance(time.Millisecond)
	}
	if passed != 300+500 && passed != 300+499 {
		t.Errorf("%d of a flood of 10,000 got through, want 800", passed)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fumehood.Mode]int{"": 2, fumehood.Enforce: 2, fumehood.Report: 5, fumehood.Off: 5} {
		g := newGuard(t, ratelimit.Config{Mode: mode, Rate: "2/minute"}, ratelimit.Site{})
		h := g.Handler(ok)
		reported := 0
		passed := through(h, 5, func(int) *http.Request { return get("192.0.2.1") })
		for range 5 {
			x := &fumehood.Exchange{}
			r := get("192.0.2.2")
			w := send(h, r.WithContext(fumehood.WithExchange(r.Context(), x)))
			reported += len(x.Reported)
			if len(x.Reported) > 0 && x.Reported[0].Code != "ratelimit.exceeded" {
				t.Errorf("%q: %v", mode, x.Reported[0])
			}
			if fields := w.Header()["Ratelimit"]; (mode == fumehood.Report || mode == fumehood.Off) && fields != nil {
				t.Errorf("%q: an answer was changed: %q", mode, fields)
			}
		}
		if passed != want || (mode == fumehood.Report) != (reported == 3) {
			t.Errorf("%q: %d of 5 got through, %d were reported", mode, passed, reported)
		}
		for i := range 4 { // Check decides in any mode
			if err := g.Check(get("192.0.2.3")); (err != nil) != (i >= 2) {
				t.Errorf("%q, check %d: %v", mode, i, err)
			}
		}
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	h := newGuard(t, ratelimit.Config{Rate: "1/minute"}, ratelimit.Site{Name: "POST /login"}).Handler(ok)
	send(h, get("192.0.2.1"))
	x := &fumehood.Exchange{ID: "7F3K-9QXD"}
	r := get("192.0.2.1", "Accept: text/html")
	w := send(h, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	for field, want := range map[string]string{
		"Retry-After": "60", "Ratelimit": `"POST /login";r=0;t=60`, "Ratelimit-Policy": `"POST /login";q=1;w=60`,
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := w.Header().Get(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if w.Code != 429 || !strings.Contains(w.Body.String(), "Too many requests") || strings.Contains(w.Body.String(), "192.0.2.1") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if x.Refused == nil || x.Refused.Code != "ratelimit.exceeded" {
		t.Fatalf("%v", x.Refused)
	}
	if got := x.Refused.Error(); got != `ratelimit.exceeded: more than 1/minute (limit "POST /login") from 192.0.2.1` {
		t.Error(got)
	}
}

// TestCauses: the owner reads who it was, and what to do where all clients seem to be one.
func TestCauses(t *testing.T) {
	t.Parallel()
	site := ratelimit.Site{Session: []string{"session"}}
	for _, c := range []struct {
		by   []string
		peer string
		want string
	}{
		{nil, "198.51.100.7:1", "from 198.51.100.7"},
		{nil, "127.0.0.1:1", "clientip.trusted_proxies"},
		{nil, "10.0.0.1:1", "clientip.trusted_proxies"},
		{nil, "[::1]:1", "clientip.trusted_proxies"},
		{nil, "@", "clientip.trusted_proxies"},
		{[]string{"session", "route"}, "198.51.100.7:1", "with one session"},
		{[]string{"route"}, "198.51.100.7:1", "from all clients together"},
	} {
		g := newGuard(t, ratelimit.Config{Rate: "1/minute", By: c.by}, site)
		r := get("0.0.0.0", "Cookie: session=s3cret")
		r.RemoteAddr = c.peer
		err := errors.Join(g.Check(r), g.Check(r))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v, %s: %v, want %s", c.by, c.peer, err, c.want)
		}
	}
}

func TestExcept(t *testing.T) {
	t.Parallel()
	h := newGuard(t, ratelimit.Config{Rate: "1/minute", Except: []string{"192.0.2.0/24", "2001:db8:1::/48", "::ffff:198.51.100.7"}}, ratelimit.Site{}).Handler(ok)
	for ip, want := range map[string]int{
		"192.0.2.1": 5, "192.0.2.255": 5, "::ffff:192.0.2.9": 5, "192.0.3.1": 1, "2001:db8:1:2::3": 5, "2001:db8:2::3": 1,
		"198.51.100.7": 5, "127.0.0.1": 1, "::1": 1,
	} {
		if n := through(h, 5, func(int) *http.Request { return get(ip) }); n != want {
			t.Errorf("%s: %d of 5 got through, want %d", ip, n, want)
		}
	}
}

// TestLimitsAreApart: routes share a store, and count apart all the same.
func TestLimitsAreApart(t *testing.T) {
	t.Parallel()
	store := ratelimit.NewMemory(0, nil)
	for _, key := range [][]byte{nil, []byte(strings.Repeat("k", 32))} {
		for _, name := range []string{"", "POST /login", "POST /logi"} {
			h := newGuard(t, ratelimit.Config{Rate: "2/hour", By: []string{"client", "route"}}, ratelimit.Site{Name: name, Memory: store, Key: key}).Handler(ok)
			if n := through(h, 5, func(int) *http.Request { return get("192.0.2.1") }); n != 2 {
				t.Errorf("%q: %d of 5 got through", name, n)
			}
		}
	}
}

// broken is a store that is away.
type broken struct{ err error }

func (b broken) Take(context.Context, ratelimit.Key, ratelimit.Limit, int) (ratelimit.Decision, error) {
	return ratelimit.Decision{}, b.err
}

func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	away := errors.New("the wire is cut")
	for _, c := range []struct {
		when string
		mode fumehood.Mode
		err  error
		want int
	}{
		{"", "", away, 2}, {"open", "", away, 2}, {"closed", "", away, 0},
		{"closed", fumehood.Report, away, 5}, {"open", fumehood.Report, away, 5},
		{"open", "", fmt.Errorf("%w", ratelimit.ErrLimit), 0}, // no limit is not "away"
	} {
		g := newGuard(t, ratelimit.Config{Mode: c.mode, Rate: "2/minute", Store: "redis://cache.example", WhenAway: c.when}, ratelimit.Site{Store: broken{c.err}})
		h := g.Handler(ok)
		if n := through(h, 5, func(int) *http.Request { return get("192.0.2.1") }); n != c.want {
			t.Errorf("%q, %v: %d of 5 got through, want %d", c.when, c.err, n, c.want)
		}
		if c.when == "closed" && c.mode == "" {
			w := send(h, get("192.0.2.2"))
			if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "wire") {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
		}
	}
}

// counting is a store that counts how often it was asked.
type counting struct {
	ratelimit.Store
	asked atomic.Int64
}

func (c *counting) Take(ctx context.Context, key ratelimit.Key, limit ratelimit.Limit, cost int) (ratelimit.Decision, error) {
	c.asked.Add(1)
	return c.Store.Take(ctx, key, limit, cost)
}

// TestFloodDoesNotReachTheStore, nor does a store that goes away give anybody a new burst.
func TestFloodDoesNotReachTheStore(t *testing.T) {
	t.Parallel()
	c := &clock{}
	store := &counting{Store: ratelimit.NewMemory(64, c.Now)}
	cfg := ratelimit.Config{Rate: "5/minute", Store: "redis://cache.example"}
	var servers []http.Handler
	for range 2 {
		site := ratelimit.Site{Store: store, Memory: ratelimit.NewMemory(64, c.Now), Key: []byte(strings.Repeat("k", 32))}
		servers = append(servers, newGuard(t, cfg, site).Handler(ok))
	}
	one := func(int) *http.Request { return get("192.0.2.1") }
	if n := through(servers[0], 1000, one) + through(servers[1], 1000, one); n != 5 {
		t.Errorf("%d got through two servers, want 5", n)
	}
	if n := store.asked.Load(); n != 10 {
		t.Errorf("the store was asked %d times for 2,000 requests, want 10", n)
	}
	store.Store = broken{errors.New("the wire is cut")}
	if n := through(servers[0], 1000, one); n != 0 {
		t.Errorf("%d got through when the store went away", n)
	}
	// Who waits gets through, on each of them.
	store.Store = ratelimit.NewMemory(64, c.Now)
	c.Advance(time.Minute)
	for i, h := range servers {
		if n := through(h, 2, one); n != 2 {
			t.Errorf("server %d: %d of 2 got through a minute later", i, n)
		}
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	session := ratelimit.Site{Session: []string{"session"}}
	for _, c := range []struct {
		cfg  ratelimit.Config
		site ratelimit.Site
		want string
	}{
		{ratelimit.Config{Mode: "on"}, session, "ratelimit.mode"},
		{ratelimit.Config{Rate: "5/min"}, session, "ratelimit.rate"},
		{ratelimit.Config{By: []string{"ip"}}, session, `ratelimit.by: "ip"`},
		{ratelimit.Config{By: []string{"session"}}, session, "makes up a cookie"},
		{ratelimit.Config{By: []string{"client", "session"}}, ratelimit.Site{}, "without the name"},
		{ratelimit.Config{Except: []string{"0.0.0.0/0"}}, session, "everybody"},
		{ratelimit.Config{Except: []string{"::/0"}}, session, "everybody"},
		{ratelimit.Config{Except: []string{"::ffff:192.0.2.0/120"}}, session, "IPv4"},
		{ratelimit.Config{Except: []string{"192.0.2.1/24"}}, session, "192.0.2.1/24"},
		{ratelimit.Config{Except: []string{"localhost"}}, session, "localhost"},
		{ratelimit.Config{Except: []string{"fe80::1%eth0"}}, session, "fe80"},
		{ratelimit.Config{WhenAway: "shut"}, session, "ratelimit.when_away"},
		{ratelimit.Config{Store: "memcached://x"}, session, "ratelimit.store"},
		{ratelimit.Config{Store: "redis://x"}, session, "was not opened"},
		{ratelimit.Config{}, ratelimit.Site{Key: []byte("short")}, "key"},
	} {
		g, err := ratelimit.New(c.cfg, c.site)
		if err == nil || g != nil || !strings.Contains(err.Error(), c.want) || hint.Of(err) == "" {
			t.Errorf("%+v: %v, hint %q, want %s", c.cfg, err, hint.Of(err), c.want)
		}
	}
	cfg := ratelimit.Config{Mode: "x", Rate: "x", By: []string{"x"}, Except: []string{"x", "y"}, Store: "x", WhenAway: "x"}
	if all := strings.Split(cfg.Validate().Error(), "\n"); len(all) != 7 {
		t.Errorf("%d mistakes of 7:\n%s", len(all), strings.Join(all, "\n"))
	}
	if err := (ratelimit.Config{Store: "rediss://:pw@x:1/2", By: []string{"session", "client"}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestParseStore(t *testing.T) {
	t.Parallel()
	for text, want := range map[fumehood.Secret]ratelimit.StoreURL{
		"redis://cache.example":            {Network: "tcp", Address: "cache.example:6379", Host: "cache.example"},
		"redis://cache.example:1/":         {Network: "tcp", Address: "cache.example:1", Host: "cache.example"},
		"redis://:s3cret@127.0.0.1:6380/4": {Network: "tcp", Address: "127.0.0.1:6380", Host: "127.0.0.1", Password: "s3cret", DB: 4},
		"rediss://me:s%2Fcret@[::1]:7/0":   {Network: "tcp", Address: "[::1]:7", Host: "::1", User: "me", Password: "s/cret", TLS: true},
		"unix:///run/redis.sock":           {Network: "unix", Address: "/run/redis.sock"},
		"unix://:s3cret@/run/r.sock?db=3":  {Network: "unix", Address: "/run/r.sock", Password: "s3cret", DB: 3},
	} {
		got, err := ratelimit.ParseStore(text)
		if err != nil || got != want {
			t.Errorf("%s: %v %v %+v, want %+v", string(text), err, got == want, got, want)
		}
	}
	for _, text := range []fumehood.Secret{
		"", "memory", "cache.example:6379", "http://s3cret@x", "redis://", "redis://:s3cret@", "redis://:s3cret@:6379", "redis:s3cret", "redis://x/s3cret", "redis://x/-1",
		"redis://x/1/2", "redis://x/1?skip_verify=s3cret", "redis://x#s3cret", "redis://x:s3cret", "redis://:s3cret@x:port", "redis://:s3cret%zz@x", "\x00s3cret",
		"unix://s3cret/run/x", "unix://", "unix:///run/x?db=s3cret", "unix:///run/x?s3cret", "redis://x/99999999999999999999",
	} {
		if got, err := ratelimit.ParseStore(text); err == nil || hint.Of(err) == "" || strings.Contains(err.Error()+hint.Of(err), "s3cret") {
			t.Errorf("%s: %+v, %v, hint %q", string(text), got, err, hint.Of(err))
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*ratelimit.Guard{nil, new(ratelimit.Guard)} {
		if w := send(g.Handler(ok), get("192.0.2.1")); w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
		if g.Check(get("192.0.2.1")) == nil {
			t.Error("Check says yes")
		}
	}
}

// TestNoAllocation on the way through.
func TestNoAllocation(t *testing.T) {
	h := newGuard(t, ratelimit.Config{By: []string{"client", "session", "route"}, Rate: "1000000/second", Except: []string{"10.0.0.0/8"}},
		ratelimit.Site{Session: []string{"session"}, Memory: ratelimit.NewMemory(0, nil)}).Handler(ok)
	for _, ip := range []string{"2001:db8::1", "192.0.2.1", "::ffff:192.0.2.1", "64:ff9b::1", "2002::1"} {
		r := get(ip, "Cookie: a=b; session=abc")
		if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(nil, r) }); n != 0 {
			t.Errorf("%s: %v allocations", ip, n)
		}
	}
}

func BenchmarkHandler(b *testing.B) {
	for name, cfg := range map[string]ratelimit.Config{
		"client": {}, "client, session and route": {By: []string{"client", "session", "route"}},
	} {
		b.Run(name, func(b *testing.B) {
			cfg.Rate = "1000000/second burst 100000000" // nothing is refused
			h := newGuard(b, cfg, ratelimit.Site{Session: []string{"session"}, Memory: ratelimit.NewMemory(0, nil)}).Handler(ok)
			w := httptest.NewRecorder()
			r := get("192.0.2.1", "Cookie: theme=dark; session=eyJ1c2VyX2lkIjoxfQ.aSGp1w.dFq2vE8p0cEsm6SYwBnOtjzBvJ0")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
	b.Run("refused", func(b *testing.B) {
		h := newGuard(b, ratelimit.Config{Rate: "1/day"}, ratelimit.Site{}).Handler(ok)
		r := get("192.0.2.1")
		b.ReportAllocs()
		for b.Loop() {
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}
