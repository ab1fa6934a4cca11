package house_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

// longestGuide is what somebody reads who has a wish and little time (lines).
const longestGuide = 60

var tomlBlock = regexp.MustCompile("(?ms)^```toml\n(.*?)^```")

// TestGuidesAreValid: whoever copies a policy from a guide must not get a mistake for it.
func TestGuidesAreValid(t *testing.T) {
	t.Parallel()
	for _, name := range guides(t) {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(page, []byte("\n")); lines > longestGuide {
			t.Errorf("%s has %d lines; %d is the most", filepath.Base(name), lines, longestGuide)
		}
		blocks := tomlBlock.FindAllSubmatch(page, -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no policy", filepath.Base(name))
		}
		for _, block := range blocks {
			if err := loads(t, block[1]); err != nil {
				t.Errorf("%s: %v\n%s", filepath.Base(name), err, block[1])
			}
		}
	}
}

// TestWrongGuidesAreSeen: the test above sees a setting and a value that do not exist.
func TestWrongGuidesAreSeen(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"[csp]\nscript_source = []\n", "[csp]\nscript_sources = [\"'unsafe-inline'\"]\n", "[[route]]\nmatch = \"/x\"\ncsrf = { mode = \"of\" }\n"} {
		if loads(t, []byte(wrong)) == nil {
			t.Errorf("it takes %q", wrong)
		}
	}
}

// loads says what is wrong with a fumehood.toml.
func loads(t *testing.T, text []byte) error {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, config.FileName), text, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(config.Sources{Dir: dir, Args: []string{"app:app"}, App: config.NeedApp})
	if err == nil && loaded.File == "" {
		return fmt.Errorf("the file was not read")
	}
	return err
}

func guides(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(root, "docs", "guides", "*.md"))
	if err != nil || len(all) == 0 {
		t.Fatal("there are no guides", err)
	}
	return all
}

// TestFearedOptionsAreExplained: each option that carries the fear in its name is in the
// security model, and whatever the guides name so exists.
func TestFearedOptionsAreExplained(t *testing.T) {
	t.Parallel()
	feared := regexp.MustCompile(`dangerously[_-][a-z_-]*[a-z]`)
	words := func(name string) []string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found := feared.FindAllString(string(text), -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	exist := words(filepath.Join(root, "docs", "reference", "config.md"))
	exist = slices.DeleteFunc(exist, func(s string) bool { return strings.HasPrefix(s, "dangerously-serve") }) // the flag
	model := words(filepath.Join(root, "docs", "security-model.md"))
	for _, name := range exist {
		if !slices.Contains(model, name) {
			t.Errorf("docs/security-model.md does not say what %s opens", name)
		}
	}
	for _, page := range append(guides(t), filepath.Join(root, "docs", "security-model.md")) {
		for _, name := range words(page) {
			if !slices.Contains(exist, name) {
				t.Errorf("%s: there is no %s", filepath.Base(page), name)
			}
		}
	}
}
