package python

import (
	"bytes"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Newest is the newest of the interpreters, and its version as 313.
func Newest(t testing.TB) (python, since string) {
	t.Helper()
	all := All(t)
	python = all[len(all)-1]
	out, err := exec.Command(python, "-c", "import sys; print('%d%02d' % sys.version_info[:2])").Output()
	if err != nil {
		t.Fatal(err)
	}
	return python, strings.TrimSpace(string(out))
}

// Files are the files below a folder that keep wants, by name, without installed packages.
func Files(t testing.TB, root string, keep func(name string) bool) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "site-packages" && name != root:
			return filepath.SkipDir
		case d.Type().IsRegular() && !strings.Contains(name, "\n") && keep(name):
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Dump is what a Python program made of one file.
type Dump struct {
	Name, Text string
	Refused    string // why Python does not take the file, "" if it does
}

// Dumps runs a program that writes what it makes of each file. It is given the names on
// standard input, one a line, and writes for each a line "== name" and its text, which is "!"
// and the reason where it refuses the file.
func Dumps(t testing.TB, interpreter, program string, files []string, args ...string) []Dump {
	t.Helper()
	cmd := exec.Command(interpreter, append([]string{program}, args...)...)
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, &problems)
	}
	var all []Dump
	for _, part := range strings.Split("\n"+string(out), "\n== ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		d := Dump{Name: name, Text: text}
		if reason, bad := strings.CutPrefix(text, "! "); bad {
			d.Text, d.Refused = "", reason
		}
		all = append(all, d)
	}
	if len(all) != len(files) {
		t.Fatalf("%s read %d files of %d", program, len(all), len(files))
	}
	return all
}

// Different returns the first lines that differ, nothing if all are alike. What is U+FFFD in
// got, written \{fffd}, may be any one character in want.
func Different(got, want string) (string, string) {
	a, b := strings.Split(strings.TrimRight(got, "\n"), "\n"), strings.Split(strings.TrimRight(want, "\n"), "\n")
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return "nothing", b[i]
		case i >= len(b):
			return a[i], "nothing"
		case !alike(a[i], b[i]):
			return a[i], b[i]
		}
	}
	return "", ""
}

func alike(got, want string) bool {
	for {
		before, after, found := strings.Cut(got, `\{fffd}`)
		if !found {
			return got == want
		}
		rest, ok := strings.CutPrefix(want, before)
		if !ok || rest == "" {
			return false
		}
		n := 1
		if strings.HasPrefix(rest, `\{`) {
			n = strings.IndexByte(rest, '}') + 1
		}
		got, want = after, rest[n:]
	}
}
