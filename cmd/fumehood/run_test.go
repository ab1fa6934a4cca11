package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fumehood/fumehood/internal/testapp"
)

// setUp gives the scripts an interpreter with Flask.
func setUp(t *testing.T) func(*testscript.Env) error {
	python := testapp.Python(t)
	return func(e *testscript.Env) error {
		e.Setenv("FUMEHOOD_TEST_PYTHON", python)
		return nil
	}
}

// serves is "serves PATH TEXT ARGS...": `fumehood run ARGS...` comes up, answers PATH with
// a body that has TEXT in it, and ends well when it is told to.
func serves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: serves PATH TEXT ARGS...")
	}
	program, err := exec.LookPath("fumehood")
	ts.Check(err)
	cmd := exec.Command(program, append([]string{"run", "--log-format", "json"}, args[2:]...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "FUMEHOOD_APP_PYTHON="+ts.Getenv("FUMEHOOD_TEST_PYTHON"),
		"FUMEHOOD_TLS_STORAGE="+ts.MkAbs("storage"), "FUMEHOOD_SERVER_BIND=localhost:0")
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	defer cmd.Process.Kill()
	var log strings.Builder
	lines := bufio.NewScanner(io.TeeReader(stderr, &log))
	url := ""
	for url == "" && lines.Scan() {
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
			url = line.URL
		}
	}
	if url == "" {
		ts.Fatalf("it never became ready:\n%s", &log)
	}
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		for lines.Scan() {
		}
	}()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // whom it is, internal/certs tests
	}}
	res, err := client.Get(url + args[0])
	ts.Check(err)
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	res.Body.Close()
	client.CloseIdleConnections()
	if !strings.Contains(string(body), args[1]) {
		ts.Fatalf("%s: %s %s", url+args[0], res.Status, body)
	}
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	<-rest
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("it ended with %v:\n%s", err, &log)
	}
	if !strings.Contains(log.String(), `"msg":"stopped"`) {
		ts.Fatalf("it did not say that it stopped:\n%s", &log)
	}
}
