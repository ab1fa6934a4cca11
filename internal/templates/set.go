package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// Folders are where an app keeps its templates and static files.
type Folders struct {
	Templates []string // the first that has a template wins, as in Flask
	Static    []string
	Options   Options
}

// Limits of what is read at start, so that a folder of something else does no harm.
const (
	mostFiles    = 20_000
	largestFile  = 2 << 20
	largestTotal = 128 << 20
)

// Set is all templates of an app, and what its static scripts and style sheets load.
type Set struct {
	byName map[string][]*Template
	all    []*Template

	// Origins are the sites that static scripts name in string literals.
	Origins []string
	// Sheets are the URLs of other sites that static style sheets import.
	Sheets []string
	// WritesStyles says that a static script makes style attributes from text.
	WritesStyles bool
}

// Read reads all templates and static scripts and style sheets. A folder that does not
// exist is no error; a file that cannot be read is a template with Err.
func Read(f Folders) (*Set, error) {
	s := &Set{byName: map[string][]*Template{}}
	var mistakes []error
	for _, dir := range f.Templates {
		err := walk(dir, func(name, file string, source []byte, err error) {
			if err == nil && !utf8.Valid(source) {
				return // a picture beside the templates
			}
			t := Scan(name, string(source), f.Options)
			if t.File = file; err != nil {
				t.Err = err
			}
			s.Add(t)
		})
		mistakes = append(mistakes, err)
	}
	for _, dir := range f.Static {
		mistakes = append(mistakes, walk(dir, s.static))
	}
	return s, errors.Join(mistakes...)
}

// Add adds one template.
func (s *Set) Add(t *Template) {
	if s.byName == nil {
		s.byName = map[string][]*Template{}
	}
	s.byName[t.Name] = append(s.byName[t.Name], t)
	s.all = append(s.all, t)
}

// static notes what a static file loads.
func (s *Set) static(name, _ string, source []byte, err error) {
	if err != nil {
		return
	}
	switch filepath.Ext(name) {
	case ".js", ".mjs":
		f := literals(string(source))
		s.WritesStyles = s.WritesStyles || f.writesStyles
		for _, origin := range f.origins {
			if !slices.Contains(s.Origins, origin) {
				s.Origins = append(s.Origins, origin)
			}
		}
	case ".css":
		s.Sheets = append(s.Sheets, sheets(string(source))...)
	}
}

// walk calls f for each file below dir, in the order of their names.
func walk(dir string, f func(name, file string, source []byte, err error)) error {
	files, total := 0, int64(0)
	return filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if entry.IsDir() {
			return nil
		}
		info, err := os.Stat(file) // a link to a file is a file
		if err != nil || !info.Mode().IsRegular() || info.Size() > largestFile {
			return nil
		}
		files++
		total += info.Size()
		if files > mostFiles || total > largestTotal {
			return fmt.Errorf("%s: more than %d files or %d MB", dir, mostFiles, largestTotal>>20)
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		source, err := os.ReadFile(file)
		f(filepath.ToSlash(name), file, source, err)
		return nil
	})
}

// All returns all templates in the order in which they were read.
func (s *Set) All() []*Template { return s.all }

// Pages is a choice of templates.
type Pages struct {
	Templates []*Template
	All       bool     // all that the app has: which ones is not known
	Missing   []string // named, but not read
}

// Of returns the named templates and those that they extend, include and import. Nil
// names, or one that is "", mean that it is not known which: all of them.
func (s *Set) Of(names []string) Pages {
	if names == nil || slices.Contains(names, "") {
		return Pages{Templates: s.all, All: true}
	}
	var p Pages
	seen := map[string]bool{}
	queue := slices.Clone(names)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		found := s.byName[name]
		if len(found) == 0 {
			p.Missing = append(p.Missing, name)
		}
		for _, t := range found {
			if t.Err != nil {
				p.Missing = append(p.Missing, name)
				continue
			}
			if t.UsesAny {
				return Pages{Templates: s.all, All: true, Missing: p.Missing}
			}
			p.Templates = append(p.Templates, t)
			for _, u := range t.Uses {
				if len(s.byName[u.Name]) > 0 || !u.Optional {
					queue = append(queue, u.Name)
				}
			}
		}
	}
	return p
}

// Names returns the names of all templates, sorted.
func (s *Set) Names() []string { return keys(s.byName) }
