package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/injection/crs"
)

// server is one of those that are compared.
type server struct {
	url    string
	client *http.Client
	why    *atomic.Value // a string: the cause of the last refusal, where it is known
	stop   func()

	refuses bool // what is measured now
}

// start starts a server by its name. "plain" and "nginx-plain" judge nothing.
func start(ctx context.Context, name, temp string) (*server, error) {
	switch name {
	case "plain":
		return serve(app)
	case "ours":
		return ours()
	case "coraza":
		engine, err := crs.New(crs.Config{})
		if err != nil {
			return nil, err
		}
		return guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := engine.Check(r); err != nil {
				fumehood.Refuse(w, r, err)
				return
			}
			app(w, r)
		}))
	case "nginx", "nginx-plain":
		return startNginx(ctx, temp, name == "nginx")
	}
	return nil, fmt.Errorf("there is no server %q", name)
}

// app is what is behind all of them: it reads what is sent, as an app would.
func app(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) // a client that goes away is its own business
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "hello\n")
}

// guarded serves a handler behind guard/body, which has every body arrive first.
func guarded(next http.Handler) (*server, error) {
	whole, err := body.New(body.Config{Memory: 64 << 10}, nil)
	if err != nil {
		return nil, err
	}
	why := &atomic.Value{}
	next = whole.Handler(next)
	s, err := serve(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{ID: "BENC-HBEN", Scheme: "http"}
		next.ServeHTTP(&noting{w, x, why}, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	})
	if err != nil {
		return nil, err
	}
	s.why = why
	return s, nil
}

// noting keeps the cause of a refusal before the client can have the answer.
type noting struct {
	http.ResponseWriter
	x   *fumehood.Exchange
	why *atomic.Value
}

// Unwrap is for guard/body, which sets deadlines.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

func (n *noting) WriteHeader(status int) {
	if n.x.Refused != nil {
		n.why.Store(n.x.Refused.Error())
	}
	n.ResponseWriter.WriteHeader(status)
}

// serve starts a handler on loopback.
func serve(handler http.HandlerFunc) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := httptest.NewUnstartedServer(handler)
	s.Listener.Close()
	s.Listener = listener
	s.Start()
	return &server{url: s.URL, client: oneConnection(), stop: s.Close}, nil
}

// oneConnection keeps one connection alive.
func oneConnection() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, DisableCompression: true}}
}

// judge sends one value and says whether it was refused.
func (s *server) judge(ctx context.Context, place, value string) (refused bool, why string, err error) {
	r, err := request(ctx, s.url, place, value)
	if err != nil {
		return false, "", err
	}
	res, err := s.client.Do(r)
	if err != nil {
		return false, "", err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	switch {
	case res.StatusCode == http.StatusOK:
		return false, "", nil
	case res.StatusCode >= 400 && res.StatusCode < 500:
		if s.why != nil {
			why, _ = s.why.Load().(string)
		}
		return true, why, nil
	}
	if s.why != nil {
		why, _ = s.why.Load().(string)
	}
	return false, "", fmt.Errorf("status %d %s", res.StatusCode, why)
}

// request is what a browser sends when somebody types value into a field.
func request(ctx context.Context, base, place, value string) (*http.Request, error) {
	var r *http.Request
	var err error
	switch place {
	case "query":
		r, err = http.NewRequestWithContext(ctx, "GET", base+"/search?q="+url.QueryEscape(value), nil)
	case "form":
		r, err = http.NewRequestWithContext(ctx, "POST", base+"/search", strings.NewReader("q="+url.QueryEscape(value)))
	case "json":
		var text []byte
		if text, err = json.Marshal(map[string]string{"q": value}); err == nil {
			r, err = http.NewRequestWithContext(ctx, "POST", base+"/search", bytes.NewReader(text))
		}
	default:
		err = fmt.Errorf("-place %q is none of query, form, json", place)
	}
	if err != nil {
		return nil, err
	}
	switch place {
	case "form":
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case "json":
		r.Header.Set("Content-Type", "application/json")
	}
	browser(r)
	return r, nil
}

// browser adds what a browser says of itself, and a host that no rule minds.
func browser(r *http.Request) {
	r.Host = "shop.example"
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Accept-Language", "en-US,en;q=0.5")
}
