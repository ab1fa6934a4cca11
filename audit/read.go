package audit

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/audit/settings"
)

// maxFile bounds what is read of one file; a larger one is no source that people wrote, and
// the tree of dense code takes many times its size.
const maxFile = 8 << 20

// errLarge is what readFile says of a larger file.
var errLarge = errors.New("it is larger than 8 MB")

// readFile reads a file of the folder. What has become a link, a pipe or longer since it was
// listed is not read.
func (f *folder) readFile(rel string) (string, error) { return f.readUpTo(rel, maxFile, errLarge) }

// readUpTo is readFile with another bound.
func (f *folder) readUpTo(rel string, most int64, large error) (string, error) {
	file, err := os.OpenFile(filepath.Join(f.base, filepath.FromSlash(rel)), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("no regular file")
	case info.Size() > most:
		return "", large
	}
	b, _ := f.buffers.Get().(*[]byte)
	if b == nil {
		b = new([]byte)
	}
	defer f.buffers.Put(b)
	size := int(info.Size())
	*b = slices.Grow((*b)[:0], size+1)[:size+1]
	n, err := io.ReadAtLeast(file, *b, size)
	switch {
	case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF: // it may have become shorter
		return "", err
	case n > size:
		return "", errors.New("it grows while it is read")
	}
	return string((*b)[:n]), nil
}

// source is one file as it was read: Python, a template or settings, or none of them where it
// could not be.
type source struct {
	file     *python.File
	template *jinja.Template
	config   *settings.File
	setsUp   bool // it is Python, and may say how templates are read
	skipped  []finding.Skipped
}

// progressEvery is after how many files progress is told.
const progressEvery = 128

// read reads and parses all files, on all processors, and returns them in the order of the
// walk. Progress is told by the caller's goroutine only.
func (f *folder) read(ctx context.Context, progress func(done, total int) error) ([]source, error) {
	names := slices.Concat(f.python, f.templates, f.config)
	sources := make([]source, len(names))
	if err := errors.Join(ctx.Err(), progress(0, len(names))); err != nil {
		return sources, err
	}
	var next atomic.Int64
	reached := make(chan int, len(names)/progressEvery+1)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			var r python.Reader
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				if i%progressEvery == 0 && i > 0 {
					reached <- i
				}
				sources[i] = guarded(names[i], func() source {
					if i >= len(f.python)+len(f.templates) {
						return f.parseConfig(names[i], settings.KindOf(names[i]))
					}
					return f.parse(names[i], i < len(f.python), &r)
				})
			}
		})
	}
	go func() {
		wg.Wait()
		close(reached)
	}()
	var err error
	told := 0
	for i := range reached {
		if err == nil && i > told {
			told = i
			err = errors.Join(ctx.Err(), progress(i, len(names)))
		}
		if err != nil {
			next.Store(int64(len(names)))
		}
	}
	return sources, err
}

// guarded reads one file. A panic of a parser costs that file only.
func guarded(rel string, read func() source) (s source) {
	defer func() {
		if r := recover(); r != nil {
			s = source{skipped: []finding.Skipped{finding.Crashed(skipped(rel, "").Place, "", r)}}
		}
	}()
	return read()
}

// parse reads one file, with r if it is Python.
func (f *folder) parse(rel string, isPython bool, r *python.Reader) (s source) {
	text, err := f.readFile(rel)
	if err != nil {
		s.skipped = append(s.skipped, skipped(rel, reason(err)))
		return s
	}
	if isPython {
		s.file, s.setsUp = r.Parse(rel, text), setsUp(text)
		for _, e := range s.file.Errors {
			s.skipped = append(s.skipped, finding.Skipped{Place: rules.Place(s.file, e.Span), Reason: e.Message})
		}
		return s
	}
	return parseTemplate(rel, text, jinja.Options{Autoescape: escapes(rel)})
}

func parseTemplate(rel, text string, o jinja.Options) (s source) {
	s.template = jinja.Parse(rel, text, o)
	for _, e := range s.template.Errors {
		s.skipped = append(s.skipped, finding.Skipped{Place: templatePlace(s.template, e.Span), Reason: e.Message})
	}
	return s
}

// escapes reports whether Flask escapes in a template of that name.
func escapes(name string) bool {
	switch filepath.Ext(name) {
	case ".html", ".htm", ".xml", ".xhtml", ".svg":
		return true
	}
	return false
}

func templatePlace(t *jinja.Template, span jinja.Span) finding.Place {
	p := finding.Place{File: t.Name}
	p.Line, p.Column = t.Position(span.Start)
	p.EndLine, p.EndColumn = t.Position(span.End)
	return p
}

// openAPI are the texts of the OpenAPI documents.
func (f *folder) openAPI() []string {
	var all []string
	for _, name := range f.descriptions {
		text, err := f.readFile(name)
		if err == nil && strings.Contains(text, "operationId") {
			all = append(all, text)
		}
	}
	return all
}
