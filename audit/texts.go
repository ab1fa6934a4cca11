package audit

import (
	"strings"
	"unicode/utf8"

	"github.com/fumehood/fumehood/audit/correct"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
)

// texts are the sources of the files that findings are in, by lines. It is for one goroutine.
type texts struct {
	sources map[string]string
	files   map[string]*python.File
	pages   map[string]*jinja.Template
	other   func(file string) string // for files that were not read
	lines   map[string][]string
	columns map[lineOf][]int32 // of long lines, see offset
	code    map[string][]int32 // see nextCode
	fixes   map[string]int     // see mostFixes
}

// lineOf is a line of a file.
type lineOf struct {
	file string
	n    int
}

func (r *run) texts() *texts {
	t := &texts{sources: make(map[string]string, len(r.files)+len(r.pages)+len(r.configs)), lines: map[string][]string{},
		files: make(map[string]*python.File, len(r.files)), pages: make(map[string]*jinja.Template, len(r.pages)),
		columns: map[lineOf][]int32{}, code: map[string][]int32{}, fixes: map[string]int{}}
	for _, f := range r.files {
		t.files[f.Name] = f
		t.sources[f.Name] = f.Source
	}
	for _, p := range r.pages {
		t.pages[p.Name] = p
		t.sources[p.Name] = p.Source
	}
	for _, c := range r.configs {
		t.sources[c.Name] = c.Source
	}
	t.other = func(file string) string {
		text, err := r.folder.readFile(file)
		if err != nil {
			return ""
		}
		return text
	}
	return t
}

// of are the lines of a file; a line ends as Python's do: in \n, \r or both.
func (t *texts) of(file string) []string {
	lines, ok := t.lines[file]
	if ok {
		return lines
	}
	text, ok := t.sources[file]
	if !ok {
		text = t.other(file)
	}
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	lines = strings.Split(text, "\n")
	t.lines[file] = lines
	return lines
}

// line is the n-th line of a file, or "".
func (t *texts) line(file string, n int) string {
	if lines := t.of(file); n >= 1 && n <= len(lines) {
		return lines[n-1]
	}
	return ""
}

// stride is how many characters are counted at most to find a column: of 100,000 findings in
// one line each would count all before it.
const stride = 1024

// offset is where a column of a line starts, or the line's end.
func (t *texts) offset(file string, n, column int) int {
	line := t.line(file, n)
	skip, at := max(0, column-1), 0
	if len(line) > stride {
		marks := t.marks(lineOf{file, n}, line)
		if marks == nil {
			return min(skip, len(line))
		}
		i := min(skip/stride, len(marks)-1)
		at, skip = int(marks[i]), skip-i*stride
	}
	for ; skip > 0 && at < len(line); skip-- {
		_, size := utf8.DecodeRuneInString(line[at:])
		at += size
	}
	return at
}

// marks are where every stride-th character of a line starts; nil if all are one byte long.
func (t *texts) marks(key lineOf, line string) []int32 {
	marks, ok := t.columns[key]
	if ok {
		return marks
	}
	if utf8.RuneCountInString(line) < len(line) {
		n := 0
		for i := range line {
			if n%stride == 0 {
				marks = append(marks, int32(i))
			}
			n++
		}
	}
	t.columns[key] = marks
	return marks
}

// from is a line from a column on.
func (t *texts) from(file string, n, column int) string {
	return t.line(file, n)[t.offset(file, n, column):]
}

// nextCode is the first line after n that has more than a comment, or 0.
func (t *texts) nextCode(file string, n int) int {
	next, ok := t.code[file]
	if !ok {
		lines := t.of(file)
		next = make([]int32, len(lines)+1)
		for i := len(lines) - 1; i >= 0; i-- {
			next[i] = next[i+1]
			if !isComment(strings.TrimSpace(lines[i])) {
				next[i] = int32(i + 1)
			}
		}
		t.code[file] = next
	}
	if n >= len(next) {
		return 0
	}
	return int(next[n])
}

// isComment reports whether a line, without its indentation, is empty or a comment alone.
func isComment(text string) bool {
	return text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") || strings.HasPrefix(text, "{#") && strings.HasSuffix(text, "#}")
}

// The size of a frame.
const (
	around    = 2   // lines before and after
	mostLines = 6   // of the place itself
	longest   = 400 // characters of a line
)

// frame is the code around a place. Where a line is very long, it is the part around the
// place.
func (t *texts) frame(p finding.Place) *finding.Frame {
	lines := t.of(p.File)
	if p.Line < 1 || p.Line > len(lines) || p.File == "" {
		return nil
	}
	first := max(1, p.Line-around)
	last := min(len(lines), min(max(p.EndLine, p.Line), p.Line+mostLines-1)+around)
	f := &finding.Frame{Line: first, Column: 1}
	if p.Column > longest*3/4 {
		f.Column = p.Column - longest/4
	}
	for n := first; n <= last; n++ {
		f.Text = append(f.Text, cut(t.from(p.File, n, f.Column)))
	}
	for n := len(f.Text); n > 1 && f.Text[n-1] == "" && first+n-1 > p.Line; n-- {
		f.Text = f.Text[:n-1]
	}
	return f
}

// cut is the start of a line, as far as a frame shows it.
func cut(line string) string {
	end := 0
	for n := 0; n < longest && end < len(line); n++ {
		_, size := utf8.DecodeRuneInString(line[end:])
		end += size
	}
	return line[:end]
}

// complete gives a finding the code that it is about, and the corrected one.
func (t *texts) complete(f *finding.Finding) {
	f.Frame = t.frame(f.Place)
	if f.Fix == "" {
		f.Fix = t.fix(f)
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		s.Code = t.short(s.Place)
	}
}

// mostFixes is for how many findings of a file the corrected code is looked for: for each
// of them the file is searched.
const mostFixes = 1000

// fix is the corrected code of a finding, where it can be told.
func (t *texts) fix(f *finding.Finding) string {
	if t.fixes[f.Place.File]++; t.fixes[f.Place.File] > mostFixes {
		return ""
	}
	if file := t.files[f.Place.File]; file != nil {
		return correct.Python(file, f)
	}
	if page := t.pages[f.Place.File]; page != nil {
		return correct.Template(page, f)
	}
	return ""
}

// longestStep is how many characters a line may have that is shown for a step. Of a longer one
// it is what starts with the step, and of a template's, where other text follows, the step alone.
const longestStep = 80

func (t *texts) short(p finding.Place) string {
	line := t.line(p.File, p.Line)
	text := strings.TrimSpace(line)
	if len(text) > longestStep && p.Column > 1 {
		text = cut(t.from(p.File, p.Line, p.Column))
		if all := []rune(text); t.files[p.File] == nil && p.EndLine == p.Line && p.EndColumn > p.Column {
			text = string(all[:min(len(all), p.EndColumn-p.Column)])
		}
	}
	return cut(text)
}
