package audit_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
)

// places are the findings as file:line rule severity.
func (k *kept) places() []string {
	var all []string
	for _, f := range k.found {
		all = append(all, f.Place.File+":"+string(rune('0'+f.Place.Line))+" "+f.Rule+" "+f.Severity.String()+" "+f.Confidence.String())
	}
	return all
}

// TestConfigs: files of settings are audited beside Python, alone, and one by one; findings
// in them have frames and fingerprints, and are silenced like all others.
func TestConfigs(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		".env":               "\ufeffA=1\r\nSECRET_KEY=dev\r\n# fumehood: ignore[hardcoded-secret] rotated\r\nDB_PASSWORD=geheim77\r\n",
		"docker-compose.yml": "services:\n  db:\n    environment:\n      MYSQL_ROOT_PASSWORD: root  # fumehood: ignore[hardcoded-secret] of this machine only\n    env_file: vars\n",
		"vars":               "SECRET_KEY=dev\n",
		"broken.yml":         "a: [\n",
		"huge.yml":           strings.Repeat("a: 1\n", 300_000),
		"config.ini":         "[a]\n; fumehood: ignore[secret-key] nothing here\nb = c\n",
	})
	k := run(t, audit.Options{Root: dir})
	if got, want := k.places(), []string{".env:2 secret-key high high", "vars:1 secret-key high high"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if len(k.suppressed) != 2 || k.suppressed[0].Reason != "rotated" {
		t.Errorf("silenced: %+v", k.suppressed)
	}
	if f := k.found[0]; f.Frame == nil || f.Frame.Text[1] != "SECRET_KEY=dev" || f.Place.Column != 1 || f.Place.EndColumn != 15 || f.Fingerprint == "" {
		t.Errorf("finding: %+v, frame %+v", f, f.Frame)
	}
	if !strings.Contains(k.reason("broken.yml"), "no YAML") || !strings.Contains(k.reason("huge.yml"), "larger than 1 MB") {
		t.Errorf("skipped: %+v", k.skipped)
	}
	if len(k.notes) != 1 || !strings.Contains(k.notes[0].Text, "silences nothing") || k.notes[0].Place.File != "config.ini" {
		t.Errorf("notes: %+v", k.notes)
	}
	if k.summary.Configs != 5 || k.summary.Files != 0 {
		t.Errorf("summary: %+v", k.summary)
	}
	k = run(t, audit.Options{Root: filepath.Join(dir, ".env"), NoIgnores: true})
	if got, want := k.places(), []string{".env:2 secret-key high high", ".env:4 hardcoded-secret medium medium"}; !slices.Equal(got, want) {
		t.Errorf("in the file: %q, want %q", got, want)
	}
}

// TestFilesOfCompose: what a service reads is read once, whatever it is called, and nothing
// outside of the folder; source stays source.
func TestFilesOfCompose(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"sub/compose.yml": "services:\n  a:\n    env_file:\n      - path: vars\n      - path: ./vars\n  b:\n    env_file: [vars, app.py, ../../vars, '${FILE}', '']\n    path: other\n",
		"sub/vars":        "SECRET_KEY=dev\n", "sub/other": "SECRET_KEY=dev\n", "sub/app.py": "SECRET_KEY=dev\n",
	})
	write(t, filepath.Join(filepath.Dir(dir), "vars"), "SECRET_KEY=dev\n")
	k := run(t, audit.Options{Root: dir})
	if got := k.places(); !slices.Equal(got, []string{"sub/vars:1 secret-key high high"}) || k.summary.Configs != 2 || k.summary.Files != 1 {
		t.Errorf("found %q, %+v", got, k.summary)
	}
}

// TestConfigsKnown: a baseline and --diff know findings in files of settings.
func TestConfigsKnown(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{".env": "SECRET_KEY=dev\n", "b.toml": "a = 1\n"})
	k := run(t, audit.Options{Root: dir})
	list := filepath.Join(t.TempDir(), "baseline.json")
	if err := audit.WriteBaseline(list, k.found); err != nil {
		t.Fatal(err)
	}
	commitAll(t, dir)
	write(t, filepath.Join(dir, "b.toml"), "a = 1\nsecret_key = \"changeme\"\n")
	write(t, filepath.Join(dir, ".env"), "# moved\n\nSECRET_KEY=dev\n")
	want := []string{"b.toml:2 secret-key high high"}
	if got := run(t, audit.Options{Root: dir, Baseline: list}).places(); !slices.Equal(got, want) {
		t.Errorf("beside the baseline: %q", got)
	}
	if got := run(t, audit.Options{Root: dir, Diff: "HEAD"}).places(); !slices.Equal(got, want) {
		t.Errorf("since HEAD: %q", got)
	}
}

// TestStandings: what git leaves out of the source, and what configures other programs, counts
// little; what was added in spite of .gitignore counts.
func TestStandings(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"shop/app.py":        "x = 1\n",
		"shop/.env":          "SECRET_KEY=dev\n",
		"shop/prod.env":      "SECRET_KEY=dev\n",
		"front/package.json": "{}\n",
		"front/.env":         "SECRET_KEY=dev\n",
		"deploy/a/b.yml":     "secret_key: changeme1\n",
		".gitignore":         "*.log\n.env\n!front/.env\n/deploy/**/c.yml\n",
		"deploy/x/y/c.yml":   "secret_key: changeme1\n",
	})
	if err := os.MkdirAll(filepath.Join(dir, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"deploy/a/b.yml:1 secret-key high high", "deploy/x/y/c.yml:1 secret-key low low", "front/.env:1 secret-key low low",
		"shop/.env:1 secret-key low low", "shop/prod.env:1 secret-key high high",
	}
	k := run(t, audit.Options{Root: dir})
	if got := k.places(); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for i, text := range map[int]string{1: ".gitignore", 2: "another language", 3: ".gitignore"} {
		if !strings.Contains(k.found[i].Message, text) {
			t.Errorf("%d: %s", i, k.found[i].Message)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-f", "shop/.env")
	if got := run(t, audit.Options{Root: filepath.Join(dir, "shop")}).places(); !slices.Equal(got, []string{".env:1 secret-key high high", "prod.env:1 secret-key high high"}) {
		t.Errorf("what git has: %q", got)
	}
	if got := run(t, audit.Options{Root: dir, MinConfidence: finding.Likely}); got.summary.Hidden != 2 {
		t.Errorf("hidden: %+v", got.summary)
	}
}

// TestConfigsBadInput: links out, links nowhere and pipes are said, and not followed.
func TestConfigsBadInput(t *testing.T) {
	t.Parallel()
	outside := project(t, map[string]string{".env": "SECRET_KEY=dev\n"})
	dir := project(t, map[string]string{
		"app.py": "x = 1\n", "server.key": "\x00\x01", "compose.yml": "services:\n  a:\n    env_file: [../out, /etc/hostname, none, sub]\n", "sub/x.txt": "A=1\n",
	})
	for name, to := range map[string]string{".env": filepath.Join(outside, ".env"), "prod.env": "nothing"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.ini"), 0o600); err != nil {
		t.Fatal(err)
	}
	k := run(t, audit.Options{Root: dir})
	for file, want := range map[string]string{".env": "out of the folder", "prod.env": "nowhere", "pipe.ini": "no regular file", "server.key": "no text", "compose.yml": ""} {
		if got := k.reason(file); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: skipped with %q, want %q", file, got, want)
		}
	}
	if len(k.found) > 0 || k.summary.Configs != 2 {
		t.Errorf("found %v, %+v", k.places(), k.summary)
	}
}
