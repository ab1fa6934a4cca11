// Command observatory has the HTTP Observatory's own scorer look at examples/notes, served
// by a plain WSGI server and by Fumehood, and prints a Markdown table. It stops no attack.
//
//	go run ./bench/observatory
//
// It needs Go, Node.js with npm, and make setup; and the network once, for npm. The site is
// scanned under a name that only this program resolves: for localhost itself Fumehood
// sends no Strict-Transport-Security, which the scorer takes 20 points for.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	pinned = "@mdn/mdn-http-observatory@1.4.8"
	name   = "notes.test" // RFC 6761: never a public name
	bar    = 130
)

//go:embed lookup.cjs
var lookup []byte

// bench is what the scans share.
type bench struct {
	root    string // of the repository
	temp    string
	python  string
	scanner string // folder of the npm package
	ca      string // file
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	args := flag.String("fumehood", "", "more options for fumehood run, with spaces between them")
	flag.Parse()
	if err := run(ctx, strings.Fields(*args)); err != nil {
		fmt.Fprintln(os.Stderr, "observatory: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	b := &bench{}
	defer func() { os.RemoveAll(b.temp) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	bare, err := freeAddr()
	if err != nil {
		return err
	}
	stopBare, err := b.serve(ctx, bare, b.python, "-m", "gunicorn", "--bind", bare, "--threads", "8", "--no-control-socket", "app:app")
	if err != nil {
		return err
	}
	defer stopBare()
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	command := append([]string{filepath.Join(b.root, "bin", "fumehood"), "run", "--bind", addr, "--host", name, "--host", "localhost",
		"--tls-storage", filepath.Join(b.temp, "tls"), "--python", b.python}, args...)
	stopHood, err := b.serve(ctx, addr, append(command, "app:app")...)
	if err != nil {
		return err
	}
	defer stopHood()
	return b.report(ctx, port(bare), port(addr))
}

// prepare builds the binary, installs the scorer and copies the app.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.root, err = output(ctx, "go", "list", "-m", "-f", "{{.Dir}}"); err != nil {
		return err
	}
	if b.temp, err = os.MkdirTemp("", "observatory"); err != nil {
		return err
	}
	b.ca = filepath.Join(b.temp, "tls", "local-ca", "root.pem")
	b.python = os.Getenv("FUMEHOOD_TEST_PYTHON")
	if b.python == "" {
		b.python = filepath.Join(b.root, ".cache", "py", "test", "bin", "python")
	}
	if _, err := output(ctx, "go", "build", "-C", b.root, "-o", "bin/fumehood", "./cmd/fumehood"); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(b.temp, "notes"), os.DirFS(filepath.Join(b.root, "examples", "notes"))); err != nil {
		return err
	}
	// What somebody has tried with the app is not to be in the measurement.
	if err := os.RemoveAll(filepath.Join(b.temp, "notes", "instance")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.temp, "lookup.cjs"), lookup, 0o644); err != nil {
		return err
	}
	return b.install(ctx)
}

// install puts the scorer into .cache. Its install script would fetch the preload list of
// Chromium, in which a name under .test cannot be; an empty list takes its place.
func (b *bench) install(ctx context.Context) error {
	folder := filepath.Join(b.root, ".cache", "observatory")
	pkg, version := pinned[:strings.LastIndexByte(pinned, '@')], pinned[strings.LastIndexByte(pinned, '@')+1:]
	b.scanner = filepath.Join(folder, "node_modules", filepath.FromSlash(pkg))
	var have struct{ Version string }
	if text, err := os.ReadFile(filepath.Join(b.scanner, "package.json")); err != nil || json.Unmarshal(text, &have) != nil || have.Version != version {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if _, err := output(ctx, "npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", pinned); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(b.scanner, "conf", "hsts-preload.json"), []byte("{}\n"), 0o644)
}

// serve starts a server in the app's folder and waits until it answers.
func (b *bench) serve(ctx context.Context, addr string, command ...string) (stop func(), err error) {
	log, err := os.Create(filepath.Join(b.temp, filepath.Base(command[0])+".log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = filepath.Join(b.temp, "notes")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		log.Close()
		close(ended)
	}()
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			conn.Close()
			return stop, nil
		}
		select {
		case <-ended:
			said, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("%s ended:\n%s", command[0], said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	return nil, errors.New(command[0] + " is not ready after a minute")
}

// result is what the scorer prints.
type result struct {
	Error string
	Scan  struct {
		Grade      string
		Score      int
		StatusCode int
	}
	Tests map[string]struct {
		Result        string
		ScoreModifier int
	}
}

// scan has the scorer look at a site: a name, a port, and a path that it starts at.
func (b *bench) scan(ctx context.Context, site string) (result, error) {
	cmd := exec.CommandContext(ctx, "node", "--require", filepath.Join(b.temp, "lookup.cjs"), filepath.Join(b.scanner, "src", "scan.js"), site)
	cmd.Env = append(os.Environ(), "SITE="+name, "NODE_EXTRA_CA_CERTS="+b.ca)
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	var r result
	if jsonErr := json.Unmarshal(text, &r); jsonErr != nil {
		return r, fmt.Errorf("scan %s: %w\n%s%s", site, errors.Join(err, jsonErr), text, said.Bytes())
	}
	if r.Error != "" {
		return r, fmt.Errorf("scan %s: %s", site, r.Error)
	}
	return r, nil
}

// report scans both sites, and prints and keeps the table.
func (b *bench) report(ctx context.Context, bare, hood string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# HTTP Observatory\n\nIts scorer, %s, looks at examples/notes, which is not changed. %d is the bar.\n\n", pinned, bar)
	lowest := 1000
	for _, path := range []string{"/", "/login"} {
		before, err := b.scan(ctx, name+":"+bare+path)
		if err != nil {
			return err
		}
		after, err := b.scan(ctx, name+":"+hood+path)
		if err != nil {
			return err
		}
		local, err := b.scan(ctx, "localhost:"+hood+path)
		if err != nil {
			return err
		}
		lowest = min(lowest, after.Scan.Score)
		fmt.Fprintf(&out, "| %s | gunicorn | points | Fumehood | points | Fumehood, as localhost | points |\n|---|---|---|---|---|---|---|\n", path)
		var tests []string
		for test := range after.Tests {
			tests = append(tests, test)
		}
		slices.Sort(tests)
		for _, test := range tests {
			fmt.Fprintf(&out, "| %s ", test)
			for _, r := range []result{before, after, local} {
				fmt.Fprintf(&out, "| %s | %+d ", r.Tests[test].Result, r.Tests[test].ScoreModifier)
			}
			out.WriteString("|\n")
		}
		fmt.Fprintf(&out, "| **score** | %s | **%d** | %s | **%d** | %s | %d |\n\n", before.Scan.Grade, before.Scan.Score,
			after.Scan.Grade, after.Scan.Score, local.Scan.Grade, local.Scan.Score)
	}
	commit, err := output(ctx, "git", "-C", b.root, "describe", "--always", "--dirty")
	if err != nil {
		return err
	}
	fmt.Fprintf(&out, "Bonus points count from 90 points on. Commit %s, %s.\n\n    go run ./bench/observatory\n", commit, time.Now().UTC().Format(time.DateOnly))
	fmt.Print(out.String())
	if err := os.WriteFile(filepath.Join(b.root, "bench", "results", "observatory.md"), []byte(out.String()), 0o644); err != nil {
		return err
	}
	if lowest < bar {
		return fmt.Errorf("%d points, %d are wanted", lowest, bar)
	}
	return nil
}

// port is what follows the host in an address.
func port(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

// freeAddr returns a loopback address that nobody serves.
func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// output runs a command to its end and returns what it wrote, without space around it.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, said.String())
	}
	return strings.TrimSpace(string(out)), nil
}
