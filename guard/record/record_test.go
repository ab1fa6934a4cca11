package record_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/record"
)

// lines is what a log was written to.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// records parses a JSON log; anything that is no JSON object on a line of its own fails.
func (l *lines) records(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(l.String()) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, one)
	}
	return all
}

func newGuard(t testing.TB, access bool) (*record.Guard, *lines) {
	t.Helper()
	out := new(lines)
	g, err := record.New(record.Config{Logger: slog.New(slog.NewJSONHandler(out, nil)), Access: access})
	if err != nil {
		t.Fatal(err)
	}
	return g, out
}

// run serves one request and returns its only record.
func run(t *testing.T, r *http.Request, h http.HandlerFunc) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	g, out := newGuard(t, true)
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if cause := recover(); cause != nil && cause != http.ErrAbortHandler {
				t.Errorf("a panic got out: %v", cause)
			}
		}()
		g.Handler(h).ServeHTTP(w, r)
	}()
	var found []map[string]any
	for _, one := range out.records(t) {
		if one["msg"] == "request" {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d records, want 1:\n%s", len(found), out)
	}
	return w, found[0]
}

func TestRecord(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/notes/7%20x?token=s3cret", nil)
	r.RemoteAddr = "203.0.113.7:4711"
	r.Header.Set("User-Agent", strings.Repeat("Mozilla ", 100))
	w, got := run(t, r, func(w http.ResponseWriter, r *http.Request) {
		x := fumehood.ExchangeOf(r.Context())
		x.ClientIP, x.Scheme = netip.MustParseAddr("198.51.100.9"), "https"
		x.Worker, x.Queued = 3, 7*time.Millisecond
		x.Reported = append(x.Reported, &fumehood.Refusal{Code: "hosts.unknown"})
		w.WriteHeader(201)
		io.WriteString(w, "hello")
	})
	for key, want := range map[string]any{
		"level": "INFO", "id": w.Header().Get("X-Request-Id"), "method": "POST", "path": "/notes/7%20x", "query_bytes": 12.0,
		"host": "example.com", "proto": "HTTP/1.1", "scheme": "https", "client": "198.51.100.9",
		"agent": strings.Repeat("Mozilla ", 25), "status": 201.0, "bytes": 5.0, "worker": 3.0,
		"queued_ms": 7.0, "reported": "hosts.unknown",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	took, first := got["duration_ms"].(float64), got["first_byte_ms"].(float64)
	if took < first || first < 0 || took > 60_000 {
		t.Errorf("duration %v ms, first byte %v ms", took, first)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		h      http.HandlerFunc
		status float64
		level  string
		sent   int // what the client got, 0 for nothing
	}{
		{"nothing written", nil, func(http.ResponseWriter, *http.Request) {}, 200, "INFO", 200},
		{"only a body", nil, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") }, 200, "INFO", 200},
		{"two statuses", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(200) }, 404, "INFO", 404},
		{"early hints are not the answer", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404, "INFO", 0},
		{"refused", nil, func(w http.ResponseWriter, r *http.Request) {
			fumehood.Refuse(w, r, &fumehood.Refusal{Status: 421, Code: "hosts.unknown", Err: errors.New("host evil")})
		}, 421, "WARN", 421},
		{"an error", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 503, "ERROR", 503},
		{"a panic", nil, func(http.ResponseWriter, *http.Request) { panic("x") }, 500, "ERROR", 500},
		{"a panic with nil", nil, func(http.ResponseWriter, *http.Request) { panic(nil) }, 500, "ERROR", 500},
		{"a panic by a bad status", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(99999) }, 500, "ERROR", 500},
		{"a panic in the middle", nil, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); panic("x") }, 200, "INFO", 200},
		{"aborted", nil, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "ERROR", 200},
		{"client gone", gone, func(http.ResponseWriter, *http.Request) {}, 499, "INFO", 200},
		{"client gone, aborted", gone, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 499, "INFO", 200},
		{"client gone, but answered", gone, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, "INFO", 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			if tt.ctx != nil {
				r = r.WithContext(tt.ctx)
			}
			w, got := run(t, r, tt.h)
			if got["status"] != tt.status || got["level"] != tt.level {
				t.Errorf("recorded %v %v, want %v %v", got["level"], got["status"], tt.level, tt.status)
			}
			if tt.sent != 0 && w.Code != tt.sent {
				t.Errorf("sent %d, want %d", w.Code, tt.sent)
			}
		})
	}
}

func TestRefusalIsRecordedWithItsCause(t *testing.T) {
	t.Parallel()
	w, got := run(t, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 403, Code: "csrf.origin", Public: "No.", Err: errors.New("origin\nis evil")})
	})
	if got["refused"] != "csrf.origin" || got["cause"] != "origin?is evil" {
		t.Errorf("refused %v, cause %v", got["refused"], got["cause"])
	}
	if strings.Contains(w.Body.String(), "evil") || !strings.Contains(w.Body.String(), got["id"].(string)) {
		t.Errorf("the client got %s", w.Body)
	}
}

func TestPanicIsLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	g, out := newGuard(t, false) // without access log too
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=half-made")
		panic(fmt.Errorf("database password hunter2 is wrong"))
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || w.Header().Get("Set-Cookie") != "" || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	id := w.Header().Get("X-Request-Id")
	all := out.records(t)
	if len(all) != 2 || all[0]["msg"] != "panic" || all[0]["id"] != id || all[1]["id"] != id || all[1]["status"] != 500.0 {
		t.Fatalf("want the panic and the request, got %v", all)
	}
	if stack := all[0]["stack"].(string); !strings.Contains(stack, "TestPanicIsLoggedAndNotShown") {
		t.Errorf("the stack does not name the handler:\n%s", stack)
	}
}

// The attack: text of the client that ends the line and begins one of its own.
func TestAttackForgedLine(t *testing.T) {
	t.Parallel()
	const forged = "x\r\n{\"msg\":\"request\",\"status\":200,\"client\":\"192.0.2.1\"}\ntime=now level=INFO msg=request status=200\x1b[2J\u2028\u0085"
	var naive lines
	fmt.Fprintf(&naive, "GET /%s 404\n", forged)
	if strings.Count(naive.String(), "\n") == 1 {
		t.Fatal("without the guard the attack must succeed")
	}
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"json":                          func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
		"text":                          func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"a handler that quotes nothing": func(w io.Writer) slog.Handler { return bare{w} },
	} {
		out := new(lines)
		g, err := record.New(record.Config{Logger: slog.New(handler(out)), Access: true})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: "/" + forged, RawQuery: forged}
		r.Host, r.Proto, r.Method, r.RemoteAddr = forged, forged, "G"+forged, forged
		r.Header.Set("User-Agent", forged)
		r.Header.Set("X-Request-Id", forged)
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fumehood.Refuse(w, r, &fumehood.Refusal{Status: 400, Code: "x.y", Err: errors.New(forged)})
		})).ServeHTTP(httptest.NewRecorder(), r)
		text := out.String()
		if strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\r\x1b\u2028\u0085") {
			t.Errorf("%s: the line was broken:\n%q", name, text)
		}
		if name == "json" && len(out.records(t)) != 1 {
			t.Errorf("want one record in %s", text)
		}
	}
}

// bare is a slog.Handler as a careless program would write it.
type bare struct{ w io.Writer }

func (h bare) Enabled(context.Context, slog.Level) bool { return true }
func (h bare) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h bare) WithGroup(string) slog.Handler            { return h }
func (h bare) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	_, err := io.WriteString(h.w, line+"\n")
	return err
}

func TestSecretsAreNotRecorded(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-value"
	g, out := newGuard(t, true)
	r := httptest.NewRequest("POST", "/reset?token="+secret, strings.NewReader("password="+secret))
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Referer", "Proxy-Authorization", "Set-Cookie", "X-Csrf-Token"} {
		r.Header.Set(name, secret)
	}
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session="+secret)
		w.Header().Set("Location", "/?token="+secret)
		w.WriteHeader(302)
		io.WriteString(w, secret)
	})).ServeHTTP(httptest.NewRecorder(), r)
	if text := out.String(); text == "" || strings.Contains(text, secret) {
		t.Errorf("recorded: %s", text)
	}
}

func TestRequestIDIsOurs(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["X-Request-Id"] = []string{"of-the-client", "another"}
	var inside, toApp string
	w, got := run(t, r, func(w http.ResponseWriter, r *http.Request) {
		inside, toApp = fumehood.RequestID(r), strings.Join(r.Header["X-Request-Id"], ",")
		r.Header["X-Request-Id"][0] = "changed"
		w.Header().Add("X-Request-Id", "of-the-app")
		w.WriteHeader(200)
	})
	id := fmt.Sprint(got["id"])
	if values := w.Result().Header["X-Request-Id"]; len(values) != 1 || values[0] != id {
		t.Errorf("sent %q, recorded %s", values, id)
	}
	if inside != id || toApp != id || len(id) != 9 {
		t.Errorf("the app sees %q and %q, recorded %q", inside, toApp, id)
	}
}

func TestWithoutAccessOnlyErrorsAreWritten(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{200: 0, 404: 0, 499: 0, 500: 1, 503: 1} {
		g, out := newGuard(t, false)
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		if got := len(out.records(t)); got != want {
			t.Errorf("%d: %d records, want %d", status, got, want)
		}
	}
}

func TestNilLoggerAndNilGuard(t *testing.T) {
	t.Parallel()
	g, err := record.New(record.Config{Access: true})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	g.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 404 {
		t.Errorf("without a logger: %d", w.Code)
	}
	for _, g := range []*record.Guard{nil, new(record.Guard)} {
		w := httptest.NewRecorder()
		g.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
	}
}

// FuzzLine: whatever a request has, there is one line, it is printable, and JSON gives back a record.
func FuzzLine(f *testing.F) {
	f.Add("GET", "/a", "q=1", "shop.example", "curl/8", "cause")
	f.Add("\n", "/\r\n\x00", "\x1b", "\xff\xfe", "\u202e", "\"}\n{\"")
	f.Fuzz(func(t *testing.T, method, path, query, host, agent, cause string) {
		text, asJSON := new(lines), new(lines)
		for out, handler := range map[*lines]slog.Handler{text: bare{text}, asJSON: slog.NewJSONHandler(asJSON, nil)} {
			g, err := record.New(record.Config{Logger: slog.New(handler), Access: true})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Method, r.URL, r.Host = method, &url.URL{Path: path, RawQuery: query}, host
			r.Header.Set("User-Agent", agent)
			g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fumehood.Refuse(w, r, &fumehood.Refusal{Status: 400, Code: "a.b", Err: errors.New(cause)})
			})).ServeHTTP(httptest.NewRecorder(), r)
			line, ok := strings.CutSuffix(out.String(), "\n")
			if !ok || strings.ContainsFunc(line, func(c rune) bool { return c < ' ' || c > '~' }) {
				t.Fatalf("%q", out)
			}
			if len(line) > 3000+2*(32+255+1024+1000) { // JSON doubles quotes
				t.Fatalf("%d bytes", len(line))
			}
		}
		if all := asJSON.records(t); len(all) != 1 || all[0]["status"] != 400.0 {
			t.Fatalf("%v", all)
		}
	})
}
