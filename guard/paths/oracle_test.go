package paths_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/internal/testapp"
)

// oracle is Werkzeug and the Python standard library, in a process of their own.
type oracle struct {
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

func newOracle(t testing.TB) *oracle {
	t.Helper()
	cmd := exec.Command(testapp.Python(t), "testdata/oracle.py")
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
		cmd.Wait()
	})
	return &oracle{in: in, out: bufio.NewReader(out)}
}

// reads returns request.path, and the readings of it that lead out of a folder.
func (o *oracle) reads(t testing.TB, pathInfo string) (path, leaves string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := fmt.Fprintf(o.in, "%x\n", pathInfo); err != nil {
		t.Fatal(err)
	}
	line, err := o.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	text, leaves, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), leaves
}

// wire is a request with the target as net/http reads it from a connection.
func wire(target string) (*http.Request, error) {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	return &http.Request{Method: "GET", URL: u, RequestURI: target, Header: http.Header{}}, nil
}

// agree checks what must hold for every path that passes: Werkzeug reads what was judged,
// and no reading of it that programs are known for leads out of a folder.
func agree(t testing.TB, o *oracle, g *paths.Guard, target string) {
	r, err := wire(target)
	if err != nil || !strings.HasPrefix(r.URL.Path, "/") || g.Check(r) != nil {
		return
	}
	if !utf8.ValidString(r.URL.Path) {
		t.Errorf("%q passed", target)
	}
	path, leaves := o.reads(t, r.URL.Path)
	if want := "/" + strings.TrimLeft(r.URL.Path, "/"); path != want {
		t.Errorf("%q was judged as %q; Werkzeug reads %q", target, want, path)
	}
	if leaves != "" {
		t.Errorf("%q leads out of a folder for programs that take it so: %s", target, leaves)
	}
}

// TestOracle: all tables, and what the readings leave of each attack.
func TestOracle(t *testing.T) {
	t.Parallel()
	o, g := newOracle(t), newGuard(t, paths.Config{}, paths.Site{})
	for _, row := range rows(t, "ordinary.txt") {
		agree(t, o, g, row[0])
	}
	seen := 0
	for _, row := range rows(t, "traversal.txt") {
		r, err := wire("/" + row[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, leaves := o.reads(t, r.URL.Path); leaves != "" {
			seen++
		}
		agree(t, o, g, "/"+row[2])
	}
	if seen < 30 {
		t.Errorf("the oracle sees %d attacks only", seen)
	}
}

// TestOrdinaryPaths: none is refused, whatever it looks like.
func TestOrdinaryPaths(t *testing.T) {
	t.Parallel()
	g := newGuard(t, paths.Config{}, paths.Site{})
	table := rows(t, "ordinary.txt")
	if len(table) < 150 {
		t.Fatalf("%d rows", len(table))
	}
	for _, row := range table {
		r, err := wire(row[0])
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		if err := g.Check(r); err != nil {
			t.Errorf("%s: %v", row[0], err)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, row := range rows(f, "ordinary.txt") {
		f.Add(row[0])
	}
	for _, row := range rows(f, "traversal.txt") {
		f.Add("/" + row[1] + "/" + row[2])
	}
	g := newGuard(f, paths.Config{}, paths.Site{})
	slashes := newGuard(f, paths.Config{EncodedSlash: "allow"}, paths.Site{})
	o := newOracle(f)
	f.Fuzz(func(t *testing.T, target string) {
		agree(t, o, g, target)
		agree(t, o, slashes, target)
	})
}
