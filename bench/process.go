package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a server that was started for a measurement, with its workers.
type process struct {
	name string
	url  string // "http://127.0.0.1:40001"
	addr string
	pid  int
	log  string // file
	cmd  *exec.Cmd
	done chan struct{}

	ended sync.Once
}

// start runs a server in the folder of the apps and waits until it answers. command gets
// the address that it is to serve.
func (b *bench) start(ctx context.Context, name, scheme string, env []string, command func(addr string) []string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	args := command(addr)
	file, err := os.CreateTemp(b.temp, "log")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = filepath.Join(b.root, "bench", "apps")
	cmd.Env = append(os.Environ(), append(env, "PYTHONDONTWRITEBYTECODE=1")...)
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{
		name: name, url: scheme + "://" + addr, addr: addr, pid: cmd.Process.Pid,
		log: file.Name(), cmd: cmd, done: make(chan struct{}),
	}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	if err := p.ready(ctx); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w\n%s\n%s", name, err, strings.Join(args, " "), p.said())
	}
	return p, nil
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

// client trusts every certificate: what is measured is on loopback.
func client(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives: true,
		},
	}
}

// ready waits for the first good answer.
func (p *process) ready(ctx context.Context) error {
	c := client(time.Second)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		select {
		case <-p.done:
			return fmt.Errorf("it ended by itself: %v", p.cmd.ProcessState)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		res, err := c.Get(p.url + "/")
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("no good answer in 20 s")
}

// said returns the end of what the server wrote.
func (p *process) said() string {
	text, _ := os.ReadFile(p.log) // no log is no reason to lose the error
	return string(text[max(0, len(text)-4000):])
}

// stop ends the server, with force when it does not go in 10 seconds.
func (p *process) stop() {
	p.ended.Do(func() {
		syscall.Kill(p.pid, syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(10 * time.Second):
		}
		syscall.Kill(-p.pid, syscall.SIGKILL) // its group: workers that outlived it
		<-p.done
	})
}

// family returns the process and all that it started.
func (p *process) family() []int {
	pids := []int{p.pid}
	for i := 0; i < len(pids); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, task := range tasks {
			text, _ := os.ReadFile(task)
			for _, field := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(field); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}

// tick is the unit of CPU time in /proc: USER_HZ, 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpu returns the CPU time of a process so far (utime and stime of proc_pid_stat(5)).
func cpu(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may hold anything
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// cpu returns the CPU time of the parent and of its children.
func (p *process) cpu() (parent, children time.Duration) {
	family := p.family()
	for _, pid := range family[1:] {
		children += cpu(pid)
	}
	return cpu(family[0]), children
}

// memory reads one line of a /proc file, such as "VmHWM" of "status", in bytes.
func memory(pid int, file, line string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, err
	}
	var sum int64
	found := false
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				return 0, err
			}
			sum, found = sum+kb<<10, true
		}
	}
	if !found {
		return 0, fmt.Errorf("/proc/%d/%s has no %s", pid, file, line)
	}
	return sum, nil
}
