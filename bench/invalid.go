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

	"github.com/fumehood/fumehood/bench/internal/tables"
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
	asItIs, hosted, err := invalidCases(names, files, server.addr)
	if err != nil {
		return "", err
	}
	t := tables.New("what", "refused with 4xx, 501 or 505", "calls of the app", "bar")
	var others []string
	for _, group := range []struct {
		what  string
		cases []*invalidCase
		total int // 0 for no bar
	}{
		{"as in gunicorn's files", asItIs, 46},
		{"with a Host field put in where there is none", hosted, 0},
	} {
		called, err := replay(group.cases, server.addr, calls)
		if err != nil {
			return "", err
		}
		others = append(others, invalidRow(t, group.what, group.cases, group.total, called)...)
	}
	report := "Each request goes to the running binary on a connection of its own.\n\n" + t.String()
	if len(others) > 0 {
		report += "\nNot refused (0: no answer): " + strings.Join(others, ", ") + ".\n"
	}
	return report, nil
}

// invalidCases returns the named requests as they are, and those that have no Host once
// more with one: they may be refused for that alone.
func invalidCases(names []string, files map[string][]byte, host string) (asItIs, hosted []*invalidCase, err error) {
	for _, name := range names {
		sent, ok := files[name]
		if !ok {
			return nil, nil, fmt.Errorf("%s is not in gunicorn's archive", name)
		}
		asItIs = append(asItIs, &invalidCase{name: name, sent: sent})
		line, rest, ok := bytes.Cut(sent, []byte("\r\n"))
		if ok && !bytes.Contains(bytes.ToLower(sent), []byte("\nhost:")) {
			with := fmt.Appendf(nil, "%s\r\nHost: %s\r\n%s", line, host, rest)
			hosted = append(hosted, &invalidCase{name: name + " with Host", sent: with})
		}
	}
	return asItIs, hosted, nil
}

// replay sends all cases and returns how often the app was called for them. calls is the
// file that the app adds a byte to for each call.
func replay(cases []*invalidCase, addr, calls string) (called int, err error) {
	before, err := os.ReadFile(calls) // the call that told that the server is ready
	if err != nil {
		return 0, fmt.Errorf("a good request was not counted: %w", err)
	}
	var group sync.WaitGroup
	for _, c := range cases {
		group.Go(func() { c.send(addr) })
	}
	group.Wait()
	after, err := os.ReadFile(calls)
	return len(after) - len(before), err
}

// invalidRow writes one row and returns the cases that were not refused.
func invalidRow(t *tables.Table, what string, cases []*invalidCase, total, called int) (others []string) {
	refused := 0
	for _, c := range cases {
		if c.status >= 400 && c.status < 500 || c.status == http.StatusNotImplemented ||
			c.status == http.StatusHTTPVersionNotSupported {
			refused++
		} else {
			others = append(others, fmt.Sprintf("%s: %d", c.name, c.status))
		}
	}
	bar := ""
	if total > 0 {
		bar = fmt.Sprintf("%d of %d, 0 calls: %s", total, total, tables.Verdict(refused == total && len(cases) == total && called == 0))
	}
	t.Row(what, fmt.Sprintf("%d of %d", refused, len(cases)), fmt.Sprint(called), bar)
	return others
}

// send sends the case and notes the status of the first answer. A head that is cut short
// is followed by the end of the client's side.
func (c *invalidCase) send(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	conn.Write(c.sent)
	if !bytes.Contains(c.sent, []byte("\r\n\r\n")) {
		conn.(*net.TCPConn).CloseWrite()
	}
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
