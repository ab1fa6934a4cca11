package browser_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/fumehood/fumehood/test/browser"
)

// TestMain says what is missing once, instead of once for each test.
func TestMain(m *testing.M) {
	if _, err := browser.Find(); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
