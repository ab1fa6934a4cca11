package shim

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestParts: no file is forgotten, none is there twice.
func TestParts(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.py")
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.Sorted(slices.Values(parts()))
	if !slices.Equal(names, listed) {
		t.Errorf("the files are %q, the parts %q", names, listed)
	}
}
