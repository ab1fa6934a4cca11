package answer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// hook is a guard made of functions.
type hook struct {
	kind string
	look int
	hold bool
	head func(*answer.Head)
}

func (k hook) Kind() string { return k.kind }
func (k hook) Look(h *answer.Head) int {
	h.Hold = h.Hold || k.hold
	return k.look
}
func (k hook) Head(h *answer.Head) {
	if k.head != nil {
		k.head(h)
	}
}

func (k hook) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer.Serve(w, r, k, next) })
}

// nest puts the first hook outermost.
func nest(app http.HandlerFunc, hooks ...hook) http.Handler {
	var h http.Handler = app
	for i := len(hooks) - 1; i >= 0; i-- {
		h = hooks[i].around(h)
	}
	return h
}

func get(t *testing.T, h http.Handler, method string) (*http.Response, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	req, err := http.NewRequest(method, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return res, string(body) + " [" + err.Error() + "]"
	}
	return res, string(body)
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }
}

func TestInnerHooksComeFirst(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string) hook {
		return hook{kind: name, head: func(h *answer.Head) {
			order = append(order, name)
			h.Header.Set("By", name)
		}}
	}
	res, body := get(t, nest(say("hello"), note("outer"), note("middle"), note("inner")), "GET")
	if fmt.Sprint(order) != "[inner middle outer]" || res.Header.Get("By") != "outer" || body != "hello" || res.ContentLength != 5 {
		t.Errorf("%v %v %q %d", order, res.Header, body, res.ContentLength)
	}
}

// TestHookOfARouteTakesThePlace of the general one, which stays outermost.
func TestHookOfARouteTakesThePlace(t *testing.T) {
	t.Parallel()
	set := func(value string) hook {
		return hook{kind: "same", head: func(h *answer.Head) { h.Header.Add("Frame", value) }}
	}
	res, _ := get(t, nest(say("x"), set("general"), hook{kind: "other"}, set("route")), "GET")
	if got := res.Header["Frame"]; len(got) != 1 || got[0] != "route" {
		t.Errorf("%q", got)
	}
}

func TestStatusAndHeaderOfEveryKindOfAnswer(t *testing.T) {
	t.Parallel()
	for name, app := range map[string]http.HandlerFunc{
		"nothing written":  func(http.ResponseWriter, *http.Request) {},
		"a write":          say("x"),
		"a status":         func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) },
		"a flush":          func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush() },
		"not modified":     func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(304) },
		"a refusal":        func(w http.ResponseWriter, r *http.Request) { fumehood.Refuse(w, r, errors.New("x")) },
		"hints, then it":   func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); w.WriteHeader(200) },
		"a file":           func(w http.ResponseWriter, r *http.Request) { w.(io.ReaderFrom).ReadFrom(strings.NewReader("x")) },
		"a second status":  func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200); w.WriteHeader(500) },
		"ResponseControll": func(w http.ResponseWriter, r *http.Request) { http.NewResponseController(w).Flush() },
	} {
		for _, look := range []int{0, 100} {
			calls := 0
			res, _ := get(t, nest(app, hook{kind: "a", look: look, head: func(h *answer.Head) {
				calls++
				h.Header.Set("Seen", "yes")
			}}), "GET")
			if calls != 1 || res.Header.Get("Seen") != "yes" {
				t.Errorf("%s, look %d: %d calls, %v", name, look, calls, res.Header)
			}
		}
	}
}

func TestLookSeesTheBeginning(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 1000)
	for _, c := range []struct {
		name  string
		app   http.HandlerFunc
		look  int
		body  string
		whole bool
	}{
		{"whole", say("hello"), 100, "hello", true},
		{"exactly as much", say("hello"), 5, "hello", false},
		{"long", say(long), 16, long[:16], false},
		{"in pieces", func(w http.ResponseWriter, r *http.Request) {
			for i := range len(long) {
				io.WriteString(w, long[i:i+1])
			}
		}, 20, long[:20], false},
		{"flushed early", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "hel")
			w.(http.Flusher).Flush()
			io.WriteString(w, "lo")
		}, 100, "hel", false},
		{"a file", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, strings.NewReader(long)) }, 16, long[:16], false},
		{"a short file", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, strings.NewReader("hi")) }, 16, "hi", true},
		{"no body", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, 16, "", false},
	} {
		var seen string
		var whole bool
		bare, want := get(t, c.app, "GET")
		res, body := get(t, nest(c.app, hook{kind: "a", look: c.look, head: func(h *answer.Head) { seen, whole = string(h.Body), h.Whole }}), "GET")
		if seen != c.body || whole != c.whole || body != want || res.StatusCode != bare.StatusCode {
			t.Errorf("%s: saw %.30q (%v), want %.30q (%v); the client got %.30q, %s", c.name, seen, whole, c.body, c.whole, body, res.Status)
		}
	}
}

// TestHoldOutlastsAFlush: a debugger's page that is flushed before its first byte is seen.
func TestHoldOutlastsAFlush(t *testing.T) {
	t.Parallel()
	var seen string
	h := nest(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		w.(http.Flusher).Flush()
		io.WriteString(w, "Traceback")
	}, hook{kind: "a", look: 100, hold: true, head: func(h *answer.Head) { seen = string(h.Body) }})
	if _, body := get(t, h, "GET"); seen != "Traceback" || body != seen {
		t.Errorf("saw %q, the client got %q", seen, body)
	}
}

// upper is a filter.
type upper struct {
	next  answer.Sink
	ended *bool
}

func (u upper) Write(p []byte) (int, error) { return u.next.Write(bytes.ToUpper(p)) }
func (u upper) Flush() error                { return u.next.Flush() }
func (u upper) Close() error {
	*u.ended = true
	if _, err := io.WriteString(u.next, "!"); err != nil {
		return err
	}
	return u.next.Close()
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "HEAD"} {
		for _, look := range []int{0, 3, 100} {
			ended := false
			h := nest(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "5")
				w.Header().Set("Etag", `"a"`)
				io.WriteString(w, "hello")
			}, hook{kind: "a", look: look, head: func(h *answer.Head) {
				h.Filter(func(next answer.Sink) answer.Sink { return upper{next, &ended} })
			}})
			res, body := get(t, h, method)
			want := "HELLO!"
			if method == "HEAD" {
				want = ""
			}
			if body != want || res.Header.Get("Etag") != "" || ended != (method == "GET") {
				t.Errorf("%s, look %d: %q %v, ended %v", method, look, body, res.Header, ended)
			}
		}
	}
}

// TestFilterOfABrokenAnswer is not ended: it must not look complete.
func TestFilterOfABrokenAnswer(t *testing.T) {
	t.Parallel()
	ended := false
	_, body := get(t, nest(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}, hook{kind: "a", head: func(h *answer.Head) {
		h.Filter(func(next answer.Sink) answer.Sink { return upper{next, &ended} })
	}}), "GET")
	if ended || !strings.Contains(body, "EOF") {
		t.Errorf("ended %v, the client got %q", ended, body)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "HEAD"} {
		for _, look := range []int{0, 4, 100} {
			h := nest(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", "br")
				w.Header().Set("Content-Length", "12")
				w.WriteHeader(500)
				io.WriteString(w, "secret")
				io.WriteString(w, "secret")
			}, hook{kind: "a", look: look, head: func(h *answer.Head) { h.Replace("text/plain", []byte("sorry")); h.Status = 503 }})
			res, body := get(t, h, method)
			want := "sorry"
			if method == "HEAD" {
				want = ""
			}
			if body != want || res.StatusCode != 503 || res.Header.Get("Content-Encoding") != "" || method == "GET" && res.ContentLength != 5 {
				t.Errorf("%s, look %d: %s %q %v", method, look, res.Status, body, res.Header)
			}
		}
	}
}

func TestRefusalIsKnownAsOne(t *testing.T) {
	t.Parallel()
	var seen *fumehood.Refusal
	h := nest(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(unwrapping{w}, r, &fumehood.Refusal{Status: 403, Code: "a.b", Public: "No."})
	}, hook{kind: "a", head: func(h *answer.Head) { seen = h.Refused }})
	if get(t, h, "GET"); seen == nil || seen.Code != "a.b" {
		t.Errorf("%v", seen)
	}
}

// unwrapping is another's middleware between a guard and the app.
type unwrapping struct{ http.ResponseWriter }

func (u unwrapping) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func TestMoreGuardsThanPlaces(t *testing.T) {
	t.Parallel()
	var hooks []hook
	count := 0
	for i := range 40 {
		hooks = append(hooks, hook{kind: fmt.Sprint(i), head: func(*answer.Head) { count++ }})
	}
	if _, body := get(t, nest(say("x"), hooks...), "GET"); count != 40 || body != "x" {
		t.Errorf("%d of 40 hooks ran, %q", count, body)
	}
}

// TestKeepsWhatTheWriterCan: sendfile, hijacking and flushing work through it.
func TestKeepsWhatTheWriterCan(t *testing.T) {
	t.Parallel()
	get(t, nest(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("no ReaderFrom over HTTP/1")
		}
		if _, ok := w.(http.Hijacker); !ok {
			t.Error("no Hijacker over HTTP/1")
		}
	}, hook{kind: "a"}), "GET")
	answer.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), hook{kind: "a"},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := w.(http.Hijacker); ok {
				t.Error("a Hijacker where there is none below")
			}
		}))
}

func BenchmarkTwoHooks(b *testing.B) {
	h := nest(say("hello"), hook{kind: "a"}, hook{kind: "b"})
	r := httptest.NewRequest("GET", "/", nil)
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
