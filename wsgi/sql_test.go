package wsgi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/python"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// runSQL has testdata/sql/run.py do a task with the shim's guards of SQL, outside of a worker.
func runSQL(t testing.TB, python, task string, ask map[string]any, answer any) {
	t.Helper()
	given := map[string]any{"source": shim.Source(), "task": task}
	for name, value := range ask {
		given[name] = value
	}
	in, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	var out, errors bytes.Buffer
	cmd := exec.Command(python, filepath.Join("testdata", "sql", "run.py"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errors
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", task, err, errors.String())
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		t.Fatalf("%s: %v\n%.400s", task, err, out.String())
	}
}

func readSQL(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "sql", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// sqlLines reads a list of JSON strings, one a line.
func sqlLines(t testing.TB, name string) (values []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "sql", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var value string
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatalf("%s: %s: %v", name, line, err)
		}
		values = append(values, value)
	}
	return values
}

// TestSQLInjectionIsSeen: every payload in every place of a statement. Whether it changes the
// statement says SQLite, by the program that it compiles: what changes is refused; what SQLite
// gives back as it was given is not.
func TestSQLInjectionIsSeen(t *testing.T) {
	t.Parallel()
	var contexts []map[string]any
	readSQL(t, "contexts.json", &contexts)
	payloads := sqlLines(t, "payloads.txt")
	if len(payloads) < 200 {
		t.Fatalf("%d payloads", len(payloads))
	}
	var found [][]any
	runSQL(t, testapp.Python(t), "battery", map[string]any{"contexts": contexts, "values": payloads}, &found)
	quoted, count := map[any]bool{}, map[string]int{}
	for _, c := range contexts {
		quoted[c["name"]] = c["back"] != nil
	}
	for _, f := range found {
		opinion, refused := f[2].(string), f[3].(bool)
		count[fmt.Sprintf("%s, refused %v", opinion, refused)]++
		if opinion == "changed" && !refused {
			t.Errorf("%s: %q changes the statement and passes", f[0], f[1])
		}
		if opinion == "data" && quoted[f[0]] && refused {
			t.Errorf("%s: %q is data there and is refused", f[0], f[1])
		}
	}
	t.Logf("%d payloads in %d contexts: %v", len(payloads), len(contexts), count)
	if count["changed, refused true"] < 900 || count["data, refused false"] < 2000 {
		t.Errorf("too few of them say anything: %v", count)
	}
}

// TestSQLOfPeopleIsNotRefused: what people write, bound to statements and in literals that the
// app itself has made, in a worker that has seen no statement yet.
func TestSQLOfPeopleIsNotRefused(t *testing.T) {
	t.Parallel()
	var ask map[string]any
	readSQL(t, "statements.json", &ask)
	ask["values"] = sqlLines(t, "benign.txt")
	var refused [][2]string
	runSQL(t, testapp.Python(t), "benign", ask, &refused)
	for _, r := range refused {
		if r[1] == "--" && strings.Contains(r[0], " -- ") {
			continue // the whole value begins a comment of the statement; known after its first run
		}
		t.Errorf("%q is refused in %s", r[1], r[0])
	}
}

func TestSQLVectors(t *testing.T) {
	t.Parallel()
	var vectors [][]any
	readSQL(t, "vectors.json", &vectors)
	var got []bool
	runSQL(t, testapp.Python(t), "vectors", map[string]any{"vectors": cutAll(vectors, 3)}, &got)
	for i, v := range vectors {
		if got[i] != v[3] {
			t.Errorf("%s: %s with %q: refused is %v", v[0], v[1], v[2], got[i])
		}
	}
}

func cutAll(rows [][]any, n int) (cut [][]any) {
	for _, row := range rows {
		cut = append(cut, row[:n])
	}
	return cut
}

// TestSQLKnowledge: what makes a statement known, and what does not.
func TestSQLKnowledge(t *testing.T) {
	t.Parallel()
	var steps [][]any
	readSQL(t, "steps.json", &steps)
	for i, step := range steps {
		if len(step) == 1 {
			steps[i] = []any{step[0], "", []string{}, map[string]any{}}
		}
	}
	var got [][3]string
	runSQL(t, testapp.Python(t), "knowledge", map[string]any{"steps": steps}, &got)
	for _, g := range got {
		if g[1] != g[2] {
			t.Errorf("%s: %s, want %s", g[0], g[1], g[2])
		}
	}
}

// TestSQLiteEveryWay: every way to connect, every way to run a statement, without a value in
// the request and with it, with a sqlite3 that calls its connections and with one that does not.
func TestSQLiteEveryWay(t *testing.T) {
	t.Parallel()
	python.Each(t, func(t *testing.T, python string) {
		for _, how := range [][2]string{{"ways", "off"}, {"ways", "learn"}, {"broken_trick", "off"}} {
			t.Run(how[0]+" "+how[1], func(t *testing.T) {
				var got struct {
					Watched [][3]string
					Wrong   []string
					Alarms  [][]string
				}
				runSQL(t, python, how[0], map[string]any{"attack": "1 OR 1=1", "skeletons": how[1]}, &got)
				if len(got.Watched) != 1 || got.Watched[0][2] != "" || !strings.HasPrefix(got.Watched[0][1], "sqlite3 ") {
					t.Errorf("watched: %q", got.Watched)
				}
				for _, wrong := range append(got.Wrong, fmt.Sprint(got.Alarms)) {
					if wrong != "[]" {
						t.Error(wrong)
					}
				}
			})
		}
	})
}

// TestSQLSkeletons: with skeletons enforced, what a route has not made before is refused
// although no value of the request is in it; learning tells of each shape once.
func TestSQLSkeletons(t *testing.T) {
	t.Parallel()
	var got [][3]string
	runSQL(t, testapp.Python(t), "shapes", map[string]any{"skeletons": "learn"}, &got)
	for _, g := range got {
		if g[1] != g[2] {
			t.Errorf("%s: %s, want %s", g[0], g[1], g[2])
		}
	}
}

// sqlText makes what no person writes: the signs that lexers stumble over, in any order.
func sqlText(r *rand.Rand) string {
	parts := []string{"'", "''", `"`, "`", "\\", "\\'", "--", "-- ", "/*", "*/", "/*!", "/*M!", "#", "$", "$$", "$a$", "$1", "E'", "e'", "U&'", "N'", "x'", "[", "]", "?", ":", "::", ":a", "@", "%s", "%(a)s", "%",
		"0x", "1", ".5", "1e", "1.", "a", "é", "\u00a0", "\x00", "\n", "\r", "\t", " ", ";", ",", "(", ")", "=", "select", "or", "null", "\U0001f600", "\ud7ff", "İ"}
	var b strings.Builder
	for range r.IntN(40) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// checkSQLLexers wants tokens that cover each text, in every dialect.
func checkSQLLexers(t testing.TB, texts []string) {
	t.Helper()
	var asked [][2]string
	for _, text := range texts {
		for _, dialect := range []string{"sqlite", "postgresql", "mysql", "mysql-plain", ""} {
			asked = append(asked, [2]string{dialect, strings.ToValidUTF8(text, "?")})
		}
	}
	var got struct {
		Wrong   []string
		Seconds float64
	}
	runSQL(t, testapp.Python(t), "lex", map[string]any{"texts": asked}, &got)
	for i, wrong := range got.Wrong {
		if wrong != "" {
			t.Errorf("%s: %q: %s", asked[i][0], asked[i][1], wrong)
		}
	}
}

func TestSQLLexersWithAnyText(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	var texts []string
	for range 4000 {
		texts = append(texts, sqlText(r))
	}
	checkSQLLexers(t, texts)
}

func FuzzSQLLexers(f *testing.F) {
	for _, seed := range []string{"", "select 'a''b'", "$a$ $a$", "/* /* */", "E'\\'", "'\\", "\"", "1.5e", "a$b$c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSQLLexers(t, []string{text}) })
}

// TestSQLInLinearTime: what could make a careless pattern slow. A judge of quadratic time would
// take minutes for each.
func TestSQLInLinearTime(t *testing.T) {
	t.Parallel()
	many, n := strings.Repeat, 1<<16
	type timed struct {
		Name, Text string
		Values     []string
	}
	cases := []timed{
		{"quotes", "select '" + many("''", n/2) + "'", []string{many("'", 4096)}},
		{"an open quote", "select a b '" + many("''", n/2), []string{many("'", 4096), "a b"}},
		{"backslashes", "select '" + many(`\'`, n/2) + "a b'", []string{"a b"}},
		{"only backslashes", "select 'a b" + many(`\`, n), []string{"a b"}},
		{"signs", "select 'a = b'" + many("(=)", n/3), []string{"a = b"}},
		{"open comments", "select 'a b'" + many("/*", n/2), []string{"a b"}},
		{"dollars", "select 'a b'" + many("$a", n/2), []string{"a b"}},
		{"a value many times", "select '" + many("a b ", n/4) + "'", []string{"a b a b a b"}},
		{"a list many times", "select 1 order by " + many("a.b,", n/4) + "c", []string{many("a.b,", 100) + "c"}},
		{"nearly a value", "select '" + many("a", n) + "'", []string{many("a", 2000) + "-" + many("a", 2000)}},
		{"many words", "select '" + many("x''or''y ", n/9) + "'", []string{many("x'or'y ", 500)}},
		{"a value of 4 KB", "select '" + many("a=''b'' ", n/8) + "'", []string{many("a='b' ", 680)}},
		{"nearly its parts", "select '" + many("abcdefghijk", n/11) + "'", []string{many("abcdefghijk ", 340)}},
		{"many values", many("select ", n/7), slices.Repeat([]string{"a-b c-d"}, 4096)},
		{"signs in a value", many("select ", n/7), []string{many(")", 4000) + "x", many("(", 4000), many("$", 4000), many("'", 4000) + "x"}},
	}
	python.Each(t, func(t *testing.T, python string) {
		var seconds map[string]float64
		runSQL(t, python, "forms", map[string]any{"cases": cases}, &seconds)
		for name, took := range seconds {
			if took > 1.5 {
				t.Errorf("%s: %d KB take %.1f s", name, n>>10, took)
			}
		}
		if len(seconds) != 3*len(cases) {
			t.Errorf("%d were timed", len(seconds))
		}
	})
}

// sqlTable is the table of docs/sql-sinks.md: what an app makes of a value, where it puts it,
// and whether that is seen.
func sqlTable(t testing.TB) string {
	t.Helper()
	var contexts []map[string]any
	readSQL(t, "contexts.json", &contexts)
	var sent [][3]*string
	runSQL(t, testapp.Python(t), "sent", map[string]any{"contexts": contexts}, &sent)
	var asked [][]any
	for _, s := range sent {
		if s[2] != nil {
			asked = append(asked, []any{*s[0], *s[1], append([]string{*s[2]}, inputs.Decoded(*s[2])...)})
		}
	}
	var seen []bool
	runSQL(t, testapp.Python(t), "table", map[string]any{"contexts": contexts, "sent": asked}, &seen)
	answers := map[[2]string]string{}
	for i, a := range asked {
		word := "**passes**"
		if seen[i] && inputs.Risky(a[2].([]string)[0]) {
			word = "refused"
		}
		answers[[2]string{a[0].(string), a[1].(string)}] = word
	}
	var b strings.Builder
	columns := []string{"number", "quoted", "LIKE", "ORDER BY"}
	b.WriteString("| what the app makes of the value | " + strings.Join(columns, " | ") + " |\n|---|---|---|---|---|\n")
	var names []string
	for _, s := range sent {
		if !slices.Contains(names, *s[0]) {
			names = append(names, *s[0])
		}
	}
	for _, name := range names {
		b.WriteString("| " + name + " |")
		for _, column := range columns {
			word := answers[[2]string{name, column}]
			if word == "" {
				word = "no attack"
			}
			b.WriteString(" " + word + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestSQLTableIsTrue: the table in the docs is what is so. Print the new one with -v.
func TestSQLTableIsTrue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(testapp.Root(t), "docs", "sql-sinks.md"))
	if err != nil {
		t.Fatal(err)
	}
	if table := sqlTable(t); !strings.Contains(string(page), table) {
		t.Errorf("docs/sql-sinks.md has another table. It is:\n%s", table)
	}
}

// BenchmarkSQLGuard reports what the guard costs in the worker, in nanoseconds a statement.
func BenchmarkSQLGuard(b *testing.B) {
	var cost map[string]float64
	for b.Loop() {
		runSQL(b, testapp.Python(b), "cost", nil, &cost)
	}
	for name, ns := range cost {
		b.ReportMetric(ns, "ns:"+strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "-"))
	}
}
