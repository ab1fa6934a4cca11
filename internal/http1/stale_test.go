package http1_test

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
)

const evil = "EVIL"

var evils = strings.Repeat(evil, 10_000)

// acts is what a goroutine can do that a handler has left behind.
var acts = map[string]func(w http.ResponseWriter, r *http.Request, file *os.File){
	"write":      func(w http.ResponseWriter, r *http.Request, _ *os.File) { io.WriteString(w, evil) },
	"write much": func(w http.ResponseWriter, r *http.Request, _ *os.File) { io.WriteString(w, evils) },
	"flush": func(w http.ResponseWriter, r *http.Request, _ *os.File) {
		io.WriteString(w, evil)
		w.(http.Flusher).Flush()
	},
	"status":      func(w http.ResponseWriter, r *http.Request, _ *os.File) { w.WriteHeader(http.StatusTeapot) },
	"early hints": func(w http.ResponseWriter, r *http.Request, _ *os.File) { w.WriteHeader(http.StatusEarlyHints) },
	"copy":        func(w http.ResponseWriter, r *http.Request, _ *os.File) { io.Copy(w, strings.NewReader(evils)) },
	"send file": func(w http.ResponseWriter, r *http.Request, file *os.File) {
		file.Seek(0, io.SeekStart)
		w.(io.ReaderFrom).ReadFrom(file)
	},
	"deadlines": func(w http.ResponseWriter, r *http.Request, _ *os.File) {
		if r.Context().Err() != nil { // before, it would end the request
			http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
			http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
		}
	},
	"read": func(w http.ResponseWriter, r *http.Request, _ *os.File) { r.Body.Read(make([]byte, 3)) },
	"all":  haunt,
}

// haunt does it all.
func haunt(w http.ResponseWriter, r *http.Request, file *os.File) {
	control := http.NewResponseController(w)
	io.WriteString(w, evil)
	w.WriteHeader(http.StatusTeapot)
	control.Flush()
	io.WriteString(w, evils)
	w.(io.ReaderFrom).ReadFrom(strings.NewReader(evils))
	file.Seek(0, io.SeekStart)
	w.(io.ReaderFrom).ReadFrom(file)
	control.SetReadDeadline(time.Unix(1, 0))
	control.SetWriteDeadline(time.Unix(1, 0))
	control.EnableFullDuplex()
	r.Body.Read(make([]byte, 3))
}

// TestLeftBehind: goroutines that go on with an answer when its handler has returned reach
// neither the next answer on the connection, nor its request, nor one on another connection
// by way of a buffer.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	content := evilFile(t)
	var haunting sync.WaitGroup
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/good" {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Errorf("the body of the next request: %v", err)
			}
			w.Header().Set("X-Good", "yes")
			io.WriteString(w, "good "+string(body)+strings.Repeat(".", 3000))
			return
		}
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "4")
		case "/file":
			w.Header().Set("Content-Length", "100000")
			w.Header().Set("Content-Type", "x/y")
		}
		act := acts[r.URL.Query().Get("act")]
		file, err := os.Open(content)
		if err != nil {
			t.Error(err)
			return
		}
		began := make(chan bool)
		haunting.Go(func() {
			defer file.Close()
			close(began)
			for rounds := 0; rounds < 20; {
				act(w, r, file)
				if r.Context().Err() != nil { // the handler has returned
					rounds++
					runtime.Gosched()
				}
			}
		})
		<-began
		if r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
	}))
	var asking sync.WaitGroup
	for _, connect := range dial {
		for _, path := range []string{"/evil", "/length", "/file", "/panic"} {
			asking.Go(func() {
				for range 2 {
					for act := range acts {
						haunted(t, connect(), path+"?act="+url.QueryEscape(act))
					}
				}
			})
		}
	}
	asking.Wait()
	haunting.Wait()
}

// haunted sends one request that leaves a goroutine behind, then good ones.
func haunted(t *testing.T, nc io.ReadWriteCloser, path string) {
	defer nc.Close()
	const good = "POST /good HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	io.WriteString(nc, "POST "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nunwanted")
	in := bufio.NewReader(nc)
	res, err := http.ReadResponse(in, nil)
	for err == nil && res.StatusCode == http.StatusEarlyHints { // of this request
		res, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		return // it was ended, which is right too
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.Close {
		return
	}
	for range 5 {
		if _, err := io.WriteString(nc, good); err != nil {
			return
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			if err != io.ErrUnexpectedEOF && !strings.Contains(err.Error(), "reset") {
				t.Errorf("%s: the next answer: %v", path, err)
			}
			return
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 || res.Header.Get("X-Good") != "yes" ||
			strings.TrimRight(string(body), ".") != "good hello" || len(body) != 3010 {
			t.Errorf("%s: the next answer is %d %q, %v", path, res.StatusCode, body, err)
		}
	}
}

func evilFile(t *testing.T) string {
	name := t.TempDir() + "/evil"
	if err := os.WriteFile(name, []byte(strings.Repeat(evil, 25_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestOver: when the next request runs, the writer, the header, the body and the
// connection of the one before are out of reach.
func TestOver(t *testing.T) {
	t.Parallel()
	type left struct {
		w http.ResponseWriter
		r *http.Request
	}
	before := make(chan left, 1)
	addr := serveOurs(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			w.Header().Set("X-A", "1")
			io.WriteString(w, "first")
			before <- left{w, r}
			return
		}
		io.WriteString(w, "sec")
		old := <-before
		old.w.Header().Set("X-Evil", evil)
		haunt(old.w, old.r, os.Stdin)
		if _, err := old.w.Write([]byte(evil)); err == nil {
			t.Error("Write works when the answer is over")
		}
		if err := http.NewResponseController(old.w).Flush(); err == nil {
			t.Error("Flush works when the answer is over")
		}
		if _, err := old.w.(io.ReaderFrom).ReadFrom(strings.NewReader(evil)); err == nil {
			t.Error("ReadFrom works when the answer is over")
		}
		if _, _, err := http.NewResponseController(old.w).Hijack(); err == nil {
			t.Error("Hijack works when the answer is over")
		}
		if n, err := old.r.Body.Read(make([]byte, 9)); n > 0 || err == nil {
			t.Errorf("the old body gives %d bytes", n)
		}
		if old.r.Context().Err() == nil {
			t.Error("the old request has not ended")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Context().Err() != nil {
			t.Errorf("the new request: %v, %v", err, r.Context().Err())
		}
		io.WriteString(w, "ond "+string(body))
	})})
	nc := dialTo(t, addr)
	io.WriteString(nc, "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"+
		"POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nworld")
	in := bufio.NewReader(nc)
	for _, want := range []string{"first", "second world"} {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if string(body) != want || err != nil || res.Header.Get("X-Evil") != "" {
			t.Errorf("%q %v, %v", body, res.Header, err)
		}
	}
}

// TestLeftInReadFrom: a handler that returns while one of its goroutines sends a file has
// not finished its answer.
func TestLeftInReadFrom(t *testing.T) {
	t.Parallel()
	source, feed := io.Pipe()
	defer feed.Close()
	sent := make(chan bool)
	addr := serveOurs(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "x/y")
		w.Header().Set("Content-Length", "8")
		w.WriteHeader(200)
		go func() {
			w.(io.ReaderFrom).ReadFrom(source)
			sent <- true
		}()
		io.WriteString(feed, "half")
		if _, err := w.Write([]byte(evil)); err == nil {
			t.Error("Write works beside ReadFrom")
		}
	})})
	nc := dialTo(t, addr)
	io.WriteString(nc, probe+probe)
	all, _ := io.ReadAll(nc)
	if strings.Contains(string(all), evil) || strings.Count(string(all), "HTTP/1.1") != 1 {
		t.Errorf("%q", all)
	}
	feed.Close()
	<-sent
}
