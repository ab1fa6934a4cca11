package wsgi_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs more tests at a time than there are processors: most of the time they wait
// for a process to start or for a deadline to pass.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		flag.Set("test.parallel", "6")
	}
	os.Exit(m.Run())
}
