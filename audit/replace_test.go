package audit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
)

// TestReplaceFile: a file is whole or as it was; its rights and links to it stay.
func TestReplaceFile(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"private.txt": "old", "fixed.txt": "old", "folder/a.txt": ""})
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Chmod(in("fixed.txt"), 0o400); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link.txt": "private.txt", "broken.txt": "none/a.txt"} {
		if err := os.Symlink(to, in(name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"private.txt": "", "link.txt": "", "new.txt": "", "folder": "is a folder", "fixed.txt": "is read-only", "none/a.txt": "there is no folder", "private.txt/a.txt": "not a directory", "broken.txt": "",
	} {
		err := audit.ReplaceFile(in(name), []byte(name))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if err != nil && audit.Writable(in(name)) == nil {
			t.Errorf("%s: nothing is said before", name)
		}
	}
	if info, err := os.Lstat(in("link.txt")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v %v", info, err)
	}
	if info, err := os.Stat(in("private.txt")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the rights were not kept: %v %v", info, err)
	}
	if text, err := os.ReadFile(in("fixed.txt")); err != nil || string(text) != "old" {
		t.Errorf("a read-only file was written: %q %v", text, err)
	}
	if err := audit.ReplaceFile(os.DevNull, []byte("x")); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 6 {
		t.Errorf("%v is left: %v", entries, err)
	}
}
