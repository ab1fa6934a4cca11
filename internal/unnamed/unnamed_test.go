package unnamed_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/fumehood/fumehood/internal/unnamed"
)

// TestNobodyElseReachesIt: the file takes and gives bytes, and the folder shows nothing.
func TestNobodyElseReachesIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, err := unnamed.File(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder shows %v, %v", entries, err)
	}
	if info, err := file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	io.WriteString(file, "kept")
	b := make([]byte, 4)
	if _, err := file.ReadAt(b, 0); err != nil || string(b) != "kept" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestNoFolder: a folder that is not there is an error, never another folder.
func TestNoFolder(t *testing.T) {
	t.Parallel()
	if file, err := unnamed.File(filepath.Join(t.TempDir(), "none")); err == nil {
		file.Close()
		t.Error("a file in a folder that does not exist")
	}
}
