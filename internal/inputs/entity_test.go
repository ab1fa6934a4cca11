package inputs_test

import (
	"slices"
	"testing"

	"github.com/fumehood/fumehood/internal/inputs"
)

// TestReferencesAsBrowsersReadThem: a reference of one digit needs no semicolon, to browsers
// and to Python's html.unescape.
func TestReferencesAsBrowsersReadThem(t *testing.T) {
	t.Parallel()
	if all := inputs.Decoded("java&#9script:x"); !slices.Contains(all, "java\tscript:x") {
		t.Errorf("forms %q lack the one with a tab", all)
	}
}
