package errorpages_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/internal/testapp"
)

const (
	foreign = "Traceback (most recent call last):\n  File \"/home/ann/shop.py\", line 3, in <module>\n    total()\n" +
		"  File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode\nKeyError: 'price'\n"
	own = "Traceback (most recent call last):\n  File \"/srv/notes/app.py\", line 3, in index\n    total()\nKeyError: 'price'\n"
)

func site() errorpages.Site { return errorpages.Site{Roots: []string{"/srv/notes", "/usr"}} }

// TestBenignAnswersPass: pages about errors are no errors.
func TestBenignAnswersPass(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	page := func(s string) string {
		return "<!doctype html><html><head><title>Ann's Python blog</title></head><body><nav><a href='/'>home</a></nav><p>" +
			strings.Repeat("This week we look at exceptions, and at what they tell. ", 4) + s + "</body></html>"
	}
	for name, tt := range map[string]struct {
		status     int
		kind, body string
	}{
		"a tutorial with a foreign traceback": {200, "text/html", page("<pre>" + foreign + "</pre>")},
		"the same in a missing page":          {404, "text/html", page("<pre>" + foreign + "</pre>")},
		"a paste of a traceback, raw":         {200, "text/plain", foreign},
		"a ticket with a traceback":           {200, "application/json", fmt.Sprintf(`{"id":3,"title":"it fails","body":%q}`, foreign)},
		"a chat about a database error":       {200, "application/json", `{"id":7,"user":"ann","message":"sqlite3.OperationalError: no such table: notes, what now?"}`},
		"a tutorial with database errors":     {200, "text/html", page("<code>sqlite3.OperationalError: near \"FORM\": syntax error</code>")},
		"a note with SQL":                     {200, "text/html", page("select * from users; drop table users -- '")},
		"a shell's syntax error":              {200, "text/plain", "bash: line 3: syntax error near unexpected token `('"},
		"the debugger's markup, quoted":       {200, "text/html", page(`&lt;script src="?__debugger__=yes&amp;amp;cmd=resource"&gt; and var CONSOLE_MODE = false,`)},
		"a text about the app's folder":       {200, "text/html", page("Put the files into /srv/notes/app.py and start it.")},
		"that folder far after a traceback":   {200, "text/html", page("<pre>" + foreign + "</pre>" + strings.Repeat("x", 9000) + " /srv/notes/app.py,")},
		"a folder with the same beginning":    {200, "text/plain", strings.ReplaceAll(own, "/srv/notes/", "/srv/notes-of-bob/")},
		"an image":                            {200, "image/png", own},
		"a style sheet":                       {200, "text/css", "/* " + own + " */"},
		"a nice 404":                          {404, "text/html", page("<h1>Not Found</h1>There is no such note.")},
		"a bare 404 with a link":              {404, "text/html", `<title>404 Not Found</title><h1>Not Found</h1><a href="/">home</a>`},
		"a bare 404 with a word of the app's": {404, "text/html", `<title>404 Not Found</title><h1>Not Found</h1><p>No such note.</p>`},
		"a nice 500":                          {500, "text/html", page("<h1>Server error</h1>Our fault. Error: we are on it.")},
		"a nice 500 of an app in /app":        {500, "text/html", page(`<a href="/srv/nothing">Internal Server Error</a>`)},
		"an API's 400":                        {400, "application/json", `{"error":"title: too long","code":400}`},
		"an API's 500":                        {500, "application/json", `{"error":"internal","request":"7F3K"}`},
		"an API's 422":                        {422, "application/json", `{"detail":[{"loc":["body","n"],"msg":"value is not a valid integer","type":"type_error.integer"}]}`},
		"problem+json":                        {503, "application/problem+json", `{"type":"about:blank","title":"Busy","status":503}`},
		"no body at all":                      {500, "text/html", ""},
		"JSON that is none":                   {200, "application/json", `{"error": "no such table: x`},
		"plain words for a program":           {404, "text/plain", "Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := answered(g, tt.status, tt.kind, tt.body, "*/*")
			if w.Code != tt.status || w.Body.String() != tt.body || w.Header().Get("Content-Type") != tt.kind {
				t.Errorf("became %d %q", w.Code, w.Body)
			}
		})
	}
}

func TestAttackFormsOfLeaks(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	pad := strings.Repeat("fine so far ", 300)
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       int
	}{
		"own traceback":                     {200, "text/html", pad + own, 500},
		"no content type":                   {200, "", pad + own, 500},
		"HTML entities":                     {200, "text/html", pad + strings.ReplaceAll(own, `"`, "&#34;"), 500},
		"named entities":                    {200, "text/html; charset=UTF-8", pad + strings.ReplaceAll(own, `"`, "&quot;"), 500},
		"hexadecimal entities, slashes too": {200, "text/html", pad + strings.NewReplacer(`"`, "&#x22;", "/", "&#x2F;").Replace(own), 500},
		"JSON":                              {201, "application/json", fmt.Sprintf(`{"id":1,"pad":%q,"log":%q}`, pad, own), 500},
		"JSON with escaped slashes":         {200, "application/vnd.api+json", strings.ReplaceAll(fmt.Sprintf(`{"id":1,"log":%q}`, own), "/", `\/`), 500},
		"JSON for HTML":                     {200, "text/html", strings.ReplaceAll(own, `"`, `\u0022`), 500},
		"a frame without a head":            {200, "text/plain", `File "/srv/notes/app.py", line 3`, 500},
		"a redirect stays one":              {302, "text/html", own, 302},
		"a 404 stays one":                   {404, "text/html", own, 404},
		"an OSError":                        {200, "text/plain", "cannot: [Errno 13] Permission denied: &#39;/srv/notes/data&#39;", 500},
		"a foreign traceback in a 500":      {500, "text/html", foreign, 500},
		"an exception's name in a 500":      {500, "application/json", `{"error":"ZeroDivisionError: division by zero"}`, 500},
		"its repr":                          {500, "application/json", `{"error":"ValueError(\"bad\")"}`, 500},
		"a path in a 500":                   {500, "text/html", "<style></style>template /srv/notes/templates is broken", 500},
		"a shared path in a 500":            {500, "text/html", "<style></style>broken: /usr/lib/python3/x.py", 500},
		"a path in a URL in a 503":          {503, "text/html", "<style></style>sqlite:////srv/notes/n.db", 503},
		"a version in a 500":                {500, "text/html", "<style></style>served by gunicorn/23.0.0", 500},
		"Oracle in a 500":                   {500, "text/html", "<style></style>ORA-00942: table or view does not exist", 500},
		"PDO in a 500":                      {500, "text/html", "<style></style>SQLSTATE[42S02]: Base table", 500},
		"an image that is text, 500":        {500, "image/png", own, 500},
		"nginx":                             {502, "text/html", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n", 502},
		"nginx without a version":           {404, "text/html", "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", 404},
		"gunicorn":                          {500, "text/html", "<html>\n  <head>\n    <title>Internal Server Error</title>\n  </head>\n  <body>\n    <h1><p>Internal Server Error</p></h1>\n    \n  </body>\n</html>\n", 500},
		"uWSGI":                             {500, "text/plain", "Internal Server Error", 500},
		"old Werkzeug":                      {500, "text/html", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n<p>The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.</p>\n", 500},
		"wsgiref":                           {500, "text/plain", "A server error occurred.  Please contact the administrator.", 500},
		"MySQL as the answer":               {200, "text/html", "(1064, &#34;You have an error in your SQL syntax; check the manual&#34;)", 500},
		"PostgreSQL as the answer":          {200, "application/json", `{"success":false,"message":"syntax error at or near \"or\"\nLINE 1: select"}`, 500},
		"PostgreSQL in a list of errors":    {400, "application/json", `{"errors":[{"message":"syntax error at or near \"or\""}]}`, 400},
		"MongoDB":                           {200, "application/json", `{"err":"E11000 duplicate key error collection: notes.users"}`, 500},
		"Redis":                             {200, "text/plain", "Error 111 connecting to 10.0.0.7:6379. Connection refused.", 500},
		"JSON that says it is HTML":         {200, "text/html", `{"error":"no such table: users"}`, 500},
		"two quotes deep":                   {200, "application/json", fmt.Sprintf(`{"id":1,"log":%q}`, fmt.Sprintf("%q", own)), 500},
		"the Flask-DebugToolbar":            {200, "text/html", pad + `<div id="flDebug" style="display:none;" role="navigation">`, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := answered(g, tt.status, tt.kind, tt.body, "text/html")
			if w.Code != tt.want || !strings.HasPrefix(w.Body.String(), "<!doctype html>\n<html lang=\"en\">") || strings.Contains(w.Body.String(), "/srv/notes") {
				t.Errorf("%d %.200q", w.Code, w.Body)
			}
			w = answered(g, tt.status, tt.kind, tt.body, "*/*")
			if w.Body.String() == tt.body && !(tt.kind == "text/plain" && tt.status < 500) {
				t.Error("a program gets the original")
			}
		})
	}
}

// TestWithoutRootsATracebackAsTheAnswerIsReplaced: behind an upstream nothing is known of
// the app's folders.
func TestWithoutRootsATracebackAsTheAnswerIsReplaced(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, errorpages.Site{})
	for body, want := range map[string]int{
		own: 500, "<pre>Error: " + own: 500, fmt.Sprintf(`{"error":%q}`, own): 500,
		fmt.Sprintf(`{"id":1,"body":%q}`, own):                             200,
		"<p>" + strings.Repeat("A post about errors. ", 20) + own + "</p>": 200,
	} {
		kind := "text/html"
		if body[0] == '{' {
			kind = "application/json"
		}
		if w := answered(g, 200, kind, body, "*/*"); w.Code != want {
			t.Errorf("%q: %d, want %d", body, w.Code, want)
		}
	}
}

func TestCompressedBodiesAreRead(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	pack := func(encoding, s string) []byte {
		var b bytes.Buffer
		var w io.WriteCloser = gzip.NewWriter(&b)
		if encoding == "deflate" {
			w = zlib.NewWriter(&b)
		}
		io.WriteString(w, s)
		w.Close()
		return b.Bytes()
	}
	bomb := strings.Repeat("\x00", 32<<20)
	for _, tt := range []struct {
		name, encoding string
		status         int
		body           []byte
		want           int
	}{
		{"own traceback", "gzip", 200, pack("gzip", own), 500},
		{"own traceback, deflate", "deflate", 200, pack("deflate", own), 500},
		{"in capitals", "GZIP", 200, pack("gzip", own), 500},
		{"foreign traceback", "gzip", 200, pack("gzip", foreign), 200},
		{"a bomb", "gzip", 200, pack("gzip", bomb), 200},
		{"a bomb, 500", "gzip", 500, pack("gzip", bomb), 500},
		{"not gzip at all", "gzip", 200, []byte("hello"), 200},
		{"not gzip at all, 500", "gzip", 500, []byte("hello"), 500},
		{"half", "gzip", 200, pack("gzip", own)[:100], 500},
		{"what cannot be read, 500", "br", 500, []byte("\x1b\x2f"), 500},
		{"what cannot be read, 200", "br", 200, []byte("\x1b\x2f"), 200},
		{"fine", "gzip", 200, pack("gzip", "hello"), 200},
		{"identity", "identity", 200, []byte(own), 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", tt.encoding)
				replay(tt.status, "text/html", tt.body)(w, r)
			})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			replaced := w.Header().Get("Content-Encoding") == ""
			if w.Code != tt.want || tt.want == 200 && !bytes.Equal(w.Body.Bytes(), tt.body) || tt.want == 500 && tt.status == 200 && !replaced {
				t.Errorf("%d, %d bytes, encoding %q", w.Code, w.Body.Len(), w.Header().Get("Content-Encoding"))
			}
		})
	}
}

func TestFieldsOfReplacedAnswers(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	app := func(status int, body string) http.Handler {
		return g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, value := range map[string]string{
				"Set-Cookie": "session=1", "Allow": "GET", "X-Debug-Info": "/srv/notes/app.py", "Etag": `"1"`, "Link": "</x>; rel=preload",
				"Vary": "Cookie", "Cache-Control": "public, max-age=60", "Content-Security-Policy": "default-src *", "Content-Disposition": "inline", "X-Own": "1",
			} {
				w.Header().Set(name, value)
			}
			replay(status, "text/html", []byte(body))(w, r)
		}))
	}
	for _, tt := range []struct {
		name    string
		handler http.Handler
		want    map[string]string
	}{
		{"internals", app(200, own), map[string]string{"Set-Cookie": "session=1", "Allow": "GET", "X-Debug-Info": "", "Etag": "", "Link": "",
			"Vary": "Cookie, Accept", "Cache-Control": "no-store", "Content-Security-Policy": fumehood.PagePolicy, "Content-Disposition": "", "X-Content-Type-Options": "nosniff"}},
		{"a bare page", app(404, "<title>404 Not Found</title><h1>Not Found</h1>"), map[string]string{"Set-Cookie": "session=1", "Allow": "GET",
			"X-Own": "1", "Etag": "", "Cache-Control": "public, max-age=60", "Content-Security-Policy": fumehood.PagePolicy}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		tt.handler.ServeHTTP(w, r)
		for name, want := range tt.want {
			if got := strings.Join(w.Header()[name], ", "); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.name, name, got, want)
			}
		}
		if got := w.Header().Get("Content-Length"); got != fmt.Sprint(w.Body.Len()) {
			t.Errorf("%s: Content-Length is %s, the body has %d bytes", tt.name, got, w.Body.Len())
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fumehood.Mode]struct{ status, reported int }{
		"": {500, 1}, fumehood.Enforce: {500, 1}, fumehood.Report: {200, 1}, fumehood.Off: {200, 0},
	} {
		log := &testapp.Log{}
		g := newGuard(t, errorpages.Config{Mode: mode}, errorpages.Site{Roots: []string{"/srv/notes"}, Logger: log.Logger()})
		x := &fumehood.Exchange{ID: "7F3K-9QXD"}
		r := httptest.NewRequest("GET", "/notes", nil)
		r = r.WithContext(fumehood.WithExchange(context.Background(), x))
		w := httptest.NewRecorder()
		g.Handler(replay(200, "text/html", []byte(own))).ServeHTTP(w, r)
		if w.Code != want.status || len(x.Reported) != want.reported || (log.String() == "") != (want.reported == 0) {
			t.Errorf("%q: %d, reported %v, logged %q", mode, w.Code, x.Reported, log)
		}
		if want.reported == 1 && (x.Reported[0].Code != "errorpages.internals" || !strings.Contains(log.String(), "KeyError: 'price'")) {
			t.Errorf("%q: reported %v, logged %q", mode, x.Reported, log)
		}
	}
}

func TestDatabaseErrorInALongPageIsReported(t *testing.T) {
	t.Parallel()
	log := &testapp.Log{}
	g := newGuard(t, errorpages.Config{}, errorpages.Site{Roots: []string{"/srv/notes"}, Logger: log.Logger()})
	x := &fumehood.Exchange{}
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	w := httptest.NewRecorder()
	g.Handler(replay(200, "text/html", []byte(strings.Repeat("A page. ", 50)+"no such table: users"))).ServeHTTP(w, r)
	if w.Code != 200 || len(x.Reported) != 1 || x.Reported[0].Code != "errorpages.database-text" || !strings.Contains(log.String(), "may show internals") {
		t.Errorf("%d, reported %v, logged %q", w.Code, x.Reported, log)
	}
}

func TestDefaultPagesCanBeKept(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{KeepDefaultPages: true}, site())
	const notFound, broken = "<title>404 Not Found</title><h1>Not Found</h1>", "<title>500 Internal Server Error</title><h1>Internal Server Error</h1>"
	if w := answered(g, 404, "text/html", notFound, "text/html"); w.Body.String() != notFound {
		t.Errorf("a bare 404 became %q", w.Body)
	}
	if w := answered(g, 500, "text/html", broken, "text/html"); w.Body.String() == broken {
		t.Error("a bare 500 stayed")
	}
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	log := &testapp.Log{}
	g := newGuard(t, errorpages.Config{}, errorpages.Site{Roots: []string{"/srv/notes"}, Logger: log.Logger()})
	body := own + strings.Repeat("x", 60<<10)
	for range 200 {
		answered(g, 500, "text/plain", body, "*/*")
	}
	if n := len(log.String()); n > 9<<20 || n < 3<<20 || !strings.Contains(log.String(), "too many in this minute") {
		t.Errorf("logged %d bytes", n)
	}
	small := &testapp.Log{}
	g = newGuard(t, errorpages.Config{KeepOriginal: 40}, errorpages.Site{Roots: []string{"/srv/notes"}, Logger: small.Logger()})
	answered(g, 500, "text/plain", own, "*/*")
	if !strings.Contains(small.String(), "Traceback") || strings.Contains(small.String(), "app.py") {
		t.Errorf("logged %q", small)
	}
}

func TestHeadRequestsAndRefusalsPass(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "999")
		w.WriteHeader(500)
	})).ServeHTTP(w, httptest.NewRequest("HEAD", "/", nil))
	if w.Code != 500 || w.Body.Len() > 0 || w.Header().Get("Content-Length") != "999" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 503, Code: "pool.busy", Public: "The server is busy."})
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), `"code":"pool.busy"`) {
		t.Errorf("a refusal became %d %q", w.Code, w.Body)
	}
}

func TestAttackDebuggersRequests(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, site())
	for target, refused := range map[string]bool{
		"/?__debugger__=yes&cmd=pinauth&pin=123-456-789&s=x": true, "/notes?a=1&__debugger__=yes": true, "/?%5f%5Fdebugger%5f_=yes": true,
		"/?a;__debugger__=yes": true, "/?__debugger__": true, "/_debug_toolbar/views/sqlalchemy/sql_select": true, "/%5fdebug_toolbar/static/x.js": true,
		"/console": false, "/?debugger=yes": false, "/?__debugger__x=yes": false, "/?q=__debugger__=yes": false, "/?%": false, "/?%5": false, "/": false,
		"/notes/_debug_toolbar/": false, "/?x__debugger__=yes": false,
	} {
		err := g.Check(httptest.NewRequest("GET", target, nil))
		if refused != (err != nil) || refused && fumehood.AsRefusal(err).Code != "errorpages.debugger" {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*errorpages.Guard{nil, new(errorpages.Guard)} {
		w := answered(g, 200, "text/html", "hello", "*/*")
		if w.Code != 500 || strings.Contains(w.Body.String(), "hello") || g.Check(httptest.NewRequest("GET", "/", nil)) == nil {
			t.Errorf("answered with %d %q", w.Code, w.Body)
		}
	}
}
