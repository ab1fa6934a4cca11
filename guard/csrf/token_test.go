package csrf_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/csrf"
)

// forms is an app with a login, a form and a form protection of its own.
type forms struct {
	got      url.Values // of the last form
	files    map[string]string
	raw      string
	length   int64
	cookies  string
	header   http.Header
	lastPath string
}

func (a *forms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.cookies, a.header, a.lastPath, a.length = r.Header.Get("Cookie"), r.Header, r.URL.Path, r.ContentLength
	if r.Method == "POST" {
		raw, err := io.ReadAll(r.Body)
		if err != nil || r.ContentLength >= 0 && int64(len(raw)) != r.ContentLength {
			http.Error(w, "the length is wrong", 400)
			return
		}
		a.raw = string(raw)
		r.Body = io.NopCloser(bytes.NewReader(raw))
		r.ParseMultipartForm(1 << 20)
		a.got = r.PostForm
		a.files = map[string]string{}
		if r.MultipartForm != nil {
			for name, files := range r.MultipartForm.File {
				f, _ := files[0].Open()
				content, _ := io.ReadAll(f)
				a.files[name] = string(content)
			}
		}
	}
	switch r.URL.Path {
	case "/login":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: r.URL.Query().Get("as"), Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/", http.StatusFound)
	case "/logout":
		w.Header().Add("Set-Cookie", "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/")
	case "/refresh":
		w.Header().Add("Set-Cookie", "session="+r.URL.Query().Get("as")+"; Path=/")
	case "/form":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", "77")
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, `<head></head><form method=post><input name=csrf_token value=wtf></form></html>`[:77])
	case "/plain":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, "<p>hello</p>")
	}
}

// client is a browser that says nothing of where its requests come from.
type client struct {
	t       *testing.T
	h       http.Handler
	cookies map[string]string
	header  http.Header // of the last answer
	extra   []string    // more lines of each request
}

func newClient(t *testing.T, h http.Handler) *client {
	return &client{t: t, h: h, cookies: map[string]string{}}
}

func (c *client) do(line, contentType, body string, more ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := request(append(append([]string{line}, c.extra...), more...)...)
	var jar []string
	for name, value := range c.cookies {
		jar = append(jar, name+"="+value)
	}
	if len(jar) > 0 {
		r.Header["Cookie"] = []string{strings.Join(jar, "; ")}
	}
	if contentType != "" {
		r.Header["Content-Type"] = []string{contentType}
		r.Header["Content-Length"] = []string{fmt.Sprint(len(body))}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	w := send(c.h, r)
	c.header = w.Result().Header
	for _, set := range w.Result().Cookies() {
		if set.MaxAge < 0 {
			delete(c.cookies, set.Name)
		} else {
			c.cookies[set.Name] = set.Value
		}
	}
	return w
}

var (
	fieldPattern = regexp.MustCompile(`<form method=post><input type=hidden name=fumehood_token value=([A-Za-z0-9_-]{43})>`)
	metaPattern  = regexp.MustCompile(`<head><meta name=fumehood-csrf content=([A-Za-z0-9_-]{43})>`)
)

// token fetches the page with the form and returns the token in it.
func (c *client) token() string {
	c.t.Helper()
	page := c.do("GET /form", "", "").Body.String()
	field, meta := fieldPattern.FindStringSubmatch(page), metaPattern.FindStringSubmatch(page)
	if field == nil || meta == nil {
		c.t.Fatalf("there is no token in %q", page)
	}
	return field[1]
}

const urlencoded = "application/x-www-form-urlencoded"

func TestTokenOfAnOldBrowser(t *testing.T) {
	t.Parallel()
	app := &forms{}
	c := newClient(t, newGuard(t, csrf.Config{}).Handler(app))
	c.cookies["session"] = "abc"
	token := c.token()
	for name, want := range map[string]string{"Cache-Control": "private, no-store", "Etag": "", "Content-Length": ""} {
		if got := c.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	set := c.header["Set-Cookie"]
	if len(set) != 1 || !regexp.MustCompile(`^__Host-fumehood=[A-Za-z0-9_-]{54}; Path=/; HttpOnly; SameSite=Lax; Secure$`).MatchString(set[0]) {
		t.Errorf("Set-Cookie is %q", set)
	}
	if w := c.do("POST /a", urlencoded, "fumehood_token="+token+"&csrf_token=wtf&x=1"); w.Code != 200 {
		t.Fatalf("a good token was refused: %d %s", w.Code, w.Body)
	}
	if app.raw != "csrf_token=wtf&x=1" || app.length != 18 || app.header.Get("Content-Length") != "18" {
		t.Errorf("the app got %q, Content-Length %d, %q", app.raw, app.length, app.header.Get("Content-Length"))
	}
	if app.cookies != "session=abc" {
		t.Errorf("the app got the cookies %q", app.cookies)
	}
	if second := c.token(); second == token {
		t.Error("two pages have the same token: compression would give it away")
	}
	if len(c.header["Set-Cookie"]) != 0 {
		t.Errorf("the cookie was set again: %q", c.header["Set-Cookie"])
	}
	if w := c.do("POST /a", urlencoded, "fumehood_token="+token); w.Code != 200 || app.raw != "" || app.length != 0 {
		t.Errorf("the token alone: %d, the app got %q", w.Code, app.raw)
	}
	for name, header := range map[string]string{"our": "X-Fumehood-CSRF: ", "the usual": "X-CSRF-Token: "} {
		w := c.do("POST /a", "application/json", "{}", header+token)
		if w.Code != 200 || app.raw != "{}" || app.header["X-Fumehood-Csrf"] != nil {
			t.Errorf("a token in %s header: %d", name, w.Code)
		}
	}
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, csrf.Config{}).Handler(&forms{})
	c, stranger := newClient(t, guard), newClient(t, guard)
	c.cookies["session"], stranger.cookies["session"] = "abc", "xyz"
	token, foreign := c.token(), stranger.token()
	good := c.cookies["__Host-fumehood"]
	flipped := []byte(good)
	flipped[3] ^= 1
	for name, tt := range map[string]struct {
		cookies map[string]string
		body    string
		code    string
	}{
		"none":                        {map[string]string{"session": "abc", "__Host-fumehood": good}, "x=1", "csrf.no-proof"},
		"empty":                       {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=&x=1", "csrf.no-proof"},
		"of a stranger":               {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=" + foreign, "csrf.token"},
		"cut":                         {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=" + token[:42], "csrf.token"},
		"longer":                      {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=" + token + "A", "csrf.token"},
		"zeros":                       {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=" + strings.Repeat("A", 43), "csrf.token"},
		"no base64":                   {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=" + strings.Repeat("%", 43), "csrf.token"},
		"without the cookie":          {map[string]string{"session": "abc"}, "fumehood_token=" + token, "csrf.token"},
		"with a cookie of plain http": {map[string]string{"session": "abc", "fumehood": good}, "fumehood_token=" + token, "csrf.token"},
		"with a made up cookie":       {map[string]string{"session": "abc", "__Host-fumehood": strings.Repeat("A", 54)}, "fumehood_token=" + token, "csrf.token"},
		"with a changed cookie":       {map[string]string{"session": "abc", "__Host-fumehood": string(flipped)}, "fumehood_token=" + token, "csrf.token"},
		"with the stranger's cookie":  {map[string]string{"session": "abc", "__Host-fumehood": stranger.cookies["__Host-fumehood"]}, "fumehood_token=" + foreign, "csrf.token"},
		"of another session":          {map[string]string{"session": "new", "__Host-fumehood": good}, "fumehood_token=" + token, "csrf.token"},
		"with two cookies":            {map[string]string{"session": "abc", "__Host-fumehood": good, " __Host-fumehood": good}, "fumehood_token=" + token, "csrf.token"},
		"good":                        {map[string]string{"session": "abc", "__Host-fumehood": good}, "fumehood_token=" + token, ""},
		"good, and not the first":     {map[string]string{"session": "abc", "__Host-fumehood": good}, "x=1&fumehood_token=" + token + "&y=2", ""},
	} {
		w := (&client{t: t, h: guard, cookies: tt.cookies}).do("POST /a", urlencoded, tt.body)
		if tt.code == "" && w.Code != 200 || tt.code != "" && (w.Code != 403 || !strings.Contains(w.Body.String(), `"`+tt.code+`"`)) {
			t.Errorf("%s: %d %s, want %s", name, w.Code, w.Body, tt.code)
		}
	}
}

// A token belongs to a session: it lives as long as the browser stays in it, and is of no
// use to somebody who has planted it.
func TestTokenAndSession(t *testing.T) {
	t.Parallel()
	app := &forms{}
	c := newClient(t, newGuard(t, csrf.Config{}).Handler(app))
	works := func(token string) bool {
		return c.do("POST /a", urlencoded, "fumehood_token="+token).Code == 200
	}
	before := c.token()
	if w := c.do("POST /login?as=ann", urlencoded, "fumehood_token="+before); w.Code != 302 || c.cookies["session"] != "ann" {
		t.Fatalf("login: %d, session %q", w.Code, c.cookies["session"])
	}
	if !works(before) {
		t.Error("a form that was open at login is refused after it")
	}
	inside := c.token()
	c.do("GET /refresh?as=ann2", "", "")
	if !works(inside) || !works(before) {
		t.Error("a session that was refreshed lost its tokens")
	}
	c.cookies["session"] = "mallory" // another session by another way than an answer of ours
	if works(inside) {
		t.Error("a token works in another session")
	}
	other := c.token()
	if !works(other) || works(inside) {
		t.Error("a new session does not have its own tokens")
	}
	c.cookies["session"] = "" // logged out elsewhere, then in again here
	delete(c.cookies, "session")
	c.do("GET /refresh?as=ann3", "", "")
	if works(other) {
		t.Error("a token survived the end of its session")
	}
	last := c.token()
	if w := c.do("POST /logout", urlencoded, "fumehood_token="+last); w.Code != 200 || c.cookies["session"] != "" {
		t.Errorf("logout: %d, %q", w.Code, c.cookies["session"])
	}
	if w := c.do("POST /logout", urlencoded, "x=1"); w.Code != 403 {
		t.Errorf("logout by a form of another site: %d", w.Code)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	for name, h := range chains(t, csrf.Config{}) {
		for _, size := range []int{10, 100 << 10, 1 << 20} {
			app := &forms{}
			c := newClient(t, h(app))
			c.cookies["session"] = "abc"
			token, file := c.token(), strings.Repeat("0123456789", size/10)
			for _, first := range []bool{true, false} {
				var form bytes.Buffer
				w := multipart.NewWriter(&form)
				if first {
					w.WriteField("fumehood_token", token)
				}
				w.WriteField("a", "1")
				if !first {
					w.WriteField("fumehood_token", token)
				}
				part, _ := w.CreateFormFile("file", "x.txt")
				io.WriteString(part, file)
				w.Close()
				got := c.do("POST /a", w.FormDataContentType(), form.String())
				if got.Code != 200 || app.got.Get("a") != "1" || app.files["file"] != file {
					t.Fatalf("%s, %d bytes, first %v: %d %s, the app got %v and a file of %d bytes", name, size, first, got.Code, got.Body, app.got, len(app.files["file"]))
				}
				if first && strings.Contains(app.raw, "fumehood_token") {
					t.Errorf("%s, %d bytes: the app sees the token", name, size)
				}
			}
			if w := c.do("POST /a", "text/plain", "fumehood_token="+token+"\r\na=1\r\n"); w.Code != 200 || app.raw != "a=1\r\n" {
				t.Errorf("%s: text/plain: %d, the app got %q", name, w.Code, app.raw)
			}
			long := "fumehood_token=" + token + "&a=" + file
			if w := c.do("POST /a", urlencoded, long); w.Code != 200 || app.raw != "a="+file {
				t.Errorf("%s, %d bytes: %d, the app got %d bytes", name, size, w.Code, len(app.raw))
			}
			if w := c.do("POST /a", urlencoded, "a="+file+"&b=1"); w.Code != 403 {
				t.Errorf("%s, %d bytes: without a token: %d", name, size, w.Code)
			}
		}
	}
}

// chains are the ways in which the guard may stand: alone, and around guard/body, which
// keeps bodies in memory or puts them into files.
func chains(t *testing.T, cfg csrf.Config) map[string]func(http.Handler) http.Handler {
	guard := newGuard(t, cfg)
	with := func(memory fumehood.Size) func(http.Handler) http.Handler {
		whole, err := body.New(body.Config{Memory: memory, TempDir: t.TempDir()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return func(app http.Handler) http.Handler {
			return guard.HeaderHandler(whole.Handler(guard.TokenHandler(app)))
		}
	}
	return map[string]func(http.Handler) http.Handler{
		"alone": guard.Handler, "body in memory": with(4 * fumehood.MB), "body in a file": with(0), "body in either": with(64 * fumehood.KB),
	}
}

// The bytes of a form that has no token of ours are the app's, whatever they are.
func TestBodiesAreNotTouched(t *testing.T) {
	t.Parallel()
	for name, h := range chains(t, csrf.Config{}) {
		for _, tt := range []struct{ contentType, body string }{
			{urlencoded, "a=1&&b=&=c&"}, {urlencoded, "&"}, {urlencoded, "x_fumehood_token=1&fumehood_tokens=2"}, {urlencoded, "%zz=%"},
			{"multipart/form-data; boundary=b", "no parts at all: fumehood_token"},
			{"multipart/form-data", "--b\r\nfumehood_token"},
			{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"fumehood_token\"\r\n\r\nhalf"},
			{"text/plain", "fumehood_token=x"}, {"application/json", `{"fumehood_token": "x"}`}, {"application/octet-stream", "fumehood_token=x&a"},
			{urlencoded, strings.Repeat("a=1&", 100_000)},
		} {
			app := &forms{}
			w := send(h(app), withBody("POST /a", tt.contentType, tt.body, "Sec-Fetch-Site: same-origin"))
			if w.Code != 200 || app.raw != tt.body {
				t.Errorf("%s, %s %.60q: %d, became %.60q", name, tt.contentType, tt.body, w.Code, app.raw)
			}
		}
	}
}

func withBody(line, contentType, body string, more ...string) *http.Request {
	r := request(append([]string{line, "Content-Type: " + contentType}, more...)...)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return r
}

// A body that breaks off must break off for the app, too.
func TestErrorsOfTheBodyReachTheApp(t *testing.T) {
	t.Parallel()
	var got error
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, got = io.ReadAll(r.Body)
	})
	r := withBody("POST /a", urlencoded, "", "Sec-Fetch-Site: same-origin")
	r.Body, r.ContentLength = http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("a=1&b=2")), 4), 7
	send(newGuard(t, csrf.Config{}).Handler(app), r)
	if _, ok := got.(*http.MaxBytesError); !ok {
		t.Errorf("the app was told %v", got)
	}
	r = withBody("POST /a", urlencoded, "a=1", "Sec-Fetch-Site: same-origin")
	r.ContentLength = 10
	if send(newGuard(t, csrf.Config{}).Handler(app), r); got != io.ErrUnexpectedEOF {
		t.Errorf("a body that ends early: the app was told %v", got)
	}
}

func TestWhoGetsTokens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		token string
		lines []string
		want  bool
	}{
		{"auto", []string{"GET /form"}, true}, {"", []string{"GET /form"}, true},
		{"auto", []string{"GET /form", "Sec-Fetch-Site: none"}, false},
		{"auto", []string{"GET /plain"}, false}, {"auto", []string{"GET /form", "Range: bytes=0-1"}, true},
		{"always", []string{"GET /form", "Sec-Fetch-Site: none"}, true}, {"always", []string{"GET /plain"}, true},
		{"off", []string{"GET /form"}, false}, {"auto", []string{"HEAD /form"}, false}, {"always", []string{"HEAD /form"}, false},
	} {
		app := &forms{}
		w := send(newGuard(t, csrf.Config{Token: tt.token}).Handler(app), request(tt.lines...))
		stored := w.Header().Get("Cache-Control") == "private, no-store" && w.Header().Get("Etag") == ""
		cookie := w.Header().Get("Set-Cookie") != ""
		token := strings.Contains(w.Body.String(), "fumehood")
		if tt.lines[0] == "GET /plain" && tt.want {
			token = true // it has neither a head nor a form, only a meta tag before its first element
		}
		if token != tt.want || stored != tt.want || cookie != tt.want {
			t.Errorf("%s %q: token %v, no-store %v, cookie %v; want %v", tt.token, tt.lines, token, stored, cookie, tt.want)
		}
	}
}

func TestAlways(t *testing.T) {
	t.Parallel()
	app := &forms{}
	c := newClient(t, newGuard(t, csrf.Config{Token: "always", TrustedOrigins: []string{"https://pay.example"}}).Handler(app))
	c.extra = []string{"Sec-Fetch-Site: same-origin", "Origin: https://shop.example"}
	if w := c.do("POST /login?as=ann", urlencoded, "x=1"); w.Code != 302 {
		t.Errorf("a browser without cookies: %d", w.Code)
	}
	for _, contentType := range []string{
		urlencoded, "multipart/form-data; boundary=b", "text/plain", "TEXT/PLAIN;charset=utf-8", "text/plain,text/html", "", "form", "/", ";",
		"application/x-www-form-urlencoded garbage",
	} {
		r := withBody("POST /a", contentType, "x=1", "Cookie: session=ann", "Sec-Fetch-Site: same-origin")
		if w := send(c.h, r); w.Code != 403 {
			t.Errorf("%q without a token: %d", contentType, w.Code)
		}
	}
	token := c.token()
	if w := c.do("POST /a", urlencoded, "fumehood_token="+token); w.Code != 200 {
		t.Errorf("with a token: %d %s", w.Code, w.Body)
	}
	if w := c.do("POST /a", "text/plain,x", "x", "X-CSRF-Token: "+token); w.Code != 200 {
		t.Errorf("with a token in a header: %d", w.Code)
	}
	if w := c.do("POST /a", "application/json", "{}"); w.Code != 200 {
		t.Errorf("JSON, which only this site can send: %d", w.Code)
	}
	c.extra = []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}
	if w := c.do("POST /a", urlencoded, "fumehood_token="+token); w.Code != 403 {
		t.Errorf("a token does not make up for another site: %d", w.Code)
	}
	c.extra = []string{"Sec-Fetch-Site: cross-site", "Origin: https://pay.example"}
	if w := c.do("POST /a", urlencoded, "x=1"); w.Code != 200 {
		t.Errorf("a trusted site, which cannot have a token: %d", w.Code)
	}
}

func TestCodings(t *testing.T) {
	t.Parallel()
	page := "<head></head><form method=post></form>"
	var saw string
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		saw = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		coding := r.URL.Query().Get("coding")
		w.Header().Set("Content-Encoding", coding)
		if coding != "gzip" {
			io.WriteString(w, page)
			return
		}
		z := gzip.NewWriter(w)
		io.WriteString(z, page)
		z.Close()
	})
	h := newGuard(t, csrf.Config{}).Handler(app)
	w := send(h, request("GET /?coding=gzip", "Accept-Encoding: gzip, br;q=0.9, zstd, deflate"))
	if saw != "gzip, deflate" || w.Header().Get("Content-Encoding") != "" || !fieldPattern.MatchString(w.Body.String()) {
		t.Errorf("the app was asked for %q; the page is %q", saw, w.Body)
	}
	if w := send(h, request("GET /?coding=br")); w.Body.String() != page || w.Header().Get("Content-Encoding") != "br" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("a page that cannot be read became %q", w.Body)
	}
	if send(h, request("GET /", "Accept-Encoding: br")); saw != "identity" {
		t.Errorf("the app was asked for %q", saw)
	}
	if send(h, request("GET /", "Accept-Encoding: br, *", "Sec-Fetch-Site: none")); saw != "br, *" {
		t.Errorf("the app was asked for %q by a browser that needs no token", saw)
	}
}

// Over plain http browsers take no __Host- cookie.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	app := &forms{}
	h := newGuard(t, csrf.Config{}).Handler(app)
	r := httptest.NewRequest("GET", "http://shop.example/form", nil)
	w := send(h, r)
	set := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(set, "fumehood=") || strings.Contains(set, "Secure") {
		t.Errorf("Set-Cookie is %q", set)
	}
	pair, _, _ := strings.Cut(set, ";")
	r = httptest.NewRequest("POST", "http://shop.example/a", strings.NewReader("fumehood_token="+fieldPattern.FindStringSubmatch(w.Body.String())[1]))
	r.Header.Set("Content-Type", urlencoded)
	r.Header.Set("Cookie", "a=1; "+pair+"; b=2")
	if w := send(h, r); w.Code != 200 || app.cookies != "a=1; b=2" || app.raw != "" {
		t.Errorf("%d, the app got %q, cookies %q", w.Code, app.raw, app.cookies)
	}
}

// What Fumehood itself answers gets no token.
func TestRefusalsGetNoToken(t *testing.T) {
	t.Parallel()
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 503, Code: "pool.full", Public: "x"})
	})
	w := send(newGuard(t, csrf.Config{Token: "always"}).Handler(refuse), request("GET /", "Accept: text/html"))
	if strings.Contains(w.Body.String(), "fumehood") || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

func FuzzBody(f *testing.F) {
	f.Add(urlencoded, []byte("fumehood_token=a&b=1&fumehood%5ftoken=2&c"))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"fumehood_token\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--"))
	f.Add("text/plain", []byte("fumehood_token=a\r\n"))
	app := &forms{}
	guard := newGuard(f, csrf.Config{}).Handler(app)
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		app.raw = "not asked"
		r := withBody("POST /a", contentType, string(body), "Sec-Fetch-Site: same-origin")
		r.Header["Content-Type"] = []string{contentType}
		w := send(guard, r)
		if w.Code == 403 && bytes.Contains(w.Body.Bytes(), []byte("method-override")) || len(body) == 0 {
			return
		}
		if w.Code != 200 {
			t.Fatalf("%q %q: %d %s", contentType, body, w.Code, w.Body)
		}
		if !bytes.Contains(bytes.ToLower(body), []byte("oken")) && !bytes.Contains(body, []byte("%")) && app.raw != string(body) {
			t.Fatalf("%q %q became %q", contentType, body, app.raw)
		}
	})
}
