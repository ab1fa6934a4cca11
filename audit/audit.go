// Package audit finds what is insecure in the source of a Flask project: it reads all Python
// files and templates of a folder, follows a visitor's values through them, applies the rules
// and sends what it finds to a handler. It executes nothing of the project. It does not look
// at dependencies, at a running site, or at other languages; what it could not read it says.
package audit

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
)

// Options of a run.
type Options struct {
	Root    string // a folder or a file
	Version string // of fumehood, for the report
}

// Run audits a folder and sends what it finds to the handler. The error is one of reading the
// folder itself, of the handler, or of ctx; what is wrong inside is reported.
func Run(ctx context.Context, o Options, h finding.Handler) error {
	start := time.Now()
	all := rules.All()
	config := &finding.Config{Version: o.Version, Root: o.Root}
	for _, r := range all {
		config.Rules = append(config.Rules, r.Rule)
	}
	if err := h.Handle(finding.Message{Config: config}); err != nil {
		return err
	}
	found, err := walk(o.Root)
	if err != nil {
		return err
	}
	for _, s := range found.skipped {
		if err := h.Handle(finding.Message{Skipped: &s}); err != nil {
			return err
		}
	}
	files, skipped := parse(ctx, found)
	for _, s := range skipped {
		if err := h.Handle(finding.Message{Skipped: &s}); err != nil {
			return err
		}
	}
	p := program.New(files, found.openAPI()...)
	templates := readTemplates(found)
	flows := flow.Run(ctx, p, templates)
	sum := &finding.Summary{Files: len(files), Templates: len(templates), Skipped: len(skipped) + len(found.skipped)}
	insecure, _ := rules.Run(all, p, templates, flows)
	for _, f := range insecure {
		switch f.Severity {
		case finding.High:
			sum.High++
		case finding.Medium:
			sum.Medium++
		case finding.Low:
			sum.Low++
		}
		if f.Guard != "" {
			sum.Guarded++
		}
		if err := h.Handle(finding.Message{Finding: &f}); err != nil {
			return err
		}
	}
	for _, f := range files {
		sum.Lines += strings.Count(f.Source, "\n")
	}
	sum.Seconds = time.Since(start).Seconds()
	return h.Handle(finding.Message{Summary: sum})
}

// maxFile bounds what is read of one file; a larger one is no source that people wrote.
const maxFile = 8 << 20

// folder is what was found in a folder.
type folder struct {
	root    string
	python  []string // relative, with slashes
	skipped []finding.Skipped

	templates    []string
	descriptions []string // may be OpenAPI documents
}

// isDescription tells the files that may be OpenAPI documents.
func isDescription(name string) bool {
	ext := filepath.Ext(name)
	base := strings.ToLower(filepath.Base(name))
	return (ext == ".yml" || ext == ".yaml" || ext == ".json") && (strings.Contains(base, "openapi") || strings.Contains(base, "swagger") || strings.Contains(base, "api"))
}

// openAPI are the texts of the OpenAPI documents.
func (f *folder) openAPI() []string {
	var all []string
	for _, d := range f.descriptions {
		b, err := os.ReadFile(filepath.Join(f.root, filepath.FromSlash(d)))
		if err == nil && len(b) < maxFile && bytes.Contains(b, []byte("operationId")) {
			all = append(all, string(b))
		}
	}
	return all
}

// leftOut are folders that hold no source of the project.
func leftOut(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", "node_modules", "__pycache__", ".tox", ".nox", ".venv", "venv", "site-packages", ".mypy_cache", ".pytest_cache", ".eggs":
		return true
	}
	return false
}

func walk(root string) (*folder, error) {
	if _, err := os.Stat(root); err != nil {
		return nil, err
	}
	f := &folder{root: root}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if err != nil {
			f.skipped = append(f.skipped, skipped(rel, err.Error()))
			return nil
		}
		if d.IsDir() {
			if leftOut(d.Name()) && path != root {
				return filepath.SkipDir
			}
			return nil
		}
		if isDescription(rel) && d.Type().IsRegular() {
			f.descriptions = append(f.descriptions, rel)
		}
		if isTemplate(rel) && d.Type().IsRegular() {
			f.templates = append(f.templates, rel)
		}
		if strings.HasSuffix(rel, ".py") && d.Type().IsRegular() {
			f.python = append(f.python, rel)
		}
		return nil
	})
	return f, err
}

func skipped(file, reason string) finding.Skipped {
	return finding.Skipped{Place: finding.Place{File: file, Line: 1, Column: 1}, Reason: reason}
}

// parse reads and parses all files, on all processors.
func parse(ctx context.Context, f *folder) ([]*python.File, []finding.Skipped) {
	results := make([]*python.File, len(f.python))
	reasons := make([]string, len(f.python))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				results[i], reasons[i] = parseFile(f.root, f.python[i])
			}
		})
	}
	for i := range f.python {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	var files []*python.File
	var skips []finding.Skipped
	for i, p := range results {
		if reasons[i] != "" {
			skips = append(skips, skipped(f.python[i], reasons[i]))
		}
		if p == nil {
			continue
		}
		files = append(files, p)
		for _, e := range p.Errors {
			skips = append(skips, finding.Skipped{Place: rules.Place(p, e.Span), Reason: e.Message})
		}
	}
	return files, skips
}

func parseFile(root, rel string) (*python.File, string) {
	path := filepath.Join(root, filepath.FromSlash(rel))
	if info, err := os.Stat(path); err == nil && info.Size() > maxFile {
		return nil, "the file is larger than 8 MB"
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err.Error()
	}
	return python.Parse(rel, string(b)), ""
}

// isTemplate tells the templates by their names: all HTML, and what else stands below a
// folder of templates.
func isTemplate(name string) bool {
	switch filepath.Ext(name) {
	case ".html", ".htm", ".jinja", ".jinja2", ".j2":
		return true
	case ".xml", ".svg", ".txt", ".js":
		return strings.Contains("/"+name, "/templates/")
	}
	return false
}

// escapes reports whether Flask escapes in a template of that name.
func escapes(name string) bool {
	switch filepath.Ext(name) {
	case ".html", ".htm", ".xml", ".xhtml", ".svg":
		return true
	}
	return false
}

func readTemplates(f *folder) []*jinja.Template {
	var all []*jinja.Template
	for _, name := range f.templates {
		b, err := os.ReadFile(filepath.Join(f.root, filepath.FromSlash(name)))
		if err != nil || len(b) > maxFile {
			f.skipped = append(f.skipped, skipped(name, "a template that cannot be read"))
			continue
		}
		all = append(all, jinja.Parse(name, string(b), jinja.Options{Autoescape: escapes(name)}))
	}
	return all
}
