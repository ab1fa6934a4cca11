package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocsOfTheAudit: a command in the docs is one that there is.
func TestDocsOfTheAudit(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile("fumehood audit( [^`\n#;]*)?")
	seen := 0
	for _, name := range []string{"README.md", "docs/guides/audit.md", "docs/guides/audit-in-ci.md", "docs/reference/rules.md", "docs/verify.md"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range command.FindAllStringSubmatch(string(text), -1) {
			args, _, _ := strings.Cut(found[1], ", language")
			var words []string
			for _, word := range strings.Fields(args) {
				if word = strings.Trim(word, `"'.,)`); word != "" && !strings.ContainsAny(word, "|[") {
					words = append(words, word)
				}
			}
			seen++
			_, err := (&env{ctx: t.Context()}).auditOptions(words)
			if err != nil && strings.Contains(err.Error(), "unknown flag") {
				t.Errorf("%s: %s: %v", name, found[0], err)
			}
		}
	}
	if seen < 10 {
		t.Errorf("%d commands were found", seen)
	}
}

// TestReadmeShowsTheReport: the finding in the README is what comes out.
func TestReadmeShowsTheReport(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "## The audit\n")
	_, rest, _ = strings.Cut(rest, "```\n")
	shown, _, _ := strings.Cut(rest, "```\n")
	var out bytes.Buffer
	e := &env{ctx: t.Context(), stdout: &out, stderr: &out}
	if code := e.finish(verb{}, runAudit(e, []string{"../../examples/leaky"})); code != exitFound {
		t.Errorf("exit code %d", code)
	}
	said := strings.ReplaceAll(out.String(), "../../examples/leaky", "my-app")
	_, shown, _ = strings.Cut(shown, "\n") // the title says how many places there are
	for line := range strings.Lines(shown) {
		if !strings.Contains(said, line) {
			t.Errorf("README.md shows what the audit does not say: %s", line)
		}
	}
	if strings.Count(shown, "\n") < 8 {
		t.Errorf("the README shows %q", shown)
	}
}
