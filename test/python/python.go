// Package python has the interpreters that the tests use, and Python itself as the oracle of
// what a value means to it. It is for tests only; it stops no attack and belongs to no chain.
package python

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
)

// All are the interpreters that make sets up, each with a Flask of its own, the oldest first:
// $FUMEHOOD_TEST_PYTHONS, or what is in .cache.
func All(t testing.TB) []string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(testapp.Root(t), ".cache", "py", "3.*", "bin", "python"))
	if list := os.Getenv("FUMEHOOD_TEST_PYTHONS"); list != "" {
		found = strings.Split(list, ":")
	}
	if len(found) == 0 {
		t.Fatal("no interpreters to test with; make them with: make setup")
	}
	slices.SortFunc(found, func(a, b string) int { // 3.9 before 3.10
		return cmp.Or(cmp.Compare(len(version(a)), len(version(b))), cmp.Compare(version(a), version(b)))
	})
	return slices.Compact(found)
}

// version is the name of the folder that make has the interpreter in: 3.13.
func version(python string) string { return filepath.Base(filepath.Dir(filepath.Dir(python))) }

// Each runs a test with every interpreter, side by side. The quick check has the newest only:
// with the others it is the same test again.
func Each(t *testing.T, run func(t *testing.T, python string)) {
	t.Helper()
	all := All(t)
	for i, python := range all {
		t.Run(version(python), func(t *testing.T) {
			if testing.Short() && i < len(all)-1 {
				t.Skip("left out of the quick check: the newest Python stands for all")
			}
			t.Parallel()
			run(t, python)
		})
	}
}

// Oracle is a Python program that answers each line with one line.
type Oracle struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

// NewOracle starts the program, a file, which ends with the test. It has Flask.
func NewOracle(t testing.TB, program string) *Oracle {
	t.Helper()
	cmd := exec.Command(testapp.Python(t), program)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", program, err)
		}
	})
	return &Oracle{in: in, out: bufio.NewReader(out)}
}

// Ask sends the question as JSON and returns the answer, without the end of its line.
func (o *Oracle) Ask(t testing.TB, question any) string {
	t.Helper()
	line, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	answer, err := o.out.ReadString('\n')
	if err != nil {
		t.Fatal("the oracle ended: ", err)
	}
	return strings.TrimSuffix(answer, "\n")
}
