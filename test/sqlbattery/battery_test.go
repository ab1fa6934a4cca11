// Package sqlbattery_test sends attacks and harmless values through every database driver that
// the shim watches, to real databases. Which attacks change a statement is not for our lexer
// to say: the database says it, in a process that has nothing of Fumehood.
package sqlbattery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/databases"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// servers are started once. The tests, which are not parallel, make the tables that they need.
var servers databases.Shared

func TestMain(m *testing.M) {
	code := m.Run()
	servers.Stop()
	os.Exit(code)
}

// contexts are where a value stands in a statement; testdata/views.py has them.
var contexts = []string{"numeric", "quoted", "LIKE", "ORDER BY", "IN", "LIMIT"}

// sent is what the worker is told of one request: place, name, value, other forms.
type sent [][]string

// ask is what the programs in testdata read.
type ask struct {
	Dialect  string `json:"dialect"`
	Driver   string `json:"driver"`
	Source   string `json:"source"`
	Folder   string `json:"folder"`
	Socket   string `json:"socket"`
	User     string `json:"user"`
	Database string `json:"database"`
	Tables   string `json:"tables"`

	Payloads   []string            `json:"payloads"`
	Sent       []sent              `json:"sent"`
	Benign     map[string][]string `json:"benign"`
	BenignSent map[string][]sent   `json:"benignSent"`
}

// answer is what battery.py writes.
type answer struct {
	Refused map[string][]bool `json:"refused"`
	Benign  int               `json:"benign"`
	Wrong   [][]string        `json:"wrong"`
	Watched [][]string        `json:"watched"`
	Seconds float64           `json:"seconds"`
}

// drivers has the drivers of each database, in the order of the table.
func drivers() []struct{ name, dialect string } {
	return []struct{ name, dialect string }{
		{"sqlite3", "sqlite"}, {"SQLAlchemy/sqlite3", "sqlite"},
		{"psycopg2", "postgresql"}, {"psycopg", "postgresql"}, {"SQLAlchemy/psycopg2", "postgresql"},
		{"PyMySQL", "mysql"}, {"mysqlclient", "mysql"}, {"SQLAlchemy/PyMySQL", "mysql"},
	}
}

// asks returns what is asked about each dialect. Short tests go without servers.
func asks(t *testing.T) map[string]ask {
	t.Helper()
	a := ask{Source: shim.Source(), Tables: read(t, "tables.sql")}
	for _, list := range lists(t, "payloads.txt") { // written for this project
		a.Payloads = append(a.Payloads, list...)
	}
	slices.Sort(a.Payloads)
	for _, payload := range a.Payloads {
		a.Sent = append(a.Sent, values(t, payload))
	}
	a.Benign, a.BenignSent = lists(t, "benign.txt"), map[string][]sent{}
	for kind, list := range a.Benign {
		for _, value := range list {
			a.BenignSent[kind] = append(a.BenignSent[kind], values(t, value))
		}
	}
	all := map[string]ask{}
	a.Dialect = "sqlite"
	all[a.Dialect] = a
	if testing.Short() {
		return all
	}
	p, m := servers.PostgreSQL(t), servers.MariaDB(t)
	a.Dialect, a.Folder, a.User, a.Database = "postgresql", p.Folder, p.User, p.Database
	all[a.Dialect] = a
	a.Dialect, a.Socket, a.User, a.Database = "mysql", m.Socket, m.User, m.Database
	all[a.Dialect] = a
	return all
}

// values is what the front sends to the worker of a request that brings value.
func values(t *testing.T, value string) sent {
	t.Helper()
	r, err := http.NewRequest("GET", "https://app.example/items?"+url.Values{"q": {value}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := sent{}
	for _, input := range inputs.Read(r, inputs.Limits{}).All {
		if inputs.Risky(input.Value) {
			s = append(s, append([]string{input.Place, input.Name, input.Value}, inputs.Decoded(input.Value)...))
		}
	}
	return s
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lists reads a file of JSON strings, one a line, under headings of the form "# kind".
func lists(t *testing.T, name string) map[string][]string {
	t.Helper()
	all, kind := map[string][]string{}, ""
	for line := range strings.Lines(read(t, name)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			kind = heading
			continue
		}
		var value string
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatalf("%s: %s: %v", name, line, err)
		}
		all[kind] = append(all[kind], value)
	}
	return all
}

// python runs a program in testdata, which reads input and writes what goes to output.
func python(t *testing.T, program string, input, output any) {
	t.Helper()
	interpreter := os.Getenv("FUMEHOOD_TEST_PYTHON_SQL")
	if interpreter == "" {
		interpreter = filepath.Join(testapp.Root(t), ".cache", "py", "sql", "bin", "python")
	}
	if _, err := os.Stat(interpreter); err != nil {
		t.Fatalf("no interpreter with the database drivers at %s; make one with: make setup", interpreter)
	}
	given, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, interpreter, "-B", filepath.Join("testdata", program))
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(given), &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%s: %v\n%s", program, err, &said)
	}
	if err := json.Unmarshal(out, output); err != nil {
		t.Fatalf("%s: %v\n%.500s", program, err, out)
	}
}

// bare is what may change a statement and is let through where no quotes stand around it: a
// word, which can only name a column or a constant of the database, and a sign or a list of
// numbers, which can only make a statement that does not run. Learned skeletons catch these.
var bare = regexp.MustCompile(`^(\w+|.|[\d,]+)$`)

// TestSQLInjectionThroughEveryDriver: every attack that changes a statement is refused, and no
// statement that holds a harmless value.
func TestSQLInjectionThroughEveryDriver(t *testing.T) {
	all := asks(t)
	if n := len(all["sqlite"].Payloads); n < 200 {
		t.Errorf("only %d payloads", n)
	}
	changed := map[string]map[string][]bool{}
	for dialect, a := range all {
		var c map[string][]bool
		python(t, "oracle.py", a, &c)
		changed[dialect] = c
	}
	head := "| driver | " + strings.Join(contexts, " | ") + " | bare words | harmless |"
	rows := []string{head, regexp.MustCompile(`[^|]+`).ReplaceAllString(head, "---")}
	done := make([]string, len(drivers()))
	t.Run("drivers", func(t *testing.T) {
		for i, driver := range drivers() {
			if a, ok := all[driver.dialect]; ok {
				t.Run(driver.name, func(t *testing.T) {
					t.Parallel()
					a.Driver = driver.name
					done[i] = try(t, a, changed[driver.dialect])
				})
			}
		}
	})
	t.Logf("refused of %d payloads that change the statement, and of harmless values\n%s",
		len(all["sqlite"].Payloads), strings.Join(append(rows, done...), "\n"))
}

// try sends everything through one driver and returns its row of the table.
func try(t *testing.T, a ask, changed map[string][]bool) string {
	var got answer
	row, words := "| "+a.Driver, 0
	python(t, "battery.py", a, &got)
	for _, watched := range got.Watched {
		if watched[2] != "" {
			t.Errorf("%s is not watched: %s", watched[1], watched[2])
		}
	}
	for _, wrong := range got.Wrong {
		t.Errorf("benign, refused: %q", wrong)
	}
	for _, context := range contexts {
		changing, refused := 0, 0
		for i, payload := range a.Payloads {
			switch {
			case !changed[context][i]:
			case got.Refused[context][i]:
				changing++
				refused++
			case bare.MatchString(payload):
				words++
			default:
				changing++
				t.Errorf("%s: %q changes the statement and was not refused", context, payload)
			}
		}
		if changing < 100 {
			t.Errorf("%s: only %d payloads change the statement", context, changing)
		}
		row += fmt.Sprintf(" | %d of %d", refused, changing)
	}
	return row + fmt.Sprintf(" | %d | %d of %d |", words, len(got.Wrong), got.Benign+len(got.Wrong))
}
