package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fumehood/fumehood/bench/internal/tables"
)

const streamSize = 1 << 30

// streamBar is how much the peak of a process may grow while 1 GB passes.
const streamBar = 32 << 20

// transfer moves 1 GB one way.
type transfer struct {
	name string
	send func(c *http.Client, url string) (int64, error)
}

func transfers() []transfer {
	get := func(path string) func(*http.Client, string) (int64, error) {
		return func(c *http.Client, url string) (int64, error) {
			res, err := c.Get(fmt.Sprintf("%s/%s/%d", url, path, streamSize))
			if err != nil {
				return 0, err
			}
			defer res.Body.Close()
			return io.Copy(io.Discard, res.Body)
		}
	}
	return []transfer{
		{"answer from a generator", get("generated")},
		{"answer by send_file", get("file")},
		{"upload", func(c *http.Client, url string) (int64, error) {
			res, err := c.Post(url+"/upload", "application/octet-stream", io.LimitReader(endless{}, streamSize))
			if err != nil {
				return 0, err
			}
			defer res.Body.Close()
			var n int64
			_, err = fmt.Fscan(res.Body, &n)
			return n, err
		}},
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// runStream checks that no process keeps what passes through it.
func runStream(ctx context.Context, b *bench) (string, error) {
	s := setup{workers: 1, threads: 4, more: []string{"--limit-request-body", "2GB"}}
	report := "1 GB each way; how much the peak memory (VmHWM) of the front and of the largest of its workers grew.\n\n"
	t := tables.New("server", "what", "time", "front before, after", "worker before, after", "bar")
	server, err := b.fumehood(ctx, s)
	if err != nil {
		return "", err
	}
	defer server.stop()
	if err := streamRows(t, server); err != nil {
		return "", err
	}
	app, err := b.gunicorn(ctx, setup{workers: 1, threads: 4})
	if err != nil {
		return "", err
	}
	defer app.stop()
	front, err := b.upstream(ctx, app.url, s)
	if err != nil {
		return "", err
	}
	defer front.stop()
	if err := streamRows(t, front); err != nil {
		return "", err
	}
	return report + t.String(), nil
}

func streamRows(t *tables.Table, server *process) error {
	for _, tr := range transfers() {
		front, worker, err := server.peaks()
		if err != nil {
			return err
		}
		began := time.Now()
		n, err := tr.send(client(5*time.Minute), server.url)
		if err == nil && n != streamSize {
			err = fmt.Errorf("%d bytes came", n)
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", server.name, tr.name, err)
		}
		took := time.Since(began)
		frontAfter, workerAfter, err := server.peaks()
		if err != nil {
			return err
		}
		met := frontAfter-front <= streamBar && workerAfter-worker <= streamBar
		t.Row(server.name, tr.name, fmt.Sprintf("%.1f s", took.Seconds()), tables.Mega(front)+", "+tables.Mega(frontAfter),
			strings.ReplaceAll(tables.Mega(worker)+", "+tables.Mega(workerAfter), "0.0 MB, 0.0 MB", ""),
			"grows <= "+tables.Mega(streamBar)+": "+tables.Verdict(met))
	}
	return nil
}

// peaks returns the peak memory of the parent and of the largest child.
func (p *process) peaks() (parent, child int64, err error) {
	family := p.family()
	if parent, err = memory(family[0], "status", "VmHWM"); err != nil {
		return 0, 0, err
	}
	for _, pid := range family[1:] {
		peak, err := memory(pid, "status", "VmHWM")
		if err != nil {
			return 0, 0, err
		}
		child = max(child, peak)
	}
	return parent, child, nil
}
