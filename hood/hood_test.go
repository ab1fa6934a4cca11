package hood_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/hood"
)

func Example() {
	cfg := hood.Default()
	cfg.Hosts.Allow = []string{"shop.example"}
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	handler, err := hood.Handler(cfg, nil, app)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, host := range []string{"shop.example", "evil.example"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
		fmt.Println(host, w.Code)
	}
	// Output:
	// shop.example 200
	// evil.example 421
}

// A zero Config is a mistake, not a way to switch everything off.
func Example_incorrect() {
	_, err := hood.Handler(hood.Config{}, nil, http.NotFoundHandler())
	fmt.Println(err != nil)
	// Output: true
}

// TestServe is a Go program under the hood: https with the local authority, strict HTTP,
// and an end that lets what runs finish.
func TestServe(t *testing.T) {
	t.Parallel()
	cfg := hood.Default()
	cfg.Server.Bind = "localhost:0"
	cfg.TLS.Storage = t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	urls, ended := make(chan string, 1), make(chan error, 1)
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, fumehood.RequestID(r), " ", fumehood.Scheme(r), " ", r.Proto)
	})
	go func() { ended <- hood.Serve(ctx, cfg, nil, app, func(url string) { urls <- url }) }()
	url := <-urls

	roots, err := filepath.Glob(filepath.Join(cfg.TLS.Storage, "*", "root*.pem"))
	if err != nil || len(roots) == 0 {
		roots, _ = filepath.Glob(filepath.Join(cfg.TLS.Storage, "*", "*.crt"))
	}
	pool := x509.NewCertPool()
	for _, file := range roots {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pool.AppendCertsFromPEM(pem)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 || string(body) != res.Header.Get("X-Request-Id")+" https HTTP/2.0" {
		t.Errorf("%s %q %v", res.Status, body, err)
	}

	raw, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), &tls.Config{RootCAs: pool, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	io.WriteString(raw, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	answer, _ := io.ReadAll(raw)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("Content-Length with Transfer-Encoding: %.40q", answer)
	}

	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestChainBeginsWithTheRecord(t *testing.T) {
	t.Parallel()
	names, err := hood.Chain(hood.Default())
	if err != nil || slices.Index(names, "record") != 0 || !slices.Contains(names, "errors") {
		t.Errorf("%v, %v", names, err)
	}
}
