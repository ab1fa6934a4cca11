package server_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// statusOf returns the status of one request without a redirect being followed.
func statusOf(t *testing.T, req *http.Request) int {
	t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestRoutesCountTogether: a client must not have the general limit once more for each
// route that happens to have settings of another kind. One with a limit of its own counts
// by that alone.
func TestRoutesCountTogether(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.RateLimit.Rate = "4/hour"
		for _, match := range []string{"/a", "/b"} {
			r := c.NewRoute(match)
			r.MaxBody = fumehood.KB
			c.Routes = append(c.Routes, r)
		}
		own := c.NewRoute("/own")
		own.RateLimit.Rate = "2/hour"
		c.Routes = append(c.Routes, own)
	}, func(http.ResponseWriter, *http.Request) {})
	for i, step := range []struct {
		path string
		want int
	}{
		{"/", 200}, {"/a", 200}, {"/b", 200}, {"/own", 200}, {"/a", 200},
		{"/b", 429}, {"/", 429}, {"/a", 429}, {"/own", 200}, {"/own", 429},
	} {
		req, _ := http.NewRequest("GET", s.URL+step.path, nil)
		if got := statusOf(t, req); got != step.want {
			t.Errorf("request %d, %s: %d, want %d", i+1, step.path, got, step.want)
		}
	}
}

// TestProbesCountTogether: who looked for private files under one route is known under
// every other.
func TestProbesCountTogether(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.Paths.ProbeLimit = 3
		for _, match := range []string{"/a/", "/b/"} {
			r := c.NewRoute(match)
			r.MaxBody = fumehood.KB
			c.Routes = append(c.Routes, r)
		}
	}, http.NotFound)
	for i, want := range []int{404, 404, 404, 429, 429, 429} {
		req, _ := http.NewRequest("GET", s.URL+[]string{"/a/.env", "/b/.env", "/.env"}[i%3], nil)
		if got := statusOf(t, req); got != want {
			t.Errorf("probe %d: %d, want %d", i+1, got, want)
		}
	}
}

// TestLoginsCountTogether: guesses at one account are counted however many doors the app
// has.
func TestLoginsCountTogether(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.Login.Account, c.Login.Password = "user", "password"
		r := c.NewRoute("POST /api/login")
		r.MaxBody = fumehood.KB
		c.Routes = append(c.Routes, r)
	}, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	refused := 0
	for i := range 10 {
		form := url.Values{"user": {"alice"}, "password": {fmt.Sprint("guess", i)}}.Encode()
		req, _ := http.NewRequest("POST", s.URL+[]string{"/login", "/api/login"}[i%2], strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if statusOf(t, req) == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 5 { // login.attempts is 5
		t.Errorf("%d of 10 guesses were refused, want 5", refused)
	}
}

// TestTokenOfAnotherRoute: the page with a form and the route that takes it may have
// settings of their own; where nobody has given a key, one is made for all of them.
func TestTokenOfAnotherRoute(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.CSRF.Token = "always"
		r := c.NewRoute("POST /order")
		r.MaxBody = fumehood.KB
		c.Routes = append(c.Routes, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s"})
		io.WriteString(w, `<form method="post" action="/order"><input name="what"></form>`)
	})
	jar := map[string]string{}
	page := func(method, body string) (int, string) {
		req, _ := http.NewRequest(method, s.URL+"/order", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range jar {
			req.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		for _, cookie := range res.Cookies() {
			jar[cookie.Name] = cookie.Value
		}
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(text)
	}
	page("GET", "")
	_, text := page("GET", "")
	token := regexp.MustCompile(`name=fumehood_token value=([\w-]+)>`).FindStringSubmatch(text)
	if token == nil {
		t.Fatalf("no token in %s", text)
	}
	if status, _ := page("POST", "what=tea"); status != http.StatusForbidden {
		t.Errorf("without a token: %d", status)
	}
	if status, text := page("POST", "what=tea&fumehood_token="+token[1]); status != http.StatusOK {
		t.Errorf("with the token: %d %s", status, text)
	}
}

// form is a multipart form with one file.
func form(name, declared string, content []byte) (body *bytes.Buffer, contentType string) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	part, _ := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {declared},
	})
	part.Write(content)
	w.Close()
	return body, w.FormDataContentType()
}

// TestLargerUploads: an upload.max above the general one is of use only if the form that
// the file comes in may be as large.
func TestLargerUploads(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.Limits.Body, c.Upload.Max = 10*fumehood.KB, 5*fumehood.KB
		for match, most := range map[string]fumehood.Size{"POST /upload": 100 * fumehood.KB, "POST /small": fumehood.KB} {
			r := c.NewRoute(match)
			r.Upload.Max = most
			c.Routes = append(c.Routes, r)
		}
	}, func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := r.FormFile("file"); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		path string
		size int
		want int
	}{
		{"/upload", 90 << 10, 200}, {"/upload", 110 << 10, 413}, {"/upload", 2 << 20, 413},
		{"/small", 900, 200}, {"/small", 1100, 413}, {"/other", 4 << 10, 200}, {"/other", 6 << 10, 413}, {"/other", 90 << 10, 413},
	} {
		body, contentType := form("a.txt", "text/plain", bytes.Repeat([]byte("word "), c.size/5))
		req, _ := http.NewRequest("POST", s.URL+c.path, body)
		req.Header.Set("Content-Type", contentType)
		if got := statusOf(t, req); got != c.want {
			t.Errorf("%d bytes to %s: %d, want %d", c.size, c.path, got, c.want)
		}
	}
}

// TestWhoGetsBodiesWhole: an upstream, and a route that streams, get a body as it arrives,
// in every version of HTTP. What guards have to look into is looked into all the same.
func TestWhoGetsBodiesWhole(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		how := "stream"
		if _, ok := r.Body.(interface{ Bytes() []byte }); ok {
			how = "whole"
		}
		got, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, how, " ", len(got), " ", bytes.Contains(got, []byte("secret")))
	})
	behind := func(change func(*config.Config)) *running {
		cfg := settings(t, change)
		handler, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, app)
		if err != nil {
			t.Fatal(err)
		}
		return start(t, handler, change)
	}
	upstream := behind(func(c *config.Config) { c.App.Upstream, c.Server.HTTP3 = "http://127.0.0.1:1", true })
	worker := behind(func(c *config.Config) {
		c.Server.HTTP3 = true
		for _, match := range []string{"/flow", "/raw"} {
			r := c.NewRoute(match)
			r.StreamBody = true
			if match == "/raw" {
				r.Upload.Raw = "check"
			}
			c.Routes = append(c.Routes, r)
		}
	})
	good, goodType := form("a.txt", "text/plain", []byte("secret"))
	bad, badType := form("a.txt", "text/plain", []byte("MZ\x90\x00\x03 secret program"+strings.Repeat("\x00", 100)))
	script := []byte("<html><script>secret</script></html>")
	const urlencoded = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		to          *running
		path, kind  string
		body        []byte
		status      int
		says, about string
	}{
		{upstream, "/", "application/octet-stream", []byte("secret"), 200, "stream 6 true", "an upstream gets what is no form as it arrives"},
		{upstream, "/", "", []byte("secret"), 200, "whole 6 true", "but not what has no type: an app may take that for anything"},
		{upstream, "/", urlencoded, []byte("a=secret"), 200, "whole 8 true", "a form whole"},
		{upstream, "/", urlencoded + "; x", []byte("a=secret"), 200, "whole 8 true", "and one with a broken parameter"},
		{upstream, "/", "Application/JSON", []byte(`{"a":"secret"}`), 200, "whole 14 true", "and JSON"},
		{upstream, "/", "application/vnd.api+json", []byte(`{"a":"secret"}`), 200, "whole 14 true", "and what is JSON, too"},
		{upstream, "/", goodType, good.Bytes(), 200, "whole", "and files"},
		{upstream, "/", badType, bad.Bytes(), 415, "", "and no programs"},
		{worker, "/", "application/octet-stream", []byte("secret"), 200, "whole 6 true", "a worker gets all bodies whole"},
		{worker, "/flow", "application/octet-stream", []byte("secret"), 200, "stream 6 true", "but not where a route streams"},
		{worker, "/flow", goodType, good.Bytes(), 200, "true", "files are looked at there"},
		{worker, "/flow", badType, bad.Bytes(), 415, "", "and refused"},
		{worker, "/flow", "application/json", []byte(`{"a":1,"a":"secret"`), 400, "", "JSON is judged there"},
		{worker, "/raw", "text/plain", []byte("secret"), 200, "true", "and a body that is one file"},
		{worker, "/raw", "image/png", script, 415, "", "if it is asked for"},
	} {
		for _, version := range []string{"h1", "h2", "h3"} {
			req, _ := http.NewRequest("POST", c.to.url(c.path), bytes.NewReader(c.body))
			if req.ContentLength = -1; c.kind != "" { // chunked, with HTTP/1
				req.Header.Set("Content-Type", c.kind)
			}
			res, err := c.to.client(version).Do(req)
			if err != nil {
				t.Fatalf("%s: %s: %v", version, c.about, err)
			}
			text, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != c.status || !strings.Contains(string(text), c.says) {
				t.Errorf("%s: %s: %d %.200s, want %d %s", version, c.about, res.StatusCode, text, c.status, c.says)
			}
		}
	}
}
