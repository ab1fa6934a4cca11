// Package gen makes the files that are written from the source: the comments that the
// configuration carries, and the pages under docs/reference.
//
// It stops no attack; it sees to it that what is documented is what the code does. It
// runs when the source changes (go generate ./internal/config) and in tests, never in the
// server.
package gen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fumehood/fumehood/internal/config"
)

// Files makes every generated file of the repository at root, by its path from there.
func Files(root string) (map[string][]byte, error) {
	packages, err := parse(root)
	if err != nil {
		return nil, err
	}
	comments, err := configComments(packages)
	if err != nil {
		return nil, err
	}
	refusals, err := Refusals(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"internal/config/docs_gen.go": commentsFile(comments),
		"docs/reference/refusals.md":  refusalsPage(refusals),
		"docs/reference/rules.md":     rulesPage(),
	}
	for name, data := range config.Generated(comments) {
		files[path.Join("docs/reference", name)] = data
	}
	return files, nil
}

// Write writes the files of Files that differ from what is there, and returns their names.
func Write(root string) ([]string, error) {
	files, err := Files(root)
	if err != nil {
		return nil, err
	}
	var written []string
	for name, data := range files {
		to := filepath.Join(root, filepath.FromSlash(name))
		if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, data) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return written, err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return written, err
		}
		written = append(written, name)
	}
	return written, nil
}

// Package is the parsed source of one folder, without its tests.
type Package struct {
	Dir   string // from the root, with slashes; "." for the root
	Name  string
	Fset  *token.FileSet
	Files []*ast.File
}

// parse reads all packages of the repository; testdata and hidden folders are left out.
func parse(root string) ([]*Package, error) {
	byDir := map[string]*Package{}
	var order []*Package
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != root && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		p := byDir[dir]
		if p == nil {
			p = &Package{Dir: dir, Fset: token.NewFileSet()}
			byDir[dir] = p
			order = append(order, p)
		}
		file, err := parser.ParseFile(p.Fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		p.Name = file.Name.Name
		p.Files = append(p.Files, file)
		return nil
	})
	return order, err
}
