package house_test

import (
	"bytes"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/gen"
)

// text reports whether a file is text that people wrote.
func text(name string, data []byte) bool {
	return !strings.Contains(name, "testdata/") && path.Base(name) != "go.sum" && !bytes.ContainsRune(data, 0)
}

// TestNothingLeftUndone: work that is left belongs in an issue, not in a comment.
func TestNothingLeftUndone(t *testing.T) {
	t.Parallel()
	// Put together, so that this file does not find itself.
	marks := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	machine := regexp.MustCompile(`/root/\.|/work/(main|shared)\b`)
	broken := map[string]string{}
	for _, name := range files(t) {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !text(name, data) || strings.HasPrefix(name, "internal/house/") {
			continue
		}
		for i, line := range bytes.Split(data, []byte("\n")) {
			if mark := marks.Find(line); mark != nil {
				broken[sprint("%s:%d", name, i+1)] = sprint("%s: do it, or make an issue of it", mark)
			}
			if found := machine.Find(line); found != nil {
				broken[sprint("%s:%d", name, i+1)] = sprint("%s is a path of one machine", found)
			}
		}
	}
	report(t, "undone", broken)
}

var (
	link  = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	fence = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	code  = regexp.MustCompile("`[^`\n]*`")
	title = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
)

// TestLinks: every relative link of a page leads to a file, and every anchor to a heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	broken := map[string]string{}
	for _, name := range files(t) {
		if path.Ext(name) != ".md" || strings.Contains(name, "testdata/") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		prose := code.ReplaceAll(fence.ReplaceAll(data, nil), nil)
		for _, m := range link.FindAllSubmatch(prose, -1) {
			u, err := url.Parse(string(m[1]))
			if err != nil || u.IsAbs() || u.Host != "" {
				continue
			}
			to := name
			if u.Path != "" {
				to = path.Join(path.Dir(name), u.Path)
			}
			target, err := os.ReadFile(filepath.Join(root, to))
			if _, statErr := os.Stat(filepath.Join(root, to)); statErr != nil {
				broken[name+" -> "+u.String()] = "there is no " + to
			} else if err == nil && u.Fragment != "" && path.Ext(to) == ".md" && !hasHeading(target, u.Fragment) {
				broken[name+" -> "+u.String()] = to + " has no heading for #" + u.Fragment
			}
		}
	}
	report(t, "link", broken)
}

// hasHeading says whether a page has the anchor, as forges make them from headings.
func hasHeading(page []byte, anchor string) bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range title.FindAllSubmatch(fence.ReplaceAll(page, nil), -1) {
		slug := strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(string(m[1])), ""), " ", "-")
		if slug == anchor {
			return true
		}
	}
	return false
}

// TestRefusalCodes: every code that a client can get is on the page about them.
func TestRefusalCodes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs/reference/refusals.md"))
	if err != nil {
		t.Fatal(err)
	}
	refusals, err := gen.Refusals(root)
	if err != nil {
		t.Error(err)
	}
	for _, r := range refusals {
		if !bytes.Contains(page, []byte("`"+r.Code+"`")) {
			t.Errorf("%s: %s is not in docs/reference/refusals.md; run: go generate ./internal/config", r.Place, r.Code)
		}
	}
}

// TestVerifyCommandsRunATest: a pattern in docs/verify.md that matches nothing is green and
// shows nothing.
func TestVerifyCommandsRunATest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("`go test ((?:\\./[a-z/-]+ )+)-run '?([^'`]+)'?`")
	for _, match := range command.FindAllStringSubmatch(string(page), -1) {
		pattern, err := regexp.Compile(strings.SplitN(match[2], "/", 2)[0])
		if err != nil {
			t.Errorf("%s: %v", match[0], err)
			continue
		}
		for dir := range strings.FieldsSeq(match[1]) {
			if !hasTest(t, filepath.Join(root, dir), pattern) {
				t.Errorf("docs/verify.md: %s: no test in %s matches %s", match[0], dir, pattern)
			}
		}
	}
}

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

func hasTest(t *testing.T, dir string, pattern *regexp.Regexp) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range testFunc.FindAllSubmatch(source, -1) {
			if pattern.Match(name[1]) {
				return true
			}
		}
	}
	return false
}

// TestNoPrograms: a program that was built in its folder is not for the repository.
func TestNoPrograms(t *testing.T) {
	t.Parallel()
	const most = 512 << 10
	broken := map[string]string{}
	for _, name := range files(t) {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most {
			broken[name] = sprint("has %d bytes, more than %d: is it something that was built?", info.Size(), most)
		}
	}
	report(t, "program", broken)
}
