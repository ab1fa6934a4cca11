package browser_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/fumehood/fumehood/test/browser"
)

// TestMain says what is missing once, instead of once for each test.
func TestMain(m *testing.M) {
	flag.Parse() // for testing.Short
	without := testing.Short() || os.Getenv("FUMEHOOD_TEST_WITHOUT") == "browser"
	if _, err := browser.Find(); err != nil && !without {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
