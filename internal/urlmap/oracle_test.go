package urlmap_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/internal/urlmap"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// rule is one rule for testdata/oracle.py.
type rule struct {
	Rule      string   `json:"rule"`
	Methods   []string `json:"methods"`
	Strict    *bool    `json:"strict"`
	Merge     *bool    `json:"merge"`
	Subdomain *string  `json:"subdomain"`
	Websocket bool     `json:"websocket"`
}

// wanted is one map for testdata/oracle.py.
type wanted struct {
	Rules  []rule `json:"rules"`
	Merge  bool   `json:"merge"`
	Strict bool   `json:"strict"`
}

// oracle is a Python process with Werkzeug and the shim.
type oracle struct {
	in  io.Writer
	out *bufio.Reader
}

func newOracle(t testing.TB, python string) *oracle {
	t.Helper()
	cmd := exec.Command(python, "testdata/oracle.py")
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		t.Fatal("python does not start", err1, err2)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	o := &oracle{in, bufio.NewReader(out)}
	o.send(t, shim.Source())
	return o
}

func (o *oracle) send(t testing.TB, v any) {
	t.Helper()
	line, err := json.Marshal(v)
	if err == nil {
		_, err = o.in.Write(append(line, '\n'))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (o *oracle) read(t testing.TB) []byte {
	t.Helper()
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		t.Fatal("the oracle ended: ", err)
	}
	return line
}

// load gives the oracle a map and returns what the shim reads of it.
func (o *oracle) load(t testing.TB, w wanted) *urlmap.Map {
	t.Helper()
	o.send(t, w)
	about := o.read(t)
	m, err := urlmap.New(about)
	if err != nil {
		t.Fatalf("%s: %v", about, err)
	}
	return m
}

type question struct{ method, path string }

// ask returns what Werkzeug says.
func (o *oracle) ask(t testing.TB, subdomain string, questions []question) (verdicts []string) {
	t.Helper()
	var list [][2]any
	for _, q := range questions {
		bytes := make([]int, len(q.path))
		for i := range bytes {
			bytes[i] = int(q.path[i])
		}
		list = append(list, [2]any{q.method, bytes})
	}
	o.send(t, map[string]any{"subdomain": subdomain, "ask": list})
	if err := json.Unmarshal(o.read(t), &verdicts); err != nil || len(verdicts) != len(questions) {
		t.Fatal(err)
	}
	return verdicts
}

// agrees says whether what the map says may stand beside what Werkzeug says. Which of the ways
// not to reach a view Werkzeug takes differs between its versions where slashes are to be
// merged, and is not known of loose rules.
func agrees(got urlmap.Verdict, want, path string, loose bool) bool {
	switch got {
	case urlmap.Unsure:
		return true
	case urlmap.Found:
		return want == "found"
	}
	if loose || strings.Contains(path[1:], "//") || strings.HasPrefix(path, "//") {
		return want != "found"
	}
	return want == map[urlmap.Verdict]string{urlmap.Redirected: "redirect", urlmap.NotFound: "404", urlmap.WrongMethod: "405"}[got]
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomRule(r *rand.Rand, exotic bool) rule {
	var b strings.Builder
	for i := range 1 + r.IntN(4) {
		b.WriteString(pick(r, "/", "/", "/", "/", "//"))
		for j := range pick(r, 1, 1, 1, 2, 3) {
			name := fmt.Sprintf("v%d_%d", i, j)
			b.WriteString(pick(r, "a", "b", "item", "", "é", "1", "x.y", "(",
				"<"+name+">", "<int:"+name+">", "<int(min=3, max=20):"+name+">", "<int(signed=True):"+name+">",
				"<int(fixed_digits=2):"+name+">", "<float:"+name+">", "<float(signed=True, max=2.5):"+name+">",
				"<string(length=2):"+name+">", "<string(minlength=2, maxlength=3):"+name+">", "<path:"+name+">",
				"<any(a, item, 'x.y', \"b|c\"):"+name+">", "<uuid:"+name+">", "<string(maxlength=2000):"+name+">"))
			if exotic && r.IntN(6) == 0 {
				b.WriteString("<" + pick(r, "own", "ownpath") + ":c" + name + ">")
			}
		}
	}
	b.WriteString(pick(r, "", "", "/"))
	made := rule{Rule: b.String(), Methods: pick(r, nil, []string{"GET"}, []string{"POST"}, []string{"GET", "POST"}, []string{"PUT", "DELETE"})}
	yes, no, www := true, false, "www"
	made.Strict = pick(r, nil, nil, &yes, &no)
	made.Merge = pick(r, nil, nil, nil, &no)
	if exotic {
		made.Subdomain = pick(r, nil, nil, &www)
		made.Websocket = r.IntN(8) == 0 && (made.Methods == nil || slices.Equal(made.Methods, []string{"GET"}))
	}
	return made
}

func randomPath(r *rand.Rand, rules []rule) string {
	value := func() string {
		return pick(r, "a", "b", "item", "é", "1", "07", "21", "-5", "3", "1.5", "-2.25", "9.0", "x.y", "b|c", "(", "",
			"٣", "a/b", "abc", "a\nb", "\n", "6f1c1a30-9d4e-4f6b-8a52-0a1b2c3d4e5f", "6F1C1A309d4e4f6b8a520a1b2c3d4e5f", "\xff", "\xe2\x82", "\xf0\x90x", strings.Repeat("9", 30))
	}
	if r.IntN(5) == 0 {
		var b strings.Builder
		for range r.IntN(5) {
			b.WriteString("/" + value())
		}
		return "/" + b.String()
	}
	path := pick(r, rules...).Rule
	for strings.Contains(path, "<") {
		before, rest, _ := strings.Cut(path, "<")
		_, after, _ := strings.Cut(rest, ">")
		path = before + value() + after
	}
	switch r.IntN(8) {
	case 0:
		path += "/"
	case 1:
		path = strings.TrimSuffix(path, "/")
	case 2:
		path = strings.ReplaceAll(path, "/", "//")
	case 3:
		path = strings.Replace(path, "/", "///", 2)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// TestAsWerkzeug compares with Werkzeug's own MapAdapter.match over random maps and paths,
// with what the shim reads of the map.
func TestAsWerkzeug(t *testing.T) {
	t.Parallel()
	pythons, _ := filepath.Glob(filepath.Join(testapp.Root(t), ".cache", "py", "3.*", "bin", "python"))
	pythons = append(pythons, testapp.Python(t))
	for n, python := range pythons {
		t.Run(filepath.Base(filepath.Dir(filepath.Dir(python))), func(t *testing.T) {
			t.Parallel()
			compare(t, newOracle(t, python), rand.New(rand.NewPCG(7, uint64(n))), 100)
		})
	}
}

func compare(t *testing.T, o *oracle, r *rand.Rand, maps int) {
	count := map[urlmap.Verdict]int{}
	for n := range maps {
		exotic := n%3 == 0
		w := wanted{Merge: r.IntN(4) != 0, Strict: r.IntN(4) != 0}
		for range 1 + r.IntN(12) {
			w.Rules = append(w.Rules, randomRule(r, exotic))
		}
		loose := exotic || slices.ContainsFunc(w.Rules, func(r rule) bool { return strings.Contains(r.Rule, "2000") })
		m := o.load(t, w)
		if m.Why() != "" {
			t.Fatalf("%+v cannot be read: %s", w, m.Why())
		}
		var questions []question
		for range 40 {
			questions = append(questions, question{pick(r, "GET", "POST", "HEAD", "PUT", "OPTIONS", "delete", "FOO"), randomPath(r, w.Rules)})
		}
		for _, subdomain := range []string{"", "www"} {
			if subdomain != "" && !exotic {
				continue
			}
			for i, want := range o.ask(t, subdomain, questions) {
				q := questions[i]
				got := m.Match(q.method, q.path)
				count[got]++
				if subdomain == "" && !agrees(got, want, q.path, loose) || subdomain != "" && want == "found" && got != urlmap.Found && got != urlmap.Unsure {
					rules, _ := json.Marshal(w)
					t.Fatalf("%s %q: %d, Werkzeug says %s\n%s", q.method, q.path, got, want, rules)
				}
			}
		}
	}
	t.Logf("unsure, found, redirected, not found, wrong method: %v", count)
	for v := urlmap.Unsure; v <= urlmap.WrongMethod; v++ {
		if count[v] == 0 {
			t.Errorf("verdict %d never came", v)
		}
	}
}
