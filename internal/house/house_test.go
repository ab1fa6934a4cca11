// Package house holds the tests of the rules that the repository keeps for itself: what
// CONTRIBUTING says in words, this says with a place.
//
// It stops no attack; it keeps the code small enough that one person can check it.
package house_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/gen"
)

const (
	root   = "../.."
	module = "github.com/fumehood/fumehood"

	maxFunction = 60  // lines
	maxFile     = 400 // lines
)

// exceptions are the places that break a rule, each with the reason. A line that is no
// longer needed fails the test too.
var exceptions = map[string]string{
	"package variable: internal/http1 outs":     "a pool of buffers for answers, which each connection needs for microseconds",
	"package variable: test/browser built":      "one binary for all tests of a package",
	"package variable: internal/strict buffers": "a pool of read buffers: one for each connection would be the largest cost of an idle one",
	"package variable: internal/strict classes": "a table of 256 octet classes, made once from the grammar and never written again",
}

// goFile is one Go file of the repository.
type goFile struct {
	path      string // from the root, with slashes
	dir       string
	source    []byte
	fset      *token.FileSet
	file      *ast.File
	test      bool
	generated bool
}

func (f *goFile) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// files returns the paths of all files of the repository, from the root.
func files(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch d.Name() {
		case ".git", ".cache", ".venv", "bin", "__pycache__", "node_modules":
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil // .git of a second work tree is a file
		}
		if d.Type().IsRegular() {
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func goFiles(t *testing.T) []*goFile {
	t.Helper()
	var all []*goFile
	for _, name := range files(t) {
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		f := &goFile{path: name, dir: path.Dir(name), source: source, fset: token.NewFileSet(), test: strings.HasSuffix(name, "_test.go")}
		if f.file, err = parser.ParseFile(f.fset, name, source, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			t.Errorf("%v", err)
			continue
		}
		f.generated = ast.IsGenerated(f.file)
		all = append(all, f)
	}
	return all
}

// report fails for every broken rule that has no exception, and for every exception of
// this rule that nothing needs. The key of a place is "rule: place".
func report(t *testing.T, rule string, broken map[string]string) {
	t.Helper()
	var places []string
	for place := range broken {
		places = append(places, place)
	}
	sort.Strings(places)
	for _, place := range places {
		if _, ok := exceptions[rule+": "+place]; !ok {
			t.Errorf("%s: %s", place, broken[place])
		}
	}
	for key, reason := range exceptions {
		place, ok := strings.CutPrefix(key, rule+": ")
		if !ok {
			continue
		}
		if _, needed := broken[place]; !needed {
			t.Errorf("the exception %q is needed no longer: take it out of exceptions", key)
		}
		if len(reason) < 10 {
			t.Errorf("the exception %q has no reason", key)
		}
	}
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	having, packages := map[string][]string{}, map[string]string{}
	for _, f := range goFiles(t) {
		if f.test || f.generated {
			continue
		}
		packages[f.dir] = f.file.Name.Name
		if f.file.Doc != nil {
			having[f.dir] = append(having[f.dir], f.path)
		}
	}
	broken := map[string]string{}
	for dir, name := range packages {
		switch len(having[dir]) {
		case 0:
			broken[dir] = "package " + name + " has no package comment: say which attack it stops, which not, and where in the chain it belongs"
		case 1:
		default:
			broken[dir] = "package " + name + " has several package comments, in " + strings.Join(having[dir], ", ") + ": keep one"
		}
	}
	report(t, "package comment", broken)
}

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	broken := map[string]string{}
	for _, f := range goFiles(t) {
		if f.test || f.generated || f.file.Name.Name == "main" {
			continue
		}
		for _, decl := range f.file.Decls {
			if name := undocumented(decl); name != "" {
				broken[f.dir+" "+name] = "is exported and has no comment: say what it does, its units, its errors"
			}
		}
	}
	report(t, "documented", broken)
}

// undocumented returns the first exported name of decl without a comment, or "".
func undocumented(decl ast.Decl) string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		switch d.Name.Name {
		case "Error", "Unwrap", "String": // what they do is known
			return ""
		}
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
			return strings.TrimPrefix(receiver(d)+"."+d.Name.Name, ".")
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					return s.Name.Name
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && s.Doc == nil && d.Doc == nil && s.Comment == nil {
					return s.Names[0].Name
				}
			}
		}
	}
	return ""
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch t := e.(type) {
		case *ast.StarExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	made, err := gen.Files(root)
	if err != nil {
		t.Fatalf("%v\nrun: go generate ./internal/config", err)
	}
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the source says (%v); run: go generate ./internal/config", name, err)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	functions, long := map[string]string{}, map[string]string{}
	for _, f := range goFiles(t) {
		if f.test || f.generated {
			continue
		}
		if n := bytes.Count(f.source, []byte("\n")); n > maxFile {
			long[f.path] = sprint("has %d lines, more than %d: split it by what it is about", n, maxFile)
		}
		for _, decl := range f.file.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.line(d.End()) - f.line(d.Pos()) + 1; n > maxFunction {
				name := f.dir + " " + strings.TrimPrefix(receiver(d)+"."+d.Name.Name, ".")
				functions[name] = sprint("has %d lines, more than %d: give its parts names", n, maxFunction)
			}
		}
	}
	report(t, "function size", functions)
	report(t, "file size", long)
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		if formatted, err := format.Source(f.source); err != nil || !bytes.Equal(formatted, f.source) {
			t.Errorf("%s is not formatted (%v); run: gofmt -w %s", f.path, err, f.path)
		}
	}
}
