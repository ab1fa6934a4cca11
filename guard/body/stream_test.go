package body_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
)

func TestStreamingPassesOnWhatCame(t *testing.T) {
	t.Parallel()
	g := newGuard(t, body.Config{Idle: 5 * time.Second}, func(r *http.Request) bool { return true })
	got := make(chan string)
	plain, http2 := serve(t, g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf := make([]byte, 100)
		for {
			n, err := r.Body.Read(buf)
			if n > 0 {
				got <- string(buf[:n])
			}
			if err != nil {
				got <- err.Error()
				return
			}
		}
	})))
	for _, srv := range []*httptest.Server{plain, http2} {
		pr, pw := io.Pipe()
		done := make(chan error, 1)
		go func() {
			resp, err := post(t, srv, pr)
			if err == nil {
				resp.Body.Close()
			}
			done <- err
		}()
		for _, word := range []string{"one", "two"} { // the second is sent when the first was read
			io.WriteString(pw, word)
			if read := <-got; read != word {
				t.Errorf("read %q, want %q", read, word)
			}
		}
		pw.Close()
		if read := <-got; read != "EOF" {
			t.Errorf("read %q, want the end", read)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestStreamingIsUnderTheDeadlines(t *testing.T) {
	t.Parallel()
	const idle = 100 * time.Millisecond
	errs := make(chan error, 1)
	g := newGuard(t, body.Config{Idle: idle, Grace: 10 * time.Second}, func(*http.Request) bool { return true })
	plain, http2 := serve(t, g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf := make([]byte, 3)
		_, err := io.ReadFull(r.Body, buf)
		if err == nil { // an app that takes its time is not the client's fault
			time.Sleep(3 * idle)
			_, err = io.ReadFull(r.Body, buf)
		}
		if err == nil {
			_, err = r.Body.Read(buf) // nothing comes any more
		}
		errs <- err
		fumehood.Refuse(w, r, err)
	})))
	for _, srv := range []*httptest.Server{plain, http2} {
		pr, pw := io.Pipe()
		go io.WriteString(pw, "onetwo")
		resp, err := post(t, srv, pr)
		pr.Close()
		if got := problem(t, resp, err); got != "408 body.idle" {
			t.Errorf("%s", got)
		}
		var refusal *fumehood.Refusal
		if err := <-errs; !errors.As(err, &refusal) || refusal.Code != "body.idle" {
			t.Errorf("the app gets %v", err)
		}
	}
}

// An app that answers without reading leaves the rest to net/http, which must not wait for
// a silent client for ever.
func TestStreamingUnreadBodyIsCut(t *testing.T) {
	t.Parallel()
	g := newGuard(t, body.Config{Idle: 200 * time.Millisecond}, func(*http.Request) bool { return true })
	plain, _ := serve(t, g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body.Close()
		if n, err := r.Body.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("read %d, %v after Close", n, err)
		}
	})))
	conn, in := dial(t, plain)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
	if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		t.Errorf("the connection was not closed: %v", err)
	}
}
