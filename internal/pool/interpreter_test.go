package pool_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/pool"
)

// program makes an executable file.
func program(t *testing.T, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestInterpreter changes PATH and the working folder, so it runs alone.
func TestInterpreter(t *testing.T) {
	root := t.TempDir()
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	onPath := program(t, root, "path", "python3")
	active := program(t, root, "active", "bin", "python")
	adjacent := program(t, root, "app", ".venv", "bin", "python")
	other := program(t, root, "other", "venv", "bin", "python")
	program(t, root, "other", "env", "bin", "python")
	here := program(t, root, "here", "env", "bin", "python")
	os.MkdirAll(filepath.Join(root, "broken", ".venv", "bin", "python"), 0o755) // a folder
	plain := filepath.Join(root, "plain")
	os.WriteFile(plain, nil, 0o644)
	link := filepath.Join(root, "linked", ".venv", "bin", "python")
	os.MkdirAll(filepath.Dir(link), 0o755)
	os.Symlink(onPath, link)
	t.Setenv("PATH", filepath.Dir(onPath))
	none := t.TempDir()
	for _, c := range []struct {
		name, asked, dir, env, cwd string
		want, how, err             string
	}{
		{name: "the one asked for", asked: active, dir: root + "/app", env: root + "/other", want: active, how: active},
		{name: "a name in PATH", asked: "python3", dir: root + "/app", want: onPath, how: "python3"},
		{name: "a name that is not in PATH", asked: "python9", err: "--python python9"},
		{name: "a path that is not there", asked: "/no/such/python", err: "--python /no/such/python"},
		{name: "a file that is no program", asked: plain, err: "permission denied"},
		{name: "the active environment", dir: root + "/app", env: root + "/active", want: active, how: root + "/active"},
		{name: "an active environment that is gone", dir: root + "/app", env: root + "/gone", want: adjacent, how: root + "/app/.venv"},
		{name: "beside the app", dir: root + "/app", want: adjacent, how: root + "/app/.venv"},
		{name: "beside the app, venv before env", dir: root + "/other", want: other, how: root + "/other/venv"},
		{name: "beside the caller", dir: none, cwd: root + "/here", want: here, how: "env"},
		{name: "a link keeps its environment", dir: root + "/linked", want: link, how: root + "/linked/.venv"},
		{name: "a folder called python", dir: root + "/broken", want: onPath, how: "python3"},
		{name: "python3", dir: none, want: onPath, how: "python3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cwd := c.cwd
			if cwd == "" {
				cwd = none
			}
			t.Chdir(cwd)
			got, how, err := pool.Interpreter(c.asked, c.dir, func(string) string { return c.env })
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || hint.Of(err) == "" {
					t.Errorf("%q, %v, hint: %s", got, err, hint.Of(err))
				}
				return
			}
			if got != c.want || how != c.how || err != nil {
				t.Errorf("%q from %q, %v; want %q from %q", got, how, err, c.want, c.how)
			}
		})
	}
	t.Setenv("PATH", none)
	t.Chdir(none)
	if got, _, err := pool.Interpreter("", none, func(string) string { return "" }); err == nil || hint.Of(err) == "" {
		t.Errorf("with no Python anywhere: %q, %v", got, err)
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := pool.New(pool.Config{Workers: 0, Threads: -1, Queue: -1, Dir: "/no/such/folder"})
	for _, part := range []string{"no target", "0 workers, -1 threads, queue of -1", "no interpreter", "/no/such/folder is not a folder"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
}
