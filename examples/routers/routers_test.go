package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// attack is one thing that works against the program with a router alone, and fails with
// the guard around it. A new guard needs a row here and its lines in guards.go.
type attack struct {
	guard string
	works func(t *testing.T, s *site) bool
}

func attacks() []attack {
	return []attack{
		{"record", func(t *testing.T, s *site) bool { // a panic breaks the connection, and nobody can say which request it was
			resp, err := s.do(t, "GET", "/panic", "")
			return err != nil || resp.Header.Get("X-Request-Id") == ""
		}},
		{"clientip", func(t *testing.T, s *site) bool { // an address of the client's choice
			_, text := s.read(t, "GET", "/whoami", "", "X-Forwarded-For", "203.0.113.66", "X-Real-Ip", "203.0.113.66")
			return strings.Contains(text, "203.0.113.66")
		}},
		{"headers", func(t *testing.T, s *site) bool { // sniffing, framing, a version banner
			resp, _ := s.read(t, "GET", "/hello", "")
			h := resp.Header
			return h.Get("X-Content-Type-Options") != "nosniff" && h.Get("X-Frame-Options") == "" && h.Get("Server") != ""
		}},
		{"limits", func(t *testing.T, s *site) bool { // a body that fills memory or disk
			resp, text := s.read(t, "POST", "/upload", strings.Repeat("x", 2<<20))
			return resp.StatusCode == 200 && strings.HasPrefix(text, "2097152 ")
		}},
		{"hosts", func(t *testing.T, s *site) bool { // a reset link to the attacker
			_, text := s.read(t, "GET", "/reset", "", "Host", "evil.example")
			return strings.Contains(text, "https://evil.example/reset?token=")
		}},
		{"paths", func(t *testing.T, s *site) bool { // the program's settings
			_, text := s.read(t, "GET", "/.env", "")
			return strings.Contains(text, "SECRET_KEY")
		}},
		{"ratelimit", func(t *testing.T, s *site) bool { // a client that takes all there is
			for range 300 {
				if resp, _ := s.read(t, "GET", "/hello", ""); resp.StatusCode != 200 {
					return false
				}
			}
			return true
		}},
		{"csp", func(t *testing.T, s *site) bool { // a reflected script; the page's own still runs
			resp, text := s.read(t, "GET", "/hello?name=%3Cscript%3Ealert(1)%3C/script%3E", "")
			return strings.Contains(text, "<script>alert(1)</script>") && mayRun(resp)
		}},
		{"cors", func(t *testing.T, s *site) bool { // another site reads the notes
			resp, _ := s.read(t, "GET", "/api/notes", "", "Origin", "https://evil.example")
			return resp.Header.Get("Access-Control-Allow-Origin") == "https://evil.example"
		}},
		{"isolation", func(t *testing.T, s *site) bool { // another site loads the notes as a script
			resp, _ := s.read(t, "GET", "/api/notes", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script")
			return resp.StatusCode == 200
		}},
		{"csrf", func(t *testing.T, s *site) bool { // a form of another site changes the password
			before := s.app.passwords.Load()
			s.read(t, "POST", "/password", "new=evil", "Cookie", "session=ann", "Origin", "https://evil.example",
				"Sec-Fetch-Site", "cross-site", "Content-Type", "application/x-www-form-urlencoded")
			return s.app.passwords.Load() > before
		}},
		{"caching", func(t *testing.T, s *site) bool { // a cache keeps the page of one visitor for the next
			resp, _ := s.read(t, "GET", "/account", "", "Cookie", "session=ann")
			return resp.StatusCode == 200 && !strings.Contains(resp.Header.Get("Cache-Control"), "no-store")
		}},
		{"cookies", func(t *testing.T, s *site) bool { // a script reads the session
			resp, _ := s.read(t, "POST", "/login?next=/account", "")
			cookie := resp.Header.Get("Set-Cookie")
			return strings.Contains(cookie, "session=ann") && !strings.Contains(cookie, "HttpOnly")
		}},
		{"body", func(t *testing.T, s *site) bool { // a client that sends slowly holds a handler
			conn := s.halfAnUpload(t)
			defer conn.Close()
			select {
			case <-s.app.uploading:
				return true
			case <-s.passed: // somebody reads; a handler would have said so before
				return len(s.app.uploading) > 0
			}
		}},
		{"validate", func(t *testing.T, s *site) bool { // a form whose keys alone keep a program busy
			before := s.app.passwords.Load()
			s.read(t, "POST", "/password", strings.Repeat("a=1&", 5000)+"new=x", "Content-Type", "application/x-www-form-urlencoded")
			return s.app.passwords.Load() > before
		}},
		{"upload", func(t *testing.T, s *site) bool { // a program in the clothes of a picture
			form := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"cat.php\"\r\nContent-Type: image/png\r\n\r\n<?php system($_GET[0]);\r\n--b--\r\n"
			resp, _ := s.read(t, "POST", "/upload", form, "Content-Type", "multipart/form-data; boundary=b")
			return resp.StatusCode == 200
		}},
		{"injection", func(t *testing.T, s *site) bool { // a statement in a field
			resp, _ := s.read(t, "POST", "/password", "new=x'+OR+'1'='1'+--+", "Content-Type", "application/x-www-form-urlencoded")
			return resp.StatusCode == 200
		}},
		{"reflected", func(t *testing.T, s *site) bool { // a script in a link runs in the page
			_, text := s.read(t, "GET", "/hello?name=%3Cscript%3Ealert(1)%3C/script%3E", "")
			return strings.Contains(text, "<script>alert(1)</script>")
		}},
		{"login", func(t *testing.T, s *site) bool { // the right password is in a list
			for _, guess := range append(strings.Fields(strings.Repeat("123456 ", 20)), "correct+horse") {
				resp, _ := s.read(t, "POST", "/signin", "name=ann&password="+guess, "Content-Type", "application/x-www-form-urlencoded")
				if resp.StatusCode == 200 {
					return true
				}
			}
			return false
		}},
		{"redirects", func(t *testing.T, s *site) bool { // a link to the login page leads to the attacker
			resp, _ := s.read(t, "POST", "/login?next=//evil.example/", "")
			return resp.Header.Get("Location") == "//evil.example/"
		}},
		{"errorpages", func(t *testing.T, s *site) bool { // the database's words and the paths of the source
			resp, text := s.read(t, "GET", "/fail", "")
			return resp.StatusCode == 500 && strings.Contains(text, "Traceback") && strings.Contains(text, "psycopg2")
		}},
	}
}

// mayRun says whether a browser runs an inline script of this page that no template holds.
func mayRun(resp *http.Response) bool {
	for directive := range strings.SplitSeq(resp.Header.Get("Content-Security-Policy"), ";") {
		if sources, ok := strings.CutPrefix(strings.TrimSpace(directive), "script-src "); ok {
			return strings.Contains(sources, "'unsafe-inline'") && !strings.Contains(sources, "'sha256-")
		}
	}
	return true
}

// site is the program under attack.
type site struct {
	app    *app
	server *httptest.Server
	passed chan struct{} // closed when the first half of an upload has been read, by the guard or the handler
}

func start(t *testing.T, r router, guards ...wrapper) *site {
	t.Helper()
	s := &site{app: newApp(), passed: make(chan struct{})}
	h := r.make(s.app, guards...)
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/upload" && len(guards) > 0 {
			r.Body = &watched{r.Body, s.passed}
		}
		h.ServeHTTP(w, r)
	}))
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // the panic is the point
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// watched tells when the first half of an upload has been read.
type watched struct {
	io.ReadCloser
	read chan struct{}
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if string(p[:n]) == "half" {
		close(b.read)
	}
	return n, err
}

// halfAnUpload sends a request whose body does not come to its end.
func (s *site) halfAnUpload(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /upload HTTP/1.1\r\nHost: %s\r\nContent-Length: 8\r\n\r\nhalf", s.server.Listener.Addr())
	return conn
}

// do sends a request with the fields given as name, value, name, value.
func (s *site) do(t *testing.T, method, path, body string, fields ...string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			r.Host = fields[i+1]
		}
		r.Header.Set(fields[i], fields[i+1])
	}
	return s.server.Client().Transport.RoundTrip(r)
}

func (s *site) read(t *testing.T, method, path, body string, fields ...string) (*http.Response, string) {
	t.Helper()
	resp, err := s.do(t, method, path, body, fields...)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func made(t *testing.T) map[string]named {
	t.Helper()
	all, err := guards(options{templates: "templates", hosts: []string{"127.0.0.1"}, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]named{}
	for _, guard := range all {
		byName[guard.name] = guard
	}
	return byName
}

func TestEachGuardAloneWithEachRouter(t *testing.T) {
	t.Parallel()
	byName := made(t)
	for _, r := range routers() {
		for _, a := range attacks() {
			t.Run(a.guard+"/"+r.name, func(t *testing.T) {
				t.Parallel()
				guard, ok := byName[a.guard]
				if !ok {
					t.Fatalf("there is no guard %q", a.guard)
				}
				if !a.works(t, start(t, r)) {
					t.Error("without the guard the attack must succeed")
				}
				if a.works(t, start(t, r, guard.wrap)) {
					t.Error("with the guard the attack succeeds")
				}
			})
		}
	}
	for name := range byName {
		if !strings.Contains(fmt.Sprint(attackedGuards()), name) {
			t.Errorf("no attack shows what %s is for", name)
		}
	}
}

func attackedGuards() (names []string) {
	for _, a := range attacks() {
		names = append(names, a.guard)
	}
	return names
}

// What the program is for works with all guards around it.
func TestAllGuardsTogether(t *testing.T) {
	t.Parallel()
	all, err := guards(options{templates: "templates", hosts: []string{"127.0.0.1"}, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var chain []wrapper
	for _, guard := range all {
		chain = append(chain, guard.wrap)
	}
	for _, r := range routers() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, r, chain...)
			for _, tt := range []struct {
				method, path, body string
				status             int
				text               string
			}{
				{"GET", "/hello?name=Ann", "", 200, "Hello Ann"},
				{"POST", "/login?next=/account", "", 302, ""},
				{"GET", "/account", "", 200, "ann's account"},
				{"GET", "/api/notes", "", 200, "first note"},
				{"POST", "/upload", "twelve bytes", 200, "12 bytes"},
				{"GET", "/whoami", "", 200, "127.0.0.1"},
				{"GET", "/nowhere", "", 404, ""},
			} {
				resp, text := s.read(t, tt.method, tt.path, tt.body)
				if resp.StatusCode != tt.status || !strings.Contains(text, tt.text) || strings.Contains(text, "s3cret") {
					t.Errorf("%s %s: %d %q", tt.method, tt.path, resp.StatusCode, text)
				}
			}
		})
	}
}

// Why the README says to put a guard around the Echo: errors that handlers return are
// answered outside its middleware.
func TestErrorsOfEchoHandlers(t *testing.T) {
	t.Parallel()
	wrap := made(t)["headers"].wrap
	inside := func(a *app, guards ...wrapper) http.Handler {
		e := withEcho(a).(*echo.Echo)
		e.Use(echo.WrapMiddleware(guards[0]))
		return e
	}
	for _, tt := range []struct {
		name string
		make func(*app, ...wrapper) http.Handler
		want int
	}{{"around", withEcho, 410}, {"inside", inside, 200}} {
		s := start(t, router{tt.name, tt.make}, wrap)
		if resp, text := s.read(t, "GET", "/missing", ""); resp.StatusCode != tt.want {
			t.Errorf("%s: %d %q, want %d", tt.name, resp.StatusCode, text, tt.want)
		}
	}
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][3]string{
		"no guard":     {"mux", "helmet", "localhost:0"},
		"no router":    {"fiber", "", "localhost:0"},
		"missing port": {"mux", "", "localhost"},
	} {
		if err := serve(args[0], args[1], args[2]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
