package pool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fumehood/fumehood/internal/hint"
)

// Interpreter finds the Python that runs the app in dir: the one asked for, else the
// active virtual environment's, else that of a virtual environment beside the app or
// beside the caller, else python3. how says which it was, for people.
func Interpreter(asked, dir string, getenv func(string) string) (path, how string, err error) {
	if asked != "" {
		path, err := exec.LookPath(asked)
		if err != nil {
			return "", "", hint.With(fmt.Errorf("--python %s: %w", asked, err),
				"give the path of an interpreter: --python .venv/bin/python")
		}
		return absolute(path), asked, nil
	}
	if env := getenv("VIRTUAL_ENV"); env != "" {
		if path := filepath.Join(env, "bin", "python"); executable(path) {
			return absolute(path), env, nil
		}
	}
	for _, base := range []string{dir, "."} {
		for _, name := range []string{".venv", "venv", "env"} {
			env := filepath.Join(base, name)
			if path := filepath.Join(env, "bin", "python"); executable(path) {
				return absolute(path), filepath.Clean(env), nil
			}
		}
	}
	if path, err := exec.LookPath("python3"); err == nil {
		return absolute(path), "python3", nil
	}
	return "", "", hint.With(errNoPython,
		"install Python 3.9 or newer, or name one: fumehood run --python PATH ...")
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// absolute keeps a symlink as it is: an interpreter finds its virtual environment by the
// path that it was started with.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
