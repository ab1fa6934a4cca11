package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// invalidCase is one request of gunicorn's corpus, as bytes.
type invalidCase struct {
	name   string
	sent   []byte
	status int // of the answer, 0 for none
}

// runInvalid replays the requests that gunicorn refuses against the running binary, and
// counts how often the app was called.
func runInvalid(ctx context.Context, b *bench) (string, error) {
	names, err := b.invalidNames()
	if err != nil {
		return "", err
	}
	files, err := b.invalidFiles(ctx)
	if err != nil {
		return "", err
	}
	calls := filepath.Join(b.temp, "calls")
	server, err := b.fumehood(ctx, setup{workers: 2, threads: 4, env: []string{"BENCH_CALLS=" + calls}})
	if err != nil {
		return "", err
	}
	defer server.stop()
	before, err := os.ReadFile(calls) // those of start
	if err != nil {
		return "", fmt.Errorf("a good request was not counted: %w", err)
	}
	var cases []*invalidCase
	for _, name := range names {
		sent, ok := files[name]
		if !ok {
			return "", fmt.Errorf("%s is not in gunicorn's archive", name)
		}
		cases = append(cases, &invalidCase{name: name, sent: sent})
		if !bytes.Contains(bytes.ToLower(sent), []byte("\nhost:")) { // it may be refused for that alone
			if line, rest, ok := bytes.Cut(sent, []byte("\r\n")); ok {
				hosted := fmt.Appendf(nil, "%s\r\nHost: %s\r\n%s", line, server.addr, rest)
				cases = append(cases, &invalidCase{name: name + " with Host", sent: hosted})
			}
		}
	}
	var group sync.WaitGroup
	for _, c := range cases {
		group.Go(func() { c.send(server.addr) })
	}
	group.Wait()
	after, err := os.ReadFile(calls)
	if err != nil {
		return "", err
	}
	return invalidReport(cases, len(names), len(after)-len(before)), nil
}

func invalidReport(cases []*invalidCase, total, calls int) string {
	asItIs, hosted, hostedTotal := 0, 0, 0
	var others []string
	for _, c := range cases {
		refused := c.status >= 400 && c.status < 500 || c.status == http.StatusNotImplemented ||
			c.status == http.StatusHTTPVersionNotSupported
		if strings.HasSuffix(c.name, " with Host") {
			hostedTotal++
			if refused {
				hosted++
			}
		} else if refused {
			asItIs++
		}
		if !refused {
			others = append(others, fmt.Sprintf("%s: %d", c.name, c.status))
		}
	}
	t := newTable("what", "refused with 4xx, 501 or 505", "calls of the app", "bar")
	t.row("as in gunicorn's files", fmt.Sprintf("%d of %d", asItIs, total), fmt.Sprint(calls),
		fmt.Sprintf("%d of %d, 0 calls: %s", total, total, verdict(asItIs == total && total == 46 && calls == 0)))
	t.row("with a Host field put in where there is none", fmt.Sprintf("%d of %d", hosted, hostedTotal), "", "")
	report := "Each request goes to the running binary on a connection of its own.\n\n" + t.String()
	if len(others) > 0 {
		report += "\nNot refused (0: no answer in 20 s): " + strings.Join(others, ", ") + ". With Host, a request can be a good one.\n"
	}
	return report
}

// send sends the case and notes the status of the first answer.
func (c *invalidCase) send(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	conn.Write(c.sent)
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		c.status = res.StatusCode
	}
}

const corpusFolder = "internal/strict/testdata/gunicorn"

// invalidNames returns the names of the 46.
func (b *bench) invalidNames() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(b.root, corpusFolder, "cases.txt"))
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if name, rest, ok := strings.Cut(line, "|"); ok && strings.HasSuffix(strings.TrimSpace(rest), "of the 46") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names, nil
}

// invalidFiles reads the requests out of gunicorn's source archive; it is fetched when it
// is not there.
func (b *bench) invalidFiles(ctx context.Context) (map[string][]byte, error) {
	folder := filepath.Join(b.root, ".cache", "corpus")
	archive := filepath.Join(folder, "gunicorn-26.1.0.tar.gz")
	if _, err := os.Stat(archive); err != nil {
		_, err := output(ctx, b.python, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--dest", folder,
			"--requirement", filepath.Join(b.root, corpusFolder, "requirements.txt"))
		if err != nil {
			return nil, err
		}
	}
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for in := tar.NewReader(zipped); ; {
		head, err := in.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		_, name, ok := strings.Cut(head.Name, "/tests/requests/")
		if name, isRequest := strings.CutSuffix(name, ".http"); ok && isRequest {
			text, err := io.ReadAll(in)
			if err != nil {
				return nil, err
			}
			if files[name], err = unescape(string(text)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
}

// unescape reads the notation of gunicorn's files: real line ends mean nothing, bytes are
// written \r, \n, \t, \0 and \xHH.
func unescape(text string) ([]byte, error) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\n", ""), `\0`, `\x00`)
	var out []byte
	for len(text) > 0 {
		if text[0] != '\\' {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		c, _, rest, err := strconv.UnquoteChar(text, 0)
		if err != nil {
			return nil, err
		}
		out, text = append(out, byte(c)), rest
	}
	return out, nil
}
