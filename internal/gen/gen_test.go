package gen_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/gen"
)

const root = "../.."

func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	files, err := gen.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 6 {
		t.Errorf("%d generated files, want 6", len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Errorf("%v; run: go generate ./internal/config", err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the source says; run: go generate ./internal/config", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "guard/a/a.go", `package a
import ("net/http"; fumehood "github.com/fumehood/fumehood")
const sentence = "From a " + "constant."
const odd = 499
func direct() error { return &fumehood.Refusal{Status: http.StatusForbidden, Code: "a.direct", Public: "No."} }
func helper(code, public string, err error) error {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: code, Public: public, Err: err}
}
func use() { helper("a.helped", sentence, nil); _ = &fumehood.Refusal{Status: odd, Code: "a.odd", Public: sentence} }
var table = [...]struct{ status int; code, public string }{
	{http.StatusRequestURITooLong, "a.row", "A row."},
}
func fromTable(i int) error { return &fumehood.Refusal{Status: table[i].status, Code: table[i].code, Public: table[i].public} }
`)
	all, err := gen.Refusals(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range all {
		got = append(got, r.Code+" "+http.StatusText(r.Status)+" "+r.Public)
	}
	want := "a.direct Forbidden No.\na.helped Bad Request From a constant.\na.odd  From a constant.\na.row Request URI Too Long A row."
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestRefusalThatIsOnNoPage(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"hidden code":   `func f(s string) error { c := s; return &fumehood.Refusal{Status: 403, Code: c, Public: "No."} }`,
		"computed":      `func f(s string) error { return g(s + "x") }; func g(c string) error { return &fumehood.Refusal{Status: 403, Code: c, Public: "No."} }`,
		"no sentence":   `func f() error { return &fumehood.Refusal{Status: 403, Code: "a.b", Public: "no"} }`,
		"a good status": `func f() error { return &fumehood.Refusal{Status: 200, Code: "a.b", Public: "No."} }`,
		"two statuses":  `func f() (error, error) { return &fumehood.Refusal{Status: 403, Code: "a.b", Public: "No."}, &fumehood.Refusal{Status: 404, Code: "a.b", Public: "No."} }`,
	} {
		dir := t.TempDir()
		write(t, dir, "a.go", "package a\nimport fumehood \"github.com/fumehood/fumehood\"\n"+code)
		if _, err := gen.Refusals(dir); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	to := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
