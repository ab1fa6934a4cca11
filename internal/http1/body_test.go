package http1_test

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
)

// TestContinueOnce: 100 Continue is sent once, and never when the answer has begun, though
// one goroutine reads while another one answers.
func TestContinueOnce(t *testing.T) {
	t.Parallel()
	addr := serveOurs(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		var reading sync.WaitGroup
		for range 2 {
			reading.Go(func() { r.Body.Read(make([]byte, 1)) })
		}
		switch r.URL.Path {
		case "/informed":
			w.WriteHeader(http.StatusEarlyHints)
		case "/told":
			w.WriteHeader(http.StatusContinue)
		case "/late":
			reading.Wait()
		}
		io.WriteString(w, "answer")
		w.(http.Flusher).Flush()
		http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
		reading.Wait()
	})})
	for i := range 300 {
		path := []string{"/", "/informed", "/told", "/late"}[i%4]
		nc := dialTo(t, addr)
		io.WriteString(nc, "POST "+path+" HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
		if path == "/late" {
			io.WriteString(nc, "ab")
		}
		nc.CloseWrite()
		all, _ := io.ReadAll(nc)
		nc.Close()
		head, rest, found := strings.Cut(string(all), "HTTP/1.1 200 OK\r\n")
		if !found || strings.Contains(rest, "HTTP/1.1 100") || strings.Count(head, "HTTP/1.1 100") > 1 || !strings.Contains(rest, "answer") {
			t.Fatalf("%s: %q", path, all)
		}
		if (path == "/late" || path == "/told") && !strings.HasPrefix(head, "HTTP/1.1 100") {
			t.Fatalf("%s: %q", path, all)
		}
	}
}

// TestRefusedExpectation: a body that comes, though nobody has asked for it, must not be
// taken for a request.
func TestRefusedExpectation(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	addr := serveOurs(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.URL.Path, true)
		w.WriteHeader(http.StatusForbidden)
	})})
	nc := dialTo(t, addr)
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
	io.WriteString(nc, "POST /outer HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 38\r\n\r\n"+smuggled+smuggled)
	all, err := io.ReadAll(nc)
	if strings.Count(string(all), "HTTP/1.1") != 1 || !strings.Contains(string(all), "Connection: close\r\n") || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	if _, found := seen.Load("/smuggled"); found {
		t.Error("the body was taken for a request")
	}
}

// TestNothingSmuggled: whatever a handler does with a body that looks like requests, the
// next request is the one behind it.
func TestNothingSmuggled(t *testing.T) {
	t.Parallel()
	ways := map[string]func(w http.ResponseWriter, r *http.Request){
		"/unread":  func(w http.ResponseWriter, r *http.Request) {},
		"/close":   func(w http.ResponseWriter, r *http.Request) { r.Body.Close() },
		"/part":    func(w http.ResponseWriter, r *http.Request) { io.ReadFull(r.Body, make([]byte, 7)) },
		"/closed":  func(w http.ResponseWriter, r *http.Request) { r.Body.Read(make([]byte, 7)); r.Body.Close() },
		"/read":    func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) },
		"/duplex":  func(w http.ResponseWriter, r *http.Request) { http.NewResponseController(w).EnableFullDuplex() },
		"/flushed": func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); r.Body.Read(make([]byte, 7)) },
		"/late": func(w http.ResponseWriter, r *http.Request) {
			go io.Copy(io.Discard, r.Body)
		},
		"/timeout": func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
			r.Body.Read(make([]byte, 7))
			http.NewResponseController(w).SetReadDeadline(time.Time{})
		},
	}
	addr := serveOurs(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		if way := ways[r.URL.Path]; way != nil {
			way(w, r)
		}
	})})
	inner := strings.Repeat("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", 3)
	for path := range ways {
		for _, head := range []string{
			"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 105\r\n\r\n" + inner,
			"GET %s HTTP/1.1\r\nHost: a\r\nContent-Length: 105\r\n\r\n" + inner,
			"HEAD %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n69\r\n" + inner + "\r\n0\r\nX-Get: 1\r\n\r\n",
			"POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n" + inner[:35] + "\r\n23\r\n" + inner[:35] + "\r\n0\r\n\r\n",
			"POST %s HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 105\r\n\r\n" + inner,
			"POST %s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 105\r\n\r\n" + inner,
			"POST %s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n69\r\n" + inner + "\r\n0\r\n\r\n",
		} {
			sent := strings.Replace(head, "%s", path, 1) + "GET /after HTTP/1.1\r\nHost: a\r\n\r\n"
			for _, size := range []int{len(sent), 50} { // at once, and in pieces
				nc := dialTo(t, addr)
				var sending sync.WaitGroup
				sending.Go(func() {
					for rest := sent; rest != ""; rest = rest[min(size, len(rest)):] {
						if _, err := io.WriteString(nc, rest[:min(size, len(rest))]); err != nil {
							return
						}
					}
					nc.CloseWrite()
				})
				in := bufio.NewReader(nc)
				var got []string
				for _, method := range []string{sent[:4], "GET", "GET"} {
					res, err := http.ReadResponse(in, &http.Request{Method: strings.TrimSpace(method)})
					if err != nil {
						break
					}
					io.Copy(io.Discard, res.Body)
					got = append(got, res.Header.Get("X-Path"))
				}
				if all := strings.Join(got, " "); all != path+" /after" && all != path {
					t.Errorf("%q in pieces of %d is answered as %s", sent, size, all)
				}
				sending.Wait()
				nc.Close()
			}
		}
	}
}

// TestUnreadBody: little is skipped and the connection goes on; with much it ends, and the
// client can read the answer all the same, whether it reads while it sends or after.
func TestUnreadBody(t *testing.T) {
	t.Parallel()
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "refuse") {
			w.Header().Set("Connection", "close")
		}
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "no")
	}))
	for kind, connect := range dial {
		for _, c := range []struct {
			target string
			size   int
			kept   bool
		}{
			{"/", 1, true}, {"/", http1.MostUnread - 1, true}, {"/", http1.MostUnread + 1, false},
			{"/", 2 << 20, false}, {"/refuse", 1, false}, {"/refuse", 2 << 20, false},
		} {
			for _, chunked := range []bool{false, true} {
				for _, first := range []bool{false, true} {
					nc := connect()
					head, body := requestOf(c.target, c.size, chunked)
					var sending sync.WaitGroup
					sending.Go(func() {
						_, err := io.WriteString(nc, head+body)
						if err != nil && first { // some systems throw away what has come when a reset comes
							t.Errorf("%s, %d bytes to %s: %v", kind, c.size, c.target, err)
						}
					})
					if first {
						sending.Wait()
					}
					in := bufio.NewReader(nc)
					if got := answerOf(t, in); got != "no" {
						t.Errorf("%s, %d bytes to %s, chunked %t, sent first %t: %q", kind, c.size, c.target, chunked, first, got)
					}
					if c.kept {
						sending.Wait()
						io.WriteString(nc, probe)
						if got := answerOf(t, in); got != "no" {
							t.Errorf("%s: the connection has ended after %d bytes", kind, c.size)
						}
					} else if _, err := in.Peek(1); err != io.EOF {
						t.Errorf("%s, %d bytes to %s: then %v", kind, c.size, c.target, err)
					}
					nc.Close()
					sending.Wait()
				}
			}
		}
	}
}

func requestOf(target string, size int, chunked bool) (head, body string) {
	head = "POST " + target + " HTTP/1.1\r\nHost: a\r\n"
	body = strings.Repeat("x", size)
	if chunked {
		return head + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("4\r\nxxxx\r\n", (size+3)/4) + "0\r\n\r\n"
	}
	return head + "Content-Length: " + strconv.Itoa(size) + "\r\n\r\n", body
}
