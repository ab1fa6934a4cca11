package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/settings"
	"github.com/fumehood/fumehood/internal/hint"
)

// folder is what was found in a folder: names relative to base, with slashes, in the order
// of the walk, one list for each kind of file.
type folder struct {
	base         string // the folder itself, or the one of a single file, from the root of the system
	named        string // base as reports name it
	single       bool   // it is about one file only
	python       []string
	templates    []string
	descriptions []string // may be OpenAPI documents
	config       []string // what settings.KindOf knows: .env, Compose files, Dockerfiles, .ini
	skipped      []finding.Skipped

	buffers sync.Pool            // what files are read into
	code    map[string]languages // of folders, with what is below them
}

// languages says in what the programs of a folder are written.
type languages struct{ python, other bool }

// leftOut are folders that hold no source of the project.
func leftOut(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", "node_modules", "__pycache__", ".tox", ".nox", ".venv", "venv", "site-packages", ".mypy_cache", ".pytest_cache", ".eggs":
		return true
	}
	return false
}

// walk lists what is audited of root, which is a folder or a file. It follows no links but
// root itself: what a link in the folder leads to is in the folder too, or is not the
// project's.
func walk(ctx context.Context, root string, exclude []string) (*folder, error) {
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, rootError(root, err)
	}
	named := resolved
	info, err := os.Stat(resolved)
	if err == nil {
		resolved, err = filepath.Abs(resolved) // links may say where they lead from the root
	}
	if err != nil {
		return nil, rootError(root, err)
	}
	f := &folder{base: resolved, named: root, code: map[string]languages{}}
	if !info.IsDir() {
		f.base, f.named, f.single = filepath.Dir(resolved), filepath.Dir(named), true
		if !info.Mode().IsRegular() || !f.add(filepath.Base(resolved)) {
			return nil, wrongUse(errors.New(root+" is no Python file, template, configuration or folder"), "fumehood audit "+filepath.Dir(root))
		}
		return f, nil
	}
	if _, err := os.ReadDir(resolved); err != nil {
		return nil, rootError(root, err)
	}
	err = filepath.WalkDir(resolved, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(resolved, name)
		rel = filepath.ToSlash(rel)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			f.skip(rel, reason(err))
		case d.IsDir() && rel != "." && (leftOut(d.Name()) || excluded(exclude, rel)):
			return filepath.SkipDir
		case d.IsDir() || excluded(exclude, rel):
		case d.Type()&fs.ModeSymlink != 0:
			f.link(rel, resolved, name)
		case d.Type().IsRegular():
			f.add(rel)
			f.note(rel)
		case kindOf(rel) != 0:
			f.skip(rel, "no regular file")
		}
		return nil
	})
	return f, err
}

// link notes a link that leads to source outside of the folder, or nowhere.
func (f *folder) link(rel, root, name string) {
	to, err := filepath.EvalSymlinks(name)
	if err != nil {
		if kindOf(rel)&audited != 0 {
			f.skip(rel, "a link that leads nowhere, or in a circle")
		}
		return
	}
	if to == root || strings.HasPrefix(to, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator)) {
		return // read at its own place
	}
	info, err := os.Stat(to)
	if err == nil && (info.IsDir() || kindOf(rel)&audited != 0) {
		f.skip(rel, "a link that leads out of the folder; not followed")
	}
}

func (f *folder) skip(file, reason string) {
	f.skipped = append(f.skipped, skipped(file, reason))
}

func skipped(file, reason string) finding.Skipped {
	return finding.Skipped{Place: finding.Place{File: file}, Reason: reason}
}

// kind is what a file is read as.
type kind uint8

const (
	pythonFile kind = 1 << iota
	templateFile
	descriptionFile
	configFile

	audited = pythonFile | templateFile | configFile
)

// note remembers in what a folder and those that it is in are written.
func (f *folder) note(rel string) {
	python := false
	switch path.Ext(rel) {
	case ".py":
		python = true
	case ".go", ".java", ".kt", ".php", ".rb", ".rs", ".cs", ".swift", ".dart", ".ts", ".tsx", ".jsx", ".vue", ".ex", ".scala":
	default:
		if path.Base(rel) != "package.json" {
			return
		}
	}
	for dir := path.Dir(rel); ; dir = path.Dir(dir) {
		l := f.code[dir]
		if l.python && python || l.other && !python {
			return // and so have those above
		}
		l.python, l.other = l.python || python, l.other || !python
		f.code[dir] = l
		if dir == "." {
			return
		}
	}
}

// foreign reports whether a file stands in a folder of a program in another language that has
// no Python, in a project that has some elsewhere.
func (f *folder) foreign(rel string) bool {
	for dir := path.Dir(rel); dir != "." && !f.code[dir].python; dir = path.Dir(dir) {
		if f.code[dir].other {
			return f.code["."].python
		}
	}
	return false
}

// add puts a file into the lists of its kinds; it returns whether it has one that is audited.
func (f *folder) add(rel string) bool {
	k := kindOf(rel)
	for _, list := range []struct {
		kind  kind
		names *[]string
	}{{pythonFile, &f.python}, {templateFile, &f.templates}, {descriptionFile, &f.descriptions}, {configFile, &f.config}} {
		if k&list.kind != 0 {
			*list.names = append(*list.names, rel)
		}
	}
	return k&audited != 0
}

// kindOf tells by the name what a file is. Some are of two kinds: a YAML file may be an
// OpenAPI document and a configuration.
func kindOf(rel string) kind {
	base := strings.ToLower(path.Base(rel))
	k := kind(0)
	switch path.Ext(base) {
	case ".py", ".pyw":
		k = pythonFile
	case ".html", ".htm", ".jinja", ".jinja2", ".j2":
		k = templateFile
	case ".xml", ".svg", ".txt", ".js":
		if strings.Contains("/"+rel, "/templates/") {
			k = templateFile
		}
	case ".yml", ".yaml", ".json":
		if name := strings.ToLower(rel); !strings.HasSuffix(base, ".json") || strings.Contains(name, "openapi") || strings.Contains(name, "swagger") || strings.Contains(name, "api") {
			k = descriptionFile
		}
	}
	if k&audited == 0 && settings.KindOf(rel) != settings.None {
		k |= configFile
	}
	return k
}

// excluded reports whether a name, or one of the folders that it is in, matches a pattern.
// A pattern without a slash is for the last part of the name, others are for all of it.
func excluded(patterns []string, rel string) bool {
	for _, p := range patterns {
		name := rel
		if !strings.Contains(p, "/") {
			name = path.Base(rel)
		}
		p = strings.TrimSuffix(strings.TrimPrefix(p, "./"), "/")
		if ok, _ := path.Match(strings.TrimPrefix(p, "/"), name); ok {
			return true
		}
	}
	return false
}

// rootError says why the audit cannot start.
func rootError(root string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return wrongUse(errors.New("there is no "+root), "fumehood audit .")
	}
	return hint.With(errors.New(root+": "+reason(err)), "whoever runs the audit must be allowed to read the folder and the files in it")
}

// reason is an error of the system without the path, which is told beside it.
func reason(err error) string {
	var inPath *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it has vanished since it was listed"
	case errors.Is(err, syscall.ELOOP) || strings.Contains(err.Error(), "too many links"):
		return "a link that leads in a circle"
	case errors.As(err, &inPath):
		return inPath.Err.Error()
	}
	return err.Error()
}
